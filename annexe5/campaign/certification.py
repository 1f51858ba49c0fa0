"""``annexe5 certify``: the features played against a party, and the report of what was seen.

The party is reached first: what keeps us from it is a configuration error, never a verdict. The scenarios run under
pytest in this process; the result is written whatever happened to them.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from annexe5.campaign import allure_bridge, plugin
from annexe5.campaign.assemble import Frame, as_file, assemble
from annexe5.campaign.attended import Answers, attended_steps, collect
from annexe5.campaign.bench import Bench
from annexe5.campaign.clock import Clock, LeapingClock, VirtualClock
from annexe5.campaign.doctor import require_sound
from annexe5.campaign.fixtures import BENCH
from annexe5.campaign.gherkin import declared_tags
from annexe5.campaign.instrument import Instrument
from annexe5.campaign.journal import IN_MEMORY, JOURNAL_FILE, Journal
from annexe5.campaign.lint import FeatureRefusedError, read_feature
from annexe5.campaign.oc_certification import Opening, announce, open_instrument
from annexe5.campaign.oc_fixtures import INSTRUMENT
from annexe5.campaign.post import Mailbox, open_post
from annexe5.campaign.progress import Progress
from annexe5.campaign.results import RESULTS_FILE, CampaignResult, ScenarioResult, load, save
from annexe5.campaign.resuming import (
    LOCK_FILE,
    OVER,
    Begun,
    alone,
    begin,
    begun_in,
    ended,
    journal_of,
    keep,
    results_in,
    unfinished,
)
from annexe5.campaign.service_bench import ServiceBench
from annexe5.campaign.standing import utc_now
from annexe5.campaign.target import Target, load_target, secret
from annexe5.campaign.twins import SimulatedOi, simulated_oi
from annexe5.campaign.ways import by_channel, channel_of, dial
from annexe5.campaign.works import SERVICE, notice, tell
from annexe5.contract.calendar import PARIS
from annexe5.contract.paths import suite_root
from annexe5.contract.profile import load_profile
from annexe5.contract.requirements import load_requirements
from annexe5.errors import ConfigurationError, UsageError
from annexe5.evidence.contents import read_piece
from annexe5.evidence.redaction import Redactor
from annexe5.exchange import Channel
from annexe5.findings import Verdict, exit_code
from annexe5.parties.pace import make_pace

Mask = Callable[[str, bytes], bytes]
_TWIN_QUOTA_MO = 10  # small enough to be overrun by one file


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asked for."""

    party: str
    target: Path | None
    report: Path
    defects: tuple[str, ...] = ()
    profile: str = "covage-zmd-1.0"
    seed: int = 5
    redact: bool = True
    lang: str = "fr"
    pytest_args: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    allure: bool = True
    answers: Path | None = None
    attended: Callable[[str], str] | None = None
    channel: str = ""
    patience: float | None = None
    pace: str = ""


def run(wanted: Wanted) -> int:
    """Certify, write the report, give the exit code of DESIGN §5."""
    if wanted.party not in ("oi", "oc"):
        raise UsageError(f"partie inconnue : {wanted.party!r}. Cette version certifie : oi, oc.")
    if wanted.target is not None and wanted.defects:
        raise UsageError("--defect ne vaut que pour le jumeau : ôtez --target.")
    if wanted.pace and (wanted.target is not None or wanted.party != "oi"):
        raise UsageError("--pace ne vaut que pour le jumeau OI : ôtez --target.")
    folder = claim_folder(wanted.report)
    if unfinished(folder):
        raise UsageError(
            f"--report {folder} : une campagne y attend des réponses ; reprenez-la (annexe5 certify {wanted.party} "
            f"--resume {folder}), ou prenez un autre dossier."
        )
    answers = None
    if wanted.answers is not None or wanted.attended is not None:
        answers = collect(wanted.party, wanted.answers, wanted.attended, utc_now().astimezone(PARIS).date())
    warned = require_sound(wanted.target) if wanted.target is not None else ()
    return _certify(wanted, folder, answers, warned=warned)


