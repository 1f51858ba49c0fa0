"""From what the command line names to the files of an archive: folders of any depth, zips, zips in zips, journals.

The contract's folders (``IN/…``, ``OUT/…``) are looked for in each path; what stands above them is the OC's account.
Nothing is extracted from a zip: members are read when asked for, after the zip's own directory has been weighed.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from annexe5.errors import UsageError

QUADRIGRAMME = re.compile(r"[A-Z0-9]{4}")
_SIDES = ("IN", "OUT")
JOURNAL_SUFFIX = ".sqlite"
JOURNAL = "journal.sqlite"
# An honest month of CSV files shrinks 10 to 50 times; deflate can do 1,000, overlapping members far more.
_MOST_MEMBERS = 2_000_000
_UNREMARKABLE = 64 << 20
_RATIO = 200
_MOST_BYTES = 64 << 30
_DEEPEST = 4
_ENCRYPTED = 0x1
_READING = (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, sqlite3.Error)


@dataclass(frozen=True, slots=True)
class Written:
    """What a journal wrote down of an exchange: when, and with which others; ``mailbox`` where it came by mail."""

    at: datetime
    batch: int
    mailbox: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive.

    ``path`` as findings tell it, from the folder given (``mois.zip!OUT/…`` in a zip); ``folder`` from ``IN`` or
    ``OUT`` on, empty where the path has neither; ``account`` the quadrigramme above it, empty where there is none;
    ``written`` where the archive is a journal.
    """

    path: str
    size: int
    open: Callable[[], BinaryIO]
    folder: str = ""
    account: str = ""
    written: Written | None = None

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.rpartition("/")[2].rpartition("!")[2]

    def read(self) -> bytes:
        """Give the bytes; UsageError when they cannot be read."""
        with told(self.path), self.open() as stream:
            return stream.read()


def entries(given: str, stack: ExitStack) -> Iterator[Entry]:
    """Give every file of a folder, zip or journal, by path; UsageError for what does not exist or cannot be read."""
    path = Path(given)
    if not path.exists():
        raise UsageError(f"{given} : ni dossier, ni archive ; vérifiez le chemin.")
    if path.is_dir():
        yield from _folder(path, stack)
    else:
        yield from _file(path, path.name, stack)


def _folder(root: Path, stack: ExitStack) -> Iterator[Entry]:
    def refuse(reason: OSError) -> None:
        raise UsageError(f"{reason.filename} : dossier illisible : {reason.strerror}.") from None

    for folder, folders, files in os.walk(root, onerror=refuse):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        inside = "" if folder == str(root) else os.path.relpath(folder, root).replace(os.sep, "/") + "/"
        for name in sorted(files):
            if not name.startswith("."):
                yield from _file(Path(folder, name), inside + name, stack)


def _file(path: Path, shown: str, stack: ExitStack) -> Iterator[Entry]:
    suffix = path.suffix.lower()
    if suffix == ".zip":
        with told(shown):
            archive = stack.enter_context(zipfile.ZipFile(path))
        yield from _members(archive, shown, path.stat().st_size, stack, 1)
    elif path.name == JOURNAL or (suffix == JOURNAL_SUFFIX and shown == path.name):
        yield from _journal(path, shown)
    else:
        yield _entry(shown, _size(path), lambda: path.open("rb"))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as reason:
        raise UsageError(f"{path} : illisible : {reason.strerror}.") from None


def _entry(shown: str, size: int, opened: Callable[[], BinaryIO]) -> Entry:
    folder, account = where(shown)
    return Entry(shown, size, opened, folder, account)


def where(shown: str) -> tuple[str, str]:
    """Give the contract's folder that a path goes through, from IN or OUT on, and the OC's account above it."""
    parts = re.split(r"[/!]", shown)[:-1]
    at = next((place for place in range(len(parts) - 1, -1, -1) if parts[place] in _SIDES), None)
    if at is None:
        return "", ""
    above = parts[at - 1] if at else ""
    return "/".join(parts[at:]), above if QUADRIGRAMME.fullmatch(above) else ""


class told:  # noqa: N801  # a context manager reads as a function
    """Tell in words a file that turns out unreadable while it is read."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: type[BaseException] | None, reason: BaseException | None, trace: object) -> None:
        if isinstance(reason, _READING):
            why = reason.strerror if isinstance(reason, OSError) and reason.strerror else str(reason)
            raise UsageError(f"{self._name} : illisible : {why or type(reason).__name__}.") from None


# --- zips ----------------------------------------------------------------------------------------------------


def _members(archive: zipfile.ZipFile, shown: str, size: int, stack: ExitStack, depth: int) -> Iterator[Entry]:
    members = [one for one in archive.infolist() if not one.is_dir() and not _hidden(one.filename)]
    _weigh(shown, members, size)
    for one in sorted(members, key=lambda member: member.filename):
        inside = f"{shown}!{one.filename}"
        if one.flag_bits & _ENCRYPTED:
            raise UsageError(f"{inside} : membre chiffré ; donnez une archive sans mot de passe.")
        if not inside.lower().endswith(".zip"):
            yield _entry(inside, one.file_size, _reader(archive, one))
            continue
        if depth == _DEEPEST:
            raise UsageError(f"{inside} : plus de {_DEEPEST} archives l'une dans l'autre.")
        held = stack.enter_context(tempfile.TemporaryFile(prefix="annexe5-"))  # noqa: SIM115
        with told(inside), archive.open(one) as stream:
            shutil.copyfileobj(stream, held)
            nested = stack.enter_context(zipfile.ZipFile(held))
        yield from _members(nested, inside, one.file_size, stack, depth + 1)


def _reader(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    return lambda: cast("BinaryIO", archive.open(member))


def _hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def _weigh(shown: str, members: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse a zip that unfolds beyond measure. No member yields more bytes than the directory declares."""
    total = sum(one.file_size for one in members)
    ratio = total / max(1, size)
    if len(members) > _MOST_MEMBERS or total > _MOST_BYTES or (total > _UNREMARKABLE and ratio > _RATIO):
        raise UsageError(
            f"{shown} : l'archive se déplie en {len(members)} fichiers et {total >> 20} Mio, {ratio:.0f} fois sa "
            "taille ; elle n'est pas ouverte. Dépliez-la vous-même si elle est sûre, et donnez le dossier."
        )


# --- journals ------------------------------------------------------------------------------------------------


def _journal(path: Path, shown: str) -> Iterator[Entry]:
    """Give the files that a campaign's journal holds, with the moment it wrote each down; messages are left out."""
    query = (
        "SELECT e.number, at, channel, name, folder, length(data), batch FROM exchange e"
        " JOIN content c ON c.digest = e.digest WHERE channel != 'soap' ORDER BY e.number"
    )
    with told(shown):
        rows = _asked(path, query)
    for number, at, channel, name, folder, size, batch in rows:
        written = Written(datetime.fromisoformat(at), batch, folder if channel == "mail" else "")
        inside = "" if written.mailbox or not folder else f"{folder}/"
        place = f"{shown}!{number:06d}/{inside}{name}"
        yield Entry(place, size, _content(path, number), where(place)[0], "", written)


def _asked(path: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as base:
        return base.execute(query, values).fetchall()


def _content(path: Path, number: int) -> Callable[[], BinaryIO]:
    query = "SELECT data FROM content c JOIN exchange e ON c.digest = e.digest WHERE e.number = ?"

    def opened() -> BinaryIO:
        ((data,),) = _asked(path, query, number)
        return io.BytesIO(data)

    return opened
