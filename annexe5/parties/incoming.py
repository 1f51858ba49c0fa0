"""A file as its receiver reads it: every row that can be read, with what keeps it from being accepted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from annexe5.contract.profile import Flow
from annexe5.findings import Finding, Severity
from annexe5.tables import load_table, read_rows

KEY = "ReferenceCommandePriseInterneOC"
# Wrong values that have a rejection code of their own (FIMP12), or that an OI forgives (letter case, B.2).
_OWN_CODE = ("TypeCommandeDemande",)


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One row: physical ``line``, ``values``, mandatory columns left empty, columns whose content is refused."""

    line: int
    values: Mapping[str, str]
    missing: tuple[str, ...]
    incoherent: tuple[str, ...]

    def get(self, column: str) -> str:
        """Give a field, without the blanks around it."""
        return self.values.get(column, "").strip()

    @property
    def reference(self) -> str:
        """The order it speaks of."""
        return self.get(KEY)


@dataclass(frozen=True, slots=True)
class ReadFile:
    """The rows of a file, and all that is wrong with it."""

    rows: tuple[ReadRow, ...]
    findings: tuple[Finding, ...]


def read_file(data: bytes, flow: Flow) -> ReadFile:
    """Read a file of a flow, leniently: what is wrong with one row harms no other."""
    table = load_table(flow.nom)
    required = tuple(field.name for field in table.fields if field.required)
    read = read_rows(data, table)
    wrong: dict[int, list[str]] = defaultdict(list)
    for finding in read.findings:
        if finding.severity is Severity.ERROR and finding.line and finding.column not in _OWN_CODE:
            wrong[finding.line].append(finding.column)
    rows = []
    for row in read.rows:
        missing: tuple[str, ...] = ()
        if not all(map(str.strip, [row.values[name] for name in required])):
            missing = tuple(name for name in required if not row.values[name].strip())
        refused = tuple(name for name in wrong[row.line] if name not in missing) if row.line in wrong else ()
        rows.append(ReadRow(row.line, row.values, missing, refused))
    return ReadFile(tuple(rows), tuple(read.findings))
