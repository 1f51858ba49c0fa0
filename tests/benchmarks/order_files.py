"""Orders by the thousand for the benchmarks and the load test: files of nominal Cmd_Acces, and an OC that drops them.

Addresses are those the network offers, each once; in the order of the ground, or shuffled as an OC's customers are.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterable
from datetime import date
from itertools import islice

from annexe5.campaign.twins import SimulatedOi
from annexe5.contract.names import build_name, parse_name
from annexe5.contract.profile import load_profile
from annexe5.network import Network
from annexe5.parties.incoming import KEY
from annexe5.tables import load_table, read_rows, write_rows
from annexe5.transport.sftp_client import SftpClient

ANSWERS = ("AR_Cmd_Acces", "CR_Cmd_Acces", "Cmd_STOC")
STATES = {"AR_Cmd_Acces": "EtatArCommandePrise", "CR_Cmd_Acces": "EtatCrCommandePrise"}
File = tuple[str, bytes]
Rows = list[dict[str, str]]


def order_files(network: Network, oc: str, files: int, rows: int, *, day: date, shuffled: bool = False) -> list[File]:
    """Write ``files`` files of ``rows`` orders under the contract's names; ValueError when the network is too small."""
    table, count = load_table("Cmd_Acces"), files * rows
    found = [dict(one.commande) for one in islice(network.iter_eligible(oc), count)]
    if len(found) < count:
        raise ValueError(f"{count} addresses are needed, a network of {network.size} buildings has {len(found)}")
    if shuffled:
        random.Random(1).shuffle(found)
    dated = {"DateCommandePrise": f"{day:%Y%m%d} 10:00"}
    orders = [dated | row | {KEY: reference} for row, reference in zip(found, references(count), strict=True)]
    names = [
        build_name(load_profile(), "Cmd_Acces", oi=network.oi, oc=oc, date=day, seq=number + 1)
        for number in range(files)
    ]
    return [(name, write_rows(table, orders[at * rows : (at + 1) * rows])) for at, name in enumerate(names)]


def references(count: int) -> list[str]:
    """Give the references of so many orders."""
    return [f"CHARGE{number:06d}" for number in range(count)]


def play(oi: SimulatedOi, files: list[File], orders: int, patience: float = 120) -> tuple[list[File], float]:
    """Drop files over SFTP and collect what is answered, until each order can have its three answers.

    Gives the files collected and the seconds it took; stops after ``patience`` seconds. Nothing may stay on the server.
    """
    twin, account = oi.twin, oi.accounts[0]
    folder_in = twin.profile.folder("depose_acces", twin.oi, twin.arcep)
    folder_out = twin.profile.folder("retrait_acces", twin.oi, twin.arcep)
    found: list[File] = []
    start = time.perf_counter()
    where = oi.server.host, oi.server.port, account.oc
    with SftpClient(*where, password=account.password, host_key_md5=oi.server.host_key_md5) as client:
        for name, data in files:
            client.deposit(folder_in, name, data)
        missing = len(ANSWERS) * orders
        while missing > 0 and time.perf_counter() - start < patience:
            collected = list(client.collect(folder_out))
            missing -= sum(data.count(b"\n") - 1 for _name, data in collected)
            found += collected
            if not collected:
                threading.Event().wait(0.01)
        elapsed = time.perf_counter() - start
        left = [one.name for folder in (folder_in, folder_out) for one in client.list(folder) if not one.is_dir]
    assert not left, f"left on the server: {left}"
    return found, elapsed


def tables(files: Iterable[File]) -> list[tuple[str, tuple[str, ...], Rows]]:
    """Read files: the flow, the columns and the rows of each."""
    read = []
    for name, data in files:
        flow = parse_name(load_profile(), name)
        assert flow is not None, name
        table = load_table(flow.flow)
        read.append((flow.flow, table.names, [dict(row.values) for row in read_rows(data, table).rows]))
    return read


def wrong_answers(answers: Iterable[File], orders: int) -> list[str]:
    """Tell each reference that is not answered once in each flow, nor OK where the flow says so; and those unknown."""
    seen: dict[str, Counter[str]] = {flow: Counter() for flow in ANSWERS}
    told = []
    for flow, _names, rows in tables(answers):
        for row in rows:
            seen[flow][row[KEY]] += 1
            if row.get(STATES.get(flow, ""), "OK") != "OK":
                told.append(f"{flow} {row[KEY]} : {row}")
    known = set(references(orders))
    for flow, counts in seen.items():
        told += [f"{flow} {one} : {counts[one]} fois" for one in references(orders) if counts[one] != 1]
        told += [f"{flow} {one} : inconnue" for one in counts if one not in known]
    return told
