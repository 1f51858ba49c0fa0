"""A file server seen from its client, whatever the protocol (TRA-01): deposit, list, retrieve, collect, delete.

The way there failing is never a breach of the contract: every error here is a ``TargetError`` (exit code 2) that says
what to do. A deposit is never doubled nor half seen; whoever collects deletes what it got and nothing else (TRA-10).

TargetError
 ├─ UnreachableError     no such name, no answer, connection refused
 ├─ HostKeyError         the server does not show the declared key (TRA-04)
 ├─ LegacyPeerError      the server speaks SHA-1 signatures only: the legacy client reaches it
 ├─ LoginError           password or key refused
 ├─ MissingFolderError   the folder of the contract is not there
 ├─ RefusedError         the server refused the operation
 └─ TransferError        the connection was lost too often, or the outcome is unknown
"""

from __future__ import annotations

import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from types import TracebackType
from typing import Self, TypeVar

from annexe5.errors import TargetError
from annexe5.transport.edge import RemoteFile
from annexe5.transport.temporary import is_temporary, temporary_name

T = TypeVar("T")
Files = list[RemoteFile]


class UnreachableError(TargetError):
    """No such name, no answer, connection refused."""


class HostKeyError(TargetError):
    """The server does not show the declared key; ``presented_md5`` and ``presented_sha256`` are those it shows."""

    def __init__(self, message: str, presented_md5: str = "", presented_sha256: str = "") -> None:
        super().__init__(message)
        self.presented_md5 = presented_md5
        self.presented_sha256 = presented_sha256


class LegacyPeerError(TargetError):
    """The server offers nothing but what current libraries refuse (SHA-1 signatures)."""


class LoginError(TargetError):
    """Password or key refused."""


class MissingFolderError(TargetError):
    """The folder is not there."""


class RefusedError(TargetError):
    """The server refused the operation: rights, quota, a full disk."""


class TransferError(TargetError):
    """The connection was lost too often, or what became of the operation cannot be known."""


class ConnectionLostError(Exception):
    """The connection broke under an operation: internal, every client tries again."""


def wait_for(seconds: float) -> None:
    """Wait, the default pause between two tries."""
    threading.Event().wait(seconds)


@contextmanager
def reaching(where: str, host: str) -> Iterator[None]:
    """Tell what stands in the way to a host, as an ``UnreachableError``."""
    try:
        yield
    except socket.gaierror as error:
        raise UnreachableError(
            f"{where} : le nom « {host} » est inconnu du DNS ({error.strerror}) ; corrigez l'hôte."
        ) from error
    except (OSError, EOFError) as error:
        reason = str(error) or type(error).__name__
        raise UnreachableError(
            f"{where} : pas de réponse ({reason}) ; vérifiez l'hôte, le port et l'ouverture du pare-feu."
        ) from error


