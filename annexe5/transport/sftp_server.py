"""The embedded SFTP server (TRA-01, TRA-03 to TRA-05, TRA-08 to TRA-11): asyncssh in a thread of its own.

It opens no shell, follows no link, looks up no user of the machine, and tells every complete file as an event.
"""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import asyncssh
from asyncssh.sftp import SFTPServerHandler
from asyncssh.stream import SSHServerStreamSession
from typing_extensions import override

from annexe5.errors import ConfigurationError
from annexe5.transport.edge import (
    Account,
    Clock,
    Edge,
    EventKind,
    LockOut,
    OnEvent,
    ServedFile,
    parts_of,
    text_of,
    utc_now,
)
from annexe5.transport.loop import LoopThread
from annexe5.transport.temporary import TemporaryName, is_temporary

_BITS = stat.S_IRWXU | stat.S_IRWXG | stat.S_IRWXO
_MAX_HANDLES = 128  # files and folders that one session may hold open
_FLAGS = (
    (asyncssh.FXF_APPEND, os.O_APPEND),
    (asyncssh.FXF_CREAT, os.O_CREAT),
    (asyncssh.FXF_TRUNC, os.O_TRUNC),
    (asyncssh.FXF_EXCL, os.O_EXCL),
)


class SftpServer(Edge):
    """An SFTP server for some accounts; a context manager, or ``start`` and ``stop``.

    ``port`` 0 asks the system for one. ``host_key`` is a private key file: made (RSA 2048) when it does not exist, kept
    in memory only when None. ``max_sessions`` bounds the connections open at once. ``sha1_only`` makes it a server of
    another age, which signs and agrees on keys with SHA-1 alone.
    """

    offers_keys = True

    def __init__(
        self,
        root: Path,
        accounts: Sequence[Account],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        host_key: Path | None = None,
        on_event: OnEvent,
        temporary: TemporaryName = is_temporary,
        clock: Clock = utc_now,
        lockout: LockOut | None = None,
        max_sessions: int = 256,
        sha1_only: bool = False,
        beside: Edge | None = None,
    ) -> None:
        super().__init__(
            root, accounts, on_event=on_event, temporary=temporary, clock=clock, lockout=lockout, beside=beside
        )
        self.host = host
        self.port = port
        self.max_sessions = max_sessions
        self._sha1_only = sha1_only
        self.sessions: set[asyncssh.SSHServerConnection] = set()
        self.keys = {account.login: _public_keys(account) for account in accounts}
        self._key = _host_key(host_key)
        self._loop: LoopThread | None = None
        self._acceptor: asyncssh.SSHAcceptor | None = None

    @property
    def host_key_md5(self) -> str:
        """Give the fingerprint as the contract prints it: ``c2:c0:…`` (TRA-04)."""
        return self._key.get_fingerprint("md5").removeprefix("MD5:")

    @property
    def host_key_sha256(self) -> str:
        """Give the fingerprint as ``ssh-keygen -l`` prints it: ``SHA256:…``."""
        return self._key.get_fingerprint("sha256")

    @property
    def host_key_public(self) -> str:
        """Give the public host key as an OpenSSH line, for a ``known_hosts`` file."""
        return self._key.export_public_key("openssh").decode().strip()

    def start(self) -> Self:
        """Serve. Raises ConfigurationError when the port is taken."""
        loop = LoopThread("annexe5-sftp")
        try:
            loop.run(self._listen())
        except OSError as error:
            loop.stop()
            raise ConfigurationError(
                f"Serveur SFTP : {self.host}:{self.port} pris ou interdit ({error}) ; choisissez un autre port."
            ) from error
        self._loop = loop
        return self

    def stop(self) -> None:
        """Cut the sessions (files under way are aborted) and free the port. Raises the first error of ``on_event``."""
        loop, self._loop = self._loop, None
        if loop:
            loop.run(self._close())
            loop.stop()
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

    def accepts_key(self, login: str, public_data: bytes) -> bool:
        """Tell whether a public key was handed over for an account."""
        return public_data in self.keys.get(login, ())

    def files(self, chan: asyncssh.SSHServerChannel[bytes], login: str) -> AccountFiles:
        """Give an account's tree as its client sees it."""
        return AccountFiles(chan, self, login)

    def drop_sessions(self) -> None:
        """Cut every connection at once, as a failing network does; also from within ``on_event``."""
        if self._loop:
            self._loop.call(self._cut)

    def _cut(self) -> None:
        for session in list(self.sessions):
            session.abort()

    async def _listen(self) -> None:
        [pair] = asyncssh.load_keypairs(self._key)
        algorithms: dict[str, Any] = {}
        if self._sha1_only:
            pair.host_key_algorithms = [b"ssh-rsa"]
            algorithms = {"signature_algs": ["ssh-rsa"], "kex_algs": ["diffie-hellman-group14-sha1"]}
        self._acceptor = await asyncssh.listen(
            self.host,
            self.port,
            server_factory=lambda: _Door(self),
            server_host_keys=[pair],
            **algorithms,
            encoding=None,
            sftp_version=3,
            allow_pty=False,
            allow_scp=False,
            agent_forwarding=False,
            x11_forwarding=False,
            gss_host=None,
            keepalive_interval=30,
            config=None,
        )
        self.port = self._acceptor.get_port()

    async def _close(self) -> None:
        if self._acceptor:
            self._acceptor.close()
            await self._acceptor.wait_closed()
        sessions = list(self.sessions)
        for session in sessions:
            session.abort()
        for session in sessions:
            await session.wait_closed()


