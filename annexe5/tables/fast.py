"""The fast path: a sound filter on polars, line by line; what it does not accept goes to the exact path.

A block of whole lines goes through three sieves. One pattern for the whole line, made of the columns' sure patterns,
accepts nearly all of them. Lines it refuses whose quotes and separators are regular are cut into columns, and each
distinct suspicious value is judged once by the exact cell check. Any other line (stray quote, value over several
lines, missing cell, NUL, undecodable byte) is read by the exact path itself. Row rules are polars predicates whose
suspects are judged by the exact rule, once per distinct combination; rules across rows are hashed keys, and only keys
in doubt are read again to name their rows. No CSV reader decides anything: polars pads short rows and hides stray
quotes, so it only cuts lines whose shape has been proven.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import compress
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
from annexe5.tables.sure import counts_length, ordinary, sure_pattern
from annexe5.tables.tally import Tally

# Bytes of a block: large enough for polars to run free, small enough for a few of them to stay in memory.
BLOCK = 16 << 20
_FIRST_BLOCK = 1 << 20
_HEAD = 1 << 16
_WORKERS = 2
# A column that makes one line in five suspicious is watched by value instead of refusing its lines.
_SYSTEMIC = 5

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
            rows = _run(source, asked, look(source, asked.encoding, mine, asked.table.requirement), mine, damaged=True)
        else:
            tell_head(head, asked.encoding, mine, asked.table.requirement)
            rows = _run(source, asked, Encoding(skip=head.skip), mine, damaged=False)
    except _Undecodable:
        mine = Tally(tally.cap)
        try:
            rows = _run(source, asked, look(source, asked.encoding, mine, asked.table.requirement), mine, damaged=True)
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
    opened = _open(source, encoding, asked, tally, damaged=damaged)
    if opened is None:
        return 0
    sheet, pieces = opened
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
        plan.learn(part)
    doubts = [doubt for one in groups if (doubt := one.doubt()) is not None]
    if doubts:
        _name(source, encoding, asked, plan, doubts, tally)
    sheet.finish_file()
    return sheet.rows


def _name(source: Source, encoding: Encoding, asked: Asked, plan: Plan, doubts: list[Doubt], tally: Tally) -> None:
    """Read the file again for the rows whose keys are in doubt, and let the exact rules name them."""
    opened = _open(source, encoding, asked, Tally(1), damaged=True)
    if opened is None:
        return
    sheet = plan.sheet
    ground = Ground(sheet.table, sheet.index, sheet.index, sheet.facts, tally)
    rules = [doubt.exact(ground) for doubt in doubts]

    def find(block: Block, worker: Sheet) -> _Named:
        cut = _cut(block, plan, worker)
        frame = cut.everything(plan)
        return _Named([list(doubt.rows(frame, plan.name)) for doubt in doubts], cut.left)

    for part in _in_order(opened[1], find, plan, 1):
        for one, rows in zip(rules, part.rows, strict=False):
            for row in rows:
                one.add(int(row[0]), [_restored(cell) for cell in row[1:]])
    for one in rules:
        one.finish()


# --- blocks in order -----------------------------------------------------------------------------------------


def _open(
    source: Source, encoding: Encoding, asked: Asked, tally: Tally, *, damaged: bool
) -> tuple[Sheet, Iterator[Block]] | None:
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
        return None
    sheet, left = opened
    if sheet.separator != ";" or sheet.header.absent or sheet.header.width < 2:  # noqa: PLR2004
        raise _NotForUs
    if not all(judged_here(one) for one in sheet.group_rules):
        raise _NotForUs
    start = Block(left.data + first.data[end:], left.line) if end else left
    return sheet, _starting_small(start, pieces)


def _check_decodable(data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError:
        raise _Undecodable from None


def _starting_small(first: Block, rest: Iterator[Block]) -> Iterator[Block]:
    """Cut a small piece off the first block: what is wrong on every line is learnt on it."""
    cut = first.data.find(b"\n", _FIRST_BLOCK) + 1
    if cut and not first.last:
        yield Block(first.data[:cut], first.line)
        yield Block(first.data[cut:], first.line + first.data.count(b"\n", 0, cut))
    else:
        yield first
    yield from rest


class _Leftover(Protocol):
    """What a block gives, whatever it is: ``left`` is what it could not read without the lines that follow it."""

    @property
    def left(self) -> Block | None: ...


Part = TypeVar("Part", bound=_Leftover)
Work = Callable[[Block, Sheet], Part]


def _in_order(pieces: Iterator[Block], work: Work[Part], plan: Plan, cap: int | None) -> Iterator[Part]:
    """Do the work on every block, two at a time, and give the results in order.

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
                if len(waiting) > _WORKERS or plan.learning:
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
    check: RowCheck


