"""``annexe5 fuzz``: reach the party, hunt within a budget, write what was caught."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hypothesis.strategies import SearchStrategy
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from annexe5.campaign.assemble import Chair, as_file
from annexe5.campaign.certification import Wanted, open_bench, open_chair
from annexe5.campaign.doctor import require_sound
from annexe5.campaign.instrument import Instrument
from annexe5.campaign.journal import IN_MEMORY, JOURNAL_FILE, Journal
from annexe5.errors import UsageError
from annexe5.evidence.contents import read_piece
from annexe5.evidence.redaction import Redactor
from annexe5.findings import Finding, Text
from annexe5.fuzz.case import Case, read_case, told
from annexe5.fuzz.draw import cases
from annexe5.fuzz.files import FileCase, file_cases, judge_case, told_file
from annexe5.fuzz.hunt import Budget, Catch, Hunt
from annexe5.fuzz.oc import OcCase, OcPlayer, oc_cases, told_oc
from annexe5.fuzz.player import ExhaustedError, Player
from annexe5.fuzz.told import write_catch

_ORDERS = 200
PARTIES = ("oi", "oc", "validate")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asked for; ``seconds`` and ``orders`` are the budget (None: no limit of orders)."""

    target: Path | None
    defects: tuple[str, ...]
    report: Path
    seconds: float
    orders: int | None
    seed: int
    stop_at: int | None = None
    replay: Path | None = None
    scenario: bool = False
    profile: str = "covage-zmd-1.0"
    redact: bool = True


@dataclass
class Ground:
    """What a hunt needs: cases of one kind, how to play one, how to say it, what crossed while it was played."""

    kind: type
    cases: SearchStrategy[Any]
    play: Callable[[Any], tuple[Finding, ...]]
    told: Callable[[Any], Sequence[str]]
    files: Callable[[Any], Sequence[tuple[str, bytes]]]
    placed: Callable[[], int] = int
    mask: Callable[[str], str] = str
    simulated: bool = True


def fuzz(what: str, asked: Asked) -> int:
    """Hunt; 1 when something was caught, 0 otherwise."""
    if what not in PARTIES:
        raise UsageError(f"fuzz {what} : {', '.join(PARTIES)}.")
    if asked.target is not None and asked.defects:
        raise UsageError("--defect ne vaut que pour le jumeau : ôtez --target.")
    if what == "validate" and (asked.target or asked.defects):
        raise UsageError("fuzz validate éprouve le juge de cette suite : ni --target, ni --defect.")
    if asked.target is not None:
        require_sound(asked.target)
    folder = _claimed(asked.report)
    with _ground(what, asked, folder) as ground:
        caught = _replayed(asked.replay, ground) if asked.replay else _drawn(asked, ground)
        for number, catch in enumerate(caught, start=1):
            files = ground.files(catch.case)
            lines = [ground.mask(line) for line in ground.told(catch.case)]
            told_findings = tuple(_hidden(one, ground.mask) for one in catch.findings)
            catch = replace(catch, finding=_hidden(catch.finding, ground.mask), findings=told_findings)  # noqa: PLW2901
            place = folder / f"constat-{number:02}"
            write_catch(place, what, catch, lines, files, scenario=asked.scenario)
            finding = catch.finding
            say(f"\n✘ {finding.requirement or 'suite'} : {finding.message.fr} [{finding.rule}]")
            for line in (*lines, str(place)):
                say(f"    {line}")
    say("" if caught else "✔ rien trouvé")
    return 1 if caught else 0


def _hidden(finding: Finding, mask: Callable[[str], str]) -> Finding:
    """Tell a finding as it may be sent to the counterpart."""
    return replace(finding, message=Text(mask(finding.message.fr), mask(finding.message.en)))


# --- grounds --------------------------------------------------------------------------------------------------


