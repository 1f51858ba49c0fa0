"""Records what ran: one ``ScenarioResult`` a run, whatever became of it, and pytest's own outcome in agreement.

Steps and the bench write into ``recorder.current``; the verdict comes from how the scenario ended and from the findings
it gathered. Under xdist each result travels on its teardown report, so the process that holds the session has them all.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter

from annexe5.campaign.gherkin import ScenarioItem, sentence
from annexe5.campaign.recording import Recorder, ScenarioRecord
from annexe5.campaign.results import ScenarioResult, StepStatus
from annexe5.campaign.verdicts import Bloque, EnAttente, NonApplicable
from annexe5.findings import Verdict

Clock = Callable[[], datetime]

CLOCK: pytest.StashKey[Clock] = pytest.StashKey()
"""The clock that dates scenarios; the system's when absent."""
SINK: pytest.StashKey[Callable[[tuple[ScenarioResult, ...]], object]] = pytest.StashKey()
"""Called once with every result, in the order of collection, when the session ends."""
EXPECTED: pytest.StashKey[int] = pytest.StashKey()
"""How many runs must be collected, all told; anything else stops pytest (a suite found twice, or half)."""
KEPT: pytest.StashKey[Mapping[str, ScenarioResult]] = pytest.StashKey()
"""Results of runs that have ended in an earlier session of the campaign: not run again, told as they were."""
REPLAY: pytest.StashKey[Callable[[str], str]] = pytest.StashKey()
"""Gives the command that runs alone the scenario of an id; plain pytest when absent."""
RESULTS: pytest.StashKey[tuple[ScenarioResult, ...]] = pytest.StashKey()
"""What the sink received, for whoever holds the configuration."""
RESULT: pytest.StashKey[ScenarioResult] = pytest.StashKey()
"""On an item that has run: its result."""
RECORD: pytest.StashKey[ScenarioRecord] = pytest.StashKey()
"""On an item that runs or has run: what it gathered."""
RECORDER: pytest.StashKey[Recorder] = pytest.StashKey()
"""Where the scenario that runs is found, for those who have no fixture."""

_LEDGER: pytest.StashKey[_Ledger] = pytest.StashKey()
_ONE: TypeAdapter[ScenarioResult] = TypeAdapter(ScenarioResult)
_MANY: TypeAdapter[tuple[ScenarioResult, ...]] = TypeAdapter(tuple[ScenarioResult, ...])
_SKIPPED = (EnAttente, NonApplicable, Bloque)
_LEFT_OUT = "Non exécuté : écarté par la sélection (-m, -k)."
_STOPPED = "Non exécuté : la campagne s'est arrêtée avant."


def scenario_of(report: pytest.TestReport) -> ScenarioResult | None:
    """Give the result a report carries: that of a teardown does, of whatever process."""
    carried = getattr(report, "annexe5_result", None)
    return _ONE.validate_json(carried) if carried else None


# Fixtures


@pytest.fixture(scope="session")
def recorder(request: pytest.FixtureRequest) -> Recorder:
    """Give where findings, orders and exchanges are recorded."""
    return request.config.stash[RECORDER]


@pytest.fixture
def scenario_record(recorder: Recorder) -> ScenarioRecord:
    """Give the record of the scenario that runs."""
    return recorder.current


# Collecting


