"""The OI's web services joined: twins, endpoints at the contract's paths, one HTTP server (annexe5.txt §4 and §5)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

from annexe5.contract.profile import Profile
from annexe5.messages.calls import Post, SilenceError
from annexe5.messages.contract import SoapContract, load_contract
from annexe5.messages.conversation import Conversation
from annexe5.messages.endpoint import Router, Served, SoapEndpoint
from annexe5.messages.pace import PaceMeter, pace_of
from annexe5.messages.settings import load_common
from annexe5.messages.wsdl import Wsdl, WsdlError, load_wsdl, read_wsdl
from annexe5.network import Network
from annexe5.parties.aide_commande import AideTwin
from annexe5.parties.book import Book
from annexe5.parties.defects import Defect
from annexe5.parties.sav import Desk, NetworkAccesses, SavPace, SavTwin
from annexe5.parties.service_defects import spoilt_conversation, spoilt_handle
from annexe5.transport.edge import utc_now
from annexe5.transport.http_client import HttpClient, HttpReply, NoAnswerError
from annexe5.transport.http_server import HttpBounds, HttpRequest, HttpServer


@dataclass(frozen=True, slots=True)
class WebServices:
    """The services of one OI, ready to be started: ``server`` is a context manager, ``urls`` tells where they stand."""

    server: HttpServer
    endpoints: tuple[SoapEndpoint, ...]
    sav: Mapping[str, SavTwin]
    aide: AideTwin

    def urls(self, scheme: str = "http") -> dict[str, str]:
        """Give the address of each WSDL by service name."""
        return {one.contract.name: one.wsdl_url(self.server.urls[scheme]) for one in self.endpoints}


def web_services(
    profile: Profile,
    network: Network,
    accounts: Mapping[str, str | None],
    *,
    book: Book | None = None,
    wsdls: Mapping[str, Path] | None = None,
    services: Collection[str] = (),
    pace: SavPace | None = None,
    enforce_pace: bool = True,
    clock: Callable[[], datetime] = utc_now,
    host: str = "127.0.0.1",
    port: int | None = 0,
    https_port: int | None = 0,
    on_served: Callable[[Served], None] | None = None,
    latency: Callable[[HttpRequest], float] | None = None,
    defects: Sequence[Defect] = (),
) -> WebServices:
    """Join the twins of a network to an HTTP server, every service of the profile by default.

    ``accounts`` gives the header's password of each OC, None for any; ``wsdls`` puts an operator's WSDL in the place
    of ours, by service name. The pace is measured over all services together, OC by OC (SAV-06).
    """
    desk = Desk()
    meter = PaceMeter(pace_of(profile)) if enforce_pace else None
    aide = AideTwin(network, tuple(accounts), book)
    sav: dict[str, SavTwin] = {}
    endpoints = []
    for service in profile.service:
        if services and service.nom not in services:
            continue
        contract = _contract(service.nom, (wsdls or {}).get(service.nom))
        conversation: Conversation = aide
        if contract.settings.famille == "sav":
            sav[service.nom] = conversation = SavTwin(
                contract, NetworkAccesses(network, book), accounts, pace=pace, desk=desk
            )
        heard = spoilt_conversation(conversation, defects)
        endpoints.append(SoapEndpoint(contract, service, heard, clock=clock, meter=meter, on_served=on_served))
    server = HttpServer(
        spoilt_handle(Router(endpoints).handle, defects),
        host=host,
        port=port,
        https_port=https_port,
        bounds=HttpBounds(body=load_common().limites.requete_octets),
        latency=latency,
    )
    return WebServices(server, tuple(endpoints), sav, aide)


def _contract(name: str, wsdl: Path | None) -> SoapContract:
    contract = load_contract(name)
    return contract if wsdl is None else contract.for_wsdl(load_wsdl(wsdl))


def posting(client: HttpClient) -> Post:
    """Give the way to post of an HTTP client; no answer becomes something to judge."""

    def post(url: str, body: bytes, headers: Mapping[str, str]) -> HttpReply:
        try:
            return client.post(url, body, headers)
        except NoAnswerError as silent:
            raise SilenceError(str(silent)) from None

    return post


def published_wsdl(client: HttpClient, url: str) -> Wsdl:
    """Fetch a WSDL and its imports from a service; raises WsdlError for what cannot be read, TargetError for no way."""

    def fetch(place: str) -> bytes:
        try:
            reply = client.get(place)
        except NoAnswerError as silent:
            raise WsdlError(str(silent), place) from None
        if reply.status != HTTPStatus.OK:
            raise WsdlError(f"HTTP {reply.status}", place)
        return reply.body

    return read_wsdl(url, fetch)
