"""One raw message judged: bytes, HTTP, envelope, operation, header, schema, fault, business.

Observed bytes are judged, never what a SOAP library made of them: zeep, even strict, lets a missing mandatory element
or a value outside its list pass. xmlschema explains; lxml gives a second opinion, and first word in bulk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from annexe5.contract.rules import rule
from annexe5.findings import Finding, Rule
from annexe5.messages.business import judge_business
from annexe5.messages.contract import REPLY, REQUEST, Direction, SoapContract, Worth, load_contract, weakened
from annexe5.messages.envelope import CODES, SOAP11, Envelope, split
from annexe5.messages.explain import Breach, explain
from annexe5.messages.settings import load_common
from annexe5.messages.wsdl import Operation
from annexe5.messages.xml import Element, Refusal, XmlRefused, line_of, local, namespace, parse, xpath

_REFUSALS: Final = {
    Refusal.EMPTY: "WS-VIDE",
    Refusal.SIZE: "WS-TAILLE",
    Refusal.DTD: "WS-DTD",
    Refusal.DEPTH: "WS-PROFONDEUR",
    Refusal.MALFORMED: "WS-XML",
}


@dataclass(frozen=True, slots=True)
class Http:
    """What HTTP said around a message; ``status`` None for a request, ``seconds`` None where nobody measured.

    ``limit`` is the most that the seconds may be, where the parties agreed on one.
    """

    status: int | None = None
    content_type: str | None = None
    action: str | None = None
    seconds: float | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What could be read of some bytes: breaches of form, and the parts found (None where they could not be)."""

    findings: tuple[Finding, ...]
    envelope: Envelope | None
    operation: Operation | None


def judge_message(
    raw: bytes,
    service: str | SoapContract,
    direction: Direction,
    operation: str = "",
    *,
    oc: str = "",
    http: Http | None = None,
    request: bytes = b"",
    bulk: bool = False,
) -> list[Finding]:
    """Give every breach of a message, with line and XPath (local names).

    ``operation`` is the one called, where known; ``oc`` the quadrigramme of the OC; ``request`` the bytes of the
    request a reply answers; ``bulk`` skips xmlschema for what lxml accepts. Source: annexe5.txt §4 and §5.
    """
    contract = load_contract(service) if isinstance(service, str) else service
    message = read_message(raw, contract, direction, operation, http=http, bulk=bulk)
    found = list(message.findings)
    if message.operation is not None and message.envelope is not None and message.envelope.fault is None:
        asked = _entry_of(request) if request else None
        found += judge_business(contract, message.operation.name, direction, message.envelope, oc=oc, request=asked)
    return found


def read_message(
    raw: bytes,
    contract: SoapContract,
    direction: Direction,
    operation: str = "",
    *,
    http: Http | None = None,
    bulk: bool = False,
) -> Message:
    """Judge the form of a message (bytes, HTTP, envelope, schema) and give what it holds."""
    judge = _Judge(contract, direction)
    limits = load_common().limites
    limit = limits.requete_octets if direction == REQUEST else limits.reponse_octets
    if direction == REPLY and http is not None and _is_page(raw, http):
        page = (http.content_type or "sans type").partition(";")[0]
        judge.add("WS-HTTP-PAGE", received=str(http.status), detail=page)
        judge.found += _pace(judge, http)
        return judge.message(None, None)
    try:
        document = parse(raw, limit)
    except XmlRefused as refused:
        judge.add(_REFUSALS[refused.reason], line=refused.line, detail=refused.detail)
        return judge.message(None, None)
    if not document.usual_encoding:
        judge.add("WS-ENCODAGE", received=document.encoding, line=1)
    envelope = _envelope(judge, document.root)
    if envelope is None:
        return judge.message(None, None)
    if http is not None:
        _judge_http(judge, envelope, http)
    called = _operation(judge, envelope, operation)
    if http is not None and direction == REQUEST and called is not None:
        _judge_action(judge, called, http)
    if called is not None or envelope.fault is not None:
        _judge_header(judge, envelope, called)
        _judge_body(judge, envelope, called, bulk)
    return judge.message(envelope, called)


