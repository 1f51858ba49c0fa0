"""The OC twin before the web services: its dialogues, driven by hand."""

from __future__ import annotations

from typing import Any

import pytest

from annexe5.messages.calls import Outcome, Refusal
from annexe5.messages.judge import Http
from annexe5.parties.oc_defects import Habits, habits_of, make_oc
from annexe5.parties.oc_rows import OcOrder
from annexe5.parties.oc_services import Asked, OcServices
from tests.messages.conftest import NOW

ALL = ("sav-2.1", "opc-3.0")
ROW = {"CodeAdresseImmeuble": "7702300001", "Batiment": "BAT A"}


def outcome(data: dict[str, Any] | None = None, refusal: str = "") -> Outcome:
    told = Refusal("", refusal, "") if refusal else None
    return Outcome("", NOW, b"", b"", Http(), (), data or {}, None, told)


def drive(dialogue, *answers: Outcome) -> tuple[list[Asked], Any]:
    """Give what was asked, and the end of the dialogue."""
    asked, waiting = [], list(answers)
    try:
        asked.append(next(dialogue))
        while True:
            asked.append(dialogue.send(waiting.pop(0)))
    except StopIteration as end:
        return asked, end.value


def structure(*, eligible: bool) -> Outcome:
    return outcome({"batiments": [{"nom": "BAT A", "eligible": eligible}]})


def oc(*defects: str, services: tuple[str, ...] = ALL) -> OcServices:
    return OcServices(services, habits_of(make_oc(defects)) if defects else Habits())


def order(state: str = "EN_SERVICE") -> OcOrder:
    return OcOrder("C1", {}, state=state, prestation="PPR-1", pto="CV-1")


TAKEN = outcome({"troubleTicketResponse": {"troubleTicketKey": "SAV1", "returnCode": "0"}})


def read(state: str) -> Outcome:
    return outcome({"troubleTicketValue": {"troubleTicketState": state}})


def test_an_address_is_asked_about_before_it_is_ordered():
    asked, orderable = drive(oc().verify(ROW), structure(eligible=True))
    assert [(one.service, one.method) for one in asked] == [("opc-3.0", "structure")]
    assert asked[0].data == {"adresse": {"hexacle": "7702300001"}}
    assert orderable


def test_a_closed_address_is_not_ordered():
    assert drive(oc().verify(ROW), structure(eligible=False))[1] is False


def test_an_unknown_address_is_not_ordered():
    assert drive(oc().verify(ROW), outcome(refusal="A01"))[1] is False


def test_a_help_that_does_not_serve_keeps_nobody_from_ordering():
    assert drive(oc().verify(ROW), outcome(refusal="S01"))[1] is True


def test_an_oc_without_the_help_asks_nothing():
    assert drive(oc(services=("sav-2.1",)).verify(ROW)) == ([], True)


def test_a_ticket_names_the_access_of_its_order():
    asked, _ = drive(oc().tell("signaler", order()), TAKEN)
    [create] = asked
    ftth = create.data["troubleTicketValue"]["FTTHMUTTroubleTicket"]
    assert create.method == "createTroubleTicketByValue"
    assert (ftth["commercialId"], ftth["technicalId"], ftth["troubleTicketType"]) == ("PPR-1", "CV-1", 1)


def test_damage_is_another_process():
    [create], _ = drive(oc().tell("prevenir", order()), TAKEN)
    assert create.data["troubleTicketValue"]["FTTHMUTTroubleTicket"]["troubleTicketType"] == 2


@pytest.mark.parametrize("state", ["MAD", "ROUTE", "RESILIEE"])
def test_no_ticket_is_opened_on_a_line_that_is_not_in_service(state):
    assert drive(oc().tell("signaler", order(state))) == ([], None)


def test_a_ticket_is_followed_to_its_end():
    desk = oc()
    drive(desk.tell("signaler", order()), TAKEN)
    asked, _ = drive(desk.tell("suivre", order()), read("QUEUED"), read("OPENACTIVE"), read("CLOSED"))
    assert [one.data["troubleTicketKey"] for one in asked] == ["SAV1"] * 3


def test_nothing_is_followed_where_nothing_was_opened():
    assert drive(oc().tell("suivre", order())) == ([], None)


@pytest.mark.parametrize(
    ("defect", "dialogue", "answers", "shows"),
    [
        ("oc-sans-eligibilite", lambda one: one.verify(ROW), (), lambda asked, end: not asked and end),
        (
            "oc-commande-fermee",
            lambda one: one.verify(ROW),
            (structure(eligible=False),),
            lambda asked, end: asked and end,
        ),
        (
            "oc-sans-quadrigramme",
            lambda one: one.verify(ROW),
            (structure(eligible=True),),
            lambda asked, _: asked[0].oc and "ZZZZ" not in asked[0].oc,
        ),
        ("oc-sav-avant-service", lambda one: one.tell("signaler", order("MAD")), (TAKEN,), lambda asked, _: asked),
        ("oc-dommage-tu", lambda one: one.tell("prevenir", order()), (), lambda asked, _: not asked),
        (
            "oc-sav-siren-court",
            lambda one: one.tell("signaler", order()),
            (TAKEN,),
            lambda asked, _: len(asked[0].data["troubleTicketValue"]["FTTHMUTTroubleTicket"]["serviceProviderID"]) == 5,
        ),
    ],
)
def test_each_defect_shows(defect, dialogue, answers, shows):
    assert shows(*drive(dialogue(oc(defect)), *answers))