def resume(
    folder: Path, *, party: str = "oi", target: Path | None = None, patience: float | None = None
) -> tuple[int, CampaignResult]:
    """Go on with the campaign of a folder: what has ended stays, what waits is played again, nothing is sent twice.

    ``target`` replaces a target file that has moved, ``patience`` that of the first run. Gives the exit code too.
    """
    with journal_of(folder) as journal:
        _, begun = begun_in(journal, folder)
    if begun.party != party or party != "oi":
        raise UsageError(f"--resume {folder} : seule une campagne contre un OI se reprend ; celle-ci : {begun.party}.")
    if not begun.target:
        raise UsageError(
            f"--resume {folder} : le jumeau de cette campagne s'est éteint avec elle ; rejouez-la, ou certifiez un "
            "jumeau qui reste debout (annexe5 simulate oi)."
        )
    wanted = Wanted(
        party=begun.party,
        target=target or Path(begun.target),
        report=folder,
        profile=begun.profile,
        seed=begun.seed,
        redact=begun.redact,
        lang=begun.lang,
        pytest_args=begun.pytest_args,
        command=tuple(begun.command.split(" ")),
        patience=patience if patience is not None else begun.patience,
        channel=begun.channel,
    )
    warned = require_sound(wanted.target or Path())
    return _certify(wanted, folder, begun.answers, resumed=True, warned=warned), load(folder)


def _certify(
    wanted: Wanted, folder: Path, answers: Answers | None, *, resumed: bool = False, warned: tuple[str, ...] = ()
) -> int:
    with ExitStack() as stack:
        knocking = stack.enter_context(Journal(IN_MEMORY))
        bench, simulated, secrets = stack.enter_context(open_chair(wanted, knocking))
        stack.enter_context(alone(folder))
        if not resumed:
            # An earlier report is let go only now that there is a party to make a new one on.
            clear_folder(folder)
        journal = stack.enter_context(Journal(folder / JOURNAL_FILE))
        if isinstance(bench, Instrument):
            bench.journal = journal
            if not simulated:
                announce(bench, folder)
        else:
            bench.remember(journal)
        if not resumed:
            begin(journal, utc_now(), _begun(wanted, bench, answers))
        started, begun = begun_in(journal, folder)
        if (begun.oi, begun.oc) != (bench.target.codes.oi, bench.target.codes.oc):
            raise UsageError(f"--resume {folder} : cette campagne est entre {begun.oi} et {begun.oc} ; pas la cible.")
        scenarios = play(bench, wanted, folder, secrets)
        while isinstance(bench, Bench) and bench.pass_time(scenarios):
            bench.remember(journal)
            scenarios = play(bench, wanted, folder, secrets)
        if isinstance(bench, Bench):
            bench.rest()
        if answers is not None:
            scenarios += attended_steps(wanted.party, answers, utc_now())
        frame = Frame(
            party=wanted.party,
            simulated=simulated,
            started=started,
            ended=utc_now(),
            command=begun.command,
            seed=wanted.seed,
            notes=(*_notes(bench, simulated, wanted), *warned),
        )
        result = assemble(bench, scenarios, frame)
        save(result, folder)
        journal.note(utc_now(), OVER, result.verdict.value)
        report(result, folder, journal, wanted, secrets)
    return exit_code(result.verdict)


def _begun(wanted: Wanted, bench: Bench | Instrument, answers: Answers | None) -> Begun:
    return Begun(
        party=wanted.party,
        target=str(wanted.target.resolve()) if wanted.target else "",
        profile=wanted.profile,
        defects=wanted.defects,
        seed=wanted.seed,
        redact=wanted.redact,
        lang=wanted.lang,
        pytest_args=wanted.pytest_args,
        command=" ".join(["annexe5", *wanted.command[1:]]),
        patience=wanted.patience,
        oi=bench.target.codes.oi,
        oc=bench.target.codes.oc,
        arcep=bench.target.codes.arcep,
        absence_jours=bench.target.campagne.absence_jours if isinstance(bench, Bench) else 0,
        channel=wanted.channel,
        answers=answers,
    )


