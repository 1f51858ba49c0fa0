"""What a campaign leaves behind: frozen facts that every report is a pure function of.

Written once as ``resultats.json`` beside the journal; ``load`` gives back what ``save`` wrote. Times are aware,
durations in seconds, requirement ids those of requirements.csv.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from annexe5.errors import ConfigurationError
from annexe5.findings import Confidence, Finding, Verdict

RESULTS_FILE = "resultats.json"


class StepStatus(StrEnum):
    """How a Gherkin step ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class StepResult:
    """One Gherkin step as it ran: ``keyword`` (``Quand``), ``text``, duration in seconds, ``error`` for a reader."""

    keyword: str
    text: str
    status: StepStatus
    duration: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """One scenario (one row of a Plan du scénario) as it ran.

    ``feature_path`` is relative to the suite, ``line`` in it; ``parameters`` the row of Exemples; ``requirements``
    the tags that are clause ids; ``parties`` who is bound (OI, OC); ``orders`` the references it used; ``exchanges``
    their numbers in the journal; ``message`` one sentence when the verdict is not ``conforme``; ``replay`` the
    command that runs this scenario alone; ``awaits`` who owes what, and ``until`` when, while it is ``en attente``.
    """

    id: str
    feature: str
    feature_path: str
    line: int
    name: str
    verdict: Verdict
    started: datetime
    duration: float
    rule: str = ""
    description: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    steps: tuple[StepResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    orders: tuple[str, ...] = ()
    exchanges: tuple[int, ...] = ()
    message: str = ""
    replay: str = ""
    until: datetime | None = None
    awaits: str = ""


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """One arrow of an order's sequence diagram: who to whom, which flow, outcome in a word, file and line.

    ``came`` is when it came as far as deadlines go, where that is not ``at``: nobody is late for being looked at late.
    """

    at: datetime
    sender: str
    receiver: str
    flow: str
    outcome: str
    file: str
    line: int
    exchange: int
    requirement: str = ""
    came: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderResult:
    """One order over the whole campaign: its last state (words of life_cycle.toml), its arrows, what broke."""

    reference: str
    mode: str
    role: str
    state: str
    events: tuple[OrderEvent, ...]
    findings: tuple[Finding, ...] = ()
    scenario: str = ""


@dataclass(frozen=True, slots=True)
class FileResult:
    """One file seen on the wire: journal number, name, flow, direction, size, digest and what its judges said."""

    exchange: int
    at: datetime
    name: str
    folder: str
    flow: str
    sender: str
    receiver: str
    channel: str
    size: int
    digest: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class RequirementResult:
    """One clause in this campaign: verdict, the scenarios that tried it, findings against it, why when not run."""

    id: str
    verdict: Verdict
    scenarios: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    confidence: Confidence = Confidence.CONTRACT


@dataclass(frozen=True, slots=True)
class CampaignResult:
    """A whole campaign.

    ``party`` is who was under test (``oi`` or ``oc``), ``target`` one line about it (never a secret), ``command`` the
    command line that ran it, ``versions`` of the libraries that judged, ``notes`` what a reader must know
    (twin under test, legacy client used, clock). ``subject`` is the name, product and version under test,
    ``capabilities`` what it declares it can do, ``secrets`` the references (``env:…``, ``file:…``) of what no report
    may show: never the secrets themselves.
    """

    suite_version: str
    profile: str
    profile_title: str
    party: str
    target: str
    simulated: bool
    oi: str
    oc: str
    started: datetime
    ended: datetime
    verdict: Verdict
    scenarios: tuple[ScenarioResult, ...]
    orders: tuple[OrderResult, ...]
    files: tuple[FileResult, ...]
    requirements: tuple[RequirementResult, ...]
    command: str = ""
    seed: int = 0
    versions: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = field(default=())
    subject: tuple[str, str, str] = ("", "", "")
    capabilities: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


_ADAPTER = TypeAdapter(CampaignResult)


def save(result: CampaignResult, folder: Path) -> Path:
    """Write ``resultats.json`` in a folder, whole or not at all."""
    path = folder / RESULTS_FILE
    partial = path.with_suffix(".json.part")
    partial.write_bytes(_ADAPTER.dump_json(result, indent=1))
    partial.replace(path)
    return path


def load(folder: Path) -> CampaignResult:
    """Read back what ``save`` wrote; ConfigurationError when there is nothing to read."""
    path = folder / RESULTS_FILE
    try:
        return _ADAPTER.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ConfigurationError(f"{path} : résultats illisibles ({str(error).splitlines()[0]}).") from None
