"""``python -m annexe5.campaign.proof``: a certificate is worth what the suite would have caught.

Certifies every defective twin, OI and OC, and sees that it ends 1 under a clause of its own and under no unrelated one;
certifies the good and the good but unusual ones, which end 0. Nothing here waits for a clock.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from annexe5.campaign.kill_matrix import (
    MATRIX,
    PARTIES,
    drift,
    played,
    recorded,
    sample,
    twins,
    unlike,
    without_a_kill,
    written,
    wrong_with,
)
from annexe5.campaign.kill_matrix_page import PAGE, page
from annexe5.campaign.trials import Key, Party, Trial, run
from annexe5.contract.paths import suite_root

_EACH: Mapping[Party, int] = {"oi": 4, "oc": 2}
# One of the order's life, two of a row: what the page shows the loss of.
SHOWN = ("CYC-AR-DOUBLE", "CR-OK-PBO", "AR-OK-MOTIF")


def main(arguments: Sequence[str] | None = None) -> int:
    """Prove; 1 when a defect survives, an unrelated clause falls, a good twin is blamed, or the matrix is stale."""
    options = _options().parse_args(arguments)
    began = time.monotonic()
    if options.check or options.sample:
        wrong = {**dict.fromkeys(drift(), ""), **(_sampled(options) if options.sample else {})}
        return _tell(wrong, f"matrice comparée à ce qui existe, graine {options.seed}", began)
    keys = _chosen(options)
    everything = bool(options.whole or options.ids)
    seen = run(
        keys,
        workers=options.workers,
        played=lambda key: () if everything else played(key, options.seed),
        kept=options.keep,
        disabled=options.disable_rule,
        told=_progress,
    )
    wrong = {_name(one): why for one in seen.values() if (why := wrong_with(one))}
    if not (options.ids or options.disable_rule or options.party):
        bare = {clause for party in PARTIES for clause in without_a_kill(seen.values(), party)}
        wrong |= dict.fromkeys(sorted(bare), "aucun défaut tué sous cette exigence")
        if options.write:
            _write(list(seen.values()), options)
    return _tell(wrong, f"{len(seen)} jumeaux certifiés, {len(wrong)} choses à reprendre", began)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m annexe5.campaign.proof", description=__doc__)
    parser.add_argument("ids", nargs="*", help="these twins only (defects or unusual ones)")
    parser.add_argument("--party", choices=PARTIES, help="the twins of one side only")
    parser.add_argument("--write", action="store_true", help=f"renew {MATRIX} and {PAGE}")
    parser.add_argument("--keep", type=Path, help="a file of trials, one a line: go on after those it holds")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument(
        "--disable-rule", action="append", default=[], metavar="ID",
        help="judge without this rule, and certify again what it had killed: what survives shows what it is for",
    )  # fmt: skip
    parser.add_argument("--check", action="store_true", help="certify nothing: is the matrix that of the suite?")
    parser.add_argument("--sample", action="store_true", help="--check, then certify a few twins again")
    parser.add_argument("--whole", action="store_true", help="every twin plays every feature of its side")
    parser.add_argument("--seed", default=f"{datetime.now(UTC):%Y-%j}", help="which few (default: other ones each day)")
    return parser


def _chosen(options: argparse.Namespace) -> list[Key]:
    parties = (options.party,) if options.party else PARTIES
    every = [(party, ident) for party in parties for ident in twins(party)]
    if options.disable_rule and not options.ids:
        return killed_by(options.disable_rule, every)
    unknown = set(options.ids) - {ident for _, ident in every}
    if unknown:
        _options().error(f"jumeaux inconnus : {', '.join(sorted(unknown))} (voyez « annexe5 defects »).")
    return [key for key in every if key[1] in options.ids] if options.ids else every


def killed_by(rules: Sequence[str], keys: Sequence[Key]) -> list[Key]:
    """Give the twins that one of some rules had a part in killing, as the committed matrix tells."""
    rows = recorded()
    return [key for key in keys if key in rows and any(set(rules) & set(fall.rules) for fall in rows[key].falls)]


def _sampled(options: argparse.Namespace) -> dict[str, str]:
    rows = recorded()
    keys = sample(options.seed, _EACH)
    seen = run(keys, workers=options.workers, played=lambda key: played(key, options.seed), told=_progress)
    return {_name(one): why for key, one in seen.items() if (why := unlike(one, rows.get(key)))}


def _write(trials: Sequence[Trial], options: argparse.Namespace) -> None:
    """Renew the matrix, then show what is no longer caught without each of three rules."""
    (suite_root() / MATRIX).write_text(written(trials), encoding="utf-8")
    survivors = {}
    for ident in SHOWN:
        keys = killed_by([ident], [(one.party, one.id) for one in trials])
        seen = run(
            keys,
            workers=options.workers,
            played=lambda key: played(key, options.seed),
            disabled=[ident],
            told=_progress,
        )
        survivors[ident] = {one.id: why for one in seen.values() if (why := wrong_with(one))}
    (suite_root() / PAGE).write_text(page(trials, survivors), encoding="utf-8")


# --- what is told ---------------------------------------------------------------------------------------------------


def _name(one: Trial) -> str:
    return f"{one.party.upper()} {one.id or '(bon jumeau)'}"


def _progress(one: Trial, done: int, of: int) -> None:
    sign = "✘" if wrong_with(one) else "✔"
    print(f"{done:3}/{of} {sign} {_name(one)} {' '.join(one.broken)} {one.error} ({one.seconds} s)", flush=True)  # noqa: T201


def _tell(wrong: Mapping[str, str], summary: str, began: float) -> int:
    for name, why in wrong.items():
        print(f"{name} : {why}" if why else name, file=sys.stderr)  # noqa: T201
    print(f"{summary} ({time.monotonic() - began:.0f} s).", file=sys.stderr)  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
