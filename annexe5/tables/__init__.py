"""The CSV tables of the contract: reading, writing and judging them, strictly, from the bytes up.

Imported cheaply: what a name needs is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annexe5.tables.api import (
        ReadResult,
        Row,
        TableReport,
        facts_of,
        judge_bytes,
        judge_file,
        judge_source,
        read_rows,
        write_rows,
    )
    from annexe5.tables.schema import Field, Table, load_table, load_tables

_HOMES = {
    **dict.fromkeys(("Field", "Table", "load_table", "load_tables"), "annexe5.tables.schema"),
    **dict.fromkeys(
        (
            "ReadResult",
            "Row",
            "TableReport",
            "facts_of",
            "judge_bytes",
            "judge_file",
            "judge_source",
            "read_rows",
            "write_rows",
        ),
        "annexe5.tables.api",
    ),
}

__all__ = [
    "Field", "ReadResult", "Row", "Table", "TableReport", "facts_of", "judge_bytes", "judge_file", "judge_source",
    "load_table", "load_tables", "read_rows", "write_rows",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    try:
        return getattr(import_module(_HOMES[name]), name)
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
