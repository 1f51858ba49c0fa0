"""The clocks of a campaign: the machine's, or one that leaps over waits when both parties are ours.

A campaign on the twin owes nobody real time: the pace of 2 requests a second (SAV-06) is kept on the clock that both
sides read, without making anybody wait for it.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


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
