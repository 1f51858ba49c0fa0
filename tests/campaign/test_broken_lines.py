"""Lines that break, a disk that is full, two clients of one OC: over each channel every order is answered once, no more."""

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from annexe5.campaign.observe import KEY
from annexe5.campaign.twins import simulated_oi
from annexe5.campaign.ways import dial
from annexe5.contract.profile import load_profile
from annexe5.tables import load_table, read_rows, write_rows
from annexe5.transport import edge as edge_module
from annexe5.transport.remote import RefusedError
from annexe5.transport.testing import Cutter

IN, OUT = "IN/COVG/CV", "OUT/COVG/CV"
ANSWERS = ["ARCMD", "CMDSTOC", "CrCMD"]


class Line:
    """One OI reached by one channel, and what its OC does there."""

    def __init__(self, oi):
        self.oi = oi
        self.server = oi.standing._edges[-1][0]
        self.rows = list(oi.target.test_data["eligible"])
        self.count = 0

    def client(self, **changes):
        way = self.oi.target.way.model_copy(update=changes)
        made = dial(way, password=self.oi.accounts[0].password)
        made._wait = lambda _seconds: None
        return made

    def order(self):
        """Give the name, reference and bytes of a new order."""
        self.count += 1
        reference = f"REF{self.count:03}"
        row = dict.fromkeys(load_table("Cmd_Acces").names, "") | self.rows.pop()
        row |= {KEY: reference, "DateCommandePrise": "20261123 10:00"}
        name = f"COVG_ZZZZ_CMD_ACCES_V12_20261123_{self.count}.csv"
        return name, reference, write_rows(load_table("Cmd_Acces"), [row])

    def answers(self, client):
        """Collect until the OI rests; give the kinds of answers by reference."""
        found = {}
        for _ in range(400):
            resting = self.oi.standing.idle
            collected = list(client.collect(OUT))
            for name, data in collected:
                kind = name.split("_")[2]
                table = {"ARCMD": "AR_Cmd_Acces", "CrCMD": "CR_Cmd_Acces", "CMDSTOC": "Cmd_STOC"}[kind]
                for row in read_rows(data, load_table(table)).rows:
                    found.setdefault(row.values[KEY], []).append(kind)
            if resting and not collected:
                return found
            threading.Event().wait(0.02)
        raise AssertionError("the OI does not rest")


@pytest.fixture(scope="module", params=["sftp", "ftp", "ftps"])
def line(request):
    with simulated_oi(load_profile(), size=600, channel=request.param, quota_mo=1) as oi:
        yield Line(oi)


def cut_once(client, server, operation, when):
    """Have the server drop every session once, before or after an operation of the client."""
    whole = getattr(client, operation)

    def cut(*arguments):
        setattr(client, operation, whole)
        if when == "after":
            whole(*arguments)
        server.drop_sessions()
        return whole(*arguments)

    setattr(client, operation, cut)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("operation", ["_write", "_rename", "_remove"])
def test_a_line_cut_at_the_file_the_rename_or_the_delete_loses_and_doubles_nothing(line, operation, when):
    name, reference, data = line.order()
    with line.client() as client:
        cut_once(client, line.server, operation, when)
        client.deposit(IN, name, data)
        found = line.answers(client)
        assert {kind: found[reference].count(kind) for kind in ANSWERS} == dict.fromkeys(ANSWERS, 1)
        assert [one.name for one in client.list(OUT) if not one.is_dir] == []
        assert [one.name for one in client.list(IN) if not one.is_dir] == []


def test_a_line_cut_in_the_middle_of_the_file_brings_one_order(line):
    name, reference, data = line.order()
    if line.oi.target.by == "sftp":
        with Cutter(line.server.port, [4_000]) as network:
            with line.client(port=network.port) as client:
                client.deposit(IN, name, data)
            assert network.connections > 1
    else:
        with line.client() as client:
            whole = client._write

            def half(path, content):
                client._write = whole
                with client._ftp.transfercmd(f"STOR {path}") as channel:
                    channel.sendall(content[: len(content) // 2])
                    line.server.drop_sessions()
                whole(path, content)

            client._write = half
            client.deposit(IN, name, data)
    with line.client() as client:
        assert line.answers(client) == {reference: AnyOrder(ANSWERS)}


class AnyOrder(list):
    """Equal to a list of the same things in any order."""

    def __eq__(self, other):
        return sorted(self) == sorted(other)

    __hash__ = None


def test_a_file_beyond_the_quota_is_refused_and_the_next_order_is_taken(line):
    with line.client() as client:
        with pytest.raises(RefusedError):
            client.deposit(IN, "COVG_ZZZZ_CMD_ACCES_V12_20261123_900.csv", b"x" * 1_500_000)
        assert [one.name for one in client.list(IN)] == ["PM"]  # half a file would hold the room of the next
        name, reference, data = line.order()
        client.deposit(IN, name, data)
        assert line.answers(client) == {reference: AnyOrder(ANSWERS)}


def test_a_disk_that_is_full_refuses_and_the_same_order_is_taken_once_there_is_room(line, monkeypatch):
    name, reference, data = line.order()

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with line.client() as client:
        with monkeypatch.context() as patched:
            patched.setattr(edge_module.os, "pwrite", full)
            with pytest.raises(RefusedError):
                client.deposit(IN, name, data)
        assert line.answers(client) == {}
        client.deposit(IN, name, data)
        assert line.answers(client) == {reference: AnyOrder(ANSWERS)}


def test_two_clients_of_one_oc_share_what_there_is(line):
    orders = [line.order() for _ in range(12)]

    def work(mine):
        with line.client() as client:
            for name, _, data in mine:
                client.deposit(IN, name, data)
            return line.answers(client)

    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(work, (orders[::2], orders[1::2])))
    with line.client() as client:
        parts.append(line.answers(client))
    got = {
        reference: AnyOrder(kind for part in parts for kind in part.get(reference, [])) for _, reference, _ in orders
    }
    assert got == {reference: AnyOrder(ANSWERS) for _, reference, _ in orders}
