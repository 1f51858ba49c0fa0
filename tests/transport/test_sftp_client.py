import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from annexe5.errors import TargetError
from annexe5.transport.edge import Account, EventKind, RemoteFile
from annexe5.transport.remote import (
    HostKeyError,
    LoginError,
    MissingFolderError,
    RefusedError,
    TransferError,
    UnreachableError,
)
from annexe5.transport.sftp_client import LegacySftpClient, SftpClient
from annexe5.transport.sftp_server import SftpServer
from annexe5.transport.testing import Cutter, Events

IN, OUT = "IN/COVA/ZD", "OUT/COVA/ZD"
STORED = EventKind.STORED


@pytest.fixture(params=[SftpClient, LegacySftpClient], ids=["current", "legacy"])
def client_class(request):
    return request.param


@pytest.fixture
def client(server, client_class):
    """Give a client of the test's server; ``waits`` notes the pauses it would have made."""
    opened = []

    def make(login="FREE", password="secret-free", **declared):
        declared = {"host_key_md5": server.host_key_md5, "port": server.port, "timeout": 10} | declared
        made = client_class("127.0.0.1", declared.pop("port"), login, password=password, wait=waits.append, **declared)
        opened.append(made)
        return made

    waits = make.waits = []
    yield make
    for made in opened:
        made.close()


class TestTheWay:
    """Nothing here is a breach of the contract: each is a configuration error that says what to do."""

    def test_the_contracts_md5_fingerprint_opens(self, client, server):
        opened = client().open()
        assert opened.presented_md5 == server.host_key_md5
        assert opened.presented_sha256 == server.host_key_sha256

    @pytest.mark.parametrize("spelling", ["{}", "MD5:{}"])
    def test_md5_spellings(self, client, server, spelling):
        assert client(host_key_md5=spelling.format(server.host_key_md5.upper())).list(IN) == []

    @pytest.mark.parametrize("spelling", ["{}", "{}="])
    def test_sha256_spellings(self, client, server, spelling):
        declared = spelling.format(server.host_key_sha256)
        assert client(host_key_md5=None, host_key_sha256=declared).list(IN) == []

    def test_a_wrong_host_key_stops_before_any_secret_is_sent(self, client, server, events):
        wrong = "c2:c0:57:1b:a8:3a:db:d5:87:17:c0:4e:d4:7e:57:07"
        with pytest.raises(HostKeyError, match=r"clé d'hôte") as raised:
            client(host_key_md5=wrong, password="wrong").open()
        assert raised.value.presented_md5 == server.host_key_md5
        assert wrong in str(raised.value)
        assert server.host_key_sha256 in str(raised.value)
        assert events.seen == []

    def test_one_wrong_of_two_fingerprints_is_wrong(self, client):
        with pytest.raises(HostKeyError):
            client(host_key_sha256="SHA256:" + "A" * 43).open()

    def test_no_fingerprint_tells_the_one_presented(self, client, server):
        with pytest.raises(HostKeyError, match=server.host_key_sha256.replace("+", r"\+")):
            client(host_key_md5=None).open()

    def test_any_host_key_when_told_so(self, client):
        assert client(host_key_md5=None, accept_any_host_key=True).list(IN) == []

    def test_a_wrong_password(self, client):
        with pytest.raises(LoginError, match=r"mot de passe.*FREE"):
            client(password="wrong").open()

    def test_a_wrong_key(self, client, rsa2048):
        with pytest.raises(LoginError, match="la clé du compte"):
            client(password=None, key=rsa2048.path).open()

    def test_a_key_opens_without_a_password(self, client, rsa1024):
        assert client(password=None, key=rsa1024.path).list(IN) == []

    def test_the_password_follows_a_refused_key(self, client, rsa2048):
        assert client(key=rsa2048.path).list(IN) == []

    def test_an_unreadable_key_file(self, client, tmp_path):
        (tmp_path / "key").write_text("nothing")
        for path in (tmp_path / "key", tmp_path / "missing"):
            with pytest.raises(TargetError, match="clé privée"):
                client(key=path).open()

    def test_nobody_listens(self, client):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with pytest.raises(UnreachableError, match="pare-feu"):
            client(port=port).open()
        assert client.waits == []

    def test_an_unknown_name(self, client_class):
        with pytest.raises(UnreachableError, match="DNS"):
            client_class("no-such-host.invalid", 22, "FREE", password="x", accept_any_host_key=True).open()

    def test_a_peer_that_speaks_no_ssh(self, client):
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def answer():
                conn, _ = listener.accept()
                conn.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
                conn.close()

            threading.Thread(target=answer, daemon=True).start()
            with pytest.raises(UnreachableError):
                client(port=listener.getsockname()[1], timeout=3).open()

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
        with pytest.raises(RefusedError, match="quota"):
            client("ORAN", "secret-oran").deposit(IN, "A.csv", b"x" * 1_100_000)
        assert events.of(STORED) == []


