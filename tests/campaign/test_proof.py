"""The kill matrix and the defects tell of the same twins; what counts as caught."""

import re

import pytest

from annexe5.campaign.proof import MATRIX, Trial, wrong_with, wrong_with_good
from annexe5.contract.paths import suite_root
from annexe5.parties.defects import load_defects
from annexe5.parties.oi_defects import MAKERS, UNUSUAL


def test_every_defect_of_the_oi_has_a_maker_and_a_line_in_the_matrix():
    text = (suite_root() / MATRIX).read_text(encoding="utf-8")
    told = set(re.findall(r"`([a-z0-9-]+)`", text)) - set(UNUSUAL)
    known = {one.id for one in load_defects().values() if one.party == "oi"}
    assert known == set(MAKERS)
    assert known == told


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (Trial("ar-double", 1, ("ACC-04",)), ""),
        (Trial("ar-double", 0), "survit"),
        (Trial("ar-double", 1, ("ACC-13",)), "autre exigence"),
        (Trial("ar-double", 1, ("ACC-04", "ACC-13")), "sans rapport"),
        (Trial("ar-double", -1, error="OSError"), "OSError"),
    ],
)
def test_a_defect_counts_as_caught_under_its_own_clause_only(seen, told):
    assert told in wrong_with(load_defects()["ar-double"], seen)
    assert bool(told) == bool(wrong_with(load_defects()["ar-double"], seen))


def test_a_good_twin_may_not_end_1():
    assert wrong_with_good(Trial("bom-utf8", 1, ("ACC-01",)))
    assert not wrong_with_good(Trial("bom-utf8", 0))