def _public_keys(account: Account) -> tuple[bytes, ...]:
    keys = []
    for line in account.public_keys:
        try:
            keys.append(asyncssh.import_public_key(line).public_data)
        except (asyncssh.KeyImportError, ValueError) as error:
            raise ConfigurationError(
                f"Compte « {account.login} » : clé publique illisible ({error}) ; "
                "attendu une ligne OpenSSH « ssh-rsa AAAA… » de 1024 ou 2048 bits."
            ) from error
    return tuple(keys)


def _host_key(path: Path | None) -> asyncssh.SSHKey:
    if path and path.exists():
        try:
            return asyncssh.read_private_key(path)
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, OSError, ValueError) as error:
            raise ConfigurationError(f"Clé d'hôte illisible : {path} ({error}).") from error
    key = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.write(key.export_private_key("openssh"))
    return key


class _Door(asyncssh.SSHServer):
    """Who may come in: the password or a key of the account, and only to the SFTP subsystem."""

    def __init__(self, edge: SftpServer) -> None:
        self._edge = edge
        self._login = ""
        self._conn: asyncssh.SSHServerConnection | None = None

    @override
    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._conn = conn
        self._edge.sessions.add(conn)
        if len(self._edge.sessions) > self._edge.max_sessions:
            conn.disconnect(asyncssh.DISC_TOO_MANY_CONNECTIONS, "Trop de connexions : réessayez plus tard.")

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._conn:
            self._edge.sessions.discard(self._conn)

    @override
    def begin_auth(self, username: str) -> bool:
        self._login = username
        self._expect_service()
        return True

    @override
    def auth_completed(self) -> None:
        self._expect_service(None)

    def _expect_service(self, service: bytes | None = b"ssh-userauth") -> None:
        """Let the client ask for the authentication service again, as paramiko's does before each secret it tries.

        asyncssh takes the second request for a fault and hangs up: a client with a key in its pocket and a right
        password would never come in. OpenSSH's server lets it.
        """
        if self._conn:
            self._conn._next_service = service  # noqa: SLF001 - asyncssh has no public way

    @override
    def password_auth_supported(self) -> bool:
        return True

    @override
    def validate_password(self, username: str, password: str) -> bool:
        self._expect_service()
        return self._edge.admits(username, password)

    @override
    def public_key_auth_supported(self) -> bool:
        return self._edge.offers_keys

    @override
    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        self._expect_service()
        # no event for a foreign key: clients offer all those they hold
        return self._edge.accepts_key(username, key.public_data)

    @override
    def session_requested(self) -> _Session:
        return _Session(self._edge, self._login)


