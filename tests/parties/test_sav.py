"""The simulated SAV, call by call, with no wire and no clock but the calls'."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from annexe5.messages.binding import Binding
from annexe5.messages.contract import REPLY, load_contract
from annexe5.messages.conversation import Call, Reply
from annexe5.messages.envelope import wrap
from annexe5.messages.judge import judge_message
from annexe5.network import generate
from annexe5.parties.book import Book, Order
from annexe5.parties.sav import Access, Desk, NetworkAccesses, NoticeDesk, SavPace, SavTwin
from annexe5.parties.ticket_cycle import judge_states

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PACE = SavPace(MINUTE, MINUTE, MINUTE)
CONTRACTS = {version: load_contract(f"sav-{version}") for version in ("2.1", "3.0")}
BINDINGS = {version: Binding(one.schemas) for version, one in CONTRACTS.items()}
SERVED = Access("PPR-1", "PTO-1", in_service=True)


class Park:
    """Accesses by OC and reference."""

    known = {
        "ZZZZ": [SERVED, Access("PPR-2", "PTO-2", in_service=False), Access("PPR-3", "PTO-3", False, terminated=True)],
        "YYYY": [Access("PPR-9", "PTO-9", in_service=True)],
    }

    def find(self, oc: str, commercial_id: str, technical_id: str) -> Access | None:
        for one in self.known.get(oc, ()):
            if commercial_id in ("", one.commercial_id) and technical_id in ("", one.technical_id):
                return one
        return None


@dataclass
class Talk:
    """An OC on the telephone; every reply is also written and judged as bytes."""

    version: str = "3.0"
    oc: str = "ZZZZ"
    desk: Desk = field(default_factory=Desk)
    now: datetime = START

    def __post_init__(self) -> None:
        self.contract = CONTRACTS[self.version]
        self.twin = SavTwin(self.contract, Park(), {"ZZZZ": "secret", "YYYY": None}, pace=PACE, desk=self.desk)

    def call(self, operation: str, data: dict[str, Any], *, oc: str = "", password: str = "secret") -> Reply:
        reply = self.twin.answer(Call(self.contract.name, operation, "", oc or self.oc, data, self.now, password))
        if not reply.refusal:
            written = BINDINGS[self.version].write(self.contract.wsdl.operations[operation].output, reply.data)
            assert judge_message(wrap(written), self.contract, REPLY, operation) == []
        return reply

    def create(self, *, oc: str = "", **fields: Any) -> Reply:
        count = len(self.desk.tickets)
        ftth = {
            "commercialId": "PPR-1",
            "troubleTicketType": 1,
            "serviceProviderTroubleTicketKey": f"OC-{count}",
        } | fields
        value = {"troubleTicketKey": None, "troubleTicketState": "QUEUED", "FTTHMUTTroubleTicket": ftth}
        return self.call("createTroubleTicketByValue", {"troubleTicketValue": value}, oc=oc)

    def open(self, **fields: Any) -> str:
        reply = self.create(**fields)
        assert not reply.refusal
        return reply.data["troubleTicketResponse"]["troubleTicketKey"]

    def set(self, key: str, state: str = "", *, version: int | None = None, oc: str = "", **fields: Any) -> Reply:
        value: dict[str, Any] = {
            "troubleTicketKey": key,
            "troubleTicketState": state or None,
            "FTTHMUTTroubleTicket": fields,
        }
        if version is not None:
            value["lastUpdateVersionNumber"] = version
        return self.call(
            "setTroubleTicketByValue", {"troubleTicketValue": value, "resyncRequired": version is not None}, oc=oc
        )

    def get(self, key: str, *names: str, oc: str = "") -> Reply:
        return self.call("getTroubleTicketByKey", {"troubleTicketKey": key, "attrNames": {"item": list(names)}}, oc=oc)

    def value(self, key: str) -> dict[str, Any]:
        return self.get(key).data["troubleTicketValue"]

    def state(self, key: str) -> str:
        return self.value(key)["troubleTicketState"]

    def wait(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)


def test_a_ticket_is_queued_taken_in_charge_repaired_and_closed():
    talk = Talk()
    key = talk.open()
    states = []
    for _ in range(4):
        states.append(talk.state(key))
        talk.wait(1)
    assert states == ["QUEUED", "OPENACTIVE", "CLEARED", "CLOSED"]
    closed = talk.value(key)["FTTHMUTTroubleTicket"]
    assert closed["troubleTicketClosureCode"] == "RET01"
    assert closed["troubleTicketClosureLabel"] == "RET01#DEFAUT CONFIRME ET CORRIGE PAR OI"
    assert closed["closureDuration"] == "PT0H3M0S"


def test_several_moves_due_at_once_are_done_in_order():
    talk = Talk()
    key = talk.open()
    talk.wait(60)
    assert talk.state(key) == "CLOSED"
    assert [state for _, state in talk.desk.tickets[key].history] == ["QUEUED", "OPENACTIVE", "CLEARED", "CLOSED"]


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"commercialId": "PPR-2"}, "hors_parc"),  # ordered, no CR_MES yet: SAV-11
        ({"commercialId": "PPR-0"}, "hors_parc"),
        ({"commercialId": "PPR-9"}, "hors_parc"),  # another OC's
        ({"commercialId": "PPR-1", "technicalId": "PTO-2"}, "hors_parc"),
        ({"commercialId": "PPR-3"}, "resiliation"),
        ({"troubleTicketType": 3}, "argument"),  # planned works are the OI's to announce
    ],
)
def test_a_creation_that_cannot_be_is_refused(fields, refusal):
    assert Talk().create(**fields).refusal == refusal


def test_an_oc_is_known_by_its_name_and_password():
    talk = Talk()
    assert talk.call("getTroubleTicketTypes", {}, oc="XXXX").refusal == "oc_inconnu"
    assert talk.call("getTroubleTicketTypes", {}, password="autre").refusal == "oc_inconnu"
    assert talk.call("getTroubleTicketTypes", {}, oc="YYYY", password="n'importe").refusal == ""


def test_one_repair_at_a_time_on_an_access():
    talk = Talk()
    key = talk.open()
    assert talk.create().refusal == "ticket_en_cours"
    assert talk.create(troubleTicketType=2).refusal == ""  # a warning of damage is another process
    talk.wait(10)
    assert talk.state(key) == "CLOSED"
    assert talk.create().refusal == ""


def test_a_key_serves_once():
    talk = Talk()
    talk.open(serviceProviderTroubleTicketKey="A")
    talk.wait(10)
    assert talk.create(serviceProviderTroubleTicketKey="A").refusal == "cle_en_double"
    assert talk.create(oc="YYYY", commercialId="PPR-9", serviceProviderTroubleTicketKey="A").refusal == ""


def test_a_ticket_of_another_oc_is_unknown():
    talk = Talk()
    key = talk.open()
    assert talk.get(key, oc="YYYY").refusal == "cle_inconnue"
    assert talk.set(key, "CLOSE.CANCELLED", oc="YYYY").refusal == "cle_inconnue"
    assert talk.get("SAV404").refusal == "cle_inconnue"


@pytest.mark.parametrize(("version", "waited", "state", "code"), [
    ("3.0", 0, "CLOSE.CANCELLED", "ERR07"),
    ("2.1", 0, "CLOSE.CANCELLED", "ERR07"),
    ("2.1", 1, "CLOSE.CANCELLED", "STT02"),
])  # fmt: skip
def test_an_oc_cancels_its_ticket(version, waited, state, code):
    talk = Talk(version)
    key = talk.open()
    talk.wait(waited)
    assert talk.set(key, state).refusal == ""
    assert (talk.state(key), talk.value(key)["FTTHMUTTroubleTicket"]["troubleTicketClosureCode"]) == (state, code)


def test_in_3_0_a_cancellation_under_way_is_asked_for_then_granted():
    talk = Talk("3.0")
    key = talk.open()
    talk.wait(1)
    assert talk.set(key, "CLOSE.CANCELLED").refusal == "etat"
    assert talk.set(key, "OPENACTIVE.TO.BE.CANCELED").refusal == ""
    assert talk.state(key) == "OPENACTIVE.TO.BE.CANCELED"
    talk.wait(1)
    assert talk.state(key) == "CLOSED"
    assert talk.value(key)["FTTHMUTTroubleTicket"]["troubleTicketClosureCode"] == "STT02"


def test_a_repair_that_does_not_hold_is_opened_again():
    talk = Talk()
    key = talk.open()
    talk.wait(2)
    assert talk.state(key) == "CLEARED"
    assert talk.set(key, "OPENACTIVE").refusal == ""
    assert talk.value(key)["FTTHMUTTroubleTicket"]["supplierResolutionState"] == "NOUVELLE ACTION A PREVOIR"
    talk.wait(1)
    assert talk.set(key, "CLOSED").refusal == ""
    assert talk.state(key) == "CLOSED"


def test_a_closed_ticket_stays_closed():
    talk = Talk()
    key = talk.open()
    talk.wait(9)
    for state in ("", "OPENACTIVE", "CLOSE.CANCELLED", "QUEUED"):
        assert talk.set(key, state).refusal == "etat"


def test_a_stale_change_is_refused_and_a_fresh_one_taken():
    talk = Talk()
    key = talk.open()
    version = talk.value(key)["lastUpdateVersionNumber"]
    talk.wait(1)
    assert talk.set(key, version=version, messageType="INFO", messageContent="X").refusal == "perime"
    fresh = talk.value(key)["lastUpdateVersionNumber"]
    assert talk.set(key, version=fresh, messageType="INFO", messageContent="X").refusal == ""


def test_an_appointment_asked_for_in_the_future_is_confirmed():
    talk = Talk()
    key = talk.open()
    talk.wait(1)
    wanted = (START + timedelta(days=2)).isoformat()
    talk.set(key, messageType="DEMANDE RDV", appointmentSuggestion1=START.isoformat(), appointmentSuggestion2=wanted)
    ftth = talk.value(key)["FTTHMUTTroubleTicket"]
    assert ftth["messageType"] == "REPONSE RDV"
    assert ftth["supplierPlannedActionDate"] == START + timedelta(days=2)
    assert ftth["supplierResolutionAction"] == "INTERVENTION AVEC RDV"
    talk.wait(60 * 24)
    assert talk.state(key) == "OPENACTIVE"
    talk.wait(60 * 27)
    assert talk.state(key) in ("CLEARED", "CLOSED")


def test_an_appointment_in_the_past_gets_three_offers():
    talk = Talk()
    key = talk.open()
    talk.set(key, messageType="DEMANDE RDV", appointmentSuggestion1="2020-01-01T09:00:00Z")
    ftth = talk.value(key)["FTTHMUTTroubleTicket"]
    assert ftth["messageType"] == "PROPOSITION DE RDV"
    assert {f"appointmentSuggestion{rank}" for rank in (1, 2, 3)} <= set(ftth)


def test_only_the_attributes_asked_for_are_given():
    talk = Talk()
    key = talk.open(defectDescription="PAS DE SIGNAL")
    value = talk.get(key, "troubleDetectionTime", "defectDescription").data["troubleTicketValue"]
    assert set(value) == {"troubleTicketKey", "troubleTicketState", "troubleDetectionTime", "FTTHMUTTroubleTicket"}
    assert value["FTTHMUTTroubleTicket"] == {"defectDescription": "PAS DE SIGNAL"}
    assert talk.get(key, "couleur").refusal == "argument"


def test_a_fault_located_elsewhere_is_closed_as_such():
    talk = Talk()
    key = talk.open(defectPrelocalization="PTO")
    talk.wait(9)
    assert talk.value(key)["FTTHMUTTroubleTicket"]["troubleTicketClosureCode"] == "RET02"


def test_planned_works_are_announced_followed_and_closed():
    talk = Talk()
    ticket = talk.twin.announce_works("ZZZZ", [SERVED], START + timedelta(days=1), START, "REMPLACEMENT DU PBO")
    value = talk.value(ticket.key)
    assert value["FTTHMUTTroubleTicket"]["listImpactCommercialId"] == "PPR-1"
    talk.wait(60 * 30)
    assert talk.state(ticket.key) == "CLOSED"
    assert talk.value(ticket.key)["FTTHMUTTroubleTicket"]["troubleTicketClosureCode"] == "ERR05"


def test_a_notice_of_works_is_a_message_that_an_oc_can_take():
    talk = Talk()
    ticket = talk.twin.announce_works("ZZZZ", [SERVED], START + timedelta(days=1), START, "REMPLACEMENT DU PBO")
    request = talk.twin.request(ticket)
    BINDINGS["3.0"].write(CONTRACTS["3.0"].wsdl.operations["createTroubleTicketByValue"].input, request)
    desk = NoticeDesk(CONTRACTS["3.0"])
    taken = desk.answer(Call("sav-3.0", "createTroubleTicketByValue", "", "COVG", request, START))
    assert taken.data["troubleTicketResponse"]["troubleTicketKey"] == ticket.key
    assert (
        desk.answer(Call("sav-3.0", "createTroubleTicketByValue", "", "COVG", request, START)).refusal
        == "cle_en_double"
    )
    assert ticket.key in desk.notices


def test_both_versions_serve_the_same_tickets_each_in_its_words():
    desk = Desk()
    new, old = Talk("3.0", desk=desk), Talk("2.1", desk=desk)
    key = new.open(escalation=True)
    new.wait(1)
    new.set(key, "OPENACTIVE.TO.BE.CANCELED")
    old.now = new.now
    assert "escalation" in new.value(key)["FTTHMUTTroubleTicket"]
    assert "escalation" not in old.value(key)["FTTHMUTTroubleTicket"]
    assert old.state(key) == "OPENACTIVE"


@pytest.mark.parametrize(
    "operation",
    [one for one in CONTRACTS["3.0"].wsdl.operations if one.startswith("get") and one != "getTroubleTicketByKey"],
)
def test_introspection_answers(operation):
    reply = Talk().call(operation, {"eventType": "X"} if operation == "getEventDescriptor" else {})
    assert reply.refusal == ("argument" if operation == "getEventDescriptor" else "")


# --- the accesses are those of the network and of the orders -------------------------------------------------------

NETWORK = generate(5, 2000, oi="COVG", ocs=("ZZZZ", "YYYY"), today=START.date(), bigramme="CV")


def active_line(oc: str):
    return next(
        ligne
        for batiment in NETWORK.iter_buildings()
        for ligne in NETWORK.lignes(batiment)
        if ligne.actif and ligne.oc == oc
    )


def test_a_line_that_an_oc_holds_is_in_service_for_it_alone():
    ligne, accesses = active_line("ZZZZ"), NetworkAccesses(NETWORK)
    by_pto = accesses.find("ZZZZ", "", ligne.reference_prise)
    assert by_pto == accesses.find("ZZZZ", ligne.prestation, "")
    assert by_pto.in_service
    assert accesses.find("YYYY", "", ligne.reference_prise) is None


@pytest.mark.parametrize(
    ("state", "in_service", "terminated"),
    [("AR_OK", False, False), ("MAD", False, False), ("EN_SERVICE", True, False), ("RESILIEE", False, True)],
)
def test_an_order_is_in_service_once_its_cr_mes_is_received(state, in_service, terminated):
    book = Book()
    book.add(Order("REF1", "ZZZZ", "STOC", state=state, pto="CO-X", prestation="PRE1"))
    found = NetworkAccesses(NETWORK, book).find("ZZZZ", "PRE1", "")
    assert (found.in_service, found.terminated) == (in_service, terminated)


# --- whatever an OC does, the cycle holds ----------------------------------------------------------------------------


class Life(RuleBasedStateMachine):
    @initialize(version=st.sampled_from(["2.1", "3.0"]))
    def start(self, version: str) -> None:
        self.talk = Talk(version)
        self.keys: list[str] = []
        self.seen: dict[str, list[tuple[datetime, str]]] = {}

    @rule(kind=st.sampled_from([1, 2]))
    def create(self, kind: int) -> None:
        reply = self.talk.create(troubleTicketType=kind)
        if not reply.refusal:
            self.keys.append(reply.data["troubleTicketResponse"]["troubleTicketKey"])

    @precondition(lambda self: self.keys)
    @rule(data=st.data())
    def change(self, data: Any) -> None:
        key = data.draw(st.sampled_from(self.keys))
        state = data.draw(
            st.sampled_from(
                [
                    "",
                    "QUEUED",
                    "OPENACTIVE",
                    "OPENACTIVE.TO.BE.CANCELED",
                    "DEFERRED",
                    "CLEARED",
                    "CLOSED",
                    "CLOSE.CANCELLED",
                ]
            )
        )
        kind = data.draw(st.sampled_from(["INFO", "DEMANDE RDV", "REPONSE RDV"]))
        self.talk.set(key, state, messageType=kind, messageContent="X")

    @rule(minutes=st.floats(0, 3))
    def wait(self, minutes: float) -> None:
        self.talk.wait(minutes)

    @precondition(lambda self: self.keys)
    @rule(data=st.data())
    def look(self, data: Any) -> None:
        key = data.draw(st.sampled_from(self.keys))
        self.seen.setdefault(key, []).append((self.talk.now, self.talk.state(key)))

    @invariant()
    def the_cycle_holds(self) -> None:
        for key, states in getattr(self, "seen", {}).items():
            assert judge_states(states, self.talk.version) == []
            history = self.talk.desk.tickets[key].history
            for (_, before), (_, after) in itertools.pairwise(history):
                assert self.talk.twin._cycle.move(self.talk.version, before, after), (before, after)


Life.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
test_the_life_of_tickets = Life.TestCase