@dataclass(frozen=True, slots=True)
class Sieve:
    """The pattern of a whole line, where no cell is quoted and where cells may be.

    ``watched`` columns pass at any value: they are judged by value on every line.
    """

    plain: str
    quoted: str
    watched: frozenset[int]


@dataclass(slots=True)
class Plan:
    """Everything compiled once for a file: patterns, predicates, columns to cut out.

    ``uncounted`` columns have a length that the pattern does not bound; ``sieve`` is what a block is put through.
    """

    sheet: Sheet
    patterns: tuple[str | None, ...]
    shape: str
    rules: tuple[_RowRule, ...]
    read: frozenset[int]
    uncounted: Mapping[int, int]
    sieve: Sieve
    learning: bool = True

    @classmethod
    def of(cls, sheet: Sheet) -> Plan:
        """Compile the plan of a sheet."""
        places = sheet.header.places[: sheet.flat]
        patterns = tuple(sure_pattern(one) if one else ordinary() for one in places)
        cell = f"(?:{_OTHER}|{_OTHER_QUOTED})"
        shape = f"^{cell}(?:;{cell}){{{sheet.flat - 1}}}{_trailing(sheet)}$"
        rules = tuple(_row_rule(one, sheet) for one in sheet.row_rules)
        read = {sheet.index[name] for one in rules for name in one.reads}
        read |= {sheet.index[name] for one in sheet.group_rules for name in one.reads}
        uncounted = {
            place: one.max_length
            for place, one in enumerate(places)
            if one and one.max_length and not counts_length(one)
        }
        watched = frozenset(place for place, pattern in enumerate(patterns) if pattern is None)
        return cls(
            sheet, patterns, shape, rules, frozenset(read), uncounted, _sieve(patterns, watched, _trailing(sheet))
        )

    def name(self, column: str) -> str:
        """Give the frame's name of a column."""
        return _title(self.sheet.index[column])

    def learn(self, part: _Judged) -> None:
        """Watch from now on the columns that make too many lines suspicious."""
        self.learning = False
        often = {place for place, count in part.suspicious.items() if count * _SYSTEMIC > part.rows}
        if often - self.sieve.watched:
            self.sieve = _sieve(self.patterns, self.sieve.watched | often, _trailing(self.sheet))


def _sieve(patterns: Sequence[str | None], watched: frozenset[int], trailing: str) -> Sieve:
    cells = [_OTHER if at in watched or not one else one for at, one in enumerate(patterns)]
    quoted = ";".join(f'(?:{cell}|"{cell}")' for cell in cells)
    return Sieve(f"^{';'.join(cells)}{trailing}$", f"^{quoted}{trailing}$", watched)


def _trailing(sheet: Sheet) -> str:
    return f"(?:;{{{sheet.header.trailing}}})?" if sheet.header.trailing else ""


def _title(place: int) -> str:
    return f"c{place}"


def _row_rule(made: TableRule, sheet: Sheet) -> _RowRule:
    def name(column: str) -> str:
        return _title(sheet.index[column])

    suspects = can_hold(made.when, name, sheet.facts) & can_fail(made.then, name, sheet.facts)
    reads = tuple(dict.fromkeys((*made.reads, *made.columns)))
    check = row_check(made, {column: at for at, column in enumerate(reads)}, sheet.facts)
    return _RowRule(made, suspects, reads, check)


# --- one block: cutting --------------------------------------------------------------------------------------


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


@dataclass(slots=True)
class _Cut:
    """A block cut up: its regular lines with their numbers, which of them are sure, the columns cut out of them.

    ``taken`` are the rows that the exact path has read and judged.
    """

    lines: pl.Series
    sure: pl.Series
    frame: pl.DataFrame
    sieve: Sieve
    quoted: bool
    longest: int
    taken: list[tuple[int, Sequence[str]]]
    left: Block | None
    undecodable: bool

    def everything(self, plan: Plan) -> pl.DataFrame:
        """Give the columns that rules across rows read, of all rows, those of the exact path last."""
        if not self.taken:
            return self.frame
        cells = {_title(place): [_carried(row[place]) for _line, row in self.taken] for place in sorted(plan.read)}
        schema = {LINE: pl.UInt32, **dict.fromkeys(cells, pl.String)}
        extra = pl.DataFrame({LINE: [line for line, _row in self.taken], **cells}, schema=schema)
        return pl.concat([self.frame.select(extra.columns), extra])


