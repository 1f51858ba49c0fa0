"""The fast path: a sound filter on polars; what it does not accept goes to the exact path.

A block of whole lines is cut into columns where its shape is proven: as many separators as so many right lines have,
and no line with more. Where the proof fails, or a quote stands in the block, lines are taken one by one against a
pattern of the shape, and those that differ (stray quote, value over several lines, missing cell, undecodable byte) are
read by the exact path itself. Cells are then judged by distinct value, with the exact cell check; row rules are polars
predicates whose suspects are judged by the exact rule, once per distinct combination; rules across rows are hashed
keys, and only keys in doubt are read again to name their rows. No CSV reader decides anything: left alone, polars pads
short rows and hides stray quotes.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, compress
from queue import SimpleQueue
from threading import Event
from typing import Any, Generic, Protocol, TypeVar, overload

import polars as pl

from annexe5.tables import exact
from annexe5.tables.exact import Asked, Sheet, open_sheet
from annexe5.tables.grouping import LINE, Doubt, Grouping, grouping, judged_here
from annexe5.tables.groups import Ground, breach_of
from annexe5.tables.octets import LONG_LINE, Block, Encoding, Source, blocks, first_lines, glance, look, tell_head
from annexe5.tables.predicates import can_fail, can_hold
from annexe5.tables.records import read_record
from annexe5.tables.rules import RowCheck, TableRule, row_check
from annexe5.tables.schema import Field
from annexe5.tables.sure import counts_length, ordinary, sure_pattern
from annexe5.tables.tally import Tally

# Bytes of a block: large enough for polars to run free, small enough for a few of them to stay in memory.
BLOCK = 12 << 20
_HEAD = 1 << 16
_WORKERS = 3

Made = TypeVar("Made")


class _Undecodable(Exception):  # noqa: N818  # a signal: the file must be looked at as a whole before going on
    """A byte that is no UTF-8 was met."""


class _NotForUs(Exception):  # noqa: N818  # a signal: the exact path takes the file
    """The file is of a kind that only the exact path reads."""


def judge(source: Source, asked: Asked, tally: Tally) -> int:
    """Judge a whole file into ``tally`` and give its number of rows; same findings as ``exact.judge``."""
    mine = Tally(tally.cap)
    head = glance(source)
    try:
        if head.empty or head.wide or asked.encoding != "utf-8":
            rows = _run(source, asked, look(source, asked.encoding, mine, asked.table), mine, damaged=True)
        else:
            tell_head(head, asked.encoding, mine, asked.table)
            rows = _run(source, asked, Encoding(skip=head.skip), mine, damaged=False)
    except _Undecodable:
        mine = Tally(tally.cap)
        try:
            rows = _run(source, asked, look(source, asked.encoding, mine, asked.table), mine, damaged=True)
        except _NotForUs:
            return exact.judge(source, asked, tally)
    except _NotForUs:
        return exact.judge(source, asked, tally)
    tally.merge(mine)
    return rows


def _run(source: Source, asked: Asked, encoding: Encoding, tally: Tally, *, damaged: bool) -> int:
    """Judge the blocks of a file; ``damaged`` says that bytes which decode to nothing have been allowed for."""
    if encoding.empty:
        return 0
    sheet, pieces = _open(source, encoding, asked, tally, damaged=damaged)
    plan = Plan.of(sheet)
    groups = [grouping(one, plan.name, sheet.facts) for one in sheet.group_rules]
    for part in _in_order(pieces, lambda block, worker: _judge_block(block, plan, worker, groups), plan, tally.cap):
        if part.undecodable and not damaged:
            raise _Undecodable
        tally.merge(part.tally)
        sheet.rows += part.rows
        if part.other_endings:
            sheet.count_endings(part.other_endings, part.first_other)
        for one, share in zip(groups, part.shares, strict=False):
            one.take(share)
    doubts = [doubt for one in groups if (doubt := one.doubt()) is not None]
    if doubts:
        _name(source, encoding, asked, plan, doubts, tally)
    sheet.finish_file()
    return sheet.rows


def _name(source: Source, encoding: Encoding, asked: Asked, plan: Plan, doubts: list[Doubt], tally: Tally) -> None:
    """Read the file again for the rows whose keys are in doubt, and let the exact rules name them."""
    _sheet, pieces = _open(source, encoding, asked, Tally(1), damaged=True)
    sheet = plan.sheet
    ground = Ground(sheet.table, sheet.index, sheet.index, sheet.facts, tally)
    rules = [doubt.exact(ground) for doubt in doubts]

    def find(block: Block, worker: Sheet) -> _Named:
        cut = _cut(block, worker, plan)
        frame = cut.everything(plan)
        return _Named([list(doubt.rows(frame, plan.name)) for doubt in doubts], cut.left)

    for part in _in_order(pieces, find, plan, 1):
        for one, rows in zip(rules, part.rows, strict=False):
            for row in rows:
                one.add(int(row[0]), [_restored(cell) for cell in row[1:]])
    for one in rules:
        one.finish()


# --- blocks in order -----------------------------------------------------------------------------------------


def _open(
    source: Source, encoding: Encoding, asked: Asked, tally: Tally, *, damaged: bool
) -> tuple[Sheet, Iterator[Block]]:
    """Read the header from the first lines; what follows them comes first in the blocks given back."""
    pieces = blocks(source, encoding, BLOCK)
    first = first_lines(pieces)
    if first.last or first.overlong:
        raise _NotForUs
    blank = len(first.data) - len(first.data.lstrip())
    end = first.data.find(b"\n", max(_HEAD, blank)) + 1
    if not damaged:
        _check_decodable(first.data[:end] if end else first.data)
    opened = open_sheet(Block(first.data[:end], first.line) if end else first, asked, tally)
    if opened is None:
        raise _NotForUs
    sheet, left = opened
    # A header of separators alone names no column: there would be no frame to look at.
    if sheet.separator != ";" or sheet.header.absent or sheet.header.width < 2 or not sheet.flat:  # noqa: PLR2004
        raise _NotForUs
    if not all(judged_here(one) for one in sheet.group_rules):
        raise _NotForUs
    start = Block(left.data + first.data[end:], left.line) if end else left
    return sheet, chain([start], pieces)


def _check_decodable(data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError:
        raise _Undecodable from None


class _Leftover(Protocol):
    """What a block gives, whatever it is: ``left`` is what it could not read without the lines that follow it."""

    @property
    def left(self) -> Block | None: ...


Part = TypeVar("Part", bound=_Leftover)
Work = Callable[[Block, Sheet], Part]


def _in_order(pieces: Iterator[Block], work: Work[Part], plan: Plan, cap: int | None) -> Iterator[Part]:
    """Do the work on every block, a few at a time, and give the results in order.

    A block that ends inside a quoted value is rare: what the next one made of its own start is then done again.
    """
    sheets: SimpleQueue[Sheet] = SimpleQueue()
    for _ in range(_WORKERS + 1):
        sheets.put(plan.sheet.copy())

    def on_a_sheet(block: Block, unwanted: Event) -> Part:
        sheet = sheets.get()
        sheet.start(Tally(cap), unwanted)
        try:
            return work(block, sheet)
        finally:
            sheets.put(sheet)

    waiting: deque[_Begun[Part]] = deque()
    left: Block | None = None
    with ThreadPoolExecutor(_WORKERS) as pool:
        try:
            for block in pieces:
                unwanted = Event()
                waiting.append(_Begun(block, unwanted, pool.submit(on_a_sheet, block, unwanted)))
                if len(waiting) > _WORKERS:
                    part = _joined(waiting.popleft(), left, on_a_sheet)
                    left = part.left
                    yield part
            while waiting:
                part = _joined(waiting.popleft(), left, on_a_sheet)
                left = part.left
                yield part
        finally:
            for begun in waiting:
                begun.unwanted.set()
            pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _Begun(Generic[Part]):
    block: Block
    unwanted: Event
    result: Future[Part]


def _joined(begun: _Begun[Part], left: Block | None, work: Callable[[Block, Event], Part]) -> Part:
    if left is None:
        return begun.result.result()
    begun.unwanted.set()
    begun.result.cancel()
    block = begun.block
    return work(Block(left.data + block.data, left.line, block.last, overlong=block.overlong), Event())


# --- the plan ------------------------------------------------------------------------------------------------

# Any cell that polars cuts as we do; a mark U+FEFF it would swallow, U+FFFD stands for bytes that are not UTF-8.
_OTHER = '[^;"\\r\\n\\x00\\x{feff}\\x{fffd}]*'
_OTHER_QUOTED = '"(?:[^"\\r\\n\\x00\\x{feff}\\x{fffd}]|"")*"'


@dataclass(frozen=True, slots=True)
class _RowRule:
    made: TableRule
    suspects: pl.Expr
    reads: tuple[str, ...]
    titles: frozenset[str]
    check: RowCheck


@dataclass(slots=True)
class Plan:
    """Everything compiled once for a file: the shape of a line, what sure cells match, the predicates of the rules."""

    sheet: Sheet
    shape: str
    unsure: tuple[pl.Expr, ...]
    rules: tuple[_RowRule, ...]
    _seen: _Looks | None = None
    _asked: int = 0

    @classmethod
    def of(cls, sheet: Sheet) -> Plan:
        """Compile the plan of a sheet."""
        cell = f"(?:{_OTHER}|{_OTHER_QUOTED})"
        shape = f"^{cell}(?:;{cell}){{{sheet.flat - 1}}}{';' * sheet.header.trailing}$"
        unsure = tuple(_unsure(one, place) for place, one in enumerate(sheet.header.places[: sheet.flat]))
        return cls(sheet, shape, unsure, tuple(_row_rule(one, sheet) for one in sheet.row_rules))

    def name(self, column: str) -> str:
        """Give the frame's name of a column."""
        return _title(self.sheet.index[column])

    def looks(self, frame: pl.DataFrame) -> _Looks:
        """Give what the columns look like, looked at again from time to time."""
        if self._seen is None or self._asked % _AGAIN == 0 or frame.height < _SAMPLE:
            self._seen = _Looks.of(frame, self.unsure)
        self._asked += 1
        return self._seen

    def rules_on(self, looks: _Looks, *, still: bool) -> list[_RowRule]:
        """Give the rules that read still columns only, or the others."""
        return [one for one in self.rules if (one.titles <= looks.titles) is still]


