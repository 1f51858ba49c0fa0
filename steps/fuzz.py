"""Steps of the scenarios that ``annexe5 fuzz --scenario`` writes."""

from pathlib import Path

from pytest_bdd import parsers, then, when

from annexe5.campaign.scene import Scene
from annexe5.fuzz.replay import must_hold, replay


@when(parsers.parse('l\'OC rejoue le cas "{path}"'), target_fixture="found")
def case_replayed(scene: Scene, path: str):
    return replay(scene.bench, Path(path))


@then("l'OI le traite comme le dit le contrat")
def case_well_handled(found: tuple):
    must_hold(found)
