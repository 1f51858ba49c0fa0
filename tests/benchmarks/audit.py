"""An audit of an archive beside polars merely reading its files as text, in one run; memory and what is found.

    python -m tests.benchmarks.audit [orders …]          (100000 1000000)

Each side runs in a process of its own, in turn; CPU time is compared, since the machine may be shared, and wall time is
told. The archive is generated with one breach planted in a thousand orders: all must be found, and nothing else.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

from annexe5.audit.run import Wanted, run
from annexe5.contract.profile import load_profile
from annexe5.generation.archive import Wanted as Archive
from annexe5.generation.archive import generate_archive

TURNS = 3
AT_MOST = 4.0
MEMORY = 2048
TODAY = date(2026, 6, 30)


def read_as_text(folder: Path) -> dict[str, object]:
    """Let polars read every file of a flow at once, all columns as text."""
    import polars as pl

    flows = defaultdict(list)
    for root, _folders, files in os.walk(folder):
        for name in files:
            flows["_".join(name.split("_")[2:-2])].append(Path(root, name))
    rows = sum(pl.scan_csv(paths, separator=";", infer_schema=False).collect().height for paths in flows.values())
    return {"rows": rows}


def audit(folder: Path) -> dict[str, object]:
    outcome = run(Wanted((str(folder),), samples=1_000_000))
    found = Counter((one.rule, one.path, one.line) for group in outcome.groups for one in group.samples)
    owed = json.loads(folder.with_suffix(".json").read_text(encoding="utf-8"))["errors"]
    wanted = Counter((one["rule"], one["file"], one["line"]) for one in owed)
    counted = sum(group.count for group in outcome.groups)
    right = found == wanted and counted == len(owed)
    return {"rows": outcome.rows, "found": counted, "planted": len(owed), "right": right}


SIDES = {"read": read_as_text, "audit": audit}


def measure(side: str, folder: Path) -> dict[str, object]:
    """Run a side in a process of its own; give its CPU and wall seconds, its peak memory in MB, what it says."""
    made = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.audit", side, str(folder)], check=True, capture_output=True
    )
    return dict(json.loads(made.stdout))


def child(side: str, folder: Path) -> None:
    start, cpu = time.perf_counter(), time.process_time()
    said = SIDES[side](folder)
    told = {
        "wall": time.perf_counter() - start,
        "cpu": time.process_time() - cpu,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(told | said))  # noqa: T201


def say(what: str, value: str, target: str = "") -> None:
    print(f"{what:<66}{value:>14}  {target}", flush=True)  # noqa: T201


def mark(good: bool) -> str:
    return "✔" if good else "✘"


def compare(orders: int, place: Path, turns: int) -> float:
    folder = place / f"archive-{orders}"
    cpu = time.process_time()
    truth = generate_archive(Archive(orders, TODAY, load_profile(), seed=1, breaches=orders // 1000), folder)
    folder.with_suffix(".json").write_text(json.dumps(truth.as_dict()), encoding="utf-8")
    say(
        f"{orders:,} orders: {truth.rows:,} rows in {truth.files:,} files, generated in",
        f"{time.process_time() - cpu:.0f} s",
    )
    runs: dict[str, list[dict[str, object]]] = {"read": [], "audit": []}
    for _ in range(turns):
        for side, kept in runs.items():
            kept.append(measure(side, folder))

    def middle(side: str, what: str) -> float:
        return statistics.median(float(str(one[what])) for one in runs[side])

    for side, name in (("read", "polars, the same files as text"), ("audit", "annexe5 audit")):
        say(f"  {name}, CPU (wall)", f"{middle(side, 'cpu'):.1f} s ({middle(side, 'wall'):.1f})")
    ratio = middle("audit", "cpu") / middle("read", "cpu")
    walls = middle("audit", "wall") / middle("read", "wall")
    say("  ratio in CPU time", f"{ratio:.2f}", f"≤ {AT_MOST:g} {mark(ratio <= AT_MOST)}")
    say("  ratio in wall time", f"{walls:.2f}", f"≤ {AT_MOST:g} {mark(walls <= AT_MOST)}")
    memory = middle("audit", "mb")
    say("  peak memory of the audit", f"{memory:,.0f} MB", f"< {MEMORY} {mark(memory < MEMORY)}")
    last = runs["audit"][-1]
    say(
        "  planted, found, no other",
        f"{last['planted']}, {last['found']}",
        mark(all(one["right"] for one in runs["audit"])),
    )
    return middle("audit", "cpu")


def main() -> None:
    if len(sys.argv) > 2 and sys.argv[1] in SIDES:
        child(sys.argv[1], Path(sys.argv[2]))
        return
    sizes = [int(one) for one in sys.argv[1:]] or [100_000, 1_000_000]
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")  # noqa: T201
    with tempfile.TemporaryDirectory(prefix="annexe5-bench-") as place:
        seconds = [compare(orders, Path(place), TURNS if orders < 500_000 else 1) for orders in sizes]
    if len(sizes) > 1:
        each = [took / orders for took, orders in zip(seconds, sizes, strict=True)]
        say(
            f"linear: CPU per order, {sizes[-1]:,} against {sizes[0]:,}",
            f"{each[-1] / each[0]:.2f}",
            f"≤ 1.2 {mark(each[-1] <= 1.2 * each[0])}",
        )


if __name__ == "__main__":
    main()
