"""The judge of orders asked once for each way that orders go, whatever their number.

The judge looks at the order of the events and at which of their values agree, never at the values themselves. Two
orders alike in both are one pattern: the first is judged with symbols for values, the others have the same findings on
the same events. Deadlines are asked apart, by pairs of days.

Where only the day is known, the events of a day have no known order but that of the files of each flow. That of the
flow chart is tried first; if it breaks a rule, another that breaks fewer is taken: nobody is accused for want of an
hour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from annexe5.audit.events import VALUES
from annexe5.contract.calendar import PARIS
from annexe5.contract.profile import Profile
from annexe5.findings import Finding, Severity
from annexe5.orders import Event, OrderJudgement, judge_order, load_cycle
from annexe5.orders.oracle import HOTLINE, REFERENCE_COLUMNS, ROUTE_COLUMNS

# An event of a pattern: its kind (place in the flow chart), whether it is of the same moment as the one before, the
# TypeRacco of a Cmd_Acces, and for each value 0 (empty), 1 (HOTLINE) or 2 and more: the place, plus 2, of the first
# event that has it.
Symbol = tuple[int, bool, str, tuple[int, ...]]
KINDS = tuple(load_cycle().events)
FLOWS = {ident: one.flow for ident, one in load_cycle().events.items()}
_COLUMNS = {**{name: (one,) for name, one in zip(VALUES, REFERENCE_COLUMNS, strict=False)}, "route": ROUTE_COLUMNS}
_MOST_TRIED = 720
_LONG_AGO = datetime(2000, 1, 3, tzinfo=PARIS)
_WEIGHT = {Severity.ERROR: 1000, Severity.RESERVE: 1, Severity.INFO: 0}


@dataclass(frozen=True, slots=True)
class Slip:
    """A finding of a pattern, deadlines apart: the rule, and the place of the event it is told on."""

    rule: str
    severity: Severity
    place: int


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with a deadline: the place of what called for it, its own (None: it has not come)."""

    since: int
    by: int | None
    delay: str
    rule: str
    flows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pattern:
    """What the judge says of a way that orders go: ``order`` is the reading taken of its events, by place."""

    state: str
    slips: tuple[Slip, ...]
    answers: tuple[Answer, ...]
    order: tuple[int, ...]


def judge_pattern(symbols: Sequence[Symbol], profile: Profile) -> Pattern:
    """Judge one way that orders go."""
    moments = _moments(symbols)
    best = _judged(symbols, moments, profile)
    for at, moment in enumerate(moments):
        if not best.findings:
            break
        for other in islice(_merges(moment, symbols), _MOST_TRIED) if len(moment) > 1 else ():
            tried = _judged(symbols, [*moments[:at], other, *moments[at + 1 :]], profile)
            if _gravity(tried) < _gravity(best):
                best, moments[at] = tried, other
    return _pattern(best)


def _gravity(judged: OrderJudgement) -> int:
    return sum(_WEIGHT[one.severity] + 1 for one in judged.findings)


def _judged(symbols: Sequence[Symbol], moments: Sequence[Sequence[int]], profile: Profile) -> OrderJudgement:
    order = [place for moment in moments for place in moment]
    events = [_event(symbols[place], place, rank) for rank, place in enumerate(order)]
    return judge_order("", events, profile, now=_LONG_AGO + timedelta(hours=1))


def _event(symbol: Symbol, place: int, rank: int) -> Event:
    kind = KINDS[symbol[0]]
    values = {"TypeRacco": symbol[2]}
    for name, said in zip(VALUES, symbol[3], strict=True):
        for column in _COLUMNS[name]:
            values[column] = "" if said == 0 else HOTLINE if said == 1 else f"{name}{said}"
    # All on one day, long past: no deadline is missed, and none is over.
    at = _LONG_AGO + timedelta(microseconds=place)
    return Event(at, "", kind, FLOWS[kind], "", values, line=place + 1, batch=rank)


def _pattern(judged: OrderJudgement) -> Pattern:
    answers = [
        Answer(one.since.line - 1, one.by.line - 1, one.delay, one.rule) for one in judged.paid if one.delay
    ]  # fmt: skip
    waiting = load_cycle().owed
    for one in judged.awaited:
        since = next(event for event in judged.events if event.at == one.since)
        owed = next(entry for entry in waiting if entry.after == one.after and entry.by == one.by)
        flows = tuple(dict.fromkeys(FLOWS[kind] for kind in one.by))
        answers.append(Answer(since.line - 1, None, owed.delay, "CYC-REPONSE-ABSENTE", flows))
    slips = tuple(_slip(one) for one in judged.findings)
    return Pattern(judged.state, slips, tuple(answers), tuple(event.line - 1 for event in judged.events))


def _slip(finding: Finding) -> Slip:
    return Slip(finding.rule, finding.severity, (finding.line or 1) - 1)


def _moments(symbols: Sequence[Symbol]) -> list[Sequence[int]]:
    """Give the places of the events moment by moment, in the order of the flow chart."""
    moments: list[list[int]] = []
    for place, symbol in enumerate(symbols):
        if place and symbol[1]:
            moments[-1].append(place)
        else:
            moments.append([place])
    return list(moments)


def _merges(places: Sequence[int], symbols: Sequence[Symbol]) -> Iterator[tuple[int, ...]]:
    """Give the ways to merge the flows of a moment, each in its own order."""
    by_flow: dict[str, list[int]] = {}
    for place in places:
        by_flow.setdefault(FLOWS[KINDS[symbols[place][0]]], []).append(place)
    return _merged(list(by_flow.values()))


def _merged(queues: list[list[int]]) -> Iterator[tuple[int, ...]]:
    if not any(queues):
        yield ()
        return
    for at, queue in enumerate(queues):
        if queue:
            rest = [one[1:] if place == at else one for place, one in enumerate(queues)]
            for tail in _merged(rest):
                yield (queue[0], *tail)
