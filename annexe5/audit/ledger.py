"""What is found, rule by rule: exact counts, the first places only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from annexe5.contract.rules import load_rules
from annexe5.findings import Finding, Severity

_ORDER = (Severity.ERROR, Severity.RESERVE, Severity.INFO)


@dataclass(slots=True)
class Group:
    """One rule: how many places break it, and the findings on some of them."""

    rule: str
    severity: Severity
    count: int = 0
    samples: list[Finding] = field(default_factory=list)

    @property
    def requirement(self) -> str:
        """The clause of the first place, else the rule's first."""
        if self.samples:
            return self.samples[0].requirement
        return next(iter(load_rules()[self.rule].requirements), "")


class Ledger:
    """Groups by rule and severity; ``cap`` findings at most are kept of each."""

    def __init__(self, cap: int) -> None:
        self.cap = cap
        self._groups: dict[tuple[str, Severity], Group] = {}

    def add(self, finding: Finding) -> None:
        """Count a finding, and keep it while there is room."""
        self.count(finding.rule, finding.severity, finding.count)
        self.show(finding)

    def count(self, rule: str, severity: Severity, number: int) -> None:
        """Count places that other findings stand for."""
        self._group(rule, severity).count += number

    def show(self, finding: Finding) -> None:
        """Keep a finding counted otherwise."""
        group = self._group(finding.rule, finding.severity)
        if len(group.samples) < self.cap:
            group.samples.append(finding)

    def room(self, rule: str, severity: Severity) -> int:
        """Tell how many findings of a rule may still be kept."""
        group = self._groups.get((rule, severity))
        return self.cap - len(group.samples) if group else self.cap

    def groups(self, without: Mapping[str, str], only: tuple[str, ...] = ()) -> Iterator[Group]:
        """Give the groups, the gravest and most frequent first: no rule ignored, only those asked for if any are."""
        kept = [one for one in self._groups.values() if one.rule not in without and (not only or one.rule in only)]
        for one in sorted(kept, key=lambda one: (_ORDER.index(one.severity), -one.count, one.rule)):
            one.samples.sort(key=lambda finding: (finding.path, finding.line or 0, finding.column))
            yield one

    def ignored(self, rule: str) -> int:
        """Count the places of a rule whatever is asked for."""
        return sum(one.count for one in self._groups.values() if one.rule == rule)

    def _group(self, rule: str, severity: Severity) -> Group:
        key = (rule, severity)
        if key not in self._groups:
            self._groups[key] = Group(rule, severity)
        return self._groups[key]
