"""Judge, read and write one table: the calls the rest of the house makes."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from annexe5.errors import UsageError
from annexe5.findings import Finding, Verdict, verdict_of
from annexe5.tables import exact
from annexe5.tables.exact import Asked
from annexe5.tables.header import Header
from annexe5.tables.octets import Source, from_bytes, from_path
from annexe5.tables.schema import Table
from annexe5.tables.tally import Tally

if TYPE_CHECKING:
    from annexe5.contract.profile import Profile

Engine = Literal["auto", "exact", "fast"]


@dataclass(frozen=True, slots=True)
class TableReport:
    """What a file is worth: its number of rows, its findings by line (see ``Tally`` for their count), its verdict."""

    flow: str
    path: str
    rows: int
    findings: tuple[Finding, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Row:
    """One record by column name, at its first physical line; ``whole`` when it had the header's number of cells."""

    line: int
    values: Mapping[str, str]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class ReadResult:
    """Every record that can be read, and everything that is wrong with the file or with them, each with its line."""

    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]


def judge_bytes(
    data: bytes,
    table: Table,
    *,
    path: str = "",
    encoding: str = "utf-8",
    max_samples: int | None = None,
    facts: Mapping[str, str] | None = None,
    engine: Engine = "exact",
) -> TableReport:
    """Judge a file held in memory; see ``judge_source``."""
    source = from_bytes(data, path)
    return judge_source(source, table, encoding=encoding, max_samples=max_samples, facts=facts, engine=engine)


def judge_file(
    path: Path,
    table: Table,
    *,
    encoding: str = "utf-8",
    max_samples: int | None = None,
    facts: Mapping[str, str] | None = None,
    engine: Engine = "auto",
) -> TableReport:
    """Judge a file of any size, streaming; UsageError when it cannot be read. See ``judge_source``."""
    source = from_path(path)
    return judge_source(source, table, encoding=encoding, max_samples=max_samples, facts=facts, engine=engine)


def judge_source(
    source: Source,
    table: Table,
    *,
    encoding: str = "utf-8",
    max_samples: int | None = None,
    facts: Mapping[str, str] | None = None,
    engine: Engine = "auto",
) -> TableReport:
    """Judge a table.

    ``encoding`` is the declared one; ``max_samples`` caps the findings of one rule on one column (their counts always
    add up to the true number); ``facts`` are those of the file's name, read from it when None; ``engine`` is the exact
    path, the fast one, or whichever suits the size: findings are the same.
    """
    known = facts_of(source.name) if facts is None else facts
    asked = Asked(table, _codec(encoding), known)
    if max_samples is not None and max_samples < 1:
        raise UsageError(f"max_samples : au moins 1 est attendu, reçu : {max_samples}.")
    tally = Tally(max_samples)
    rows = _engine(engine, source)(source, asked, tally)
    found = tally.findings(source.name)
    return TableReport(table.flow, source.name, rows, found, verdict_of(found))


# Below this the exact path is done before polars would be loaded.
_SMALL = 2 << 20


def _engine(engine: Engine, source: Source) -> Callable[[Source, Asked, Tally], int]:
    small = source.size is not None and source.size < _SMALL
    if engine == "exact" or (engine == "auto" and small):
        return exact.judge
    from annexe5.tables import fast  # noqa: PLC0415  # polars takes a fifth of a second to load

    return fast.judge


def read_rows(
    data: bytes, table: Table, *, encoding: str = "utf-8", facts: Mapping[str, str] | None = None
) -> ReadResult:
    """Read a file leniently: every record that can be read, by column name, with all that is wrong beside it.

    A record with too few cells has its missing columns empty, one with too many loses what exceeds; ``whole`` tells.
    """
    rows: list[Row] = []
    blank = dict.fromkeys(table.names, "")
    columns: list[str] = []  # "" above a cell of no known column
    ordinary = list(blank)

    def keep(line: int, cells: Sequence[str], whole: bool, header: Header) -> None:
        if not columns:
            columns.extend(one.name if one else "" for one in header.places)
        values = dict(zip(columns, cells, strict=False))
        if columns != ordinary or not whole:
            values = {**blank, **values}
            values.pop("", None)
        rows.append(Row(line, values, whole))

    tally = Tally()
    exact.judge(from_bytes(data), Asked(table, _codec(encoding), facts or {}), tally, keep)
    return ReadResult(tuple(rows), tally.findings())


def write_rows(
    table: Table, rows: Iterable[Mapping[str, str]], *, encoding: str = "utf-8", newline: str = "\r\n"
) -> bytes:
    r"""Write a file of the table: header in the contract's order, ``;``, quotes only where a cell needs them.

    A column left out of a row is empty; UsageError for a column that the table has not, a value that the encoding
    cannot carry, or another ``newline`` than ``\n`` and ``\r\n``.
    """
    if newline not in ("\n", "\r\n"):
        raise UsageError(f"fin de ligne inconnue : {newline!r} ; LF ou CRLF.")
    blank = dict.fromkeys(table.names, "")
    lines = [_line(blank)]
    for number, row in enumerate(rows, start=1):
        cells = {**blank, **row}
        if len(cells) != len(blank):
            unknown = [name for name in row if name not in blank]
            raise UsageError(f"{table.flow} : ligne {number} : colonnes inconnues : {', '.join(unknown)}.")
        lines.append(_line(cells.values()))
    text = newline.join([*lines, ""])
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as reason:
        raise UsageError(f"{table.flow} : {text[reason.start]!r} n'existe pas en {encoding}.") from None


def _line(cells: Collection[str]) -> str:
    line = ";".join(cells)
    if line.count(";") == len(cells) - 1 and not ('"' in line or "\n" in line or "\r" in line):
        return line  # nothing to quote, as nearly always: four looks at the line instead of four at each cell
    return ";".join(cell if not _needs_quotes(cell) else '"' + cell.replace('"', '""') + '"' for cell in cells)


def _needs_quotes(cell: str) -> bool:
    return '"' in cell or ";" in cell or "\n" in cell or "\r" in cell


def facts_of(path: str, profile: Profile | None = None) -> Mapping[str, str]:
    """Give what a file's name says of its content: ``date_fichier``, ``pm_fichier``, ``insee_fichier``, ``version``.

    Only a name that stands for a flow says anything; ``profile`` is the default one when None.
    """
    # The profile's models take a tenth of a second to load: paid only where a name is read.
    from annexe5.contract.names import judge_name  # noqa: PLC0415
    from annexe5.contract.profile import load_profile  # noqa: PLC0415

    name = PurePosixPath(path.replace("\\", "/").replace("!", "/")).name
    read = judge_name(profile or load_profile(), name) if name else None
    return facts_in(read.fields) if read is not None and read.flow is not None else MappingProxyType({})


def facts_in(fields: Mapping[str, str]) -> Mapping[str, str]:
    """Give the same from the places of a name read already."""
    wanted = {"date": "date_fichier", "pm": "pm_fichier", "insee": "insee_fichier", "version": "version"}
    return MappingProxyType({fact: value for place, fact in wanted.items() if (value := fields.get(place))})


def _codec(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise UsageError(f"encodage inconnu : {encoding!r}.") from None
