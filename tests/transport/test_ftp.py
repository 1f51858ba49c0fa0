"""FTP and FTPS, both sides: the rules are those of SFTP, on a protocol that says less."""

import ftplib
import io
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from annexe5.errors import ConfigurationError
from annexe5.transport import ftp_server
from annexe5.transport.edge import Account, EventKind, FileBusyError, LockOut
from annexe5.transport.ftp_client import FtpClient
from annexe5.transport.ftp_server import FtpServer
from annexe5.transport.remote import (
    HostKeyError,
    LoginError,
    MissingFolderError,
    RefusedError,
    TransferError,
    UnreachableError,
)
from annexe5.transport.sftp_server import SftpServer
from annexe5.transport.testing import Events

IN, OUT = "IN/COVA/ZD", "OUT/COVA/ZD"
STORED, ABORTED, UNEXPECTED = EventKind.STORED, EventKind.ABORTED, EventKind.UNEXPECTED


@pytest.fixture(params=["ftp", "ftps", "ftps implicit"])
def kind(request):
    return request.param


@pytest.fixture
def certificate(tmp_path, kind):
    return None if kind == "ftp" else tmp_path / "ftp.pem"


@pytest.fixture
def server(tmp_path, accounts, events, clock, kind, certificate):
    with FtpServer(
        tmp_path / "srv",
        accounts,
        certificate=certificate,
        implicit=kind == "ftps implicit",
        on_event=events,
        clock=clock,
        lockout=LockOut(attempts=3),
    ) as running:
        yield running


@pytest.fixture
def client(server, kind):
    opened = []

    def make(login="FREE", password="secret-free", **declared):
        if kind != "ftp":
            declared = {"certificate_sha256": server.certificate_sha256} | declared
        made = FtpClient(
            "127.0.0.1",
            declared.pop("port", server.port),
            login,
            password=password,
            tls=kind == "ftps",
            implicit=kind == "ftps implicit",
            wait=waits.append,
            timeout=5,
            **declared,
        )
        opened.append(made)
        return made

    waits = make.waits = []
    yield make
    for made in opened:
        made.close()


@pytest.fixture
def raw(client):
    """Give the ftplib session under a client of ours: what any client of the field could do."""

    def session(*credentials):
        opened = client(*credentials).open()
        return opened._ftp

    return session


class TestOneFile:
    def test_deposit_answer_collect_delete(self, client, server, events, kind):
        opened = client()
        opened.deposit(IN, "A.csv", b"a;b\r\n")
        assert events.of(STORED) == [("FREE", f"{IN}/A.csv")]
        assert server.take("FREE", f"{IN}/A.csv") == b"a;b\r\n"
        server.deliver("FREE", f"{OUT}/R.csv", b"answer")
        assert list(opened.collect(OUT)) == [("R.csv", b"answer")]
        assert [event.kind for event in events.seen if event.path == f"{OUT}/R.csv"] == [
            EventKind.READ,
            EventKind.REMOVED,
        ]
        assert opened.list(IN) == opened.list(OUT) == []
        assert opened.clear_text is (kind == "ftp")

    def test_an_empty_file_and_a_big_one(self, client, server):
        big = bytes(range(256)) * 8_000
        opened = client()
        for name, data in (("EMPTY.csv", b""), ("BIG.csv", big)):
            opened.deposit(IN, name, data)
            assert server.take("FREE", f"{IN}/{name}") == data
            server.deliver("FREE", f"{OUT}/{name}", data)
            assert opened.retrieve(OUT, name) == data

    def test_line_ends_are_kept_in_ascii_mode(self, raw, server):
        raw().storlines(f"STOR {IN}/A.csv", io.BytesIO(b"a\r\nb\r\n"))
        assert server.take("FREE", f"{IN}/A.csv") == b"a\r\nb\r\n"

    def test_a_file_under_its_own_name_is_busy_until_its_end(self, raw, server, events):
        session = raw()
        with session.transfercmd(f"STOR {IN}/A.csv") as data:
            data.sendall(b"half")
            session.sock  # noqa: B018 - the transfer is open
            with pytest.raises((FileBusyError, FileNotFoundError)):
                server.take("FREE", f"{IN}/A.csv")
            data.sendall(b" whole")
            if isinstance(data, ssl.SSLSocket):
                data.unwrap()
        session.voidresp()
        events.wait(lambda seen: seen.of(STORED) == [("FREE", f"{IN}/A.csv")])
        assert server.take("FREE", f"{IN}/A.csv") == b"half whole"

    def test_a_server_that_knows_no_facts_is_listed_too(self, client, server):
        server._handler.proto_cmds = {
            name: value for name, value in server._handler.proto_cmds.items() if name not in ("MLSD", "MLST")
        }
        server.deliver("FREE", f"{OUT}/R.csv", b"abc")
        (server.home("FREE") / OUT / "PM").mkdir()
        assert [(entry.name, entry.size, entry.is_dir) for entry in client().list(OUT)] == [
            ("PM", 0, True),
            ("R.csv", 3, False),
        ]
        with pytest.raises(MissingFolderError):
            client().list("OUT/XXXX")

    def test_a_file_that_is_not_there(self, client):
        for use in (client().retrieve, client().delete):
            with pytest.raises(FileNotFoundError):
                use(OUT, "R.csv")

    def test_a_missing_folder(self, client):
        opened = client()
        for use in (
            lambda: opened.deposit("IN/XXXX/ZD", "A.csv", b""),
            lambda: opened.list("IN/XXXX/ZD"),
            lambda: list(opened.collect("IN/XXXX/ZD")),
        ):
            with pytest.raises(MissingFolderError, match="IN/XXXX/ZD"):
                use()

    def test_a_quota_is_a_refusal(self, client, events):
        with pytest.raises(RefusedError, match=r"quota"):
            client("ORAN", "secret-oran").deposit(IN, "A.csv", b"x" * 1_100_000)
        assert events.of(STORED) == []
        assert events.of(ABORTED) == [("ORAN", f"{IN}/A.csv.tmp")]


