"""Both engines tell the same of any file: same findings, same lines, same counts, wherever blocks are cut."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annexe5.tables import fast, judge_bytes, load_table, write_rows
from annexe5.tables.conditions import closure, columns_of
from annexe5.tables.predicates import can_fail, can_hold, is_exact
from annexe5.tables.rules import load_table_rules
from annexe5.tables.testing import FACTS

FLOWS = ["IPE", "Cmd_Acces", "CR_Cmd_Acces", "CR_MAD_Pm", "CR_STOC", "CPN"]
NASTY = [
    "", " ", "X", "x", "É", "é", "12", " 12", "012", "+1", "1_0", "1e3", "٤", "NaN", "20170407", "20170230", "2017407",
    "20160229", "20170407 10:30", "20991231", "OK", "KO", "ok", "O", "N", "DEPLOYE", "ABANDONNE", "CIBLE", "FAUT01", "FIMP07",
    "FIMP07 : AUTRE", "HOTLINE", 'a"b', 'a""b', "a;b", "a\nb", "a\r\nb", "a\rb", "\x00", "\t", "\ufffd", "\ufeff", "\u2028", "Ω",
    "x" * 70, "X" * 300, "999", "1000", "8", "9", "WGS84",
]  # fmt: skip
SPLINTERS = [
    b'"',
    b";",
    b"\n",
    b"\r",
    b"\r\n",
    b'";"',
    b'\n"',
    b"\x00",
    b"\xc9",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"",
    b" ",
    b";;",
    b"\n\n",
]
RUN = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@st.composite
def files(draw: st.DrawFn) -> tuple[str, bytes]:
    """Draw a file: right rows, some cells changed, then some bytes."""
    table = load_table(draw(st.sampled_from(FLOWS)))
    names = st.sampled_from(table.names)
    keyed = st.sampled_from(
        [*table.key, *(name for one in load_table_rules() if table.flow in one.flows for name in one.key)]
    )
    patches = st.dictionaries(
        st.one_of(names, keyed), st.one_of(st.sampled_from(NASTY), st.sampled_from("ABC")), max_size=4
    )
    rows = draw(st.lists(patches, max_size=12))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    data = write_rows(table, [{**table.example, **row} for row in rows], newline=newline)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data)))
        data = data[:at] + draw(st.sampled_from(SPLINTERS)) + data[at + draw(st.integers(0, 2)) :]
    if draw(st.booleans()) and draw(st.booleans()):
        data = data.decode("utf-8", "replace").encode(draw(st.sampled_from(["cp1252", "utf-16", "latin-1"])), "replace")
    return table.flow, data


@given(files(), st.sampled_from([200, 900, 1 << 20]), st.sampled_from([None, 1, 2]))
@RUN
def test_both_engines_tell_the_same(made: tuple[str, bytes], block: int, cap: int | None) -> None:
    table, data = load_table(made[0]), made[1]
    with patch.object(fast, "BLOCK", block), patch.object(fast, "_HEAD", 1):
        told = judge_bytes(data, table, facts=FACTS, engine="fast", max_samples=cap)
    assert told == judge_bytes(data, table, facts=FACTS, engine="exact", max_samples=cap)


@given(files())
@RUN
def test_a_cap_changes_no_count(made: tuple[str, bytes]) -> None:
    table, data = load_table(made[0]), made[1]

    def counts(cap: int | None) -> Mapping[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        for one in judge_bytes(data, table, facts=FACTS, max_samples=cap).findings:
            found[one.rule, one.column] = found.get((one.rule, one.column), 0) + one.count
        return found

    assert counts(1) == counts(None)


@given(st.data())
@RUN
def test_a_predicate_never_lets_a_wrong_row_through(data: st.DataObject) -> None:
    made = data.draw(st.sampled_from([one for one in load_table_rules() if one.kind == "row"]))
    for condition in (made.when, made.then):
        names = columns_of(condition)
        if not names:
            continue
        rows = data.draw(
            st.lists(
                st.tuples(*(st.sampled_from([*NASTY, "20170707", "20161107"]) for _ in names)), min_size=1, max_size=20
            )
        )
        frame = pl.DataFrame(rows, schema=list(names), orient="row")
        holds = [closure(condition, {name: at for at, name in enumerate(names)}, FACTS)(row) for row in rows]
        can = frame.select(pl.lit(value=True).and_(can_hold(condition, str, FACTS)).alias("x"))["x"].to_list()
        cannot = frame.select(pl.lit(value=True).and_(can_fail(condition, str, FACTS)).alias("x"))["x"].to_list()
        can, cannot = (one * (len(rows) // len(one)) for one in (can, cannot))
        assert all(may or not does for may, does in zip(can, holds, strict=True))
        assert all(may or does for may, does in zip(cannot, holds, strict=True))
        if is_exact(condition):
            assert can == holds


@pytest.mark.parametrize(
    "spoil",
    [
        lambda line: line + b";X",
        lambda line: line.rsplit(b";", 1)[0],
        lambda line: b";" * line.count(b";"),
        lambda line: line + b'"',
        lambda line: b"\xc9" + line,
        lambda _line: b"",
    ],
)
@pytest.mark.parametrize("rows", [1, 40])
def test_a_file_whose_every_row_is_an_anomaly_leaves_no_frame_and_is_told_the_same(
    spoil: Callable[[bytes], bytes], rows: int
) -> None:
    table = load_table("IPE")
    header, *lines = write_rows(table, [table.example] * rows, newline="\n").splitlines()
    data = b"\n".join([header, *map(spoil, lines), b""])
    with patch.object(fast, "BLOCK", 4_000), patch.object(fast, "_HEAD", 1):
        assert judge_bytes(data, table, engine="fast") == judge_bytes(data, table, engine="exact")


@pytest.mark.parametrize(
    "header", [b";", b";;;", b" ; ;", b'"";""', b"IdentifiantImmeuble;", b"IdentifiantImmeuble;;;"]
)
@pytest.mark.parametrize("rows", [b"", b"a;b\n", b";\n;;\n"])
def test_a_header_that_names_nothing_is_told_the_same(header: bytes, rows: bytes) -> None:
    table, data = load_table("IPE"), header + b"\n" + rows
    assert judge_bytes(data, table, engine="fast") == judge_bytes(data, table, engine="exact")
