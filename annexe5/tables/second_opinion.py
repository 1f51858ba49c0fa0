"""frictionless on the same file and the same Table Schema: a second opinion, never the verdict.

It lets through what our strict layer refuses (stack-notes: ungrouped patterns, ``2017407``, `` 42``, stray quotes,
mojibake); where it refuses what we accept, we are wrong. Imported only when asked for: it costs half a second.
"""

from __future__ import annotations

from dataclasses import dataclass

from annexe5.tables.schema import Field, Table


@dataclass(frozen=True, slots=True)
class Opinion:
    """One error of frictionless: its type, record number (header = 1), column name, note."""

    type: str
    row: int | None
    column: str
    note: str


def second_opinion(data: bytes, table: Table, *, encoding: str = "utf-8") -> tuple[Opinion, ...]:
    """Validate a file with frictionless against the table's fields; one entry an error, in its order."""
    from frictionless import Dialect, Resource, Schema  # noqa: PLC0415  # half a second, only when asked for
    from frictionless.formats import CsvControl  # noqa: PLC0415

    fields = [{"name": one.name, "type": "string", "constraints": _constraints(one)} for one in table.fields]
    schema = Schema.from_descriptor({"fields": fields})
    dialect = Dialect(controls=[CsvControl(delimiter=";")])
    resource = Resource(data=data, format="csv", encoding=encoding, schema=schema, dialect=dialect)
    report = resource.validate(limit_errors=100_000)
    return tuple(
        Opinion(error.type, getattr(error, "row_number", None), getattr(error, "field_name", "") or "", error.note)
        for task in report.tasks
        for error in task.errors
    )


def _constraints(one: Field) -> dict[str, object]:
    written = {
        "required": one.required,
        "minLength": one.min_length,
        "maxLength": one.max_length,
        "pattern": one.pattern,
        "enum": list(one.enum),
    }
    return {name: value for name, value in written.items() if value}
