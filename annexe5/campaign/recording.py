"""What a scenario gathers while it runs, and what the way it ended means for the party under test."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from annexe5.campaign.gherkin import is_ours, short_path
from annexe5.campaign.results import ScenarioResult, StepResult, StepStatus
from annexe5.campaign.verdicts import EnAttente, Ending, NonConforme, summary
from annexe5.errors import ConfigurationError
from annexe5.findings import Finding, Severity, Verdict

_FAILING = (Verdict.NON_CONFORME, Verdict.ERREUR_CONFIGURATION)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a scenario as it was seen, not masked yet: name, bytes, media type."""

    name: str
    content: bytes
    media_type: str = "text/csv"


class ScenarioRecord:
    """What a scenario gathers while it runs."""

    def __init__(self, planned: ScenarioResult, started: datetime) -> None:
        self.planned = planned
        self.started = started
        self.findings: list[Finding] = []
        self.orders: list[str] = []
        self.exchanges: list[int] = []
        self.attachments: list[Attachment] = []
        self.steps: list[StepResult] = list(planned.steps)
        self._last_acts: list[Callable[[], object]] = []
        self._clock = time.perf_counter()
        self._endings: list[tuple[Verdict, str]] = []
        self._waiting: EnAttente | None = None
        self._failed = False
        self._at = -1
        self._step_started = 0.0
        self._findings_before = 0

    # What steps and the bench say

    def add_findings(self, findings: Iterable[Finding]) -> None:
        """Record findings and go on; an error among them makes the scenario ``non conforme`` when it ends."""
        self.findings += [finding for finding in findings if finding not in self.findings]

    def judge(self, findings: Iterable[Finding]) -> None:
        """Record findings, and stop here (NonConforme) when one of them is an error."""
        given = tuple(findings)
        self.add_findings(given)
        if any(finding.severity is Severity.ERROR for finding in given):
            raise NonConforme(given)

    def add_order(self, reference: str) -> None:
        """Record that the scenario used an order."""
        self.orders.append(reference)

    def add_exchange(self, number: int) -> None:
        """Record that the scenario sent or saw an exchange, by its number in the journal."""
        self.exchanges.append(number)

    def attach(self, name: str, content: bytes, media_type: str = "text/csv") -> None:
        """Give a file to the Allure report; it is masked there, or left out when nobody gave a mask."""
        self.attachments.append(Attachment(name, content, media_type))

    def at_end(self, act: Callable[[], object]) -> None:
        """Do something once the steps have ended, however they did, before the verdict is settled."""
        self._last_acts.append(act)

    # What pytest says

    def step_begins(self) -> None:
        """Turn to the next step."""
        self._at += 1
        self._step_started = time.perf_counter()
        self._findings_before = len(self.findings)

    def step_ends(self, error: BaseException | None = None) -> None:
        """Close the step at hand: failed when an error was raised or found in it."""
        found = [one for one in self.findings[self._findings_before :] if one.severity is Severity.ERROR]
        status, said = StepStatus.PASSED, ""
        if error is not None:
            verdict, said = judge_error(error)
            status = StepStatus.FAILED if verdict in _FAILING else StepStatus.NOT_RUN
        elif found:
            status, said = StepStatus.FAILED, summary(found)
        duration = time.perf_counter() - self._step_started
        self.steps[self._at] = replace(self.steps[self._at], status=status, duration=duration, error=said)

    def last_acts(self) -> None:
        """Do what ``at_end`` was given, once each."""
        while self._last_acts:
            self._last_acts.pop(0)()

    def refuse_errors(self) -> None:
        """Raise NonConforme when an error was found and pytest has not been told yet."""
        if not self._failed and any(one.severity is Severity.ERROR for one in self.findings):
            raise NonConforme(self.findings)

    def ended_by(self, error: BaseException) -> Verdict:
        """Keep what ended a phase of the scenario, and give the verdict so far."""
        if isinstance(error, NonConforme):
            self.add_findings(error.findings)
        if isinstance(error, EnAttente):
            self._waiting = error
        self._endings.append(judge_error(error))
        self._failed = self._failed or self.verdict in _FAILING
        return self.verdict

    @property
    def verdict(self) -> Verdict:
        """The verdict so far: how it ended, or what was found when that is worse."""
        worst = [verdict for verdict in _WORST_FIRST if verdict in {ending for ending, _ in self._endings}]
        severities = {finding.severity for finding in self.findings}
        if worst and worst[0] is Verdict.ERREUR_CONFIGURATION:
            return worst[0]
        if Severity.ERROR in severities:
            return Verdict.NON_CONFORME
        if worst:
            return worst[0]
        return Verdict.RESERVE if Severity.RESERVE in severities else Verdict.CONFORME

    @property
    def message(self) -> str:
        """One sentence for the reader; empty when all is well."""
        verdict = self.verdict
        for ending, said in self._endings:
            if ending is verdict:
                return said.strip().split("\n")[0]
        return summary(self.findings) if verdict in (Verdict.NON_CONFORME, Verdict.RESERVE) else ""

    def result(self) -> ScenarioResult:
        """Give the scenario as it ran."""
        waiting = self._waiting if self.verdict is Verdict.EN_ATTENTE else None
        return replace(
            self.planned,
            verdict=self.verdict,
            started=self.started,
            duration=time.perf_counter() - self._clock,
            steps=tuple(self.steps),
            findings=tuple(self.findings),
            orders=tuple(dict.fromkeys(self.orders)),
            exchanges=tuple(dict.fromkeys(self.exchanges)),
            message=self.message,
            until=waiting.until if waiting else None,
            awaits=waiting.awaits if waiting else "",
        )


