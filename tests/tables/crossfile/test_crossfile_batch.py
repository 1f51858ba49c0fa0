import pytest

from annexe5.contract.rules import raw_rules
from annexe5.findings import Severity
from annexe5.tables.crossfile import cross_check, registered
from annexe5.tables.crossfile.batch import _worth

CROSS = [ident for ident, entry in raw_rules().items() if entry["house"] == "crossfile"]


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


def test_a_rule_is_worth_no_more_than_the_column_it_blames():
    assert _worth("CROISE-PM-INCONNU", "CPN", "ReferencePM").effective_severity is Severity.ERROR
    assert _worth("CROISE-PM-INCONNU", "CPN", "ReferenceNRO").effective_severity is Severity.RESERVE
