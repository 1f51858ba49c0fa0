"""10,000 orders in 10 files: the OI twin's conversation beside the csv module, over SFTP, and the whole certification.

    python -m tests.benchmarks.orders [orders a file]

One run, one table. Conversation and csv are measured in turn, in CPU time, and their medians compared: the machine may
be shared. The csv module writes the rows of the same forty files: orders, AR, CR and Cmd_STOC.
"""

from __future__ import annotations

import csv
import gc
import io
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from annexe5.campaign.standing import utc_now
from annexe5.campaign.twins import DEFAULT_OC, make_twin, simulated_oi
from annexe5.contract.calendar import PARIS
from annexe5.contract.profile import load_profile
from annexe5.exchange import Channel, Exchange
from annexe5.network import Network
from annexe5.parties.oi import OiTwin
from tests.benchmarks.order_files import File, Rows, order_files, play, tables, wrong_answers

FILES, ROWS = 10, int(sys.argv[1]) if len(sys.argv) > 1 else 1000
SIZE = max(2000, 4 * FILES * ROWS)
TURNS, RUNS = 5, 3
AT_MOST = 3.0
CERTIFY_IN, FIRST_VERDICT_IN = 60.0, 10.0
_VERDICT = re.compile(r"\s*1/\d+ ")


def cpu(act: Callable[[], object]) -> float:
    """Give the CPU seconds of one run, the garbage of the others put away first."""
    gc.collect()
    start = time.process_time()
    act()
    return time.process_time() - start


def say(what: str, value: str, target: str = "") -> None:
    print(f"{what:<66}{value:>12}  {target}", flush=True)  # noqa: T201


def against(limit: float, value: float) -> str:
    return f"≤ {limit:g} {'✔' if value <= limit else '✘'}"


# --- the conversation alone ------------------------------------------------------------------------------------


def converse(twin: OiTwin, files: list[File]) -> list[File]:
    """Give the files to a twin as its server would."""
    answers: list[File] = []
    folder = twin.profile.folder("depose_acces", twin.oi, twin.arcep)
    for name, data in files:
        given = twin.receive(Exchange(utc_now(), Channel.SFTP, DEFAULT_OC, twin.oi, name, folder, data))
        answers += [(one.name, one.data) for one in given]
    return answers


def fresh(network: Network) -> OiTwin:
    """Give a twin that has seen no order, on a network drawn already."""
    profile = load_profile()
    return OiTwin(network, profile, profile.oi.quadrigramme.valeur, profile.oi.bigramme_arcep.valeur)