def _title(place: int) -> str:
    return f"c{place}"


def _unsure(one: Field | None, place: int) -> pl.Expr:
    """Give an expression true at least where a cell of the column is wrong."""
    cell = pl.col(_title(place))
    pattern = sure_pattern(one) if one else ordinary()
    if pattern is None:
        return pl.repeat(value=True, n=pl.len())
    wrong = ~cell.str.contains(f"^(?:{pattern})$")
    if one and one.max_length and not counts_length(one):
        wrong |= cell.str.len_bytes() > one.max_length
    return wrong


def _row_rule(made: TableRule, sheet: Sheet) -> _RowRule:
    def name(column: str) -> str:
        return _title(sheet.index[column])

    suspects = can_hold(made.when, name, sheet.facts) & can_fail(made.then, name, sheet.facts)
    reads = tuple(dict.fromkeys((*made.reads, *made.columns)))
    check = row_check(made, {column: at for at, column in enumerate(reads)}, sheet.facts)
    return _RowRule(made, suspects, reads, frozenset(map(name, reads)), check)


# --- one block: cutting --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Cut:
    """A block cut up: the columns of its regular rows, and the rows that the exact path has read and judged."""

    frame: pl.DataFrame
    taken: Sequence[tuple[int, Sequence[str]]] = ()
    left: Block | None = None
    undecodable: bool = False

    def everything(self, plan: Plan) -> pl.DataFrame:
        """Give the rows of the exact path after the regular ones."""
        if not self.taken:
            return self.frame
        cells = {_title(place): [_carried(row[place]) for _line, row in self.taken] for place in range(plan.sheet.flat)}
        schema = {LINE: pl.UInt32, **dict.fromkeys(cells, pl.String)}
        extra = pl.DataFrame({LINE: [line for line, _row in self.taken], **cells}, schema=schema)
        return pl.concat([self.frame.select(extra.columns), extra])


