"""Calling a web service by its contract, without I/O of its own: requests built, replies judged and read.

Who posts the bytes is given; what comes back is judged raw (``judge_message``) before anything is made of it. A request
may be spoilt on purpose between building and posting: that is how wrong messages are sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from annexe5.contract.rules import rule
from annexe5.errors import UsageError
from annexe5.findings import Finding
from annexe5.messages.contract import REPLY, REQUEST, SoapContract
from annexe5.messages.envelope import CONTENT_TYPE, Fault, wrap
from annexe5.messages.judge import Http, judge_message
from annexe5.messages.mapping import to_wire
from annexe5.messages.reading import read_body
from annexe5.messages.xml import Element, children, local, text

Data = dict[str, Any]
Clock = Callable[[], datetime]


class Posted(Protocol):
    """What an HTTP edge brings back; ``at`` is when the request left."""

    @property
    def at(self) -> datetime: ...  # noqa: D102
    @property
    def status(self) -> int: ...  # noqa: D102
    @property
    def content_type(self) -> str: ...  # noqa: D102
    @property
    def body(self) -> bytes: ...  # noqa: D102
    @property
    def seconds(self) -> float: ...  # noqa: D102


Post = Callable[[str, bytes, Mapping[str, str]], Posted]


class SilenceError(Exception):
    """Raised by a ``Post`` whose party was reached and gave no answer; the text says what happened."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a service said no: a typed exception or a return code; ``code`` and ``message`` as received."""

    exception: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One call and what came of it.

    ``data`` is in the words of the house where the contract has a mapping, else in local names; empty after a fault.
    ``findings`` are the breaches of the reply; ``refusal`` is set when the service said no.
    """

    operation: str
    at: datetime
    request: bytes
    reply: bytes
    http: Http
    findings: tuple[Finding, ...]
    data: Data = field(default_factory=dict)
    fault: Fault | None = None
    refusal: Refusal | None = None

    @property
    def accepted(self) -> bool:
        """Tell whether the service did what was asked."""
        return bool(self.data) and self.refusal is None


class Caller:
    """One OC calling one service at one address; ``post`` keeps the pace and the connection.

    ``limit`` is the time, in seconds, within which the parties agreed that it answers.
    """

    def __init__(
        self,
        contract: SoapContract,
        address: str,
        post: Post,
        *,
        oc: str,
        password: str = "",
        clock: Clock,
        limit: float | None = None,
    ) -> None:
        self.contract = contract
        self.address = address
        self.oc = oc
        self._post = post
        self._password = password
        self._clock = clock
        self._limit = limit

    def build(self, operation: str, data: Data, *, oc: str | None = None) -> bytes:
        """Write a request from local names, under the interop header where the contract has one."""
        called = self.contract.wsdl.operations[operation]
        blocks: tuple[Element, ...] = ()
        if header := called.header(REQUEST):
            settings = self.contract.settings
            login = {settings.oc: self.oc if oc is None else oc, settings.mot_de_passe: self._password}
            blocks = (self.contract.binding.write(header, login),)
        return wrap(self.contract.binding.write(called.input, data), blocks)

    def build_method(self, method: str, concepts: Data, *, oc: str | None = None) -> tuple[str, bytes]:
        """Write a request from the words of the house; gives the operation that carries it too."""
        if self.contract.mapping is None:
            raise UsageError(f"{self.contract.name} : ce service n'a pas de mapping ; appeler par opération.")
        tied = self.contract.mapping.method(method)
        head = {
            "version": self.contract.settings.version,
            "horodatage": self._clock(),
            "oc": self.oc if oc is None else oc,
        }
        data = to_wire(tied.request, {**concepts, "entete": {**head, **concepts.get("entete", {})}})
        return tied.operation, self.build(tied.operation, data, oc=oc)

    def call(self, operation: str, data: Data) -> Outcome:
        """Build a request from local names and send it."""
        return self.send(operation, self.build(operation, data))

    def ask(self, method: str, concepts: Data) -> Outcome:
        """Build a request from the words of the house and send it."""
        return self.send(*self.build_method(method, concepts))

    def send(self, operation: str, request: bytes, headers: Mapping[str, str] | None = None) -> Outcome:
        """Send bytes as they are to an operation, and judge what comes back."""
        action = self.contract.wsdl.operations[operation].action
        sent = {"Content-Type": CONTENT_TYPE, "SOAPAction": f'"{action}"', **(headers or {})}
        at = self._clock()
        try:
            answer = self._post(self.address, request, sent)
        except SilenceError as silence:
            clause = "SAV-05" if self.contract.settings.famille == "sav" else self.contract.settings.requirement
            told = rule("WS-SILENCE").finding(detail=str(silence), requirement=clause)
            return Outcome(operation, at, request, b"", Http(), (told,))
        http = Http(answer.status, answer.content_type, seconds=answer.seconds, limit=self._limit)
        return self.outcome(operation, answer.at, request, answer.body, http)

    def outcome(self, operation: str, at: datetime, request: bytes, reply: bytes, http: Http) -> Outcome:
        """Judge and read a reply already received."""
        found = judge_message(reply, self.contract, REPLY, operation, oc=self.oc, http=http, request=request)
        data, fault = read_body(self.contract, reply, REPLY, operation)
        return Outcome(operation, at, request, reply, http, tuple(found), data, fault, refusal_of(data, fault))


_NO_ERROR: Final = ("", "0", "None")


def refusal_of(data: Data, fault: Fault | None) -> Refusal | None:
    """Tell how a reply said no, None when it did not."""
    return _typed(fault) if fault is not None else _coded(data)


def _typed(fault: Fault) -> Refusal:
    """Read a fault: the typed exception's name, and ``CODE#message`` where it is written so."""
    exception, message = "", fault.text
    if fault.detail is not None:
        inside = children(fault.detail)
        exception = local(inside[0].tag) if inside else local(fault.detail.tag)
        told = children(inside[0]) if inside else []
        message = text(told[0]) if told else message
    code, mark, label = message.partition("#")
    return Refusal(exception, code if mark else "", label if mark else message)


def _coded(data: Data) -> Refusal | None:
    """Read the return code of a reply: that of the order help, or returnCode of a ticket."""
    retour = data.get("retour") or {}
    response = data.get("troubleTicketResponse") or {}
    code = str(retour.get("code", response.get("returnCode")))
    if code in _NO_ERROR:
        return None
    label = retour.get("libelle") or response.get("returnLabel") or ""
    return Refusal("", str(retour.get("erreur") or code), str(label))
