"""The journal of a campaign: every exchange with its bytes, in SQLite, append-only.

Bytes are stored once by digest. Triggers refuse any change or deletion; write-ahead logging and full synchronisation
keep what was committed through a kill at any point, and let two processes write in turn.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
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
CREATE TRIGGER IF NOT EXISTS exchange_kept BEFORE UPDATE ON exchange BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS exchange_left BEFORE DELETE ON exchange BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS content_kept BEFORE UPDATE ON content BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS content_left BEFORE DELETE ON content BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS note_kept BEFORE UPDATE ON note BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS note_left BEFORE DELETE ON note BEGIN SELECT RAISE(ABORT, 'append-only'); END;
"""


class Journal(AbstractContextManager["Journal"]):
    """An open journal; usable from several threads. ``batch`` numbers the moments of observation."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            self._base = sqlite3.connect(path, check_same_thread=False, timeout=30, isolation_level=None)
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=FULL")
            self._base.executescript(_SCHEMA)
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

    def record(self, exchange: Exchange, *, batch: int) -> Exchange:
        """Write one exchange down, whole or not at all; give it back with its number."""
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
                self._base.execute("COMMIT")
            except BaseException:
                self._base.execute("ROLLBACK")
                raise
        return replace(exchange, number=number or 0)

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
        with self._lock:
            rows = self._base.execute(
                "SELECT e.number, at, channel, sender, receiver, name, folder, data, batch FROM exchange e"
                " JOIN content c ON c.digest = e.digest WHERE e.number > ? ORDER BY e.number",
                (after,),
            ).fetchall()
        for number, at, channel, sender, receiver, name, folder, data, batch in rows:
            moment = datetime.fromisoformat(at)
            yield Exchange(moment, Channel(channel), sender, receiver, name, folder, data, number), batch

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

    def json_lines(self) -> Iterator[str]:
        """Export: one JSON object an exchange, bytes by digest."""
        for exchange, batch in self.exchanges():
            yield json.dumps(
                {
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
                },
                ensure_ascii=False,
            )