# polars holds no undecodable byte: a cell that has one goes through it in hexadecimal, after a mark of its own.
_MARK = "\x00\x01"


def _carried(cell: str) -> str:
    try:
        cell.encode()
    except UnicodeEncodeError:
        return _MARK + cell.encode("utf-8", "surrogateescape").hex()
    return cell


def _restored(cell: str) -> str:
    if not cell.startswith(_MARK):
        return cell
    return bytes.fromhex(cell.removeprefix(_MARK)).decode("utf-8", "surrogateescape")


def _cut(block: Block, sheet: Sheet, plan: Plan) -> _Cut:
    """Cut a block into columns; what cannot be goes through the exact path, into ``sheet``."""
    if block.overlong:
        sheet.give_up(block.line + block.data.count(b"\n"))
        block = Block(block.data, block.line, last=True)
    data = block.data.replace(b"\r\n", b"\n") if b"\r" in block.data else block.data
    if b'"' not in data and b"\r" not in data and not _has_long_line(data):
        frame = proven(data, block.feeds, plan.sheet)
        if frame is not None:
            numbers = pl.int_range(block.line, block.line + frame.height, dtype=pl.UInt32, eager=True)
            _count_endings(_Raw(block), numbers, plan.sheet.ending, sheet)
            return _Cut(frame.insert_column(frame.width, numbers.alias(LINE)))
    return _cut_by_line(block, data, sheet, plan)


