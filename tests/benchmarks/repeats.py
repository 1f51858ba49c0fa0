"""``python tests/benchmarks/repeats.py [N]``: the whole certification of both twins, N times each without one flake.

A flake is a run that does not end 0, or a scenario whose verdict is not that of the first run.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter

from annexe5.campaign import trials
from annexe5.campaign.results import CampaignResult


def main() -> int:
    """Repeat; 1 when a run differs from the first one of its side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("times", nargs="?", type=int, default=20)
    parser.add_argument("--party", choices=("oi", "oc"))
    options = parser.parse_args()
    told = os.fdopen(os.dup(1), "w")
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    flakes = 0
    for party in (options.party,) if options.party else ("oi", "oc"):
        first: dict[str, str] = {}
        spent = []
        for number in range(1, options.times + 1):
            began = time.perf_counter()
            result = certified(party)
            spent.append(time.perf_counter() - began)
            seen = {one.id: one.verdict.value for one in result.scenarios}
            first = first or seen
            differing = sorted(one for one in {*seen, *first} if seen.get(one) != first.get(one))
            bad = [
                one for one in result.scenarios if one.verdict.value not in ("conforme", "réserve", "non applicable")
            ]
            flakes += bool(differing or bad)
            counts = ", ".join(f"{count} {verdict}" for verdict, count in Counter(seen.values()).items())
            print(f"{party} {number:2}/{options.times} {counts} ({spent[-1]:.1f} s)", file=told, flush=True)
            for ident in differing:
                print(f"   {ident} : {first.get(ident)} → {seen.get(ident)}", file=told, flush=True)
            for one in bad:
                print(f"   {one.id} : {one.verdict} : {one.message}", file=told, flush=True)
        print(f"{party} : {sum(spent) / len(spent):.1f} s en moyenne", file=told, flush=True)
    print(f"{flakes} campagnes vacillantes", file=told, flush=True)
    return 1 if flakes else 0


def certified(party: str) -> CampaignResult:
    """Certify the good twin whole."""
    results: list[CampaignResult] = []
    assembled = trials.assemble
    trials.assemble = lambda *given: results.append(assembled(*given)) or results[-1]  # type: ignore[assignment,func-returns-value]
    try:
        seen = trials.trial(party, trials.GOOD)  # type: ignore[arg-type]
    finally:
        trials.assemble = assembled
    if not results:
        raise RuntimeError(seen.error)
    return results[0]


if __name__ == "__main__":
    sys.exit(main())
