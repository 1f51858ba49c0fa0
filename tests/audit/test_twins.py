"""What the live twins say to each other passes an audit without a word."""

from __future__ import annotations

from datetime import timedelta

import pytest

from annexe5.audit.moments import Source
from annexe5.campaign.journal import JOURNAL_FILE, Journal
from annexe5.parties.oc import OcTwin, Terrain
from annexe5.parties.oi import OiTwin, Pace
from tests.audit.conftest import audited, told
from tests.parties.conftest import NETWORK, PROFILE
from tests.parties.test_oc import Duet

ROLES = [
    "eligible", "pto_connue", "pto_inconnue", "reprov_a_chaud", "reprov_a_froid", "reprov_travaux", "eligible_mode_oi",
    "eligible_mode_oc", "adresse_inconnue", "adresse_gelee", "pm_inexistant", "pto_inexistante",
]  # fmt: skip
SLOW = Pace(
    ar=timedelta(hours=3), cr=timedelta(hours=20), stoc=timedelta(hours=1), intervention=timedelta(days=4),
    mad=timedelta(hours=5), annulation=timedelta(hours=30),
)  # fmt: skip


def played(pace: Pace) -> Duet:
    """Play an order of each role over three weeks, and cancel half of them at different ages."""
    terrain = Terrain(visit=timedelta(days=3, hours=2), box=timedelta(days=1))
    duet = Duet(
        OcTwin(PROFILE, "COVG", "CV", "ZZZZ", terrain=terrain), OiTwin(NETWORK, PROFILE, "COVG", "CV", pace=pace)
    )
    for role in ROLES:
        duet.ask("commander", role=role)
        duet.pass_time(hours=5)
    references = list(duet.oc.orders)
    for age, reference in enumerate(references[::2]):
        duet.pass_time(hours=9 * age)
        if duet.oc.orders[reference].state != "REJETEE":
            duet.ask("annuler", reference)
    for _ in range(60):
        duet.pass_time(hours=8)
    return duet


@pytest.mark.parametrize("pace", [Pace(), SLOW], ids=["at once", "in days"])
def test_their_files_pass(room, pace):
    duet = played(pace)
    room.lay(duet.files)
    outcome = audited(room.folder)
    assert told(outcome) == []
    assert outcome.orders.count == len(ROLES)
    assert outcome.sources == {Source.NAME: outcome.files}
    assert outcome.orders.states["RESILIEE"] + outcome.orders.states["ANNULEE"] >= 3


def test_their_journal_passes(tmp_path):
    with Journal(tmp_path / JOURNAL_FILE) as journal:
        for batch, one in enumerate(played(SLOW).files):
            journal.record(one, batch=batch)
    outcome = audited(tmp_path / JOURNAL_FILE)
    assert told(outcome) == []
    assert set(outcome.sources) == {Source.JOURNAL}
