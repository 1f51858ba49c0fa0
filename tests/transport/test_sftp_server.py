import errno
import io
import os
import re
import shlex
import subprocess
from datetime import timedelta

import paramiko
import pytest

from annexe5.errors import ConfigurationError
from annexe5.transport.edge import Account, EventKind, FileBusyError, UnexpectedEntryError
from annexe5.transport.sftp_server import SftpServer

IN, OUT = "IN/COVA/ZD", "OUT/COVA/ZD"

STORED, ABORTED, UNEXPECTED = EventKind.STORED, EventKind.ABORTED, EventKind.UNEXPECTED


def put(session, path, data=b"a;b\r\n"):
    session.putfo(io.BytesIO(data), path)


def refused(call, *args):
    """The wire carries no better than a generic failure for most refusals."""
    with pytest.raises(OSError, match=r"."):
        call(*args)


def sftp(server, key, batch, tmp_path, login="FREE"):
    """Run OpenSSH's own client in batch mode, the host key pinned in its known_hosts."""
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{server.port} {server.host_key_public}\n")
    script = tmp_path / "batch"
    script.write_text(batch)
    command = f"sftp -b {script} -i {key.path} -P {server.port} -o IdentitiesOnly=yes -o UserKnownHostsFile={known}"
    return subprocess.run(
        [*shlex.split(command), f"{login}@127.0.0.1"], capture_output=True, text=True, timeout=30, check=False
    )


class TestAccounts:
    def test_the_folders_of_the_account_stand(self, raw):
        session = raw()
        assert sorted(session.listdir(".")) == ["IN", "OUT"]
        assert session.listdir(f"/{IN}") == []

    def test_both_key_sizes_of_the_contract_open_their_account(self, raw, rsa1024, rsa2048):
        assert raw("FREE", key=rsa1024).listdir(IN) == []
        assert raw("ORAN", key=rsa2048).listdir(IN) == []

    def test_the_key_of_another_oc_is_refused(self, raw, rsa2048):
        with pytest.raises(paramiko.AuthenticationException):
            raw("FREE", key=rsa2048)

    @pytest.mark.parametrize(("login", "password"), [("FREE", "wrong"), ("FREE", "secret-oran"), ("NOBODY", "x")])
    def test_a_wrong_password_is_refused_and_told(self, raw, events, login, password):
        with pytest.raises(paramiko.AuthenticationException):
            raw(login, password)
        assert events.of(EventKind.REFUSED) == [(login, "")]

    def test_a_client_may_try_keys_then_passwords_on_one_connection(self, server, rsa2048):
        key = paramiko.RSAKey.from_private_key_file(str(rsa2048.path))
        transport = paramiko.Transport(("127.0.0.1", server.port))
        transport.start_client()
        for attempt in (
            lambda: transport.auth_publickey("FREE", key),
            lambda: transport.auth_publickey("FREE", key),
            lambda: transport.auth_password("FREE", "wrong"),
        ):
            with pytest.raises(paramiko.AuthenticationException):
                attempt()
        transport.auth_password("FREE", "secret-free")
        assert paramiko.SFTPClient.from_transport(transport).listdir(IN) == []
        transport.close()

    def test_an_account_without_password_has_none(self, tmp_path, host_key, events):
        with SftpServer(tmp_path, [Account("FREE")], host_key=host_key, on_event=events) as server:
            assert not server.admits("FREE", "")

    def test_repeated_wrong_passwords_lock_the_password_for_a_while(self, raw, events, clock):
        for _ in range(3):
            with pytest.raises(paramiko.AuthenticationException):
                raw("FREE", "wrong")
        with pytest.raises(paramiko.AuthenticationException):
            raw()
        assert events.of(EventKind.LOCKED) == [("FREE", "")]
        clock.advance(timedelta(minutes=16))
        assert raw().listdir(IN) == []

    def test_a_right_password_clears_the_count(self, raw):
        for _ in range(3):
            for _ in range(2):
                with pytest.raises(paramiko.AuthenticationException):
                    raw("FREE", "wrong")
            assert raw().listdir(IN) == []

    def test_homes_may_not_contain_each_other(self, tmp_path, host_key, events):
        with pytest.raises(ConfigurationError, match=r"FREE.*ORAN"):
            SftpServer(tmp_path, [Account("FREE"), Account("ORAN", home="FREE/IN")], host_key=host_key, on_event=events)

    def test_a_malformed_public_key_names_its_account(self, tmp_path, host_key, events):
        with pytest.raises(ConfigurationError, match="ORAN"):
            SftpServer(tmp_path, [Account("ORAN", public_keys=("ssh-rsa AAA",))], host_key=host_key, on_event=events)


