"""``python tests/benchmarks/mutation.py [--sample N]``: would the tests of the judge see a mistake in the judge?

cosmic-ray changes one thing at a time in a copy of the tree (a comparison, a number, a branch); the tests of that
package must fail. A sample is drawn by seed; ``--write`` tells the score and the survivors in ``docs/mutation.md``.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "mutation.md"
# What is changed, and the tests that must see it: the quick ones of its own package.
JUDGED = {
    "annexe5/orders": ["tests/orders"],
    "annexe5/findings.py": ["tests/test_findings.py", "tests/orders"],
    "annexe5/contract": ["tests/contract", "tests/orders"],
    "annexe5/tables": [
        "tests/tables/test_rules.py",
        "tests/tables/test_exact.py",
        "tests/tables/test_octets.py",
        "tests/tables/test_records.py",
        "tests/tables/test_schema.py",
        "tests/tables/test_form.py",
        "tests/tables/crossfile",
    ],
}
# Types are written with | too; a decorator that only remembers changes nothing; variables replaced need names given.
_IGNORED = ("core/ReplaceBinaryOperator_BitOr", "core/NoOp", "core/RemoveDecorator", "core/Variable")
_LONGEST_S = 240


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: a file, an operator, its occurrence there."""

    path: str
    operator: str
    occurrence: int


def main() -> int:
    """Draw, change, test, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=12, help="mutants a package")
    parser.add_argument("--seed", default="annexe5")
    parser.add_argument("--minutes", type=float, default=15, help="stop after so many minutes")
    parser.add_argument("--write", action="store_true", help=f"renew {PAGE.relative_to(ROOT)}")
    options = parser.parse_args()
    until = time.monotonic() + 60 * options.minutes
    told: dict[str, list[tuple[Mutant, str, str]]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="annexe5-mutants-") as name:
        copy = Path(name)
        for part in ("annexe5", "tests", "schemas", "features", "steps", "docs"):
            shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        for part in ("conftest.py", "pyproject.toml"):
            shutil.copy(ROOT / part, copy / part)
        drawn = {package: sampled(package, options.sample, options.seed) for package in JUDGED}
        for rank in range(options.sample):
            for package, mutants in drawn.items():
                if rank >= len(mutants) or time.monotonic() > until:
                    continue
                fate, change = tried(copy, mutants[rank], JUDGED[package])
                told[package].append((mutants[rank], fate, change))
                sys.stdout.write(f"{fate:8} {mutants[rank].path} {mutants[rank].operator} {mutants[rank].occurrence}\n")
                sys.stdout.flush()
    text = page(told, options.seed)
    sys.stdout.write(text)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
    return 0


def sampled(package: str, count: int, seed: str) -> list[Mutant]:
    """Draw mutants of a package, every place as likely as any other."""
    operators = {name: get_operator(name)() for name in sorted(operator_names()) if not name.startswith(_IGNORED)}
    places = []
    whole = ROOT / package
    for path in [whole] if whole.is_file() else sorted(whole.rglob("*.py")):
        nodes = list(ast_nodes(get_ast(path.read_text(encoding="utf-8"))))
        for name, operator in operators.items():
            there = sum(1 for node in nodes for _ in operator.mutation_positions(node))
            places += [Mutant(path.relative_to(ROOT).as_posix(), name, at) for at in range(there)]
    return random.Random(f"{seed}/{package}").sample(places, min(count, len(places)))


def tried(copy: Path, mutant: Mutant, tests: list[str]) -> tuple[str, str]:
    """Change one thing in the copy, run the tests there, and put it back: ``tué``, ``survit``, and the line changed."""
    path = copy / mutant.path
    code = path.read_text(encoding="utf-8")
    changed = mutate_code(code, get_operator(mutant.operator)(), mutant.occurrence)
    if changed is None or changed == code:
        return "sans objet", ""
    path.write_text(changed, encoding="utf-8")
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", *tests],
            cwd=copy, env={"PYTHONPATH": str(copy), "PATH": "/usr/bin:/bin"}, capture_output=True, timeout=_LONGEST_S,
            check=False,
        )  # fmt: skip
        fate = "survit" if ended.returncode == 0 else "tué"
    except subprocess.TimeoutExpired:
        fate = "tué"
    finally:
        path.write_text(code, encoding="utf-8")
    return fate, difference(code, changed)


def difference(before: str, after: str) -> str:
    """Show the first line that differs, before and after."""
    pairs = zip(before.splitlines(), after.splitlines(), strict=False)
    old, new = next(((one, other) for one, other in pairs if one != other), ("", ""))
    return f"`{old.strip()}` → `{new.strip()}`".replace("|", "\\|")


def page(told: dict[str, list[tuple[Mutant, str, str]]], seed: str) -> str:
    """Write the score and the survivors."""
    lines = [
        "# Mutation of the judge",
        "",
        f"Generated by `tox run -e mutation -- --write` (seed `{seed}`); do not edit. cosmic-ray changes one thing at a",
        "time in a copy of the tree; the quick tests of the same package must fail. A sample, not the whole.",
        "",
        "| Package | Mutants | Killed | Score |",
        "|---|---|---|---|",
    ]
    for package, tries in told.items():
        real = [fate for _, fate, _ in tries if fate != "sans objet"]
        dead = real.count("tué")
        lines.append(f"| `{package}` | {len(real)} | {dead} | {100 * dead // max(1, len(real))} % |")
    lines += ["", "## Survivors", "", "| Where | Change |", "|---|---|"]
    for tries in told.values():
        lines += [
            f"| `{mutant.path}` {mutant.operator.removeprefix('core/')} | {change} |"
            for mutant, fate, change in tries
            if fate == "survit"
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
