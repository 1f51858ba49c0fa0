"""Notices of planned works (SAV-09): the OC's port that takes them, and the OI that tells them.

Which way they travel is not printed (ambiguities.toml, AMB-TRAVAUX-CANAL): the OI calls the port that the OC hosts, and
the OC finds the notice again at the OI by its key.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Self

from annexe5.campaign.web_services import posting
from annexe5.contract.profile import Profile
from annexe5.messages.calls import Caller, Outcome
from annexe5.messages.contract import load_contract
from annexe5.messages.conversation import Data
from annexe5.messages.endpoint import Router, Served, SoapEndpoint
from annexe5.network import Network
from annexe5.parties.sav import Access, NoticeDesk, SavTwin
from annexe5.transport.http_client import HttpClient
from annexe5.transport.http_server import HttpServer

SERVICE = "sav-2.1"
_TOUCHED = 3
_AHEAD = timedelta(days=10)
CREATE = "createTroubleTicketByValue"


class NoticeBoard:
    """The port of an OC that takes the notices of its OI; a context manager. ``served`` is what came, in order."""

    def __init__(
        self, profile: Profile, clock: Callable[[], datetime], *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        contract = load_contract(SERVICE)
        self.desk = NoticeDesk(contract)
        self.served: list[Served] = []
        self._came = threading.Condition()
        endpoint = SoapEndpoint(contract, profile.web_service(SERVICE), self.desk, clock=clock, on_served=self._keep)
        self.server = HttpServer(Router([endpoint]).handle, host=host, port=port, https_port=None)
        self._path = endpoint.path

    @property
    def url(self) -> str:
        """The address to call."""
        return self.server.urls["http"] + self._path

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()

    def _keep(self, one: Served) -> None:
        with self._came:
            self.served.append(one)
            self._came.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait for something to have come, no longer than this."""
        with self._came:
            return self._came.wait_for(lambda: bool(self.served), seconds)


def held_accesses(network: Network, oc: str) -> list[Access]:
    """Give some accesses in service of an OC, for works to touch."""
    lines = (
        ligne
        for batiment in network.iter_buildings()
        for ligne in network.lignes(batiment)
        if ligne.actif and ligne.oc == oc
    )
    return [Access(one.prestation, one.reference_prise, in_service=True) for one in islice(lines, _TOUCHED)]


def notice(sav: SavTwin, network: Network, oc: str, now: datetime) -> Data:
    """Open a notice of works on some accesses of an OC, and give the message that tells it."""
    ticket = sav.announce_works(oc, held_accesses(network, oc), now + _AHEAD, now, "REMPLACEMENT D'UN PBO")
    return sav.request(ticket)


def tell(url: str, told: Mapping[str, object], *, oi: str, clock: Callable[[], datetime]) -> Outcome:
    """Call an OC's port with a notice; TargetError when nobody is there."""
    with HttpClient(clock=clock) as client:
        caller = Caller(load_contract(SERVICE), url, posting(client), oc=oi, clock=clock)
        return caller.call(CREATE, dict(told))