class TestHostKey:
    def test_fingerprints_are_those_of_ssh_keygen(self, server, tmp_path):
        public = tmp_path / "host.pub"
        public.write_text(server.host_key_public + "\n")

        def keygen(algorithm):
            return subprocess.check_output(["ssh-keygen", "-l", "-E", algorithm, "-f", str(public)], text=True).split()

        assert keygen("md5")[:2] == ["2048", f"MD5:{server.host_key_md5}"]
        assert keygen("sha256")[1] == server.host_key_sha256
        assert re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){15}", server.host_key_md5)

    def test_a_key_is_made_once_and_kept(self, tmp_path, events):
        path = tmp_path / "keys" / "host"
        first = SftpServer(tmp_path / "srv", [], host_key=path, on_event=events).host_key_md5
        assert SftpServer(tmp_path / "srv", [], host_key=path, on_event=events).host_key_md5 == first
        assert path.stat().st_mode & 0o777 == 0o600

    def test_a_taken_port_is_a_configuration_error(self, server, tmp_path, host_key, events):
        with pytest.raises(ConfigurationError, match=str(server.port)):
            SftpServer(tmp_path / "two", [], port=server.port, host_key=host_key, on_event=events).start()


class TestEvents:
    def test_a_file_is_stored_when_its_client_closes_it(self, raw, events):
        file = raw().open(f"{IN}/A.csv", "w")
        file.write("half")
        file.flush()
        assert events.of(STORED) == []
        file.close()
        assert events.of(STORED) == [("FREE", f"{IN}/A.csv")]
        assert events.seen[-1].size == 4

    @pytest.mark.parametrize("temporary", ["A.csv.tmp", "A.csv.part", "A.csv.filepart", ".A.csv"])
    @pytest.mark.parametrize("rename", ["rename", "posix_rename"])
    def test_a_temporary_name_is_stored_only_by_its_rename(self, raw, events, temporary, rename):
        session = raw()
        put(session, f"{IN}/{temporary}")
        assert events.of(STORED) == []
        getattr(session, rename)(f"{IN}/{temporary}", f"{IN}/A.csv")
        assert events.of(STORED) == [("FREE", f"{IN}/A.csv")]

    def test_a_file_renamed_while_open_is_stored_at_its_close_under_its_new_name(self, raw, events, server):
        session = raw()
        file = session.open(f"{IN}/A.tmp", "w")
        file.write("half")
        session.posix_rename(f"{IN}/A.tmp", f"{IN}/A.csv")
        assert events.of(STORED) == []
        with pytest.raises(FileBusyError):
            server.take("FREE", f"{IN}/A.csv")
        file.write(" whole")
        file.close()
        assert events.of(STORED) == [("FREE", f"{IN}/A.csv")]
        assert server.take("FREE", f"{IN}/A.csv") == b"half whole"

    def test_a_cut_connection_aborts_and_the_half_file_is_never_taken(self, raw, events, server):
        session = raw()
        file = session.open(f"{IN}/A.csv", "w")
        file.write("half")
        session.listdir(IN)  # the write has arrived
        session.get_channel().get_transport().sock.close()
        events.wait(lambda seen: seen.of(ABORTED) == [("FREE", f"{IN}/A.csv")])
        assert events.of(STORED) == []
        with pytest.raises(FileBusyError):
            server.take("FREE", f"{IN}/A.csv")

    def test_a_channel_closed_without_closing_the_file_aborts_too(self, raw, events):
        session = raw()
        file = session.open(f"{IN}/A.csv", "w")
        file.write("half")
        session.listdir(IN)
        session.get_channel().shutdown_write()  # a tidy end of the dialogue, no SSH_FXP_CLOSE before it
        events.wait(lambda seen: seen.of(ABORTED) == [("FREE", f"{IN}/A.csv")])
        assert events.of(STORED) == []

    def test_a_file_closed_just_before_the_end_of_the_dialogue_is_stored(self, raw, events):
        session = raw()
        file = session.open(f"{IN}/A.csv", "w")
        file.write("whole")
        file._close(async_=True)  # sends SSH_FXP_CLOSE without waiting for its answer
        session.get_channel().shutdown_write()
        events.wait(lambda seen: bool(seen.of(STORED, ABORTED)))
        assert events.of(STORED) == [("FREE", f"{IN}/A.csv")]

    def test_a_resumed_upload_is_stored(self, raw, events, server):
        session = raw()
        cut = session.open(f"{IN}/A.csv", "w")
        cut.write("half ")
        session.listdir(IN)
        server.drop_sessions()
        events.wait(lambda seen: bool(seen.of(ABORTED)))
        with raw().open(f"{IN}/A.csv", "a") as file:
            file.write("whole")
        assert server.take("FREE", f"{IN}/A.csv") == b"half whole"

    def test_stopping_the_server_aborts_what_is_under_way(self, raw, events, server):
        session = raw()
        file = session.open(f"{IN}/A.csv", "w")
        file.write("half")
        session.listdir(IN)
        server.stop()
        assert events.of(ABORTED) == [("FREE", f"{IN}/A.csv")]

    def test_reading_whole_then_removing_is_told_in_that_order(self, raw, events, server):
        server.deliver("FREE", f"{OUT}/R.csv", b"x" * 100_000)
        session = raw()
        assert session.open(f"{OUT}/R.csv").read(10) == b"x" * 10
        session.getfo(f"{OUT}/R.csv", io.BytesIO())
        session.remove(f"{OUT}/R.csv")
        assert [event.kind for event in events.seen if event.path == f"{OUT}/R.csv"] == [
            EventKind.READ,
            EventKind.REMOVED,
        ]

    def test_folders_and_links_are_told_and_the_server_goes_on(self, raw, events):
        session = raw()
        session.mkdir(f"{IN}/DIR")
        with pytest.raises(OSError, match=r"Permission|admis"):
            session.symlink("/etc/passwd", f"{IN}/LINK.csv")
        put(session, f"{IN}/A.csv")
        assert events.of(UNEXPECTED) == [("FREE", f"{IN}/DIR"), ("FREE", f"{IN}/LINK.csv")]
        assert events.of(STORED) == [("FREE", f"{IN}/A.csv")]

    def test_a_failing_callback_harms_no_session_and_is_raised_at_the_end(self, tmp_path, host_key):
        def fail(event):
            raise ValueError(event.path)

        server = SftpServer(tmp_path, [Account("FREE", "pw", folders=(IN,))], host_key=host_key, on_event=fail)
        server.start()
        transport = paramiko.Transport(("127.0.0.1", server.port))
        transport.connect(username="FREE", password="pw")
        session = paramiko.SFTPClient.from_transport(transport)
        put(session, f"{IN}/A.csv")
        put(session, f"{IN}/B.csv")
        transport.close()
        with pytest.raises(ValueError, match=f"{IN}/A.csv"):
            server.stop()


