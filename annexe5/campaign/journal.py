"""The journal of a campaign: every exchange with its bytes, in SQLite, append-only.

Bytes are stored once by digest. Triggers refuse any change or deletion; write-ahead logging and full synchronisation
keep what was committed through a kill at any point, and let two processes write in turn.

What a scenario sends is keyed by the scenario and a rank: the base itself refuses a second sending under one key. The
stages of an exchange tell how far it went, so that a campaign killed in between knows (docs/decisions/0005).
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from annexe5.errors import ConfigurationError
from annexe5.exchange import Channel, Exchange

JOURNAL_FILE = "journal.sqlite"
IN_MEMORY = Path(":memory:")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS content (digest TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS exchange (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL, channel TEXT NOT NULL, sender TEXT NOT NULL, receiver TEXT NOT NULL,
  name TEXT NOT NULL, folder TEXT NOT NULL, digest TEXT NOT NULL REFERENCES content(digest), batch INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS note (number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL,
  data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sending (exchange INTEGER PRIMARY KEY REFERENCES exchange(number), scenario TEXT NOT NULL,
  rank INTEGER NOT NULL, owed INTEGER NOT NULL, UNIQUE (scenario, rank));
CREATE TABLE IF NOT EXISTS stage (exchange INTEGER NOT NULL REFERENCES exchange(number), stage TEXT NOT NULL,
  at TEXT NOT NULL, PRIMARY KEY (exchange, stage));
"""
_TRIGGERS = "".join(
    f"CREATE TRIGGER IF NOT EXISTS {table}_{name} BEFORE {act} ON {table}"
    " BEGIN SELECT RAISE(ABORT, 'append-only'); END;"
    for table in ("exchange", "content", "note", "sending", "stage")
    for name, act in (("kept", "UPDATE"), ("left", "DELETE"))
)


class Stage(StrEnum):
    """How far an exchange went beyond being written down."""

    READY = "prêt"
    """Ours: its bytes are on the server under a provisional name, its rename is the next thing done."""
    GONE = "parti"
    """Ours: it stands, or stood, in IN under its name."""
    DOUBTFUL = "douteux"
    """Ours: nobody can know whether it left."""
    TAKEN = "retiré"
    """The other's: it was deleted from OUT."""


@dataclass(frozen=True, slots=True)
class Key:
    """What makes a sending itself: the scenario, its rank there, whether an answer is owed."""

    scenario: str
    rank: int
    owed: bool = True


