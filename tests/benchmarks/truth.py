"""A generated IPE of any size, spoilt on purpose: what each engine finds is what was spoilt, line for line.

    python -m tests.benchmarks.truth [--rows 1000000] [--engines fast,exact] [--folder DIR]

Runs the two commands as a user does and compares their JSON. Ends 1 on the first difference, with what it is.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_KEYS = ("rule", "line", "column", "value")


def annexe5(*arguments: object) -> tuple[int, float, int]:
    """Run the command; give its exit code, wall seconds, peak memory in MB."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "annexe5", *map(str, arguments)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, time.perf_counter() - start, usage.ru_maxrss // 1024


def told(errors: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Give findings, or planted errors, in an order of their own."""
    return sorted(tuple(one[key] for key in _KEYS) for one in errors)


def main() -> int:
    """Generate, judge on each engine, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--engines", default="fast,exact")
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="annexe5-truth-") as made:
        folder = asked.folder or Path(made)
        truth = folder / "t.json"
        options = ("--rows", asked.rows, "--invalid", "--truth", truth, "--output", folder / "ipe.csv")
        code, seconds, memory = annexe5("generate", "ipe", *options)
        if code:
            return code
        planted = json.loads(truth.read_text(encoding="utf-8"))
        file = (folder / "ipe.csv").rename(folder / planted["file"])
        wanted = told(planted["errors"])
        print(_row("generate", seconds, memory, f"{len(wanted)} fautes de {len({one[0] for one in wanted})} règles"))  # noqa: T201
        for engine in asked.engines.split(","):
            place = folder / f"{engine}.json"
            asked_for = ("--engine", engine, "--format", "json", "--show-personal", "--output", place)
            code, seconds, memory = annexe5("validate", file, *asked_for)
            (judged,) = json.loads(place.read_text(encoding="utf-8"))["files"]
            missed = _beyond(wanted, found := told(judged["findings"]))
            invented = _beyond(found, wanted)
            right = code == 1 and found == wanted and judged["rows"] == planted["rows"] == asked.rows
            print(_row(engine, seconds, memory, "✓ la vérité, ligne pour ligne" if right else "✗"))  # noqa: T201
            if not right:
                print(f"fin {code}, {judged['rows']} lignes ; manqués : {missed[:5]} ; inventés : {invented[:5]}")  # noqa: T201
                return 1
    return 0


def _beyond(some: list[tuple[Any, ...]], others: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    known = set(others)
    return [one for one in some if one not in known]


def _row(what: str, seconds: float, memory: int, result: str) -> str:
    return f"{what:10}{seconds:9.2f} s{memory:7} Mo   {result}"


if __name__ == "__main__":
    raise SystemExit(main())