class TestEscapes:
    """TRA-11: nothing leads out of an account's tree."""

    @pytest.fixture
    def secret(self, server, tmp_path):
        path = tmp_path / "secret.csv"
        path.write_text("of nobody")
        server.deliver("ORAN", f"{OUT}/other.csv", b"of another OC")
        return path

    @pytest.mark.parametrize(
        "path", ["../ORAN/OUT/COVA/ZD/other.csv", "/../ORAN/OUT/COVA/ZD/other.csv", "../../secret.csv", "/etc/passwd"]
    )
    def test_neither_dots_nor_absolute_paths(self, raw, secret, path):
        session = raw()
        for path_in in (path, f"{IN}/../../../{path}"):
            with pytest.raises(FileNotFoundError):
                session.open(path_in)
            with pytest.raises(FileNotFoundError):
                session.stat(path_in)
            with pytest.raises(FileNotFoundError):
                session.rename(path_in, f"{IN}/mine.csv")

    def test_a_planted_link_is_never_followed(self, raw, server, secret, tmp_path):
        (server.home("FREE") / IN / "file.csv").symlink_to(secret)
        (server.home("FREE") / IN / "dir").symlink_to(tmp_path)
        session = raw()
        for read in ("file.csv", "dir/secret.csv"):
            refused(session.open, f"{IN}/{read}")
            refused(session.open, f"{IN}/{read}", "w")
            refused(session.chmod, f"{IN}/{read}", 0)
        refused(session.listdir, f"{IN}/dir")
        refused(session.rename, f"{IN}/dir/secret.csv", f"{IN}/mine.csv")
        refused(session.readlink, f"{IN}/file.csv")
        with pytest.raises(UnexpectedEntryError):
            server.take("FREE", f"{IN}/file.csv")
        with pytest.raises(NotADirectoryError):
            server.take("FREE", f"{IN}/dir/secret.csv")
        assert secret.read_text() == "of nobody"
        assert secret.stat().st_mode & 0o777 != 0

    def test_a_hard_link_is_refused(self, raw, server, secret, rsa1024, tmp_path):
        result = sftp(server, rsa1024, f"ln ../ORAN/OUT/COVA/ZD/other.csv {IN}/mine.csv\n", tmp_path)
        assert result.returncode == 1
        assert raw().listdir(IN) == []

    def test_a_rename_stays_inside(self, raw, server):
        session = raw()
        put(session, f"{IN}/A.csv")
        session.rename(f"{IN}/A.csv", "/../../ORAN.csv")
        assert (server.home("FREE") / "ORAN.csv").exists()

    @pytest.mark.parametrize("folder", [IN, "IN", "OUT/COVA", "."])
    def test_the_folders_of_the_account_stay(self, raw, folder):
        session = raw()
        for attempt in (session.rmdir, session.remove, lambda path: session.rename(path, "elsewhere")):
            refused(attempt, folder)
        assert session.listdir(IN) == []

    def test_a_pipe_blocks_nobody(self, raw, server):
        os.mkfifo(server.home("FREE") / IN / "pipe.csv")
        session = raw()
        for mode in ("r", "w"):
            refused(session.open, f"{IN}/pipe.csv", mode)
        with pytest.raises(UnexpectedEntryError):
            server.take("FREE", f"{IN}/pipe.csv")