@dataclass(slots=True, eq=False)
class _Ledger:
    """Every run planned, by id and in order, and what became of it."""

    planned: dict[str, ScenarioResult] = field(default_factory=dict)
    ran: dict[str, ScenarioResult] = field(default_factory=dict)
    twice: set[str] = field(default_factory=set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a result as it comes, from this process or another."""
        if (result := scenario_of(report)) is not None:
            self.ran[result.id] = result

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Learn from a worker that ends what it had planned, were it nothing that ran."""
        carried = getattr(node, "workeroutput", {}).get("annexe5_plan")
        for result in _MANY.validate_json(carried) if carried else ():
            self.planned.setdefault(result.id, result)

    @property
    def plan(self) -> str:
        """Every run planned, as it travels between processes."""
        return _MANY.dump_json(tuple(self.planned.values())).decode()

    @property
    def results(self) -> tuple[ScenarioResult, ...]:
        known = self.planned | self.ran
        return tuple(self.ran.get(one, known[one]) for one in known)


def pytest_configure(config: pytest.Config) -> None:
    """Open the ledger and the recorder."""
    config.stash[_LEDGER] = _Ledger()
    config.pluginmanager.register(config.stash[_LEDGER], "annexe5-registre")
    config.stash[RECORDER] = Recorder()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Write a run in the ledger before anything can leave it out."""
    if isinstance(item, ScenarioItem):
        ledger = item.config.stash[_LEDGER]
        if item.run_id in ledger.planned:
            ledger.twice.add(item.run_id)
        ledger.planned[item.run_id] = item.planned(_STOPPED)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a suite collected twice or in part: a virtual environment inside a checkout did both."""
    ledger = config.stash[_LEDGER]
    if ledger.twice:
        raise pytest.UsageError(
            f"{len(ledger.twice)} scénarios sont collectés deux fois (« {min(ledger.twice)} »…) : "
            "donnez --confcutdir et --rootdir, ou ne citez chaque dossier qu'une fois."
        )
    expected = config.stash.get(EXPECTED, None)
    if expected is not None and expected != len(ledger.planned):
        raise pytest.UsageError(f"{expected} scénarios sont écrits, {len(ledger.planned)} sont collectés.")
    _leave_out_kept(config, ledger, items)


def _leave_out_kept(config: pytest.Config, ledger: _Ledger, items: list[pytest.Item]) -> None:
    kept = config.stash.get(KEPT, {})
    out = [item for item in items if isinstance(item, ScenarioItem) and item.run_id in kept]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]
    ledger.ran.update({ident: kept[ident] for ident in kept if ident in ledger.planned})


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Keep in the ledger what a selection leaves out."""
    for item in items:
        if isinstance(item, ScenarioItem):
            item.config.stash[_LEDGER].planned[item.run_id] = item.planned(_LEFT_OUT)


# Running


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Open a scenario's record around all its phases."""
    if not isinstance(item, ScenarioItem):
        return (yield)
    recorder = item.config.stash[RECORDER]
    now = item.config.stash.get(CLOCK, _utc_now)
    recorder.active = item.stash[RECORD] = ScenarioRecord(item.planned(), now())
    try:
        return (yield)
    finally:
        recorder.active = None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a scenario whose steps all passed when an error was found meanwhile."""
    record = item.stash.get(RECORD, None)
    if record is None:
        return (yield)
    try:
        outcome = yield
    finally:
        record.last_acts()
    record.refuse_errors()
    return outcome


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail likewise over an error that a fixture found while it was torn down."""
    outcome = yield
    if (record := item.stash.get(RECORD, None)) is not None:
        record.refuse_errors()
    return outcome


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Give pytest's report the verdict's outcome, and the last one of a scenario its result."""
    report = yield
    record = item.stash.get(RECORD, None)
    if record is None or not isinstance(item, ScenarioItem):
        return report
    if call.excinfo is not None:
        verdict = record.ended_by(call.excinfo.value)
        if isinstance(call.excinfo.value, _SKIPPED) and verdict is call.excinfo.value.verdict:
            report.outcome = "skipped"
            report.longrepr = (str(item.path), item.row.line, f"{verdict} : {record.message}")
        elif report.failed:
            report.longrepr = item.repr_failure(call.excinfo)  # pytest asks the item for the call's only
            report.sections.append(("Étapes", _told(record)))
    if call.when == "teardown":
        item.stash[RESULT] = record.result()
        report.annexe5_result = _ONE.dump_json(item.stash[RESULT]).decode()  # type: ignore[attr-defined]
    return report


def pytest_bdd_before_step(request: pytest.FixtureRequest) -> None:
    """Turn to the next step."""
    if (record := request.node.stash.get(RECORD, None)) is not None:
        record.step_begins()


def pytest_bdd_after_step(request: pytest.FixtureRequest) -> None:
    """Close a step that ran to its end."""
    if (record := request.node.stash.get(RECORD, None)) is not None:
        record.step_ends()


def pytest_bdd_step_error(request: pytest.FixtureRequest, exception: BaseException) -> None:
    """Close a step that raised."""
    if (record := request.node.stash.get(RECORD, None)) is not None:
        record.step_ends(exception)


# Ending


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand every result over; a blocked clause is not a pass, whatever pytest counted."""
    config, ledger = session.config, session.config.stash[_LEDGER]
    if hasattr(config, "workerinput"):
        told: dict[str, Any] = getattr(config, "workeroutput")  # noqa: B009 - xdist's, unknown to pytest's types
        told["annexe5_plan"] = ledger.plan
        return
    replay = config.stash.get(REPLAY, _plain_replay)
    results = tuple(replace(one, replay=replay(one.id)) for one in ledger.results)
    config.stash[RESULTS] = results
    if session.exitstatus == pytest.ExitCode.OK and any(one.verdict is Verdict.BLOQUE for one in results):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    sink = config.stash.get(SINK, None)
    if sink is not None and not config.option.collectonly:
        sink(results)


def _told(record: ScenarioRecord) -> str:
    """Tell the steps of a scenario that failed, for the terminal."""
    signs = {StepStatus.PASSED: "✔", StepStatus.FAILED: "✘", StepStatus.NOT_RUN: "·"}
    lines = [
        f"{signs[step.status]} {sentence(step)}" + (f"\n    {step.error}" if step.error else "")
        for step in record.steps
    ]
    return "\n".join([f"{record.planned.feature} – {record.planned.name}", *lines])


def _plain_replay(scenario: str) -> str:
    return f"pytest {shlex.quote(scenario)}"


def _utc_now() -> datetime:
    return datetime.now(UTC)