@contextmanager
def _ground(what: str, asked: Asked, folder: Path) -> Iterator[Ground]:
    if what == "validate":
        yield Ground(FileCase, file_cases(), judge_case, told_file, _as_file)
        return
    wanted = Wanted(what, asked.target, folder, defects=asked.defects, profile=asked.profile)
    with Journal(IN_MEMORY) as knocking, Journal(folder / JOURNAL_FILE) as journal:
        if what == "oi":
            with open_bench(wanted, knocking) as (bench, simulated, secrets):
                bench.journal = journal
                if not simulated and bench.target.campagne.reponse_sous_s is None:
                    raise UsageError(
                        "fuzz oi : dites dans [campagne] reponse_sous_s sous combien de secondes la plateforme de test "
                        "répond ; un cas ne peut pas attendre un jour ouvré."
                    )
                bench.watched = ("retrait_acces",)
                player = Player(bench)
                files, mask = _shown(bench, player.play, secrets, redact=asked.redact)
                yield Ground(Case, cases(), player.play, _told, files, lambda: player.placed, mask, simulated)
            return
        with open_chair(wanted, knocking) as (instrument, simulated, secrets):
            assert isinstance(instrument, Instrument)  # noqa: S101 -- opposite an OC sits an instrument
            instrument.journal = journal
            facing = OcPlayer(instrument)
            files, mask = _shown(instrument, facing.play, secrets, redact=asked.redact)
            yield Ground(OcCase, oc_cases(), facing.play, told_oc, files, lambda: facing.placed, mask, simulated)


def _told(case: Case) -> Sequence[str]:
    return told(case.steps)


def _as_file(case: FileCase) -> Sequence[tuple[str, bytes]]:
    return [(f"{case.flow}.csv", case.data)]


def _shown(
    chair: Chair, play: Callable[[Any], object], secrets: Sequence[str], *, redact: bool
) -> tuple[Callable[[Any], Sequence[tuple[str, bytes]]], Callable[[str], str]]:
    """Give what shows the files of a case, played once more, and what masks a sentence."""
    redactor = Redactor(secrets=secrets, personal=redact)

    def files(case: object) -> Sequence[tuple[str, bytes]]:
        start = len(chair.observations)
        play(case)
        found = []
        for one in chair.observations[start:]:
            piece = read_piece(as_file(one, chair), one.exchange.data, redactor)
            found.append((f"{one.exchange.sender}_{one.exchange.name}", (piece.text or piece.note).encode()))
        return found

    return files, redactor.text


# --- hunting --------------------------------------------------------------------------------------------------


def _replayed(path: Path, ground: Ground) -> tuple[Catch[Any], ...]:
    case: Any = read_case(path, ground.kind)
    found = ground.play(case)
    return (Catch(found[0], case, found, shrunk=True, after=1),) if found else ()


def _drawn(asked: Asked, ground: Ground) -> tuple[Catch[Any], ...]:
    budget = Budget(asked.seconds, asked.orders or (None if ground.simulated else _ORDERS))
    with _progress() as bar:
        task = bar.add_task("fuzz", total=asked.seconds, cases=0, orders=0, caught=0)

        def tell(hunt: Hunt[Any]) -> None:
            spent, caught = min(budget.elapsed, asked.seconds), len(hunt.catches)
            bar.update(task, completed=spent, cases=hunt.played, orders=ground.placed(), caught=caught)

        hunt: Hunt[Any] = Hunt(ground.play, ground.cases, budget, asked.seed, ground.placed, tell, asked.stop_at)
        try:
            hunt.run()
        except ExhaustedError:
            say("Les adresses du rôle « eligible » sont épuisées : déclarez-en d'autres dans [[test_data.eligible]].")
    orders = f", {ground.placed()} commandes" if ground.placed() else ""
    say(f"{hunt.played} cas{orders} en {budget.elapsed:.0f} s ; graine {asked.seed}")
    return tuple(hunt.catches)


def _progress() -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[cases]} cas, {task.fields[orders]} commandes, {task.fields[caught]} constats"),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())


def _claimed(folder: Path) -> Path:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"--report {folder} : donnez un dossier vide ou à créer.")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def say(text: str) -> None:
    """Tell a line to whoever watches."""
    print(text, file=sys.stderr)  # noqa: T201
