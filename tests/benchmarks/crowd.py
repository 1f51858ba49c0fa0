"""A crowd of OCs at one OI: their orders, what each does at its account, and what must not be lost, doubled or crossed.

Shared by the load benchmark and by the test that plays a small crowd. An OC's orders cite its own quadrigramme, so that
an answer in the wrong account shows.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import islice

from annexe5.contract.names import build_name
from annexe5.contract.profile import load_profile
from annexe5.network import Network
from annexe5.parties.incoming import KEY
from annexe5.tables import load_table, write_rows
from annexe5.transport.remote import RemoteClient
from tests.benchmarks.order_files import ANSWERS, File, tables

Dial = Callable[[str], RemoteClient]


def quadrigrammes(count: int) -> tuple[str, ...]:
    """Name so many OCs."""
    return tuple(f"OC{number:02d}" for number in range(1, count + 1))


def orders_of(network: Network, ocs: Sequence[str], files: int, *, day: date) -> dict[str, list[File]]:
    """Write ``files`` files of one order for each OC, no two on the same address."""
    table, profile = load_table("Cmd_Acces"), load_profile()
    taken: set[str] = set()
    made: dict[str, list[File]] = {}
    for oc in ocs:
        mine = _addresses(network, oc, files, taken)
        made[oc] = [
            (
                build_name(profile, "Cmd_Acces", oi=network.oi, oc=oc, date=day, seq=number),
                write_rows(table, [{**row, "DateCommandePrise": f"{day:%Y%m%d} 10:00", KEY: reference(oc, number)}]),
            )
            for number, row in enumerate(mine, start=1)
        ]
    return made


def _addresses(network: Network, oc: str, count: int, taken: set[str]) -> list[dict[str, str]]:
    """Give so many addresses that an OC may order, in buildings that no other has; notes them as taken."""
    lines = ((building, line) for building, line in network.iter_orderable(oc) if not line.existant)
    found = list(islice(((b, line) for b, line in lines if b.identifiant not in taken), count))
    if len(found) < count:
        raise ValueError(f"{oc} : {network.size} buildings have {len(found)} addresses left, {count} are needed")
    taken |= {building.identifiant for building, _ in found}
    return [dict(network.commande(line, oc)) for _, line in found]


def reference(oc: str, number: int) -> str:
    """Give the reference of an OC's order."""
    return f"{oc}CHARGE{number:05d}"


@dataclass(frozen=True, slots=True)
class Folders:
    """Where an account drops and where it collects; the same folder where nobody answers."""

    drop: str
    out: str


def play_one(client: RemoteClient, folders: Folders, files: Sequence[File], due: int, patience: float) -> list[File]:
    """Drop every file, then collect until ``due`` have come or ``patience`` seconds are over."""
    found: list[File] = []
    until = time.monotonic() + patience
    with client:
        for name, data in files:
            client.deposit(folders.drop, name, data)
        while len(found) < due and time.monotonic() < until:
            collected = list(client.collect(folders.out))
            found += collected
            if not collected:
                threading.Event().wait(0.02)
    return found


def play_all(
    dial: Dial, folders: Folders, files: Mapping[str, Sequence[File]], *, answers: int, patience: float
) -> dict[str, list[File]]:
    """Play all accounts at once, a thread each; ``answers`` files are due for each one dropped."""
    with ThreadPoolExecutor(len(files)) as pool:
        played = {
            oc: pool.submit(play_one, dial(oc), folders, mine, answers * len(mine), patience)
            for oc, mine in files.items()
        }
        return {oc: done.result() for oc, done in played.items()}


def wrong_answers(answers: Mapping[str, Iterable[File]], files: int) -> list[str]:
    """Tell every order that is not answered once in each flow, and every answer that stands in another's account."""
    told = []
    for oc, found in answers.items():
        mine = Counter((flow, row[KEY]) for flow, _names, rows in tables(found) for row in rows)
        due = {(flow, reference(oc, number)) for flow in ANSWERS for number in range(1, files + 1)}
        told += [f"{oc} : {flow} {ident} perdu" for flow, ident in sorted(due - mine.keys())]
        told += [f"{oc} : {flow} {ident} {count} fois" for (flow, ident), count in mine.items() if count > 1]
        told += [f"{oc} : {flow} {ident} est à un autre" for flow, ident in sorted(mine.keys() - due)]
    return told
