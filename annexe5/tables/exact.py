"""The exact path: one record at a time, every rule, in Python. It defines what is right; the fast path only agrees."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, compress
from operator import call, ne, not_
from threading import Event

from annexe5.tables.cells import SPECIAL, CellCheck, cell_check, stray_check
from annexe5.tables.conditions import broken_by
from annexe5.tables.form import form
from annexe5.tables.groups import Ground, GroupRule, breach_of, group_rule
from annexe5.tables.header import Header, find_separator, read_header
from annexe5.tables.octets import LONG_LINE, Block, Source, blocks, first_lines, look
from annexe5.tables.records import Reading, read_record
from annexe5.tables.rules import RowCheck, TableRule, row_check, rules_of
from annexe5.tables.schema import Field, Table
from annexe5.tables.sure import ordinary, sure_pattern
from annexe5.tables.tally import Tally

# How many known-good values of one column are remembered: enough for codes and dates, bounded for identifiers.
_MEMO = 20_000
_MEMO_LENGTH = 64
# Past so many values of one column, matching one costs less than looking it up.
_FEW = 1_000

Keep = Callable[[int, Sequence[str], bool, Header], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a file is judged by: its table, the declared encoding, the facts its name gives (``date_fichier`` …)."""

    table: Table
    encoding: str = "utf-8"
    facts: Mapping[str, str] = field(default_factory=dict)


def judge(source: Source, asked: Asked, tally: Tally, keep: Keep | None = None) -> int:
    """Judge a whole file into ``tally`` and give its number of rows; ``keep`` sees every row that can be read.

    ``keep`` is called with the physical line, the cells, whether their number is the header's, and the header.
    """
    encoding = look(source, asked.encoding, tally, asked.table)
    if encoding.empty:
        return 0
    pieces = blocks(source, encoding)
    opened = open_sheet(first_lines(pieces), asked, tally, keep)
    if opened is None:
        return 0
    sheet, rest = opened
    read_into(chain([rest], pieces), sheet)
    sheet.finish()
    return sheet.rows


# --- lines and records ---------------------------------------------------------------------------------------


def lines_of(block: Block) -> list[str]:
    """Give the physical lines of a block without their LF; bytes that decode to nothing become lone surrogates."""
    lines = block.data.decode("utf-8", "surrogateescape").split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def read_into(pieces: Iterable[Block], sheet: Sheet) -> None:
    """Feed every record of the blocks to the sheet."""
    held: list[str] = []
    line = 0
    for block in pieces:
        if block.overlong:
            _take_records(held, line, sheet, complete=True)
            held = []
            sheet.give_up(block.line)
            continue
        plain = None if held else plain_lines(block, sheet.ending)
        if plain is not None:
            sheet.measure(plain, block.line)
            for number, text in enumerate(plain, start=block.line):
                sheet.take_plain(number, text)
            continue
        line = line if held else block.line
        fresh = lines_of(block)
        sheet.measure(fresh, block.line)
        held += fresh
        used = _take_records(held, line, sheet, complete=block.last, unended=block.last and bool(fresh))
        held, line = held[used:], line + used


def plain_lines(block: Block, ending: str) -> list[str] | None:
    """Give the lines of a block where a line is a record: no quote, one kind of line end. None for any other block."""
    data = block.data
    if block.last or b'"' in data:
        return None
    if b"\r" in data:
        count = data.count(b"\n")
        if ending != "\r\n" or data.count(b"\r") != count or data.count(b"\r\n") != count:
            return None
        data = data.replace(b"\r\n", b"\n")
    elif ending != "\n":
        return None
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    lines.pop()
    return lines


def _take_records(lines: list[str], first: int, sheet: Sheet, *, complete: bool, unended: bool = False) -> int:
    """Take the records that the lines hold whole, and give how many lines that was."""
    at, width, separator, count = 0, sheet.header.width, sheet.separator, len(lines)
    while at < count:
        reading = read_record(lines, at, width, separator, complete=complete)
        if reading is None:
            break
        at += reading.lines
        sheet.take(first + at - reading.lines, reading, ended=not (unended and at == count))
    return at


# --- the sheet -----------------------------------------------------------------------------------------------


