"""``python -m annexe5.campaign.proof``: a certificate is worth what the suite would have caught.

Certifies each defective OI twin and sees that it ends 1 under a clause of its own and under no unrelated one; certifies
good but unusual twins, which never end 1. ``--write`` renews ``docs/kill-matrix.md``. Nothing here waits for a clock.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from annexe5.campaign import certification as certify
from annexe5.campaign.assemble import Frame, assemble
from annexe5.campaign.journal import IN_MEMORY, Journal
from annexe5.campaign.results import CampaignResult
from annexe5.campaign.standing import utc_now
from annexe5.contract.paths import suite_root
from annexe5.findings import Verdict, exit_code
from annexe5.parties.defects import DefectEntry, load_defects
from annexe5.parties.oi_defects import UNUSUAL

MATRIX = Path("docs/kill-matrix.md")
_ANY = "*"
_PLAYED = ("acces", "transport")


@dataclass(frozen=True, slots=True)
class Trial:
    """One twin certified: how it ended, the clauses not conforming, the scenarios that failed, what stopped it."""

    id: str
    code: int
    broken: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    error: str = ""


def features() -> tuple[str, ...]:
    """List the features that a file flow of the OI can fail."""
    root = suite_root()
    found = (path for name in _PLAYED for path in sorted((root / "features" / name).glob("*.feature")))
    return tuple(path.relative_to(root).as_posix() for path in found)


def trial(ident: str) -> Trial:
    """Certify the twin with one defect (none: the good one), in this process and without a report."""
    wanted = certify.Wanted(
        "oi", None, Path(), defects=(ident,) if ident else (), pytest_args=(*features(), "-q", "--tb=no")
    )
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            Journal(IN_MEMORY) as journal,
            certify.open_bench(wanted, journal) as (bench, simulated, secrets),
        ):
            started = utc_now()
            scenarios = certify.play(bench, wanted, Path(folder), secrets)
            frame = Frame("oi", simulated, started, utc_now(), "", wanted.seed, ())
            return _told(ident, assemble(bench, scenarios, frame))
    except Exception as error:  # noqa: BLE001 -- one twin that breaks the suite must not hide the others
        return Trial(ident, -1, error=f"{type(error).__name__}: {error}")


def _told(ident: str, result: CampaignResult) -> Trial:
    def failed(verdict: Verdict) -> bool:
        return verdict is Verdict.NON_CONFORME

    return Trial(
        ident,
        exit_code(result.verdict),
        tuple(one.id for one in result.requirements if failed(one.verdict)),
        tuple(dict.fromkeys(one.name for one in result.scenarios if failed(one.verdict))),
    )


def wrong_with(entry: DefectEntry, seen: Trial) -> str:
    """Say why a defect does not count as caught; empty when it does."""
    if seen.error:
        return seen.error
    if seen.code != 1:
        return f"survit : fin {seen.code}"
    if not set(entry.requirements) & set(seen.broken):
        return f"sous une autre exigence : {' '.join(seen.broken)}"
    unrelated = set(seen.broken) - {*entry.requirements, *entry.also}
    if unrelated and _ANY not in entry.also:
        return f"exigences sans rapport : {' '.join(sorted(unrelated))}"
    return ""


def wrong_with_good(seen: Trial) -> str:
    """Say what is wrong with the judgement of a good twin; empty when it does not end 1."""
    return seen.error or (f"fausse alerte : {' '.join(seen.broken)}" if seen.code not in (0, 3) else "")


def run(idents: Sequence[str], workers: int, kept: Path | None = None) -> dict[str, Trial]:
    """Certify each twin, some at a time; those that ``kept`` holds from an earlier run are not certified again."""
    told = {ident: one for ident, one in _earlier(kept).items() if ident in idents}
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, initializer=_quiet, maxtasksperchild=20) as pool:
        for seen in pool.imap_unordered(trial, [one for one in idents if one not in told]):
            told[seen.id] = seen
            if kept is not None:
                with kept.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(seen), ensure_ascii=False) + "\n")
            print(  # noqa: T201
                f"{seen.code:3} {seen.id or '(bon jumeau)'} {' '.join(seen.broken)} {seen.error}", flush=True
            )
    return {ident: told[ident] for ident in idents}


def _earlier(kept: Path | None) -> dict[str, Trial]:
    if kept is None or not kept.exists():
        return {}
    found = (json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines())
    return {
        one["id"]: Trial(**one | {"broken": tuple(one["broken"]), "scenarios": tuple(one["scenarios"])})
        for one in found
    }


def _quiet() -> None:
    """Let the certifications of a worker say nothing: their results are told."""
    sink = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(sink, stream)


def matrix(trials: Iterable[Trial]) -> str:
    """Write requirement × scenario × defect as Markdown, survivors with their reason."""
    seen = {one.id: one for one in trials}
    known = [one for one in load_defects().values() if one.party == "oi"]
    entries = [one for one in known if one.id in seen]
    killed = [one for one in entries if not wrong_with(one, seen[one.id])]
    others = [(one, one.survives or wrong_with(one, seen[one.id])) for one in entries if one not in killed]
    absent = [one for one in known if one.id not in seen]
    lines = [
        "# Kill matrix: the OI side",
        "",
        "Generated by `tox run -e proof -- --write`; do not edit.",
        "Each row is a twin with one wrong behaviour, certified whole on the ACCES and transport features.",
        "",
        f"{len(known)} defects: {len(killed)} caught, {len(others)} not as they should, {len(absent)} not in this run.",
        "",
        "| Defect | Caught under | Falls with it | Scenarios (first three of all) |",
        "|---|---|---|---|",
    ]
    for one in killed:
        told = seen[one.id]
        own = [ident for ident in told.broken if ident in one.requirements]
        beside = [ident for ident in told.broken if ident not in one.requirements]
        places = " · ".join(told.scenarios[:3]) + (f" ({len(told.scenarios)})" if len(told.scenarios) > 3 else "")  # noqa: PLR2004
        lines.append(f"| `{one.id}` {one.fr} | {' '.join(own)} | {' '.join(beside)} | {places} |")
    lines += ["", "## By requirement", "", "| Requirement | Defects that fall under it |", "|---|---|"]
    clauses = sorted({ident for one in killed for ident in seen[one.id].broken if ident in one.requirements})
    for clause in clauses:
        under = [f"`{one.id}`" for one in killed if clause in one.requirements and clause in seen[one.id].broken]
        lines.append(f"| {clause} | {' '.join(under)} |")
    lines += ["", "## Not caught", "", "| Defect | Why |", "|---|---|"]
    lines += [f"| `{one.id}` {one.fr} | {why} |" for one, why in others]
    lines += ["", "## Not certified in this run", "", *(f"- `{one.id}` {one.fr}" for one in absent)]
    lines += ["", "## Good but unusual", "", "| Twin | End |", "|---|---|"]
    lines += [f"| `{ident}` | {seen[ident].code if ident in seen else 'not run'} |" for ident in UNUSUAL]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Prove; 1 when a defect survives that should not, an unrelated clause falls, or a good twin is blamed."""
    parser = argparse.ArgumentParser(prog="python -m annexe5.campaign.proof", description=__doc__)
    parser.add_argument("ids", nargs="*", help="these twins only (defects or unusual ones)")
    parser.add_argument("--write", action="store_true", help=f"renew {MATRIX}")
    parser.add_argument("--keep", type=Path, help="a file of trials, one a line: go on after those it holds")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    options = parser.parse_args(arguments)
    entries = {one.id: one for one in load_defects().values() if one.party == "oi"}
    idents = options.ids or ["", *UNUSUAL, *entries]
    seen = run(idents, options.workers, options.keep)
    wrong = {}
    for ident, told in seen.items():
        entry = entries.get(ident)
        if entry is None:
            why = wrong_with_good(told)
        elif entry.survives:
            why = "" if wrong_with(entry, told) else "est tué : ôtez « survives » de defects.toml"
        else:
            why = wrong_with(entry, told)
        if why:
            wrong[ident or "(bon jumeau)"] = why
    if options.write and not options.ids:
        (suite_root() / MATRIX).write_text(matrix(seen.values()), encoding="utf-8")
    for ident, why in wrong.items():
        print(f"{ident} : {why}", file=sys.stderr)  # noqa: T201
    print(f"{len(seen) - len(wrong)} jumeaux jugés comme il faut, {len(wrong)} non.", file=sys.stderr)  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
