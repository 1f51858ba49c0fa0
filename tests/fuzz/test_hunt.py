"""The hunt: it shrinks, tells each breach once, goes on after one, and stops when its budget is spent."""

from dataclasses import dataclass

import pytest
from hypothesis import strategies as st

from annexe5.findings import Finding, Severity, Text
from annexe5.fuzz.hunt import Budget, Hunt


@dataclass(frozen=True)
class Number:
    value: int

    @property
    def size(self):
        return (1, 1, self.value)


def broken(rule):
    return (Finding(rule, "ACC-04", Severity.ERROR, Text("faux", "wrong")),)


def hunt(play, *, seconds=1000.0, orders=None, stop_at=None, tick=0.0, placed=int):
    now = [0.0]

    def steady():
        now[0] += tick
        return now[0]

    budget = Budget(seconds, orders, steady)
    return Hunt(play, st.builds(Number, st.integers(0, 10_000)), budget, placed=placed, stop_at=stop_at)


def test_a_breach_is_shrunk_to_its_smallest_case():
    [catch] = hunt(lambda case: broken("A") if case.value >= 700 else (), stop_at=1).run()

    assert catch.case == Number(700)
    assert catch.shrunk


def test_the_hunt_goes_on_after_a_breach_and_tells_each_once():
    def play(case):
        return broken("A") if case.value > 5000 else broken("B") if case.value > 100 else ()

    caught = hunt(play, stop_at=2).run()

    assert {one.finding.rule for one in caught} == {"A", "B"}
    assert {one.case.value for one in caught} == {5001, 101}


def test_the_budget_ends_the_hunt_even_while_shrinking():
    made = hunt(lambda case: broken("A") if case.value > 3 else (), seconds=8, tick=1)
    found = made.run()

    assert made.budget.elapsed < 20
    assert [one.finding.rule for one in found] == ["A"]
    assert not found[0].shrunk


def test_a_budget_of_orders_ends_the_hunt():
    placed = [0]

    def play(_):
        placed[0] += 1
        return ()

    made = hunt(play, orders=25, placed=lambda: placed[0])
    made.run()

    assert made.played == 25


def test_a_party_that_does_not_do_the_same_twice_is_told_all_the_same():
    turns = iter(range(10_000))

    found = hunt(lambda _: broken("A") if next(turns) == 7 else (), stop_at=1, seconds=500, tick=0.1).run()

    assert len(found) == 1
    assert not found[0].shrunk


@pytest.mark.parametrize("number", [1, 2])
def test_the_same_seed_draws_the_same_cases(number):
    def drawn():
        seen = []
        made = hunt(lambda case: seen.append(case.value) or (), seconds=60, tick=1)
        made.first_seed = number
        made.run()
        return seen

    assert drawn() == drawn()