def _has_long_line(data: bytes) -> bool:
    """Tell whether a line may be beyond measure: such a line fills at least one of these half-size windows."""
    step = LONG_LINE // 2
    return any(data.find(b"\n", at, at + step) < 0 for at in range(0, len(data) - step + 1, step))


def proven(data: bytes, feeds: int, sheet: Sheet) -> pl.DataFrame | None:
    """Cut quote-free lines into columns; None unless every line has the header's number of cells, and something.

    polars refuses a line with more cells and pads one with fewer: with the right number of separators in all, and as
    many rows as lines, none can be short.
    """
    count = feeds + (not data.endswith(b"\n"))
    if data.count(b";") != (sheet.header.width - 1) * count or data.startswith(b"\xef\xbb\xbf"):
        return None
    try:
        frame = as_columns(data, sheet.header.width, quoted=False)
    except pl.exceptions.PolarsError:
        return None
    for place in range(sheet.flat, sheet.header.width):
        if (frame.drop_in_place(_title(place)) != "").any():
            return None
    return None if frame.height != count or hollow(frame).any() else frame


def hollow(frame: pl.DataFrame) -> pl.Series:
    """Tell the rows with nothing in them."""
    empty = frame.to_series(0) == ""
    if not empty.any():
        return empty
    return frame.select(pl.all_horizontal(pl.all() == "")).to_series()


def as_columns(data: bytes, width: int, *, quoted: bool) -> pl.DataFrame:
    """Cut lines of a proven shape; an empty cell is an empty text."""
    return pl.read_csv(
        data,
        separator=";",
        quote_char='"' if quoted else None,
        has_header=False,
        schema={_title(place): pl.String for place in range(width)},
        empty_string_is_null=False,
    ).rechunk()  # a frame in pieces is put together again by every query on it


# --- one block: line by line ---------------------------------------------------------------------------------


class _Decoded(Sequence[str]):
    """Physical lines decoded when looked at: the exact path reads few of a block's."""

    def __init__(self, raw: list[bytes]) -> None:
        self._raw = raw

    def __len__(self) -> int:
        return len(self._raw)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...
    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        if isinstance(at, slice):
            return [one.decode("utf-8", "surrogateescape") for one in self._raw[at]]
        return self._raw[at].decode("utf-8", "surrogateescape")