class RemoteClient(ABC):
    """One account on one server; a context manager. Not for several threads at once.

    ``tries`` bounds the attempts of one operation over broken connections, ``wait`` is called with the seconds to pause
    between them. ``upload_name`` gives the name under which a file is uploaded before its rename; None writes it under
    its own name at once. ``legacy`` and ``clear_text`` tell a weak channel, for the report.
    """

    legacy = False
    clear_text = False

    def __init__(
        self,
        where: str,
        *,
        tries: int = 3,
        wait: Callable[[float], None] = wait_for,
        upload_name: Callable[[str], str] | None = temporary_name,
    ) -> None:
        self.where = where
        self._tries = tries
        self._wait = wait
        self._upload_name = upload_name
        self._connected = False

    # -- what the caller does --------------------------------------------------------------------------------------

    def open(self) -> Self:
        """Connect now rather than at the first operation. Raises a ``TargetError`` at once, without another try."""
        if not self._connected:
            self._connect()
            self._connected = True
        return self

    def close(self) -> None:
        """Disconnect; an operation connects again."""
        self._connected = False
        with suppress(Exception):  # a dead connection has nothing more to say
            self._disconnect()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def deposit(self, folder: str, name: str, data: bytes, *, ready: Callable[[], object] | None = None) -> None:
        """Put a file, complete at once and only once; a file of that name still there is replaced.

        ``ready`` is called when the next thing done lets the file be seen: the rename, or the writing where there is
        none. Whoever writes that down can ask ``has_left`` after an interruption.
        """
        with self._of_folder(folder):
            if self._upload_name is None:
                self._deposit_openly(_join(folder, name), data, ready or _nothing)
            else:
                upload = _join(folder, self._upload_name(name))
                self._deposit_by_rename(upload, _join(folder, name), data, ready or _nothing)

    def has_left(self, folder: str, name: str, size: int) -> bool | None:
        """Tell what became of a deposit of ``size`` bytes interrupted after ``ready``.

        Under a provisional name it has left exactly when that name is gone. Written openly and no longer there, it was
        taken or never came: None, nobody can know.
        """
        with self._of_folder(folder):
            if self._upload_name is not None:
                upload = _join(folder, self._upload_name(name))
                return not self._retry(lambda: self._exists(upload))
            here = next((one for one in self._retry(lambda: self._names(folder)) if one.name == name), None)
        return None if here is None else here.size == size

    def list(self, folder: str) -> Files:
        """List the files and directories of a folder, by name."""
        with self._of_folder(folder):
            return sorted(self._retry(lambda: self._names(folder)), key=lambda entry: entry.name)

    def retrieve(self, folder: str, name: str) -> bytes:
        """Read a file and leave it. Raises FileNotFoundError."""
        return self._retry(lambda: self._read(_join(folder, name)))

    def collect(
        self,
        folder: str,
        *,
        keep: Callable[[str, bytes], None] | None = None,
        settle: float | None = None,
        skip: Container[str] = (),
    ) -> Iterator[tuple[str, bytes]]:
        """Retrieve the files of a folder one by one, by name, and delete each once it is read whole.

        Temporary names, directories, and files that change meanwhile are left alone. ``keep`` is called with each file
        before it is deleted (write it down there: an exception keeps the file on the server). ``settle`` leaves alone
        files whose size or time changes within so many seconds; ``skip`` names files that are not ours to take.
        """
        for entry in self._settled(folder, settle):
            if entry.is_dir or is_temporary(entry.name) or entry.name in skip:
                continue
            with suppress(FileNotFoundError):  # somebody else collected it first
                data = self._read_steady(_join(folder, entry.name))
                if data is None:
                    continue
                if keep:
                    keep(entry.name, data)
                self.delete(folder, entry.name)
                yield entry.name, data

    def delete(self, folder: str, name: str) -> None:
        """Delete a file. Raises FileNotFoundError when it was not there."""
        tried = False

        def remove() -> None:
            nonlocal tried
            again, tried = tried, True
            try:
                self._remove(_join(folder, name))
            except FileNotFoundError:
                if not again:  # the broken try had done it
                    raise

        self._retry(remove)

    # -- what a protocol brings: each raises ConnectionLostError, FileNotFoundError or RefusedError -------------------

    @abstractmethod
    def _connect(self) -> None: ...

    @abstractmethod
    def _disconnect(self) -> None: ...

    @abstractmethod
    def _write(self, path: str, data: bytes) -> None:
        """Write a whole file and see that the server has it whole."""

    @abstractmethod
    def _read(self, path: str) -> bytes: ...

    @abstractmethod
    def _mark(self, path: str) -> tuple[int, float | None]:
        """Give size and time of a file."""

    @abstractmethod
    def _rename(self, old: str, new: str) -> None: ...

    @abstractmethod
    def _remove(self, path: str) -> None: ...

    @abstractmethod
    def _names(self, folder: str) -> Files: ...

    # -- helpers ---------------------------------------------------------------------------------------------------

    def _retry(self, action: Callable[[], T]) -> T:
        """Run an operation, over broken connections if need be; the first connection gets one try only."""
        self.open()
        lost: Exception | None = None
        for attempt in range(self._tries):
            if attempt:
                self._wait(0.2 * 5 ** (attempt - 1))
            try:
                self.open()
                return action()
            except ConnectionLostError as error:
                lost = error
                self.close()
            except UnreachableError as error:
                lost = error
        raise TransferError(
            f"{self.where} : connexion perdue {self._tries} fois de suite ({lost}) ; "
            "vérifiez le réseau et le serveur, puis relancez."
        ) from lost

    def _deposit_by_rename(self, upload: str, final: str, data: bytes, ready: Callable[[], object]) -> None:
        placing = False

        def place() -> None:
            nonlocal placing
            if placing and not self._exists(upload):
                return  # the broken try had renamed it, whether or not it was taken since
            placing = True
            self._rename(upload, final)

        try:
            self._retry(lambda: self._write(upload, data))
        except RefusedError:
            with suppress(ConnectionLostError, FileNotFoundError, TargetError):
                self._remove(upload)  # half a file would hold the room of the next
            raise
        ready()
        self._retry(place)

    def _deposit_openly(self, path: str, data: bytes, ready: Callable[[], object]) -> None:
        writing = False

        def write() -> None:
            nonlocal writing
            if writing:
                if not self._exists(path):
                    raise TransferError(
                        f"{self.where} : connexion perdue pendant le dépôt de « {path} », qui n'y est plus : "
                        "pris par le serveur ou jamais reçu. Vérifiez avant de le déposer de nouveau."
                    )
                if self._mark(path)[0] == len(data):
                    return
            writing = True
            self._write(path, data)

        ready()
        self._retry(write)

    def _exists(self, path: str) -> bool:
        try:
            self._mark(path)
        except FileNotFoundError:
            return False
        return True

    def _read_steady(self, path: str) -> bytes | None:
        """Read a file that is the same before and after, so that what is deleted next is what was read; else None."""

        def read() -> bytes | None:
            before = self._mark(path)
            data = self._read(path)
            return data if self._mark(path) == before and len(data) == before[0] else None

        return self._retry(read)

    def _settled(self, folder: str, settle: float | None) -> Files:
        entries = self.list(folder)
        if settle is None:
            return entries
        self._wait(settle)
        later = set(self.list(folder))
        return [entry for entry in entries if entry in later]

    def _of_folder(self, folder: str) -> AbstractContextManager[None]:
        return _FolderErrors(self.where, folder)


class _FolderErrors(AbstractContextManager[None]):
    """Tell a folder that is not there by its name."""

    def __init__(self, where: str, folder: str) -> None:
        self._message = (
            f"{where} : le dossier « {folder} » n'existe pas dans ce compte ; "
            "faites-le créer par l'opérateur du serveur, ou corrigez le dossier déclaré."
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, FileNotFoundError):
            raise MissingFolderError(self._message) from error


def _nothing() -> None:
    """Stand for a caller who writes nothing down."""


def _join(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}" if folder else name
