import pytest

from annexe5.contract.rules import raw_rules
from annexe5.tables.crossfile import cross_check, registered

CROSS = [ident for ident, entry in raw_rules().items() if entry["house"] == "crossfile"]
IPE = "COVAGE_ZMD_COVG_PM_IPEZMD_V22_{date}_000001.csv"
CPN = "COVAGE_ZMD_COVG_CPN_{date}_000001.csv"


def test_every_rule_between_files_has_a_check_and_every_check_a_rule():
    assert set(registered()) == set(CROSS)


@pytest.mark.parametrize("ident", CROSS)
def test_good_batch_of_a_rule_passes_every_rule(ident, batch_of):
    assert cross_check(batch_of(raw_rules()[ident]["good"])) == []


@pytest.mark.parametrize("ident", CROSS)
def test_bad_batch_of_a_rule_fails_that_rule_only(ident, batch_of):
    found = cross_check(batch_of(raw_rules()[ident]["bad"]))

    assert {one.rule for one in found} == {ident}
    assert sum(one.count for one in found) == 1
    assert "{" not in found[0].message.fr + found[0].message.en + found[0].remedy.fr
