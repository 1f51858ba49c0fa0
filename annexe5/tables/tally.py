"""Counting breaches: exact counts per rule and column, findings for the first places only.

Both engines speak to a ``Tally``; it alone makes findings, so their order and their cap are the same whichever engine
counted. The findings of one rule on one column always add up to the true number of places: when they are capped, the
last one stands for all the places after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from annexe5.findings import Confidence, Finding, Rule

_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Breach:
    """One way to be wrong at one column: what every place that shares it has in common.

    ``position`` orders the findings of one line; ``confidence`` overrides the rule's where the fact broken is known
    with less certainty than the rule.
    """

    rule: Rule
    column: str = ""
    position: int = -1
    expected: str = ""
    requirement: str = ""
    details: Mapping[str, object] = field(default_factory=dict, compare=False)

    def trusted(self, confidence: Confidence) -> Breach:
        """Give the same breach, worth no more than ``confidence``."""
        return replace(self, rule=replace(self.rule, confidence=confidence))


@dataclass(frozen=True, slots=True, order=True)
class _Place:
    line: int
    value: str | None = field(compare=False)
    expected: str = field(compare=False)
    breach: Breach = field(compare=False)


@dataclass(slots=True)
class _Group:
    count: int = 0
    places: list[_Place] = field(default_factory=list)

    def settle(self, cap: int | None) -> None:
        self.places.sort()
        if cap is not None:
            del self.places[cap:]


class Tally:
    """Breaches of one file, counted by rule and column; ``cap`` places at most are kept of each, the first ones."""

    def __init__(self, cap: int | None = None) -> None:
        self._cap = cap
        self._groups: dict[tuple[str, str], _Group] = {}

    def add(
        self,
        breach: Breach,
        line: int | None = None,
        value: str | None = None,
        *,
        expected: str | None = None,
        count: int = 1,
    ) -> None:
        """Count one place (or ``count`` places told as one)."""
        group = self._group(breach)
        group.count += count
        if self._cap is None or len(group.places) < self._cap:
            group.places.append(
                _Place(line or 0, shown(value), breach.expected if expected is None else expected, breach)
            )

    def add_many(self, breach: Breach, count: int, places: Iterable[tuple[int, str | None, str | None]]) -> None:
        """Count ``count`` places, of which ``places`` (line, value, expected) are at least the first ``cap``."""
        group = self._group(breach)
        group.count += count
        group.places.extend(
            _Place(line, shown(value), breach.expected if expected is None else expected, breach)
            for line, value, expected in places
        )

    def merge(self, other: Tally) -> None:
        """Take in what another tally of the same file has counted."""
        for key, group in other._groups.items():  # same class
            mine = self._groups.setdefault(key, _Group())
            mine.count += group.count
            mine.places.extend(group.places)
            if self._cap is not None and len(mine.places) > 4 * self._cap:
                mine.settle(self._cap)

    def full(self, breach: Breach) -> bool:
        """Tell whether no later place of this rule and column can be among those kept."""
        group = self._groups.get((breach.rule.id, breach.column))
        return group is not None and self._cap is not None and len(group.places) >= self._cap

    @property
    def cap(self) -> int | None:
        """How many places of one rule and column are kept."""
        return self._cap

    def settle(self) -> None:
        """Keep the first places only, whatever the order in which they came."""
        for group in self._groups.values():
            group.settle(self._cap)

    def findings(self, path: str = "") -> tuple[Finding, ...]:
        """Give the findings: by line, then by column in the table's order, then by rule."""
        self.settle()
        found = []
        for group in self._groups.values():
            beyond = group.count - len(group.places)
            for place in group.places:
                more = beyond if place is group.places[-1] else 0
                found.append(
                    ((place.line, place.breach.position, place.breach.rule.id), _finding(place, path, 1 + more))
                )
        found.sort(key=lambda one: one[0])
        return tuple(finding for _key, finding in found)

    def _group(self, breach: Breach) -> _Group:
        key = (breach.rule.id, breach.column)
        if key not in self._groups:
            self._groups[key] = _Group()
        return self._groups[key]


def _finding(place: _Place, path: str, count: int) -> Finding:
    breach = place.breach
    return breach.rule.finding(
        received=place.value,
        expected=place.expected,
        path=path,
        line=place.line or None,
        column=breach.column,
        requirement=breach.requirement,
        count=count,
        **breach.details,
    )


def shown(value: str | None) -> str | None:
    r"""Give a cell as a finding tells it: cut when very long, undecodable bytes written ``\xe9``."""
    if value is None:
        return None
    if len(value) > _LONGEST:
        value = f"{value[:_LONGEST]}… ({len(value)} caractères)"
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
