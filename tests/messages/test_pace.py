from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annexe5.contract.profile import load_profile
from annexe5.messages.pace import PaceMeter, Pacer, Sent, judge_fairness, judge_pace, pace_of

from .conftest import NOW

PACE = pace_of(load_profile())


def sent(*seconds: float, oc: str = "ZZZZ", refused: bool = False) -> list[Sent]:
    return [Sent(NOW + timedelta(seconds=one), oc, refused) for one in seconds]


def test_the_ceiling_is_the_profile_s():
    assert (PACE.requests, PACE.window, PACE.interval) == (2, 1.0, 0.5)


def test_two_a_second_is_kept():
    assert judge_pace(sent(0, 0.5, 1.0, 1.5, 2.0), PACE) == []
    assert judge_pace(sent(0, 0.0, 1.0, 1.0), PACE) == []


def test_the_wire_may_move_an_arrival_by_a_little():
    assert judge_pace(sent(0, 0.49, 0.98, 1.47), PACE) == []


def test_three_in_a_second_is_one_finding_at_the_worst_second():
    found = judge_pace(sent(0, 0.4, 0.8, 5, 5.1, 5.2, 5.3), PACE)
    assert [(one.rule, one.requirement, one.value, one.column, one.count) for one in found] == [
        ("RYTHME-OC", "SAV-06", "4", "ZZZZ", 3)
    ]
    assert "09:00:05" in found[0].message.fr


def test_the_second_slides():
    assert judge_pace(sent(0.6, 0.9, 1.1), PACE)


def test_each_oc_has_its_own_account():
    assert judge_pace(sent(0, 0.1) + sent(0.2, 0.3, oc="YYYY"), PACE) == []


def test_no_request_is_no_breach():
    assert judge_pace([], PACE) == []


def test_the_meter_refuses_the_third_and_forgets_it():
    meter = PaceMeter(PACE)
    admitted = [meter.admit("ZZZZ", one.at) for one in sent(0, 0.1, 0.2, 0.9, 1.0, 1.1, 1.2)]
    assert admitted == [True, True, False, False, True, True, False]


def test_an_oc_in_a_hurry_costs_the_others_nothing():
    meter = PaceMeter(PACE)
    requests = sorted(
        sent(*[one / 50 for one in range(200)]) + sent(0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, oc="YYYY"),
        key=lambda one: one.at,
    )
    refused = [one.oc for one in requests if not meter.admit(one.oc, one.at)]
    assert set(refused) == {"ZZZZ"}


def test_a_refusal_of_an_oc_that_kept_the_pace_is_unfair():
    found = judge_fairness(sent(0, 0.5) + sent(1.6, refused=True), PACE)
    assert [(one.rule, one.requirement) for one in found] == [("RYTHME-EGALITE", "SAV-06")]


def test_a_refusal_of_an_oc_in_a_hurry_is_fair():
    assert judge_fairness(sent(0, 0.1) + sent(0.2, refused=True), PACE) == []


def test_a_slow_answer_moves_the_next_request_away():
    """The first request may have arrived as late as its answer: the third leaves a whole second after that."""
    pacer = Pacer(PACE)
    assert pacer.wait(0.0) == 0
    pacer.done(0.8)
    assert pacer.wait(0.8) == 0
    pacer.done(0.9)
    assert pacer.wait(0.9) == pytest.approx(0.8 + PACE.window + PACE.slack - 0.9)


@given(st.lists(st.floats(0, 3), max_size=40))
def test_a_polite_caller_always_keeps_the_pace(gaps):
    pacer, now, leaves = Pacer(PACE), 0.0, []
    for gap in gaps:
        now += gap
        now += pacer.wait(now)
        leaves.append(now)
    assert judge_pace(sent(*leaves), PACE) == []


@given(st.lists(st.floats(0, 2), max_size=40))
def test_the_meter_admits_whatever_a_polite_caller_sends(gaps):
    pacer, meter, now = Pacer(PACE), PaceMeter(PACE), 0.0
    for gap in gaps:
        now += gap
        now += pacer.wait(now)
        assert meter.admit("ZZZZ", NOW + timedelta(seconds=now))
