"""Fixtures of the features: one bench a session, one scene a scenario."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from annexe5.campaign.account_scene import AccountScene
from annexe5.campaign.bench import Bench
from annexe5.campaign.pm_scene import PmScene
from annexe5.campaign.recording import ScenarioRecord
from annexe5.campaign.scene import Scene

_ATTACHED = 100_000  # bytes: an IPE is in the journal, not in each scenario that looks at it
BENCH: pytest.StashKey[Bench] = pytest.StashKey()


@pytest.fixture(scope="session")
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Give the bench that ``annexe5 certify`` set up, or one on the twin when pytest runs the features by itself."""
    ready = request.config.stash.get(BENCH, None)
    if ready is not None:
        yield ready
        return
    from annexe5.campaign.certification import Wanted, open_bench  # noqa: PLC0415 -- it imports this module
    from annexe5.campaign.journal import JOURNAL_FILE, Journal  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="annexe5-banc-") as name:
        wanted = Wanted(party="oi", target=None, report=Path(name))
        with Journal(Path(name) / JOURNAL_FILE) as journal, open_bench(wanted, journal) as (made, _, _):
            yield made


@pytest.fixture
def scene(bench: Bench, scenario_record: ScenarioRecord) -> Scene:
    """Give a scenario its scene; when its steps have ended, record what was seen and what the oracle says of it."""
    bench.memory.turn_to(scenario_record.planned.id)
    played = Scene(bench)
    scenario_record.at_end(lambda: record_scene(played, scenario_record))
    return played


@pytest.fixture
def account(bench: Bench, scenario_record: ScenarioRecord) -> AccountScene:
    """Give a scenario its scene at the door of the OI's server; what it found is recorded when its steps have ended."""
    played = AccountScene(bench)
    scenario_record.at_end(lambda: scenario_record.add_findings(played.findings))
    return played


@pytest.fixture
def pm_scene(bench: Bench, scenario_record: ScenarioRecord) -> PmScene:
    """Give a scenario of the PM process its scene; when its steps have ended, record what was seen."""
    played = PmScene(bench)
    scenario_record.at_end(lambda: record_pm_scene(played, scenario_record))
    return played


def record_pm_scene(played: PmScene, record: ScenarioRecord) -> None:
    """Hand over the files of a PM scene, and every finding against the OI."""
    seen = [*played.sent, *played.files()]
    for one in sorted(seen, key=lambda one: one.exchange.number):
        record.add_exchange(one.exchange.number)
        if len(one.exchange.data) <= _ATTACHED:
            record.attach(one.exchange.name, one.exchange.data)
    record.add_findings(played.findings)
    for one in played.files():
        record.add_findings(one.findings)


def record_scene(played: Scene, record: ScenarioRecord) -> None:
    """Hand over the orders, exchanges and files of a scene, and every finding against the party under test."""
    bench = played.bench
    references = [order.reference for order in played.orders]
    for order in references:
        record.add_order(order)
    seen = [*played.sent, *played.files()]
    for one in sorted(seen, key=lambda one: one.exchange.number):
        record.add_exchange(one.exchange.number)
        record.attach(one.exchange.name, one.exchange.data)
    for one in played.files():
        record.add_findings(one.findings)
    record.add_findings(played.judged)
    for judged in bench.judge(references).values():
        record.add_findings(judged.findings)