class TestOneFile:
    def test_a_deposit_is_stored_once_under_its_name(self, client, server, events):
        client().deposit(IN, "A.csv", b"a;b\r\n")
        assert events.of(STORED) == [("FREE", f"{IN}/A.csv")]
        assert server.take("FREE", f"{IN}/A.csv") == b"a;b\r\n"
        assert server.list("FREE", IN) == []

    def test_an_empty_file_and_a_big_one(self, client, server):
        big = bytes(range(256)) * 20_000
        opened = client()
        opened.deposit(IN, "EMPTY.csv", b"")
        opened.deposit(IN, "BIG.csv", big)
        assert server.take("FREE", f"{IN}/EMPTY.csv") == b""
        assert server.take("FREE", f"{IN}/BIG.csv") == big
        server.deliver("FREE", f"{OUT}/BIG.csv", big)
        assert opened.retrieve(OUT, "BIG.csv") == big

    def test_a_deposit_replaces(self, client, server):
        opened = client()
        opened.deposit(IN, "A.csv", b"one")
        opened.deposit(IN, "A.csv", b"two")
        assert server.take("FREE", f"{IN}/A.csv") == b"two"

    def test_a_deposit_under_its_own_name_at_once(self, client, server, events):
        client(upload_name=None).deposit(IN, "A.csv", b"a")
        assert [event.kind for event in events.seen] == [STORED]
        assert server.take("FREE", f"{IN}/A.csv") == b"a"

    def test_a_file_taken_the_moment_it_is_stored_is_no_failure(self, client, server, events):
        server._on_event = lambda event: (
            events(event),
            event.kind is STORED and server.take(event.account, event.path),
        )
        for number in range(20):
            client(upload_name=None).deposit(IN, f"{number}.csv", b"x")
        assert len(events.of(STORED)) == 20

    def test_a_list_tells_files_and_directories(self, client, server):
        server.deliver("FREE", f"{OUT}/R.csv", b"abc")
        (server.home("FREE") / OUT / "PM").mkdir()
        (server.home("FREE") / OUT / "link.csv").symlink_to("R.csv")
        listed = client().list(OUT)
        assert [(entry.name, entry.is_dir) for entry in listed] == [("PM", True), ("R.csv", False)]
        assert listed[1].size == 3

    def test_a_file_that_is_not_there(self, client):
        for use in (client().retrieve, client().delete):
            with pytest.raises(FileNotFoundError):
                use(OUT, "R.csv")


class TestCollecting:
    """TRA-10: whoever retrieves deletes what it got, and nothing else."""

    def test_what_is_collected_is_deleted_and_nothing_else(self, client, server):
        for name in ("B.csv", "A.csv", "A.csv.tmp", ".hidden", "C.filepart"):
            server.deliver("FREE", f"{OUT}/{name}", name.encode())
        (server.home("FREE") / OUT / "PM").mkdir()
        assert list(client().collect(OUT)) == [("A.csv", b"A.csv"), ("B.csv", b"B.csv")]
        assert [entry.name for entry in server.list("FREE", OUT)] == [".hidden", "A.csv.tmp", "C.filepart", "PM"]

    def test_what_is_not_ours_to_take_is_skipped(self, client, server):
        for name in ("A.csv", "B.csv"):
            server.deliver("FREE", f"{OUT}/{name}", b"x")
        assert [name for name, _ in client().collect(OUT, skip={"A.csv"})] == ["B.csv"]
        assert [entry.name for entry in server.list("FREE", OUT)] == ["A.csv"]

    def test_a_file_that_could_not_be_kept_stays(self, client, server):
        server.deliver("FREE", f"{OUT}/R.csv", b"x")

        def fail(name, data):
            raise OSError("journal full")

        with pytest.raises(OSError, match="journal"):
            list(client().collect(OUT, keep=fail))
        assert server.read("FREE", f"{OUT}/R.csv") == b"x"

    def test_a_file_that_grows_is_left_for_later(self, client, server, raw):
        server.deliver("FREE", f"{OUT}/DONE.csv", b"x")
        growing = raw().open(f"{OUT}/GROWING.csv", "w")
        growing.write(b"one")
        growing.flush()
        opened = client()

        def grow(seconds):
            growing.write(b"more")
            growing.flush()
            server.list("FREE", OUT)

        opened._wait = grow
        assert [name for name, _ in opened.collect(OUT, settle=2)] == ["DONE.csv"]
        growing.close()
        opened._wait = lambda seconds: None
        assert list(opened.collect(OUT, settle=2)) == [("GROWING.csv", b"onemore")]

    def test_a_file_replaced_while_it_is_read_is_not_deleted(self, client, server):
        server.deliver("FREE", f"{OUT}/R.csv", b"one")
        opened = client()
        read = opened._read

        def slow_read(path):
            data = read(path)
            server.deliver("FREE", f"{OUT}/R.csv", b"other", replace=True)
            return data

        opened._read = slow_read
        assert list(opened.collect(OUT)) == []
        assert server.read("FREE", f"{OUT}/R.csv") == b"other"

    def test_a_file_that_somebody_else_collects_first_is_passed_over(self, client, server):
        for name in ("A.csv", "B.csv"):
            server.deliver("FREE", f"{OUT}/{name}", b"x")
        opened = client()
        names = opened._names
        opened._names = lambda folder: [*names(folder), RemoteFile("AA.csv", 1)]
        assert [name for name, _ in opened.collect(OUT)] == ["A.csv", "B.csv"]


