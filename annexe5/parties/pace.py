"""How long the simulated OI takes for each thing: at once by default, else by the habits of ``schemas/rythmes.toml``.

A habit may end with a deadline of the contract (ACC-04, ACC-05): met, just met, or missed by a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache, partial
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict

from annexe5.contract.calendar import PARIS, Calendar
from annexe5.contract.data import build, read_toml
from annexe5.contract.paths import schemas_dir
from annexe5.contract.profile import Profile
from annexe5.errors import UsageError

Wait = timedelta | Callable[[datetime], datetime]
"""How long something takes, or when it is done from the moment that calls for it."""
_NOW = timedelta(0)


def moment(at: datetime, wait: Wait) -> datetime:
    """Give when something is done."""
    return at + wait if isinstance(wait, timedelta) else wait(at)


@dataclass(frozen=True, slots=True)
class Pace:
    """When the OI does each thing; all at once by default, so that a certification waits for nobody."""

    ar: Wait = _NOW
    cr: Wait = _NOW
    stoc: Wait = _NOW
    intervention: Wait = _NOW
    mad: Wait = _NOW
    annulation: Wait = _NOW


class Habit(BaseModel):
    """When one thing is done."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    delai: str = ""
    jours_ouvres: int = 0
    heure: time | None = None
    plus_s: float = 0


class Rhythm(BaseModel):
    """The habits of an OI."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    fr: str
    en: str
    ar: Habit = Habit()
    cr: Habit = Habit()
    stoc: Habit = Habit()
    intervention: Habit = Habit()
    mad: Habit = Habit()
    annulation: Habit = Habit()


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str
    rythme: tuple[Rhythm, ...]


@lru_cache(maxsize=1)
def load_rhythms() -> Mapping[str, Rhythm]:
    """Give every rhythm by id."""
    path = schemas_dir() / "rythmes.toml"
    return MappingProxyType({one.id: one for one in build(_File, read_toml(path), path).rythme})


def make_pace(ident: str, profile: Profile) -> Pace:
    """Give a rhythm as a twin keeps it, on the working days of a profile. Raises UsageError."""
    rhythms = load_rhythms()
    if ident not in rhythms:
        raise UsageError(f"rythme inconnu : {ident!r}. Connus : {', '.join(rhythms)}.")
    rhythm, calendar = rhythms[ident], Calendar(profile.jours_ouvres)
    stages = ("ar", "cr", "stoc", "intervention", "mad", "annulation")
    return Pace(**{stage: partial(_when, getattr(rhythm, stage), profile, calendar) for stage in stages})


def _when(habit: Habit, profile: Profile, calendar: Calendar, at: datetime) -> datetime:
    if habit.delai:
        end = calendar.due(at, profile.delay(habit.delai))
    elif habit.jours_ouvres:
        end = calendar.end_of(calendar.add(at.astimezone(PARIS).date(), habit.jours_ouvres))
    else:
        return at + timedelta(seconds=habit.plus_s)
    if habit.heure is not None:
        end = datetime.combine(end.date(), habit.heure, PARIS)
    return end + timedelta(seconds=habit.plus_s)
