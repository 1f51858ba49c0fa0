"""50 OC accounts at once, 200 files each, over SFTP: nothing lost, doubled or crossed; beside OpenSSH's own sftp-server.

    python -m tests.benchmarks.load [--accounts 50] [--files 200] [--rounds 3] [--write]

One run, one table, appended to docs/benchmarks.md with ``--write``. Each server is a process of its own, the clients are
two others with a thread an account; the same files are deposited (temporary name, then rename), then listed, read and
deleted, on each server in turn. OpenSSH's server takes no password of an account that the machine does not have: it is
met by key, ours by password and by key. Last, our OI answers: three answers an order, each in its own account.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from annexe5.campaign.standing import OcAccount, StandingOi, file_accounts, utc_now
from annexe5.campaign.twins import make_twin
from annexe5.contract.calendar import PARIS
from annexe5.contract.profile import load_profile
from annexe5.exchange import Channel
from annexe5.transport.sftp_client import SftpClient
from annexe5.transport.sftp_server import SftpServer
from annexe5.transport.testing import OpenSshServer, RsaKey
from tests.benchmarks.crowd import Folders, orders_of, play_all, quadrigrammes, wrong_answers
from tests.benchmarks.order_files import ANSWERS, File

PAGE = Path("docs/benchmarks.md")
PASSWORD = "charge"  # of accounts that live as long as the run
CROWDS = 2  # client processes
PATIENCE = 900
Way = dict[str, Any]


# --- the server process ------------------------------------------------------------------------------------------


def serve(accounts: int, size: int, key: str, *, answering: bool) -> None:
    """Serve the accounts in this process until standard input ends; says in one JSON line how to come in."""
    profile, ocs = load_profile(), quadrigrammes(accounts)
    twin = make_twin(profile, ocs=ocs, size=size)
    holders = file_accounts([OcAccount(oc, PASSWORD, (key,)) for oc in ocs], twin)
    standing = StandingOi(twin)
    listen = standing.listener()
    with tempfile.TemporaryDirectory(prefix="annexe5-charge-") as root:
        server = SftpServer(Path(root), holders, on_event=listen if answering else lambda _: None)
        standing.attach(server, Channel.SFTP)
        with server, standing:
            print(json.dumps({"port": server.port, "md5": server.host_key_md5}), flush=True)  # noqa: T201
            sys.stdin.read()
        assert not twin.incidents, twin.incidents[:3]


@contextmanager
def our_server(accounts: int, size: int, key: RsaKey, *, answering: bool = False) -> Iterator[Way]:
    command = [
        sys.executable, "-m", "tests.benchmarks.load", "--serve", key.line, "--accounts", str(accounts),
        "--size", str(size), *(["--answering"] if answering else []),
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(60)


@contextmanager
def openssh(accounts: int, folder: str, key: RsaKey) -> Iterator[Way]:
    with tempfile.TemporaryDirectory(prefix="annexe5-sshd-") as name:
        root = Path(name) / "comptes"
        for oc in quadrigrammes(accounts):
            (root / oc / folder).mkdir(parents=True)
        with OpenSshServer(root, key.line, work=Path(name)) as sshd:
            yield {"port": sshd.port, "md5": sshd.host_key_md5, "login": sshd.login}


# --- the client processes ----------------------------------------------------------------------------------------


def crowd(way: Way, key: str, folders: tuple[str, str], files: Mapping[str, Sequence[File]], answers: int) -> Any:
    """Play some of the accounts, in a process of its own; gives what was collected and when it began and ended."""
    drop, out = folders

    def dial(oc: str) -> SftpClient:
        login = way.get("login", oc)
        by_key = "login" in way or way["means"] == "clé" or (way["means"] == "les deux" and int(oc[2:]) % 2 == 0)
        means: Way = {"key": Path(key)} if by_key else {"password": PASSWORD}
        return SftpClient("127.0.0.1", way["port"], login, host_key_md5=way["md5"], timeout=120, **means)

    found: dict[str, list[File]] = {}
    start = time.time()
    if "login" in way:  # one login for all: its accounts are folders
        lock = threading.Lock()

        def play(oc: str) -> None:
            mine = play_all(lambda _: dial(oc), Folders(f"{oc}/{drop}", f"{oc}/{out}"), {oc: files[oc]},
                            answers=answers, patience=PATIENCE)  # fmt: skip
            with lock:
                found.update(mine)

        threads = [threading.Thread(target=play, args=(oc,)) for oc in files]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    else:
        found = play_all(dial, Folders(drop, out), files, answers=answers, patience=PATIENCE)
    return found, start, time.time()


def play_crowds(
    way: Way, key: RsaKey, folders: tuple[str, str], files: Mapping[str, Sequence[File]], answers: int
) -> tuple[dict[str, list[File]], float]:
    """Play all accounts from several processes at once; gives what was collected and the seconds it took."""
    shares = [{oc: files[oc] for at, oc in enumerate(files) if at % CROWDS == share} for share in range(CROWDS)]
    with multiprocessing.get_context("spawn").Pool(CROWDS) as pool:
        told = pool.starmap(crowd, [(way, str(key.path), folders, share, answers) for share in shares])
    found = {oc: mine for one, _, _ in told for oc, mine in one.items()}
    return found, max(end for _, _, end in told) - min(start for _, start, _ in told)


def all_back(found: Mapping[str, Sequence[File]], files: Mapping[str, Sequence[File]]) -> None:
    wrong = [oc for oc, mine in files.items() if sorted(found[oc]) != sorted(mine)]
    assert not wrong, f"lost, changed or crossed: {wrong}"


# --- the table ---------------------------------------------------------------------------------------------------


def measure(accounts: int, count: int, rounds: int, work: Path) -> list[str]:
    profile, ocs = load_profile(), quadrigrammes(accounts)
    size = max(2000, 4 * accounts * count)
    files = orders_of(
        make_twin(profile, ocs=ocs, size=size).network, ocs, count, day=utc_now().astimezone(PARIS).date()
    )
    key = RsaKey(work / "cle", 2048)
    codes = profile.oi.quadrigramme.valeur, profile.oi.bigramme_arcep.valeur
    drop, out = profile.folder("depose_acces", *codes), profile.folder("retrait_acces", *codes)
    total = accounts * count
    taken: dict[str, list[float]] = {"OpenSSH, key": [], "annexe5, key": [], "annexe5, password": []}
    with openssh(accounts, drop, key) as theirs, our_server(accounts, 2000, key) as ours:
        ways = {
            "OpenSSH, key": theirs,
            "annexe5, key": ours | {"means": "clé"},
            "annexe5, password": ours | {"means": "mot de passe"},
        }
        for _ in range(rounds):
            for name, way in ways.items():
                found, seconds = play_crowds(way, key, (drop, drop), files, 1)
                all_back(found, files)
                taken[name].append(seconds)
                print(f"{name} : {seconds:.1f} s", file=sys.stderr, flush=True)  # noqa: T201
    with our_server(accounts, size, key, answering=True) as oi:
        answers, seconds = play_crowds(oi | {"means": "les deux"}, key, (drop, out), files, len(ANSWERS))
    wrong = wrong_answers(answers, count)
    assert not wrong, wrong[:10]
    return [*table(taken, total), *answered(seconds, total)]


def table(taken: Mapping[str, Sequence[float]], total: int) -> list[str]:
    """Write the rates and their ratios to OpenSSH's, round by round: the machine may be shared."""
    reference = taken["OpenSSH, key"]
    lines = ["| server | files/s (deposit + collect) | time / OpenSSH |", "|---|---|---|"]
    for name, seconds in taken.items():
        ratio = statistics.median(mine / his for mine, his in zip(seconds, reference, strict=True))
        lines.append(f"| {name} | {total / statistics.median(seconds):.0f} | {ratio:.2f} |")
    return lines