_WORST_FIRST = (
    Verdict.ERREUR_CONFIGURATION,
    Verdict.NON_CONFORME,
    Verdict.EN_ATTENTE,
    Verdict.BLOQUE,
    Verdict.NON_APPLICABLE,
    Verdict.NON_TESTE,
)


class Recorder:
    """Where steps and the bench find the scenario that runs (one at a time in a process)."""

    def __init__(self) -> None:
        self.active: ScenarioRecord | None = None

    @property
    def current(self) -> ScenarioRecord:
        """The scenario that runs; LookupError between scenarios."""
        if self.active is None:
            raise LookupError("aucun scénario n'est en cours.")
        return self.active


def judge_error(error: BaseException) -> tuple[Verdict, str]:
    """Say what an exception means for the party under test, and tell it to a reader.

    What is neither a verdict, nor a failed check, nor a configuration error is a defect of the suite: it says nothing
    of the party, and is shown as such.
    """
    if isinstance(error, Ending):
        return error.verdict, error.message
    if isinstance(error, ConfigurationError):
        return Verdict.ERREUR_CONFIGURATION, str(error)
    if isinstance(error, AssertionError | pytest.fail.Exception):
        return Verdict.NON_CONFORME, _assertion(error)
    if isinstance(error, pytest.skip.Exception):
        return Verdict.NON_TESTE, str(error)
    said = str(error).strip().split("\n")[0]
    return Verdict.ERREUR_CONFIGURATION, f"Défaut de la suite : {type(error).__name__} : {said} ({_place(error)})"


def _assertion(error: BaseException) -> str:
    """Give the author's message of a failed check; without one, what pytest made of the expression."""
    said = str(error).strip()
    message, _, _ = said.partition("\nassert ")
    if said and not said.startswith("assert "):
        return message.strip()
    return f"Vérification non satisfaite : {said.removeprefix('assert ') or _place(error)}"


def _place(error: BaseException) -> str:
    """Give the file and line of the suite where an exception arose."""
    frames = traceback.extract_tb(error.__traceback__)
    last = ([frame for frame in frames if is_ours(frame.filename)] or frames)[-1:]
    return f"{short_path(last[0].filename)}:{last[0].lineno}" if last else "lieu inconnu"
