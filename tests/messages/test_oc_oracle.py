"""An OC judged by the calls that its OI has served."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from annexe5.contract.profile import load_profile
from annexe5.messages.conversation import Reply
from annexe5.messages.endpoint import Served, SoapEndpoint
from annexe5.messages.oc_oracle import Ordered, judge_calls, judge_eligibility, judge_in_service_only, judge_rhythm
from annexe5.messages.pace import pace_of
from annexe5.parties.aide_commande import AideTwin

from .conftest import NOW, rules

SAV_PATH = "/interop-sav-30/services/JVTTroubleTicketSessionWSPort"


@dataclass
class Request:
    body: bytes
    path: str
    method: str = "POST"
    query: str = ""
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "text/xml"})
    base_url: str = "http://127.0.0.1"


class Answers:
    def __init__(self, reply: Reply) -> None:
        self.reply = reply

    def answer(self, _: object) -> Reply:
        return self.reply


class Desk:
    """One service that keeps what it served, at moments of the test's choosing."""

    def __init__(self, pen, conversation, path: str) -> None:
        self.served: list[Served] = []
        self.now = NOW
        self.path = path
        service = load_profile().web_service(pen.contract.name)
        self.endpoint = SoapEndpoint(
            pen.contract, service, conversation, clock=lambda: self.now, on_served=self.served.append
        )

    def take(self, raw: bytes, at: datetime = NOW) -> None:
        self.now = at
        self.endpoint.handle(Request(raw, self.path))


@pytest.fixture
def sav(sav30):
    done = Reply({"troubleTicketResponse": {"troubleTicketKey": "SAV1", "returnCode": "0"}})
    return Desk(sav30, Answers(done), SAV_PATH)


@pytest.fixture
def aide(opc, network):
    return Desk(opc, AideTwin(network, ("ZZZZ",)), "/interop-opc-30")


def structure(opc, hexacle: str, nom: str = "ZZZZ") -> bytes:
    head = {"@versionWS": "3.0", "@horodatageRequete": "2026-11-23T09:00:00Z", "operateurCommercial": {"@nom": nom}}
    asked = {"entete": head, "referenceAdresse": {"referenceHexacle": hexacle}}
    return opc.request("obtentionStructureAdresseOperation", asked)


def test_good_calls_have_nothing_said_of_them(sav, aide, sav30, opc, network):
    sav.take(sav30.creation())
    aide.take(structure(opc, network.batiment_de_rang(0).hexacle))
    assert judge_calls([*sav.served, *aide.served], "ZZZZ") == []


def test_each_wrong_call_is_told_with_its_clause(sav, aide, sav30, opc):
    sav.take(sav30.creation(header=False))
    sav.take(sav30.creation(serviceProviderID="12"))
    aide.take(structure(opc, "7790000000", nom="OPERATEUR"))
    found = judge_calls([*sav.served, *aide.served], "ZZZZ")
    assert [(one.rule, one.requirement) for one in found] == [
        ("WS-ENTETE", "SAV-02"),
        ("WS-LONGUEUR", "SAV-04"),
        ("TICKET-SIREN", "SAV-04"),
        ("AIDE-OC", "OPC-02"),
    ]


def test_three_calls_in_a_second_break_the_pace(sav, sav30):
    for tenths in (0, 3, 6):
        sav.take(sav30.creation(), NOW + timedelta(milliseconds=100 * tenths))
    assert rules(judge_rhythm(sav.served, pace_of(load_profile()))) == ["RYTHME-OC"]


def test_a_ticket_before_service_is_told_with_its_access(sav30):
    desk = Desk(sav30, Answers(Reply(refusal="hors_parc")), SAV_PATH)
    desk.take(sav30.creation(commercialId="PPR-7"))
    found = judge_in_service_only(desk.served)
    assert [(one.rule, one.requirement, one.value) for one in found] == [("TICKET-EN-SERVICE", "SAV-11", "PPR-7")]


def test_a_ticket_in_service_is_not(sav, sav30):
    sav.take(sav30.creation())
    assert judge_in_service_only(sav.served) == []


def test_an_order_whose_address_was_asked_about_before_is_good(aide, opc, network):
    hexacle = network.batiment_de_rang(0).hexacle
    aide.take(structure(opc, hexacle), NOW)
    later, earlier = NOW + timedelta(minutes=1), NOW - timedelta(minutes=1)
    assert judge_eligibility(aide.served, [Ordered(later, "C1", hexacle)]) == []
    found = judge_eligibility(aide.served, [Ordered(earlier, "C2", hexacle), Ordered(later, "C3", "AUTRE")])
    assert [(one.rule, one.requirement, one.value) for one in found] == [
        ("AIDE-AVANT-COMMANDE", "OPC-11", "C2"),
        ("AIDE-AVANT-COMMANDE", "OPC-11", "C3"),
    ]


def test_an_address_that_the_tool_does_not_know_was_not_verified(aide, opc):
    aide.take(structure(opc, "7790000000"), NOW)
    assert judge_eligibility(aide.served, [Ordered(NOW, "C1", "7790000000")])


def test_the_rear_zone_of_a_pm_verifies_its_addresses(aide, opc, network):
    pm = next(network.iter_pms())
    head = {"@versionWS": "3.0", "@horodatageRequete": "2026-11-23T09:00:00Z", "operateurCommercial": {"@nom": "ZZZZ"}}
    aide.take(opc.request("obtentionZoneArrierePmOperation", {"entete": head, "referencePm": pm.reference}), NOW)
    orders = [Ordered(NOW, one.identifiant, one.hexacle) for one in network.zone_arriere(pm)]
    assert judge_eligibility(aide.served, orders) == []