class TestBrokenConnections:
    def test_a_cut_in_mid_upload_is_uploaded_again_and_stored_once(self, client, server, events):
        data = bytes(range(256)) * 4_000
        with Cutter(server.port, [300_000]) as network:
            client(port=network.port).deposit(IN, "A.csv", data)
            assert network.connections == 2
        assert events.of(STORED) == [("FREE", f"{IN}/A.csv")]
        assert server.take("FREE", f"{IN}/A.csv") == data
        assert len(client.waits) == 1

    def test_a_cut_before_the_rename_renames_later(self, client, server, events):
        opened = client()
        rename = opened._rename

        def cut_first(old, new):
            opened._rename = rename
            server.drop_sessions()
            rename(old, new)

        opened._rename = cut_first
        opened.deposit(IN, "A.csv", b"x")
        assert events.of(STORED) == [("FREE", f"{IN}/A.csv")]
        assert [entry.name for entry in server.list("FREE", IN)] == ["A.csv"]

    @pytest.mark.parametrize("taken", [False, True], ids=["still there", "already taken"])
    def test_a_cut_after_the_rename_never_doubles(self, tmp_path, host_key, client_class, taken):
        seen = Events()

        def on_event(event):
            seen(event)
            if event.kind is STORED:
                if taken:
                    server.take(event.account, event.path)
                server.drop_sessions()  # before the client learns that its rename was done

        with (
            SftpServer(
                tmp_path, [Account("FREE", "pw", folders=(IN,))], host_key=host_key, on_event=on_event
            ) as server,
            client_class(
                "127.0.0.1",
                server.port,
                "FREE",
                password="pw",
                host_key_sha256=server.host_key_sha256,
                wait=lambda seconds: None,
            ) as client,
        ):
            client.deposit(IN, "A.csv", b"x")
            assert seen.of(STORED) == [("FREE", f"{IN}/A.csv")]
            assert [entry.name for entry in server.list("FREE", IN)] == ([] if taken else ["A.csv"])

    def test_a_cut_at_the_delete_deletes_once_and_hands_over_once(self, client, server, events):
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
        with Cutter(server.port, [200_000] * 10) as network:
            with pytest.raises(TransferError, match="3 fois"):
                client(port=network.port).deposit(IN, "A.csv", b"x" * 1_000_000)
            assert network.connections == 3
        assert client.waits == sorted(client.waits)
        assert len(client.waits) == 2

    def test_a_direct_deposit_whose_fate_is_unknown_is_told_not_doubled(self, client, server):
        opened = client(upload_name=None)
        write = opened._write

        def taken_at_once(path, data):
            write(path, data)
            server.take("FREE", path)
            server.drop_sessions()
            write(path, data)

        opened._write = taken_at_once
        with pytest.raises(TransferError, match="Vérifiez"):
            opened.deposit(IN, "A.csv", b"x")
        assert server.list("FREE", IN) == []

    def test_a_server_that_comes_back_is_found_again(self, client, server, host_key, events):
        opened = client().open()
        server.stop()
        with SftpServer(server.root, [*server.accounts.values()], host_key=host_key, port=server.port, on_event=events):
            opened.deposit(IN, "A.csv", b"x")
        assert events.of(STORED) == [("FREE", f"{IN}/A.csv")]


def test_several_accounts_at_once_lose_and_cross_nothing(tmp_path, host_key):
    """Four accounts, two clients each, a hundred files per client; every file is answered in its own account."""
    events = Events()
    logins = ["FREE", "ORAN", "SFRA", "BYTE"]

    def on_event(event):
        events(event)
        if event.kind is STORED:
            data = server.take(event.account, event.path)
            server.deliver(event.account, event.path.replace("IN/", "OUT/"), data)

    accounts = [Account(login, f"pw-{login}", folders=(IN, OUT)) for login in logins]
    with SftpServer(tmp_path, accounts, host_key=host_key, on_event=on_event) as server:

        def work(login, number):
            with SftpClient(
                "127.0.0.1", server.port, login, password=f"pw-{login}", host_key_md5=server.host_key_md5
            ) as client:
                for index in range(100):
                    client.deposit(IN, f"{login}_{number}_{index}.csv", f"{login} {number} {index}".encode())

        with ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(work, login, number) for login in logins for number in (1, 2)]:
                done.result()
        for login in logins:
            names = sorted(f"{login}_{number}_{index}.csv" for number in (1, 2) for index in range(100))
            assert [entry.name for entry in server.list(login, OUT)] == names
            assert server.list(login, IN) == []
            for name in names:
                assert server.take(login, f"{OUT}/{name}").decode() == name[:-4].replace("_", " ")
    assert len(events.of(STORED)) == len(set(events.of(STORED))) == 800