class _Judge:
    """The findings of one message, under the clause of its service."""

    def __init__(self, contract: SoapContract, direction: Direction) -> None:
        self.contract = contract
        self.direction = direction
        self.requirement = contract.settings.requirement
        self.found: list[Finding] = []

    def add(
        self,
        ident: str,
        element: Element | None = None,
        *,
        worth: Worth | None = None,
        requirement: str = "",
        attribute: str = "",
        line: int | None = None,
        received: str | None = None,
        expected: str = "",
        column: str = "",
        detail: str = "",
        count: int = 1,
    ) -> None:
        if element is not None:
            line = line or line_of(element)
            column = column or xpath(element, attribute)
            if local(element.tag) in load_common().masque.secrets:
                received = None if received is None else "•••"
                detail = ""
        breached = weakened(rule(ident), worth)
        self.found.append(
            breached.finding(
                received=received,
                expected=expected,
                line=line,
                column=column,
                requirement=requirement or self._clause(breached),
                count=count,
                detail=detail,
            )
        )

    def message(self, envelope: Envelope | None, operation: Operation | None) -> Message:
        return Message(tuple(self.found), envelope, operation)

    def _clause(self, breached: Rule) -> str:
        """Tell a breach under the service's clause, unless the rule only knows another."""
        settings = self.contract.settings
        family = settings.requirement[:3]
        if any(one.startswith(family) for one in breached.requirements):
            same = [one for one in breached.requirements if one.startswith(family)]
            generic = {"SAV-04", "OPC-01"}
            return settings.requirement if same[0] in generic else same[0]
        return breached.requirements[0] if breached.requirements else settings.requirement


# --- HTTP ----------------------------------------------------------------------------------------------------


def _is_page(raw: bytes, http: Http) -> bool:
    """Tell an HTML or text page from a message, whatever its status."""
    head = raw[:512].lstrip().lower()
    kind = (http.content_type or "").lower()
    return head.startswith((b"<!doctype html", b"<html")) or ("html" in kind and b"envelope" not in head)


def _judge_http(judge: _Judge, envelope: Envelope, http: Http) -> None:
    if http.content_type is not None and http.content_type.partition(";")[0].strip().lower() != "text/xml":
        judge.add("WS-HTTP-TYPE", received=http.content_type, expected="text/xml")
    if judge.direction == REPLY and http.status is not None:
        fault = envelope.fault is not None
        expected = 500 if fault else 200
        if (http.status != expected) if fault else not 200 <= http.status < 300:  # noqa: PLR2004
            what = "une faute SOAP" if fault else "une réponse"
            judge.add("WS-HTTP-STATUT", received=str(http.status), expected=str(expected), detail=what)
    judge.found += _pace(judge, http)


def _pace(judge: _Judge, http: Http) -> list[Finding]:
    limit = http.limit or load_common().attente.reponse
    if http.seconds is None or http.seconds <= limit:
        return []
    clause = "SAV-05" if judge.contract.settings.famille == "sav" else judge.requirement
    return [rule("WS-DELAI").finding(received=f"{http.seconds:.1f}", expected=f"{limit:g}", requirement=clause)]


def _judge_action(judge: _Judge, called: Operation, http: Http) -> None:
    if http.action is None:
        return
    action = http.action.strip().strip('"')
    if action != called.action:
        judge.add("WS-HTTP-ACTION", received=action, expected=called.action)


# --- envelope ------------------------------------------------------------------------------------------------


def _envelope(judge: _Judge, root: Element) -> Envelope | None:
    envelope = split(root)
    if envelope is None:
        judge.add("WS-ENVELOPPE", root, received=local(root.tag), expected="soap:Envelope")
        return None
    if envelope.version != SOAP11:
        judge.add("WS-VERSION", root, received=envelope.version, expected=SOAP11)
        return None
    for one in envelope.stray:
        judge.add("WS-ENVELOPPE", one, received=local(one.tag), expected="soap:Header, soap:Body")
    if envelope.body is None or envelope.entry is None:
        place = envelope.body if envelope.body is not None else root
        judge.add("WS-CORPS", place, received=str(len(envelope.entries)), expected="1")
        return None
    return envelope


def _operation(judge: _Judge, envelope: Envelope, asked: str) -> Operation | None:
    """Find the operation by the body element; a right name in a wrong namespace is told as such."""
    entry = envelope.entry
    operations = judge.contract.wsdl.operations
    wanted = operations.get(asked)
    if envelope.fault is not None:
        return wanted
    if entry is None:
        return None
    candidates = [wanted] if wanted is not None else list(operations.values())
    for one in candidates:
        if one.element(judge.direction) == entry.tag:
            return one
    for one in candidates:
        element = one.element(judge.direction)
        if local(element) == local(entry.tag):
            _wrong_namespace(judge, entry, element)
            return None
    expected = ", ".join(local(one.element(judge.direction)) for one in candidates)
    judge.add("WS-OPERATION", entry, received=local(entry.tag), expected=expected)
    return None


