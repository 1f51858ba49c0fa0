"""One SFTP server per test, its accounts, its events; keys are made once per process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import paramiko
import pytest

from annexe5.transport.edge import Account, LockOut
from annexe5.transport.sftp_server import SftpServer
from annexe5.transport.testing import Events, OpenSshServer, RsaKey

IN = "IN/COVA/ZD"
OUT = "OUT/COVA/ZD"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2017, 4, 13, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture(scope="session")
def rsa1024(tmp_path_factory) -> RsaKey:
    return RsaKey(tmp_path_factory.mktemp("key") / "rsa1024", 1024)


@pytest.fixture(scope="session")
def rsa2048(tmp_path_factory) -> RsaKey:
    return RsaKey(tmp_path_factory.mktemp("key") / "rsa2048", 2048)


@pytest.fixture(scope="session")
def host_key(tmp_path_factory) -> Path:
    return RsaKey(tmp_path_factory.mktemp("host") / "host_rsa", 2048).path


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(rsa1024, rsa2048) -> list[Account]:
    return [
        Account("FREE", "secret-free", (rsa1024.line,), folders=(IN, OUT)),
        Account("ORAN", "secret-oran", (rsa2048.line,), folders=(IN, OUT), quota=1_000_000),
    ]


@pytest.fixture
def server(tmp_path, accounts, host_key, events, clock):
    with SftpServer(
        tmp_path / "srv", accounts, host_key=host_key, on_event=events, clock=clock, lockout=LockOut(attempts=3)
    ) as running:
        yield running


@pytest.fixture
def raw(server):
    """Open raw paramiko sessions: what any client of the field could do."""
    opened = []

    def open_session(login: str = "FREE", password: str = "secret-free", key: RsaKey | None = None):
        transport = paramiko.Transport(("127.0.0.1", server.port))
        opened.append(transport)
        pkey = paramiko.RSAKey.from_private_key_file(str(key.path)) if key else None
        transport.connect(username=login, password=None if key else password, pkey=pkey)
        return paramiko.SFTPClient.from_transport(transport)

    yield open_session
    for transport in opened:
        transport.close()


@pytest.fixture
def openssh(tmp_path, rsa2048):
    """OpenSSH's own sshd; what its sessions see is ``openssh.root``."""
    work = tmp_path / "sshd"
    work.mkdir()
    root = tmp_path / "tree" / "FREE"
    root.mkdir(parents=True, exist_ok=True)
    with OpenSshServer(root, rsa2048.line, work=work) as running:
        yield running
