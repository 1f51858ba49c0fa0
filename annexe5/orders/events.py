"""One row of one flow, as the life of its order sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Event:
    """What one row tells about one order.

    ``kind`` is an event of ``life_cycle.toml``; ``sender`` a quadrigramme; ``file`` and ``line`` where it was read
    (physical line, header = 1); ``batch`` numbers the moments of observation: what was collected together shares it.
    ``proved`` is the last moment at which it is known not to have come yet, where that is not ``at``: a deadline is
    missed by what is proved, not by who looked late.
    """

    at: datetime
    reference: str
    kind: str
    flow: str
    sender: str
    values: Mapping[str, str]
    file: str = ""
    line: int = 0
    batch: int = 0
    proved: datetime | None = None

    @property
    def came(self) -> datetime:
        """When it came, for a deadline."""
        return self.proved or self.at
