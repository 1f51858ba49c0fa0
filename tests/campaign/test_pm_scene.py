"""The PM process certified: what is not declared, what is not due yet, and a few defects under their clause."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from annexe5.campaign.pm_scene import PmScene
from annexe5.campaign.target import PmTarget
from annexe5.campaign.trials import GOOD, trial
from annexe5.campaign.verdicts import EnAttente, NonApplicable
from annexe5.parties.defects import load_defects


def a_bench(pm: PmTarget | None = None) -> SimpleNamespace:
    now = datetime(2026, 11, 25, 9, tzinfo=UTC)
    return SimpleNamespace(
        target=SimpleNamespace(pm=pm), observations=[], opened=now, clock=lambda: now, leap=None, settle=lambda: None
    )


def test_an_oi_that_declares_no_pm_protocol_is_not_judged_on_it():
    with pytest.raises(NonApplicable, match="PM"):
        PmScene(a_bench())


def test_a_monday_to_come_is_awaited_until_noon():
    with pytest.raises(EnAttente) as caught:
        PmScene(a_bench(PmTarget())).weeks(1)
    assert f"{caught.value.until:%Y-%m-%d %H:%M}" == "2026-11-30 12:00"


@pytest.mark.parametrize(
    ("defect", "feature"),
    [
        ("pm-ipe-recul", "ipe"),
        ("pm-ipe-oublie", "ipe"),
        ("pm-plan-nom", "info_pm"),
        ("pm-syndic-tard", "syndic"),
        ("pm-craddu-oublie", "adduction"),
    ],
)
def test_a_defect_falls_under_its_clause_alone(defect, feature):
    seen = trial("oi", defect, (f"features/pm/{feature}.feature",))
    assert (seen.code, seen.error) == (1, "")
    assert set(seen.broken) == set(load_defects()[defect].requirements)


def test_the_good_oi_is_conforme_on_the_whole_process():
    names = ("adduction", "cpn", "info_pm", "interventions", "ipe", "syndic")
    assert trial("oi", GOOD, tuple(f"features/pm/{name}.feature" for name in names)).code == 0
