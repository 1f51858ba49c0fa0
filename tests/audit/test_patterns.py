"""Judging an order by its pattern or by its rows is the same thing, but for what an unknown hour may excuse."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from annexe5.audit.events import VALUES
from annexe5.audit.patterns import FLOWS, KINDS, judge_pattern
from annexe5.contract.calendar import PARIS
from annexe5.contract.profile import load_profile
from annexe5.orders import Event, judge_order
from annexe5.orders.oracle import REFERENCE_COLUMNS, ROUTE_COLUMNS

PROFILE = load_profile()
MONDAY = datetime(2026, 3, 2, 9, tzinfo=PARIS)
NOMINAL = ["CMD", "AR_OK", "CR_OK", "CMD_STOC", "CR_STOC_OK", "MAD_OK", "MES"]
COLUMNS = {name: (column,) for name, column in zip(VALUES, REFERENCE_COLUMNS, strict=False)} | {"route": ROUTE_COLUMNS}
said = st.sampled_from(["", "HOTLINE", "A", "B"])


def symbols(story: list[tuple[str, bool, str, tuple[str, ...]]]):
    """Write a story as the symbols of its pattern: each value by the place of the first event that has it."""
    first: dict[tuple[int, str], int] = {}
    for place, (kind, same, mode, values) in enumerate(story):
        numbers = tuple(
            {"": 0, "HOTLINE": 1}.get(value) if value in ("", "HOTLINE") else first.setdefault((at, value), place + 2)
            for at, value in enumerate(values)
        )
        yield KINDS.index(kind), same, mode, numbers


def rows(story) -> list[Event]:
    events = []
    for place, (kind, _same, mode, values) in enumerate(story):
        cells = {"TypeRacco": mode} | {
            column: value for name, value in zip(VALUES, values, strict=True) for column in COLUMNS[name]
        }
        events.append(
            Event(MONDAY + timedelta(seconds=place), "R", kind, FLOWS[kind], "", cells, "f", place + 1, place)
        )
    return events


step = st.tuples(
    st.sampled_from(KINDS), st.just(False), st.sampled_from(["", "STOC", "OI", "OC"]), st.tuples(*[said] * 4)
)


@settings(max_examples=300, deadline=None)
@given(st.lists(step, max_size=4), st.integers(0, len(NOMINAL)), st.lists(step, max_size=4))
def test_a_pattern_is_judged_as_its_rows_are(before, upto, after):
    nominal = [(kind, False, "STOC", ("P", "S", "A", "")) for kind in NOMINAL[:upto]]
    story = [*before, *nominal, *after]
    true = judge_order("R", rows(story), PROFILE, now=MONDAY + timedelta(hours=1))
    pattern = judge_pattern(list(symbols(story)), PROFILE)
    assert [(one.rule, one.place + 1) for one in pattern.slips] == [(one.rule, one.line) for one in true.findings]
    assert pattern.state == true.state
    assert sum(one.by is None for one in pattern.answers) == len(true.awaited)


def on_one_day(*kinds: str):
    return list(
        symbols(
            [
                ("CMD", False, "STOC", ("", "", "", "")),
                *((kind, at > 0, "", ("", "", "", "")) for at, kind in enumerate(kinds)),
            ]
        )
    )


def test_an_hour_nobody_knows_accuses_nobody():
    """All in one day, in the order of the chart: the KO of the CR is read before the OK it must have preceded."""
    pattern = judge_pattern(
        on_one_day("AR_OK", "CR_KO", "CR_OK", "CMD_STOC", "REPROV", "CR_STOC_KO", "CR_STOC_OK", "MAD_OK"), PROFILE
    )
    assert pattern.slips == ()
    assert judge_pattern(on_one_day("AR_OK", "CR_OK", "MAD_OK", "ANNUL", "CR_ANNUL_ANNUL"), PROFILE).slips != ()


def test_another_reading_of_the_day_is_taken_where_the_chart_s_breaks_a_rule():
    """A route changed on the day of the making-available: the chart reads it first, the outlet says it came after."""
    before = [(kind, False, "STOC", ("P", "S", "A", "")) for kind in NOMINAL[:5]]
    day = [("REPROV", False, "", ("P", "", "B", "R")), ("MAD_OK", True, "", ("P", "", "A", ""))]
    pattern = judge_pattern(list(symbols([*before, *day])), PROFILE)
    assert (pattern.slips, pattern.order[-2:]) == ((), (6, 5))
    known = [*before, *((kind, False, mode, values) for kind, _same, mode, values in day)]
    assert [one.rule for one in judge_pattern(list(symbols(known)), PROFILE).slips] == ["CYC-PTO-MAD"]


def test_the_files_of_one_flow_keep_their_order():
    pattern = judge_pattern(on_one_day("AR_OK", "CR_OK", "CR_KO"), PROFILE)
    assert [one.rule for one in pattern.slips] == ["CYC-ORDRE"]
