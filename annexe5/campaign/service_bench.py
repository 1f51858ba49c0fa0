"""The bench in front of the OI's web services (annexe5.txt §4 and §5): one polite caller a service, all written down.

The WSDL is fetched from the service, or given by the target file; the messages are judged by it, its differences with
ours by the linter. Every request is in the journal before it leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from annexe5.campaign.clock import Clock
from annexe5.campaign.journal import Journal
from annexe5.campaign.memory import CALL, REPLY, Memory, messages_of
from annexe5.campaign.message_orders import message_names
from annexe5.campaign.target import Codes, Services
from annexe5.campaign.verdicts import Bloque, NonApplicable, NonConforme
from annexe5.campaign.web_services import posting, published_wsdl
from annexe5.campaign.works import NoticeBoard
from annexe5.contract.profile import Profile
from annexe5.exchange import Channel, Exchange
from annexe5.findings import Finding
from annexe5.messages.calls import Caller, Outcome
from annexe5.messages.contract import SoapContract, load_contract
from annexe5.messages.endpoint import Served
from annexe5.messages.judge import Http
from annexe5.messages.lint import lint_wsdl, unreadable
from annexe5.messages.pace import Pacer, pace_of
from annexe5.messages.wsdl import Wsdl, WsdlError, load_wsdl
from annexe5.transport.http_client import HttpClient

_READS = ("get", "query")
Record = Callable[[Exchange, str, tuple[Finding, ...]], int]

# An unreadable WSDL breaks SAV-03 or OPC-01; of the version or the channel that must stand beside, that clause.
_OTHER_VERSION = {"sav-3.0": "SAV-07", "structure-2.0": "OPC-10"}
_OTHER_CHANNEL = {"SAV-03": "SAV-01"}


@dataclass(frozen=True, slots=True)
class Called:
    """One call as the bench made it: what came of it, the names and journal numbers of its two messages."""

    outcome: Outcome
    names: tuple[str, str]
    exchanges: tuple[int, int]


class ServiceBench:
    """One campaign's way to the web services of a target; ``record`` writes an exchange down and gives its number.

    ``announce`` has an OI at hand tell its planned works to an address.
    """

    def __init__(
        self,
        codes: Codes,
        services: Services,
        profile: Profile,
        record: Record,
        *,
        password: str,
        clock: Clock,
        paced: bool = True,
        memory: Callable[[], Memory] | None = None,
    ) -> None:
        """``clock`` dates the exchanges and keeps the pace, unless not ``paced``: an OC that does not care.

        ``memory`` gives the campaign's: what it has asked already is not asked again.
        """
        self.codes = codes
        self.services = services
        self.profile = profile
        self._record = record
        self._memory = memory
        self._password = password
        self._clock = clock.now
        self._wsdls: dict[str, Wsdl] = {}
        self._callers: dict[str, Caller] = {}
        self._turns: dict[str, int] = {}
        self.board: NoticeBoard | None = None
        self.announce: Callable[[str], None] | None = None
        trust = services.certificat.read_bytes() if services.certificat is not None else b""
        self.client = HttpClient(
            trust=trust,
            pacing=Pacer(pace_of(profile)) if paced else None,
            answer_timeout=services.delai_reponse_s,
            clock=clock.now,
            steady=clock.steady,
            pause=clock.pause,
        )

    def close(self) -> None:
        """Let the connection go."""
        self.client.close()
        if self.board is not None:
            self.board.server.stop()

    def notices(self) -> NoticeBoard:
        """Give the port that takes the OI's notices of works, opened at first use; NonApplicable when not declared."""
        declared = self.services.avis
        if declared is None:
            raise NonApplicable("le fichier cible ne dit pas où écouter les avis de travaux (services.avis).")
        if self.board is None:
            self.board = NoticeBoard(self.profile, self._clock, host=declared.hote, port=declared.port)
            self.board.server.start()
        return self.board

    def write_down(self, served: Served, findings: tuple[Finding, ...]) -> Called:
        """Write down a call that the OI made to us."""
        names = message_names(served.operation or "avis", served.at)
        codes, flow = self.codes, f"{served.service} {served.operation}".strip()
        there = Exchange(served.at, Channel.SOAP, codes.oi, codes.oc, names[0], "", served.request)
        back = Exchange(self._clock(), Channel.SOAP, codes.oc, codes.oi, names[1], "", served.reply)
        numbers = (self._record(there, flow, findings), self._record(back, flow, ()))
        outcome = Outcome(served.operation, served.at, served.request, served.reply, Http(served.status), findings)
        return Called(outcome, names, numbers)

    # --- the services of the target ---

    def url(self, service: str) -> str:
        """Give the address of a WSDL; NonApplicable when the target does not declare the service."""
        url = self.services.urls.get(service, "")
        if not url:
            titre = self.profile.web_service(service).titre
            raise NonApplicable(f"le fichier cible ne déclare pas le service {service} ({titre}) dans services.urls.")
        return url

    def other_scheme(self, service: str) -> str:
        """Give the address of the same WSDL on the other channel, http or https; NonApplicable when not declared."""
        split = urlsplit(self.url(service))
        other = self.services.autre_canal.get(service, "")
        if not other:
            raise NonApplicable(f"le fichier cible ne déclare pas l'autre canal que {split.scheme} pour {service}.")
        return other

    def wsdl(self, service: str, url: str = "", *, other: bool = False) -> Wsdl:
        """Fetch the WSDL that a service publishes; NonConforme when it does not parse. ``other``: the other channel."""
        place = url or self.url(service)
        if place not in self._wsdls:
            try:
                self._wsdls[place] = published_wsdl(self.client, place)
            except WsdlError as reason:
                found = unreadable(reason, load_contract(service))
                clause = _OTHER_CHANNEL.get(found.requirement) if other else _OTHER_VERSION.get(service)
                raise NonConforme(replace(found, requirement=clause or found.requirement)) from None
        return self._wsdls[place]

    def differences(self, service: str) -> list[Finding]:
        """Compare the published WSDL with ours."""
        return lint_wsdl(self.wsdl(service), load_contract(service))

    def contract(self, service: str) -> SoapContract:
        """Give the contract to judge by: the operator's WSDL, handed over or published."""
        handed: Path | None = self.services.wsdl.get(service)
        if handed is not None:
            return load_contract(service).for_wsdl(load_wsdl(handed))
        return load_contract(service).for_wsdl(self.wsdl(service), "WSDL publié par le service")

    def caller(self, service: str) -> Caller:
        """Give who calls a service; made once."""
        if service not in self._callers:
            contract = self.contract(service)
            self._callers[service] = Caller(
                contract,
                _address(self.url(service), contract.wsdl.address),
                posting(self.client),
                oc=self.codes.oc,
                password=self._password,
                clock=self._clock,
                limit=self.services.reponse_sous_s,
            )
        return self._callers[service]

    def turn(self, role: str, rows: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
        """Give the rows of a role one after the other, and again from the first: a ticket uses nothing up."""
        self._turns[role] = number = self._turns.get(role, -1) + 1
        return rows[number % len(rows)]

    # --- calling ---

    def call(self, service: str, operation: str, data: dict[str, Any], *, oc: str | None = None) -> Called:
        """Call an operation with local names."""
        caller = self.caller(service)
        if operation not in caller.contract.wsdl.operations:
            raise Bloque(f"le WSDL publié par {service} ne lie pas {operation} : l'appel ne peut s'écrire")
        return self.send(service, operation, caller.build(operation, data, oc=oc))

    def ask(self, service: str, method: str, concepts: dict[str, Any], *, oc: str | None = None) -> Called:
        """Ask in the words of the house."""
        caller = self.caller(service)
        tied = caller.contract.mapping.method(method).operation if caller.contract.mapping is not None else ""
        if tied and tied not in caller.contract.wsdl.operations:
            raise Bloque(f"le WSDL publié par {service} ne lie pas {tied} : l'appel ne peut s'écrire")
        return self.send(service, *caller.build_method(method, concepts, oc=oc))

    def send(self, service: str, operation: str, request: bytes, headers: Mapping[str, str] | None = None) -> Called:
        """Send bytes as they are; the request is written down first, then the reply with what its judge said.

        What the scenario at hand has asked already is not asked again: the reply is the one received then.
        """
        caller = self.caller(service)
        if self._memory is None:
            return self._send(caller, service, operation, request, headers)
        memory = self._memory()
        rank = memory.rank(CALL)
        asked, reply = memory.recalled(CALL, rank), memory.recalled(REPLY, rank)
        if reply is not None:
            return _recalled(memory.journal, caller, operation, asked, reply)
        if asked is not None and not operation.startswith(_READS) and service.startswith("sav"):
            raise Bloque(
                f"{operation} : la campagne s'est interrompue pendant cet appel ; nul ne sait si l'OI l'a pris. Il "
                "n'est pas refait : demandez à l'OI, puis rejouez ce scénario dans une autre campagne."
            )
        called = self._send(caller, service, operation, request, headers, partial(memory.write, CALL, rank))
        memory.write(REPLY, rank, {"exchange": called.exchanges[1], "http": asdict(called.outcome.http)})
        return called

    def _send(
        self,
        caller: Caller,
        service: str,
        operation: str,
        request: bytes,
        headers: Mapping[str, str] | None,
        asking: Callable[[int], object] = lambda _: None,
    ) -> Called:
        codes, flow, folder = self.codes, f"{service} {operation}", urlsplit(caller.address).path
        names = message_names(operation, self._clock())
        out = Exchange(self._clock(), Channel.SOAP, codes.oc, codes.oi, names[0], folder, request)
        asked = self._record(out, flow, ())
        asking(asked)
        outcome = caller.send(operation, request, headers)
        back = Exchange(self._clock(), Channel.SOAP, codes.oi, codes.oc, names[1], folder, outcome.reply)
        answered = self._record(back, flow, outcome.findings)
        return Called(outcome, names, (asked, answered))


def _recalled(journal: Journal, caller: Caller, operation: str, asked: int, said: Mapping[str, Any]) -> Called:
    """Give a call made before the campaign was resumed."""
    out, back = journal.exchange(asked), journal.exchange(said["exchange"])
    http = Http(**said["http"])
    if http.status is None:
        findings = dict(messages_of(journal)).get(back.number, ("", ()))[1]
        outcome = Outcome(operation, out.at, out.data, b"", http, findings)
    else:
        outcome = caller.outcome(operation, out.at, out.data, back.data, http)
    return Called(outcome, (out.name, back.name), (out.number, back.number))


def _address(wsdl_url: str, published: str) -> str:
    """Give the address to call: the path the WSDL publishes, on the host it was fetched from.

    Services behind a gateway often publish the name of a machine that nobody outside can reach.
    """
    here, there = urlsplit(wsdl_url), urlsplit(published)
    return urlunsplit((here.scheme, here.netloc, there.path or here.path, "", ""))
