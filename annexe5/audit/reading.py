"""The files of an archive judged one by one and in blocks: name, folder, bytes, table; their rows become events."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import polars as pl

from annexe5.audit.archive import QUADRIGRAMME, Entry
from annexe5.audit.events import Store, columns_of, events_of
from annexe5.audit.ledger import Ledger
from annexe5.audit.moments import UNKNOWN, Clockwork, Moment, Source
from annexe5.contract.names import NameJudgement, judge_name
from annexe5.contract.profile import Flow, Profile
from annexe5.contract.rules import rule
from annexe5.findings import Finding
from annexe5.tables.api import facts_in, judge_source, read_rows
from annexe5.tables.crossfile.reading import LINE as CROSS_LINE
from annexe5.tables.crossfile.reading import cross_file
from annexe5.tables.grouping import LINE
from annexe5.tables.many import FILE, Piece, judge_many
from annexe5.tables.octets import Source as Bytes
from annexe5.tables.schema import load_table
from annexe5.validation.masking import masked

# Beyond this a file is judged as a stream of its own; below, read whole and judged with its like.
_LARGE = 32 << 20
_CLAUSES = {"depose_pm": "TRA-06", "retrait_pm": "TRA-07", "depose_acces": "TRA-08", "retrait_acces": "TRA-09"}
_ARCEP = re.compile(r"[A-Z0-9]{2}")


@dataclass(slots=True)
class File:
    """One file of a flow: what its name says, when it crossed."""

    entry: Entry
    flow: str
    oc: str
    seq: int
    facts: Mapping[str, str]
    moment: Moment

    @property
    def path(self) -> str:
        """Where it stands in the archive."""
        return self.entry.path


@dataclass(frozen=True, slots=True)
class Limits:
    """Which files are looked at: one OC's or all, up to a day (number) or the end; what is told begins on ``since``."""

    oc: str = ""
    since: int = -(1 << 30)
    until: int = 1 << 30
    personal: bool = False


@dataclass(slots=True)
class Shelf:
    """The files of an archive by flow, those left out counted by reason."""

    profile: Profile
    clock: Clockwork
    ledger: Ledger
    limits: Limits
    files: list[File] = field(default_factory=list)
    rows: int = 0
    copies: int = 0
    others: int = 0
    out_of_period: int = 0
    _names: dict[tuple[str, str], Entry] = field(default_factory=dict)

    def take(self, entry: Entry) -> None:
        """Judge a file's name and place, and keep the file for its flow."""
        named = judge_name(self.profile, entry.name, oc=entry.account or None)
        if named.flow is None and not self._meant(entry):
            self.others += 1
            return
        oc = named.fields.get("oc", "")
        if self.limits.oc and self.limits.oc not in (oc, entry.account):
            return
        moment = self.clock.of(entry, named.fields.get("date", "")) if named.flow else UNKNOWN
        if moment.source is not Source.NONE and moment.day > self.limits.until:
            self.out_of_period += 1
            return
        if self._is_a_copy(entry, named):
            self.copies += 1
            return
        told = moment.source is Source.NONE or moment.day >= self.limits.since
        if told:
            names = named.findings if named.flow else named.findings[:1]  # whatever else is wrong, it is no flow
            for finding in (*names, *self._misplaced(entry, named, moment)):
                self.ledger.add(finding.at(entry.path))
        if named.flow is not None:
            seq = named.fields.get("seq", "")
            number = int(seq) % (1 << 32) if seq.isdigit() else 0
            self.files.append(File(entry, named.flow, oc or entry.account, number, facts_in(named.fields), moment))

    # --- names and places

    @staticmethod
    def _meant(entry: Entry) -> bool:
        """Tell whether a file of no flow was meant for one: by where it stands, or by what it is."""
        return bool(entry.folder) or entry.name.lower().endswith(".csv")

    def _is_a_copy(self, entry: Entry, named: NameJudgement) -> bool:
        """Tell the very same file found again; tell as a breach a name that serves twice."""
        if named.flow is None:
            return False
        known = self._names.setdefault((entry.account, entry.name), entry)
        if known is entry:
            return False
        if sha256(known.read()).digest() == sha256(entry.read()).digest():
            return True
        flow = self.profile.flow(named.flow)
        made = rule("NOM-DEJA-UTILISE").finding(
            received=entry.name, expected="un nom encore inemployé", requirement=flow.requirement
        )
        self.ledger.add(made.at(entry.path))
        return False

    def _misplaced(self, entry: Entry, named: NameJudgement, moment: Moment) -> Iterator[Finding]:
        if named.flow is None:
            return
        flow = self.profile.flow(named.flow)
        due = self._due_folder(entry, named, flow)
        clause = _CLAUSES[flow.dossier]
        if entry.folder and not _stands_in(entry.folder, due):
            yield rule("DOS-FLUX").finding(received=entry.folder, expected=due, requirement=clause)
        elif not entry.folder and moment.sender and moment.sender != flow.sender:
            received = f"sens {'OC→OI' if moment.sender == 'OC' else 'OI→OC'} (log)"
            yield rule("DOS-FLUX").finding(received=received, expected=due, requirement=clause)

    def _due_folder(self, entry: Entry, named: NameJudgement, flow: Flow) -> str:
        """Give the folder of a flow; the ARCEP code is the one found, since no name carries it.

        So is the OI's where that of the name is none: the name is told already.
        """
        parts = entry.folder.split("/")
        template = self.profile.folder(flow.dossier, "{oi}", "{arcep}").split("/")
        found = {place: part for place, part in zip(template, parts, strict=False) if place.startswith("{")}
        oi, arcep = named.fields.get("oi", ""), found.get("{arcep}", "")
        return self.profile.folder(
            flow.dossier,
            oi if QUADRIGRAMME.fullmatch(oi) else found.get("{oi}", ""),
            arcep if _ARCEP.fullmatch(arcep) else "",
        )


