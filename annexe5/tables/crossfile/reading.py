"""One file as cross-file rules read it: a few columns, a block at a time, each row with its physical line.

No CSV reader is left to decide (DESIGN §7): polars is handed regular lines only, behind a header of ours, so that a
short or long line loses nothing but itself; from the first quote on, records are read as the exact path reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path, PurePosixPath

import polars as pl

from annexe5.contract.names import judge_name
from annexe5.contract.profile import Profile
from annexe5.tables.header import find_separator, read_header
from annexe5.tables.octets import Block, Encoding, Source, blocks, from_path, look
from annexe5.tables.records import read_record
from annexe5.tables.schema import Table, load_table
from annexe5.tables.tally import Tally

LINE = "@line"
_BLOCK = 16 << 20
_RECORDS = 50_000

Keep = Callable[[pl.DataFrame], pl.DataFrame]


@dataclass(frozen=True)
class CrossFile:
    """One file of a batch.

    ``shown`` is the path findings tell; ``header`` the columns in the file's order, under the table's names for those
    it knows; ``facts`` what its name says (``oi``, ``oc``, ``date``, ``seq``, ``pm``, ``insee``), as far as it can be
    read.
    """

    shown: str
    flow: str
    header: tuple[str, ...]
    source: Source
    encoding: Encoding = field(default_factory=Encoding)
    facts: Mapping[str, str] = field(default_factory=dict)
    separator: str = ";"

    @cached_property
    def date(self) -> str:
        """The date of the name, AAAAMMJJ; empty when it has none."""
        return self.facts.get("date", "")

    @property
    def rank(self) -> tuple[str, str, str]:
        """Where the file stands in time: date, then sequence, then path."""
        sequence = self.facts.get("seq", "")
        return self.date, sequence.rjust(20, "0"), self.shown

    @property
    def name(self) -> str:
        """The file's own name, for messages that cite it."""
        return own_name(self.shown)

    def has(self, column: str) -> bool:
        """Tell whether the file has a column."""
        return column in self.header

    def read(self, columns: Sequence[str], keep: Keep | None = None) -> pl.DataFrame:
        """Give some columns of every row, and ``@line``; a column the file lacks is empty.

        ``keep`` filters or narrows each block as it comes: what it leaves out is never held.
        """
        frames = [frame if keep is None else keep(frame) for frame in _frames(self, tuple(dict.fromkeys(columns)))]
        return pl.concat(frames)


def open_batch(sources: Iterable[Source | Path], profile: Profile) -> list[CrossFile]:
    """Open the files of a batch that can be compared; the others are for the rules of one file to judge."""
    return [file for source in sources if (file := cross_file(source, profile)) is not None]


def cross_file(source: Source | Path, profile: Profile, *, flow: str = "") -> CrossFile | None:
    """Open a file by its name; None when it is of no flow, or has no header to read it by."""
    source = from_path(source) if isinstance(source, Path) else source
    named = judge_name(profile, own_name(source.name))
    flow = flow or named.flow or ""
    if not flow:
        return None
    encoding = look(source, profile.csv.encodages[0], Tally())
    header = None if encoding.empty else _header(next(blocks(source, encoding)), load_table(flow))
    if header is None:
        return None
    names, separator = header
    return CrossFile(source.name, flow, names, source, encoding, dict(named.fields), separator)


def own_name(shown: str) -> str:
    """Give a file's own name, out of its folder or its archive (``lot.zip!ipe.csv``)."""
    return PurePosixPath(shown.replace("\\", "/").replace("!", "/")).name


def _header(block: Block, table: Table) -> tuple[tuple[str, ...], str] | None:
    """Give the name of each column, the table's where it has one and never twice the same, and the separator."""
    lines = _lines(block)
    separator = find_separator(lines[0], table) if lines else ""
    record = read_record(lines, 0, 0, separator, complete=True) if lines else None
    if record is None:
        return None
    header = read_header(record.cells, table, Tally())
    if header.absent:
        return None
    known = {one.name for one in header.places if one}
    names: list[str] = []
    for place, one in enumerate(header.places):
        name = one.name if one else header.titles[place].strip()
        names.append(name if one or (name and name not in known and name not in names) else f"@{place}")
    return tuple(names), separator


# --- rows ----------------------------------------------------------------------------------------------------


def _frames(file: CrossFile, columns: tuple[str, ...]) -> Iterator[pl.DataFrame]:
    """Give the rows block by block, the header left out; at least one frame, so that types are known."""
    yield _shape(pl.DataFrame(schema={LINE: pl.UInt32}), columns)
    stream = blocks(file.source, file.encoding, _BLOCK)
    for block in stream:
        if b'"' in block.data:
            yield from _by_record(block, stream, file, columns)
            return
        yield _by_line(block, file, columns)


def _by_line(block: Block, file: CrossFile, columns: tuple[str, ...]) -> pl.DataFrame:
    names = [f"c{position}" for position in range(len(file.header))]
    data, line = block.data, block.line
    if line == 1:
        data, line = data[data.find(b"\n") + 1 :] if b"\n" in data else b"", 2
    wanted = [names[file.header.index(column)] for column in columns if column in file.header]
    frame = pl.read_csv(
        file.separator.join(names).encode() + b"\n" + data,
        separator=file.separator,
        quote_char=None,
        infer_schema=False,
        empty_string_is_null=False,
        truncate_ragged_lines=True,
        encoding="utf8-lossy",
        columns=wanted or names[:1],
        row_index_name=LINE,
        row_index_offset=line,
    )
    held = {name: column for name, column in zip(names, file.header, strict=True) if name in wanted}
    return _shape(frame.rename(held), columns)


def _by_record(
    first: Block, rest: Iterator[Block], file: CrossFile, columns: tuple[str, ...]
) -> Iterator[pl.DataFrame]:
    places = [(column, file.header.index(column)) for column in columns if column in file.header]
    records = _records(first, rest, len(file.header), file.separator)
    while chunk := list(islice(records, _RECORDS)):
        lines = pl.Series(LINE, [line for line, _row in chunk], pl.UInt32)
        cells = (
            pl.Series(column, [row[place] if place < len(row) else "" for _line, row in chunk], pl.String)
            for column, place in places
        )
        yield _shape(pl.DataFrame([lines, *cells]), columns)


def _records(first: Block, rest: Iterator[Block], width: int, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Give each record with the physical line it starts on; the file's first record, its header, is left out."""
    held, start, last = _lines(first), first.line, first.last
    while True:
        at = 0
        while at < len(held):
            record = read_record(held, at, width, separator, complete=last)
            if record is None:
                break
            if start + at > 1:
                yield start + at, record.cells
            at += record.lines
        if last:
            return
        block = next(rest)
        held, start, last = held[at:] + _lines(block), start + at if at < len(held) else block.line, block.last


def _lines(block: Block) -> list[str]:
    """Give the physical lines of a block, without their LF."""
    lines = block.data.decode("utf-8", "replace").split("\n")
    return lines if lines[-1] else lines[:-1]


def _shape(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """Give exactly the columns asked for, as text without null, and the line."""
    return frame.select(
        pl.col(LINE).cast(pl.UInt32),
        *(
            pl.col(name).cast(pl.String).fill_null("") if name in frame.columns else pl.lit("").alias(name)
            for name in columns
        ),
    )
