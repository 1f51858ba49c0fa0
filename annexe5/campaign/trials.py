"""A trial: one twin, with one wrong behaviour or none, certified whole over its real server; what fell, and where.

The same scenarios and the same judge as ``annexe5 certify``, without the report. Trials share a process: what the suite
reads and compiles once serves all of them.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Literal

from pydantic import TypeAdapter

from annexe5.campaign import certification as certify
from annexe5.campaign.assemble import Frame, assemble
from annexe5.campaign.journal import IN_MEMORY, Journal
from annexe5.campaign.results import CampaignResult
from annexe5.campaign.standing import utc_now
from annexe5.contract import rules
from annexe5.contract.paths import suite_root
from annexe5.errors import ConfigurationError
from annexe5.findings import Severity, Verdict, exit_code

Party = Literal["oi", "oc"]
GOOD = ""  # the twin without any defect
_TOO_LONG_S = 180
_EACH = 60  # trials a worker does before a fresh one takes over
# What pytest does for the authors of tests and nobody reads here: a third of the time.
_LEAN = ("unraisableexception", "threadexception", "logging", "warnings", "faulthandler", "capture", "junitxml")


@dataclass(frozen=True, slots=True)
class Fall:
    """One clause not conforming: the rules broken under it (none: a step said so), the scenarios that saw it."""

    requirement: str
    rules: tuple[str, ...]
    scenarios: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """One twin certified: the exit code, the clauses that fell, or what kept it from being judged."""

    party: Party
    id: str
    code: int
    falls: tuple[Fall, ...] = ()
    error: str = ""
    seconds: float = 0.0

    @property
    def broken(self) -> tuple[str, ...]:
        """The clauses not conforming."""
        return tuple(one.requirement for one in self.falls)


@cache
def features(party: Party) -> tuple[str, ...]:
    """List the feature files that hold a scenario for a party."""
    root = suite_root()
    found = sorted((root / "features").rglob("*.feature"))
    return tuple(
        path.relative_to(root).as_posix() for path in found if f"@{party}" in path.read_text(encoding="utf-8").split()
    )


def trial(party: Party, ident: str, chosen: Sequence[str] = ()) -> Trial:
    """Certify one twin in this process; ``chosen`` are features or scenarios, all those of the party when empty."""
    lean = tuple(word for name in _LEAN for word in ("-p", f"no:{name}"))
    wanted = certify.Wanted(
        party,
        None,
        Path(),
        defects=(ident,) if ident else (),
        pytest_args=(*(chosen or features(party)), "-q", "--tb=no", *lean),
        allure=False,
    )
    began = time.perf_counter()
    try:
        with (
            _no_longer_than(_TOO_LONG_S),
            tempfile.TemporaryDirectory(prefix="annexe5-preuve-") as folder,
            Journal(IN_MEMORY) as journal,
            certify.open_chair(wanted, journal) as (bench, simulated, secrets),
        ):
            started = utc_now()
            scenarios = certify.play(bench, wanted, Path(folder), secrets)
            frame = Frame(party, simulated, started, utc_now(), "", wanted.seed, ())
            result = assemble(bench, scenarios, frame)
    except ConfigurationError as error:
        return Trial(party, ident, 2, error=f"{type(error).__name__}: {error}", seconds=_since(began))
    except Exception as error:  # noqa: BLE001 -- one twin that breaks the suite must not hide the others
        return Trial(party, ident, -1, error=f"{type(error).__name__}: {error}", seconds=_since(began))
    return Trial(party, ident, exit_code(result.verdict), falls_of(result), seconds=_since(began))


def falls_of(result: CampaignResult) -> tuple[Fall, ...]:
    """Give the clauses that fell, each with the rules and scenarios that say so."""
    seen: dict[str, set[str]] = defaultdict(set)
    for scenario in result.scenarios:
        if scenario.verdict is Verdict.NON_CONFORME:
            errors = {one.requirement for one in scenario.findings if one.severity is Severity.ERROR}
            for clause in errors or scenario.requirements:
                seen[clause].add(scenario.id)
    return tuple(
        Fall(
            one.id,
            tuple(sorted({told.rule for told in one.findings if told.severity is Severity.ERROR})),
            tuple(sorted(seen[one.id])),
        )
        for one in result.requirements
        if one.verdict is Verdict.NON_CONFORME
    )


def _since(began: float) -> float:
    return round(time.perf_counter() - began, 2)


@contextmanager
def _no_longer_than(seconds: int) -> Iterator[None]:
    """Give a twin that answers no more a few minutes, then go on with the next."""

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"jumeau encore au travail après {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


# --- many -----------------------------------------------------------------------------------------------------------

Key = tuple[Party, str]


def run(
    wanted: Sequence[Key],
    *,
    workers: int,
    played: Callable[[Key], Sequence[str]] = lambda _: (),
    kept: Path | None = None,
    disabled: Sequence[str] = (),
    told: Callable[[Trial, int, int], None] = lambda _one, _done, _all: None,
) -> dict[Key, Trial]:
    """Certify twins, some at a time; those that ``kept`` holds from a run that was stopped are not certified again.

    ``played`` gives the features of each (none: all of its party's). ``disabled`` rules judge nothing: what survives
    without them shows what they are for.
    """
    seen = {key: one for key, one in _earlier(kept).items() if key in wanted}
    left = [key for key in wanted if key not in seen]
    context = multiprocessing.get_context("spawn")
    with context.Pool(
        min(workers, len(left)) or 1, initializer=_begin, initargs=(tuple(disabled),), maxtasksperchild=_EACH
    ) as pool:
        for one in pool.imap_unordered(_each, [(*key, tuple(played(key))) for key in left]):
            seen[one.party, one.id] = one
            if kept is not None:
                with kept.open("ab") as file:
                    file.write(_ONE.dump_json(one) + b"\n")
            told(one, len(seen), len(wanted))
    return {key: seen[key] for key in wanted}


_ONE = TypeAdapter(Trial)


def _each(asked: tuple[Party, str, tuple[str, ...]]) -> Trial:
    return trial(*asked)


def _earlier(kept: Path | None) -> Mapping[Key, Trial]:
    if kept is None or not kept.exists():
        return {}
    found = map(_ONE.validate_json, kept.read_bytes().splitlines())
    return {(one.party, one.id): one for one in found}


def _begin(disabled: tuple[str, ...]) -> None:
    """Let a worker say nothing of its certifications: their results are told."""
    rules.disable(disabled)
    sink = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(sink, stream)
