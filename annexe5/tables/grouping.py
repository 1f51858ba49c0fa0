"""Rules across rows on polars: hashed keys while the file goes by, and the keys in doubt at its end.

Only hashes of 64 bits are kept (8 bytes a row for a key, 16 for a key and what it must agree on), or one line a group
for sums. A file whose groups are right is never read twice; otherwise the rows of the keys in doubt are read again and
the exact rule names them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import polars as pl

from annexe5.tables.conditions import Condition
from annexe5.tables.groups import Ground, GroupRule, group_rule
from annexe5.tables.predicates import can_hold, is_exact
from annexe5.tables.rules import TableRule

LINE = "line"
_KEY = "key"
# No column bears this name: the rule must see every row.
_NEVER = frozenset({""})
Name = Callable[[str], str]
Facts = Mapping[str, str]


class Grouping(Protocol):
    """One rule across rows, fed the frames of a file."""

    # Columns that, where they seldom change, let the rule see only the rows where one of them does.
    once_a_run: frozenset[str]

    def share(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Give what the rule keeps of a frame; runs in any thread."""

    def take(self, share: pl.DataFrame) -> None:
        """Keep a share."""

    def doubt(self) -> Doubt | None:
        """Give the keys that may break the rule, None when the file is right."""


def judged_here(made: TableRule) -> bool:
    """Tell whether polars can decide which rows the rule looks at."""
    return all(is_exact(one) for one in (made.leave_out, made.only, made.with_or_without) if one is not None)


def grouping(made: TableRule, name: Name, facts: Facts) -> Grouping:
    """Compile a rule across rows; ``name`` gives the frame's name of a column."""
    kinds: dict[str, type[_Unique | _Same | _Sum]] = {"unique": _Unique, "same_in_group": _Same, "sum_in_group": _Sum}
    return kinds[made.kind](made, name, facts)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Keys that may break a rule, by hash."""

    made: TableRule
    keys: pl.Series
    hashed: pl.Expr
    left_in: pl.Expr | None

    def rows(self, frame: pl.DataFrame, name: Name) -> Iterator[tuple[str, ...]]:
        """Give the rows in doubt: line, then the columns that the rule reads."""
        kept = frame if self.left_in is None else frame.filter(self.left_in)
        doubtful = kept.filter(self.hashed.is_in(self.keys.implode()))
        return doubtful.select(LINE, *(name(one) for one in self.made.reads)).sort(LINE).iter_rows()

    def exact(self, ground: Ground) -> GroupRule:
        """Give the exact rule for rows that hold the columns it reads, in that order."""
        return group_rule(self.made, replace(ground, index={one: at for at, one in enumerate(self.made.reads)}))


def _hash(names: list[str]) -> pl.Expr:
    return pl.col(names[0]).hash() if len(names) == 1 else pl.struct(names).hash()


class _Base:
    def __init__(self, made: TableRule, name: Name, facts: Facts) -> None:
        self._made = made
        self._facts = facts
        self._name = name
        self._hashed = _hash([name(one) for one in made.key])
        self._left_in = None if made.leave_out is None else ~self._holds(made.leave_out)
        self._shares: list[pl.DataFrame] = []
        self.once_a_run = _NEVER

    def _holds(self, condition: Condition) -> pl.Expr:
        return can_hold(condition, self._name, self._facts)

    def _rows(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Give the rows that the rule looks at, its own columns only."""
        mine = frame.select(LINE, *(self._name(one) for one in self._made.reads))
        if self._left_in is None:
            return mine
        kept = mine.select(self._left_in).to_series()
        return mine if kept.all() else mine.filter(kept)

    def take(self, share: pl.DataFrame) -> None:
        self._shares.append(share)

    def _all(self) -> pl.DataFrame:
        whole = pl.concat(self._shares)
        self._shares = []
        return whole

    def _doubt(self, keys: pl.Series) -> Doubt | None:
        return Doubt(self._made, keys.unique(), self._hashed, self._left_in) if len(keys) else None


class _Unique(_Base):
    def share(self, frame: pl.DataFrame) -> pl.DataFrame:
        return self._rows(frame).select(self._hashed.alias(_KEY))

    def doubt(self) -> Doubt | None:
        if not self._shares:
            return None
        keys = self._all().to_series().sort()
        return self._doubt(keys.filter(keys == keys.shift(1)))


class _Same(_Base):
    def __init__(self, made: TableRule, name: Name, facts: Facts) -> None:
        super().__init__(made, name, facts)
        self._agreed = _hash([name(one) for one in made.columns])
        self.once_a_run = frozenset(map(name, made.reads))

    def share(self, frame: pl.DataFrame) -> pl.DataFrame:
        return self._rows(frame).select(self._hashed.alias(_KEY), self._agreed.alias("agreed"))

    def doubt(self) -> Doubt | None:
        if not self._shares:
            return None
        pairs = self._all().sort(_KEY)
        apart = (pl.col(_KEY) == pl.col(_KEY).shift(1)) & (pl.col("agreed") != pl.col("agreed").shift(1))
        return self._doubt(pairs.filter(apart)[_KEY])


class _Sum(_Base):
    def __init__(self, made: TableRule, name: Name, facts: Facts) -> None:
        super().__init__(made, name, facts)
        amount, total = pl.col(name(made.sum)), name(made.total)
        only = pl.lit(value=True) if made.only is None else self._holds(made.only)
        optional = pl.lit(value=False) if made.with_or_without is None else self._holds(made.with_or_without)
        number = pl.when(_readable(amount)).then(amount).cast(pl.Int64, strict=False)
        self._aggregates = (
            pl.col(LINE).min(),
            pl.col(total).get(pl.col(LINE).arg_min()).alias("total"),
            number.filter(only).sum().alias("sum"),
            number.filter(only & ~optional).sum().alias("without"),
            (_readable(amount) | ~only).all().alias("readable"),
        )

    def share(self, frame: pl.DataFrame) -> pl.DataFrame:
        return self._rows(frame).group_by(self._hashed.alias(_KEY)).agg(*self._aggregates)

    def doubt(self) -> Doubt | None:
        if not self._shares:
            return None
        first = pl.col("total").get(pl.col(LINE).arg_min())
        groups = self._all().group_by(_KEY).agg(first, pl.col("sum", "without").sum(), pl.col("readable").all())
        total = pl.col("total").cast(pl.Int64, strict=False)
        wrong = (
            pl.col("readable") & _readable(pl.col("total")) & (total != pl.col("sum")) & (total != pl.col("without"))
        )
        return self._doubt(groups.filter(wrong)[_KEY])


def _readable(amount: pl.Expr) -> pl.Expr:
    return amount.str.contains("^[0-9]{1,9}$")
