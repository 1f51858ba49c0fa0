"""Helpers for tests that need real servers: events to wait for, keys, OpenSSH's own server.

Nothing here is used by a certification; a reader's own tests may use all of it.
"""

from __future__ import annotations

import base64
import getpass
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import asyncssh

from annexe5.transport.certificate import self_signed
from annexe5.transport.edge import EventKind, FileEvent
from annexe5.transport.sftp_client import fingerprints


class Events:
    """What an edge told, in order: give it as ``on_event``; ``wait`` blocks until it told what is wanted."""

    def __init__(self) -> None:
        self.seen: list[FileEvent] = []
        self._told = threading.Condition()

    def __call__(self, event: FileEvent) -> None:
        """Note an event."""
        with self._told:
            self.seen.append(event)
            self._told.notify_all()

    def of(self, *kinds: EventKind) -> list[tuple[str, str]]:
        """Give the (account, path) of the events of some kinds, in order."""
        with self._told:
            return [(event.account, event.path) for event in self.seen if event.kind in kinds]

    def wait(self, wanted: Callable[[Events], bool], timeout: float = 10) -> None:
        """Block until ``wanted`` holds; AssertionError with what was seen after ``timeout`` seconds."""
        with self._told:
            if not self._told.wait_for(lambda: wanted(self), timeout):
                raise AssertionError(f"not seen within {timeout} s: {self.seen}")


class RsaKey:
    """A new RSA key pair: ``path`` of the private file, ``line`` the public half as OpenSSH writes it."""

    def __init__(self, path: Path, size: int) -> None:
        key = asyncssh.generate_private_key("ssh-rsa", key_size=size)
        path.write_bytes(key.export_private_key("openssh"))
        path.chmod(0o600)
        self.path = path
        self.line = key.export_public_key("openssh").decode().strip()


class Cutter:
    """A failing network: a TCP relay whose n-th connection is cut after so many bytes sent by the client.

    ``after`` gives one bound per connection, None for no cut; connections beyond are relayed whole. ``port`` is where
    to connect instead of ``target``.
    """

    def __init__(self, target: int, after: Sequence[int | None]) -> None:
        self._target = target
        self._after = list(after)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self._open: list[socket.socket] = []

    def cut(self) -> None:
        """Cut every connection now."""
        for end in self._open:
            _hang_up(end)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="annexe5-cutter", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            bound = self._after.pop(0) if self._after else None
            server = socket.create_connection(("127.0.0.1", self._target))
            self._open += [client, server]
            for source, sink, limit in ((client, server, bound), (server, client, None)):
                threading.Thread(target=_relay, args=(source, sink, limit), daemon=True).start()


def _relay(source: socket.socket, sink: socket.socket, bound: int | None) -> None:
    """Copy until one side ends or the bound is reached, then cut both."""
    left = bound
    try:
        while data := source.recv(65536 if left is None else min(65536, left)):
            sink.sendall(data)
            if left is not None:
                left -= len(data)
                if left <= 0:
                    break
    except OSError:
        pass
    for end in (source, sink):
        _hang_up(end)


def _hang_up(end: socket.socket) -> None:
    """Wake whoever reads there, then close: data still on its way is answered by a reset."""
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


