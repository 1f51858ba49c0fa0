"""Thousands of small files of one flow, judged together: what is paid once a file is paid once a block of them.

Files whose bytes are beyond doubt (one header, one kind of line end, known encoding, every row of the shape of a right
one) are put one after the other and judged by the fast path as one block; a finding is then given back to its file and
line. Any other file is handed back to be read by itself: findings are the same by construction.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Event

import polars as pl

from annexe5.findings import Finding
from annexe5.tables.conditions import COMPARISONS, tests_of
from annexe5.tables.exact import Asked, Sheet, open_sheet
from annexe5.tables.fast import BLOCK, Plan, as_columns, hollow, judge_cells, judge_rules, proven
from annexe5.tables.grouping import LINE, grouping, judged_here
from annexe5.tables.groups import breach_of
from annexe5.tables.octets import LONG_LINE, Block, from_bytes, look
from annexe5.tables.predicates import can_fail, can_hold
from annexe5.tables.rules import RowCheck, TableRule, row_check
from annexe5.tables.schema import Table
from annexe5.tables.tally import Tally

FILE = "file"
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_REPLACED = "\ufffd".encode()
Shapes = dict[tuple[bytes, str, bool], "_Shape | None"]


@dataclass(frozen=True, slots=True)
class Piece:
    """One whole file: ``number`` is the caller's, ``facts`` are those of its name."""

    number: int
    data: bytes
    facts: Mapping[str, str]


@dataclass(slots=True)
class Batch:
    """What some files hold: their rows (``FILE``, ``LINE``, columns asked for), what is wrong, who must be read alone.

    ``findings`` go with the number of their file; ``judged`` are the numbers of the files that the rows come from.
    """

    rows: pl.DataFrame
    findings: list[tuple[int, Finding]] = field(default_factory=list)
    judged: list[int] = field(default_factory=list)
    alone: list[Piece] = field(default_factory=list)


def judge_many(
    pieces: Iterable[Piece], table: Table, columns: Sequence[str], *, cap: int | None = None
) -> Iterator[Batch]:
    """Judge files of one table in blocks; ``cap`` bounds the findings of a rule on a column in a block, not counts."""
    shapes: Shapes = {}
    alone: list[Piece] = []
    for piece in pieces:
        body = _regular(piece.data, table)
        shape = _shape_of(piece, body, table, columns, shapes) if body else None
        if shape is None or body is None or not shape.fits(body):
            alone.append(piece)
            continue
        shape.held.append(_Held(piece, body))
        shape.size += len(body.data)
        if shape.size >= BLOCK:
            yield shape.flush(cap)
    for one in shapes.values():
        if one is not None and one.held:
            yield one.flush(cap)
    if alone:
        yield Batch(pl.DataFrame(), alone=alone)


# --- a file as it comes --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Body:
    """A file cut in two: its header as it stands, its rows in UTF-8 ended by LF, their number; what its bytes tell."""

    header: bytes
    data: bytes
    rows: int
    quoted: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Held:
    piece: Piece
    body: _Body

    @property
    def rows(self) -> int:
        return self.body.rows


def _regular(data: bytes, table: Table) -> _Body | None:
    """Cut a file whose bytes leave nothing to ask; None for any other."""
    findings: tuple[Finding, ...] = ()
    if not data.endswith(b"\n") or data.startswith(_MARKS) or not _is_utf8(data):
        tally = Tally()
        encoding = look(from_bytes(data), "utf-8", tally, table)
        if encoding.empty or encoding.old_mac or encoding.codec.startswith("utf-16"):
            return None
        data = data[encoding.skip :]
        data = data if encoding.codec == "utf-8" else data.decode(encoding.codec, "replace").encode()
        if not _is_utf8(data) or _REPLACED in data:
            return None
        data, findings = data if data.endswith(b"\n") else data + _ending(data), tally.findings()
    end = data.find(b"\n") + 1
    if end == len(data) or b"\0" in data or (len(data) > LONG_LINE and _has_long_line(data)):
        return None
    feeds, returns = data.count(b"\n"), data.count(b"\r")
    if returns and (returns != feeds or data.count(b"\r\n") != feeds):
        return None
    rows = data[end:].replace(b"\r\n", b"\n") if returns else data[end:]
    return _Body(data[:end], rows, feeds - 1, b'"' in rows, findings)


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _ending(data: bytes) -> bytes:
    """Give the last line the end that the first one has."""
    return b"\r\n" if b"\r\n" in data[: data.find(b"\n") + 1] else b"\n"


def _has_long_line(data: bytes) -> bool:
    step = LONG_LINE // 2
    return any(data.find(b"\n", at, at + step) < 0 for at in range(0, len(data) - step + 1, step))


