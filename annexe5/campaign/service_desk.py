"""The web services of our OI before the OC under test: every call is kept, written down and judged (SAV-06, OPC-11).

The calls come from the HTTP server's threads; what is made of them are pure functions (``annexe5.messages.oc_oracle``).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from annexe5.campaign.instrument import Instrument
from annexe5.campaign.message_orders import message_names
from annexe5.campaign.oc_target import OcTarget
from annexe5.campaign.twins import SERVICE_PACE
from annexe5.campaign.web_services import WebServices, web_services
from annexe5.campaign.works import SERVICE, notice, tell
from annexe5.exchange import Channel, Exchange
from annexe5.findings import Finding
from annexe5.messages.calls import Outcome
from annexe5.messages.contract import REQUEST
from annexe5.messages.endpoint import Served
from annexe5.messages.judge import judge_message
from annexe5.messages.oc_oracle import judge_rhythm
from annexe5.messages.pace import pace_of

_UNREAD = "appel"


@dataclass
class ServiceDesk:
    """What an instrument has served; ``served`` in the order of arrival."""

    instrument: Instrument
    served: list[Served]
    services: WebServices | None = None

    def keep(self, one: Served) -> None:
        """Write both messages of a call down, with what is wrong with the OC's."""
        oc, oi = self.instrument.target.codes.oc, self.instrument.target.codes.oi
        asked, answered = message_names(one.operation or _UNREAD, one.at)
        wrong = judge_message(one.request, one.service, REQUEST, one.operation, oc=oc)
        flow = f"{one.service} {one.operation}".strip()
        there = Exchange(one.at, Channel.SOAP, oc, oi, asked, "", one.request)
        back = Exchange(self.instrument.clock(), Channel.SOAP, oi, oc, answered, "", one.reply)
        self.served.append(one)
        self.instrument.see_message(there, flow, tuple(found.at(asked) for found in wrong))
        self.instrument.see_message(back, flow, ())

    def announce(self, url: str) -> Outcome:
        """Tell the OC of planned works on some of its accesses, at the port that it hosts (SAV-09)."""
        instrument = self.instrument
        codes, clock = instrument.target.codes, instrument.clock
        assert self.services is not None  # noqa: S101 -- given once it serves
        told = notice(self.services.sav[SERVICE], instrument.oi.network, codes.oc, clock())
        outcome = tell(url, told, oi=codes.oi, clock=clock)
        names, flow = message_names(outcome.operation, outcome.at), f"{SERVICE} {outcome.operation}"
        there = Exchange(outcome.at, Channel.SOAP, codes.oi, codes.oc, names[0], "", outcome.request)
        back = Exchange(clock(), Channel.SOAP, codes.oc, codes.oi, names[1], "", outcome.reply)
        instrument.see_message(there, flow, ())
        instrument.see_message(back, flow, tuple(one.at(names[1]) for one in outcome.findings))
        return outcome

    @property
    def loose(self) -> list[Finding]:
        """What counts against the OC over the whole campaign: its pace (SAV-06)."""
        return judge_rhythm(self.served, pace_of(self.instrument.profile))


def open_desk(
    instrument: Instrument, target: OcTarget, work: Path, stack: ExitStack, clock: Callable[[], datetime]
) -> WebServices | None:
    """Serve the services that the OC declares, None when it declares none; ``instrument.desk`` keeps what it asks."""
    if not target.capacites.services:
        return None
    door, twin = target.services, instrument.oi
    desk = ServiceDesk(instrument, [])
    services = web_services(
        instrument.profile,
        twin.network,
        {target.codes.oc: None},
        book=twin.book,
        services=target.capacites.services,
        pace=SERVICE_PACE,
        enforce_pace=False,  # an instrument measures: a refusal would hide what the OC does next
        clock=clock,
        host=door.hote,
        port=door.port,
        https_port=door.port_https,
        on_served=desk.keep,
    )
    stack.enter_context(services.server)
    (work / "services.pem").write_bytes(services.server.certificate.certificate)
    desk.services = services
    instrument.desk = desk
    return services


def places(services: WebServices, work: Path) -> dict[str, str]:
    """Tell where each WSDL is (``url_sav_2_1`` …, the https ones beside) and the certificate to trust."""
    told = {}
    for scheme in services.server.urls:
        for name, url in services.urls(scheme).items():
            suffix = "_https" if scheme == "https" else ""
            told[f"url_{name.replace('-', '_').replace('.', '_')}{suffix}"] = url
    return {**told, "certificat": str(work / "services.pem")}
