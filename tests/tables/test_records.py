from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annexe5.tables.records import AFTER, OPEN, STRAY, read_record

CELLS = st.lists(st.text('ab;"\n\r é', max_size=6), min_size=2, max_size=5)


def read(text: str, width: int = 0, *, complete: bool = True) -> tuple[list[str], int, tuple[tuple[str, int], ...]]:
    reading = read_record(text.split("\n"), 0, width, ";", complete=complete)
    assert reading is not None
    return reading.cells, reading.lines, reading.problems


@given(CELLS)
def test_what_the_csv_module_quotes_reads_back(cells: list[str]) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(cells)
    assert read(stream.getvalue()[:-1], len(cells))[::2] == (cells, ())


@pytest.mark.parametrize(
    ("text", "cells", "problems"),
    [
        ("a;b", ["a", "b"], ()),
        ('"a;b";c', ["a;b", "c"], ()),
        ('"a""b";c', ['a"b', "c"], ()),
        ('"";c', ["", "c"], ()),
        ('a"b;c', ['a"b', "c"], ((STRAY, 0),)),
        (' "a";c', [' "a"', "c"], ((STRAY, 0),)),
        ('"a"b;c', ["ab", "c"], ((AFTER, 0),)),
        ('"a;c', ['"a', "c"], ((OPEN, 0),)),
        ('a;"c', ["a", '"c'], ((OPEN, 1),)),
        ('"a";"b', ["a", '"b'], ((OPEN, 1),)),
    ],
)
def test_one_line(text: str, cells: list[str], problems: tuple[tuple[str, int], ...]) -> None:
    assert read(text) == (cells, 1, problems)


def test_a_value_over_two_lines_is_one_record() -> None:
    assert read('"a\nb";c') == (["a\nb", "c"], 2, ())


def test_a_record_of_the_wrong_width_does_not_cross_lines() -> None:
    assert read('"a;b\nc";d', width=3) == (['"a', "b"], 1, ((OPEN, 0),))


def test_text_after_a_far_closing_quote_means_it_was_left_open() -> None:
    assert read('"a;b\n"c";d', width=2) == (['"a', "b"], 1, ((OPEN, 0),))


def test_a_value_that_goes_on_beyond_the_lines_at_hand_waits() -> None:
    assert read_record(['"a', "b"], 0, 2, ";", complete=False) is None