def _shape_of(
    piece: Piece,
    body: _Body,
    table: Table,
    columns: Sequence[str],
    shapes: Shapes,
) -> _Shape | None:
    """Give the shape that a header stands for; what is wrong with the header is wrong with every file that has it."""
    key = (body.header, piece.facts.get("version", ""), body.quoted)
    if key not in shapes:
        shapes[key] = _Shape.of(body.header, key[1], table, columns)
    return shapes[key]


# --- files of one shape --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Shape:
    plan: Plan
    columns: tuple[str, ...]
    header: tuple[Finding, ...]
    by_fact: tuple[_FactRule, ...]
    held: list[_Held] = field(default_factory=list)
    size: int = 0

    @classmethod
    def of(cls, header: bytes, version: str, table: Table, columns: Sequence[str]) -> _Shape | None:
        tally = Tally()
        opened = open_sheet(Block(header, 1), Asked(table, "utf-8", {"version": version}), tally)
        if opened is None:
            return None
        sheet = opened[0]
        if sheet.separator != ";" or sheet.header.absent or sheet.header.width < 2 or sheet.header.trailing:  # noqa: PLR2004
            return None
        if not all(judged_here(one) for one in sheet.group_rules):
            return None
        plan = Plan.of(sheet)
        by_fact = tuple(_FactRule.of(one, plan) for one in sheet.row_rules if _facts_of(one))
        return cls(plan, tuple(columns), tally.findings(), by_fact)

    def fits(self, body: _Body) -> bool:
        """Tell whether a file has as many separators as so many rows have; quotes may hide some."""
        return body.quoted or body.data.count(b";") == (self.plan.sheet.header.width - 1) * body.rows

    def flush(self, cap: int | None) -> Batch:
        """Judge what is held, and hold nothing."""
        held, self.held, self.size = self.held, [], 0
        return self._judge(held, cap)

    def _judge(self, held: list[_Held], cap: int | None) -> Batch:
        count = sum(one.rows for one in held)
        frame = self._cut(b"".join(one.body.data for one in held), count, quoted=held[0].body.quoted)
        if frame is None:
            if len(held) == 1:
                return Batch(pl.DataFrame(), alone=[held[0].piece])
            half = len(held) // 2
            return _both(self._judge(held[:half], cap), self._judge(held[half:], cap))
        frame = self._numbered(frame, held)
        doubtful = self._doubtful(frame)
        batch = Batch(pl.DataFrame(), alone=[held[at].piece for at in doubtful])
        if doubtful:
            frame = frame.filter(~pl.col(FILE).is_in(doubtful))
        batch.judged = [one.piece.number for at, one in enumerate(held) if at not in doubtful]
        starts = _starts(held)
        batch.findings = [
            (held[at].piece.number, one)
            for at in range(len(held))
            if at not in doubtful
            for one in (*held[at].body.findings, *self.header)
        ]
        if frame.height:
            batch.findings += self._findings(frame, held, starts, cap)
        batch.rows = self._asked(frame, held, starts)
        return batch

    def _cut(self, data: bytes, count: int, *, quoted: bool) -> pl.DataFrame | None:
        """Cut rows into columns; None unless every row has the shape of a right one."""
        if not quoted:
            return proven(data, count, self.plan.sheet)
        lines = pl.read_lines(io.BytesIO(data)).to_series()
        if len(lines) != count or not lines.str.contains(self.plan.shape).all():
            return None
        frame = as_columns(data, self.plan.sheet.header.width, quoted=True)
        return None if frame.height != count or hollow(frame).any() else frame

    def _numbered(self, frame: pl.DataFrame, held: list[_Held]) -> pl.DataFrame:
        """Give each row its place in the block and its file's, and what the rules ask of the file's name."""
        counts = pl.DataFrame(
            {FILE: range(len(held)), "rows": [one.rows for one in held]}, schema_overrides={FILE: pl.UInt32}
        )
        files = counts.select(pl.col(FILE).repeat_by("rows").explode(keep_nulls=False, empty_as_null=False)).to_series()
        more = [files, pl.int_range(0, frame.height, dtype=pl.UInt32, eager=True).alias(LINE)]
        for fact in sorted({name for one in self.by_fact for name in one.facts}):
            said = pl.Series(_fact(fact), [one.piece.facts.get(fact, "") for one in held], dtype=pl.String)
            more.append(said.gather(files))
        return frame.hstack(more)

    def _doubtful(self, frame: pl.DataFrame) -> list[int]:
        """Give the files where two rows may break a rule across rows."""
        found: set[int] = set()
        for made in self.plan.sheet.group_rules:
            one = grouping(replace(made, key=(FILE, *made.key)), self._name, {})
            one.take(one.share(frame))
            doubt = one.doubt()
            if doubt is not None:
                lines = [int(row[0]) for row in doubt.rows(frame, self._name)]
                found.update(frame.get_column(FILE).gather(lines).to_list())
        return sorted(found)

    def _name(self, column: str) -> str:
        return FILE if column == FILE else self.plan.name(column)

    def _findings(
        self, frame: pl.DataFrame, held: list[_Held], starts: list[int], cap: int | None
    ) -> Iterator[tuple[int, Finding]]:
        sheet = self.plan.sheet.copy()
        sheet.start(Tally(cap), Event())
        looks = self.plan.looks(frame)
        heads = frame.filter(looks.changed)
        judge_cells(frame, heads, looks, sheet)
        judge_rules(frame, heads, looks, self.plan, sheet)
        for one in self.by_fact:
            one.judge(frame, self.plan, sheet)
        for finding in sheet.tally.findings():
            line = finding.line or 0
            at = bisect_right(starts, line) - 1
            yield held[at].piece.number, replace(finding, line=line - starts[at] + 2)

    def _asked(self, frame: pl.DataFrame, held: list[_Held], starts: list[int]) -> pl.DataFrame:
        numbers = pl.Series([one.piece.number for one in held], dtype=pl.UInt32)
        first = pl.Series(starts, dtype=pl.UInt32)
        files = frame.get_column(FILE)
        index = self.plan.sheet.index
        return pl.DataFrame(
            [
                numbers.gather(files).alias(FILE),
                (frame.get_column(LINE) - first.gather(files) + 2).alias(LINE),
                *(frame.get_column(self.plan.name(one)).alias(one) for one in self.columns if one in index),
            ]
        ).with_columns(pl.lit("").alias(one) for one in self.columns if one not in index)


