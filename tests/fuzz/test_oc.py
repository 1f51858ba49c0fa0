"""Fuzzing an OC: the good twin stands, one that acts on what it should refuse is caught."""

import pytest

from annexe5.campaign.certification import Wanted, open_chair
from annexe5.campaign.journal import IN_MEMORY, Journal
from annexe5.fuzz.oc import OcCase, OcPlayer, Said

WORK_ORDER = OcCase((Said("Cmd_STOC", (("ReferenceCommandeSousTraitantOI", ""),)),))
AVAILABLE = OcCase((Said("CR_MAD_LigneFTTH", (("DateRaccordementPrise", "99/99"),)),))
BOTH = OcCase((*WORK_ORDER.said, *AVAILABLE.said))
HARMLESS = OcCase((Said("AR_Cmd_Acces", (("ReferencePrestationPrise", '"A"'),)),))


def played(folder, case, *defects):
    with (
        Journal(IN_MEMORY) as journal,
        open_chair(Wanted("oc", None, folder, defects=defects), journal) as (instrument, _, _),
    ):
        player = OcPlayer(instrument)
        return [player.play(one) for one in (HARMLESS, case, HARMLESS)]


@pytest.mark.parametrize("case", [WORK_ORDER, AVAILABLE, BOTH])
def test_the_good_twin_refuses_what_no_table_allows_and_goes_on(tmp_path, case):
    assert played(tmp_path, case) == [(), (), ()]


def test_an_oc_that_acts_on_what_cannot_be_read_is_caught(tmp_path):
    before, found, _ = played(tmp_path, AVAILABLE, "oc-agit-sur-illisible")

    assert before == ()
    assert found[0].rule == "OC-AGIT-A-TORT"


def test_an_oc_that_stops_on_an_odd_answer_is_caught(tmp_path):
    _, found, _ = played(tmp_path, WORK_ORDER, "oc-stoc-oublie")

    assert found