class OpenSshServer:
    """OpenSSH's own sshd on 127.0.0.1 for the user that runs us: SFTP only, by key, sessions starting in ``root``.

    A context manager; ``port``, ``login`` and ``host_key_md5`` say how to come in. Needs ``/usr/sbin/sshd``.
    """

    def __init__(self, root: Path, public_key: str, *, work: Path, options: Sequence[str] = ()) -> None:
        self.root = root
        self.login = getpass.getuser()
        self.port = 0
        self.log = work / "sshd.log"
        self._options = options
        self._work = work
        self._host_key = RsaKey(work / "host_rsa", 2048)
        self.host_key_public = self._host_key.line
        self.host_key_md5, self.host_key_sha256 = fingerprints(base64.b64decode(self._host_key.line.split()[1]))
        (work / "authorized_keys").write_text(public_key + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd separates its privileges there
        for _ in range(5):  # it cannot be asked for a free port: another process may take it first
            with socket.create_server(("127.0.0.1", 0)) as free:
                self.port = free.getsockname()[1]
            if self._start():
                return self
        raise RuntimeError(f"sshd does not start: {self.log.read_text()}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait()

    def drop_sessions(self) -> None:
        """Cut every connection at once, as a failing network does; the server goes on."""
        if self._process:
            for child in _children(self._process.pid):
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)

    def _start(self) -> bool:
        config = self._work / "sshd_config"
        config.write_text("\n".join((*self._options, *self._defaults())) + "\n")
        sshd = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "sshd"
        self._process = subprocess.Popen([sshd, "-D", "-e", "-f", str(config)], stderr=subprocess.PIPE)  # noqa: S603
        stderr = self._process.stderr
        lines = []
        for line in stderr or ():
            lines.append(line)
            if b"Server listening" in line:
                threading.Thread(target=self._drain, args=(stderr,), daemon=True).start()
                return True
        self.log.write_bytes(b"".join(lines))
        self._process.wait()
        return False

    def _drain(self, stderr: IO[bytes]) -> None:
        with stderr, self.log.open("wb") as log:
            for line in stderr:
                log.write(line)
                log.flush()

    def _defaults(self) -> tuple[str, ...]:
        return (
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            f"HostKey {self._host_key.path}",
            f"AuthorizedKeysFile {self._work / 'authorized_keys'}",
            "PidFile none",
            "UsePAM no",
            "PasswordAuthentication no",
            "PermitRootLogin prohibit-password",
            "StrictModes no",
            "MaxStartups 100",
            "Subsystem sftp internal-sftp",
            f"ForceCommand internal-sftp -d {self.root}",
        )


class DovecotServer:
    """Dovecot on 127.0.0.1 with one mailbox: an IMAP server as operators run it. Needs ``/usr/sbin/dovecot``.

    A context manager. ``port`` speaks in clear and STARTTLS, ``tls_port`` TLS from the first byte, both with
    ``certificate`` (a PEM file with its key); ``login`` and ``password`` open the mailbox.
    """

    login = "annexe5"
    password = "boite-de-test"  # noqa: S105 - of a mailbox that lives as long as its test

    def __init__(self) -> None:
        # its sockets want a short path, and its mail user the right to walk there
        self._folder = tempfile.TemporaryDirectory(prefix="annexe5-")
        self._work = Path(self._folder.name)
        self._work.chmod(0o711)
        self.certificate = self._work / "imap.pem"
        self.port = self.tls_port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        made = self_signed()
        self.certificate.write_bytes(made.key + made.certificate)
        for _ in range(5):  # it cannot be asked for free ports: another process may take them first
            with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
                self.port, self.tls_port = one.getsockname()[1], two.getsockname()[1]
            if self._start():
                return self
        raise RuntimeError(f"dovecot does not start: {(self._work / 'dovecot.log').read_text()}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait()
        self._folder.cleanup()

    def _start(self) -> bool:
        (self._work / "dovecot.conf").write_text(self._config())
        dovecot = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "dovecot"
        self._process = subprocess.Popen(  # noqa: S603 - a server of the machine
            [dovecot, "-F", "-c", str(self._work / "dovecot.conf")], stderr=subprocess.DEVNULL
        )
        while self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.tls_port), timeout=10):
                return True
            threading.Event().wait(0.05)
        return False

    def _config(self) -> str:
        owner = "nobody" if os.geteuid() == 0 else getpass.getuser()  # it reads no mail as root
        account = pwd.getpwnam(owner)
        mail = self._work / "mail"
        mail.mkdir(exist_ok=True)
        os.chown(mail, account.pw_uid, account.pw_gid)
        users = "" if os.geteuid() == 0 else f"default_login_user = {owner}\ndefault_internal_user = {owner}\n"
        return (
            users
            + f"""
base_dir = {self._work}/run
state_dir = {self._work}/state
log_path = {self._work}/dovecot.log
protocols = imap
ssl = yes
ssl_cert = <{self.certificate}
ssl_key = <{self.certificate}
disable_plaintext_auth = no
mail_location = maildir:{mail}
first_valid_uid = {account.pw_uid}
first_valid_gid = {account.pw_gid}
last_valid_gid = 0
passdb {{
  driver = static
  args = password={self.password}
}}
userdb {{
  driver = static
  args = uid={account.pw_uid} gid={account.pw_gid} home={mail}
}}
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {self.port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {self.tls_port}
    ssl = yes
  }}
}}
"""
        )


def _children(pid: int) -> list[int]:
    """List the processes below one, whatever their depth."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *_children(int(child))]
    return found
