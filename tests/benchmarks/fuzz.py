"""Which planted mistakes ``annexe5 fuzz oi`` finds within a budget, without being told: at least 8 of 10 are due.

``python -m tests.benchmarks.fuzz [seconds]``: each mistake of schemas/planted.toml in turn, and the good twin.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from annexe5.campaign.certification import Wanted, open_bench
from annexe5.campaign.journal import IN_MEMORY, Journal
from annexe5.fuzz.case import told
from annexe5.fuzz.draw import cases
from annexe5.fuzz.hunt import Budget, Hunt
from annexe5.fuzz.player import Player
from annexe5.parties.defects import load_planted

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 120.0


def hunted(*defects: str) -> str:
    """Hunt on a twin until its first breach, and say how it went."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Journal(IN_MEMORY) as journal,
        open_bench(Wanted("oi", None, Path(folder), defects=defects), journal) as (bench, _, _),
    ):
        bench.watched = ("retrait_acces",)
        player = Player(bench)
        hunt = Hunt(player.play, cases(), Budget(SECONDS), placed=lambda: player.placed, stop_at=1)
        caught = hunt.run()
        spent = f"{hunt.budget.elapsed:6.1f} s, {hunt.played:5} cas"
    if not caught:
        return f"–  rien trouvé        {spent}"
    return f"✔  {caught[0].finding.requirement:7} au cas {caught[0].after:5} {spent}  {' '.join(told(caught[0].case.steps))}"


def main() -> None:
    """Print one line a mistake."""
    found = 0
    for ident in load_planted():
        line = hunted(ident)
        found += line.startswith("✔")
        print(f"{ident:30} {line}", flush=True)  # noqa: T201
    print(f"{'(bon jumeau)':30} {hunted()}")  # noqa: T201
    print(f"{found} sur {len(load_planted())} trouvées en {SECONDS:.0f} s chacune")  # noqa: T201


if __name__ == "__main__":
    main()