def open_sheet(first: Block, asked: Asked, tally: Tally, keep: Keep | None = None) -> tuple[Sheet, Block] | None:
    """Read the header in the first block; give the sheet and the rest of the block, None when nothing can follow."""
    table = asked.table
    if first.overlong:
        tally.add(form("OCT-LIGNE-DEMESUREE", table), first.line)
        return None
    lines = lines_of(first)
    at = next((place for place, line in enumerate(lines) if line.strip()), len(lines))
    for blank in range(at):
        tally.add(form("STR-LIGNE-VIDE", table), blank + 1)
    if at == len(lines):
        tally.add(form("OCT-VIDE", table, expected="une ligne d'en-tête"), 1)
        return None
    separator = find_separator(lines[at], table)
    if separator != ";":
        shown = {"\t": "tabulation"}.get(separator, separator)
        tally.add(form("STR-SEPARATEUR", table, expected=";"), at + 1, shown)
    # A header stands on one line: a quote left open in it must not swallow rows.
    reading = read_record(lines[at : at + 1], 0, 0, separator, complete=True)
    if reading is None:  # pragma: no cover  # a complete reading always ends
        return None
    header = read_header(reading.cells, table, tally, version=asked.facts.get("version", ""), line=at + 1)
    if header.absent and not header.places:
        return None
    taken = at if header.absent else at + reading.lines
    sheet = Sheet(header, separator, reading.ending, asked, tally, keep)
    if not header.absent:
        sheet.tell_quotes(reading, at + 1)
        sheet.tell_characters(reading, at + 1)
    sheet.measure(lines[:taken], 1)
    # The last block of a source is its last line, without end; all others are whole lines.
    rest = "\n".join(lines[taken:]) if first.last else "".join(f"{line}\n" for line in lines[taken:])
    return sheet, Block(rest.encode("utf-8", "surrogateescape"), taken + 1, last=first.last)


@dataclass(frozen=True, slots=True)
class Compiled:
    """The checks that a header calls for: functions of a cell or of a row, without memory of any file."""

    checks: tuple[CellCheck, ...]
    sure: tuple[Callable[[str], object], ...]
    row_rules: tuple[TableRule, ...]
    group_rules: tuple[TableRule, ...]
    row_checks: tuple[tuple[TableRule, RowCheck], ...]
    breaks_a_rule: Callable[[Sequence[str]], bool]


@lru_cache(maxsize=64)
def compiled(
    table: Table, names: tuple[str | None, ...], titles: tuple[str, ...], facts: tuple[tuple[str, str], ...]
) -> Compiled:
    """Compile the checks once for all the files of a day that bear one header: most hold a handful of rows."""
    places = tuple(name and table.by_name[name] for name in names)
    index = {name: place for place, name in enumerate(names) if name}
    known = dict(facts)
    present = [one for one in rules_of(table) if all(name in index for name in one.reads)]
    rows = tuple(one for one in present if one.kind == "row")
    return Compiled(
        checks=tuple(
            cell_check(one, table, place) if one else stray_check(titles[place] or f"n° {place + 1}", table, place)
            for place, one in enumerate(places)
        ),
        sure=tuple(_sure(one or None) for one in places),
        row_rules=rows,
        group_rules=tuple(one for one in present if one.kind != "row"),
        row_checks=tuple((one, row_check(one, index, known)) for one in rows),
        breaks_a_rule=broken_by(((one.when, one.then) for one in rows), index, known),
    )


