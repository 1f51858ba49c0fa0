"""The proof run: a twin certified, a rule disabled, what is told and how it ends."""

import pytest

from annexe5.campaign import proof, trials
from annexe5.campaign.trials import Fall, Trial
from annexe5.contract import rules
from annexe5.findings import Severity

NOMINAL = ("features/acces/mode_oi.feature",)


def test_a_trial_tells_the_clauses_rules_and_scenarios():
    seen = trials.trial("oi", "ar-double", NOMINAL)
    assert (seen.code, seen.broken, seen.error) == (1, ("ACC-04",), "")
    [fall] = seen.falls
    assert fall.rules == ("CYC-AR-DOUBLE",)
    assert all(one.startswith("features/acces/mode_oi.feature::") for one in fall.scenarios)
    assert trials.trial("oi", trials.GOOD, NOMINAL).code == 0


@pytest.mark.parametrize(
    ("defect", "scenario", "clause"),
    [
        ("rejette-eligible", "acces/nominal.feature::Chaque commande d'un même fichier reçoit sa route", "ACC-04"),
        ("fichier-sans-ligne", "acces/nominal.feature::Chaque commande d'un même fichier reçoit sa route", "ACC-04"),
        (
            "reprov-hotline-oublie",
            "acces/hotline.feature::Le reprovisioning donne la vraie route et la ligne est mise à disposition",
            "ACC-06",
        ),
        ("in-jamais-vide", "transport/fichiers.feature::L'OI supprime le fichier qu'il a récupéré", "TRA-10"),
        (
            "dossier-pm",
            "transport/fichiers.feature::L'OI ne supprime pas ce que l'OC n'a pas encore récupéré",
            "TRA-09",
        ),
    ],
)
def test_what_is_missing_is_blamed_on_the_clause_that_owes_it_alone(defect, scenario, clause):
    assert trials.trial("oi", defect, [f"features/{scenario}"]).broken == (clause,)


def test_a_twin_that_cannot_be_certified_is_told():
    seen = trials.trial("oi", "aucun-tel-defaut", NOMINAL)
    assert (seen.code, seen.falls) == (2, ())
    assert "défaut inconnu" in seen.error


@pytest.fixture
def all_rules():
    yield
    rules._DISABLED.clear()
    rules.raw_rules.cache_clear()
    rules.load_rules.cache_clear()


@pytest.mark.usefixtures("all_rules")
def test_a_disabled_rule_refuses_nothing():
    assert rules.rule("CYC-AR-DOUBLE").severity is Severity.ERROR
    rules.disable(["CYC-AR-DOUBLE"])
    assert rules.rule("CYC-AR-DOUBLE").severity is Severity.INFO
    assert rules.rule("CYC-ORDRE").severity is Severity.ERROR


@pytest.fixture
def runs(monkeypatch):
    """What the proof asks to be certified, and what it is then told."""
    asked, told = [], {}

    def run(keys, **options):
        asked.append((list(keys), options.get("disabled")))
        return {key: told.get(key, Trial(*key, 0)) for key in keys}

    monkeypatch.setattr(proof, "run", run)
    return asked, told


def test_the_twins_named_are_certified_and_a_survivor_ends_1(runs, capsys):
    asked, _ = runs
    assert proof.main(["ar-double", "bom-utf8"]) == 1
    assert asked == [([("oi", "bom-utf8"), ("oi", "ar-double")], [])]
    said = capsys.readouterr().err
    assert "OI ar-double : survit (fin 0)" in said
    assert "bom-utf8" not in said


def test_all_is_well_when_the_defect_falls_under_its_clause(runs):
    _, told = runs
    told["oi", "ar-double"] = Trial("oi", "ar-double", 1, (Fall("ACC-04", (), ()),))
    assert proof.main(["ar-double"]) == 0


def test_without_a_rule_what_it_had_killed_is_certified_again(runs, monkeypatch, capsys):
    asked, _ = runs
    rows = {
        ("oi", "ar-double"): Trial("oi", "ar-double", 1, (Fall("ACC-04", ("CYC-AR-DOUBLE",), ()),)),
        ("oi", "stoc-double"): Trial("oi", "stoc-double", 1, (Fall("ACC-16", ("CYC-ORDRE",), ()),)),
    }
    monkeypatch.setattr(proof, "recorded", lambda: rows)
    assert proof.main(["--disable-rule", "CYC-AR-DOUBLE"]) == 1
    assert asked == [([("oi", "ar-double")], ["CYC-AR-DOUBLE"])]
    assert "OI ar-double : survit" in capsys.readouterr().err


def test_an_unknown_twin_is_refused(runs, capsys):
    with pytest.raises(SystemExit) as ended:
        proof.main(["ar-triple"])
    assert ended.value.code == 2
    assert "ar-triple" in capsys.readouterr().err
