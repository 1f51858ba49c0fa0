"""Fuzzing the judge of files: whatever the bytes, both engines say the same, nothing breaks, no fault is missed.

A case is a valid file made from the generated network and a few edits; what an edit of one cell must yield is worked
out here from the column alone, so that the judge is not asked to confirm itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Annotated, Literal

from hypothesis import strategies as st
from pydantic import Field as Key

from annexe5.findings import Finding, Severity, Text
from annexe5.fuzz.draw import cells
from annexe5.generation import generate_flow, load_plans
from annexe5.tables import Field, judge_bytes, load_table, read_rows, write_rows

_DAY = date(2026, 1, 5)
_ROWS = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """Say something else in one cell."""

    row: int
    column: str
    value: str
    kind: Literal["cellule"] = "cellule"


@dataclass(frozen=True, slots=True)
class Splice:
    """Put bytes (hexadecimal) in the place of others; ``at`` is taken modulo the size of the file."""

    at: int
    length: int
    put: str
    kind: Literal["octets"] = "octets"


Edit = Annotated[Cell | Splice, Key(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class FileCase:
    """A valid file of a flow, then its edits: cells first, bytes last."""

    flow: str
    rows: int
    edits: tuple[Edit, ...]

    @property
    def size(self) -> tuple[int, int, int]:
        """What makes a case small."""
        said = sum(len(one.value) if isinstance(one, Cell) else one.length + len(one.put) for one in self.edits)
        return len(self.edits), self.rows, said

    @property
    def data(self) -> bytes:
        """The bytes of the file."""
        table = load_table(self.flow)
        rows = [dict(row) for row in _sound(self.flow)[: self.rows]]
        for edit in self.edits:
            if isinstance(edit, Cell):
                rows[edit.row % len(rows)][edit.column] = edit.value
        data = write_rows(table, rows)
        for edit in self.edits:
            if isinstance(edit, Splice):
                at = edit.at % (len(data) + 1)
                data = data[:at] + bytes.fromhex(edit.put) + data[at + edit.length :]
        return data


@cache
def _sound(flow: str) -> tuple[dict[str, str], ...]:
    made = b"".join(generate_flow(flow, None if load_plans()[flow].lignes == 1 else _ROWS, 0, today=_DAY).chunks)
    return tuple(dict(row.values) for row in read_rows(made, load_table(flow)).rows)


def file_cases() -> st.SearchStrategy[FileCase]:
    """Draw a file of any flow, wrong in a cell, in its bytes, or in both."""
    return st.sampled_from(sorted(load_plans())).flatmap(_of_flow)


def _of_flow(flow: str) -> st.SearchStrategy[FileCase]:
    fields = load_table(flow).fields
    held = len(_sound(flow))
    cell = st.sampled_from(fields).flatmap(
        lambda one: st.builds(Cell, st.integers(0, held - 1), st.just(one.name), cells(one))
    )
    odd = st.one_of(st.binary(max_size=6), st.sampled_from(_ODD)).map(bytes.hex)
    splice = st.builds(Splice, st.integers(0, 4000), st.integers(0, 40), odd)
    edits = st.one_of(
        st.tuples(cell),
        st.lists(cell, min_size=1, max_size=3).map(tuple),
        st.lists(st.one_of(cell, splice), min_size=1, max_size=3).map(tuple),
    )
    return st.builds(FileCase, st.just(flow), st.integers(1, held), edits)


_ODD = [
    b'"',
    b'""',
    b'";"',
    b";",
    b"\r",
    b"\n",
    b"\r\n",
    b"\n\n",
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xc3",
    b"\xe9",
    b"'",
]


def judge_case(case: FileCase) -> tuple[Finding, ...]:
    """Judge the judge on a case: what it got wrong, nothing when all is well."""
    table, data = load_table(case.flow), case.data
    said = {}
    for engine in ("exact", "fast"):
        try:
            said[engine] = judge_bytes(data, table, engine=engine).findings
        except Exception as error:  # noqa: BLE001 -- whatever the bytes, the judge must stand
            return (_wrong(case, f"une panne du moteur {engine} ({type(error).__name__} : {error})", "un constat"),)
    exact, fast = (frozenset(map(_essence, said[engine])) for engine in ("exact", "fast"))
    if exact != fast:
        apart = min(map(str, exact ^ fast))
        return (_wrong(case, f"des constats différents d'un moteur à l'autre : {apart}", "les mêmes"),)
    missed = _missed(case, said["exact"])
    return (missed,) if missed else ()


def _essence(finding: Finding) -> tuple[object, ...]:
    return finding.rule, finding.requirement, finding.line, finding.column, finding.value, finding.count


def _missed(case: FileCase, found: tuple[Finding, ...]) -> Finding | None:
    """Tell the one cell edited that must be refused and is not."""
    [first, *others] = case.edits
    if others or not isinstance(first, Cell):
        return None
    field = load_table(case.flow).by_name[first.column]
    told = [one for one in found if one.severity is not Severity.INFO]
    if _refused(field, first.value) and not told:
        return _wrong(case, f"{first.column} = « {first.value} » sans constat", "un constat")
    return None


def _refused(field: Field, value: str) -> bool:
    """Tell whether a column alone refuses a value, whatever the rest of the row."""
    if not value:
        return field.required
    if field.enum:
        return value.strip().upper() not in {one.upper() for one in field.enum}
    return field.max_length is not None and len(value) > field.max_length


def _wrong(case: FileCase, received: str, expected: str) -> Finding:
    message = Text(f"le juge des fichiers {case.flow} : {received} au lieu de {expected}",
                   f"the judge of {case.flow} files: {received} instead of {expected}")  # fmt: skip
    return Finding("FUZZ-JUGE", "", Severity.ERROR, message, column=case.flow, value=received, expected=expected)


def told_file(case: FileCase) -> list[str]:
    """Say a case in French."""
    lines = [f"un fichier {case.flow} valable de {case.rows} ligne(s), puis :"]
    for edit in case.edits:
        if isinstance(edit, Cell):
            lines.append(f"- ligne {edit.row % case.rows + 1}, {edit.column} = « {edit.value} »")
        else:
            lines.append(f"- à l'octet {edit.at}, {edit.length} octet(s) remplacé(s) par {bytes.fromhex(edit.put)!r}")
    return lines
