"""The edge of a file server that is not ours (OpenSSH's sshd, vsftpd): we stand behind it, on its tree.

The same events, ``deliver`` and ``take`` as the embedded server. The system says that something moved (inotify); what
is told is what the tree then shows, so that no lost or merged notice loses a file. A file is complete when nobody holds
it open for writing. One limit, of the system itself: a file uploaded under its final name whose connection is cut is
closed by its server like any other; senders that rename into place are safe from it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import posixpath
import queue
import signal
import stat
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from typing_extensions import override
from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.inotify import InotifyObserver

from annexe5.transport.edge import (
    Account,
    Clock,
    Edge,
    EventKind,
    OnEvent,
    is_stage,
    parts_of,
    text_of,
    utc_now,
)
from annexe5.transport.temporary import TemporaryName, is_temporary

_TICK = 0.25  # seconds after which what was not clear is looked at again
_RESCAN = 20  # ticks after which the whole tree is looked at, whatever was noticed
_WATCHED = [DirCreatedEvent, DirMovedEvent, FileClosedEvent, FileCreatedEvent, FileDeletedEvent, FileMovedEvent]

_State = tuple[int, int, int]  # inode, size, time of change
_Place = tuple[str, str]  # account, path


class FolderEdge(Edge):
    """The accounts' trees under ``root``, served to their clients by somebody else; a context manager.

    Complete files that are there at the start are told as stored, in the folders ``present`` names (posix, relative to
    each home; all of the account's when None). What clients read cannot be told, nor an upload that was cut.
    """

    def __init__(
        self,
        root: Path,
        accounts: Sequence[Account],
        on_event: OnEvent,
        *,
        present: Sequence[str] | None = None,
        temporary: TemporaryName = is_temporary,
        clock: Clock = utc_now,
    ) -> None:
        super().__init__(root, accounts, on_event=on_event, temporary=temporary, clock=clock)
        self._present = None if present is None else [parts_of(folder) for folder in present]
        self._known: dict[_Place, _State] = {}
        self._unclear: dict[_Place, int] = {}  # ticks since a file could not be told
        self._notices: queue.SimpleQueue[FileSystemEvent | None] = queue.SimpleQueue()
        self._observer: InotifyObserver | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Watch, then tell what is there already."""
        observer = InotifyObserver()
        observer.schedule(_Notices(self._notices), str(self.root), recursive=True, event_filter=_WATCHED)
        observer.start()
        self._observer = observer
        self._tell_present()
        self._thread = threading.Thread(target=self._work, name="annexe5-folder", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop watching. Raises the first error of ``on_event``."""
        if self._observer and self._thread:
            self._observer.stop()
            self._observer.join()
            self._notices.put(None)
            self._thread.join()
            self._observer = self._thread = None
        self.raise_callback_error()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        except Exception:
            if error is None:
                raise

    # -- what moved ------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        ticks = 0
        while True:
            try:
                notice = self._notices.get(timeout=_TICK)
            except queue.Empty:
                ticks += 1
                self._look_again(ticking=True)
                if ticks % _RESCAN == 0:
                    self._look_everywhere()
                continue
            if notice is None:
                self._look_everywhere(settled=True)  # what the observer had not handed over when it stopped
                return
            self._follow(notice)
            self._look_again(ticking=False)

    def _follow(self, notice: FileSystemEvent) -> None:
        place = self._place(notice.src_path)
        if isinstance(notice, FileMovedEvent | DirMovedEvent):
            target = self._place(notice.dest_path)
            if place and target and place[0] == target[0]:
                self._follow_move(place, target)
                return
            if target:
                self._look(target)
        if place:
            self._look(place, closed=isinstance(notice, FileClosedEvent))

    def _follow_move(self, old: _Place, new: _Place) -> None:
        login, path = new
        if not is_stage(posixpath.basename(old[1])):
            with self.ledger.lock:
                self._known.pop(old, None)
            self.emit(EventKind.RENAMED, login, path, source=old[1])
        self._look(new, source=old[1], closed=True)

    def _look_again(self, *, ticking: bool) -> None:
        for place in list(self._unclear):
            if ticking:
                self._unclear[place] += 1
            self._look(place)

    def _look_everywhere(self, *, settled: bool = False) -> None:
        for login in self.accounts:
            seen = set(self._walk(login, ()))
            for place in seen | {known for known in list(self._known) if known[0] == login}:
                self._look(place, settled=settled)

    def _tell_present(self) -> None:
        for account in self.accounts.values():
            told = [parts_of(folder) for folder in account.folders] if self._present is None else self._present
            for place in self._walk(account.login, ()):
                self._look(
                    place, settled=True, silent=not any(parts_of(place[1])[: len(parts)] == parts for parts in told)
                )

    # -- what is there ---------------------------------------------------------------------------------------------

    def _look(
        self, place: _Place, *, source: str = "", closed: bool = False, settled: bool = False, silent: bool = False
    ) -> None:
        """Compare a path with what is known of it, and tell what is new.

        ``closed``: a writer just let go of it; ``settled``: no other notice of it can be under way.
        """
        login, path = place
        with self.ledger.lock:
            status = self._status(place)
            if status is None:
                self._unclear.pop(place, None)
                if self._known.pop(place, None) and not silent:
                    self.emit(EventKind.REMOVED, login, path)
                return
            state = (status.st_ino, status.st_size, status.st_mtime_ns)
            known = self._known.get(place)
            # a time that moves alone is a client setting it after its upload, unless the file was open in between
            if known == state or (known and not closed and known[:2] == state[:2]):
                self._unclear.pop(place, None)
                return
            if stat.S_ISREG(status.st_mode) and not self._is_clear(place, status, settled=closed or settled):
                return
            self._unclear.pop(place, None)
            self._known[place] = state
        if not silent:
            self._tell(place, status, source)

    def _tell(self, place: _Place, status: os.stat_result, source: str) -> None:
        login, path = place
        if stat.S_ISDIR(status.st_mode):
            self.emit(EventKind.UNEXPECTED, login, path, source=source, detail="dossier créé")
        elif stat.S_ISLNK(status.st_mode):
            self.emit(EventKind.UNEXPECTED, login, path, source=source, detail="lien symbolique")
        elif not stat.S_ISREG(status.st_mode):
            self.emit(EventKind.UNEXPECTED, login, path, source=source, detail="entrée spéciale")
        elif status.st_nlink > 1:
            self.emit(EventKind.UNEXPECTED, login, path, source=source, detail="lien physique")
        else:
            self.emit(EventKind.STORED, login, path, source=source, size=status.st_size)

    def _is_clear(self, place: _Place, status: os.stat_result, *, settled: bool) -> bool:
        """Tell whether a file can be told now, or must wait for its writer's notice or for two quiet ticks.

        OpenSSH's server renames by a link and a deletion: two links for an instant, for good if the client made one.
        """
        age = self._unclear.setdefault(place, 0)
        quiet = age > 1
        if status.st_nlink > 1:
            return quiet
        return (settled or quiet) and self._is_written(place) is not True

    def _is_written(self, place: _Place) -> bool | None:
        *folders, name = parts_of(place[1])
        try:
            with self.folder(place[0], folders) as folder:
                fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        except OSError:
            return True  # it moved meanwhile: its next notice tells
        try:
            return has_writer(fd)
        finally:
            os.close(fd)

    def _status(self, place: _Place) -> os.stat_result | None:
        """Describe what stands at a path and matters: no folder of the account, no temporary name."""
        login, path = place
        parts = parts_of(path)
        if self.is_kept(login, parts) or is_stage(posixpath.basename(path)):
            return None
        try:
            with self.folder(login, parts[:-1]) as folder:
                status = os.stat(parts[-1], dir_fd=folder, follow_symlinks=False)
        except OSError:
            return None
        if stat.S_ISREG(status.st_mode) and self.temporary(posixpath.basename(path)):
            return None
        return status

    def _walk(self, login: str, parts: tuple[bytes, ...]) -> list[_Place]:
        """List every path under a folder of an account, no link followed."""
        found = []
        try:
            with self.folder(login, parts) as folder, os.scandir(folder) as entries:
                inside = [(os.fsencode(entry.name), entry.is_dir(follow_symlinks=False)) for entry in entries]
        except OSError:
            return []
        for name, is_dir in sorted(inside):
            found.append((login, text_of((*parts, name))))
            if is_dir:
                found.extend(self._walk(login, (*parts, name)))
        return found

    def _place(self, path: bytes | str) -> _Place | None:
        raw = Path(os.fsdecode(path))
        for login in self.accounts:
            if raw != self.home(login) and raw.is_relative_to(self.home(login)):
                return login, text_of([os.fsencode(part) for part in raw.relative_to(self.home(login)).parts])
        return None

    # -- what this side does ---------------------------------------------------------------------------------------

    @override
    def _noted(self, login: str, path: str, status: os.stat_result | None) -> None:
        place = login, text_of(parts_of(path))
        if status is None:
            self._known.pop(place, None)
        else:
            self._known[place] = status.st_ino, status.st_size, status.st_mtime_ns

    @override
    def _busy(self, fd: int, status: os.stat_result) -> bool:
        return has_writer(fd) is True


class _Notices(FileSystemEventHandler):
    """Hand what the system notices over to the edge's own thread."""

    def __init__(self, notices: queue.SimpleQueue[FileSystemEvent | None]) -> None:
        self._notices = notices

    @override
    def on_any_event(self, event: FileSystemEvent) -> None:
        self._notices.put(event)


def has_writer(fd: int) -> bool | None:
    """Tell whether anybody has a file open for writing, from a descriptor open for reading; None: cannot be known.

    A read lease is granted only on a file without writers (Linux, for the owner of the file or root). Whoever opens it
    in the instant we hold the lease waits for that instant; the signal we would get is one that is ignored.
    """
    try:
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return True if error.errno == errno.EAGAIN else None
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