class TestDelivering:
    def test_a_delivery_is_whole_and_its_making_never_listed(self, raw, server):
        session = raw()
        seen = set()
        for number in range(20):
            server.deliver("FREE", f"{OUT}/R.csv", bytes([number]) * 50_000, replace=True)
            seen.update(session.listdir(OUT))
            assert len(set(session.open(f"{OUT}/R.csv").read())) == 1
        assert seen == {"R.csv"}

    def test_a_name_in_use_is_not_covered(self, server):
        server.deliver("FREE", f"{OUT}/R.csv", b"one")
        with pytest.raises(FileExistsError, match=r"R\.csv"):
            server.deliver("FREE", f"{OUT}/R.csv", b"two")
        assert server.read("FREE", f"{OUT}/R.csv") == b"one"

    def test_file_systems_without_nameless_files_do_as_well(self, raw, server, monkeypatch):
        def cannot(path, flags, *args, **kwargs):
            if flags & os.O_TMPFILE == os.O_TMPFILE:
                raise OSError(errno.EOPNOTSUPP, "")
            return os_open(path, flags, *args, **kwargs)

        os_open = os.open
        monkeypatch.setattr(os, "open", cannot)
        server.deliver("FREE", f"{OUT}/R.csv", b"one")
        with pytest.raises(FileExistsError):
            server.deliver("FREE", f"{OUT}/R.csv", b"two")
        assert [(file.name, file.size) for file in server.list("FREE", OUT)] == [("R.csv", 3)]
        assert [path.name for path in (server.home("FREE") / OUT).iterdir()] == ["R.csv"]

    def test_take_reads_and_deletes(self, raw, server):
        put(raw(), f"{IN}/A.csv", b"x")
        assert server.take("FREE", f"{IN}/A.csv") == b"x"
        with pytest.raises(FileNotFoundError):
            server.take("FREE", f"{IN}/A.csv")

    def test_a_name_that_is_no_utf8_leads_back_to_its_file(self, raw, server, events):
        put(raw(), f"{IN}/".encode() + b"\xe9t\xe9.csv", b"x")
        [(login, path)] = events.of(STORED)
        assert server.take(login, path) == b"x"


