"""An operator's WSDL against ours: each difference, and what it changes for the caller.

A request asks of the operator to take at least what the contract allows; a reply, to send at most what it allows. A
difference that only goes the caller's way is told as information.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from typing import Any, Final

from xmlschema.validators import XsdAnyElement, XsdElement

from annexe5.contract.rules import rule
from annexe5.findings import Finding, Severity
from annexe5.messages.contract import REPLY, REQUEST, Direction, SoapContract, weakened
from annexe5.messages.schemas import SchemaSet
from annexe5.messages.wsdl import HTTP, XSD, Operation, Wsdl, WsdlError
from annexe5.messages.xml import line_of, local, namespace

_MAX_DEPTH: Final = 24
_LIKENESS: Final = 0.7
_SHOWN: Final = 8
_NO_LENGTH: Final = 1 << 30


def lint_wsdl(theirs: Wsdl, contract: SoapContract, *, client: bool = True) -> list[Finding]:
    """Give every difference between an operator's WSDL and the contract; ``client`` also tries an ordinary client."""
    lint = _Lint(theirs, contract)
    ours = contract.wsdl
    lint.binding(ours)
    try:
        schemas = SchemaSet(theirs)
    except WsdlError as reason:
        lint.add("WSDL-ILLISIBLE", detail=reason.reason)
        return lint.found
    for name, operation in ours.operations.items():
        other = theirs.operations.get(name)
        if other is None:
            lint.add("WSDL-OPERATION-ABSENTE", about=name, expected=name)
            continue
        lint.operation(operation, other)
        for direction in (REQUEST, REPLY):
            lint.message(direction, operation, other, schemas)
    for name in theirs.operations:
        if name not in ours.operations:
            lint.add("WSDL-OPERATION-AJOUTEE", received=name)
    if client:
        lint.found += _ordinary_client(theirs, contract)
    return lint.found