def by_dict_writer(written: Sequence[tuple[tuple[str, ...], Rows]]) -> None:
    for names, rows in written:
        stream = io.StringIO(newline="")
        writer = csv.DictWriter(stream, names, delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
        stream.getvalue().encode()


def by_writer(written: Sequence[tuple[tuple[str, ...], Rows]]) -> None:
    for names, rows in written:
        stream = io.StringIO(newline="")
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(names)
        writer.writerows([row[name] for name in names] for row in rows)
        stream.getvalue().encode()


def alone(network: Network, *, shuffled: bool) -> None:
    day = utc_now().astimezone(PARIS).date()
    files = order_files(network, DEFAULT_OC, FILES, ROWS, day=day, shuffled=shuffled)
    answers: list[File] = []
    first = cpu(lambda: answers.extend(converse(fresh(network), files)))
    wrong = wrong_answers(answers, FILES * ROWS)
    assert not wrong, wrong[:5]
    written = [(names, rows) for _flow, names, rows in tables([*files, *answers])]
    acts = {
        "conversation": lambda: converse(fresh(network), files),
        "DictWriter": lambda: by_dict_writer(written),
        "writer": lambda: by_writer(written),
    }
    taken: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(TURNS):
        for name, act in acts.items():
            taken[name].append(cpu(act))
    middle = {name: statistics.median(times) for name, times in taken.items()}
    order = "adresses mêlées" if shuffled else "adresses dans l'ordre du terrain"
    print(f"La conversation seule, {order}")  # noqa: T201
    say("  première fois, s", f"{first:.3f}")
    for name, seconds in middle.items():
        say(f"  {name}, s", f"{seconds:.3f}")
    for name in ("DictWriter", "writer"):
        ratio = middle["conversation"] / middle[name]
        say(f"  conversation / csv.{name}", f"{ratio:.2f}", against(AT_MOST, ratio) if name == "DictWriter" else "")


# --- end to end --------------------------------------------------------------------------------------------------


def over_sftp() -> None:
    runs = [one_over_sftp() for _ in range(RUNS)]
    print(f"De bout en bout par SFTP : {FILES} fichiers de {ROWS} commandes")  # noqa: T201
    say("  perdues, doublées ou refusées", "0", "= 0 ✔")
    say(f"  dépôt, réponses et {FILES * 3} fichiers retirés, s", f"{statistics.median(run[0] for run in runs):.2f}")
    inside = statistics.median(run[1] for run in runs)
    say("  dont la conversation, s", f"{inside:.3f}")
    ratio = inside / statistics.median(run[2] for run in runs)
    say("  conversation / csv.DictWriter", f"{ratio:.2f}", against(AT_MOST, ratio))


def one_over_sftp() -> tuple[float, float, float]:
    """Give the seconds of a whole run, those its thread spent in the conversation, those of the csv module."""
    day = utc_now().astimezone(PARIS).date()
    with simulated_oi(load_profile(), size=SIZE) as oi:
        files = order_files(oi.twin.network, DEFAULT_OC, FILES, ROWS, day=day)
        inside: list[float] = []
        receive = oi.twin.receive

        def timed(exchange: Exchange) -> list[Exchange]:
            start = time.thread_time()
            given = receive(exchange)
            inside.append(time.thread_time() - start)
            return given

        oi.twin.receive = timed  # type: ignore[method-assign]
        answers, elapsed = play(oi, files, FILES * ROWS)
        assert not oi.twin.incidents, oi.twin.incidents[:5]
    wrong = wrong_answers(answers, FILES * ROWS)
    assert not wrong, wrong[:5]
    written = [(names, rows) for _flow, names, rows in tables([*files, *answers])]
    return elapsed, sum(inside), cpu(lambda: by_dict_writer(written))


# --- the commands ------------------------------------------------------------------------------------------------


def started(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "annexe5", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def standing() -> None:
    start = time.perf_counter()
    with started("simulate", "oi", "--size", str(SIZE)) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        ready = time.perf_counter() - start
        process.terminate()
        process.communicate(timeout=20)
    assert line.startswith("{"), line
    say(f"annexe5 simulate oi --size {SIZE} : prêt en, s", f"{ready:.2f}")


def certification() -> None:
    print("annexe5 certify oi, sur le jumeau")  # noqa: T201
    start, first = time.perf_counter(), 0.0
    with tempfile.TemporaryDirectory() as folder:
        with started("certify", "oi", "--report", str(Path(folder) / "rapport")) as process:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line)
                if not first and _VERDICT.match(line):
                    first = time.perf_counter() - start
        whole = time.perf_counter() - start
    assert process.returncode == 0, "".join(lines)
    assert first, "".join(lines)
    say("  premier verdict, s", f"{first:.1f}", against(FIRST_VERDICT_IN, first))
    say("  tout, s", f"{whole:.1f}", against(CERTIFY_IN, whole))


def main() -> None:
    network = make_twin(load_profile(), ocs=(DEFAULT_OC,), size=SIZE).network
    alone(network, shuffled=False)
    alone(network, shuffled=True)
    over_sftp()
    standing()
    certification()
    how = f"médianes de {TURNS} tours (de {RUNS} par SFTP) en temps processeur"
    print(f"{utc_now():%Y-%m-%d}, {how}, {FILES * ROWS} commandes")  # noqa: T201


if __name__ == "__main__":
    main()