class Sheet:
    """One file being judged: its header, its compiled checks, and what has been seen of it so far."""

    def __init__(
        self, header: Header, separator: str, ending: str, asked: Asked, tally: Tally, keep: Keep | None = None
    ) -> None:
        table = header.table
        self.header = header
        self.table = table
        self.separator = separator
        self.ending = ending
        self.tally = tally
        self.rows = 0
        self.facts = asked.facts
        self._keep = keep
        self.other_endings = 0
        self.first_other = 0
        self.flat = header.width - header.trailing
        made = compiled(
            table, tuple(one and one.name for one in header.places), header.titles, tuple(asked.facts.items())
        )
        self.checks = made.checks
        self._good: tuple[set[str], ...] = tuple(set() for _check in self.checks)
        # Known values to begin with; past so many, the pattern of sure ones.
        self._tests: list[Callable[[str], object]] = [known.__contains__ for known in self._good]
        self._sure = made.sure
        self._places = range(header.width)
        self._above: Sequence[str | None] = [None] * header.width
        self.index = header.index
        self.row_rules = made.row_rules
        self.group_rules = made.group_rules
        self._row_checks = made.row_checks
        self._breaks_a_rule = made.breaks_a_rule
        self.unwanted = Event()
        self.collected: list[tuple[int, Sequence[str]]] = []
        ground = Ground(table, self.index, self.index, self.facts, tally)
        self._groups: tuple[GroupRule, ...] = tuple(group_rule(one, ground) for one in self.group_rules)

    def copy(self) -> Sheet:
        """Give a sheet for part of the file: rules across rows see nothing, rows are put by in ``collected``."""
        made = copy(self)
        made._keep = None  # noqa: SLF001  # same class
        return made

    def start(self, tally: Tally, unwanted: Event) -> None:
        """Begin a part of the file anew; ``unwanted`` is set when nobody waits for it any more."""
        self.tally = tally
        self.unwanted = unwanted
        self.rows = self.other_endings = self.first_other = 0
        self.collected = []
        self._groups = (_Collector(self.collected),)
        self._above = [None] * self.header.width

    # -- whole rows

    def take_plain(self, line: int, text: str) -> None:
        """Judge one line that is a record, without quotes and ended like the header."""
        cells = text.split(self.separator)
        if len(cells) == self.flat and cells[0]:
            self.rows += 1
            if self._keep:
                self._keep(line, cells, True, self.header)
            self.judge_row(line, cells)
        else:
            self.take(line, Reading(cells, 1, self.ending), ended=True)

    def take(self, line: int, reading: Reading, *, ended: bool) -> None:
        """Judge one record."""
        cells = reading.cells
        if len(cells) == 1 and reading.lines == 1 and not cells[0].strip() and self.header.width > 1:
            self.tell("STR-LIGNE-VIDE", line)
            return
        self.rows += 1
        if ended and reading.ending != self.ending:
            self.count_endings(1, line)
        if reading.problems:
            self.tell_quotes(reading, line)
        whole = self._measures(cells, line)
        if self._keep:
            self._keep(line, cells, whole, self.header)
        if whole:
            self.judge_row(line, cells)

    def _measures(self, cells: list[str], line: int) -> bool:
        """Tell a wrong number of cells, or a row with nothing in it; False when its cells cannot be placed."""
        count = len(cells)
        if count > self.flat and (any(cells[self.flat :]) or self._is_shifted(cells)):
            self.tell("STR-CHAMPS-EN-TROP", line, f"{count} champs", f"{self.flat} champs")
            return False
        if count < self.flat:
            self.tell("STR-CHAMPS-MANQUANTS", line, f"{count} champs", f"{self.flat} champs")
            return False
        if count not in (self.flat, self.header.width):
            self.tell("STR-SEPARATEUR-FINAL", line, f"{count - self.flat} séparateur(s) en fin de ligne", "aucun")
        if not any(cells):
            self.tell("STR-LIGNE-CREUSE", line, f"{count} champs vides", "au moins un champ rempli")
            return False
        return True

    def _is_shifted(self, cells: list[str]) -> bool:
        """Tell separators left at the end from one that stands inside a value and shifts all that follows it."""
        if len(cells) in (self.flat, self.header.width):
            return False
        return any(check(value) for check, value in zip(self.checks[: self.flat], cells, strict=False))

    def judge_row(self, line: int, cells: Sequence[str]) -> None:
        """Judge the cells of a row, then the row, then what it changes for the rows that share its keys."""
        wrong: list[int] = []
        # A cell like the one above needs no look when that one was right; all that runs outside Python but the loop,
        # which sees what no quick test knows.
        changed = [*compress(self._places, map(ne, cells, self._above))]
        tests = self._tests
        known = map(call, map(tests.__getitem__, changed), map(cells.__getitem__, changed))
        for place in compress(changed, map(not_, known)):
            value = cells[place]
            if self._learn(place, value):
                continue
            for breach in self.checks[place](value):
                self.tally.add(breach, line, value)
            wrong.append(place)
        self._above = cells if not wrong else [None if at in wrong else value for at, value in enumerate(cells)]
        if self._breaks_a_rule(cells):
            for made, check in self._row_checks:
                for one in check(cells) or ():
                    self.blame(made, line, one.column, cells[self.index[one.column]], one.expected)
        for group in self._groups:
            if not (group.settled and group.places.isdisjoint(changed)):
                group.add(line, cells)

    def _learn(self, place: int, value: str) -> bool:
        """Tell whether a value that the quick test of its column does not know is right, and remember it if it is."""
        known, sure = self._good[place], self._sure[place]
        if value in known:
            return True
        if sure(value):
            if len(known) < _FEW and len(value) <= _MEMO_LENGTH:
                known.add(value)
            else:
                self._tests[place] = sure
            return True
        if self.checks[place](value):
            return False
        if len(known) < _MEMO and len(value) <= _MEMO_LENGTH:
            known.add(value)
        return True

    def wrong(self, place: int, value: str) -> bool:
        """Tell whether a value of a column is wrong; right ones are remembered."""
        return not (self._tests[place](value) or self._learn(place, value))

    def blame(self, made: TableRule, line: int, column: str, value: str, expected: str) -> None:
        """Tell that a row breaks a row rule."""
        self.tally.add(breach_of(made, self.table, column, self.index[column]), line, value, expected=expected)

    # -- what is not one row

    def tell(self, ident: str, line: int, value: str | None = None, expected: str = "") -> None:
        """Tell a breach of structure on a line."""
        self.tally.add(form(ident, self.table), line, value, expected=expected)

    def tell_quotes(self, reading: Reading, line: int) -> None:
        """Tell the quotes that stand where no quote can."""
        for ident, place in reading.problems:
            breach = form(ident, self.table, _title(self.header, place), place)
            self.tally.add(breach, line, reading.cells[place])

    def tell_characters(self, reading: Reading, line: int) -> None:
        """Tell what no column name may hold."""
        for place, cell in enumerate(reading.cells):
            if SPECIAL.search(cell):
                for breach in stray_check(_title(self.header, place), self.table, place)(cell):
                    self.tally.add(breach, line, cell)

    def measure(self, lines: Sequence[str], first: int) -> None:
        """Tell lines that no receiver is held to read."""
        if lines and max(map(len, lines)) > LONG_LINE:
            for line, text in enumerate(lines, start=first):
                if len(text) > LONG_LINE:
                    self.tell("OCT-LIGNE-LONGUE", line, f"{len(text)} caractères", f"{LONG_LINE} au plus")

    def give_up(self, line: int) -> None:
        """Tell a line beyond measure: nothing of it is judged."""
        self.rows += 1
        self.tell("OCT-LIGNE-DEMESUREE", line)

    def count_endings(self, count: int, line: int) -> None:
        """Count records whose end of line is not the header's; ``line`` is the first of them."""
        self.other_endings += count
        self.first_other = min(self.first_other or line, line)

    def finish(self) -> None:
        """Tell what only the whole file shows."""
        for group in self._groups:
            group.finish()
        self.finish_file()

    def finish_file(self) -> None:
        """Tell mixed ends of line and a file without rows."""
        names = {"\n": "LF", "\r\n": "CRLF"}
        if self.other_endings:
            breach = form("OCT-FIN-LIGNE-MIXTE", self.table)
            other = "\r\n" if self.ending == "\n" else "\n"
            self.tally.add(
                breach,
                self.first_other,
                names[other],
                expected=f"{names[self.ending]} partout",
                count=self.other_endings,
            )
        if self.rows == 0:
            ident = "STR-SANS-COMMANDE" if self.table.minimum_rows else "STR-SANS-LIGNE"
            breach = form(ident, self.table, expected="au moins une ligne")
            self.tally.add(breach)


class _Collector:
    """Stands in for the rules across rows where another engine feeds them."""

    def __init__(self, rows: list[tuple[int, Sequence[str]]]) -> None:
        self.settled = False
        self.places: frozenset[int] = frozenset()
        self._rows = rows

    def add(self, line: int, row: Sequence[str]) -> None:
        self._rows.append((line, row))

    def finish(self) -> None:
        """Nothing is left to tell."""


def _sure(one: Field | None) -> Callable[[str], object]:
    """Give a quick test that only right cells pass."""
    pattern = ordinary() if one is None else sure_pattern(one, 1 << 30)
    return re.compile(pattern).fullmatch if pattern else lambda _value: False


def _title(header: Header, place: int) -> str:
    if place < len(header.places):
        one = header.places[place]
        return one.name if one else header.titles[place] or f"n° {place + 1}"
    return f"n° {place + 1}"