@contextmanager
def open_chair(wanted: Wanted, journal: Journal) -> Iterator[tuple[Bench | Instrument, bool, tuple[str, ...]]]:
    """Take the seat opposite the party under test: the OC's before an OI, the OI's before an OC."""
    if wanted.party == "oi":
        with open_bench(wanted, journal) as opened:
            yield opened
        return
    opening = Opening(wanted.target, wanted.profile, wanted.seed, wanted.defects, wanted.channel)
    with open_instrument(opening, journal) as seated:
        yield seated


@contextmanager
def open_bench(wanted: Wanted, journal: Journal) -> Iterator[tuple[Bench, bool, tuple[str, ...]]]:
    """Reach the party under test: the one of the target file, or the twin served here."""
    if wanted.target is None:
        profile = load_profile(wanted.profile)
        clock: Clock = VirtualClock(utc_now()) if wanted.pace else LeapingClock()
        with simulated_oi(
            profile,
            pace=make_pace(wanted.pace, profile) if wanted.pace else None,
            seed=wanted.seed,
            defects=wanted.defects,
            clock=clock.now,
            channel=channel_of(wanted.channel or "sftp"),
            quota_mo=_TWIN_QUOTA_MO,
        ) as oi:
            password = oi.accounts[0].password
            environment = {"ANNEXE5_JUMEAU": password}
            with _reach(oi.target, journal, environment, clock, oi.mailbox) as bench:
                bench.idle = lambda: oi.standing.idle
                if bench.services is not None:
                    bench.services.announce = partial(_announce, oi, clock)
                bench.leap = lambda moment: oi.leap(clock, moment)
                if wanted.pace:
                    _by_the_calendar(bench, oi)
                yield bench, True, (password,)
    else:
        target = _patient(by_channel(load_target(wanted.target), wanted.channel), wanted.patience)
        secrets = tuple(secret(one) for one in target.secret_references)
        with _reach(target, journal) as bench:
            yield bench, False, secrets


def _by_the_calendar(bench: Bench, oi: SimulatedOi) -> None:
    """Wait for a twin that answers in working days: it has said all when nothing is on its agenda of orders."""
    bench.idle = lambda: oi.standing.idle and oi.twin.orders_due is None
    bench.later = lambda: oi.twin.orders_due if oi.standing.idle else None
    campaign = bench.target.campagne.model_copy(update={"reponse_sous_s": None})
    bench.target = bench.target.model_copy(update={"campagne": campaign})


def _announce(oi: SimulatedOi, clock: Clock, url: str) -> None:
    """Have the twin tell planned works to the OC's port."""
    oc = oi.target.codes.oc
    told = notice(oi.services.sav[SERVICE], oi.twin.network, oc, clock.now())
    tell(url, told, oi=oi.twin.oi, clock=clock.now)


def _patient(target: Target, patience: float | None) -> Target:
    if patience is None:
        return target
    return target.model_copy(update={"campagne": target.campagne.model_copy(update={"patience_s": patience})})


@contextmanager
def _reach(
    target: Target,
    journal: Journal,
    environment: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    mailbox: Mailbox | None = None,
) -> Iterator[Bench]:
    """Connect, and see that the folders of the contract are there, before anything is judged."""
    profile = load_profile(target.profil)
    way = target.way
    password = None
    if way.mot_de_passe:
        password = secret(way.mot_de_passe, environment) if environment else secret(way.mot_de_passe)
    with dial(way, password=password) as client:
        time = clock or Clock()
        bench = Bench(target, profile, client, journal, time.now, Clock().pause, channel=Channel(target.by))
        bench.dial = lambda other: dial(way, password=other, key=False)
        bench.dial_key = lambda other: dial(way, password=None, key=other)
        bench.skip = time.pause
        bench.password = password
        if target.courriel is not None:
            bench.post = open_post(target.courriel, profile, environment, mailbox)
        bench.look_around()
        bench.services = _services(bench, environment, time)
        with closing(bench.services), closing(bench.post) if bench.post else nullcontext():
            yield bench


def _services(bench: Bench, environment: Mapping[str, str] | None, clock: Clock) -> ServiceBench:
    declared = bench.target.services
    reference = declared.mot_de_passe
    password = (secret(reference, environment) if environment else secret(reference)) if reference else ""
    return ServiceBench(
        bench.target.codes,
        declared,
        bench.profile,
        bench.see_message,
        password=password,
        clock=clock,
        memory=lambda: bench.memory,
    )