def answered(seconds: float, total: int) -> list[str]:
    rates = f"{(1 + len(ANSWERS)) * total / seconds:.0f} files/s, {total / seconds:.0f} orders/s"
    told = f"The OI answers: {total} orders deposited, {len(ANSWERS) * total} answers collected in {seconds:.0f} s"
    return ["", f"{told} ({rates}), half by key, half by password; lost, doubled or crossed: 0."]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=50)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--serve", metavar="KEY", help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, default=2000, help=argparse.SUPPRESS)
    parser.add_argument("--answering", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.accounts, asked.size, asked.serve, answering=asked.answering)
        return
    with tempfile.TemporaryDirectory(prefix="annexe5-charge-") as work:
        lines = measure(asked.accounts, asked.files, asked.rounds, Path(work))
    load = os.getloadavg()[0]
    title = f"## Load: {asked.accounts} accounts × {asked.files} files over SFTP"
    when = (
        f"{utc_now():%Y-%m-%d}, {os.cpu_count()} cores (load {load:.0f}), median of {asked.rounds} round(s), one run."
    )
    page = "\n".join([title, "", when, "", *lines, ""])
    print(page)  # noqa: T201
    if asked.write:
        before = PAGE.read_text(encoding="utf-8") + "\n" if PAGE.exists() else "# Benchmarks\n\n"
        PAGE.write_text(before + page, encoding="utf-8")


if __name__ == "__main__":
    main()
