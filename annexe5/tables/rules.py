"""Rules over rows, read from schemas/rules/*.toml: one row, rows sharing a key, or one file against another.

A rule with ``flows`` and ``then`` is a row rule; ``kind`` names the others. Everything is typed at load, against the
tables: a column that no table has is told with the rule and the key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from annexe5.contract.data import build
from annexe5.contract.paths import schemas_dir
from annexe5.contract.rules import raw_rules, rule
from annexe5.errors import ContractError
from annexe5.findings import Rule
from annexe5.tables import conditions
from annexe5.tables.conditions import ALWAYS, All, AnyOf, Condition, Not, Test, closure, columns_of
from annexe5.tables.schema import Table, load_tables, weakest

RuleKind = Literal["row", "unique", "same_in_group", "sum_in_group", "cross_file"]


class _Written(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)
    kind: RuleKind = "row"
    flows: tuple[str, ...]
    columns: tuple[str, ...] = ()
    when: Any = None
    then: Any = None
    key: tuple[str, ...] = ()
    total: str = ""
    sum: str = ""
    only: Any = None
    with_or_without: Any = None


@dataclass(frozen=True, slots=True)
class TableRule:
    """One rule over the rows of a table.

    ``leave_out`` says which rows a cross-row rule does not look at; ``total`` and ``sum`` are the two columns of a
    ``sum_in_group``, ``only`` the rows that add up, ``with_or_without`` those that may or may not be counted.
    """

    rule: Rule
    kind: RuleKind
    flows: tuple[str, ...]
    columns: tuple[str, ...]
    when: Condition = ALWAYS
    then: Condition = ALWAYS
    key: tuple[str, ...] = ()
    total: str = ""
    sum: str = ""
    leave_out: Condition | None = None
    only: Condition | None = None
    with_or_without: Condition | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """Give every column the rule looks at, each once."""
        found: dict[str, None] = dict.fromkeys(self.key)
        for condition in (self.when, self.then, self.leave_out, self.only, self.with_or_without):
            found.update(dict.fromkeys(columns_of(condition) if condition else ()))
        found.update(dict.fromkeys(name for name in (self.total, self.sum) if name))
        if self.kind != "row" or not found:
            found.update(dict.fromkeys(self.columns))
        return tuple(found)


@lru_cache(maxsize=1)
def load_table_rules() -> tuple[TableRule, ...]:
    """Give every rule over rows, in the order of the files; ContractError names file, rule and key."""
    found = []
    for ident, entry in raw_rules().items():
        if "flows" in entry and ("then" in entry or "kind" in entry):
            found.append(_read(ident, entry))
    return tuple(found)


@lru_cache(maxsize=64)
def rules_of(table: Table) -> tuple[TableRule, ...]:
    """Give the rules of a table that its columns allow, each worth no more than the columns it reads."""
    found = []
    for one in load_table_rules():
        if one.kind == "cross_file" or table.flow not in one.flows:
            continue
        if all(name in table.by_name for name in one.reads):
            trust = weakest(one.rule.confidence, *(table.by_name[name].trust("name") for name in one.reads))
            when = _in_any_case(one.when, table)
            found.append(replace(one, rule=replace(one.rule, confidence=trust), when=when))
    return tuple(found)


def _in_any_case(condition: Condition, table: Table) -> Condition:
    """Let a rule see ``ko`` where it says ``KO``, in the columns whose letter case nobody minds."""
    if isinstance(condition, Test):
        if condition.kind not in ("equals", "in", "not_in") or table.by_name[condition.column].case != "insensitive":
            return condition
        spelt = dict.fromkeys(way(one) for one in condition.argument for way in (str, str.lower, str.capitalize))
        return replace(condition, kind="in" if condition.kind == "equals" else condition.kind, argument=tuple(spelt))
    if isinstance(condition, Not):
        return Not(_in_any_case(condition.part, table))
    return replace(condition, parts=tuple(_in_any_case(part, table) for part in condition.parts))


def _read(ident: str, entry: Mapping[str, Any]) -> TableRule:
    path = schemas_dir() / "rules" / f"{entry['house']}.toml"
    written = build(_Written, dict(entry), path, ident)

    def typed(key: str) -> Condition | None:
        if entry.get(key) is None:
            return None
        try:
            return conditions.parse(entry[key])
        except (ValueError, TypeError) as reason:
            raise ContractError(f"{path} : {ident}.{key} : {reason}") from None

    made = TableRule(
        rule=rule(ident),
        kind=written.kind,
        flows=written.flows,
        columns=written.columns,
        when=typed("when") or ALWAYS,
        then=typed("then") or ALWAYS,
        key=written.key,
        total=written.total,
        sum=written.sum,
        leave_out=typed("except"),
        only=typed("only"),
        with_or_without=typed("with_or_without"),
    )
    if written.kind != "cross_file":
        _check(made, path.name)
    return made


def _check(made: TableRule, file: str) -> None:
    tables = load_tables()
    for flow in made.flows:
        if flow not in tables:
            raise ContractError(f"{file} : {made.rule.id}.flows : flux inconnu : {flow!r}.")
        unknown = [name for name in (*made.reads, *made.columns) if name not in tables[flow].by_name]
        if unknown:
            raise ContractError(f"{file} : {made.rule.id} : colonnes absentes de {flow} : {', '.join(unknown)}.")
    needed = {
        "row": made.then is not ALWAYS,
        "unique": bool(made.key),
        "same_in_group": bool(made.key and made.columns),
        "sum_in_group": bool(made.key and made.total and made.sum),
    }
    if not needed[made.kind]:
        raise ContractError(f"{file} : {made.rule.id} : il manque une clé à une règle {made.kind!r}.")


# --- one row -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RowBreach:
    """Where a row breaks a rule: the column blamed, and what it should have held."""

    column: str
    expected: str


RowCheck = Callable[[Sequence[str]], "list[RowBreach] | None"]


def row_check(made: TableRule, index: Mapping[str, int], facts: Mapping[str, str]) -> RowCheck:
    """Compile a row rule: a function of a row that gives its breaches, None when there are none."""
    when = closure(made.when, index, facts)
    then = closure(made.then, index, facts)
    explain = _explainer(made, index, facts)

    def check(row: Sequence[str]) -> list[RowBreach] | None:
        if not when(row) or then(row):
            return None
        return explain(row)

    return check


def _explainer(
    made: TableRule, index: Mapping[str, int], facts: Mapping[str, str]
) -> Callable[[Sequence[str]], list[RowBreach]]:
    """Blame each column whose own test fails; an alternative blames the first named column that is filled."""
    simple = _simple_tests(made.then)
    if simple is None:
        places = [(name, index[name]) for name in made.columns or columns_of(made.then)]

        def blame(row: Sequence[str]) -> list[RowBreach]:
            filled = next((name for name, place in places if row[place]), places[0][0])
            return [RowBreach(filled, "")]

        return blame
    each = [(test, closure(test, index, facts), conditions.expected_by(test, index, facts)) for test in simple]
    return lambda row: [RowBreach(test.column, expected(row)) for test, holds, expected in each if not holds(row)]


def _simple_tests(condition: Condition) -> tuple[Test, ...] | None:
    if isinstance(condition, Test):
        return (condition,)
    if isinstance(condition, All) and all(isinstance(part, Test) for part in condition.parts):
        return tuple(part for part in condition.parts if isinstance(part, Test))
    return None


def example_rows(table: Table, patches: Mapping[str, str] | Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Give the rows that a rule's ``good`` or ``bad`` stands for: the table's example, patched."""
    listed = [patches] if isinstance(patches, Mapping) else list(patches)
    return [{**table.example, **patch} for patch in listed]


__all__ = ["AnyOf", "RowBreach", "TableRule", "example_rows", "load_table_rules", "row_check", "rules_of"]
