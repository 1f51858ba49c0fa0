"""Working days ("jours ouvrés") and the deadlines counted in them (annexe5.txt §2, §3).

Public holidays come from ``holidays``; Saturday, a subdivision (Alsace-Moselle, overseas) and company closings are
settings of the profile. Moments are aware; the day of a moment is its day in Paris.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from annexe5.contract.profile import Delay, WorkingDays

PARIS = ZoneInfo("Europe/Paris")
_SATURDAY, _SUNDAY = 5, 6


@dataclass(frozen=True)
class Calendar:
    """The working days of one profile."""

    settings: WorkingDays

    def is_worked(self, day: date) -> bool:
        """Tell whether a day is worked."""
        if day.weekday() == _SUNDAY or (day.weekday() == _SATURDAY and not self.settings.samedi):
            return False
        if day.isoformat() in self.settings.fermetures:
            return False
        return day not in _holidays(self.settings.pays, self.settings.subdivision, day.year)

    def add(self, day: date, count: int) -> date:
        """Give the ``count``-th working day after ``day``; the day itself never counts."""
        step = 1 if count >= 0 else -1
        left = abs(count)
        while left:
            day += timedelta(days=step)
            if self.is_worked(day):
                left -= 1
        return day

    def between(self, first: date, last: date) -> int:
        """Count the working days after ``first`` up to and including ``last`` (negative when last is before)."""
        if last < first:
            return -self.between(last, first)
        return sum(self.is_worked(first + timedelta(days=step)) for step in range(1, (last - first).days + 1))

    def due(self, since: datetime, delay: Delay) -> datetime:
        """Give the last moment at which a deadline is kept: the end of its last day, Paris time."""
        day = since.astimezone(PARIS).date()
        if delay.unite == "jour_ouvre":
            last = self.add(day, delay.valeur)
        elif delay.unite == "mois":
            last = _add_months(day, delay.valeur)
        else:
            last = day + timedelta(days=delay.valeur * {"hebdomadaire": 7, "mensuel": 31}.get(delay.unite, 1))
        return self.end_of(last)

    def end_of(self, day: date) -> datetime:
        """Give the last moment of a day in Paris."""
        return datetime(day.year, day.month, day.day, 23, 59, 59, 999999, tzinfo=PARIS)

    def late_by(self, since: datetime, until: datetime, delay: Delay) -> int:
        """Count the working days by which a deadline is missed; 0 when it is kept."""
        due = self.due(since, delay)
        if until <= due:
            return 0
        return max(1, self.between(due.date(), until.astimezone(PARIS).date()))


@lru_cache(maxsize=256)
def _holidays(country: str, subdivision: str, year: int) -> frozenset[date]:
    days = holidays.country_holidays(country, subdiv=subdivision or None, years=year)
    return frozenset(days) | frozenset(_omitted_by_the_library(country, year))


def _omitted_by_the_library(country: str, year: int) -> tuple[date, ...]:
    """Whit Monday stayed a public holiday in 2005-2007, while it was the day of solidarity; the library drops it."""
    if country != "FR" or year not in (2005, 2006, 2007):
        return ()
    return ({2005: date(2005, 5, 16), 2006: date(2006, 6, 5), 2007: date(2007, 5, 28)}[year],)


def _add_months(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)  # noqa: PLR2004
    last_day = (following - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last_day))