# polars holds no undecodable byte: a cell that has one goes through it in hexadecimal, after a mark no cell begins with.
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


def _cut(block: Block, plan: Plan, sheet: Sheet) -> _Cut:
    """Sort the lines of a block: sure, regular, or for the exact path, which reads them at once into ``sheet``."""
    sieve = plan.sieve
    if block.overlong:
        sheet.give_up(block.line + block.data.count(b"\n"))
        block = Block(block.data, block.line, last=True)
    data = block.data.replace(b"\r\n", b"\n") if b"\r" in block.data else block.data
    quoted = b'"' in data
    lines, undecodable = _lines(data)
    sizes = lines.str.len_bytes()
    sure = lines.str.contains(sieve.quoted if quoted else sieve.plain)
    regular = _regular(lines, sizes, sure, plan)
    raw = _Raw(block)
    if data is not block.data:
        regular &= raw.without_stray_return(len(lines))
    regular, left = _read_the_others(raw, regular, sheet)
    longest = int(sizes.max() or 0)  # type: ignore[arg-type]
    if longest > LONG_LINE:
        for at in (sizes > LONG_LINE).arg_true():
            if left is None or block.line + at < left.line:
                sheet.measure([raw.lines[at]], block.line + at)
    numbers = pl.int_range(block.line, block.line + len(lines), dtype=pl.UInt32, eager=True)
    if not regular.all():
        data, lines, sure, numbers = b"", lines.filter(regular), sure.filter(regular), numbers.filter(regular)
    _count_endings(raw, numbers, plan.sheet.ending, sheet)
    places = plan.read | sieve.watched | {place for place, most in plan.uncounted.items() if longest > most}
    frame = _columns(data or _bytes(lines), len(lines), places, plan.sheet, quoted=quoted)
    frame = frame.with_columns(numbers.alias(LINE))
    return _Cut(lines, sure, frame, sieve, quoted, longest, sheet.collected, left, undecodable)


def _lines(data: bytes) -> tuple[pl.Series, bool]:
    """Give the lines of a block, and whether bytes of it decode to nothing (U+FFFD stands for them)."""
    if not data:
        return pl.Series(LINE, [], dtype=pl.String), False
    try:
        return pl.read_lines(io.BytesIO(data)).to_series(), False
    except pl.exceptions.ComputeError:
        replaced = data.decode("utf-8", "replace").encode()
        return pl.read_lines(io.BytesIO(replaced)).to_series(), True


def _regular(lines: pl.Series, sizes: pl.Series, sure: pl.Series, plan: Plan) -> pl.Series:
    """Tell the lines whose quotes and separators are as they should be, with something in them."""
    regular = sure
    doubtful = (~sure).arg_true()
    if len(doubtful):
        fitting = lines.gather(doubtful).str.contains(plan.shape)
        regular = sure.clone().scatter(doubtful.filter(fitting), True)
    short = sizes <= 3 * plan.sheet.header.width
    if short.any():
        at = short.arg_true()
        hollow = lines.gather(at).str.strip_chars('";') == ""
        if hollow.any():
            regular = regular.clone().scatter(at.filter(hollow), False)
    return regular


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


def _count_endings(raw: _Raw, numbers: pl.Series, wanted: str, sheet: Sheet) -> None:
    """Count the regular lines that do not end like the header."""
    data, first = raw.block.data, raw.block.line
    count = data.count(b"\n")
    returns = data.count(b"\r\n") if b"\r" in data else 0
    others = returns if wanted == "\n" else count - returns
    if not others or not len(numbers):
        return
    ended = numbers.filter(numbers < first + count)
    if others < count:
        bare = pl.Series([line.endswith(b"\r") == (wanted == "\n") for line in raw.bytes[:count]], dtype=pl.Boolean)
        ended = ended.filter(bare.gather(ended - first))
    if len(ended):
        sheet.count_endings(len(ended), ended[0])


def _bytes(lines: pl.Series) -> bytes:
    return (lines.str.join("\n").item() or "").encode() if len(lines) else b""


def _columns(
    data: bytes, height: int, places: frozenset[int] | set[int], sheet: Sheet, *, quoted: bool
) -> pl.DataFrame:
    """Cut columns out of regular lines."""
    chosen = sorted(places) or [0]
    if not height:
        return pl.DataFrame(schema=dict.fromkeys(map(_title, chosen), pl.String))
    frame = pl.read_csv(
        data,
        separator=";",
        quote_char='"' if quoted else None,
        has_header=False,
        schema={_title(place): pl.String for place in range(sheet.header.width)},
        columns=chosen,
        empty_string_is_null=False,
    )
    if frame.height != height:  # pragma: no cover  # a line that polars would cut otherwise than its shape says
        raise _NotForUs
    return frame


