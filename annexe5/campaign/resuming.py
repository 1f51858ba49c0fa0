"""Going on with a campaign: what its journal says of how it was asked for, and how far each scenario has come.

Only what has not ended is played again (``annexe5 certify oi --resume DIR``). One process at a time holds a campaign's
folder: the lock is SQLite's own, let go by the system when its holder dies.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from annexe5.campaign.attended import Answers
from annexe5.campaign.journal import JOURNAL_FILE, Journal
from annexe5.campaign.results import ScenarioResult
from annexe5.errors import ConfigurationError, UsageError
from annexe5.findings import Verdict

LOCK_FILE = ".campagne.verrou"
BEGUN, SCENARIO, OVER = "campagne", "scénario", "fin"
_ONE = TypeAdapter(ScenarioResult)
_ENDED = (Verdict.CONFORME, Verdict.RESERVE, Verdict.NON_CONFORME, Verdict.NON_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Begun:
    """How a campaign was asked for; ``target`` an absolute path, empty for the twin at hand.

    ``answers`` are those of whoever attended.
    """

    party: str
    target: str
    profile: str
    defects: tuple[str, ...]
    seed: int
    redact: bool
    lang: str
    pytest_args: tuple[str, ...]
    command: str
    patience: float | None
    oi: str
    oc: str
    arcep: str
    absence_jours: int
    channel: str = ""
    answers: Answers | None = None


_BEGUN = TypeAdapter(Begun)


def begin(journal: Journal, at: datetime, begun: Begun) -> None:
    """Write down how a campaign was asked for."""
    journal.note(at, BEGUN, _BEGUN.dump_python(begun, mode="json"))


def begun_in(journal: Journal, folder: Path) -> tuple[datetime, Begun]:
    """Give when and how the campaign of a folder began. Raises ConfigurationError."""
    for at, said in journal.notes(BEGUN):
        try:
            return at, _BEGUN.validate_python(said)
        except ValidationError:
            break
    raise ConfigurationError(f"{folder} : ce journal ne dit pas comment la campagne a été demandée ; relancez certify.")


@contextmanager
def journal_of(folder: Path) -> Iterator[Journal]:
    """Open the journal of a campaign's folder. Raises ConfigurationError when there is none."""
    if not (folder / JOURNAL_FILE).is_file():
        raise ConfigurationError(
            f"{folder} : aucun journal de campagne ({JOURNAL_FILE}) ; donnez un dossier de certify."
        )
    with Journal(folder / JOURNAL_FILE) as journal:
        yield journal


def keep(journal: Journal, at: datetime, result: ScenarioResult) -> None:
    """Write down how a scenario ended, as soon as it has."""
    journal.note(at, SCENARIO, _ONE.dump_python(result, mode="json"))


def results_in(journal: Journal) -> dict[str, ScenarioResult]:
    """Give how each scenario ended last, by id; one that was played several times began with the first."""
    found: dict[str, ScenarioResult] = {}
    first: dict[str, datetime] = {}
    for _, said in journal.notes(SCENARIO):
        result = _ONE.validate_python(said)
        begun = first.setdefault(result.id, result.started)
        found[result.id] = replace(result, started=begun)
    return found


def ended(results: Mapping[str, ScenarioResult]) -> dict[str, ScenarioResult]:
    """Give the scenarios that need no other play: those that wait, were kept from running or were never run do."""
    return {ident: one for ident, one in results.items() if one.verdict in _ENDED}


def unfinished(folder: Path) -> bool:
    """Tell whether a folder holds the campaign of a real party that is not over."""
    if not (folder / JOURNAL_FILE).is_file():
        return False
    with Journal(folder / JOURNAL_FILE) as journal:
        begun: list[Any] = [said for _, said in journal.notes(BEGUN)]
        over: list[Any] = [said for _, said in journal.notes(OVER)]
        sent = any(True for _ in journal.exchanges())
    return bool(begun and begun[0].get("target") and sent and (not over or over[-1] == Verdict.EN_ATTENTE.value))


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a campaign's folder; another process that holds it is told (UsageError)."""
    with closing(sqlite3.connect(folder / LOCK_FILE, timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error:
            raise UsageError(
                f"{folder} : une campagne s'y joue déjà dans un autre processus ; attendez-la, ou prenez un autre "
                "dossier."
            ) from None
        yield