def _wrong_namespace(judge: _Judge, element: Element, expected: str) -> None:
    worth = judge.contract.worth(namespace(expected))
    judge.add(
        "WS-ESPACE", element, worth=worth, received=namespace(element.tag) or "aucun", expected=namespace(expected)
    )


def _judge_header(judge: _Judge, envelope: Envelope, called: Operation | None) -> None:
    """The declared header block stands once on requests; replies carry none or that of the contract."""
    expected = called.header(judge.direction) if called is not None else ""
    if not expected:
        return
    clause = judge.contract.settings.requirement_entete
    blocks = [one for one in envelope.blocks if one.tag == expected]
    if len(blocks) != 1:
        wrong = [one for one in envelope.blocks if local(one.tag) == local(expected) and one.tag != expected]
        if wrong and not blocks:
            _wrong_namespace(judge, wrong[0], expected)
            return
        place = envelope.header if envelope.header is not None else envelope.root
        judge.add("WS-ENTETE", place, requirement=clause, received=str(len(blocks)), expected=local(expected))
        return
    _judge_element(judge, blocks[0], bulk=False, requirement=clause)


# --- schema --------------------------------------------------------------------------------------------------


def _judge_body(judge: _Judge, envelope: Envelope, called: Operation | None, bulk: bool) -> None:
    entry = envelope.entry
    if entry is None:
        return
    if envelope.fault is not None:
        _judge_fault(judge, envelope, called)
        return
    _settle_neighbour(judge, entry)
    _judge_element(judge, entry, bulk=bulk)


def _judge_fault(judge: _Judge, envelope: Envelope, called: Operation | None) -> None:
    fault = envelope.fault
    entry = envelope.entry
    if fault is None or entry is None:
        return
    if fault.code.partition(".")[0] not in CODES or not fault.text:
        judge.add("WS-FAUTE-CODE", entry, received=fault.code, expected=", ".join(CODES))
    if fault.detail is None or called is None or not called.faults:
        return
    declared = set(called.faults.values())
    if fault.detail.tag in declared:
        _judge_element(judge, fault.detail, bulk=False)
    elif local(fault.detail.tag) in {local(one) for one in declared}:
        same = next(one for one in declared if local(one) == local(fault.detail.tag))
        _wrong_namespace(judge, fault.detail, same)
    else:
        names = ", ".join(sorted(local(one) for one in declared))
        judge.add("WS-FAUTE-DETAIL", fault.detail, received=local(fault.detail.tag), expected=names)


def _settle_neighbour(judge: _Judge, entry: Element) -> None:
    """Read a namespace of the same family as ours, of which ours is only a guess, as ours; tell it once."""
    contract = judge.contract
    if contract.settings.voisin is None:
        return
    family = {uri for uri in {namespace(one.tag) for one in entry.iter()} if contract.is_neighbour(uri)}
    found = [one for one in entry.iter() if namespace(one.tag) in family] if family else []
    if not found:
        return
    neighbour = contract.settings.voisin
    worth = Worth(neighbour.confidence, neighbour.source)
    ours = contract.guessed_namespace
    judge.add("WS-ESPACE-VOISIN", found[0], worth=worth, received=namespace(found[0].tag), expected=ours)
    for element in found:
        element.tag = f"{{{ours}}}{local(element.tag)}"


def _judge_element(judge: _Judge, element: Element, *, bulk: bool, requirement: str = "") -> None:
    schemas = judge.contract.schemas
    accepted = schemas.accepts(element)
    if bulk and accepted:
        return
    # A wrong namespace is one mistake, however many elements stand in it.
    alike: dict[object, list[Breach]] = {}
    for breach in explain(schemas.errors(element), judge.contract):
        spaces = (breach.rule, breach.received, breach.expected)
        alike.setdefault(spaces if breach.rule == "WS-ESPACE" else id(breach), []).append(breach)
    for same in alike.values():
        first = same[0]
        judge.add(
            first.rule,
            first.element,
            worth=first.worth,
            requirement=requirement,
            attribute=first.attribute,
            received=first.received,
            expected=first.expected,
            detail=first.detail,
            count=len(same),
        )
    if not alike and accepted is False:
        for line, message in _distinct(schemas.second_opinion(element)):
            judge.add("WS-SCHEMA", line=line, column=xpath(element), detail=message, requirement=requirement)


def _distinct(entries: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    yield from dict.fromkeys(entries)


def _entry_of(raw: bytes) -> Element | None:
    """Give the body element of a request already judged elsewhere; None when it cannot be read."""
    try:
        envelope = split(parse(raw, load_common().limites.requete_octets).root)
    except XmlRefused:
        return None
    return envelope.entry if envelope is not None else None