# --- one block: judging --------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Judged:
    """What a block has shown."""

    tally: Tally
    rows: int
    other_endings: int
    first_other: int
    shares: list[pl.DataFrame]
    suspicious: Mapping[int, int]
    left: Block | None
    undecodable: bool


@dataclass(slots=True)
class _Named:
    """The rows of a block whose keys are in doubt, for each doubt."""

    rows: list[list[tuple[str, ...]]]
    left: Block | None


def _judge_block(block: Block, plan: Plan, sheet: Sheet, groups: Sequence[Grouping]) -> _Judged:
    cut = _cut(block, plan, sheet)
    suspicious = _judge_doubtful(cut, plan, sheet)
    _judge_watched(cut, plan, sheet)
    _judge_rules(cut.frame, plan, sheet)
    frame = cut.everything(plan)
    shares = [one.share(frame) for one in groups]
    rows = len(cut.lines) + sheet.rows
    return _Judged(
        sheet.tally, rows, sheet.other_endings, sheet.first_other, shares, suspicious, cut.left, cut.undecodable
    )


def _judge_doubtful(cut: _Cut, plan: Plan, sheet: Sheet) -> Mapping[int, int]:
    """Judge the cells of regular lines that are not sure; give how many lines each column made suspicious."""
    lines = cut.lines.filter(~cut.sure)
    if not len(lines):
        return {}
    places = frozenset(range(sheet.flat)) - cut.sieve.watched
    frame = _columns(_bytes(lines), len(lines), places, plan.sheet, quoted=cut.quoted)
    frame = frame.with_columns(cut.frame[LINE].filter(~cut.sure))
    suspicious = {}
    for place in sorted(places):
        pattern = plan.patterns[place]
        wrong = ~pl.col(_title(place)).str.contains(f"^(?:{pattern})$")
        if place in plan.uncounted:
            wrong |= pl.col(_title(place)).str.len_chars() > plan.uncounted[place]
        suspicious[place] = _judge_values(frame.select(LINE, _title(place)).filter(wrong), place, sheet)
    return suspicious


def _judge_watched(cut: _Cut, plan: Plan, sheet: Sheet) -> None:
    """Judge the columns whose values the line's pattern lets by: watched ones, and long texts on sure lines."""
    for place in sorted(cut.sieve.watched):
        _judge_values(cut.frame.select(LINE, _title(place)), place, sheet)
    for place, most in sorted(plan.uncounted.items()):
        if cut.longest > most and place not in cut.sieve.watched:
            long = cut.sure & (cut.frame[_title(place)].str.len_bytes() > most)
            _judge_values(cut.frame.select(LINE, _title(place)).filter(long), place, sheet)


def _judge_values(frame: pl.DataFrame, place: int, sheet: Sheet) -> int:
    """Judge each distinct value of a column once; give the number of cells looked at."""
    if frame.height:
        check = sheet.checks[place]
        for value, count, lines in _distinct(frame, [_title(place)], sheet.tally.cap):
            for breach in check(value):
                sheet.tally.add_many(breach, count, ((line, value, None) for line in lines))
    return frame.height


def _distinct(frame: pl.DataFrame, titles: list[str], cap: int | None) -> Iterator[tuple[Any, ...]]:
    """Give each distinct combination of columns, how many rows have it, and the lines of the first ones."""
    lines = pl.col(LINE) if cap is None else pl.col(LINE).head(cap)
    return frame.group_by(titles).agg(pl.len().alias("count"), lines).iter_rows()


def _judge_rules(frame: pl.DataFrame, plan: Plan, sheet: Sheet) -> None:
    """Judge the rows that a row rule suspects, once per distinct combination of what the rule reads."""
    if not plan.rules or not frame.height:
        return
    asked = [one.suspects.any().alias(str(at)) for at, one in enumerate(plan.rules)]
    suspected = frame.lazy().select(asked).collect().row(0)
    for one in compress(plan.rules, suspected):
        titles = [plan.name(column) for column in one.reads]
        for *cells, count, lines in _distinct(frame.filter(one.suspects), titles, sheet.tally.cap):
            for blamed in one.check(cells) or ():
                breach = breach_of(one.made, sheet.table, blamed.column, sheet.index[blamed.column])
                value = cells[one.reads.index(blamed.column)]
                sheet.tally.add_many(breach, count, [(line, value, blamed.expected) for line in lines])