def _stands_in(folder: str, due: str) -> bool:
    """Tell whether a folder is the one due, one above it (a flat copy), or one below it that is no other flow's."""
    found, wanted = folder.split("/"), due.split("/")
    if len(found) <= len(wanted):
        return found == wanted[: len(found)]
    return found[: len(wanted)] == wanted and found[len(wanted)] != "PM"


# --- content -------------------------------------------------------------------------------------------------

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

    def __init__(self, files: Sequence[File]) -> None:
        self._files = files
        self._held: OrderedDict[int, Callable[[int], Mapping[str, str]]] = OrderedDict()

    def __call__(self, file: int, line: int) -> Mapping[str, str]:
        """Give the columns of the row that begins on a physical line of a file."""
        if file not in self._held:
            self._held[file] = _by_line(self._files[file])
            if len(self._held) > self._KEPT:
                self._held.popitem(last=False)
        self._held.move_to_end(file)
        return self._held[file](line)


def _by_line(file: File) -> Callable[[int], Mapping[str, str]]:
    """Give a function of the line; a file without quotes, under a right header, needs no reading of the rest of it."""
    if file.entry.size > _LARGE:
        return _streamed(file)
    data, table = file.entry.read(), load_table(file.flow)
    lines = data.replace(b"\r\n", b"\n").split(b"\n")
    names = tuple(lines[0].decode("utf-8", "replace").split(";"))
    if b'"' not in data and names == table.names and b"\r" not in b"".join(lines[:1]):
        return lambda line: dict(zip(names, lines[line - 1].decode("utf-8", "replace").split(";"), strict=False))
    rows = {row.line: row.values for row in read_rows(data, table, facts=file.facts).rows}
    return rows.__getitem__


def _streamed(file: File) -> Callable[[int], Mapping[str, str]]:
    source = Bytes(file.path, file.entry.open, file.entry.size)

    def row(line: int) -> Mapping[str, str]:
        from annexe5.contract.profile import load_profile  # noqa: PLC0415

        opened = cross_file(source, load_profile(), flow=file.flow)
        if opened is None:
            return {}
        found = opened.read(load_table(file.flow).names, lambda frame: frame.filter(pl.col(CROSS_LINE) == line))
        return {name: str(value) for name, value in found.row(0, named=True).items() if name != CROSS_LINE}

    return row
