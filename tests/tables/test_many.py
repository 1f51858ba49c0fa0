"""Files judged together are told the same, file by file and line by line, as each by itself."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annexe5.tables import judge_bytes, load_table, read_rows
from annexe5.tables.many import FILE, Piece, judge_many
from annexe5.tables.testing import FACTS, file_of, orders
from tests.tables.hostile import corpus
from tests.tables.test_engines import NASTY

CMD = load_table("Cmd_Acces")
KEY = "ReferenceCommandePriseInterneOC"


def together(pieces: list[Piece], table=CMD) -> tuple[Counter, dict[int, list], set[int]]:
    """Give every finding (file, rule, line, column, value), the rows by file, the files left to be read alone."""
    found, rows, alone = Counter(), {}, set()
    for batch in judge_many(pieces, table, [table.names[0]]):
        for number, one in batch.findings:
            found[number, one.rule, one.line, one.column, one.value, one.expected] += one.count
        if batch.rows.height:
            for number, line, cell in batch.rows.select(FILE, "line", table.names[0]).iter_rows():
                rows.setdefault(number, []).append((line, cell))
        for piece in batch.alone:
            alone.add(piece.number)
            found += by_itself(piece, table)
    return found, rows, alone


def by_itself(piece: Piece, table) -> Counter:
    report = judge_bytes(piece.data, table, facts=piece.facts)
    told = Counter()
    for one in report.findings:
        told[piece.number, one.rule, one.line, one.column, one.value, one.expected] += one.count
    return told


def same(pieces: list[Piece], table=CMD) -> set[int]:
    """Check that findings and rows are those of the files read alone; give the files that were."""
    found, rows, alone = together(pieces, table)
    expected = sum((by_itself(piece, table) for piece in pieces), Counter())
    assert found == expected
    for piece in pieces:
        if piece.number not in alone:
            read = [(row.line, row.values[table.names[0]]) for row in read_rows(piece.data, table).rows]
            assert rows.get(piece.number, []) == read
    return alone


def test_right_files_are_judged_in_blocks_and_keep_their_lines():
    pieces = [Piece(number, file_of(CMD, *orders(number % 5 + 1)), FACTS) for number in range(50)]
    assert same(pieces) == set()


def test_every_hostile_file_among_right_ones_is_told_as_if_alone():
    hostile = [Piece(number, one.data, FACTS) for number, one in enumerate(corpus(), start=100)]
    right = [Piece(number, file_of(CMD, *orders(3)), FACTS) for number in range(10)]
    assert not same(right + hostile) & set(range(10))


def test_a_rule_on_the_name_looks_at_each_file_s_own():
    data = file_of(CMD, {"DateCommandePrise": "20170407 10:00"})
    pieces = [Piece(0, data, FACTS), Piece(1, data, {**FACTS, "date_fichier": "20170406"}), Piece(2, data, {})]
    found, _rows, _alone = together(pieces)
    assert [key[:2] for key in found] == [(1, "CMD-DATE-FICHIER")]
    same(pieces)


def test_a_key_may_serve_in_two_files_but_not_twice_in_one():
    pieces = [Piece(0, file_of(CMD, *orders(2)), FACTS), Piece(1, file_of(CMD, *orders(2)), FACTS)]
    assert same(pieces) == set()
    pieces.append(Piece(2, file_of(CMD, {}, {}), FACTS))
    assert same(pieces) == {2}


@pytest.mark.parametrize("flow", ["Cmd_Acces", "CR_Cmd_Acces", "CR_STOC", "AR_Cmd_Acces"])
def test_any_cell_anywhere(flow):
    table = load_table(flow)

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.lists(st.dictionaries(st.sampled_from(table.names), st.sampled_from(NASTY), max_size=3), max_size=4), max_size=5))  # fmt: skip
    def check(files):
        same([Piece(number, file_of(table, *rows, newline="\r\n"), FACTS) for number, rows in enumerate(files)], table)

    check()


def _quoted(data: bytes) -> bytes:
    head, *lines = data.decode().split("\n")[:-1]
    return "\n".join([head, *(";".join(f'"{cell}"' for cell in line.split(";")) for line in lines), ""]).encode()


HABITS = {
    "a mark at the start": lambda data: b"\xef\xbb\xbf" + data,
    "no end to the last line": lambda data: data.rstrip(b"\n"),
    "cells in quotes": _quoted,
    "a separator inside quotes": lambda data: data.replace(b"DES TILLEULS", b'"DES ;; TILLEULS"'),
    "cp1252": lambda data: data.decode().replace("DES TILLEULS", "DU CHÂTEAU").encode("cp1252"),
    "CRLF": lambda data: data.replace(b"\n", b"\r\n"),
    "CRLF but at the end": lambda data: data.replace(b"\n", b"\r\n").rstrip(b"\r\n"),
}


@pytest.mark.parametrize("habit", HABITS.values(), ids=HABITS)
def test_a_habit_of_one_writer_costs_no_reading_file_by_file(habit):
    pieces = [Piece(number, habit(file_of(CMD, *orders(number + 1))), FACTS) for number in range(4)]
    assert same(pieces) == set()


def test_a_value_over_two_lines_is_left_to_the_exact_path():
    data = file_of(CMD, *orders(3)).replace(b"DES TILLEULS", b'"DES\nTILLEULS"', 1)
    assert same([Piece(0, data, FACTS), Piece(1, file_of(CMD), FACTS)]) == {0, 1}