def unreadable(reason: WsdlError, contract: SoapContract | None = None) -> Finding:
    """Tell a WSDL that does not parse, with the document and line where it breaks."""
    clause = "OPC-01" if contract is not None and contract.settings.famille == "aide" else "SAV-03"
    return rule("WSDL-ILLISIBLE").finding(
        detail=reason.reason, path=reason.document, line=reason.line, requirement=clause
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a comparison stands: the message, the path in it, and whether the caller writes or reads it."""

    direction: Direction
    path: str

    def below(self, name: str) -> _Place:
        return _Place(self.direction, f"{self.path}/{name}")


class _Lint:
    def __init__(self, theirs: Wsdl, contract: SoapContract) -> None:
        self.theirs = theirs
        self.contract = contract
        self.found: list[Finding] = []
        self._lines = _declared_lines(theirs)
        self._told: set[tuple[str, str, str]] = set()
        self._compared: set[tuple[str, int, int]] = set()

    def add(
        self,
        ident: str,
        *,
        about: str = "",
        received: str | None = None,
        expected: str = "",
        column: str = "",
        detail: str = "",
        harmless: bool = False,
    ) -> None:
        """Tell a difference; ``about`` is the name whose provenance decides the weight."""
        breached = weakened(rule(ident), self.contract.worth(about) if about else None)
        if harmless:
            breached = replace(breached, severity=Severity.INFO)
        nowhere = (self.theirs.main, None)
        document, line = self._lines.get(about) or self._lines.get(received or "") or nowhere
        settings = self.contract.settings
        family = [one for one in breached.requirements if one[:3] == settings.requirement[:3]]
        self.found.append(
            breached.finding(
                received=received,
                expected=expected,
                column=column,
                detail=detail,
                path=document,
                line=line,
                requirement=family[0] if family else settings.requirement,
            )
        )

    # --- binding ---

    def binding(self, ours: Wsdl) -> None:
        if self.theirs.transport != HTTP:
            self.add("WSDL-STYLE", column="transport", received=self.theirs.transport, expected=HTTP)
        if self.contract.settings.famille == "sav":
            for what, received, expected in (
                ("portType", self.theirs.port_type, ours.port_type),
                ("port", self.theirs.port, ours.port),
            ):
                if received != expected:
                    self.add("WSDL-PORT", column=what, received=received, expected=expected)

    def operation(self, ours: Operation, theirs: Operation) -> None:
        name = ours.name
        if (theirs.style, theirs.use) != (ours.style, ours.use):
            received, expected = f"{theirs.style}/{theirs.use}", f"{ours.style}/{ours.use}"
            self.add("WSDL-STYLE", about=name, column=name, received=received, expected=expected)
        if theirs.action != ours.action:
            self.add("WSDL-ACTION", about=name, column=name, received=theirs.action, expected=ours.action)
        expected, received = ours.header(REQUEST), theirs.header(REQUEST)
        if expected != received:
            shown = local(received) if received else "aucun"
            if local(expected) == local(received):
                self._namespace(name, received, expected)
            else:
                self.add("WSDL-ENTETE", about=name, column=name, received=shown, expected=local(expected) or "aucun")
        declared = {local(one) for one in theirs.faults.values()}
        for element in ours.faults.values():
            if local(element) not in declared:
                self.add("WSDL-FAUTE", about=name, column=name, expected=local(element))

    # --- messages ---

    def message(self, direction: Direction, ours: Operation, theirs: Operation, schemas: SchemaSet) -> None:
        mine, other = ours.element(direction), theirs.element(direction)
        if local(mine) != local(other):
            self.add(
                "WSDL-ELEMENT-RENOMME", about=local(mine), column=ours.name, received=local(other), expected=local(mine)
            )
        elif mine != other:
            self._namespace(local(mine), other, mine)
        left, right = self.contract.schemas.element(mine), schemas.element(other)
        if right is None:
            self.add(
                "WSDL-ELEMENT-ABSENT",
                about=local(mine),
                column=ours.name,
                expected=local(mine),
                detail="aucun appelant ne peut écrire ce message",
            )
        elif left is not None:
            self._element(_Place(direction, local(mine)), left, right, 0)

    def _namespace(self, path: str, received: str, expected: str) -> None:
        key = ("WSDL-ESPACE", namespace(received), namespace(expected))
        if key not in self._told:
            self._told.add(key)
            about = namespace(expected)
            self.add("WSDL-ESPACE", about=about, column=path, received=namespace(received), expected=about)

    def _element(self, place: _Place, ours: XsdElement, theirs: XsdElement, depth: int) -> None:
        key = (place.direction, id(ours.type), id(theirs.type))
        if depth > _MAX_DEPTH or key in self._compared:
            return
        self._compared.add(key)
        self._attributes(place, ours.type, theirs.type)
        mine, other = _children(ours.type), _children(theirs.type)
        if not mine and not other:
            self._value(place, ours.type, theirs.type)
            return
        self._parts(place, mine, other, open_ended=_is_open(theirs.type), depth=depth)

    def _parts(
        self,
        place: _Place,
        mine: Mapping[str, XsdElement],
        other: Mapping[str, XsdElement],
        *,
        open_ended: bool,
        depth: int,
    ) -> None:
        added = [name for name in other if name not in mine]
        for name, element in mine.items():
            match = other.get(name)
            if match is None:
                self._absent(place, name, added, open_ended=open_ended)
                continue
            if element.name != match.name:
                self._namespace(f"{place.path}/{name}", str(match.name), str(element.name))
            self._cardinality(place, name, element, match)
            self._element(place.below(name), element, match, depth + 1)
        for name in added:
            asked = place.direction == REQUEST and (other[name].min_occurs or 0) > 0
            self.add(
                "WSDL-ELEMENT-EXIGE" if asked else "WSDL-ELEMENT-AJOUTE", about=name, column=place.path, received=name
            )
        common = [name for name in other if name in mine]
        wanted = [name for name in mine if name in other]
        if common != wanted:
            moved = next(name for name, right in zip(common, wanted, strict=True) if name != right)
            self.add("WSDL-ORDRE", about=moved, column=place.path, received=moved, expected=", ".join(wanted[:_SHOWN]))

    def _absent(self, place: _Place, name: str, added: list[str], *, open_ended: bool) -> None:
        close = get_close_matches(name, added, n=1, cutoff=_LIKENESS)
        if close:
            added.remove(close[0])
            self.add("WSDL-ELEMENT-RENOMME", about=name, column=place.path, received=close[0], expected=name)
        else:
            wrote = place.direction == REQUEST
            detail = "un appelant qui le renseigne sera refusé" if wrote else "l'appelant ne le recevra pas"
            self.add(
                "WSDL-ELEMENT-ABSENT",
                about=name,
                column=place.path,
                expected=name,
                detail=detail,
                harmless=open_ended,
            )

    def _attributes(self, place: _Place, ours: Any, theirs: Any) -> None:
        mine, other = _attributes(ours), _attributes(theirs)
        added = [f"@{name}" for name in other if name not in mine]
        for name, attribute in mine.items():
            match = other.get(name)
            if match is None:
                self._absent(place, f"@{name}", added, open_ended=False)
                continue
            if attribute.use != match.use:
                stricter = match.use == "required"
                self._strictness(place, f"@{name}", match.use, attribute.use, stricter=stricter)
            self._value(place.below(f"@{name}"), attribute.type, match.type)
        for name in added:
            asked = place.direction == REQUEST and other[name[1:]].use == "required"
            self.add("WSDL-ELEMENT-EXIGE" if asked else "WSDL-ELEMENT-AJOUTE", column=place.path, received=name)

    def _cardinality(self, place: _Place, name: str, ours: XsdElement, theirs: XsdElement) -> None:
        mine, other = _occurs(ours), _occurs(theirs)
        if mine != other:
            stricter = other[0] > mine[0] or other[1] < mine[1]
            self._strictness(place, name, _range(other), _range(mine), stricter=stricter)
        if bool(ours.nillable) != bool(theirs.nillable):
            shown = {True: "nillable", False: "non nillable"}
            received, expected = shown[bool(theirs.nillable)], shown[bool(ours.nillable)]
            self._strictness(place, name, received, expected, stricter=not theirs.nillable)

    def _strictness(self, place: _Place, name: str, received: str, expected: str, *, stricter: bool) -> None:
        """A stricter request refuses callers; a laxer reply surprises them; the other way round is harmless."""
        harmful = stricter == (place.direction == REQUEST)
        detail = {
            (REQUEST, True): "un appel selon le contrat sera refusé",
            (REQUEST, False): "l'appelant n'a rien à changer",
            (REPLY, True): "l'appelant n'a rien à changer",
            (REPLY, False): "l'appelant peut recevoir ce que le contrat exclut",
        }[place.direction, stricter]
        column = f"{place.path}/{name}"
        self.add(
            "WSDL-CARDINALITE",
            about=name,
            column=column,
            received=received,
            expected=expected,
            detail=detail,
            harmless=not harmful,
        )

    def _value(self, place: _Place, ours: Any, theirs: Any) -> None:
        """Compare simple types: primitive, list of values, lengths, patterns."""
        mine, other = _simple(ours), _simple(theirs)
        if mine is None or other is None:
            return
        name = place.path.rpartition("/")[2]
        if mine.primitive != other.primitive:
            self._type(place, name, other.primitive, mine.primitive, stricter=place.direction == REQUEST)
            return
        if mine.values != other.values:
            self._list(place, name, mine.values, other.values)
            return
        if mine.lengths != other.lengths:
            stricter = other.lengths[0] > mine.lengths[0] or other.lengths[1] < mine.lengths[1]
            self._type(place, name, _bounds(other.lengths), _bounds(mine.lengths), stricter=stricter)
        if mine.patterns != other.patterns:
            received, expected = (" ; ".join(sorted(one.patterns)) or "aucun motif" for one in (other, mine))
            self._type(place, name, received, expected, stricter=bool(other.patterns))

    def _type(self, place: _Place, name: str, received: str, expected: str, *, stricter: bool) -> None:
        harmful = stricter == (place.direction == REQUEST)
        detail = (
            "des valeurs du contrat seront refusées"
            if place.direction == REQUEST
            else "des valeurs inattendues viendront"
        )
        self.add(
            "WSDL-TYPE",
            about=name,
            column=place.path,
            received=received,
            expected=expected,
            detail=detail if harmful else "l'appelant n'a rien à changer",
            harmless=not harmful,
        )

    def _list(self, place: _Place, name: str, mine: frozenset[str], other: frozenset[str]) -> None:
        refused = sorted(mine - other) if other else []
        new = sorted(other - mine) if mine else ["toute valeur"]
        harmful = bool(refused) if place.direction == REQUEST else bool(new)
        if place.direction == REQUEST:
            detail = f"refusées : {', '.join(refused)}" if refused else "l'appelant n'a rien à changer"
        else:
            detail = f"nouvelles : {', '.join(new)}" if new else "l'appelant n'a rien à changer"
        self.add(
            "WSDL-LISTE",
            about=name,
            column=place.path,
            received=_values(other),
            expected=_values(mine),
            detail=detail,
            harmless=not harmful,
        )


# --- reading schemas -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Simple:
    primitive: str
    values: frozenset[str]
    lengths: tuple[int, int]
    patterns: frozenset[str]


def _simple(kind: Any) -> _Simple | None:
    if not (kind.is_simple() or kind.has_simple_content()):
        return None
    simple = kind.content if kind.is_complex() else kind
    primitive = getattr(simple, "primitive_type", None) or simple
    exact = getattr(simple, "length", None)
    lengths = (exact, exact) if exact is not None else (simple.min_length or 0, simple.max_length or _NO_LENGTH)
    patterns = getattr(simple, "patterns", None)
    return _Simple(
        local(str(primitive.name or "")),
        frozenset(str(one) for one in simple.enumeration or ()),
        lengths,
        frozenset(patterns.regexps) if patterns is not None else frozenset(),
    )


def _children(kind: Any) -> dict[str, XsdElement]:
    content = getattr(kind, "content", None)
    if content is None or not hasattr(content, "iter_elements"):
        return {}
    return {local(one.name): one for one in content.iter_elements() if isinstance(one, XsdElement)}


def _is_open(kind: Any) -> bool:
    content: Any = getattr(kind, "content", None)
    if not hasattr(content, "iter_elements"):
        return False
    return any(isinstance(one, XsdAnyElement) for one in content.iter_elements())


def _attributes(kind: Any) -> dict[str, Any]:
    if not kind.is_complex():
        return {}
    return {local(name): one for name, one in kind.attributes.items() if name is not None and hasattr(one, "use")}


def _occurs(element: XsdElement) -> tuple[int, int]:
    return element.min_occurs, _NO_LENGTH if element.max_occurs is None else element.max_occurs


def _range(occurs: tuple[int, int]) -> str:
    return f"{occurs[0]}..{'n' if occurs[1] == _NO_LENGTH else occurs[1]}"


def _bounds(lengths: tuple[int, int]) -> str:
    low, high = lengths
    if low == high:
        return f"longueur {low}"
    return f"longueur {low} à {high}" if high != _NO_LENGTH else f"longueur {low} au moins" if low else "toute longueur"


def _values(values: frozenset[str]) -> str:
    shown = ", ".join(sorted(values)[:_SHOWN])
    return (shown if len(values) <= _SHOWN else f"{shown} …") or "libres"


def _declared_lines(wsdl: Wsdl) -> dict[str, tuple[str, int | None]]:
    """Tell where each element, attribute and operation is declared: the first place of its name."""
    found: dict[str, tuple[str, int | None]] = {}
    for document, schema in wsdl.schemas:
        for node in schema.iter(f"{{{XSD}}}element", f"{{{XSD}}}attribute"):
            name = node.get("name")
            if name:
                mark = "@" if local(node.tag) == "attribute" else ""
                found.setdefault(mark + name, (document, line_of(node)))
    for name, operation in wsdl.operations.items():
        found.setdefault(name, (operation.document, operation.line))
    return found


def _ordinary_client(theirs: Wsdl, contract: SoapContract) -> Iterator[Finding]:
    """Build zeep's client from the documents alone: what it cannot read, many callers cannot."""
    zeep: Any = import_module("zeep")  # half a second that only this check pays
    transport = zeep.Transport()
    transport.load = partial(_document, theirs)
    main = theirs.main if "://" in theirs.main else _ROOT + theirs.main
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            zeep.Client(main, transport=transport)
    except Exception as reason:  # noqa: BLE001 - whatever it trips over is the finding
        clause = "OPC-01" if contract.settings.famille == "aide" else "SAV-03"
        told = f"{type(reason).__name__}: {' '.join(str(reason).split())[:_TOLD]}"
        yield rule("WSDL-CLIENT").finding(detail=told, path=theirs.main, requirement=clause)
    finally:
        transport.session.close()


_ROOT: Final = "http://documents.invalid/"
_TOLD: Final = 200


def _document(theirs: Wsdl, url: str) -> bytes:
    name = url.removeprefix(_ROOT)
    if name not in theirs.documents:
        raise FileNotFoundError(name)
    return theirs.documents[name]
