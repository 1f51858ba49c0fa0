"""The embedded FTP server, clear or over TLS (TRA-01, TRA-03, TRA-08 to TRA-11): pyftpdlib in a thread of its own.

The same accounts, trees, events and refusals as the SFTP server, which it may stand ``beside``. A data connection that
closes is all that FTP says of a file's end: the file is complete if its client is still there to hear so.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import stat
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from OpenSSL import SSL
from pyftpdlib.authorizers import AuthenticationFailed
from pyftpdlib.exceptions import FilesystemError
from pyftpdlib.filesystems import AbstractedFS
from pyftpdlib.handlers import DTPHandler, FTPHandler, TLS_DTPHandler, TLS_FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer
from typing_extensions import override

from annexe5.errors import ConfigurationError
from annexe5.transport.certificate import self_signed
from annexe5.transport.edge import Account, Clock, Edge, LockOut, OnEvent, ServedFile, utc_now
from annexe5.transport.temporary import TemporaryName, is_temporary

logger = logging.getLogger(__name__)
# without a handler of its own, pyftpdlib would write to the standard error of whoever runs us
logging.getLogger("pyftpdlib").addHandler(logging.NullHandler())

_INSTANT = 0.005  # seconds
_FLAGS = {
    "r": os.O_RDONLY,
    "w": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    "a": os.O_WRONLY | os.O_CREAT | os.O_APPEND,
    "r+": os.O_RDWR,
}


class FtpServer(Edge):
    """An FTP server for some accounts; a context manager, or ``start`` and ``stop``.

    ``certificate`` is a PEM file with a private key and its certificate, made when it does not exist: the server then
    offers TLS (``AUTH TLS``), and refuses clear text when ``tls_required``. ``implicit`` speaks TLS from the first byte
    (``ftps://``). Without a certificate everything travels in clear.
    """

    def __init__(
        self,
        root: Path,
        accounts: Sequence[Account],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        certificate: Path | None = None,
        tls_required: bool = True,
        implicit: bool = False,
        on_event: OnEvent,
        temporary: TemporaryName = is_temporary,
        clock: Clock = utc_now,
        lockout: LockOut | None = None,
        max_sessions: int = 256,
        beside: Edge | None = None,
    ) -> None:
        super().__init__(
            root, accounts, on_event=on_event, temporary=temporary, clock=clock, lockout=lockout, beside=beside
        )
        self.host = host
        self.port = port
        self.max_sessions = max_sessions
        self.certificate = certificate
        self._handler = _handler_for(self, certificate, tls_required=tls_required, implicit=implicit)
        self._jobs: deque[Callable[[], None]] = deque()
        self._stopping = False
        self._thread: threading.Thread | None = None

    @property
    def certificate_sha256(self) -> str:
        """Give the fingerprint of the certificate, in hexadecimal; empty without one."""
        if self.certificate is None:
            return ""
        return x509.load_pem_x509_certificate(self.certificate.read_bytes()).fingerprint(hashes.SHA256()).hex()

    def start(self) -> Self:
        """Serve. Raises ConfigurationError when the port is taken."""
        loop = IOLoop()  # two servers on pyftpdlib's shared loop mix up their sessions
        try:
            server = FTPServer((self.host, self.port), self._handler, ioloop=loop)
        except OSError as error:
            loop.close()
            raise ConfigurationError(
                f"Serveur FTP : {self.host}:{self.port} pris ou interdit ({error}) ; choisissez un autre port."
            ) from error
        server.max_cons = self.max_sessions
        self.port = server.address[1]
        self._stopping = False
        self._thread = threading.Thread(target=self._serve, args=(loop,), name="annexe5-ftp", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Cut the sessions (files under way are aborted) and free the port. Raises the first error of ``on_event``."""
        if self._thread:
            self._stopping = True
            self._wake()
            self._thread.join()
            self._thread = None
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

    def drop_sessions(self) -> None:
        """Cut every connection at once, as a failing network does; not from within ``on_event``."""
        done = threading.Event()

        def cut() -> None:
            for session in list(self._handler.sessions):
                session.drop()
            done.set()

        self._jobs.append(cut)
        self._wake()
        done.wait()

    def _serve(self, loop: IOLoop) -> None:
        soonest: float | None = None
        while not self._stopping:
            soonest = loop.loop(timeout=1.0 if soonest is None else min(soonest, 1.0), blocking=False)
            while self._jobs:
                self._jobs.popleft()()
        loop.close()

    def _wake(self) -> None:
        """Break the loop's wait: it has no other ear than its sockets."""
        with suppress(OSError):  # it may have woken by itself, and gone
            socket.create_connection((self.host, self.port)).close()


def _handler_for(edge: FtpServer, certificate: Path | None, *, tls_required: bool, implicit: bool) -> Any:
    """Make the session class of one server: pyftpdlib keeps what its sessions share in class attributes."""
    shared = {
        "edge": edge,
        "sessions": set(),
        "authorizer": _Authorizer(edge),
        "abstracted_fs": _Tree,
        "banner": "FTP",
        "unicode_errors": "surrogateescape",
        "use_sendfile": False,
        "use_gmt_times": True,
        "auth_failed_timeout": 0,  # the account locks instead
    }
    if certificate is None:
        return type("Session", (_Session, FTPHandler), {**shared, "dtp_handler": _DataChannel})
    if not certificate.exists():
        _keep_certificate(certificate)
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    try:
        context.use_certificate_chain_file(str(certificate))
        context.use_privatekey_file(str(certificate))
    except SSL.Error as error:
        raise ConfigurationError(
            f"Certificat illisible : {certificate} ; attendu un PEM avec sa clé privée."
        ) from error
    shared |= {
        "ssl_context": context,
        "tls_control_required": tls_required,
        "tls_data_required": tls_required,
        "implicit": implicit,
        "dtp_handler": _TlsDataChannel,
    }
    return type("TlsSession", (_Session, TLS_FTPHandler), shared)


def _keep_certificate(path: Path) -> None:
    """Make a certificate that lasts, for the next start to show the same."""
    made = self_signed(lifetime=timedelta(days=3650))
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(made.key + made.certificate)


class _Authorizer:
    """The accounts' passwords; every account may do all that its tree allows."""

    def __init__(self, edge: FtpServer) -> None:
        self._edge = edge

    def validate_authentication(self, username: str, password: str, handler: Any) -> None:  # noqa: ARG002 - pyftpdlib's
        if not self._edge.admits(username, password):
            raise AuthenticationFailed("Authentication failed.")

    def get_home_dir(self, username: str) -> str:  # noqa: ARG002 - every account sees its home as /
        return "/"

    def has_perm(self, username: str, perm: str, path: str | None = None) -> bool:  # noqa: ARG002 - the tree judges
        return True

    def get_perms(self, username: str) -> str:  # noqa: ARG002 - every account has the same
        return "elradfmwMT"

    def get_msg_login(self, username: str) -> str:  # noqa: ARG002 - every account has the same
        return "OK"

    def get_msg_quit(self, username: str) -> str:  # noqa: ARG002 - every account has the same
        return "OK"

    def impersonate_user(self, username: str, password: str) -> None:
        """Stay who we are."""

    def terminate_impersonation(self, username: str) -> None:
        """Stay who we are."""


class _Session:
    """One control connection, mixed into pyftpdlib's class."""

    edge: FtpServer
    sessions: set[_Session]
    implicit = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sessions.add(self)
        self._current_type = "i"

    def handle(self: Any) -> None:
        if self.implicit:
            self.secure_connection(self.ssl_context)
        super().handle()  # type: ignore[misc]

    def close(self) -> None:
        self.sessions.discard(self)
        super().close()  # type: ignore[misc]

    def ftp_TYPE(self: Any, line: str) -> None:  # noqa: N802 - pyftpdlib names its methods after the commands
        """Accept ASCII mode and ignore it, as vsftpd does: line ends are evidence, nobody rewrites them."""
        super().ftp_TYPE(line)  # type: ignore[misc]
        self._current_type = "i"

    def ftp_STOU(self: Any, line: str) -> None:  # noqa: N802, ARG002
        """Refuse names of the server's own making: the contract says how files are named."""
        self.respond("502 Not implemented.")

    def is_there(self: Any) -> bool:
        """Tell whether the client has not hung up on its control connection."""
        try:
            with socket.socket(fileno=os.dup(self.socket.fileno())) as peek:
                return bool(peek.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return True
        except (OSError, ValueError):
            return False

    def drop(self: Any) -> None:
        """Cut both connections without a word."""
        data = self.data_channel
        for channel in (data, self):
            if channel is not None and channel.socket is not None:
                with suppress(OSError), socket.socket(fileno=os.dup(channel.socket.fileno())) as raw:
                    raw.shutdown(socket.SHUT_RDWR)
        if data is not None:
            data.cut = True
            data.close()
        self.close()


class _DataChannel(DTPHandler):  # type: ignore[misc]
    """One data connection: how a transfer ended decides what its file is."""

    cut = False
    _ending = False

    @override
    def handle_close(self) -> None:
        """Answer an upload's end an instant later: a client that dies closes both of its connections, in any order."""
        if not self.receive or self._ending:
            super().handle_close()
            return
        self._ending = True
        self.transfer_finished = True
        self.del_channel()
        self.ioloop.call_later(_INSTANT, self._end, _errback=self.handle_error)

    def _end(self) -> None:
        if not self._closed:
            self.handle_close()

    @override
    def handle_error(self) -> None:
        """Say why a write failed, which pyftpdlib loses (in clear) or keeps to itself (over TLS)."""
        error = sys.exception()
        reason = error.__cause__ if error else None
        if not isinstance(reason, OSError):
            super().handle_error()
            return
        code = 552 if reason.errno in (errno.EDQUOT, errno.ENOSPC, errno.EFBIG) else 451
        self._resp = (f"{code} {reason.strerror}; transfer aborted.", logger.info)
        self.close()

    @override
    def close(self) -> None:
        file = self.file_obj
        if isinstance(file, ServedFile) and not file.closed:
            whole = self.transfer_finished and not self.cut
            if not self.receive and whole:
                file.served = file.tell()
            file.finish(cut=not (whole and self.cmd_channel.is_there()))
        super().close()


class _TlsDataChannel(TLS_DTPHandler, _DataChannel):  # type: ignore[misc]
    """The same over TLS."""

    @override
    def handle_error(self) -> None:
        """Leave out the closing words of TLS, which a client that still sends would not hear."""
        self._error = True
        _DataChannel.handle_error(self)


class _Tree(AbstractedFS):  # type: ignore[misc]
    """The account's tree as its client sees it: every path here is the client's own, from ``/``."""

    def __init__(self, root: str, cmd_channel: Any) -> None:
        super().__init__(root, cmd_channel)
        self._edge: FtpServer = cmd_channel.edge
        self._login: str = cmd_channel.username

    @override
    def ftp2fs(self, ftppath: str) -> str:
        return str(self.ftpnorm(ftppath))

    @override
    def fs2ftp(self, fspath: str) -> str:
        return fspath

    @override
    def validpath(self, path: str) -> bool:
        return True

    @override
    def realpath(self, path: str) -> str:
        return path

    @override
    def open(self, filename: str, mode: str) -> ServedFile:
        file = self._edge.open_file(self._login, filename, _FLAGS[mode.removesuffix("b")], 0o644)
        file.name = filename
        return file

    @override
    def mkstemp(self, suffix: str = "", prefix: str = "", dir: str | None = None, mode: str = "wb") -> Any:
        raise FilesystemError("Not implemented")

    @override
    def chdir(self, path: str) -> None:
        if not self.isdir(path):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        self.cwd = path

    @override
    def mkdir(self, path: str) -> None:
        self._edge.make_folder(self._login, path)

    @override
    def listdir(self, path: str) -> list[str]:
        return [os.fsdecode(name) for name, _ in self._edge.entries(self._login, path)]

    @override
    def listdirinfo(self, path: str) -> list[str]:
        return self.listdir(path)

    @override
    def rmdir(self, path: str) -> None:
        self._edge.remove_folder(self._login, path)

    @override
    def remove(self, path: str) -> None:
        self._edge.unlink(self._login, path)

    @override
    def rename(self, src: str, dst: str) -> None:
        self._edge.rename(self._login, src, dst, replace=True)

    @override
    def chmod(self, path: str, mode: int) -> None:
        """Keep the server's own modes: clients set them by habit, and nobody else reads here."""
        self.lstat(path)

    @override
    def utime(self, path: str, timeval: float) -> None:
        """Keep the server's own times: a client's clock is no evidence."""
        self.lstat(path)

    @override
    def lstat(self, path: str) -> os.stat_result:
        return self._edge.status(self._login, path)

    @override
    def stat(self, path: str) -> os.stat_result:
        return self.lstat(path)

    @override
    def readlink(self, path: str) -> str:
        raise FilesystemError("Links are not followed")

    @override
    def isfile(self, path: str) -> bool:
        return self._is(stat.S_ISREG, path)

    @override
    def islink(self, path: str) -> bool:
        return self._is(stat.S_ISLNK, path)

    @override
    def isdir(self, path: str) -> bool:
        return self._is(stat.S_ISDIR, path)

    @override
    def getsize(self, path: str) -> int:
        return self.lstat(path).st_size

    @override
    def getmtime(self, path: str) -> float:
        return self.lstat(path).st_mtime

    @override
    def lexists(self, path: str) -> bool:
        return self._is(lambda _: True, path)

    @override
    def get_user_by_uid(self, uid: int) -> str:
        return self._login

    @override
    def get_group_by_gid(self, gid: int) -> str:
        return self._login

    def _is(self, kind: Callable[[int], bool], path: str) -> bool:
        try:
            return kind(self.lstat(path).st_mode)
        except OSError:
            return False
