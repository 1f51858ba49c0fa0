"""Messages of the web services on the timelines of the orders they speak of."""

from __future__ import annotations

from datetime import timedelta

import pytest

from annexe5.campaign.message_orders import message_events, message_names, with_messages
from annexe5.campaign.observe import Observation
from annexe5.campaign.results import OrderEvent
from annexe5.exchange import Channel, Exchange
from annexe5.orders import Event
from tests.messages.conftest import NOW, Pen

HEXACLE = "7702300001"


@pytest.fixture(scope="module")
def sav() -> Pen:
    return Pen("sav-2.1")


@pytest.fixture(scope="module")
def opc() -> Pen:
    return Pen("opc-3.0")


class Seen:
    """What a bench would have seen, numbered as it comes, a second apart."""

    def __init__(self) -> None:
        self.all: list[Observation] = []

    def file(self, kind: str, reference: str, sender: str, **values: str) -> None:
        at = self._now
        event = Event(at, reference, kind, kind, sender, values)
        exchange = Exchange(at, Channel.SFTP, sender, "COVG", f"{kind}.csv", "", b"", len(self.all) + 1)
        self.all.append(Observation(exchange, 0, kind, (event,), ()))

    def call(self, pen: Pen, operation: str, request: bytes, reply: bytes) -> None:
        names = message_names(operation, self._now)
        for name, data, way in zip(names, (request, reply), (("ZZZZ", "COVG"), ("COVG", "ZZZZ")), strict=True):
            exchange = Exchange(self._now, Channel.SOAP, *way, name, "", data, len(self.all) + 1)
            self.all.append(Observation(exchange, 0, f"{pen.contract.name} {operation}", (), ()))

    @property
    def _now(self):
        return NOW + timedelta(seconds=len(self.all))

    def told(self) -> dict[str, list[tuple[str, str]]]:
        found = message_events(self.all)
        return {key: [(one.flow.partition(" ")[2], one.outcome) for one in events] for key, events in found.items()}


@pytest.fixture
def seen(sav: Pen) -> Seen:
    """An order whose access is known."""
    made = Seen()
    made.file("CMD", "C1", "ZZZZ", CodeAdresseImmeuble=HEXACLE)
    made.file("CR_OK", "C1", "COVG", ReferencePrestationPrise="PPR-1", ReferencePrise="CV-1")
    return made


def opened(seen: Seen, sav: Pen, **changes: str | None) -> None:
    reply = sav.reply(
        "createTroubleTicketByValue", {"troubleTicketResponse": {"troubleTicketKey": "SAV1", "returnCode": "0"}}
    )
    seen.call(sav, "createTroubleTicketByValue", sav.creation(**changes), reply)


def read(seen: Seen, sav: Pen, state: str) -> None:
    asked = sav.request("getTroubleTicketByKey", {"troubleTicketKey": "SAV1", "attrNames": {}})
    seen.call(sav, "getTroubleTicketByKey", asked, sav.ticket(state))


def test_a_ticket_stands_on_the_timeline_of_the_order_of_its_access(seen, sav):
    opened(seen, sav, commercialId="PPR-1")
    assert seen.told() == {"C1": [("createTroubleTicketByValue", ""), ("createTroubleTicketByValue", "OK")]}


def test_an_access_named_by_its_outlet_is_known_too(seen, sav):
    opened(seen, sav, commercialId=None, technicalId="CV-1")
    assert list(seen.told()) == ["C1"]


def test_a_ticket_on_an_access_of_no_order_stands_nowhere(seen, sav):
    opened(seen, sav, commercialId="PPR-2")
    assert seen.told() == {}


def test_what_follows_goes_by_the_key_of_the_ticket(seen, sav):
    opened(seen, sav, commercialId="PPR-1")
    read(seen, sav, "QUEUED")
    assert seen.told()["C1"][2:] == [("getTroubleTicketByKey", ""), ("getTroubleTicketByKey", "QUEUED")]


def test_reads_that_tell_nothing_new_are_left_out(seen, sav):
    opened(seen, sav, commercialId="PPR-1")
    for state in ("QUEUED", "QUEUED", "OPENACTIVE", "OPENACTIVE"):
        read(seen, sav, state)
    assert [outcome for _, outcome in seen.told()["C1"]] == ["", "OK", "", "QUEUED", "", "OPENACTIVE"]


def test_a_refusal_is_ko(seen, sav):
    fault = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode><faultstring>non</faultstring></s:Fault></s:Body></s:Envelope>'
    seen.call(sav, "createTroubleTicketByValue", sav.creation(commercialId="PPR-1"), fault)
    assert [outcome for _, outcome in seen.told()["C1"]] == ["", "KO"]


def test_a_structure_asked_before_an_order_belongs_to_it_and_one_asked_after_does_not(opc):
    made = Seen()
    head = {"@versionWS": "3.0", "@horodatageRequete": "2026-11-23T09:00:00Z", "operateurCommercial": {"@nom": "ZZZZ"}}
    operation = "obtentionStructureAdresseOperation"
    asked = opc.request(operation, {"entete": head, "referenceAdresse": {"referenceHexacle": HEXACLE}})
    made.call(opc, operation, asked, b"")
    made.file("CMD", "C1", "ZZZZ", CodeAdresseImmeuble=HEXACLE)
    made.call(opc, operation, asked, b"")
    assert made.told() == {"C1": [(operation, ""), (operation, "KO")]}


def test_messages_stand_among_the_files_without_moving_them():
    def event(second: int, flow: str) -> OrderEvent:
        return OrderEvent(NOW + timedelta(seconds=second), "A", "B", flow, "", "", 0, 0)

    files = [event(0, "CMD"), event(3, "CR"), event(2, "STOC"), event(9, "MES")]
    merged = with_messages(files, [event(1, "help"), event(10, "ticket")])
    assert [one.flow for one in merged] == ["CMD", "help", "CR", "STOC", "MES", "ticket"]