def play(
    bench: Bench | Instrument, wanted: Wanted, folder: Path, secrets: Sequence[str] = ()
) -> tuple[ScenarioResult, ...]:
    """Run the features of a party; the scenarios come back as recorded."""
    kept: list[ScenarioResult] = []
    suite = suite_root()
    chosen, options = _split(wanted.pytest_args, suite)
    arguments = [
        *(chosen or [str(suite / "features")]),
        "-c", str(suite / "features" / "pytest.ini"),
        f"--rootdir={suite}",
        f"--confcutdir={suite}",
        *([f"--alluredir={folder / 'allure-results'}"] if wanted.allure else []),
        "-p", "no:cacheprovider",
        "-p", "no:hypothesispytest",
        "-m", wanted.party,
        *options,
    ]  # fmt: skip
    wiring = _Wiring(
        bench,
        kept,
        _mask(bench, secrets, redact=wanted.redact),
        _command_base(wanted),
        None if chosen else _written(suite / "features"),
    )
    progress = Progress(mask=_hide(bench, secrets, redact=wanted.redact))
    progress.begin(f"annexe5 certify {wanted.party} : {bench.target.described}")
    status = pytest.main(arguments, plugins=[wiring, progress])
    if status in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
        raise ConfigurationError("pytest n'a pas pu jouer les scénarios : voyez ses messages ci-dessus.")
    bench.settle()  # the last scenario may have ended before its last answers came
    if not kept:
        raise ConfigurationError(
            "aucun scénario n'a été joué : vérifiez ce que vous avez demandé à pytest après « -- »."
        )
    first = results_in(bench.journal)
    return tuple(
        replace(one, started=first[one.id].started) if one.id in first else one
        for one in kept
        if wanted.party.upper() in one.parties
    )


def _mask(bench: Bench | Instrument, secrets: Sequence[str], *, redact: bool) -> Mask:
    """Give what masks a file for Allure, as the report will mask it."""
    redactor = _redactor(bench, secrets, redact=redact)

    def mask(name: str, data: bytes) -> bytes:
        file = next((seen for seen in bench.observations if seen.exchange.name == name), None)
        if file is None:
            return b""
        piece = read_piece(as_file(file, bench), data, redactor)
        return (piece.text or piece.note).encode()

    return mask


def _redactor(bench: Bench | Instrument, secrets: Sequence[str], *, redact: bool) -> Redactor:
    """Give what masks, and leaves the operators' codes: they name files and clauses, and no person."""
    codes = bench.target.codes
    return Redactor(secrets=secrets, public=(codes.oi, codes.oc, codes.arcep), personal=redact)


def _hide(bench: Bench | Instrument, secrets: Sequence[str], *, redact: bool) -> Callable[[str], str]:
    """Give what masks a message for the terminal: it knows the personal values of every file seen so far."""
    redactor = _redactor(bench, secrets, redact=redact)
    read = 0

    def hide(text: str) -> str:
        nonlocal read
        for seen in bench.observations[read:]:
            read_piece(as_file(seen, bench), seen.exchange.data, redactor)
            read += 1
        return redactor.text(text)

    return hide


def _split(arguments: Sequence[str], suite: Path) -> tuple[list[str], list[str]]:
    """Tell scenarios named one by one (``features/….feature::…``) from pytest's options."""
    chosen = [str(suite / one) for one in arguments if ".feature" in one and not one.startswith("-")]
    return chosen, [one for one in arguments if ".feature" not in one or one.startswith("-")]


def _written(features: Path) -> int | None:
    """Count the runs that the feature files hold: as many must be collected. None: pytest will tell what is wrong."""
    try:
        texts = [
            read_feature(path, declared_tags(), load_requirements()) for path in sorted(features.rglob("*.feature"))
        ]
    except FeatureRefusedError:
        return None
    return sum(text.runs for text in texts)


