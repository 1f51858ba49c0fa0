"""Helpers for tests of tables: example files, and findings boiled down to what a test states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annexe5.tables.api import TableReport, judge_bytes, write_rows
from annexe5.tables.schema import Table

# What the name of the example files would say of them.
FACTS: Mapping[str, str] = {"date_fichier": "20170407", "pm_fichier": "77011616R", "insee_fichier": "77023"}

Told = list[tuple[str, int | None, str]]


def file_of(table: Table, *patches: Mapping[str, str], newline: str = "\n", encoding: str = "utf-8") -> bytes:
    """Give a file of the table whose rows are its example row, patched."""
    return write_rows(table, [{**table.example, **patch} for patch in patches], newline=newline, encoding=encoding)


def orders(count: int) -> list[dict[str, str]]:
    """Give patches that make so many distinct orders."""
    return [{"ReferenceCommandePriseInterneOC": f"CMD-{number:04d}"} for number in range(1, count + 1)]


def told(report: TableReport) -> Told:
    """Give the findings of a report as (rule, line, column)."""
    return [(one.rule, one.line, one.column) for one in report.findings]


def judged(data: bytes, table: Table, **options: Any) -> Told:
    """Judge a file and give its findings as (rule, line, column)."""
    return told(judge_bytes(data, table, facts=FACTS, **options))
