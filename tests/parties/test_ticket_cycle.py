from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from annexe5.contract.requirements import load_requirements
from annexe5.messages.contract import load_contract
from annexe5.parties.ticket_cycle import judge_in_service, judge_states, load_ticket_cycle

CYCLE = load_ticket_cycle()
START = datetime(2026, 11, 23, 9, tzinfo=UTC)


def seen(*states: str) -> list[tuple[datetime, str]]:
    return [(START + timedelta(minutes=rank), state) for rank, state in enumerate(states)]


@pytest.mark.parametrize("version", ["2.1", "3.0"])
def test_the_states_of_a_version_are_those_its_business_layer_admits(version):
    rules = load_contract(f"sav-{version}").business.regle
    listed = next(one.valeurs for one in rules if one.rule == "TICKET-ETAT")
    assert set(listed) == set(CYCLE.states(version))


def test_moves_codes_and_clauses_exist():
    codes = load_contract("sav-3.0").business.codes
    for move in CYCLE.passage:
        assert {move.de, move.vers} <= set(CYCLE.etats)
        assert not move.code or move.code in codes
    for process in CYCLE.processus.values():
        assert process.requirement in load_requirements()
        assert not process.cloture or process.cloture in codes


@pytest.mark.parametrize("version", ["2.1", "3.0"])
def test_nothing_leaves_a_final_state_and_everything_leaves_the_others(version):
    for state in CYCLE.states(version):
        assert bool(CYCLE.targets(version, state)) is not CYCLE.is_final(state)


def test_an_oc_cannot_move_what_is_the_oi_s():
    assert CYCLE.move("3.0", "QUEUED", "OPENACTIVE", "OC") is None
    assert CYCLE.move("3.0", "QUEUED", "CLOSE.CANCELLED", "OC") is not None


@pytest.mark.parametrize(
    ("states", "wrong"),
    [
        (("QUEUED", "OPENACTIVE", "CLEARED", "CLOSED"), []),
        (("QUEUED", "CLOSED"), []),  # what polling missed
        (("QUEUED", "QUEUED", "CLEARED", "OPENACTIVE", "CLOSED"), []),
        (("CLOSED", "OPENACTIVE"), ["OPENACTIVE"]),
        (("QUEUED", "CLOSE.CANCELLED", "CLOSED"), ["CLOSED"]),
        (("OPENACTIVE", "QUEUED"), ["QUEUED"]),
    ],
)
def test_the_states_seen_on_a_ticket_must_follow_its_cycle(states, wrong):
    found = judge_states(seen(*states), "2.1")
    assert [one.value for one in found] == wrong
    assert {one.rule for one in found} <= {"TICKET-TRANSITION"}


def test_a_ticket_before_service_is_a_breach_of_the_oc():
    found = judge_in_service([("PPR-1", True), ("PPR-2", False)])
    assert [(one.rule, one.requirement, one.value) for one in found] == [("TICKET-EN-SERVICE", "SAV-11", "PPR-2")]
