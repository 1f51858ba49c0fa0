"""The clocks of a campaign: the machine's, or one that leaps over waits when both parties are ours.

A campaign on the twin owes nobody real time: the pace of 2 requests a second (SAV-06) is kept on the clock that both
sides read, without making anybody wait for it.
"""

from __future__ import annotations

import re
import threading
import time
from datetime import UTC, datetime, timedelta

from annexe5.errors import UsageError

_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "j": 86400}


def seconds_of(text: str, option: str) -> float:
    """Read a duration (``30s``, ``10m``, ``10min``, ``2h``, ``1j``); UsageError otherwise."""
    match = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*(s|m|min|h|j)", text.strip())
    value = float(match[1].replace(",", ".")) * _UNITS[match[2]] if match else 0.0
    if not value:
        raise UsageError(f"{option} {text} : une durée est attendue, comme 30s, 10min, 2h ou 1j.")
    return value


class Clock:
    """The machine's time."""

    def now(self) -> datetime:
        """Give the present, aware."""
        return datetime.now(UTC)

    def steady(self) -> float:
        """Give seconds that never go back."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        threading.Event().wait(seconds)


class VirtualClock(Clock):
    """A time that moves only when it is told to: weeks in seconds, the same weeks each time; from any thread."""

    def __init__(self, start: datetime) -> None:
        self._lock = threading.Lock()
        self._start = self._now = start

    def now(self) -> datetime:
        """Give the present of the campaign."""
        with self._lock:
            return self._now

    def steady(self) -> float:
        """Give the seconds since the start."""
        return (self.now() - self._start).total_seconds()

    def pause(self, seconds: float) -> None:
        """Leap."""
        with self._lock:
            self._now += timedelta(seconds=max(seconds, 0.0))

    def leap_to(self, moment: datetime) -> None:
        """Leap to a moment; never back."""
        with self._lock:
            self._now = max(self._now, moment)


class LeapingClock(Clock):
    """The machine's time, and what was leapt over; one for both parties, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._leapt = 0.0

    def now(self) -> datetime:
        """Give the present of the campaign."""
        with self._lock:
            return super().now() + timedelta(seconds=self._leapt)

    def steady(self) -> float:
        """Give steady seconds of the campaign."""
        with self._lock:
            return super().steady() + self._leapt

    def pause(self, seconds: float) -> None:
        """Leap."""
        with self._lock:
            self._leapt += max(seconds, 0.0)