class Journal(AbstractContextManager["Journal"]):
    """An open journal; usable from several threads. ``batch`` numbers the moments of observation."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            self._base = sqlite3.connect(path, check_same_thread=False, timeout=30, isolation_level=None)
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=FULL")
            self._base.executescript(_SCHEMA + _TRIGGERS)
        except sqlite3.Error as error:
            raise ConfigurationError(f"{path} : journal illisible ({error}). Choisissez un autre dossier.") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was recorded stays."""
        with self._lock:
            self._base.close()

    def record(self, exchange: Exchange, *, batch: int, key: Key | None = None) -> Exchange:
        """Write one exchange down, whole or not at all; give it back with its number.

        ``key`` tells which sending of which scenario it is; a key that has served is refused (ConfigurationError).
        """
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                self._base.execute("INSERT OR IGNORE INTO content VALUES (?, ?)", (exchange.digest, exchange.data))
                number = self._base.execute(
                    "INSERT INTO exchange (at, channel, sender, receiver, name, folder, digest, batch)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        exchange.at.astimezone(UTC).isoformat(),
                        exchange.channel.value,
                        exchange.sender,
                        exchange.receiver,
                        exchange.name,
                        exchange.folder,
                        exchange.digest,
                        batch,
                    ),
                ).lastrowid
                if key is not None:
                    self._base.execute(
                        "INSERT INTO sending VALUES (?, ?, ?, ?)", (number, key.scenario, key.rank, key.owed)
                    )
                self._base.execute("COMMIT")
            except sqlite3.IntegrityError:
                self._base.execute("ROLLBACK")
                raise ConfigurationError(
                    f"{self.path} : un autre processus a déjà envoyé l'échange {key and key.rank} de « "
                    f"{key and key.scenario} » ; une campagne ne se joue qu'une fois à la fois."
                ) from None
            except BaseException:
                self._base.execute("ROLLBACK")
                raise
        return replace(exchange, number=number or 0)

    def reach(self, number: int, stage: Stage, at: datetime) -> None:
        """Write down that an exchange has reached a stage; twice is once."""
        with self._lock:
            self._base.execute(
                "INSERT OR IGNORE INTO stage VALUES (?, ?, ?)", (number, stage.value, at.astimezone(UTC).isoformat())
            )

    def stages(self) -> dict[int, set[Stage]]:
        """Give the stages that each exchange has reached, by its number."""
        with self._lock:
            rows = self._base.execute("SELECT exchange, stage FROM stage").fetchall()
        found: dict[int, set[Stage]] = {}
        for number, stage in rows:
            found.setdefault(number, set()).add(Stage(stage))
        return found

    def sendings(self) -> dict[int, Key]:
        """Give the key of each exchange that a scenario sent, by its number."""
        with self._lock:
            rows = self._base.execute("SELECT exchange, scenario, rank, owed FROM sending").fetchall()
        return {number: Key(scenario, rank, bool(owed)) for number, scenario, rank, owed in rows}

    def note(self, at: datetime, kind: str, data: object) -> None:
        """Write down something else than an exchange: a campaign's start, its target, an observation."""
        text = json.dumps(data, ensure_ascii=False, sort_keys=True)
        with self._lock:
            self._base.execute(
                "INSERT INTO note (at, kind, data) VALUES (?, ?, ?)", (at.astimezone(UTC).isoformat(), kind, text)
            )

    def notes(self, kind: str) -> list[tuple[datetime, object]]:
        """Give the notes of a kind, oldest first."""
        with self._lock:
            rows = self._base.execute("SELECT at, data FROM note WHERE kind = ? ORDER BY number", (kind,)).fetchall()
        return [(datetime.fromisoformat(at), json.loads(data)) for at, data in rows]

    def exchanges(self, after: int = 0) -> Iterator[tuple[Exchange, int]]:
        """Give the exchanges after a number, oldest first, each with its batch."""
        return self._read(after, 2**62)

    def exchange(self, number: int) -> Exchange:
        """Give one exchange. Raises KeyError."""
        for found, _ in self._read(number - 1, number):
            return found
        raise KeyError(number)

    def batch(self, number: int) -> int:
        """Give the batch of one exchange. Raises KeyError."""
        for _, batch in self._read(number - 1, number):
            return batch
        raise KeyError(number)

    def _read(self, after: int, last: int) -> Iterator[tuple[Exchange, int]]:
        with self._lock:
            rows = self._base.execute(
                "SELECT e.number, at, channel, sender, receiver, name, folder, data, batch FROM exchange e"
                " JOIN content c ON c.digest = e.digest WHERE e.number > ? AND e.number <= ? ORDER BY e.number",
                (after, last),
            ).fetchall()
        for found, at, channel, sender, receiver, name, folder, data, batch in rows:
            moment = datetime.fromisoformat(at)
            yield Exchange(moment, Channel(channel), sender, receiver, name, folder, data, found), batch

    def data(self, number: int) -> bytes:
        """Give the bytes of one exchange."""
        with self._lock:
            row = self._base.execute(
                "SELECT data FROM content c JOIN exchange e ON c.digest = e.digest WHERE e.number = ?", (number,)
            ).fetchone()
        if row is None:
            raise KeyError(number)
        return bytes(row[0])

    def names(self, sender: str) -> set[str]:
        """Give every file name a party has used."""
        with self._lock:
            rows = self._base.execute("SELECT DISTINCT name FROM exchange WHERE sender = ?", (sender,)).fetchall()
        return {name for (name,) in rows}

    def json_lines(self, *, personal: bool = False) -> Iterator[str]:
        """Export everything, oldest first of each kind: exchanges (bytes by digest) with their stages, then notes.

        What notes say may hold addresses and names of customers: it is given by its digest unless ``personal``.
        """
        stages, keys = self.stages(), self.sendings()
        for exchange, batch in self.exchanges():
            key = keys.get(exchange.number)
            told = {
                "type": "exchange",
                "number": exchange.number,
                "at": exchange.at.isoformat(),
                "channel": exchange.channel.value,
                "sender": exchange.sender,
                "receiver": exchange.receiver,
                "name": exchange.name,
                "folder": exchange.folder,
                "size": len(exchange.data),
                "sha256": exchange.digest,
                "batch": batch,
                "stages": sorted(stages.get(exchange.number, ())),
                "scenario": key.scenario if key else "",
            }
            yield json.dumps(told, ensure_ascii=False)
        with self._lock:
            rows = self._base.execute("SELECT number, at, kind, data FROM note ORDER BY number").fetchall()
        for number, at, kind, data in rows:
            said = {"data": json.loads(data)} if personal else {"sha256": sha256(data.encode()).hexdigest()}
            yield json.dumps({"type": "note", "number": number, "at": at, "kind": kind, **said}, ensure_ascii=False)
