"""Conditions of row rules as polars expressions: the second reading of ``conditions``.

A filter must never let a wrong row through, so each condition has two expressions: where it *can* hold and where it
*can* fail, each covering at least the rows where it does. Rows in doubt go to the Python reading. An empty cell is an
empty string here, never null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import and_, or_

import polars as pl

from annexe5.contract.rejects import load_rejects
from annexe5.tables.conditions import COMPARISONS, AnyOf, Condition, Not, Test, tests_of

Name = Callable[[str], str]
# What the files' names say: a text for one file, an expression (a column of the frame) where the frame holds several.
Facts = Mapping[str, str | pl.Expr]
_ALL = pl.lit(True)
_NONE = pl.lit(False)


def is_exact(condition: Condition) -> bool:
    """Tell whether ``can_hold`` is true exactly where the condition holds."""
    return all(test.kind not in COMPARISONS and test.kind != "motive" for test in tests_of(condition))


def can_hold(condition: Condition, name: Name, facts: Facts) -> pl.Expr:
    """Give an expression true at least where the condition holds; ``name`` gives the frame's name of a column."""
    if isinstance(condition, Test):
        return _test_holds(condition, name)
    if isinstance(condition, Not):
        return can_fail(condition.part, name, facts)
    parts = [can_hold(part, name, facts) for part in condition.parts]
    return _join(parts, any_of=isinstance(condition, AnyOf))


def can_fail(condition: Condition, name: Name, facts: Facts) -> pl.Expr:
    """Give an expression true at least where the condition does not hold."""
    if isinstance(condition, Test):
        return _test_fails(condition, name, facts)
    if isinstance(condition, Not):
        return can_hold(condition.part, name, facts)
    parts = [can_fail(part, name, facts) for part in condition.parts]
    return _join(parts, any_of=not isinstance(condition, AnyOf))


def _join(parts: list[pl.Expr], *, any_of: bool) -> pl.Expr:
    if not parts:
        return _NONE if any_of else _ALL
    return reduce(or_ if any_of else and_, parts)


def _test_holds(test: Test, name: Name) -> pl.Expr:
    cell = pl.col(name(test.column))
    if test.kind in COMPARISONS or test.kind == "motive":
        return _ALL
    if test.kind == "filled":
        return cell != ""
    if test.kind == "empty":
        return cell == ""
    if test.kind == "matches":
        return cell.str.contains(f"^(?:{test.argument[0]})$")
    if test.kind == "not_in":
        return (cell != "") & ~_member(cell, test.argument)
    return _member(cell, test.argument)


def _member(cell: pl.Expr, values: tuple[str, ...]) -> pl.Expr:
    # A few comparisons of short strings are faster than a look-up.
    return reduce(or_, (cell == value for value in values)) if len(values) <= 4 else cell.is_in(list(values))  # noqa: PLR2004


def _test_fails(test: Test, name: Name, facts: Facts) -> pl.Expr:
    cell = pl.col(name(test.column))
    if test.kind == "motive":
        return (cell != "") & ~cell.is_in(list(load_rejects()))
    if test.kind not in COMPARISONS:
        return ~_test_holds(test, name)
    other = test.argument[0]
    there = _fact(facts.get(other[1:], "")) if other.startswith("@") else pl.col(name(other))
    if there is None:
        return _NONE
    # A comparison fails only between two cells that can both be read; text order is that of dates, prefix included.
    fails = {
        "equals_column": cell != there,
        "date_not_after": cell > there,
        "date_not_before": cell < there,
        "months_after": _not_months_after(cell, there, test.months),
        "at_most_column": _number(cell) > _number(there),
    }[test.kind]
    return (cell != "") & (there != "") & fails.fill_null(value=False)


def _fact(said: str | pl.Expr) -> pl.Expr | None:
    if isinstance(said, pl.Expr):
        return said
    return pl.lit(said) if said else None


def _number(cell: pl.Expr) -> pl.Expr:
    return cell.cast(pl.Int64, strict=False)


def _not_months_after(late: pl.Expr, early: pl.Expr, months: int) -> pl.Expr:
    """Same day of the month, so many months on: anything else may still be right at the end of a month."""
    after, before = _number(late), _number(early)
    apart = (after // 10000 - before // 10000) * 12 + (after // 100 % 100 - before // 100 % 100)
    return (apart != months) | (after % 100 != before % 100)
