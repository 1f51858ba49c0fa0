"""A batch of files, the checks that compare them, and the telling of what they find.

A check is a function of a batch registered under the ids of the rules it judges; it tells places to a ``Teller``, which
keeps the first ones of each file and counts the others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeVar

import polars as pl

from annexe5.contract.profile import Profile, load_profile
from annexe5.contract.rules import raw_rules, rule
from annexe5.findings import Finding, Rule
from annexe5.tables.crossfile.frames import EXPECTED, RECEIVED
from annexe5.tables.crossfile.reading import LINE, CrossFile
from annexe5.tables.schema import load_table, weakest
from annexe5.tables.tally import Breach, Tally

SAMPLES = 1000

Held = TypeVar("Held")
Check = Callable[["Batch", "Teller"], None]
_CHECKS: dict[str, Check] = {}


def check(*idents: str) -> Callable[[Check], Check]:
    """Register a check under the rules it judges."""

    def register(function: Check) -> Check:
        for ident in idents:
            _CHECKS[ident] = function
        return function

    return register


def registered() -> Mapping[str, Check]:
    """Give the check of each rule between files, by rule id."""
    return MappingProxyType(_CHECKS)


def cross_check(
    files: Sequence[CrossFile],
    profile: Profile | None = None,
    *,
    samples: int | None = SAMPLES,
    rules: Collection[str] | None = None,
) -> list[Finding]:
    """Judge a batch: findings by file, then by line; rules that find nothing to compare say nothing.

    ``samples`` caps the places told of one rule, column and file (the last one counts the rest); ``rules`` keeps some
    rules only.
    """
    batch = Batch(tuple(files), profile or load_profile())
    teller = Teller(samples, frozenset(_CHECKS if rules is None else rules))
    for one in dict.fromkeys(_CHECKS[ident] for ident in _CHECKS if ident in teller.rules):
        one(batch, teller)
    return teller.findings()


@dataclass(frozen=True)
class Batch:
    """The files compared, and the contract they are compared under."""

    files: tuple[CrossFile, ...]
    profile: Profile
    _held: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def of(self, *flows: str) -> list[CrossFile]:
        """Give the files of some flows, in time."""
        return sorted((one for one in self.files if one.flow in flows), key=lambda one: one.rank)

    def between(self, *flows: str) -> dict[tuple[str, str], list[CrossFile]]:
        """Give the files of some flows, in time, by pair of operators (OI, OC)."""
        found: dict[tuple[str, str], list[CrossFile]] = {}
        for one in self.of(*flows):
            found.setdefault((one.facts.get("oi", ""), one.facts.get("oc", "")), []).append(one)
        return found

    def ipe_for(self, file: CrossFile) -> CrossFile | None:
        """Give the IPE in force when a file was written: the last one not after it, else the first one after."""
        series = self.ipe_series(file.facts.get("oi", ""))
        before = [one for one in series if one.date <= file.date]
        return before[-1] if before else next(iter(series), None)

    def ipe_series(self, oi: str) -> list[CrossFile]:
        """Give the IPE files of an OI, in time."""
        return [one for one in self.of("IPE") if one.facts.get("oi", "") == oi]

    def once(self, key: object, make: Callable[[], Held]) -> Held:
        """Give what ``make`` makes, made once a batch: what several checks need of one file is read once."""
        if key not in self._held:
            self._held[key] = make()
        held: Held = self._held[key]
        return held


@dataclass(frozen=True)
class Teller:
    """Where checks tell what they find."""

    samples: int | None
    rules: frozenset[str]
    _tallies: dict[str, Tally] = field(default_factory=dict)

    def tell(
        self,
        ident: str,
        file: CrossFile,
        line: int | None = None,
        *,
        column: str = "",
        received: str | None = None,
        expected: str = "",
        count: int = 1,
        **details: object,
    ) -> None:
        """Tell one place (or ``count`` places told as one) of one file."""
        if ident not in self.rules:
            return
        blamed = column or columns(ident)[0]
        made = Breach(
            _worth(ident, file.flow, blamed),
            blamed,
            expected=expected,
            requirement=clause(ident, file.flow),
            details=details,
        )
        tally = self._tallies.setdefault(file.shown, Tally(self.samples))
        tally.add(made, line, received, expected=expected, count=count)

    def tell_all(
        self, ident: str, file: CrossFile, found: pl.DataFrame, *, column: str = "", **details: object
    ) -> None:
        """Tell every row of a frame: ``@line``, ``@received``, ``@expected``, and details under their own names."""
        if not found.height or ident not in self.rules:
            return
        if LINE in found.columns:
            found = found.sort(LINE)
        shown = found if self.samples is None else found.head(max(self.samples, 1))
        beyond = found.height - shown.height
        for position, row in enumerate(shown.iter_rows(named=True), start=1):
            line, received, expected = row.pop(LINE, None), row.pop(RECEIVED, None), row.pop(EXPECTED, "")
            more = beyond if position == shown.height else 0
            self.tell(
                ident, file, line, column=column, received=received, expected=expected, count=1 + more, **details, **row
            )

    def findings(self) -> list[Finding]:
        """Give what was told, by file."""
        return [finding for shown, tally in self._tallies.items() for finding in tally.findings(shown)]


@lru_cache(maxsize=128)
def columns(ident: str) -> tuple[str, ...]:
    """Give the columns a rule names, as its file writes them."""
    return tuple(raw_rules()[ident]["columns"])


@lru_cache(maxsize=1024)
def _worth(ident: str, flow: str, column: str) -> Rule:
    """Give a rule worth no more than the column it blames, where the flow's table knows that column."""
    found, blamed = rule(ident), load_table(flow).by_name.get(column)
    if blamed is None:
        return found
    return replace(found, confidence=weakest(found.confidence, blamed.trust("name")))


def clause(ident: str, flow: str) -> str:
    """Give the clause a rule stands for in one flow."""
    written: str = raw_rules()[ident].get("clause", {}).get(flow, "")
    return written
