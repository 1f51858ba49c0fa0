"""How fast a table is judged, beside others and beside mere reading, on the same files in one run.

    python -m tests.benchmarks.tables [--rows 1000000] [--peer-rows N] [--repeat 3] [--large] [--folder DIR]

Needs the ``bench`` dependency group (duckdb, pandera). Whole processes are timed, start-up included, the best of the
repeats each; ratios are what to look at, and on a busy machine those of the processor seconds. ``--peer-rows`` gives
the slow ones (frictionless, csv loop, pandera) fewer rows; their time is then scaled. ``--large`` adds ten million
rows. Ends 1 when a figure is not reached.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.ipe_files import Row, rows, spoilt, systemic, write

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Run:
    """One process: wall seconds, processor seconds (all its threads), peak resident memory in MB."""

    seconds: float
    processor: float
    memory: int


def measure(arguments: list[str]) -> Run:
    """Run a process and time it whole."""
    start = time.perf_counter()
    process = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _pid, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        told = process.stderr.read().decode() if process.stderr else ""
        raise SystemExit(f"{' '.join(arguments)} : {process.returncode}\n{told}")
    if process.stderr:
        process.stderr.close()
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024)


def contender(name: str, path: Path) -> list[str]:
    """Give the command of a contender."""
    return [sys.executable, "-m", "tests.benchmarks.contenders", name, str(path)]


_PEERS = ("pandera", "csv_loop", "frictionless")


class Bench:
    """Files made once, contenders in turn: a busy moment of the machine falls on all of them alike."""

    def __init__(self, folder: Path, count: int, repeat: int, peer_count: int) -> None:
        self.folder = folder
        self.peer_count = peer_count
        self.count = count
        self.repeat = repeat
        self.done: dict[tuple[str, str], Run] = {}

    def file(self, kind: str, count: int | None = None) -> Path:
        """Make a file of a kind, or find it made."""
        count = count or self.count
        path = self.folder / f"ipe-{kind}-{count}.csv"
        if not path.exists():
            kinds: dict[str, Callable[[], Iterator[Row]]] = {
                "propre": lambda: rows(count),
                "quote": lambda: rows(count),
                "sali": lambda: spoilt(rows(count), 0.001),
                "systemique": lambda: systemic(rows(count)),
            }
            write(path, kinds[kind](), quoted=kind == "quote")
        # Warm, whoever made it, and piece by piece: a process started from this one inherits its peak of memory.
        with path.open("rb") as stream:
            while stream.read(1 << 20):
                pass
        return path

    def race(self, *entries: tuple[str, str, int]) -> None:
        """Run (contender, kind of file, rows) in turn, several times, and keep the best of each."""
        for _ in range(self.repeat):
            for name, kind, count in entries:
                run = measure(contender(name, self.file(kind, count)))
                best = self.done.get((name, _label(kind, count)))
                if best is None or run.seconds < best.seconds:
                    self.done[name, _label(kind, count)] = run

    def of(self, name: str, kind: str, count: int | None = None) -> Run:
        """Give the best run."""
        return self.done[name, _label(kind, count or self.count)]


def _label(kind: str, count: int) -> str:
    return f"{kind} {count:,}".replace(",", " ")


def main() -> int:
    """Measure, print one table and the figures to reach."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--peer-rows", type=int)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="annexe5-bench-") as made:
        count = asked.rows
        bench = Bench(asked.folder or Path(made), count, asked.repeat, asked.peer_rows or count)
        bench.race(
            ("polars_scan", "propre", count), ("fast", "propre", count), ("fast", "sali", count),
            ("fast", "systemique", count), ("fast", "quote", count), ("polars_scan", "quote", count),
            ("duckdb_count", "propre", count), ("command", "propre", 10),
        )  # fmt: skip
        bench.repeat = 1
        bench.race(("exact", "propre", count), *((name, "propre", bench.peer_count) for name in _PEERS))
        if asked.large:
            bench.race(("fast", "propre", 10 * count), ("polars_scan", "propre", 10 * count))
        lines = measure(["wc", "-l", str(bench.file("propre"))])
        print(_table(bench, lines))  # noqa: T201
        figures = list(_figures(bench, large=asked.large))
    print("\n".join(figures))  # noqa: T201
    return int(any(line.startswith("✗") for line in figures))


def _table(bench: Bench, lines: Run) -> str:
    floor = bench.of("polars_scan", "propre").seconds
    told = [f"{'':16}{'fichier':22}{'s':>9}{'s proc.':>9}{'lignes/s':>12}{'Mo':>7}{'/ polars':>10}"]
    for (name, label), run in [*bench.done.items(), (("wc -l", _label("propre", bench.count)), lines)]:
        count = int(label.split(" ", 1)[1].replace(" ", ""))
        speed = f"{count / run.seconds:,.0f}".replace(",", " ")
        ratio = f"{run.seconds / floor * bench.count / count:10.2f}" if count > 1_000 else ""
        told.append(f"{name:16}{label:22}{run.seconds:9.3f}{run.processor:9.2f}{speed:>12}{run.memory:7}{ratio}")
    return "\n".join(told)


def _figures(bench: Bench, *, large: bool) -> Iterator[str]:
    """Give each figure of the issue, reached or not: by the clock, then by processor seconds."""
    clean, exact = bench.of("fast", "propre"), bench.of("exact", "propre")
    floor, peer = bench.of("polars_scan", "propre"), bench.of("frictionless", "propre", bench.peer_count)
    scale = bench.count / bench.peer_count

    def share(what: str, one: Run, other: Run, bound: float, *, least: bool = False, times: float = 1) -> str:
        clock, processor = one.seconds / other.seconds * times, one.processor / other.processor * times
        return f"{_told(what, clock, bound, least=least)}, processeur {processor:.2f}"

    yield share("propre, fois frictionless", peer, clean, 30, least=True, times=scale)
    yield share("propre / lecture polars", clean, floor, 2.2)
    yield share("0,1 % de cellules fausses / propre", bench.of("fast", "sali"), clean, 1.6)
    yield share("erreur systémique / propre", bench.of("fast", "systemique"), clean, 1.6)
    yield share("tout entre guillemets / propre", bench.of("fast", "quote"), clean, 4)
    yield _told("mémoire (Mo)", clean.memory, 700)
    yield share("exact, fois frictionless", peer, exact, 5, least=True, times=scale)
    yield _told("dix lignes, commande entière (s)", bench.of("command", "propre", 10).seconds, 0.5)
    if large:
        ten = bench.of("fast", "propre", 10 * bench.count)
        yield share("dix fois plus de lignes : temps", ten, clean, 11)
        yield _told("dix fois plus de lignes : mémoire (Mo)", ten.memory, 1200)


def _told(what: str, value: float, bound: float, *, least: bool = False) -> str:
    reached = value >= bound if least else value <= bound
    return f"{'✓' if reached else '✗'} {what} : {value:.2f} ({'au moins' if least else 'au plus'} {bound:g})"


if __name__ == "__main__":
    raise SystemExit(main())
