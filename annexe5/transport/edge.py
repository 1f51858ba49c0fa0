"""What every file server shares: accounts, folder trees that nobody leaves, and what happened in them.

One account per OC (TRA-03) with its own tree (TRA-08, TRA-09, TRA-11); whoever retrieves deletes (TRA-10).
A path is walked folder by folder without following links, so that neither ``..``, an absolute path, a link nor a
rename leads out of an account's home, whoever else writes there meanwhile.
"""

from __future__ import annotations

import errno
import hmac
import io
import logging
import os
import posixpath
import secrets
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any

from annexe5.errors import Annexe5Error, ConfigurationError
from annexe5.transport.temporary import TemporaryName, is_temporary

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_STAGE = ".annexe5-"  # our own files on their way out: never listed, never an event


class FileBusyError(Annexe5Error):
    """The file is still being written, was cut, or changed under the reader: come back at its next event."""


class UnexpectedEntryError(Annexe5Error):
    """The path leads to a directory, a link or another thing that is not a plain file."""


class EventKind(StrEnum):
    """What happened in an account."""

    STORED = "stored"  # complete: closed after writing, or renamed into place
    RENAMED = "renamed"  # ``source`` became ``path``
    REMOVED = "removed"
    READ = "read"  # served whole to the client
    ABORTED = "aborted"  # an upload was cut or refused half way: never complete
    UNEXPECTED = "unexpected"  # a directory, a link or a move of folders, wanted or done
    REFUSED = "refused"  # a wrong password or key; ``path`` is empty
    LOCKED = "locked"  # refused because of too many wrong passwords; ``path`` is empty


@dataclass(frozen=True, slots=True)
class FileEvent:
    """One thing that happened: ``path`` is posix and relative to the home, ``size`` in bytes where it means one."""

    kind: EventKind
    account: str
    path: str
    at: datetime
    source: str = ""
    size: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """One client's account: its secrets, its home under the server's root, the folders that stand in it.

    ``public_keys`` are OpenSSH lines (``ssh-rsa AAAA…``); ``home`` defaults to the login; ``folders`` are posix paths
    relative to the home; ``quota`` is in bytes, None for no bound.
    """

    login: str
    password: str | None = field(default=None, repr=False)
    public_keys: tuple[str, ...] = ()
    home: str = ""
    folders: tuple[str, ...] = ()
    quota: int | None = None


@dataclass(frozen=True, slots=True)
class LockOut:
    """After ``attempts`` wrong passwords in a row, an account's password is refused for ``period``."""

    attempts: int = 5
    period: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One entry of a folder: ``size`` in bytes, ``modified`` in seconds if the server says it. Links are not listed."""

    name: str
    size: int
    is_dir: bool = False
    modified: float | None = None


Entries = list[tuple[bytes, os.stat_result]]
OnEvent = Callable[[FileEvent], None]
_Inode = tuple[int, int]
_Mark = tuple[int, int, int, int]


class Writer:
    """A file that a client is writing; ``path`` follows it when it is renamed under way."""

    __slots__ = ("failure", "login", "path")

    def __init__(self, login: str, path: str) -> None:
        self.login = login
        self.path = path
        self.failure = ""


class ServedFile(io.FileIO):
    """A file that a client holds open: its writes are whole and within the quota, its end is told.

    ``served`` is how far it was read. Closing it is an abort of what was written, unless ``finish`` says otherwise.
    """

    def __init__(self, edge: Edge, login: str, path: str, fd: int, mode: str) -> None:
        super().__init__(fd, mode)
        self._edge = edge
        self._login = login
        self.path = path
        self.served = 0
        self.writer = edge.begin_write(login, path, os.fstat(fd)) if self.writable() else None

    def write_at(self, data: bytes, offset: int) -> int:
        """Write all or fail: the short write by which a full disk begins is not seen by every protocol's library."""
        try:
            self._edge.spend(self._login, offset + len(data) - os.fstat(self.fileno()).st_size)
            done = 0
            while done < len(data):
                done += os.pwrite(self.fileno(), data[done:], offset + done)
        except OSError as error:
            if self.writer:
                self.writer.failure = f"écriture refusée : {error.strerror}"
            raise
        return len(data)

    def write(self, data: Any) -> int:
        """Write all at the present position, or fail."""
        self.seek(self.write_at(bytes(data), self.tell()), os.SEEK_CUR)
        return len(data)

    def finish(self, *, cut: bool) -> None:
        """Close, and tell what became of the file."""
        if self.closed:
            return
        status = os.fstat(self.fileno())
        super().close()
        if self.writer:
            self._edge.end_write(self.writer, status, cut=cut)
        elif not cut and self.served >= status.st_size:
            self._edge.emit(EventKind.READ, self._login, self.path, size=status.st_size)

    def close(self) -> None:
        """Close as the end of a session does."""
        self.finish(cut=True)


