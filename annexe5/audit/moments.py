"""When each file crossed: the day its name gives, the moment a journal wrote down, the moment a log tells.

The most precise one is used and the report says which, file by file counted: a log (``path,time,direction``), else a
journal, else the name. A file's date on disk is never asked: copies change it.
"""

from __future__ import annotations

import csv
import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from annexe5.audit.archive import JOURNAL_SUFFIX, Entry
from annexe5.contract.calendar import PARIS
from annexe5.errors import UsageError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = date(1970, 1, 1)
_DIRECTIONS = {"OC→OI": "OC", "OC->OI": "OC", "IN": "OC", "OI→OC": "OI", "OI->OC": "OI", "OUT": "OI", "": ""}


class Source(StrEnum):
    """Where a moment comes from."""

    NAME = "nom"
    JOURNAL = "journal"
    LOG = "log"
    NONE = "aucune"


@dataclass(frozen=True, slots=True)
class Moment:
    """When a file crossed.

    ``day`` counts days from 1970 in Paris; ``at`` microseconds from 1970 UTC, those of the start of the day where only
    the day is known; what shares ``at`` was seen together. ``sender`` ("OC", "OI" or "") is what a log says.
    """

    source: Source
    day: int = 0
    at: int = 0
    precise: bool = False
    sender: str = ""


UNKNOWN = Moment(Source.NONE)


@dataclass(slots=True)
class Clockwork:
    """All that is known about when files crossed."""

    log: Mapping[str, Moment] = field(default_factory=dict)
    journal: Mapping[str, Moment] = field(default_factory=dict)
    used: Counter[Source] = field(default_factory=Counter)
    _batches: dict[int, Moment] = field(default_factory=dict)

    def of(self, entry: Entry, issued: str) -> Moment:
        """Give the moment of a file; ``issued`` is the date of its name, AAAAMMJJ or empty."""
        found = self._find(entry, issued)
        self.used[found.source] += 1
        return found

    def _find(self, entry: Entry, issued: str) -> Moment:
        for known in (self.log, self.journal):
            if known and (found := known.get(entry.path) or known.get(entry.name)):
                return found
        if entry.written is not None:
            # What was collected together was seen at one moment, that of the first of them.
            return self._batches.setdefault(entry.written.batch, precise(entry.written.at, Source.JOURNAL))
        return of_day(issued)


def precise(at: datetime, source: Source, sender: str = "") -> Moment:
    """Give a moment known to the second."""
    return Moment(
        source, number_of(at.astimezone(PARIS).date()), (at - _EPOCH) // timedelta(microseconds=1), True, sender
    )


def of_day(issued: str) -> Moment:
    """Give a moment known to the day, AAAAMMJJ; unknown for anything else."""
    try:
        day = date(int(issued[:4]), int(issued[4:6]), int(issued[6:8]))
    except ValueError:
        return UNKNOWN
    start = datetime(day.year, day.month, day.day, tzinfo=PARIS)
    return Moment(Source.NAME, number_of(day), (start - _EPOCH) // timedelta(microseconds=1))


def number_of(day: date) -> int:
    """Count a day from 1970."""
    return (day - _FIRST_DAY).days


def day_of(number: int) -> date:
    """Give the day of a number."""
    return _FIRST_DAY + timedelta(days=number)


def instant(at: int) -> datetime:
    """Give the instant of a number of microseconds."""
    return (_EPOCH + timedelta(microseconds=at)).astimezone(PARIS)


def noon(number: int) -> datetime:
    """Give the middle of a day in Paris."""
    day = day_of(number)
    return datetime(day.year, day.month, day.day, 12, tzinfo=PARIS)


# --- reading -------------------------------------------------------------------------------------------------


def read_log(path: Path) -> Mapping[str, Moment]:
    """Read a log: CSV with the columns ``path``, ``time`` (ISO 8601, Paris where no zone is told), ``direction``.

    ``path`` is a file's path in the archive, or its name; ``direction`` is OC→OI, OI→OC, IN, OUT or empty.
    """
    found: dict[str, Moment] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = {"path", "time"} - set(reader.fieldnames or ())
            if missing:
                raise UsageError(f"{path} : ligne 1 : colonnes absentes : {', '.join(sorted(missing))}.")
            for row in reader:
                found[row["path"].strip()] = _logged(row, f"{path} : ligne {reader.line_num}")
    except (OSError, UnicodeDecodeError, csv.Error) as reason:
        raise UsageError(f"{path} : log illisible : {reason}.") from None
    return found


def _logged(row: Mapping[str, str | None], where: str) -> Moment:
    try:
        at = datetime.fromisoformat((row["time"] or "").strip())
    except ValueError:
        raise UsageError(f"{where} : time : une date ISO 8601 est attendue, reçu : {row['time']!r}.") from None
    direction = (row.get("direction") or "").strip()
    if direction not in _DIRECTIONS:
        raise UsageError(f"{where} : direction : OC→OI, OI→OC, IN ou OUT, reçu : {direction!r}.")
    return precise(at if at.tzinfo else at.replace(tzinfo=PARIS), Source.LOG, _DIRECTIONS[direction])


def read_journal(path: Path) -> Mapping[str, Moment]:
    """Read the moments of a campaign's journal: the journal itself, or its export in JSON Lines."""
    try:
        written = _from_base(path) if path.suffix.lower() == JOURNAL_SUFFIX else _from_lines(path)
    except (OSError, UnicodeDecodeError, sqlite3.Error, KeyError, TypeError, ValueError) as reason:
        raise UsageError(f"{path} : journal illisible : {reason}.") from None
    batches: dict[int, Moment] = {}
    found: dict[str, Moment] = {}
    for name, at, batch in written:
        found.setdefault(name, batches.setdefault(batch, precise(datetime.fromisoformat(at), Source.JOURNAL)))
    return found


def _from_base(path: Path) -> list[tuple[str, str, int]]:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
        return base.execute("SELECT name, at, batch FROM exchange ORDER BY number").fetchall()


def _from_lines(path: Path) -> list[tuple[str, str, int]]:
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return [(one["name"], one["at"], one["batch"]) for one in lines if one.get("type", "exchange") == "exchange"]
