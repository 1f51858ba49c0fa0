"""The exact path: one record at a time, every rule, in Python. It defines what is right; the fast path only agrees."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from annexe5.contract.rules import rule
from annexe5.tables.cells import CellCheck, cell_check, stray_check
from annexe5.tables.groups import breach_of, group_rule
from annexe5.tables.header import Header, find_separator, read_header
from annexe5.tables.octets import LONG_LINE, Block, Source, blocks, look
from annexe5.tables.records import Reading, read_record
from annexe5.tables.rules import RowCheck, TableRule, row_check, rules_of
from annexe5.tables.schema import Table
from annexe5.tables.tally import Breach, Tally

# How many known-good values of one column are remembered: enough for codes and dates, bounded for identifiers.
_MEMO = 20_000
_MEMO_LENGTH = 64

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
    encoding = look(source, asked.encoding, tally, asked.table.requirement)
    if encoding.empty:
        return 0
    pieces = blocks(source, encoding)
    opened = open_sheet(next(pieces), asked, tally, keep)
    if opened is None:
        return 0
    sheet, rest = opened
    for line, reading, ended in records(chain([rest], pieces), sheet):
        sheet.take(line, reading, ended=ended)
    sheet.finish()
    return sheet.rows


# --- lines and records ---------------------------------------------------------------------------------------


def lines_of(block: Block) -> list[str]:
    """Give the physical lines of a block without their LF; bytes that decode to nothing become lone surrogates."""
    lines = block.data.decode("utf-8", "surrogateescape").split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def records(pieces: Iterable[Block], sheet: Sheet) -> Iterator[tuple[int, Reading, bool]]:
    """Give every record with its first physical line and whether it ends with an end of line."""
    held: list[str] = []
    line = 0
    for block in pieces:
        if block.overlong:
            yield from _records_of(held, line, sheet, complete=True)
            held = []
            sheet.give_up(block.line)
            continue
        line = line if held else block.line
        fresh = lines_of(block)
        sheet.measure(fresh, block.line)
        held += fresh
        used = yield from _records_of(held, line, sheet, complete=block.last, unended=block.last and bool(fresh))
        held, line = held[used:], line + used


def _records_of(
    lines: list[str], first: int, sheet: Sheet, *, complete: bool, unended: bool = False
) -> Generator[tuple[int, Reading, bool], None, int]:
    at, width, separator, count = 0, sheet.header.width, sheet.separator, len(lines)
    while at < count:
        reading = read_record(lines, at, width, separator, complete=complete)
        if reading is None:
            break
        yield first + at, reading, not (unended and at + reading.lines == count)
        at += reading.lines
    return at


# --- the sheet -----------------------------------------------------------------------------------------------


def open_sheet(first: Block, asked: Asked, tally: Tally, keep: Keep | None = None) -> tuple[Sheet, Block] | None:
    """Read the header in the first block; give the sheet and the rest of the block, None when nothing can follow."""
    table = asked.table
    if first.overlong:
        tally.add(Breach(rule("OCT-LIGNE-DEMESUREE"), requirement=table.requirement), first.line)
        return None
    lines = lines_of(first)
    at = next((place for place, line in enumerate(lines) if line.strip()), len(lines))
    for blank in range(at):
        tally.add(Breach(rule("STR-LIGNE-VIDE"), requirement=table.requirement), blank + 1)
    if at == len(lines):
        tally.add(Breach(rule("OCT-VIDE"), expected="une ligne d'en-tête", requirement=table.requirement), 1)
        return None
    separator = find_separator(lines[at], table)
    if separator != ";":
        shown = {"\t": "tabulation"}.get(separator, separator)
        tally.add(Breach(rule("STR-SEPARATEUR"), expected=";", requirement=table.requirement), at + 1, shown)
    reading = read_record(lines, at, 0, separator, complete=True)
    if reading is None:  # pragma: no cover  # a complete reading always ends
        return None
    header = read_header(reading.cells, table, tally, version=asked.facts.get("version", ""), line=at + 1)
    if header.absent and not header.places:
        return None
    taken = at if header.absent else at + reading.lines
    sheet = Sheet(header, separator, reading.ending, asked, tally, keep)
    if not header.absent:
        sheet.tell_quotes(reading, at + 1)
    sheet.measure(lines[:taken], 1)
    # The last block of a source is its last line, without end; all others are whole lines.
    rest = "\n".join(lines[taken:]) if first.last else "".join(f"{line}\n" for line in lines[taken:])
    return sheet, Block(rest.encode("utf-8", "surrogateescape"), taken + 1, last=first.last)


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
        self._other_endings = 0
        self._first_other = 0
        self._flat = header.width - header.trailing
        self.checks: tuple[CellCheck, ...] = tuple(
            cell_check(one, table, place) if one else stray_check(_title(header, place), table, place)
            for place, one in enumerate(header.places)
        )
        self._good: tuple[set[str], ...] = tuple(set() for _check in self.checks)
        self.index = header.index
        present = [one for one in rules_of(table) if all(name in self.index for name in one.reads)]
        self.row_rules = tuple(one for one in present if one.kind == "row")
        self.group_rules = tuple(one for one in present if one.kind != "row")
        self._row_checks = tuple((one, row_check(one, self.index, self.facts)) for one in self.row_rules)
        self._groups = tuple(group_rule(one, table, self.index, self.facts, tally) for one in self.group_rules)

    # -- whole rows

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
        if count > self._flat and any(cells[self._flat :]):
            self.tell("STR-CHAMPS-EN-TROP", line, f"{count} champs", f"{self._flat} champs")
            return False
        if count < self._flat:
            self.tell("STR-CHAMPS-MANQUANTS", line, f"{count} champs", f"{self._flat} champs")
            return False
        if count not in (self._flat, self.header.width):
            self.tell("STR-SEPARATEUR-FINAL", line, f"{count - self._flat} séparateur(s) en fin de ligne", "aucun")
        if not any(cells):
            self.tell("STR-LIGNE-CREUSE", line, f"{count} champs vides", "au moins un champ rempli")
            return False
        return True

    def judge_row(self, line: int, cells: Sequence[str]) -> None:
        """Judge the cells of a row, then the row, then what it changes for the rows that share its keys."""
        good = self._good
        doubtful = [place for place, (known, value) in enumerate(zip(good, cells)) if value not in known]  # noqa: B905
        for place in doubtful:
            value = cells[place]
            found = self.checks[place](value)
            if not found:
                if len(good[place]) < _MEMO and len(value) <= _MEMO_LENGTH:
                    good[place].add(value)
                continue
            for breach in found:
                self.tally.add(breach, line, value)
        for made, check in self._row_checks:
            blamed = check(cells)
            if blamed:
                for one in blamed:
                    self.blame(made, line, one.column, cells[self.index[one.column]], one.expected)
        for group in self._groups:
            group.add(line, cells)

    def blame(self, made: TableRule, line: int, column: str, value: str, expected: str) -> None:
        """Tell that a row breaks a row rule."""
        self.tally.add(breach_of(made, self.table, column, self.index[column]), line, value, expected=expected)

    # -- what is not one row

    def tell(self, ident: str, line: int, value: str | None = None, expected: str = "") -> None:
        """Tell a breach of structure on a line."""
        self.tally.add(Breach(rule(ident), requirement=self.table.requirement), line, value, expected=expected)

    def tell_quotes(self, reading: Reading, line: int) -> None:
        """Tell the quotes that stand where no quote can."""
        for ident, place in reading.problems:
            breach = Breach(rule(ident), _title(self.header, place), place, requirement=self.table.requirement)
            self.tally.add(breach, line, reading.cells[place])

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
        self._other_endings += count
        self._first_other = min(self._first_other or line, line)

    def finish(self) -> None:
        """Tell what only the whole file shows."""
        for group in self._groups:
            group.finish()
        self.finish_file()

    def finish_file(self) -> None:
        """Tell mixed ends of line and a file without rows."""
        names = {"\n": "LF", "\r\n": "CRLF"}
        if self._other_endings:
            breach = Breach(rule("OCT-FIN-LIGNE-MIXTE"), requirement=self.table.requirement)
            other = "\r\n" if self.ending == "\n" else "\n"
            self.tally.add(
                breach,
                self._first_other,
                names[other],
                expected=f"{names[self.ending]} partout",
                count=self._other_endings,
            )
        if self.rows == 0:
            ident = "STR-SANS-COMMANDE" if self.table.minimum_rows else "STR-SANS-LIGNE"
            breach = Breach(rule(ident), requirement=self.table.requirement, expected="au moins une ligne")
            self.tally.add(breach)


def _title(header: Header, place: int) -> str:
    if place < len(header.places):
        one = header.places[place]
        return one.name if one else header.titles[place] or f"n° {place + 1}"
    return f"n° {place + 1}"


__all__ = ["Asked", "RowCheck", "Sheet", "judge", "lines_of", "open_sheet", "records"]