class Ledger:
    """Which files are being written or were left half written, across all the servers of one tree."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.writers: dict[_Inode, list[Writer]] = {}
        self.partial: set[_Inode] = set()
        self.room: dict[str, int] = {}  # bytes left of a quota, at least; counted anew before anything is refused
        self.failures: dict[str, tuple[int, datetime]] = {}  # wrong passwords in a row, and the last one's time

    def busy(self, inode: _Inode) -> bool:
        """Tell whether nobody may take a file."""
        with self.lock:
            return inode in self.writers or inode in self.partial


def utc_now() -> datetime:
    """Give the present, the default clock of an edge."""
    return datetime.now(UTC)


def parts_of(path: str | bytes) -> tuple[bytes, ...]:
    """Split a path as its client means it: ``/`` is the home, ``..`` stops there.

    Raises OSError (EINVAL) for a NUL, which no file name can hold.
    """
    raw = path.encode("utf-8", "surrogateescape") if isinstance(path, str) else path
    if b"\0" in raw:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    return tuple(part for part in posixpath.normpath(b"/" + raw).split(b"/") if part)


def text_of(parts: Sequence[bytes]) -> str:
    """Join a path for events; bytes that are no UTF-8 are kept as surrogate escapes and lead back to the file."""
    return b"/".join(parts).decode("utf-8", "surrogateescape")


class Edge:
    """Accounts and their trees, as the party behind the server sees them: deliver, read, take, list.

    ``on_event`` is called from a server's thread, in the order of things, and must return at once (put it in a queue);
    its first exception is raised again when the edge closes. ``beside`` is another edge on the same tree (FTP beside
    SFTP): both then know which files are being written. All methods may be called from any thread.
    """

    def __init__(
        self,
        root: Path,
        accounts: Sequence[Account],
        *,
        on_event: OnEvent,
        temporary: TemporaryName = is_temporary,
        clock: Clock = utc_now,
        lockout: LockOut | None = None,
        beside: Edge | None = None,
    ) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root.resolve()
        self.accounts = {account.login: account for account in accounts}
        if len(self.accounts) != len(accounts):
            raise ConfigurationError("Deux comptes portent le même identifiant : chaque compte doit avoir le sien.")
        self.temporary = temporary
        self._on_event = on_event
        self._clock = clock
        self._lockout = lockout
        self.ledger: Ledger = beside.ledger if beside else Ledger()
        self._callback_error: BaseException | None = None
        self._homes = {account.login: self._build_home(account) for account in accounts}
        _refuse_shared(self._homes)

    # -- what the party behind the server does --------------------------------------------------------------------

    def home(self, login: str) -> Path:
        """Give the folder of an account; KeyError when there is no such account."""
        return self._homes[login]

    def deliver(self, login: str, path: str, data: bytes, *, replace: bool = False) -> None:
        """Put a complete file in an account at once: no listing and no reader ever sees a part of it.

        Raises FileExistsError when the name is taken (unless ``replace``), FileNotFoundError without its folder.
        """
        with self.folder(login, parts_of(path)[:-1]) as folder:
            if replace or not self._place_nameless(login, path, folder, data):
                self._place_staged(login, path, folder, data, replace=replace)
        with self.ledger.lock:
            if login in self.ledger.room:
                self.ledger.room[login] -= len(data)

    def read(self, login: str, path: str) -> bytes:
        """Read a complete file and leave it.

        Raises FileBusyError while it is written, UnexpectedEntryError for a link or a directory, FileNotFoundError.
        """
        *folders, name = parts_of(path)
        with self.folder(login, folders) as folder:
            return self._steady(folder, name)[0]

    def take(self, login: str, path: str) -> bytes:
        """Retrieve: read a complete file, then delete it (TRA-10). Raises as ``read``; nothing is deleted then."""
        *folders, name = parts_of(path)
        with self.folder(login, folders) as folder:
            data, mark = self._steady(folder, name)
            with self.ledger.lock:
                status = os.stat(name, dir_fd=folder, follow_symlinks=False)
                if self.ledger.busy(_inode(status)) or _mark(status) != mark:
                    raise FileBusyError(_BUSY.format(path=path))
                os.unlink(name, dir_fd=folder)
                self._noted(login, path, None)
        return data

    def remove(self, login: str, path: str) -> None:
        """Delete a file; FileNotFoundError when it is gone already."""
        *folders, name = parts_of(path)
        with self.folder(login, folders) as folder, self.ledger.lock:
            self._forget(os.stat(name, dir_fd=folder, follow_symlinks=False))
            os.unlink(name, dir_fd=folder)
            self._noted(login, path, None)

    def list(self, login: str, path: str = "") -> list[RemoteFile]:
        """List the plain files and directories of a folder by name, those still being written included."""
        found = [
            RemoteFile(text_of([name]), status.st_size, stat.S_ISDIR(status.st_mode))
            for name, status in self.entries(login, path)
            if not stat.S_ISLNK(status.st_mode)
        ]
        return sorted(found, key=lambda entry: entry.name)

    # -- what a server needs ---------------------------------------------------------------------------------------

    @contextmanager
    def folder(self, login: str, parts: Sequence[bytes]) -> Iterator[int]:
        """Open a folder of a home, no link followed on the way; gives its descriptor, closed at the end."""
        fd = os.open(self._homes[login], _DIRECTORY)
        try:
            for part in parts:
                inner = os.open(part, _DIRECTORY, dir_fd=fd)
                os.close(fd)
                fd = inner
            yield fd
        finally:
            os.close(fd)

    def is_kept(self, login: str, parts: Sequence[bytes]) -> bool:
        """Tell whether a path is the home, one of the account's folders or above one: no client moves or removes it."""
        wanted = tuple(parts)
        return any(parts_of(folder)[: len(wanted)] == wanted for folder in ("", *self.accounts[login].folders))

    def admits(self, login: str, password: str) -> bool:
        """Judge a password in constant time; wrong ones are counted, and lock the password out (``LockOut``)."""
        account = self.accounts.get(login)
        wanted = account.password if account else None
        # compared with something even for an unknown login: the time taken tells nothing
        right = hmac.compare_digest((wanted or "").encode(), password.encode("utf-8", "surrogateescape"))
        if self._locked_out(login):
            self.emit(EventKind.LOCKED, login)
            return False
        with self.ledger.lock:
            if right and wanted is not None:
                self.ledger.failures.pop(login, None)
                return True
            if account:
                count, _ = self.ledger.failures.get(login, (0, None))
                self.ledger.failures[login] = (count + 1, self._clock())
        self.emit(EventKind.REFUSED, login)
        return False

    def emit(
        self,
        kind: EventKind,
        login: str,
        path: str = "",
        *,
        source: str = "",
        size: int | None = None,
        detail: str = "",
    ) -> None:
        """Tell what happened. A failing callback never harms the client's session: its error waits for the close."""
        event = FileEvent(kind, login, path, self._clock(), source, size, detail)
        try:
            self._on_event(event)
        except Exception as error:
            logger.exception("on_event failed for %s", event)
            self._callback_error = self._callback_error or error

    def raise_callback_error(self) -> None:
        """Raise again the first error of ``on_event``, once."""
        error, self._callback_error = self._callback_error, None
        if error:
            raise error

    def open_file(self, login: str, path: str | bytes, flags: int, mode: int = 0o666) -> ServedFile:
        """Open a plain file for a client, no link followed; ``flags`` and ``mode`` as ``os.open``."""
        parts = parts_of(path)
        if not parts:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with self.folder(login, parts[:-1]) as folder:
            fd = os.open(parts[-1], flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, mode, dir_fd=folder)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise PermissionError(errno.EACCES, "Ce n'est pas un fichier")
        access = flags & os.O_ACCMODE
        return ServedFile(
            self, login, text_of(parts), fd, {os.O_RDONLY: "rb", os.O_WRONLY: "wb", os.O_RDWR: "rb+"}[access]
        )

    def status(self, login: str, path: str | bytes) -> os.stat_result:
        """Describe an entry; a link is described, not followed."""
        parts = parts_of(path)
        with self.folder(login, parts[:-1]) as folder:
            return os.stat(parts[-1] if parts else ".", dir_fd=folder, follow_symlinks=False)

    def entries(self, login: str, path: str | bytes) -> Entries:
        """List a folder for a client, our own files under way left out."""
        found = []
        with self.folder(login, parts_of(path)) as folder, os.scandir(folder) as inside:
            for entry in inside:
                with suppress(FileNotFoundError):  # taken meanwhile
                    if not is_stage(entry.name):
                        found.append((os.fsencode(entry.name), entry.stat(follow_symlinks=False)))
        return found

    def make_folder(self, login: str, path: str | bytes) -> None:
        """Make a folder for a client, and tell it: the contract names all those that stand."""
        parts = parts_of(path)
        if self.is_kept(login, parts):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        with self.folder(login, parts[:-1]) as folder:
            os.mkdir(parts[-1], 0o755, dir_fd=folder)
        self.emit(EventKind.UNEXPECTED, login, text_of(parts), detail="dossier créé")

    def remove_folder(self, login: str, path: str | bytes) -> None:
        """Remove an empty folder that is not one of the account's, for a client."""
        parts = parts_of(path)
        if self.is_kept(login, parts):
            raise PermissionError(errno.EACCES, "Ce dossier appartient au compte")
        with self.folder(login, parts[:-1]) as folder:
            os.rmdir(parts[-1], dir_fd=folder)
        self.emit(EventKind.REMOVED, login, text_of(parts), detail="dossier")

    def begin_write(self, login: str, path: str, status: os.stat_result) -> Writer:
        """Note that a client opened a file for writing: nobody takes it until ``end_write``."""
        writer = Writer(login, path)
        quota = self.accounts[login].quota
        with self.ledger.lock:
            self.ledger.partial.discard(_inode(status))
            self.ledger.writers.setdefault(_inode(status), []).append(writer)
            if quota is not None and login not in self.ledger.room:
                self.ledger.room[login] = quota - self._usage(login)
        return writer

    def spend(self, login: str, growth: int) -> None:
        """Take what a file is about to grow by from the account's quota; OSError (EDQUOT) when it does not hold it."""
        with self.ledger.lock:
            room, quota = self.ledger.room.get(login), self.accounts[login].quota
            if room is None or quota is None or growth <= 0:
                return
            if growth > room:
                room = quota - self._usage(login)  # what was taken or deleted since is free again
            self.ledger.room[login] = room - growth if growth <= room else room
            if growth > room:
                raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    def end_write(self, writer: Writer, status: os.stat_result, *, cut: bool) -> None:
        """Note that a client's file is closed (``status`` just before), and tell whether it is complete."""
        inode = _inode(status)
        with self.ledger.lock:
            others = self.ledger.writers.get(inode, [])
            others.remove(writer)
            if others:
                return  # the last of its writers tells
            del self.ledger.writers[inode]
            gone = status.st_nlink == 0
            if not gone and (cut or writer.failure):
                self.ledger.partial.add(inode)
        if gone:
            return
        name = posixpath.basename(writer.path)
        if cut or writer.failure:
            detail = writer.failure or "connexion coupée pendant le dépôt"
            self.emit(EventKind.ABORTED, writer.login, writer.path, size=status.st_size, detail=detail)
        elif not self.temporary(name) and self._leads_to(writer, inode):
            self.emit(EventKind.STORED, writer.login, writer.path, size=status.st_size)

    def rename(self, login: str, old: str | bytes, new: str | bytes, *, replace: bool) -> None:
        """Rename inside a home for a client, and tell it: a file that gets a final name is complete."""
        old_parts, new_parts = parts_of(old), parts_of(new)
        if self.is_kept(login, old_parts) or self.is_kept(login, new_parts):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        source, path = text_of(old_parts), text_of(new_parts)
        with self.folder(login, old_parts[:-1]) as here, self.folder(login, new_parts[:-1]) as there, self.ledger.lock:
            status = os.stat(old_parts[-1], dir_fd=here, follow_symlinks=False)
            _displace(there, new_parts[-1], replace=replace, forget=self._forget)
            os.rename(old_parts[-1], new_parts[-1], src_dir_fd=here, dst_dir_fd=there)
            inode = _inode(status)
            self.ledger.partial.discard(inode)  # its sender says that it is whole
            writers = self.ledger.writers.get(inode, [])
            for writer in writers:
                writer.path = path
        if not stat.S_ISREG(status.st_mode):
            self.emit(EventKind.UNEXPECTED, login, path, source=source, detail="déplacement d'un dossier ou d'un lien")
            return
        self.emit(EventKind.RENAMED, login, path, source=source, size=status.st_size)
        if not writers and not self.temporary(posixpath.basename(path)):
            self.emit(EventKind.STORED, login, path, source=source, size=status.st_size)

    def unlink(self, login: str, path: str | bytes) -> None:
        """Delete a file or a link for a client, and tell it."""
        parts = parts_of(path)
        if self.is_kept(login, parts):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        with self.folder(login, parts[:-1]) as folder:
            status = os.stat(parts[-1], dir_fd=folder, follow_symlinks=False)
            os.unlink(parts[-1], dir_fd=folder)
            self._forget(status)
        self.emit(EventKind.REMOVED, login, text_of(parts), size=status.st_size)

    # -- helpers ---------------------------------------------------------------------------------------------------

    def _build_home(self, account: Account) -> Path:
        home = self.root.joinpath(*(part.decode() for part in parts_of(account.home or account.login)))
        for folder in ("", *account.folders):
            home.joinpath(*(part.decode() for part in parts_of(folder))).mkdir(parents=True, exist_ok=True)
        return home

    def _usage(self, login: str) -> int:
        total = 0
        for folder, _, names in os.walk(self._homes[login]):
            for name in names:
                with suppress(FileNotFoundError):  # taken meanwhile
                    total += Path(folder, name).lstat().st_size
        return total

    def _busy(self, fd: int, status: os.stat_result) -> bool:  # noqa: ARG002 - an edge on a foreign server asks the system
        return self.ledger.busy(_inode(status))

    def _steady(self, folder: int, name: bytes) -> tuple[bytes, _Mark]:
        """Read a file that nobody writes; gives its bytes and the mark by which it is known again."""
        try:
            fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENXIO):
                raise UnexpectedEntryError(_UNEXPECTED.format(path=text_of([name]))) from None
            raise
        with os.fdopen(fd, "rb", closefd=True) as file:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                raise UnexpectedEntryError(_UNEXPECTED.format(path=text_of([name])))
            mark = _mark(status)
            busy = self._busy(fd, status)
            data = b"" if busy else file.read()
            if busy or _mark(os.fstat(fd)) != mark or self._busy(fd, status):
                raise FileBusyError(_BUSY.format(path=text_of([name])))
        return data, mark

    def _place_nameless(self, login: str, path: str, folder: int, data: bytes) -> bool:
        """Write a file that has no name until it is whole; False where the file system cannot."""
        try:
            fd = os.open(".", os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o644, dir_fd=folder)
        except OSError as error:
            if error.errno in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL):
                return False
            raise
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            with self.ledger.lock:
                try:
                    os.link(f"/proc/self/fd/{fd}", parts_of(path)[-1], dst_dir_fd=folder, follow_symlinks=True)
                except FileExistsError:
                    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path) from None
                self._noted(login, path, os.fstat(fd))
        return True

    def _place_staged(self, login: str, path: str, folder: int, data: bytes, *, replace: bool) -> None:
        """Write a file under a name that no listing of ours shows, then give it its own."""
        name = parts_of(path)[-1]
        stage = f"{_STAGE}{secrets.token_hex(8)}"
        fd = os.open(stage, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644, dir_fd=folder)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(data)
            with self.ledger.lock:
                if replace:
                    os.replace(stage, name, src_dir_fd=folder, dst_dir_fd=folder)
                else:
                    os.link(stage, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
                self._noted(login, path, os.stat(name, dir_fd=folder, follow_symlinks=False))
        finally:
            with suppress(FileNotFoundError):
                os.unlink(stage, dir_fd=folder)

    def _noted(self, login: str, path: str, status: os.stat_result | None) -> None:
        """Note what this side itself put (or, None, took away), the ledger locked: a watching edge does not tell it."""

    def _locked_out(self, login: str) -> bool:
        with self.ledger.lock:
            count, last = self.ledger.failures.get(login, (0, None))
            if not self._lockout or last is None or count < self._lockout.attempts:
                return False
            if self._clock() - last < self._lockout.period:
                return True
            del self.ledger.failures[login]
            return False

    def _leads_to(self, writer: Writer, inode: _Inode) -> bool:
        """Tell whether a path still leads to its file: a folder above it may have been moved meanwhile."""
        *folders, name = parts_of(writer.path)
        try:
            with self.folder(writer.login, folders) as folder:
                return _inode(os.stat(name, dir_fd=folder, follow_symlinks=False)) == inode
        except OSError:
            return False

    def _forget(self, status: os.stat_result) -> None:
        if status.st_nlink <= 1:
            self.ledger.partial.discard(_inode(status))


_BUSY = "« {path} » est en cours d'écriture ou incomplet : attendez l'événement suivant de ce fichier."
_UNEXPECTED = "« {path} » n'est pas un fichier ordinaire : il n'est ni suivi ni lu."


def is_stage(name: str) -> bool:
    """Tell whether a name is one of ours on its way out, that no client may see."""
    return name.startswith(_STAGE)


def _inode(status: os.stat_result) -> _Inode:
    return status.st_dev, status.st_ino


def _mark(status: os.stat_result) -> _Mark:
    # the change time is the one that no client can set back
    return status.st_dev, status.st_ino, status.st_size, status.st_ctime_ns


def _refuse_shared(homes: dict[str, Path]) -> None:
    ordered = sorted(homes.items(), key=lambda item: item[1].parts)
    for (login, home), (other, inner) in pairwise(ordered):
        if inner.is_relative_to(home):
            raise ConfigurationError(
                f"Les comptes « {login} » et « {other} » partagent le dossier {home} : un dossier chacun (TRA-11)."
            )


def _displace(folder: int, name: bytes, *, replace: bool, forget: Callable[[os.stat_result], None]) -> None:
    """Look at what a rename would cover: refused without ``replace``."""
    try:
        covered = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return
    if not replace:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    forget(covered)
