"""From what the command line names to files: paths, folders, globs, archives, messages, standard input.

Nothing is extracted from an archive: members are read as streams, after the archive's own directory has been weighed.
"""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from annexe5.errors import UsageError
from annexe5.tables.octets import Source, from_bytes, from_path

STDIN = "-"
MAIL = ".eml"
MOST_OF_A_MAIL = 100_000_000  # bytes; mail servers take a third of it
_SIGNS = frozenset("*?[")
# An honest month of CSV files shrinks 10 to 50 times; deflate can do 1,000, overlapping members far more.
_MOST_MEMBERS = 10_000
_UNREMARKABLE = 64 << 20
_RATIO = 200
_MOST_BYTES = 64 << 30
_ENCRYPTED = 0x1
_READING = (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)


@dataclass(frozen=True, slots=True)
class Found:
    """One file to judge: ``name`` is its own ("" on standard input), ``local`` where it stands on disk, if it does.

    ``beside`` gives, for a member of an archive, the archive and its path in it.
    """

    source: Source
    name: str
    local: Path | None = None
    beside: tuple[zipfile.ZipFile, str] | None = None

    @property
    def suffix(self) -> str:
        """Give the extension in lower case, with its dot."""
        return PurePosixPath(self.name).suffix.lower()


def find(paths: Sequence[str], stack: ExitStack, stdin: BinaryIO) -> list[Found]:
    """Find every file the paths stand for, each once, in the order given and by name in a folder.

    ``stack`` holds the archives and temporary files open as long as they are read. UsageError for a path that does
    not exist, cannot be read, or yields nothing.
    """
    found: list[Found] = []
    seen: set[Path] = set()
    for given in paths:
        if given == STDIN:
            found.append(_spooled(stdin, STDIN, stack))
            continue
        before = len(found)
        repeated = False
        for path in _expanded(given):
            real = path.resolve()
            if real in seen:
                repeated = True
                continue
            seen.add(real)
            found.extend(_opened(path, stack))
        if len(found) == before and not repeated:
            raise UsageError(f"{given} : aucun fichier à juger.")
    return found


@contextmanager
def told(name: str) -> Iterator[None]:
    """Tell in words a file that turns out unreadable while it is read."""
    try:
        yield
    except _READING as reason:
        if isinstance(reason, RecursionError) or (
            isinstance(reason, RuntimeError | NotImplementedError) and "!" not in name
        ):
            raise
        why = reason.strerror if isinstance(reason, OSError) and reason.strerror else str(reason)
        raise UsageError(f"{name} : illisible : {why or type(reason).__name__}.") from None


def _expanded(given: str) -> Iterator[Path]:
    path = Path(given)
    try:
        exists = path.exists()
    except (OSError, ValueError) as reason:
        raise UsageError(f"{given!r} : chemin illisible : {reason}.") from None
    if exists:
        yield from _walked(path) if path.is_dir() else (path,)
        return
    # Path.glob takes no absolute pattern.
    matches = sorted(glob.glob(given, recursive=True)) if _SIGNS & set(given) else []  # noqa: PTH207
    if not matches:
        raise UsageError(f"{given} : ni fichier, ni dossier ; vérifiez le chemin.")
    for match in matches:
        one = Path(match)
        if one.is_dir():
            # A pattern that ends in ** or * yields folders too: their files come by the pattern, or by themselves.
            yield from _walked(one)
        else:
            yield one


def _walked(folder: Path) -> Iterator[Path]:
    def refuse(reason: OSError) -> None:
        raise UsageError(f"{reason.filename} : dossier illisible : {reason.strerror}.") from None

    for root, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(files):
            path = Path(root, name)
            # A link to nothing is told as unreadable; a pipe would wait for ever.
            if not name.startswith(".") and (path.is_file() or not path.exists()):
                yield path


def _opened(path: Path, stack: ExitStack) -> Iterator[Found]:
    if path.exists() and not path.is_file():  # a pipe: it can be read once only
        with told(str(path)), path.open("rb") as stream:
            yield _spooled(cast("BinaryIO", stream), str(path), stack)
        return
    source = from_path(path)
    if path.suffix.lower() == ".zip":
        yield from _members(path, stack)
    else:
        yield from _with_table(Found(source, path.name, local=path))


def _with_table(found: Found) -> Iterator[Found]:
    """Give a file, and for a message the table attached to it, to be judged as any other."""
    yield found
    if found.suffix != MAIL:
        return
    from annexe5.messages.mail_judge import table_of  # noqa: PLC0415  # for messages only

    with told(found.source.name), found.source.open() as stream:
        table = table_of(stream.read(MOST_OF_A_MAIL))
    if table is not None:
        yield Found(from_bytes(table.data, f"{found.source.name}!{table.name}"), PurePosixPath(table.name).name)


def _spooled(stream: BinaryIO, name: str, stack: ExitStack) -> Found:
    held = stack.enter_context(tempfile.NamedTemporaryFile(prefix="annexe5-"))  # noqa: SIM115
    shutil.copyfileobj(stream, held)
    held.flush()
    return Found(replace(from_path(Path(held.name)), name=name), "")


# --- archives ------------------------------------------------------------------------------------------------


def _members(path: Path, stack: ExitStack) -> Iterator[Found]:
    with told(f"{path}!"):
        archive = stack.enter_context(zipfile.ZipFile(path))
    members = [one for one in archive.infolist() if not one.is_dir() and not _hidden(one.filename)]
    _weigh(path, members)
    for one in sorted(members, key=lambda member: member.filename):
        if one.filename.lower().endswith(".zip"):
            raise UsageError(f"{path}!{one.filename} : une archive dans une archive ; dépliez la première.")
        if one.flag_bits & _ENCRYPTED:
            raise UsageError(f"{path}!{one.filename} : membre chiffré ; donnez une archive sans mot de passe.")
        source = Source(f"{path}!{one.filename}", partial(_open_member, archive, one), one.file_size)
        yield from _with_table(Found(source, PurePosixPath(one.filename).name, beside=(archive, one.filename)))


def _open_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> BinaryIO:
    stream: IO[bytes] = archive.open(member)
    return cast("BinaryIO", stream)


def _hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(name).parts)


def _weigh(path: Path, members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse an archive that unfolds beyond measure. No member yields more bytes than the directory declares."""
    total = sum(one.file_size for one in members)
    ratio = total / max(1, path.stat().st_size)
    if len(members) > _MOST_MEMBERS:
        raise UsageError(f"{path} : {len(members)} fichiers dans l'archive ; {_MOST_MEMBERS} au plus.")
    if total > _MOST_BYTES or (total > _UNREMARKABLE and ratio > _RATIO):
        raise UsageError(
            f"{path} : l'archive se déplie en {total >> 20} Mio, {ratio:.0f} fois sa taille ; elle n'est pas ouverte. "
            "Dépliez-la vous-même si elle est sûre, et donnez le dossier."
        )
