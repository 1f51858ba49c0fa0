from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annexe5.contract.rules import rule
from annexe5.tables.tally import Breach, Tally, shown

FIRST = Breach(rule("CEL-VALEUR"), "A", 0)
SECOND = Breach(rule("CEL-VALEUR"), "B", 1)
PLACES = st.lists(st.tuples(st.sampled_from([FIRST, SECOND]), st.integers(1, 50)), max_size=30, unique=True)


@given(PLACES, st.integers(1, 4))
def test_findings_add_up_whatever_the_cap(places: list[tuple[Breach, int]], cap: int) -> None:
    tally = Tally(cap)
    for breach, line in places:
        tally.add(breach, line, "x")
    assert sum(one.count for one in tally.findings()) == len(places)


@given(PLACES, st.integers(1, 4), st.randoms())
def test_parts_merged_in_any_order_tell_the_same(places: list[tuple[Breach, int]], cap: int, draw: object) -> None:
    whole, merged, parts = Tally(cap), Tally(cap), [Tally(cap) for _ in range(3)]
    for at, (breach, line) in enumerate(sorted(places, key=lambda one: one[1])):
        whole.add(breach, line, "x")
        parts[at % 3].add(breach, line, "x")
    draw.shuffle(parts)  # type: ignore[attr-defined]
    for part in parts:
        merged.merge(part)
    assert merged.findings() == whole.findings()


def test_findings_come_by_line_then_by_column() -> None:
    tally = Tally()
    for breach, line in ((SECOND, 3), (FIRST, 3), (SECOND, 2)):
        tally.add(breach, line)
    assert [(one.line, one.column) for one in tally.findings()] == [(2, "B"), (3, "A"), (3, "B")]


def test_a_long_value_is_cut_and_an_undecodable_byte_written() -> None:
    assert shown("x" * 1000) == "x" * 160 + "… (1000 caractères)"
    assert shown("caf\udce9") == "caf\\xe9"