class _Wiring:
    """Gives the bench to the fixtures, and takes the scenarios when the session ends."""

    def __init__(
        self, bench: Bench | Instrument, kept: list[ScenarioResult], mask: Mask, command: str, expected: int | None
    ) -> None:
        self.bench, self.kept, self.mask, self.command, self.expected = bench, kept, mask, command, expected

    def pytest_configure(self, config: pytest.Config) -> None:
        if isinstance(self.bench, Bench):
            config.stash[BENCH] = self.bench
        else:
            config.stash[INSTRUMENT] = self.bench
        config.stash[plugin.SINK] = self.kept.extend
        config.stash[allure_bridge.MASK] = self.mask
        config.stash[plugin.CLOCK] = self.bench.clock
        config.stash[plugin.KEPT] = ended(results_in(self.bench.journal))
        if self.expected is not None:
            config.stash[plugin.EXPECTED] = self.expected
        config.stash[plugin.REPLAY] = lambda ident: f"{self.command} -- {shlex.quote(ident)}"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write a scenario's end in the journal as it comes: a campaign that is killed keeps it."""
        if (result := plugin.scenario_of(report)) is not None:
            keep(self.bench.journal, self.bench.clock(), result)


def report(result: CampaignResult, folder: Path, journal: Journal, wanted: Wanted, secrets: tuple[str, ...]) -> None:
    """Write every form of the report, and say where it stands."""
    from annexe5 import evidence  # noqa: PLC0415 -- heavy, and needed once

    evidence.write_all(result, folder, bytes_of=journal.data, lang=wanted.lang, redact=wanted.redact, secrets=secrets)
    counts = {verdict: sum(one.verdict is verdict for one in result.scenarios) for verdict in Verdict}
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    print(f"\nVerdict : {result.verdict} ({told})\nRapport : {folder / 'rapport.html'}", file=sys.stderr)  # noqa: T201
    print("Exigences :", file=sys.stderr)  # noqa: T201
    for verdict in Verdict:
        idents = [one.id for one in result.requirements if one.verdict is verdict]
        if idents:
            print(f"  {len(idents):3} {verdict} : {' '.join(idents)}", file=sys.stderr)  # noqa: T201
    for one in result.requirements:
        if one.verdict in (Verdict.NON_CONFORME, Verdict.EN_ATTENTE, Verdict.ERREUR_CONFIGURATION):
            orders = sorted({order for finding in one.findings for order in finding.orders})
            concerned = f" – commandes {', '.join(orders[:12])}" if orders else ""
            print(f"  {one.id} : {one.verdict}{concerned}", file=sys.stderr)  # noqa: T201


def claim_folder(folder: Path) -> Path:
    """Make the report's folder; one that holds anything else than an earlier report of ours is refused."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--report {folder} : c'est un fichier ; donnez un dossier.")
    folder.mkdir(parents=True, exist_ok=True)
    entries = _entries(folder)
    if entries and not entries & {RESULTS_FILE, JOURNAL_FILE}:
        raise UsageError(
            f"--report {folder} : le dossier n'est pas vide et n'est pas un rapport ; choisissez-en un autre."
        )
    return folder


def clear_folder(folder: Path) -> None:
    """Let an earlier report go."""
    for name in _entries(folder):
        path = folder / name
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _entries(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()} - {"README.md", LOCK_FILE}


def _notes(bench: Bench | Instrument, simulated: bool, wanted: Wanted) -> tuple[str, ...]:
    notes = []
    if simulated:
        by = bench.channel.upper()
        notes.append(f"Partie simulée : le jumeau {wanted.party.upper()} de la suite, par {by} sur cette machine.")
    if wanted.defects:
        notes.append(f"Défauts donnés au jumeau : {', '.join(wanted.defects)}.")
    if not isinstance(bench, Bench):
        return tuple(notes)
    if getattr(bench.client, "legacy", False):
        notes.append("Serveur limité aux signatures SHA-1 : joint par le client de secours (réserve de sécurité).")
    if bench.ignored:
        notes.append(
            f"Fichiers présents dans OUT avant la campagne, laissés en place : {', '.join(sorted(bench.ignored))}."
        )
    return tuple(notes)


def _command_base(wanted: Wanted) -> str:
    target = f" --target {wanted.target}" if wanted.target else "".join(f" --defect {one}" for one in wanted.defects)
    channel = f" --channel {wanted.channel}" if wanted.channel else ""
    return f"annexe5 certify {wanted.party}{target}{channel}"