class _Session(SSHServerStreamSession[bytes]):
    """One SFTP session. asyncssh's own does not tell a file closed by its client from one left open at the cut."""

    def __init__(self, edge: SftpServer, login: str) -> None:
        super().__init__(None)
        self._edge = edge
        self._login = login

    @override
    def subsystem_requested(self, subsystem: str) -> bool:
        return subsystem == "sftp"

    @override
    def session_started(self) -> None:
        chan, conn = self._chan, self._conn
        if chan is None or conn is None:  # pragma: no cover - asyncssh sets both first
            return
        reader, writer = asyncssh.SSHReader[bytes](self, chan), asyncssh.SSHWriter[bytes](self, chan)
        files = self._edge.files(cast("asyncssh.SSHServerChannel[bytes]", chan), self._login)
        conn.create_task(_Handler(files, reader, writer, 3).run(), chan.logger)


class _Handler(SFTPServerHandler):
    """The SFTP dialogue; what is still open when it ends was cut."""

    @override
    async def _cleanup(self, exc: Exception | None) -> None:
        cast("AccountFiles", self._server).cut = True
        await super()._cleanup(exc)


class AccountFiles(asyncssh.SFTPServer):
    """The account's tree as its client sees it. Every operation of the base class that takes a path is replaced."""

    def __init__(self, chan: asyncssh.SSHServerChannel[bytes], edge: SftpServer, login: str) -> None:
        super().__init__(chan)
        self.cut = False
        self._edge = edge
        self._login = login
        self._handles = 0

    @override
    def map_path(self, path: bytes) -> bytes:
        """Refuse: an operation that is not replaced below would follow links."""
        raise asyncssh.SFTPOpUnsupported("Opération non prise en charge")

    # -- files

    @override
    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> ServedFile:
        """Open a plain file, no link followed."""
        if self._handles >= _MAX_HANDLES:
            raise asyncssh.SFTPFailure("Trop de fichiers ouverts dans cette session")
        writing = bool(pflags & (asyncssh.FXF_WRITE | asyncssh.FXF_APPEND))
        flags = (os.O_RDWR if pflags & asyncssh.FXF_READ else os.O_WRONLY) if writing else os.O_RDONLY
        if writing:
            flags |= sum(system for wire, system in _FLAGS if pflags & wire)
        mode = (0o666 if attrs.permissions is None else attrs.permissions) & _BITS | 0o600
        file = self._edge.open_file(self._login, path, flags, mode)
        self._handles += 1
        return file

    @override
    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """Read at an offset."""
        file = cast("ServedFile", file_obj)
        data = os.pread(file.fileno(), size, offset)
        file.served = max(file.served, offset + len(data))
        return data

    @override
    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """Write all or fail."""
        return cast("ServedFile", file_obj).write_at(data, offset)

    @override
    def close(self, file_obj: object) -> None:
        """Close: complete when the client closed it, aborted when the session ended first."""
        self._handles -= 1
        cast("ServedFile", file_obj).finish(cut=self.cut)

    @override
    def fsetstat(self, file_obj: object, attrs: asyncssh.SFTPAttrs) -> None:
        """Set size, mode and times of an open file; its owner stays the server's."""
        file = cast("ServedFile", file_obj)
        if attrs.size is not None and file.writer:
            self._spend(file.fileno(), attrs.size)
            os.ftruncate(file.fileno(), attrs.size)
        self._apply(file.fileno(), attrs)

    # -- names

    @override
    def lstat(self, path: bytes) -> os.stat_result:
        """Describe an entry; a link is described, not followed."""
        return self._edge.status(self._login, path)

    @override
    def stat(self, path: bytes) -> os.stat_result:
        """Describe an entry as ``lstat``: links lead nowhere here."""
        return self.lstat(path)

    @override
    def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Set size, mode and times of a plain file; a folder keeps its own."""
        parts = parts_of(path)
        flags = os.O_RDONLY if attrs.size is None else os.O_RDWR
        with self._edge.folder(self._login, parts[:-1]) as folder:
            if stat.S_ISDIR(os.stat(parts[-1] if parts else ".", dir_fd=folder, follow_symlinks=False).st_mode):
                return
            fd = os.open(parts[-1], flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        try:
            if attrs.size is not None:
                self._resize(fd, text_of(parts), attrs.size)
            self._apply(fd, attrs)
        finally:
            os.close(fd)

    @override
    def lsetstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Set attributes as ``setstat``."""
        self.setstat(path, attrs)

    @override
    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        """List a folder; our own files under way are not shown."""
        here = self.lstat(path)
        for name, status in ((b".", here), (b"..", here), *self._edge.entries(self._login, path)):
            yield asyncssh.SFTPName(name, attrs=asyncssh.SFTPAttrs.from_local(status))

    @override
    def realpath(self, path: bytes) -> bytes:
        """Give a path's plain form; no link is resolved, none is followed anyway."""
        return b"/" + b"/".join(parts_of(path))

    @override
    def remove(self, path: bytes) -> None:
        """Delete a file or a link."""
        self._edge.unlink(self._login, path)

    @override
    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename, never over another file (SFTP version 3)."""
        self._edge.rename(self._login, oldpath, newpath, replace=False)

    @override
    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Rename, over another file if need be."""
        self._edge.rename(self._login, oldpath, newpath, replace=True)

    # -- what a drop folder should not see

    @override
    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        """Make a folder, and tell it."""
        self._edge.make_folder(self._login, path)

    @override
    def rmdir(self, path: bytes) -> None:
        """Remove an empty folder that is not one of the account's."""
        self._edge.remove_folder(self._login, path)

    @override
    def readlink(self, path: bytes) -> bytes:
        """Refuse: links are not followed."""
        raise asyncssh.SFTPOpUnsupported("Les liens ne sont pas suivis")

    @override
    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        """Refuse, and tell."""
        self._refuse_link(newpath, "lien symbolique refusé")

    @override
    def link(self, oldpath: bytes, newpath: bytes) -> None:
        """Refuse, and tell."""
        self._refuse_link(newpath, "lien physique refusé")

    # -- what the machine would tell of itself

    @override
    def statvfs(self, path: bytes) -> os.statvfs_result:
        """Give the room of the file system."""
        return os.statvfs(self._edge.home(self._login))

    @override
    def format_user(self, uid: int | None) -> str:
        """Name the account, not a user of the machine."""
        return self._login

    @override
    def format_group(self, gid: int | None) -> str:
        """Name the account, not a group of the machine."""
        return self._login

    def _refuse_link(self, path: bytes, detail: str) -> None:
        self._edge.emit(EventKind.UNEXPECTED, self._login, text_of(parts_of(path)), detail=detail)
        raise asyncssh.SFTPPermissionDenied("Les liens ne sont pas admis")

    def _spend(self, fd: int, size: int) -> None:
        """Take what a file grows by from the account's quota."""
        self._edge.spend(self._login, size - os.fstat(fd).st_size)

    def _resize(self, fd: int, path: str, size: int) -> None:
        writer = self._edge.begin_write(self._login, path, os.fstat(fd))
        try:
            self._spend(fd, size)
            os.ftruncate(fd, size)
        except OSError as error:
            writer.failure = f"écriture refusée : {error.strerror}"
            raise
        finally:
            self._edge.end_write(writer, os.fstat(fd), cut=False)

    def _apply(self, fd: int, attrs: asyncssh.SFTPAttrs) -> None:
        """Set mode and times; the owner stays the server's."""
        if attrs.permissions is not None:
            os.fchmod(fd, attrs.permissions & _BITS | 0o600)
        if attrs.mtime is not None:
            os.utime(fd, (attrs.mtime if attrs.atime is None else attrs.atime, attrs.mtime))