class _Raw:
    """The physical lines of a block as they came, split only when they are needed."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self._split: list[bytes] | None = None

    @property
    def bytes(self) -> list[bytes]:
        if self._split is None:
            self._split = self.block.data.split(b"\n")
            if not self._split[-1]:
                self._split.pop()
        return self._split

    @property
    def lines(self) -> _Decoded:
        return _Decoded(self.bytes)

    @property
    def unended(self) -> bool:
        return bool(self.block.data) and not self.block.data.endswith(b"\n")

    def without_stray_return(self, count: int) -> pl.Series:
        """Tell the lines where no CR stands but before the LF."""
        data = self.block.data
        if data.count(b"\r") == data.count(b"\r\n"):
            return pl.repeat(True, count, dtype=pl.Boolean, eager=True)
        return pl.Series([b"\r" not in line[:-1] for line in self.bytes], dtype=pl.Boolean)


def _cut_by_line(block: Block, data: bytes, sheet: Sheet, plan: Plan) -> _Cut:
    """Take the lines of a regular shape together, and let the exact path read the others at once."""
    lines, undecodable = _lines(data)
    regular = lines.str.contains(plan.shape)
    raw = _Raw(block)
    if data is not block.data:
        regular &= raw.without_stray_return(len(lines))
    short = lines.str.len_bytes() <= 3 * plan.sheet.header.width
    if short.any():
        regular &= ~(short & (lines.str.strip_chars('";') == ""))
    regular, left = _read_the_others(raw, regular, sheet)
    _measure(raw, lines, left, sheet)
    numbers = pl.int_range(block.line, block.line + len(lines), dtype=pl.UInt32, eager=True)
    lines, numbers = lines.filter(regular), numbers.filter(regular)
    _count_endings(raw, numbers, plan.sheet.ending, sheet)
    frame = pl.DataFrame(schema={_title(place): pl.String for place in range(plan.sheet.header.width)})
    if len(lines):
        joined = (lines.str.join("\n").item() + "\n").encode()
        frame = as_columns(joined, plan.sheet.header.width, quoted=b'"' in data)
    if frame.height != len(lines):  # pragma: no cover  # a line that polars would cut otherwise than its shape says
        raise _NotForUs
    return _Cut(frame.insert_column(frame.width, numbers.alias(LINE)), sheet.collected, left, undecodable)


def _lines(data: bytes) -> tuple[pl.Series, bool]:
    """Give the lines of a block, and whether bytes of it decode to nothing (U+FFFD stands for them)."""
    if not data:
        return pl.Series(LINE, [], dtype=pl.String), False
    try:
        return pl.read_lines(io.BytesIO(data)).to_series(), False
    except pl.exceptions.ComputeError:
        replaced = data.decode("utf-8", "replace").encode()
        return pl.read_lines(io.BytesIO(replaced)).to_series(), True


def _read_the_others(raw: _Raw, regular: pl.Series, sheet: Sheet) -> tuple[pl.Series, Block | None]:
    """Let the exact path read every record that begins on a line that is not regular, and the lines it takes."""
    others = (~regular).arg_true()
    if not len(others):
        return regular, None
    lines, first, complete = raw.lines, raw.block.line, raw.block.last
    width, upto, left = sheet.header.width, 0, None
    swallowed: list[int] = []
    for at in others.to_list():
        if at < upto:
            continue
        if sheet.unwanted.is_set():
            break
        reading = read_record(lines, at, width, ";", complete=complete)
        if reading is None:
            left = Block(b"\n".join(raw.bytes[at:]) + b"\n", first + at)
            swallowed.extend(range(at, len(lines)))
            break
        upto = at + reading.lines
        swallowed.extend(range(at + 1, upto))
        sheet.take(first + at, reading, ended=not (raw.unended and upto == len(lines)))
    if swallowed:
        regular = regular.clone().scatter(swallowed, False)
    return regular, left


def _measure(raw: _Raw, lines: pl.Series, left: Block | None, sheet: Sheet) -> None:
    """Tell lines beyond measure, those left for the next block apart."""
    for at in (lines.str.len_bytes() > LONG_LINE).arg_true():
        if left is None or raw.block.line + at < left.line:
            sheet.measure([raw.lines[at]], raw.block.line + at)


def _count_endings(raw: _Raw, numbers: pl.Series, wanted: str, sheet: Sheet) -> None:
    """Count the regular lines that do not end like the header."""
    data, first = raw.block.data, raw.block.line
    if wanted == "\n" and b"\r" not in data:
        return
    count, returns = data.count(b"\n"), data.count(b"\r\n")
    others = returns if wanted == "\n" else count - returns
    if not others or not len(numbers):
        return
    ended = numbers.filter(numbers < first + count)
    if others < count:
        bare = pl.Series([line.endswith(b"\r") == (wanted == "\n") for line in raw.bytes[:count]], dtype=pl.Boolean)
        ended = ended.filter(bare.gather(ended - first))
    if len(ended):
        sheet.count_endings(len(ended), ended[0])


# --- one block: judging --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Judged:
    """What a block has shown."""

    tally: Tally
    rows: int
    other_endings: int
    first_other: int
    shares: list[pl.DataFrame]
    left: Block | None
    undecodable: bool


@dataclass(slots=True)
class _Named:
    """The rows of a block whose keys are in doubt, for each doubt."""

    rows: list[list[tuple[str, ...]]]
    left: Block | None


def _judge_block(block: Block, plan: Plan, sheet: Sheet, groups: Sequence[Grouping]) -> _Judged:
    cut = _cut(block, sheet, plan)
    frame, looks, heads = cut.frame, None, None
    if frame.height:
        looks = plan.looks(frame)
        heads = frame.filter(looks.changed)
        judge_cells(frame, heads, looks, sheet)
        judge_rules(frame, heads, looks, plan, sheet)
    whole = cut.everything(plan)
    steady = looks.titles if looks and not cut.taken else frozenset()
    shares = [one.share(heads if heads is not None and one.once_a_run <= steady else whole) for one in groups]
    rows = frame.height + sheet.rows
    return _Judged(sheet.tally, rows, sheet.other_endings, sheet.first_other, shares, cut.left, cut.undecodable)


# What a column looks like is guessed on so many rows, again every so many blocks.
_SAMPLE = 500
_FEW = 10
_AGAIN = 8


@dataclass(frozen=True, slots=True)
class _Looks:
    """What the columns of a file look like: decides how their values are looked over, never what is found.

    ``still`` columns mostly hold what they hold on the row above: all that is to be judged of them stands in the rows
    where one of them changes. ``others`` come with the expression of their values that may be wrong.
    """

    still: tuple[int, ...]
    titles: frozenset[str]
    changed: pl.Expr
    others: tuple[int, ...]
    values: tuple[pl.Expr, ...]

    @classmethod
    def of(cls, frame: pl.DataFrame, unsure: Sequence[pl.Expr]) -> _Looks:
        """Look at the first rows of a frame."""
        sample = frame.head(_SAMPLE)
        cells = [pl.col(_title(place)) for place in range(len(unsure))]
        changes = sample.select((cell != cell.shift(1)).sum() for cell in cells).row(0)
        distinct = sample.select(cell.n_unique() for cell in cells).row(0)
        still = tuple(place for place, count in enumerate(changes) if count * _FEW < sample.height)
        others = tuple(place for place in range(len(cells)) if place not in set(still))
        few = [distinct[place] * _FEW < sample.height for place in range(len(cells))]
        values = tuple(
            (cells[place] if few[place] else cells[place].filter(unsure[place])).unique().implode() for place in others
        )
        changed = pl.any_horizontal(pl.lit(value=False), *(cells[at].ne_missing(cells[at].shift(1)) for at in still))
        return cls(still, frozenset(map(_title, still)), changed, others, values)


def judge_cells(frame: pl.DataFrame, heads: pl.DataFrame, looks: _Looks, sheet: Sheet) -> None:
    """Judge each distinct value of each column once, with the exact check."""
    if looks.still:
        distinct = heads.select(pl.col(_title(place)).unique().implode() for place in looks.still).row(0)
        _judge_values(frame, looks.still, distinct, sheet)
    if looks.others:
        _judge_values(frame, looks.others, frame.select(looks.values).row(0), sheet)


def _judge_values(frame: pl.DataFrame, places: Sequence[int], values: Sequence[Sequence[str]], sheet: Sheet) -> None:
    for place, some in zip(places, values, strict=True):
        wrong = [value for value in some if sheet.wrong(place, value)]
        if wrong:
            title = _title(place)
            rows = frame.select(LINE, title).filter(pl.col(title).is_in(wrong))
            for value, count, lines in _distinct(rows, [title], sheet.tally.cap):
                for breach in sheet.checks[place](value):
                    sheet.tally.add_many(breach, count, ((line, value, None) for line in lines))


def _distinct(frame: pl.DataFrame, titles: list[str], cap: int | None) -> Iterator[tuple[Any, ...]]:
    """Give each distinct combination of columns, how many rows have it, and the lines of the first ones."""
    lines = pl.col(LINE) if cap is None else pl.col(LINE).head(cap)
    return frame.group_by(titles).agg(pl.len().alias("count"), lines).iter_rows()


def judge_rules(frame: pl.DataFrame, heads: pl.DataFrame, looks: _Looks, plan: Plan, sheet: Sheet) -> None:
    """Judge the rows that a row rule suspects, once per distinct combination of what the rule reads."""
    for rows, rules in ((heads, plan.rules_on(looks, still=True)), (frame, plan.rules_on(looks, still=False))):
        if rules:
            suspected = rows.select(one.suspects.any().alias(str(at)) for at, one in enumerate(rules)).row(0)
            for one in compress(rules, suspected):
                _judge_rule(frame, one, plan, sheet)


def _judge_rule(frame: pl.DataFrame, one: _RowRule, plan: Plan, sheet: Sheet) -> None:
    titles = [plan.name(column) for column in one.reads]
    rows = frame.select(LINE, *titles).filter(one.suspects)
    for *cells, count, lines in _distinct(rows, titles, sheet.tally.cap):
        for blamed in one.check(cells) or ():
            breach = breach_of(one.made, sheet.table, blamed.column, sheet.index[blamed.column])
            value = cells[one.reads.index(blamed.column)]
            sheet.tally.add_many(breach, count, [(line, value, blamed.expected) for line in lines])
