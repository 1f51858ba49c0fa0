"""Campaigns of weeks on the virtual clock: they wait, they are killed, they go on, and judge as if nothing had been."""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from annexe5.campaign.journal import Journal
from annexe5.campaign.scene import Scene
from annexe5.findings import Verdict
from tests.campaign.weeks import START, Fate, Weeks


def made_available(scene: Scene) -> None:
    scene.prepare("eligible")
    scene.place()
    scene.acknowledged()
    scene.in_time("AR_CMD")
    scene.routed()
    scene.in_time("CR_CMD")
    scene.work_order()
    scene.report("OK")
    scene.made_available()
    scene.in_service()
    scene.state_is("en service")


def rejected(scene: Scene) -> None:
    scene.prepare("adresse_inconnue")
    scene.place()
    scene.rejected_at_ar("FADR01")
    scene.silence()


def three_in_a_file(scene: Scene) -> None:
    scene.prepare("eligible", 3)
    scene.place_all()
    scene.all_acknowledged()
    scene.all_routed()


def cancelled(scene: Scene) -> None:
    scene.prepare("eligible")
    scene.place()
    scene.routed()
    scene.cancel()
    scene.cancelled("ANNUL")
    scene.silence()
    scene.cancel()
    scene.cancellation_refused("FIMP16")


def never_subcontracted(scene: Scene) -> None:
    scene.prepare("eligible_mode_oi")
    scene.place()
    scene.acknowledged()
    scene.never_sends("Cmd_STOC")
    scene.made_available()


SCENARIOS = {one.__name__: one for one in (made_available, rejected, three_in_a_file, cancelled, never_subcontracted)}


def told(results):
    return {ident: (one.verdict, sorted(finding.rule for finding in one.findings)) for ident, one in results.items()}


@pytest.mark.parametrize(
    ("pace", "verdict", "rules"),
    [
        ("tenu", Verdict.CONFORME, set()),
        ("juste", Verdict.CONFORME, set()),
        ("ar-retard", Verdict.RESERVE, {"CYC-DELAI-AR"}),
        ("retard", Verdict.NON_CONFORME, {"CYC-DELAI", "CYC-DELAI-AR"}),
    ],
)
def test_every_deadline_met_just_met_just_missed(tmp_path, pace, verdict, rules):
    weeks = Weeks(tmp_path, pace)
    results = weeks.campaign(SCENARIOS)
    assert results["made_available"].verdict is verdict, results["made_available"].message
    assert {finding.rule for one in results.values() for finding in one.findings} == rules
    assert (weeks.clock.now() - START).days >= (3 if verdict is Verdict.NON_CONFORME else 21)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Give the campaign that nobody kills, what it sent, and how many points it passed."""
    weeks, fate = Weeks(tmp_path_factory.mktemp("entiere")), Fate()
    return told(weeks.campaign(SCENARIOS, fate)), sent(weeks), fate.passed


def sent(weeks):
    """Count the rows the OI received, by flow and state of its book; no reference of ours is in it."""
    return Counter(one.name.split("_")[4] for one in weeks.peer.received), sorted(
        order.state for order in weeks.peer.twin.book.orders.values()
    )


def check(weeks, results, whole):
    verdicts, files, _ = whole
    assert told(results) == verdicts
    assert sent(weeks) == files
    assert weeks.sane()
    assert not weeks.peer.twin.incidents
    with Journal(weeks.journal) as journal:
        written = [one.name for one, _ in journal.exchanges() if one.sender == "ZZZZ"]
        heard = [one.name for one, _ in journal.exchanges() if one.sender == "COVG"]
    assert sorted(written) == sorted(one.name for one in weeks.peer.received)
    assert len(set(written)) == len(written)
    assert len(set(heard)) == len(heard)


DEATHS = int(os.environ.get("ANNEXE5_DEATHS", "25"))


@settings(
    max_examples=DEATHS,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # a failing set of points says enough, and shrinking one takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_killed_anywhere_and_resumed_it_judges_the_same_and_sends_nothing_twice(whole, tmp_path_factory, data):
    deadly = data.draw(st.sets(st.integers(1, whole[2]), min_size=1, max_size=4))
    weeks = Weeks(tmp_path_factory.mktemp("tuee"))
    check(weeks, weeks.campaign(SCENARIOS, Fate(deadly)), whole)