class TestTheWay:
    def test_a_wrong_password_then_a_lock(self, client, events, clock):
        for _ in range(3):
            with pytest.raises(LoginError, match="FREE"):
                client(password="wrong").open()
        with pytest.raises(LoginError):
            client().open()
        assert events.of(EventKind.LOCKED) == [("FREE", "")]
        clock.advance(timedelta(minutes=16))
        assert client().list(IN) == []

    def test_nobody_listens(self, client):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with pytest.raises(UnreachableError, match="pare-feu"):
            client(port=port).open()

    def test_an_unknown_name(self):
        with pytest.raises(UnreachableError, match="DNS"):
            FtpClient("no-such-host.invalid", 21, "FREE", password="x").open()

    def test_a_taken_port_is_a_configuration_error(self, server, tmp_path, events):
        with pytest.raises(ConfigurationError, match=str(server.port)):
            FtpServer(tmp_path / "two", [], port=server.port, on_event=events).start()


@pytest.mark.parametrize("kind", ["ftps", "ftps implicit"], indirect=True)
class TestTls:
    def test_a_wrong_certificate_stops_before_any_secret_is_sent(self, client, events):
        with pytest.raises(HostKeyError, match="certificat") as raised:
            client(certificate_sha256="AB" * 32).open()
        assert len(raised.value.presented_sha256) == 64
        assert events.seen == []

    def test_an_unknown_authority_stops(self, client):
        with pytest.raises(HostKeyError, match="autorité"):
            client(certificate_sha256=None).open()

    def test_the_declared_authority_opens(self, client, certificate):
        assert client(certificate_sha256=None, ca_file=certificate).list(IN) == []

    def test_any_certificate_when_told_so(self, client):
        assert client(certificate_sha256=None, accept_any_certificate=True).list(IN) == []


@pytest.mark.parametrize("kind", ["ftps"], indirect=True)
def test_clear_text_is_refused_where_tls_is_required(server, events):
    with pytest.raises(LoginError, match="TLS"):
        FtpClient("127.0.0.1", server.port, "FREE", password="secret-free", timeout=5).open()
    assert events.seen == []


class TestEvents:
    def test_a_temporary_name_is_stored_only_by_its_rename(self, raw, events):
        session = raw()
        session.storbinary(f"STOR {IN}/A.csv.part", io.BytesIO(b"x"))
        assert events.of(STORED) == []
        session.rename(f"{IN}/A.csv.part", f"{IN}/A.csv")
        assert events.of(STORED) == [("FREE", f"{IN}/A.csv")]

    def test_folders_are_told(self, raw, events):
        raw().mkd(f"{IN}/DIR")
        assert events.of(UNEXPECTED) == [("FREE", f"{IN}/DIR")]

    def test_stopping_the_server_aborts_what_is_under_way(self, raw, events, server):
        session = raw()
        with session.transfercmd(f"STOR {IN}/A.csv") as data:
            data.sendall(b"half")
            session.sock.getpeername()
            server.stop()
        assert events.of(STORED) == []
        assert events.of(ABORTED) == [("FREE", f"{IN}/A.csv")]

    def test_a_cut_connection_aborts(self, raw, events, server):
        session = raw()
        with session.transfercmd(f"STOR {IN}/A.csv") as data:
            data.sendall(b"half")
            server.drop_sessions()
        assert events.of(STORED) == []
        assert events.of(ABORTED) == [("FREE", f"{IN}/A.csv")]
        with pytest.raises(FileBusyError):
            server.take("FREE", f"{IN}/A.csv")


