import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import paramiko
import pytest

from annexe5.transport.edge import Account, EventKind, FileBusyError, UnexpectedEntryError
from annexe5.transport.folder import FolderEdge, has_writer
from annexe5.transport.sftp_client import SftpClient
from annexe5.transport.testing import Events

IN, OUT = "IN/COVA/ZD", "OUT/COVA/ZD"
STORED, UNEXPECTED, REMOVED = EventKind.STORED, EventKind.UNEXPECTED, EventKind.REMOVED
LOGINS = ("FREE", "ORAN")


@pytest.fixture
def edge(tmp_path, events, clock):
    accounts = [Account(login, folders=(IN, OUT)) for login in LOGINS]
    with FolderEdge(tmp_path / "tree", accounts, events, present=(IN,), clock=clock) as running:
        yield running


@pytest.fixture
def home(edge):
    return edge.home("FREE")


def stored(*paths):
    return lambda seen: seen.of(STORED) == [("FREE", path) for path in paths]


class TestLocalTree:
    def test_a_file_is_stored_once_its_writer_lets_go(self, edge, home, events):
        with (home / IN / "A.csv").open("wb") as file:
            file.write(b"half")
            file.flush()
            (home / IN / "MARK.csv").write_bytes(b"")  # told after the edge saw A.csv
            events.wait(stored(f"{IN}/MARK.csv"))
            with pytest.raises(FileBusyError):
                edge.take("FREE", f"{IN}/A.csv")
            file.write(b" whole")
        events.wait(stored(f"{IN}/MARK.csv", f"{IN}/A.csv"))
        assert edge.take("FREE", f"{IN}/A.csv") == b"half whole"

    def test_a_rename_into_place(self, edge, home, events):
        (home / IN / "A.csv.tmp").write_bytes(b"x")
        (home / IN / "A.csv.tmp").rename(home / IN / "A.csv")
        events.wait(stored(f"{IN}/A.csv"))
        assert events.seen[-1].source == f"{IN}/A.csv.tmp"

    def test_a_rename_by_link_and_deletion_is_one_too(self, edge, home, events):
        for number in range(20):
            (home / IN / f"{number}.tmp").write_bytes(b"")
            os.link(home / IN / f"{number}.tmp", home / IN / f"{number}.csv")
            os.unlink(home / IN / f"{number}.tmp")  # noqa: PTH108 - as sftp-server does
        events.wait(lambda seen: len(seen.of(STORED)) == 20)
        assert sorted(events.of(STORED)) == sorted(("FREE", f"{IN}/{number}.csv") for number in range(20))
        assert events.of(UNEXPECTED, REMOVED) == []

    def test_what_stands_there_at_the_start_is_told_where_clients_deposit(self, tmp_path, events):
        account = Account("FREE", folders=(IN, OUT))
        for folder, name in ((IN, "A.csv"), (IN, "B.csv.tmp"), (OUT, "R.csv")):
            path = tmp_path / "FREE" / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        with FolderEdge(tmp_path, [account], events, present=(IN,)) as edge:
            assert events.of(STORED) == [("FREE", f"{IN}/A.csv")]
            (edge.home("FREE") / OUT / "R.csv").unlink()
            events.wait(lambda seen: seen.of(REMOVED) == [("FREE", f"{OUT}/R.csv")])

    def test_what_we_deliver_and_take_is_not_told(self, edge, home, events):
        (home / IN / "A.csv").write_bytes(b"x")
        events.wait(stored(f"{IN}/A.csv"))
        edge.take("FREE", f"{IN}/A.csv")
        edge.deliver("FREE", f"{OUT}/R.csv", b"x")
        edge.deliver("FREE", f"{OUT}/R.csv", b"y", replace=True)
        (home / IN / "B.csv").write_bytes(b"x")
        events.wait(stored(f"{IN}/A.csv", f"{IN}/B.csv"))
        assert len(events.seen) == 2

    def test_who_collects_is_told(self, edge, home, events):
        edge.deliver("FREE", f"{OUT}/R.csv", b"x")
        (home / OUT / "R.csv").unlink()
        events.wait(lambda seen: seen.of(REMOVED) == [("FREE", f"{OUT}/R.csv")])

    def test_a_name_used_again_is_told_again(self, edge, home, events):
        for content in (b"one", b"two"):
            (home / IN / "A.csv").write_bytes(content)
            events.wait(lambda seen: bool(seen.of(STORED)))
            assert edge.take("FREE", f"{IN}/A.csv") == content
            events.seen.clear()

    def test_a_file_rewritten_in_place_is_told_again(self, edge, home, events):
        (home / IN / "A.csv").write_bytes(b"one")
        events.wait(stored(f"{IN}/A.csv"))
        (home / IN / "A.csv").write_bytes(b"two")
        events.wait(stored(f"{IN}/A.csv", f"{IN}/A.csv"))

    def test_a_time_set_after_the_upload_is_no_second_file(self, edge, home, events):
        (home / IN / "A.csv").write_bytes(b"one")
        events.wait(stored(f"{IN}/A.csv"))
        os.utime(home / IN / "A.csv", (0, 0))
        edge._look_everywhere(settled=True)
        (home / IN / "B.csv").write_bytes(b"x")
        events.wait(lambda seen: ("FREE", f"{IN}/B.csv") in seen.of(STORED))
        assert len(events.of(STORED)) == 2

    def test_lost_notices_lose_no_file(self, edge, home, events):
        edge._observer.unschedule_all()
        (home / IN / "A.csv").write_bytes(b"one")
        edge._look_everywhere(settled=True)
        assert events.of(STORED) == [("FREE", f"{IN}/A.csv")]

    def test_nothing_is_lost_at_the_stop(self, edge, home, events):
        (home / IN / "A.csv").write_bytes(b"one")
        edge.stop()
        assert events.of(STORED) == [("FREE", f"{IN}/A.csv")]

    def test_folders_links_and_pipes_are_told_and_never_followed(self, edge, home, events, tmp_path):
        (tmp_path / "secret.csv").write_text("of nobody")
        (home / IN / "DIR").mkdir()
        (home / IN / "LINK.csv").symlink_to(tmp_path / "secret.csv")
        (home / IN / "LINKED").symlink_to(tmp_path)
        os.link(tmp_path / "secret.csv", home / IN / "HARD.csv")
        os.mkfifo(home / IN / "PIPE.csv")
        (home / IN / "A.csv").write_bytes(b"x")
        names = ("DIR", "HARD.csv", "LINK.csv", "LINKED", "PIPE.csv")
        events.wait(lambda seen: len(seen.of(UNEXPECTED)) == 5 and bool(seen.of(STORED)))
        assert sorted(events.of(UNEXPECTED)) == [("FREE", f"{IN}/{name}") for name in names]
        assert events.of(STORED) == [("FREE", f"{IN}/A.csv")]
        with pytest.raises(UnexpectedEntryError):
            edge.take("FREE", f"{IN}/LINK.csv")

    def test_a_file_in_a_folder_that_was_just_made_is_told(self, edge, home, events):
        (home / IN / "DIR").mkdir()
        (home / IN / "DIR" / "A.csv").write_bytes(b"x")
        events.wait(stored(f"{IN}/DIR/A.csv"))

    def test_a_name_that_is_no_utf8_leads_back_to_its_file(self, edge, home, events):
        with open(os.fsencode(home / IN) + b"/\xe9t\xe9.csv", "wb") as file:  # noqa: PTH123 - bytes
            file.write(b"x")
        events.wait(lambda seen: bool(seen.of(STORED)))
        [(login, path)] = events.of(STORED)
        assert edge.take(login, path) == b"x"


