"""What counts as caught; the matrix written, read back, and seen to drift from the suite."""

import json

import pytest

from annexe5.campaign import kill_matrix
from annexe5.campaign.kill_matrix import (
    drift,
    killed_under,
    recorded,
    sample,
    scenarios,
    twins,
    unlike,
    written,
    wrong_with,
)
from annexe5.campaign.trials import Fall, Trial
from annexe5.parties import oc_defects, oi_defects
from annexe5.parties.defects import load_defects, without_defect

SCENARIO = next(iter(scenarios("oi")))


def fallen(ident, *clauses, code=1, error="", party="oi"):
    return Trial(party, ident, code, tuple(Fall(one, ("CYC-AR-DOUBLE",), (SCENARIO,)) for one in clauses), error)


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (fallen("ar-double", "ACC-04"), ""),
        (fallen("ar-double", code=0), "survit"),
        (fallen("ar-double", "ACC-04", code=2), "survit (fin 2)"),
        (fallen("ar-double", "ACC-13"), "autre exigence"),
        (fallen("ar-double", "ACC-04", "ACC-13"), "sans rapport : ACC-13"),
        (fallen("ar-double", code=-1, error="OSError"), "OSError"),
        (fallen("bom-utf8", code=0), ""),
        (fallen("bom-utf8", "ACC-01"), "fausse alerte (fin 1) : ACC-01"),
        (fallen("", code=3), "fausse alerte (fin 3)"),
    ],
)
def test_a_defect_counts_as_caught_under_its_own_clause_only_and_a_good_twin_when_it_ends_0(seen, told):
    assert told in wrong_with(seen)
    assert bool(told) == bool(wrong_with(seen))


def test_a_defect_said_to_survive_may_not_be_killed(monkeypatch):
    entry = load_defects()["ar-double"].model_copy(update={"survives": "parce que"})
    monkeypatch.setattr(kill_matrix, "load_defects", lambda: {"ar-double": entry})
    assert not wrong_with(fallen("ar-double", code=0))
    assert "survives" in wrong_with(fallen("ar-double", "ACC-04"))
    assert not killed_under([fallen("ar-double", code=0)])


def test_every_defect_has_a_maker():
    by_party = {"oi": oi_defects, "oc": oc_defects}
    for party, module in by_party.items():
        known = {one.id for one in load_defects().values() if one.party == party}
        assert known == set(module.MAKERS)
        assert known.isdisjoint(module.UNUSUAL)
        assert set(twins(party)) == {"", *known, *module.UNUSUAL}


def test_what_is_written_is_read_back():
    trials = [fallen("", code=0), fallen("ar-double", "ACC-04", "ACC-16"), fallen("oc-insiste", "ACC-03", party="oc")]
    trials[2] = Trial("oc", "oc-insiste", 1, (Fall("ACC-03", ("OC-INSISTE",), (next(iter(scenarios("oc"))),)),))
    assert list(recorded(written(trials)).values()) == trials


@pytest.fixture
def matrix():
    """A matrix of today's suite: every twin ends as it should, under the first of its clauses."""
    entries = load_defects()
    trials = [
        Trial(
            party,
            ident,
            entries[ident].ends,
            (Fall(entries[ident].requirements[0], (), (next(iter(scenarios(party))),)),),
        )
        if ident in entries
        else Trial(party, ident, 0)
        for party in ("oi", "oc")
        for ident in twins(party)
    ]
    return json.loads(written(trials))


def said(matrix):
    return [one for one in drift(json.dumps(matrix)) if "aucun défaut tué" not in one and "survives" not in one]


def test_a_matrix_of_the_suite_does_not_drift(matrix):
    assert said(matrix) == []


def test_a_twin_or_a_scenario_more_or_less_is_told(matrix):
    matrix["oi"]["twins"]["ar-ancien"] = matrix["oi"]["twins"].pop("ar-double")
    matrix["oc"]["scenarios"]["features/oc/ancien.feature::Vieux"] = {"clauses": [], "fails": {}}
    matrix["oi"]["scenarios"].pop(SCENARIO)
    told = said(matrix)
    assert "jumeaux OI : ar-double manque à la matrice" in told
    assert "jumeaux OI : ar-ancien n'existe plus" in told
    assert "scénarios OC : features/oc/ancien.feature::Vieux n'existe plus" in told
    assert f"scénarios OI : {SCENARIO} manque à la matrice" in told


def test_other_clauses_a_rule_gone_and_a_survivor_are_told(matrix):
    matrix["oi"]["scenarios"][SCENARIO]["clauses"] = ["ACC-99"]
    matrix["oi"]["twins"]["ar-double"]["falls"] = {"ACC-04": ["CYC-ANCIENNE"]}
    matrix["oc"]["twins"]["oc-insiste"] = {"end": 0, "falls": {}}
    told = said(matrix)
    assert any(one.startswith(f"{SCENARIO} : ses exigences ont changé (ACC-99") for one in told)
    assert "règle disparue : CYC-ANCIENNE" in told
    assert "oc-insiste : survit (fin 0)" in told


def test_a_clause_under_which_nothing_is_killed_is_told(matrix):
    for ident in matrix["oi"]["twins"]:
        matrix["oi"]["twins"][ident] = {"end": 0, "falls": {}}
    assert "ACC-04 : aucun défaut tué sous cette exigence" in drift(json.dumps(matrix))


def test_another_seed_draws_other_twins():
    assert sample("1", {"oi": 4, "oc": 2}) == sample("1", {"oi": 4, "oc": 2})
    assert sample("1", {"oi": 4, "oc": 2}) != sample("2", {"oi": 4, "oc": 2})
    assert [party for party, _ in sample("1", {"oi": 4, "oc": 2})] == ["oi"] * 4 + ["oc"] * 2


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (fallen("ar-double", "ACC-04"), ""),
        (fallen("ar-double", code=0), "fin 0"),
        (fallen("ar-double", "ACC-05"), "tombe sous ACC-05, la matrice dit ACC-04"),
        (fallen("ar-double", "ACC-04", "ACC-13"), "la matrice dit ACC-04"),
    ],
)
def test_a_trial_is_compared_with_its_row(seen, told):
    assert told in unlike(seen, fallen("ar-double", "ACC-04"))
    assert bool(told) == bool(unlike(seen, fallen("ar-double", "ACC-04")))


def test_a_twin_that_nothing_can_be_judged_of_ends_2():
    assert not wrong_with(Trial("oi", "cle-hote-perimee", 2, error="HostKeyError: …"))
    assert "2 attendue" in wrong_with(Trial("oi", "cle-hote-perimee", 0))
    assert killed_under([Trial("oi", "cle-hote-perimee", 2)]) == {"TRA-04": ("cle-hote-perimee",)}


def test_a_clause_is_left_without_a_kill_for_a_reason_only():
    for (party, clause), why in without_defect().items():
        assert clause in {one for clauses in scenarios(party).values() for one in clauses}
        assert why


def test_every_row_of_the_committed_matrix_ends_as_it_should():
    rows = [one for (party, ident), one in recorded().items() if ident in twins(party)]
    assert len(rows) > 200
    assert [(one.id, why) for one in rows if (why := wrong_with(one))] == []
