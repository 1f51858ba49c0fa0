"""A web service served from its WSDL, without I/O: HTTP request in, HTTP answer out.

``?wsdl`` and its imports are published with their addresses rewritten; a call is judged for form, handed to a
conversation, and its answer written by the schema. Everything wrong gets the fault SOAP 1.1 §4.4 and the contract
name, with HTTP 500 (WS-I BP R1126); nothing here can raise.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol
from urllib.parse import parse_qsl, quote

from lxml import etree

from annexe5.contract.profile import Service
from annexe5.errors import ContractError
from annexe5.findings import Finding, Severity
from annexe5.messages.business import judge_business
from annexe5.messages.contract import REPLY, REQUEST, SoapContract
from annexe5.messages.conversation import Call, Conversation, Data, Reply, error, refusal_text
from annexe5.messages.envelope import CONTENT_TYPE, SOAP11, Envelope, fault, wrap
from annexe5.messages.judge import Http, Message, read_message
from annexe5.messages.mapping import from_wire, to_wire
from annexe5.messages.pace import PaceMeter
from annexe5.messages.paths import values
from annexe5.messages.wsdl import SOAP, WSDL, XSD, Operation, resolve
from annexe5.messages.xml import Element, child, text

logger = logging.getLogger(__name__)

Answer = tuple[int, Mapping[str, str], bytes]
_Body = tuple[int, bytes]
_PLAIN: Final = "text/plain; charset=utf-8"
_FAULT: Final = 500
_MUST_UNDERSTAND: Final = f"{{{SOAP11}}}mustUnderstand"
_ACTOR: Final = f"{{{SOAP11}}}actor"
_NEXT: Final = "http://schemas.xmlsoap.org/soap/actor/next"
_VERSION_RULE: Final = "WS-VERSION"


class HttpRequest(Protocol):
    """What an HTTP edge hands over; header names in lower case; ``body`` None when it was too big to be read."""

    @property
    def method(self) -> str: ...  # noqa: D102
    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def query(self) -> str: ...  # noqa: D102
    @property
    def headers(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def body(self) -> bytes | None: ...  # noqa: D102
    @property
    def base_url(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Served:
    """One call as it was served, for a journal: raw bytes both ways; ``refusal`` the key of a refusal, if any."""

    at: datetime
    service: str
    operation: str
    oc: str
    request: bytes
    reply: bytes
    status: int
    refusal: str = ""


class SoapEndpoint:
    """One service at its paths; thread-safe as far as its conversation is."""

    def __init__(
        self,
        contract: SoapContract,
        service: Service,
        conversation: Conversation,
        *,
        clock: Callable[[], datetime],
        meter: PaceMeter | None = None,
        on_served: Callable[[Served], None] | None = None,
    ) -> None:
        self.contract = contract
        self.path = service.chemin
        self.wsdl_path, _, self._wsdl_query = service.wsdl.partition("?")
        self._conversation = conversation
        self._clock = clock
        self._meter = meter
        self._on_served = on_served
        self._names = {name: _public_name(name, index) for index, name in enumerate(contract.wsdl.documents)}
        self._published: dict[str, Mapping[str, bytes]] = {}

    def wsdl_url(self, base: str) -> str:
        """Give the address of the WSDL on a server."""
        return f"{base}{self.wsdl_path}" + (f"?{self._wsdl_query}" if self._wsdl_query else "")

    def serves(self, path: str) -> bool:
        """Tell whether a path is this service's."""
        return path in (self.path, self.wsdl_path)

    def handle(self, request: HttpRequest) -> Answer:
        """Answer one HTTP request."""
        if request.method in ("GET", "HEAD"):
            return self._document(request)
        if request.method != "POST" or request.path != self.path:
            return 405, {"allow": "GET, POST", "content-type": _PLAIN}, b""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "text/xml":
            return 415, {"content-type": _PLAIN}, b"Content-Type: text/xml attendu (SOAP 1.1)"
        served = self._call(request)
        if self._on_served is not None:
            self._on_served(served)
        return served.status, {"content-type": CONTENT_TYPE}, served.reply

    # --- documents ---

    def _document(self, request: HttpRequest) -> Answer:
        query = {name.lower(): value for name, value in parse_qsl(request.query, keep_blank_values=True)}
        documents = self._documents(request.base_url)
        main = self._names[self.contract.wsdl.main]
        wanted = query.get("xsd") or query.get("wsdl") or (main if self._asks_wsdl(request, query) else "")
        if not wanted or wanted not in documents:
            return 404, {"content-type": _PLAIN}, f"Contrat de service : {self.wsdl_url(request.base_url)}".encode()
        body = documents[wanted] if request.method == "GET" else b""
        return 200, {"content-type": CONTENT_TYPE}, body

    def _asks_wsdl(self, request: HttpRequest, query: Mapping[str, str]) -> bool:
        return "wsdl" in query or (request.path == self.wsdl_path and not self._wsdl_query)

    def _documents(self, base: str) -> Mapping[str, bytes]:
        """Give the documents of the contract as published at ``base``, by public name."""
        if base not in self._published:
            if len(self._published) > _MAX_BASES:
                self._published.clear()
            self._published[base] = {
                self._names[name]: self._rewritten(name, raw, base)
                for name, raw in self.contract.wsdl.documents.items()
            }
        return self._published[base]

    def _rewritten(self, name: str, raw: bytes, base: str) -> bytes:
        root = etree.fromstring(raw, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
        for address in root.iter(f"{{{SOAP}}}address"):
            address.set("location", base + self.path)
        for tag, attribute in (
            (f"{{{WSDL}}}import", "location"),
            (f"{{{XSD}}}import", "schemaLocation"),
            (f"{{{XSD}}}include", "schemaLocation"),
            (f"{{{XSD}}}redefine", "schemaLocation"),
        ):
            for node in root.iter(tag):
                place = node.get(attribute)
                public = self._names.get(resolve(name, place)) if place else None
                if public:
                    node.set(attribute, f"{base}{self.wsdl_path}?xsd={quote(public)}")
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")

    # --- calls ---

    def _call(self, request: HttpRequest) -> Served:
        at = self._clock()
        raw = request.body
        if raw is None:
            return self._served(at, "", "", b"", _faulty("Client", "Message trop gros"), refusal="taille")
        http = Http(content_type=request.headers.get("content-type"), action=request.headers.get("soapaction"))
        if not (http.action or "").strip().strip('"'):
            http = Http(content_type=http.content_type)  # SOAP 1.1 §6.1.1: an empty action says nothing
        message = read_message(raw, self.contract, REQUEST, http=http, bulk=True)
        operation, envelope = message.operation, message.envelope
        name = operation.name if operation is not None else ""
        oc = caller_of(self.contract, envelope) if envelope is not None else ""
        misunderstood = _misunderstood(envelope, operation) if envelope is not None else ""
        if misunderstood:
            return self._served(at, name, oc, raw, _faulty("MustUnderstand", misunderstood), refusal="en-tête")
        if operation is None or envelope is None or _errors(message.findings):
            return self._served(at, name, oc, raw, self._malformed(message), refusal="argument")
        if self._meter is not None and not self._meter.admit(oc, at):
            body = self._reply(operation, envelope, Reply(refusal="rythme", detail=str(self._meter.pace.requests)), at)
            return self._served(at, name, oc, raw, body, refusal="rythme")
        try:
            reply = self._conversation.answer(self._understood(operation, envelope, oc, at))
            body = self._reply(operation, envelope, reply, at)
        except Exception:
            logger.exception("%s %s : la conversation a échoué", self.contract.name, name)
            return self._served(at, name, oc, raw, _faulty("Server", "Erreur technique"), refusal="technique")
        return self._served(at, name, oc, raw, body, refusal=reply.refusal)

    def _served(self, at: datetime, operation: str, oc: str, raw: bytes, body: _Body, refusal: str) -> Served:
        status, reply = body
        return Served(at, self.contract.name, operation, oc, raw, reply, status, refusal)

    def _malformed(self, message: Message) -> _Body:
        """Write the fault of a message that cannot be read, typed where the operation has a typed exception."""
        told = next(iter(_errors(message.findings)), None)
        reason = f"{told.rule} : {told.message.fr}" if told is not None else "Message incompris"
        if told is not None and told.column and message.operation is not None:
            reason += f" ({told.column})"
        if told is not None and told.rule == _VERSION_RULE:
            return _faulty("VersionMismatch", reason)
        exception = self.contract.settings.fautes.get("argument", "")
        detail = self._exception(message.operation, exception, reason) if message.operation is not None else None
        return _faulty("Client", reason, detail)

    def _understood(self, operation: Operation, envelope: Envelope, oc: str, at: datetime) -> Call:
        entry = envelope.entry
        data: Data = self.contract.binding.read(entry) if entry is not None else {}
        mapping = self.contract.mapping
        method = mapping.by_operation(operation.name) if mapping is not None else None
        header = envelope.block(operation.header(REQUEST))
        password = child(header, self.contract.settings.mot_de_passe) if header is not None else None
        return Call(
            service=self.contract.name,
            operation=operation.name,
            method=method.name if method is not None else "",
            oc=oc,
            data=from_wire(method.request, data) if method is not None else data,
            at=at,
            password=text(password) if password is not None else "",
            findings=tuple(judge_business(self.contract, operation.name, REQUEST, envelope)),
        )

    def _reply(self, operation: Operation, envelope: Envelope, reply: Reply, at: datetime) -> _Body:
        mapping = self.contract.mapping
        method = mapping.by_operation(operation.name) if mapping is not None else None
        if reply.refusal and method is None:
            return self._refused(operation, reply)
        data = reply.data
        if method is not None:
            concepts = {**data, **self._courtesy(envelope, operation, reply, at)}
            data = to_wire(method.ties(REPLY), concepts)
        return 200, wrap(self.contract.binding.write(operation.output, data))

    def _refused(self, operation: Operation, reply: Reply) -> _Body:
        """Write a refusal as the operation's typed exception; one it does not declare becomes the technical one."""
        message = refusal_text(self.contract, reply.refusal, reply.detail)
        wanted = error(self.contract, reply.refusal).faute
        detail = self._exception(operation, wanted, message)
        if detail is None:
            detail = self._exception(operation, self.contract.settings.fautes.get("technique", ""), message)
        side = "Server" if wanted == self.contract.settings.fautes.get("technique") else "Client"
        return _faulty(side, message, detail)

    def _exception(self, operation: Operation, name: str, message: str) -> Element | None:
        """Build a typed exception where the operation declares it; what else its type demands is left empty."""
        for element in operation.faults.values():
            plan = self.contract.binding.plan(element).part(name)
            if plan is not None:
                extra: Data = {part.name: {} for part in plan.parts if part.name != "message"}
                return self.contract.binding.write(element, {name: {"message": message, **extra}})
        return None

    def _courtesy(self, envelope: Envelope, operation: Operation, reply: Reply, at: datetime) -> Data:
        """Give the header and return code that every reply of a mapped service carries."""
        mapping, entry = self.contract.mapping, envelope.entry
        method = mapping.by_operation(operation.name) if mapping is not None else None
        asked = (
            from_wire(method.request, self.contract.binding.read(entry))
            if method is not None and entry is not None
            else {}
        )
        head = dict(asked.get("entete", {}))
        head.update(horodatage_reponse=at, identifiant=f"{at.timestamp():.6f}".replace(".", ""))
        refused = error(self.contract, reply.refusal or "succes")
        retour: Data = {"code": "1" if reply.refusal else refused.code}
        if reply.refusal:
            retour |= {"erreur": refused.code, "libelle": refused.fr.format(detail=reply.detail)}
        return {"entete": head, "retour": retour}


_MAX_BASES: Final = 32


class Router:
    """Several services on one HTTP server."""

    def __init__(self, endpoints: Sequence[SoapEndpoint]) -> None:
        self.endpoints = tuple(endpoints)
        paths = [path for one in endpoints for path in {one.path, one.wsdl_path}]
        twice = sorted({path for path in paths if paths.count(path) > 1})
        if twice:
            raise ContractError(f"chemins servis deux fois : {', '.join(twice)}.")

    def handle(self, request: HttpRequest) -> Answer:
        """Answer one HTTP request, 404 off the services' paths."""
        for endpoint in self.endpoints:
            if endpoint.serves(request.path):
                return endpoint.handle(request)
        return 404, {"content-type": _PLAIN}, b""


def caller_of(contract: SoapContract, envelope: Envelope) -> str:
    """Give what a request says of its caller: the header's login, or operateurCommercial/nom."""
    settings = contract.settings
    roots = envelope.blocks if settings.oc_dans == "entete" else envelope.entries
    for root in roots:
        for place in values(root, settings.oc):
            return place.value.strip()
    return ""


def _errors(findings: Sequence[Finding]) -> list[Finding]:
    """Keep what makes a message unreadable: breaches of form, whatever their confidence, but not a guess of ours."""
    return [one for one in findings if one.severity is Severity.ERROR or one.rule in _FORM]


_FORM: Final = frozenset(
    {"WS-MANQUE", "WS-INATTENDU", "WS-ORDRE", "WS-LISTE", "WS-LONGUEUR", "WS-FORME", "WS-TYPE", "WS-NIL", "WS-SCHEMA"}
)


def _misunderstood(envelope: Envelope, operation: Operation | None) -> str:
    """Name the first header block that demands to be understood and is not (SOAP 1.1 §4.2.3)."""
    known = operation.header(REQUEST) if operation is not None else ""
    for block in envelope.blocks:
        for_us = block.get(_ACTOR, _NEXT) in ("", _NEXT)
        if for_us and block.get(_MUST_UNDERSTAND) in ("1", "true") and block.tag != known:
            return f"en-tête incompris : {block.tag}"
    return ""


def _faulty(code: str, message: str, detail: Element | None = None) -> _Body:
    return _FAULT, fault(code, message, detail)


def _public_name(name: str, index: int) -> str:
    """Give the name under which a document is published: its own when it is a plain file name."""
    return name if re.fullmatch(r"[A-Za-z0-9_.-]+", name) else f"document{index}.xsd"
