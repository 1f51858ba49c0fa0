"""At most two requests a second per OC (annexe5.txt §4 and §5; SAV-06): kept, measured, judged.

« 2 requêtes par seconde » is read as: in any sliding window of one second, at most two. Everything takes its moments
from outside; a caller's clock and the wire may move arrivals by ``gigue_s`` (schemas/soap/communs.toml).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from annexe5.contract.profile import Profile
from annexe5.contract.rules import rule
from annexe5.findings import Finding
from annexe5.messages.settings import load_common


@dataclass(frozen=True, slots=True)
class Pace:
    """The ceiling: ``requests`` in any ``window`` seconds, give or take ``slack`` seconds for whoever observes."""

    requests: int
    window: float
    slack: float

    @property
    def interval(self) -> float:
        """The even spacing, in seconds, that keeps the ceiling."""
        return self.window / self.requests


def pace_of(profile: Profile) -> Pace:
    """Give the pace of a profile."""
    reading = load_common().rythme
    return Pace(profile.rythmes.requetes_par_seconde.valeur, reading.fenetre_s, reading.gigue_s)


@dataclass(frozen=True, slots=True)
class Sent:
    """One request seen: when, by whom, and whether the service refused it for its pace."""

    at: datetime
    oc: str
    refused: bool = False


class PaceMeter:
    """Counts the requests of each OC apart, so that no OC pays for another; safe between threads."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._served: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def admit(self, oc: str, at: datetime) -> bool:
        """Count a request that arrives now; False when it exceeds the OC's share (it is then not counted)."""
        moment = at.timestamp()
        width = self.pace.window - self.pace.slack
        with self._lock:
            served = self._served.setdefault(oc, deque())
            while served and moment - served[0] >= width:
                served.popleft()
            if len(served) >= self.pace.requests:
                return False
            served.append(moment)
            return True


class Pacer:
    """What a polite caller asks before each request: how long to wait, in seconds. One for each OC and OI.

    A request on its way arrives no later than its answer: the window is counted from there (``done``), so that a slow
    handshake or a busy server never makes a polite caller look hasty.
    """

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._sent: deque[float] = deque(maxlen=pace.requests)
        self._lock = threading.Lock()

    def wait(self, now: float) -> float:
        """Book the next request and give the seconds until it may leave; ``now`` is any steady clock, in seconds."""
        with self._lock:
            leaves = now
            if len(self._sent) == self.pace.requests:
                leaves = max(now, self._sent[0] + self.pace.window + self.pace.slack)
            self._sent.append(leaves)
            return leaves - now

    def done(self, now: float) -> None:
        """Tell that the last request booked has been answered, or given up."""
        with self._lock:
            if self._sent:
                self._sent[-1] = max(self._sent[-1], now)


def judge_pace(sent: Iterable[Sent], pace: Pace) -> list[Finding]:
    """Find the OCs that exceed the pace: one finding an OC, at its worst second, with how many seconds were over."""
    found = []
    for oc, moments in _by_oc(sent).items():
        worst, worst_at, over = _worst(moments, pace)
        if worst > pace.requests:
            found.append(
                rule("RYTHME-OC").finding(
                    received=str(worst),
                    expected=str(pace.requests),
                    column=oc,
                    count=over,
                    detail=worst_at.isoformat(timespec="milliseconds"),
                )
            )
    return found


def judge_fairness(sent: Iterable[Sent], pace: Pace) -> list[Finding]:
    """Find refusals for pace of an OC that kept it: the OI counts somebody else's requests on its account."""
    found = []
    for oc, requests in _requests(sent).items():
        served: deque[datetime] = deque()
        for one in requests:
            while served and one.at - served[0] >= timedelta(seconds=pace.window + pace.slack):
                served.popleft()
            if one.refused and len(served) < pace.requests:
                found.append(
                    rule("RYTHME-EGALITE").finding(
                        received=str(len(served) + 1),
                        expected=str(pace.requests),
                        column=oc,
                        detail=one.at.isoformat(timespec="milliseconds"),
                    )
                )
            served.append(one.at)
    return found


def _requests(sent: Iterable[Sent]) -> Mapping[str, list[Sent]]:
    by_oc: dict[str, list[Sent]] = {}
    for one in sorted(sent, key=lambda one: one.at):
        by_oc.setdefault(one.oc, []).append(one)
    return by_oc


def _by_oc(sent: Iterable[Sent]) -> Mapping[str, list[datetime]]:
    return {oc: [one.at for one in requests] for oc, requests in _requests(sent).items()}


def _worst(moments: list[datetime], pace: Pace) -> tuple[int, datetime, int]:
    """Give the fullest window, its start, and how many requests came in a window already full."""
    width = timedelta(seconds=pace.window - pace.slack)
    worst, worst_at, over, first = 0, moments[0], 0, 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= width:
            first += 1
        count = last - first + 1
        over += count > pace.requests
        if count > worst:
            worst, worst_at = count, moments[first]
    return worst, worst_at, over