class TestBounds:
    def test_a_quota_refuses_and_aborts(self, raw, events):
        session = raw("ORAN", "secret-oran")
        put(session, f"{IN}/A.csv", b"x" * 900_000)
        with session.open(f"{IN}/B.csv", "w") as file:
            file.write(b"x" * 30_000)
            refused(file.write, b"x" * 80_000)
        assert events.of(STORED) == [("ORAN", f"{IN}/A.csv")]
        assert events.of(ABORTED) == [("ORAN", f"{IN}/B.csv")]

    def test_a_quota_is_freed_by_who_takes(self, raw, server, events):
        session = raw("ORAN", "secret-oran")
        for _ in range(2):
            put(session, f"{IN}/A.csv", b"x" * 900_000)
            assert len(server.take("ORAN", f"{IN}/A.csv")) == 900_000
        assert events.of(ABORTED) == []

    def test_a_quota_is_counted_once_and_again_only_before_a_refusal(self, raw, server, monkeypatch):
        counted = []
        usage = server._usage
        monkeypatch.setattr(server, "_usage", lambda login: counted.append(login) or usage(login))
        session = raw("ORAN", "secret-oran")
        for number in range(5):
            put(session, f"{IN}/{number}.csv", b"x" * 190_000)
        assert counted == ["ORAN"]
        for number in range(5):
            server.take("ORAN", f"{IN}/{number}.csv")
        put(session, f"{IN}/again.csv", b"x" * 190_000)
        assert counted == ["ORAN", "ORAN"]

    def test_what_is_delivered_counts_too(self, raw, server):
        session = raw("ORAN", "secret-oran")
        put(session, f"{IN}/A.csv", b"x" * 100)
        server.deliver("ORAN", f"{OUT}/B.csv", b"x" * 999_900)
        refused(put, session, f"{IN}/C.csv", b"x")

    def test_sessions_are_bounded(self, raw, server):
        server.max_sessions = 2
        first, _second = raw(), raw()
        with pytest.raises(paramiko.SSHException):
            raw()
        assert first.listdir(IN) == []

    def test_open_files_are_bounded(self, raw):
        session = raw()
        put(session, f"{IN}/A.csv")
        held = [session.open(f"{IN}/A.csv") for _ in range(128)]
        with pytest.raises(OSError, match="ouverts"):
            session.open(f"{IN}/A.csv")
        for file in held:
            file.close()
        assert session.open(f"{IN}/A.csv").read()

    def test_only_sftp_is_offered(self, raw):
        transport = raw().get_channel().get_transport()
        for ask in (lambda chan: chan.exec_command("id"), lambda chan: chan.invoke_shell()):
            with pytest.raises(paramiko.SSHException):
                ask(transport.open_session())
        with pytest.raises(paramiko.ChannelException):
            transport.open_channel("direct-tcpip", ("127.0.0.1", 22), ("127.0.0.1", 1))


def test_openssh_alone_deposits_collects_and_deletes(server, rsa1024, tmp_path, events):
    (tmp_path / "order.csv").write_bytes(b"a;b\r\n")
    server.deliver("FREE", f"{OUT}/AR.csv", b"ok\r\n")
    result = sftp(
        server,
        rsa1024,
        f"cd {IN}\nput {tmp_path}/order.csv order.csv.tmp\nrename order.csv.tmp order.csv\n"
        f"cd /{OUT}\nget AR.csv {tmp_path}/AR.csv\nrm AR.csv\nls -la\n",
        tmp_path,
    )
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "AR.csv").read_bytes() == b"ok\r\n"
    assert server.take("FREE", f"{IN}/order.csv") == b"a;b\r\n"
    assert server.list("FREE", OUT) == []
    assert "FREE     FREE" in result.stdout  # no user of the machine is named
    assert [event.kind for event in events.seen if event.path == f"{OUT}/AR.csv"] == [
        EventKind.READ,
        EventKind.REMOVED,
    ]
