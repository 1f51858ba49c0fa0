"""A standing OI and what strangers leave in its IN folder: it answers what it can, tells the rest, and goes on."""

import stat
import threading
from contextlib import contextmanager

import paramiko
import pytest

from annexe5.campaign.twins import simulated_oi
from annexe5.contract.profile import load_profile
from annexe5.tables import load_table, write_rows
from annexe5.transport.remote import MissingFolderError
from annexe5.transport.sftp_client import SftpClient

PROFILE = load_profile()
IN, OUT = "IN/COVG/CV", "OUT/COVG/CV"
TABLE = load_table("Cmd_Acces")


@contextmanager
def at_the_oi(*ocs: str):
    with simulated_oi(PROFILE, ocs=ocs or ("ZZZZ",), size=2000) as oi:
        account = oi.accounts[0]
        client = SftpClient(
            "127.0.0.1", oi.server.port, account.oc, password=account.password, host_key_md5=oi.server.host_key_md5
        )
        with client:
            yield oi, client


def order(oi, number: int, role: str = "eligible") -> dict[str, str]:
    row = dict.fromkeys(TABLE.names, "") | oi.target.test_data[role][number]
    return row | {"ReferenceCommandePriseInterneOC": f"REF{number}", "DateCommandePrise": "20261123 10:00"}


def name(number: int) -> str:
    return f"COVG_ZZZZ_CMD_ACCES_V12_20261123_{number}.csv"


def wait_until(condition) -> None:
    """Bounded: a twin that does not answer fails the test."""
    pause = threading.Event()
    for _ in range(1000):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("the twin did not answer in time")


def answered(client) -> set[str]:
    return {entry.name.split("_")[2] for entry in client.list(OUT) if not entry.is_dir}


def still_answers(oi, client, number: int) -> None:
    client.deposit(IN, name(1000 + number), write_rows(TABLE, [order(oi, number)]))
    wait_until(lambda: {"ARCMD", "CrCMD", "CMDSTOC"} <= answered(client))


def raw(oi) -> paramiko.SFTPClient:
    transport = paramiko.Transport(("127.0.0.1", oi.server.port))
    transport.connect(username="ZZZZ", password=oi.accounts[0].password)
    return paramiko.SFTPClient.from_transport(transport)


def test_a_directory_or_a_link_in_in_is_left_alone():
    with at_the_oi() as (oi, client):
        stranger = raw(oi)
        stranger.mkdir(f"/{IN}/{name(1)}")
        with pytest.raises(OSError):  # noqa: PT011 -- the server's own words
            stranger.symlink("/etc/passwd", f"/{IN}/{name(2)}")
        still_answers(oi, client, 0)
        assert stat.S_ISDIR(stranger.stat(f"/{IN}/{name(1)}").st_mode)
        stranger.get_channel().get_transport().close()


def test_an_upload_cut_half_way_is_never_read():
    with at_the_oi() as (oi, client):
        stranger = raw(oi)
        file = stranger.open(f"/{IN}/{name(1)}", "w")
        file.write(write_rows(TABLE, [order(oi, 1)])[:-20])
        file.flush()
        stranger.get_channel().get_transport().close()
        still_answers(oi, client, 0)
        assert oi.twin.book.find("ZZZZ", "REF1") is None


def test_a_file_still_being_written_waits_for_its_end():
    with at_the_oi() as (oi, client):
        stranger = raw(oi)
        content = write_rows(TABLE, [order(oi, 1)])
        file = stranger.open(f"/{IN}/{name(1)}", "w")
        file.write(content[:100])
        file.flush()
        still_answers(oi, client, 0)
        assert oi.twin.book.find("ZZZZ", "REF1") is None
        file.write(content[100:])
        file.close()
        wait_until(lambda: oi.twin.book.find("ZZZZ", "REF1") is not None)
        stranger.get_channel().get_transport().close()


def test_a_name_dropped_twice_is_answered_twice_and_told():
    with at_the_oi() as (oi, client):
        content = write_rows(TABLE, [order(oi, 0)])
        client.deposit(IN, name(1), content)
        wait_until(lambda: "CMDSTOC" in answered(client))
        client.deposit(IN, name(1), content)
        wait_until(lambda: sum("ARCMD" in entry.name for entry in client.list(OUT)) == 2)
        told = {finding.rule for incident in oi.twin.incidents for finding in incident.findings}
        assert "NOM-DEJA-UTILISE" in told


def test_an_oc_sees_nothing_of_another():
    with at_the_oi("ZZZZ", "YYYY") as (oi, client):
        still_answers(oi, client, 0)
        other = SftpClient(
            "127.0.0.1", oi.server.port, "YYYY", password=oi.accounts[1].password, host_key_md5=oi.server.host_key_md5
        )
        with other:
            assert [entry.name for entry in other.list(OUT) if not entry.is_dir] == []
            with pytest.raises(MissingFolderError):
                other.list(f"../ZZZZ/{OUT}")


def test_what_was_dropped_before_the_oi_came_is_answered(tmp_path):
    with simulated_oi(PROFILE, root=tmp_path) as oi:
        content = write_rows(TABLE, [order(oi, 0)])
    home = tmp_path / "ZZZZ"
    (home / IN / name(1)).write_bytes(content)
    with simulated_oi(PROFILE, root=tmp_path):
        wait_until(lambda: len(list((home / OUT).glob("*.csv"))) == 3)
        assert not list((home / IN).glob("*.csv"))


def test_rest_waits_until_what_was_dropped_is_answered():
    with at_the_oi() as (oi, client):
        client.deposit(IN, name(1), write_rows(TABLE, [order(oi, 0)]))
        assert oi.standing.rest()
        assert {"ARCMD", "CrCMD", "CMDSTOC"} <= answered(client)


def test_rest_gives_up_while_the_oi_is_at_work():
    with at_the_oi() as (oi, _):
        at_work = threading.Event()
        oi.standing.post(lambda: at_work.wait(10) and ())
        assert not oi.standing.rest(timeout=0.01)
        at_work.set()
        assert oi.standing.rest()