def _starts(held: Sequence[_Held]) -> list[int]:
    """Give the place in the block of each file's first row."""
    found, at = [], 0
    for one in held:
        found.append(at)
        at += one.rows
    return found


def _both(one: Batch, other: Batch) -> Batch:
    frames = [part.rows for part in (one, other) if part.judged]
    rows = pl.concat(frames) if frames else pl.DataFrame()
    return Batch(rows, one.findings + other.findings, one.judged + other.judged, one.alone + other.alone)


# --- rules that ask something of the file's name -------------------------------------------------------------


def _fact(name: str) -> str:
    return f"@{name}"


def _facts_of(made: TableRule) -> tuple[str, ...]:
    """Give the facts of the file that a rule compares with."""
    tests = [*tests_of(made.when), *tests_of(made.then)]
    asked = [one.argument[0] for one in tests if one.kind in COMPARISONS and one.argument[0].startswith("@")]
    return tuple(dict.fromkeys(one[1:] for one in asked))


@dataclass(slots=True)
class _FactRule:
    """A row rule that compares with the file's name: judged once per distinct combination of cells and facts."""

    made: TableRule
    facts: tuple[str, ...]
    reads: tuple[str, ...]
    suspects: pl.Expr
    checks: dict[tuple[str, ...], RowCheck] = field(default_factory=dict)

    @classmethod
    def of(cls, made: TableRule, plan: Plan) -> _FactRule:
        facts = _facts_of(made)
        there = {name: pl.col(_fact(name)) for name in facts}
        suspects = can_hold(made.when, plan.name, there) & can_fail(made.then, plan.name, there)
        return cls(made, facts, tuple(dict.fromkeys((*made.reads, *made.columns))), suspects)

    def judge(self, frame: pl.DataFrame, plan: Plan, sheet: Sheet) -> None:
        titles = [plan.name(column) for column in self.reads]
        said = [_fact(name) for name in self.facts]
        rows = frame.lazy().filter(self.suspects).select(LINE, *titles, *said).collect()
        lines = pl.col(LINE) if sheet.tally.cap is None else pl.col(LINE).head(sheet.tally.cap)
        together = rows.group_by(*titles, *said).agg(pl.len().alias("count"), lines)
        for values in together.iter_rows():
            cells, facts = values[: len(titles)], values[len(titles) : -2]
            count, places = values[-2:]
            for blamed in self._check(facts)(cells) or ():
                breach = breach_of(self.made, sheet.table, blamed.column, sheet.index[blamed.column])
                value = cells[self.reads.index(blamed.column)]
                sheet.tally.add_many(breach, count, [(line, value, blamed.expected) for line in places])

    def _check(self, facts: tuple[str, ...]) -> RowCheck:
        if facts not in self.checks:
            index = {column: at for at, column in enumerate(self.reads)}
            self.checks[facts] = row_check(self.made, index, dict(zip(self.facts, facts, strict=True)))
        return self.checks[facts]
