"""Rules over rows that share a key: unique, the same in a group, a total that is the group's sum.

Each is fed rows in the order of the file and blames the later row, the first one seen being the reference; a sum
blames the group's first row. The fast path feeds the same objects, with the rows of suspicious groups only.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Protocol

from annexe5.contract.requirements import load_requirements
from annexe5.tables.conditions import Check, closure
from annexe5.tables.rules import TableRule
from annexe5.tables.schema import Table
from annexe5.tables.tally import Breach, Tally

Key = Callable[[Sequence[str]], Hashable]


class GroupRule(Protocol):
    """What a cross-row rule is to an engine.

    While ``settled``, a row that holds in ``places`` what the row above holds has nothing new to say: it need not be
    added.
    """

    settled: bool
    places: frozenset[int]

    def add(self, line: int, row: Sequence[str]) -> None:
        """Take one row, with its physical line."""

    def finish(self) -> None:
        """Tell what only the whole file shows."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a cross-row rule stands on: the table, where columns are in the rows fed, the file's facts, the tally.

    ``positions`` places the columns in the file's header, by which findings of one line are ordered.
    """

    table: Table
    index: Mapping[str, int]
    positions: Mapping[str, int]
    facts: Mapping[str, str]
    tally: Tally


def group_rule(made: TableRule, ground: Ground) -> GroupRule:
    """Compile a cross-row rule."""
    kinds: dict[str, type[_Unique | _Same | _Sum]] = {"unique": _Unique, "same_in_group": _Same, "sum_in_group": _Sum}
    return kinds[made.kind](made, ground)


def clause_for(made: TableRule, table: Table) -> str:
    """Give the clause of a rule that speaks of this flow, when it has several."""
    known = load_requirements()
    named = [one for one in made.rule.requirements if table.flow in known[one].flows]
    concerned = [one for one in made.rule.requirements if known[one].concerns(table.flow)]
    return next(iter((*named, *concerned, *made.rule.requirements)), table.requirement)


def breach_of(made: TableRule, table: Table, column: str, place: int) -> Breach:
    """Give the breach of a rule at one column."""
    return Breach(made.rule, column, place, requirement=clause_for(made, table))


class _Base:
    def __init__(self, made: TableRule, ground: Ground) -> None:
        self._tally = ground.tally
        self.settled = False
        self.places = frozenset(ground.index[name] for name in made.reads)
        self._key: Key = itemgetter(*(ground.index[name] for name in made.key))
        self._out: Check | None = closure(made.leave_out, ground.index, ground.facts) if made.leave_out else None
        self._set_up(made, ground)

    def _set_up(self, made: TableRule, ground: Ground) -> None:
        """Prepare what this kind of rule needs besides its key."""

    def finish(self) -> None:
        """Nothing is left to tell once every row has been seen."""


class _Unique(_Base):
    def _set_up(self, made: TableRule, ground: Ground) -> None:
        column = (made.columns or made.key)[0]
        self._place = ground.index[column]
        self._breach = breach_of(made, ground.table, column, ground.positions[column])
        self._first: dict[Hashable, int] = {}

    def add(self, line: int, row: Sequence[str]) -> None:
        if self._out and self._out(row):
            return
        first = self._first.setdefault(self._key(row), line)
        if first != line:
            self._tally.add(self._breach, line, row[self._place], expected=str(first))


class _Same(_Base):
    def _set_up(self, made: TableRule, ground: Ground) -> None:
        self._breaches = [breach_of(made, ground.table, name, ground.positions[name]) for name in made.columns]
        # The key once more at the end: a getter of one place alone would not give a tuple.
        places = [ground.index[name] for name in (*made.columns, made.key[0])]
        self._values: Callable[[Sequence[str]], tuple[str, ...]] = itemgetter(*places)
        self._first: dict[Hashable, tuple[str, ...]] = {}

    def add(self, line: int, row: Sequence[str]) -> None:
        self.settled = True
        if self._out and self._out(row):
            return
        values = self._values(row)
        first = self._first.setdefault(self._key(row), values)
        if first != values:
            self.settled = False
            for breach, value, wanted in zip(self._breaches, values, first, strict=False):
                if value != wanted:
                    self._tally.add(breach, line, value, expected=wanted or "vide")


@dataclass(slots=True)
class _Total:
    line: int
    total: str
    sum: int = 0
    without: int = 0
    readable: bool = True


class _Sum(_Base):
    def _set_up(self, made: TableRule, ground: Ground) -> None:
        self._place = ground.index[made.total]
        self._breach = breach_of(made, ground.table, made.total, ground.positions[made.total])
        self._added = ground.index[made.sum]
        self._only = closure(made.only, ground.index, ground.facts) if made.only else None
        optional = made.with_or_without
        self._optional = closure(optional, ground.index, ground.facts) if optional else None
        self._groups: dict[Hashable, _Total] = {}

    def add(self, line: int, row: Sequence[str]) -> None:
        if self._out and self._out(row):
            return
        key = self._key(row)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Total(line, row[self._place])
        if self._only and not self._only(row):
            return
        amount = _number(row[self._added])
        if amount is None:
            group.readable = False
            return
        group.sum += amount
        if not (self._optional and self._optional(row)):
            group.without += amount

    def finish(self) -> None:
        for group in self._groups.values():
            if not group.readable or not readable(group.total):
                continue
            if int(group.total) not in (group.sum, group.without):
                both = {group.sum, group.without} if self._optional else {group.sum}
                expected = " ou ".join(str(one) for one in sorted(both))
                self._tally.add(self._breach, group.line, group.total, expected=expected)


@lru_cache(maxsize=4096)
def _number(amount: str) -> int | None:
    return int(amount) if readable(amount) else None


def readable(amount: str) -> bool:
    """Tell whether a cell adds up: at most nine ASCII digits; anything else is told by its own rule."""
    return 0 < len(amount) <= 9 and amount.isascii() and amount.isdigit()  # noqa: PLR2004
