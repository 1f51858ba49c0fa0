"""Fixtures of features/oc: one instrument a session, one scene a scenario."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from annexe5.campaign.drivers import PersonDriver
from annexe5.campaign.instrument import Instrument
from annexe5.campaign.oc_mail import OcMailScene
from annexe5.campaign.oc_scene import OcScene
from annexe5.campaign.oc_service_scene import OcServiceScene
from annexe5.campaign.pm_oc_scene import PmOcScene
from annexe5.campaign.recording import ScenarioRecord

INSTRUMENT: pytest.StashKey[Instrument] = pytest.StashKey()


@pytest.fixture(scope="session")
def instrument(request: pytest.FixtureRequest) -> Iterator[Instrument]:
    """Give the instrument that ``annexe5 certify`` set up, or one before the twin when pytest runs by itself."""
    ready = request.config.stash.get(INSTRUMENT, None)
    if ready is not None:
        yield ready
        return
    from annexe5.campaign.journal import IN_MEMORY, Journal  # noqa: PLC0415
    from annexe5.campaign.oc_certification import Opening, open_instrument  # noqa: PLC0415 -- it needs no pytest

    with Journal(IN_MEMORY) as journal, open_instrument(Opening(), journal) as (made, _, _):
        yield made


@pytest.fixture
def oc_scene(instrument: Instrument, scenario_record: ScenarioRecord) -> Iterator[OcScene]:
    """Give a scenario its scene; then record what was seen of the OC, and let the OI be an ordinary one again."""
    played = OcScene(instrument)
    if isinstance(instrument.driver, PersonDriver):
        instrument.herald.tell(f"\n■ {scenario_record.planned.name}")
    scenario_record.at_end(lambda: record_oc_scene(played, scenario_record))
    yield played
    instrument.reset()


@pytest.fixture
def oc_services(oc_scene: OcScene) -> OcServiceScene:
    """Give a scenario what it sees of the OC's calls to our web services."""
    return OcServiceScene(oc_scene)


@pytest.fixture
def oc_mail(oc_scene: OcScene) -> Iterator[OcMailScene]:
    """Give a scenario what it sees of the OC's mail; our mail server then puts nothing off any more."""
    scene = OcMailScene(oc_scene)
    yield scene
    if scene.instrument.boxes is not None:
        scene.defer(0)


@pytest.fixture
def pm_oc_scene(instrument: Instrument, scenario_record: ScenarioRecord) -> Iterator[PmOcScene]:
    """Give a scenario of the PM process its scene; then record what was seen of the OC."""
    played = PmOcScene(instrument)
    scenario_record.at_end(lambda: record_pm_oc_scene(played, scenario_record))
    yield played
    instrument.reset()


def record_pm_oc_scene(played: PmOcScene, record: ScenarioRecord) -> None:
    """Hand over the PM files of the OC, and every finding against it."""
    record.add_findings(played.findings)
    for one in played.files():
        record.add_exchange(one.exchange.number)
        record.attach(one.exchange.name, one.exchange.data)
        record.add_findings(one.findings)


def record_oc_scene(played: OcScene, record: ScenarioRecord) -> None:
    """Hand over the orders, exchanges and files of a scene, and every finding against the OC."""
    instrument = played.instrument
    references = [order.reference for order in played.orders]
    for reference in references:
        record.add_order(reference)
    for one in instrument.concerning(references, since=played.start):
        record.add_exchange(one.exchange.number)
        record.attach(one.exchange.name, one.exchange.data)
    record.add_findings(played.findings)
    for one in played.files():
        record.add_findings(one.findings)
    for judged in instrument.judge(references).values():
        record.add_findings(judged.findings)
