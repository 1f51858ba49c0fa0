"""What frictionless lets through and our strict layer does not, as measured (docs: DESIGN, libraries)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from annexe5.tables import Table, judge_bytes, load_table
from annexe5.tables.cells import cell_check
from annexe5.tables.patterns import portable_problem
from annexe5.tables.second_opinion import second_opinion
from annexe5.tables.testing import FACTS, file_of, judged, orders


def frictionless_says(rows: str, descriptor: dict[str, object], encoding: str = "utf-8") -> list[str]:
    from frictionless import Dialect, Resource, Schema
    from frictionless.formats import CsvControl

    schema = Schema.from_descriptor({"fields": [descriptor]})
    resource = Resource(
        data=f"A\n{rows}\n".encode(),
        format="csv",
        encoding=encoding,
        schema=schema,
        dialect=Dialect(controls=[CsvControl(delimiter=";")]),
    )
    return [error.type for task in resource.validate().tasks for error in task.errors]


@pytest.mark.parametrize(
    ("value", "descriptor", "kind", "pattern", "rule"),
    [
        ("Azzz", {"type": "string", "constraints": {"pattern": "A|BC"}}, "code", "(?:A|BC)", "CEL-FORME"),
        ("2017407", {"type": "date", "format": "%Y%m%d"}, "date", None, "CEL-DATE"),
        ("2017047", {"type": "date", "format": "%Y%m%d"}, "date", None, "CEL-DATE"),
        (" 42", {"type": "integer"}, "integer", None, "CEL-ENTIER"),
        ("+42", {"type": "integer"}, "integer", None, "CEL-ENTIER"),
        ("4_2", {"type": "integer"}, "integer", None, "CEL-ENTIER"),
        ("042", {"type": "integer"}, "integer", None, "CEL-ENTIER-ZEROS"),
        ("٤٢", {"type": "integer"}, "integer", None, "CEL-ENTIER"),
        ("NaN", {"type": "number"}, "decimal", None, "CEL-DECIMAL"),
        ("INF", {"type": "number"}, "decimal", None, "CEL-DECIMAL"),
        ("1e3", {"type": "number"}, "decimal", None, "CEL-DECIMAL"),
    ],
)
def test_a_value_frictionless_lets_through_is_refused_here(
    cmd: Table, value: str, descriptor: dict[str, object], kind: str, pattern: str | None, rule: str
) -> None:
    assert frictionless_says(value, {"name": "A", **descriptor}) == []
    field = replace(cmd.fields[0], kind=kind, pattern=pattern, max_length=None, case="")  # type: ignore[arg-type]
    assert [one.rule.id for one in cell_check(field, cmd, 0)(value)] == [rule]


def test_a_value_that_ends_with_a_line_feed_is_refused_here(cmd: Table) -> None:
    field = replace(cmd.fields[0], kind="code", pattern="(?:ABC)", case="")
    assert frictionless_says('"ABC\n"', {"name": "A", "type": "string", "constraints": {"pattern": "ABC"}}) == []
    assert [one.rule.id for one in cell_check(field, cmd, 0)("ABC\n")] == ["STR-SAUT-DE-LIGNE"]


def test_a_stray_quote_passes_there_and_not_here(cmd: Table) -> None:
    data = file_of(cmd, *orders(1)).replace(b"BAT A", b'BAT"A')
    assert second_opinion(data, cmd) == ()
    assert judged(data, cmd) == [("STR-GUILLEMET-PARASITE", 2, "Batiment")]


def test_utf_8_read_as_cp1252_passes_there_and_not_here() -> None:
    table = load_table("AR_Cmd_Acces")
    data = file_of(table, {"Commentaire": "PRÊT"})
    assert second_opinion(data, table, encoding="cp1252") == ()
    assert judged(data, table, encoding="cp1252") == [("OCT-ENCODAGE", 2, "")]


def test_an_ungrouped_pattern_is_refused_at_load() -> None:
    assert portable_problem("A|BC") != ""


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b";AUTO;", b";X;").replace(b";LOCA;", b";X;"),
        lambda data: data.replace(b";77590;", b";7759;"),
        lambda data: data.replace(b"CMD-0001", b""),
        lambda data: data.replace(b";77023;", b";7702;"),
        lambda data: data[:-1] + b";X\n",
        lambda data: data.replace(b"CommuneImmeuble;", b""),
    ],
)
def test_what_frictionless_refuses_is_refused_here(cmd: Table, change: object) -> None:
    data = change(file_of(cmd, *orders(1)))  # type: ignore[operator]
    assert second_opinion(data, cmd) != ()
    assert judge_bytes(data, cmd, facts=FACTS).findings != ()


def test_what_is_right_here_is_right_there(cmd: Table, ipe: Table) -> None:
    for table in (cmd, ipe, load_table("CR_Cmd_Acces")):
        assert second_opinion(file_of(table, {}), table) == ()