class TestWriters:
    def test_a_writer_is_seen_whoever_it_is(self, tmp_path):
        path = tmp_path / "file"
        path.write_bytes(b"x")
        with path.open("rb") as reader:
            assert has_writer(reader.fileno()) is False
            other = subprocess.Popen(
                ["/bin/sh", "-c", f"exec 3>>{path}; echo ready; read line"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            with other:
                other.stdout.readline()
                assert has_writer(reader.fileno()) is True
                other.stdin.close()
            assert has_writer(reader.fileno()) is False


class TestBehindOpenSsh:
    """The tree is served by OpenSSH's sshd; our client, paramiko and sftp are its clients."""

    @pytest.fixture
    def client(self, openssh, rsa2048):
        with SftpClient(
            "127.0.0.1",
            openssh.port,
            openssh.login,
            key=rsa2048.path,
            host_key_md5=openssh.host_key_md5,
            wait=lambda seconds: None,
        ) as opened:
            yield opened

    def test_deposit_answer_collect_delete(self, edge, client, events):
        client.deposit(IN, "A.csv", b"order")
        events.wait(stored(f"{IN}/A.csv"))
        assert edge.take("FREE", f"{IN}/A.csv") == b"order"
        edge.deliver("FREE", f"{OUT}/R.csv", b"answer")
        assert list(client.collect(OUT)) == [("R.csv", b"answer")]
        events.wait(lambda seen: seen.of(REMOVED) == [("FREE", f"{OUT}/R.csv")])
        assert client.list(IN) == client.list(OUT) == []

    def test_a_big_file_under_its_own_name_is_never_half_read(self, edge, openssh, rsa2048, events):
        data = os.urandom(8_000_000)
        read = []

        def taking(event):
            if event.kind is STORED:
                read.append(edge.take(event.account, event.path))
            events(event)

        edge._on_event = taking
        with SftpClient(
            "127.0.0.1",
            openssh.port,
            openssh.login,
            key=rsa2048.path,
            host_key_md5=openssh.host_key_md5,
            upload_name=None,
        ) as client:
            client.deposit(IN, "A.csv", data)
        events.wait(stored(f"{IN}/A.csv"))
        assert read == [data]

    def test_a_plain_rename_of_paramiko(self, edge, openssh, rsa2048, events):
        transport = paramiko.Transport(("127.0.0.1", openssh.port))
        transport.connect(username=openssh.login, pkey=paramiko.RSAKey.from_private_key_file(str(rsa2048.path)))
        session = paramiko.SFTPClient.from_transport(transport)
        with session.open(f"{IN}/A.csv.filepart", "w") as file:
            file.write("x")
        session.rename(f"{IN}/A.csv.filepart", f"{IN}/A.csv")
        events.wait(stored(f"{IN}/A.csv"))
        transport.close()
        assert events.of(UNEXPECTED) == []

    def test_a_cut_in_mid_upload_tells_nothing_until_the_second_try(self, edge, openssh, client, events):
        write = client._write

        def cut_half_way(path, data):
            client._write = write
            file = client._sftp.open(path, "wb")
            file.write(data[:10])
            openssh.drop_sessions()
            write(path, data)

        client._write = cut_half_way
        client.deposit(IN, "A.csv", b"x" * 100)
        events.wait(stored(f"{IN}/A.csv"))
        assert edge.take("FREE", f"{IN}/A.csv") == b"x" * 100

    def test_a_cut_after_the_rename_never_doubles(self, edge, openssh, client, events):
        rename = client._rename

        def cut_after(old, new):
            client._rename = rename
            rename(old, new)
            events.wait(stored(f"{IN}/A.csv"))
            edge.take("FREE", f"{IN}/A.csv")
            openssh.drop_sessions()
            rename(old, new)

        client._rename = cut_after
        client.deposit(IN, "A.csv", b"x")
        assert events.of(STORED) == [("FREE", f"{IN}/A.csv")]

    def test_two_clients_at_once_lose_nothing(self, edge, openssh, rsa2048, events):
        def work(number):
            with SftpClient(
                "127.0.0.1", openssh.port, openssh.login, key=rsa2048.path, host_key_md5=openssh.host_key_md5
            ) as client:
                for index in range(100):
                    client.deposit(IN, f"{number}_{index}.csv", f"{number} {index}".encode())

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(work, (1, 2)))
        events.wait(lambda seen: len(seen.of(STORED)) == 200)
        for number in (1, 2):
            for index in range(100):
                assert edge.take("FREE", f"{IN}/{number}_{index}.csv") == f"{number} {index}".encode()

    def test_openssh_alone(self, edge, openssh, rsa2048, events, tmp_path):
        (tmp_path / "order.csv").write_bytes(b"order")
        edge.deliver("FREE", f"{OUT}/AR.csv", b"answer")
        (tmp_path / "known_hosts").write_text(f"[127.0.0.1]:{openssh.port} {openssh.host_key_public}\n")
        (tmp_path / "batch").write_text(
            f"put {tmp_path}/order.csv {IN}/order.csv\nget {OUT}/AR.csv {tmp_path}/AR.csv\nrm {OUT}/AR.csv\n"
        )
        command = ["sftp", "-b", str(tmp_path / "batch"), "-i", str(rsa2048.path), "-P", str(openssh.port)]
        command += ["-o", "IdentitiesOnly=yes", "-o", f"UserKnownHostsFile={tmp_path}/known_hosts"]
        subprocess.run([*command, f"{openssh.login}@127.0.0.1"], check=True, capture_output=True)
        assert (tmp_path / "AR.csv").read_bytes() == b"answer"
        events.wait(lambda seen: bool(seen.of(STORED)) and bool(seen.of(REMOVED)))
        assert edge.take("FREE", f"{IN}/order.csv") == b"order"


def test_the_fixture_is_openssh_itself(openssh):
    with paramiko.Transport(("127.0.0.1", openssh.port)) as transport:
        transport.start_client()
        assert transport.remote_version.startswith("SSH-2.0-OpenSSH")


def test_events_that_never_come_say_what_was_seen():
    with pytest.raises(AssertionError, match="not seen"):
        Events().wait(lambda seen: False, timeout=0)