@pytest.mark.parametrize("kind", ["ftp"], indirect=True)
class TestFtpItself:
    def test_a_client_that_dies_in_mid_upload_aborts(self, server, events):
        """Its system closes both connections for it, tidily: only the control connection tells that nobody listens."""
        script = (
            "import ftplib, sys\n"
            "ftp = ftplib.FTP()\n"
            "ftp.connect('127.0.0.1', int(sys.argv[1]))\n"
            "ftp.login('FREE', 'secret-free')\n"
            f"data = ftp.transfercmd('STOR {IN}/A.csv')\n"
            "data.sendall(b'half')\n"
            "print('ready', flush=True)\n"
            "sys.stdin.read()\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", script, str(server.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as client:
            client.stdout.readline()
            os.kill(client.pid, signal.SIGKILL)
            client.wait()
            events.wait(lambda seen: bool(seen.of(STORED, ABORTED)))
        assert events.of(ABORTED) == [("FREE", f"{IN}/A.csv")]

    def test_a_client_that_hangs_up_before_the_answer_aborts(self, raw, server, events, monkeypatch):
        monkeypatch.setattr(ftp_server, "_INSTANT", 5)
        session = raw()
        data = session.transfercmd(f"STOR {IN}/A.csv")
        data.sendall(b"half")
        data.close()
        for _ in range(500):
            if any(one.data_channel and one.data_channel._ending for one in list(server._handler.sessions)):
                break
            threading.Event().wait(0.01)
        session.close()
        events.wait(lambda seen: bool(seen.of(STORED, ABORTED)))
        assert events.of(ABORTED) == [("FREE", f"{IN}/A.csv")]

    @pytest.mark.parametrize("path", ["../ORAN/IN/COVA/ZD/other.csv", "/etc/passwd", "../../secret.csv"])
    def test_nothing_leads_out(self, raw, server, path, tmp_path):
        (tmp_path / "secret.csv").write_text("of nobody")
        server.deliver("ORAN", f"{IN}/other.csv", b"of another OC")
        session = raw()
        for name in (path, f"{IN}/../../../{path}"):
            for attempt in (
                lambda name=name: session.retrbinary(f"RETR {name}", lambda data: None),
                lambda name=name: session.size(name),
                lambda name=name: session.rename(name, f"{IN}/mine.csv"),
                lambda name=name: session.delete(name),
            ):
                with pytest.raises(ftplib.error_perm):
                    attempt()

    def test_a_planted_link_is_never_followed(self, raw, server, tmp_path):
        (tmp_path / "secret.csv").write_text("of nobody")
        (server.home("FREE") / IN / "file.csv").symlink_to(tmp_path / "secret.csv")
        (server.home("FREE") / IN / "dir").symlink_to(tmp_path)
        session = raw()
        for attempt in (
            lambda: session.retrbinary(f"RETR {IN}/file.csv", lambda data: None),
            lambda: session.retrbinary(f"RETR {IN}/dir/secret.csv", lambda data: None),
            lambda: session.storbinary(f"STOR {IN}/file.csv", io.BytesIO(b"x")),
            lambda: session.cwd(f"{IN}/dir"),
            lambda: session.rename(f"{IN}/dir/secret.csv", f"{IN}/mine.csv"),
        ):
            with pytest.raises(ftplib.error_perm):
                attempt()
        assert (tmp_path / "secret.csv").read_text() == "of nobody"

    @pytest.mark.parametrize("folder", [IN, "IN", "/"])
    def test_the_folders_of_the_account_stay(self, raw, folder):
        session = raw()
        for attempt in (session.rmd, session.delete, lambda path: session.rename(path, "elsewhere")):
            with pytest.raises(ftplib.error_perm):
                attempt(folder)
        assert session.nlst(IN) == []

    def test_names_of_the_servers_own_making_are_refused(self, raw):
        with pytest.raises(ftplib.error_perm, match="502"):
            raw().sendcmd("STOU")


def test_sessions_are_bounded(tmp_path, accounts, events):
    with (
        FtpServer(tmp_path / "two", accounts, on_event=events, max_sessions=3) as server,
        ftplib.FTP() as first,
        ftplib.FTP() as second,
    ):
        first.connect("127.0.0.1", server.port)
        second.connect("127.0.0.1", server.port)
        with pytest.raises(UnreachableError, match="421"):
            FtpClient("127.0.0.1", server.port, "FREE", password="secret-free").open()


class TestBrokenConnections:
    def test_a_cut_in_mid_upload_is_uploaded_again_and_stored_once(self, client, server, events):
        opened = client().open()
        write = opened._write

        def cut_half_way(path, data):
            opened._write = write
            with opened._ftp.transfercmd(f"STOR {path}") as channel:
                channel.sendall(data[:1000])
                server.drop_sessions()
            write(path, data)

        opened._write = cut_half_way
        opened.deposit(IN, "A.csv", b"x" * 5000)
        assert events.of(STORED) == [("FREE", f"{IN}/A.csv")]
        assert server.take("FREE", f"{IN}/A.csv") == b"x" * 5000

    @pytest.mark.parametrize("taken", [False, True], ids=["still there", "already taken"])
    def test_a_cut_after_the_rename_never_doubles(self, client, server, events, taken):
        opened = client()
        rename = opened._rename

        def cut_after(old, new):
            opened._rename = rename
            rename(old, new)
            if taken:
                server.take("FREE", new)
            server.drop_sessions()
            rename(old, new)

        opened._rename = cut_after
        opened.deposit(IN, "A.csv", b"x")
        assert events.of(STORED) == [("FREE", f"{IN}/A.csv")]
        assert [entry.name for entry in server.list("FREE", IN)] == ([] if taken else ["A.csv"])

    def test_a_cut_at_the_delete_hands_over_once(self, client, server, events):
        server.deliver("FREE", f"{OUT}/R.csv", b"x")
        opened = client()
        remove = opened._remove

        def cut_after(path):
            opened._remove = remove
            remove(path)
            server.drop_sessions()
            remove(path)

        opened._remove = cut_after
        assert list(opened.collect(OUT)) == [("R.csv", b"x")]
        assert events.of(EventKind.REMOVED) == [("FREE", f"{OUT}/R.csv")]

    def test_tries_are_bounded(self, client, server):
        opened = client().open()
        opened._write = lambda path, data: server.drop_sessions() or opened._names("")
        with pytest.raises(TransferError, match="3 fois"):
            opened.deposit(IN, "A.csv", b"x")
        assert len(client.waits) == 2


def test_ftp_beside_sftp_on_the_same_tree(tmp_path, accounts, host_key, events):
    """What comes in by one goes out by the other, and neither takes what the other is still writing."""
    with (
        SftpServer(tmp_path, accounts, host_key=host_key, on_event=events) as sftp,
        FtpServer(tmp_path, accounts, on_event=events, beside=sftp) as ftp,
        FtpClient("127.0.0.1", ftp.port, "FREE", password="secret-free", timeout=5) as client,
    ):
        client.deposit(IN, "A.csv", b"x")
        with client._ftp.transfercmd(f"STOR {IN}/B.csv") as data:
            data.sendall(b"half")
            assert sftp.take("FREE", f"{IN}/A.csv") == b"x"
            with pytest.raises((FileBusyError, FileNotFoundError)):
                sftp.take("FREE", f"{IN}/B.csv")
        client._ftp.voidresp()
        assert sftp.take("FREE", f"{IN}/B.csv") == b"half"


def test_several_accounts_at_once_lose_and_cross_nothing(tmp_path):
    events = Events()
    logins = ["FREE", "ORAN", "SFRA"]
    accounts = [Account(login, f"pw-{login}", folders=(IN, OUT)) for login in logins]

    def on_event(event):
        events(event)
        if event.kind is STORED:
            data = server.take(event.account, event.path)
            server.deliver(event.account, event.path.replace("IN/", "OUT/"), data)

    with FtpServer(tmp_path, accounts, on_event=on_event) as server:

        def work(login):
            with FtpClient("127.0.0.1", server.port, login, password=f"pw-{login}", timeout=10) as client:
                for index in range(50):
                    client.deposit(IN, f"{login}_{index}.csv", f"{login} {index}".encode())

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(work, logins))
        for login in logins:
            names = sorted(f"{login}_{index}.csv" for index in range(50))
            assert [entry.name for entry in server.list(login, OUT)] == names
            for name in names:
                assert server.take(login, f"{OUT}/{name}").decode() == name[:-4].replace("_", " ")
    assert len(events.of(STORED)) == 150
