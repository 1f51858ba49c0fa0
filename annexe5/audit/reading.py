"""The tables of an archive judged in blocks and one by one; their rows become events, and can be read again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence

import polars as pl

from annexe5.audit.events import Store, columns_of, events_of
from annexe5.audit.moments import Source
from annexe5.audit.shelf import File, Shelf
from annexe5.contract.profile import Profile
from annexe5.findings import Finding
from annexe5.tables.api import judge_source, read_rows
from annexe5.tables.crossfile.reading import LINE as CROSS_LINE
from annexe5.tables.crossfile.reading import cross_file
from annexe5.tables.grouping import LINE
from annexe5.tables.many import FILE, Piece, judge_many
from annexe5.tables.octets import Source as Bytes
from annexe5.tables.schema import load_table
from annexe5.validation.masking import masked

# Beyond this a file is judged as a stream of its own; below, read whole and judged with its like.
_LARGE = 32 << 20

Watch = Callable[[int, int], None]


def read_all(shelf: Shelf, store: Store, watch: Watch) -> None:
    """Judge the tables of every file and store the events of their rows; ``watch`` is told bytes of bytes."""
    total = sum(one.entry.size for one in shelf.files)
    flows: dict[str, list[int]] = {}
    for number, file in enumerate(shelf.files):
        flows.setdefault(file.flow, []).append(number)
    reader = _Reader(shelf, store, watch, total)
    for flow, numbers in sorted(flows.items()):
        reader.flow(flow, numbers)


class _Reader:
    def __init__(self, shelf: Shelf, store: Store, watch: Watch, total: int) -> None:
        self.shelf, self.store, self.watch, self.total = shelf, store, watch, total
        self.done = 0

    def flow(self, flow: str, numbers: Sequence[int]) -> None:
        table, columns = load_table(flow), columns_of(flow)
        large = [number for number in numbers if self.shelf.files[number].entry.size > _LARGE]
        small = [number for number in numbers if self.shelf.files[number].entry.size <= _LARGE]
        for batch in judge_many(self._pieces(small), table, columns, cap=self.shelf.ledger.cap):
            self.shelf.rows += batch.rows.height
            self._told(flow, batch.findings)
            if columns and batch.rows.height:
                self.store.add(events_of(batch.rows, flow))
            for piece in batch.alone:
                self._alone(flow, piece, columns)
        for number in large:
            self._large(flow, number, columns)

    def _pieces(self, numbers: Sequence[int]) -> Iterator[Piece]:
        for number in numbers:
            file = self.shelf.files[number]
            yield Piece(number, file.entry.read(), file.facts)
            self._read(file)

    def _read(self, file: File) -> None:
        self.done += file.entry.size
        self.watch(self.done, self.total)

    def _alone(self, flow: str, piece: Piece, columns: Sequence[str]) -> None:
        """Judge by itself a file that something is unusual about."""
        read = read_rows(piece.data, load_table(flow), facts=piece.facts)
        self.shelf.rows += len(read.rows)
        self._told(flow, [(piece.number, one) for one in read.findings])
        if columns and read.rows:
            frame = pl.DataFrame(
                {
                    FILE: [piece.number] * len(read.rows),
                    LINE: [row.line for row in read.rows],
                    **{name: [row.values.get(name, "") for row in read.rows] for name in columns},
                },
                schema_overrides={FILE: pl.UInt32, LINE: pl.UInt32},
            )
            self.store.add(events_of(frame, flow))

    def _large(self, flow: str, number: int, columns: Sequence[str]) -> None:
        file = self.shelf.files[number]
        source = Bytes(file.path, file.entry.open, file.entry.size)
        report = judge_source(source, load_table(flow), max_samples=self.shelf.ledger.cap, facts=file.facts)
        self.shelf.rows += report.rows
        self._told(flow, [(number, one) for one in report.findings])
        opened = cross_file(source, self.shelf.profile, flow=flow) if columns else None
        if opened is not None:
            frame = opened.read(columns).rename({CROSS_LINE: LINE})
            self.store.add(events_of(frame.with_columns(pl.lit(number, dtype=pl.UInt32).alias(FILE)), flow))
        self._read(file)

    def _told(self, flow: str, findings: Sequence[tuple[int, Finding]]) -> None:
        limits = self.shelf.limits
        for number, finding in findings:
            file = self.shelf.files[number]
            if file.moment.source is Source.NONE or file.moment.day >= limits.since:
                placed = finding.at(file.path)
                self.shelf.ledger.add(placed if limits.personal else masked(placed, flow))


# --- rows read again -----------------------------------------------------------------------------------------


class Rows:
    """Gives whole rows again, one by one, for the orders that are told of."""

    _KEPT = 256

    def __init__(self, files: Sequence[File], profile: Profile) -> None:
        self._files, self._profile = files, profile
        self._held: OrderedDict[int, Callable[[int], Mapping[str, str]]] = OrderedDict()

    def __call__(self, file: int, line: int) -> Mapping[str, str]:
        """Give the columns of the row that begins on a physical line of a file."""
        if file not in self._held:
            self._held[file] = _by_line(self._files[file], self._profile)
            if len(self._held) > self._KEPT:
                self._held.popitem(last=False)
        self._held.move_to_end(file)
        return self._held[file](line)


def _by_line(file: File, profile: Profile) -> Callable[[int], Mapping[str, str]]:
    """Give a function of the line; a file without quotes, under a right header, needs no reading of the rest of it."""
    if file.entry.size > _LARGE:
        return _streamed(file, profile)
    data, table = file.entry.read(), load_table(file.flow)
    lines = data.replace(b"\r\n", b"\n").split(b"\n")
    names = tuple(lines[0].decode("utf-8", "replace").split(";"))
    if b'"' not in data and names == table.names and b"\r" not in b"".join(lines[:1]):
        return lambda line: dict(zip(names, lines[line - 1].decode("utf-8", "replace").split(";"), strict=False))
    rows = {row.line: row.values for row in read_rows(data, table, facts=file.facts).rows}
    return rows.__getitem__


def _streamed(file: File, profile: Profile) -> Callable[[int], Mapping[str, str]]:
    source = Bytes(file.path, file.entry.open, file.entry.size)

    def row(line: int) -> Mapping[str, str]:
        opened = cross_file(source, profile, flow=file.flow)
        if opened is None:
            return {}
        found = opened.read(load_table(file.flow).names, lambda frame: frame.filter(pl.col(CROSS_LINE) == line))
        return {name: str(value) for name, value in found.row(0, named=True).items() if name != CROSS_LINE}

    return row
