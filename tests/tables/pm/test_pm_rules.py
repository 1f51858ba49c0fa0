"""Each rule of pm.toml on its good and bad rows, through the engine that judges files."""

import tomllib

import pytest

from annexe5.contract.paths import schemas_dir
from annexe5.contract.rules import raw_rules
from annexe5.findings import Severity
from annexe5.tables import judge_bytes, load_table, write_rows
from annexe5.tables.rules import example_rows, load_table_rules

FACTS = {"date_fichier": "20170407", "pm_fichier": "77011616R", "insee_fichier": "77023"}
RULES = [
    (one.rule.id, flow) for one in load_table_rules() for flow in one.flows if raw_rules()[one.rule.id]["house"] == "pm"
]


def judge(flow: str, rows):
    table = load_table(flow)
    facts = {**FACTS, "date_fichier": "20170502"} if flow == "Notif_Adduction" else FACTS
    return judge_bytes(write_rows(table, rows), table, facts=facts).findings


@pytest.mark.parametrize(("ident", "flow"), RULES)
def test_good_rows_of_a_rule_break_none(ident, flow):
    assert judge(flow, example_rows(load_table(flow), raw_rules()[ident]["good"])) == ()


@pytest.mark.parametrize(("ident", "flow"), RULES)
def test_bad_rows_of_a_rule_break_that_rule_only(ident, flow):
    found = judge(flow, example_rows(load_table(flow), raw_rules()[ident]["bad"]))

    assert {one.rule for one in found} == {ident}
    assert sum(one.count for one in found) == 1
    for text in (found[0].message, found[0].remedy):
        assert all((text.fr, text.en))
        assert "{" not in text.fr + text.en
    assert found[0].column in raw_rules()[ident]["columns"]


def test_the_twenty_five_rules_of_the_format_are_judged_or_told_why_not():
    carried: dict[int, set[str]] = {}
    for ident, entry in raw_rules().items():
        for number in entry.get("formats", ()):
            carried.setdefault(number, set()).add(ident)
    left = tomllib.loads((schemas_dir() / "rules" / "pm.toml").read_text(encoding="utf-8"))["not_judged"]
    for one in left:
        assert all(one[text][lang] for text in ("statement", "reason") for lang in ("fr", "en"))
        for number in one["formats"]:
            carried.setdefault(number, set()).add("")

    assert set(carried) == set(range(1, 26))


def test_an_assumed_rule_never_refuses():
    assumed = [one.rule for one in load_table_rules() if one.rule.confidence == "assumed"]

    assert assumed
    assert {one.effective_severity for one in assumed} <= {Severity.RESERVE, Severity.INFO}


def test_three_months_after_the_end_of_a_long_month_is_the_last_day():
    row = {**load_table("IPE").example, "DatePremiereMADPM": "20161130", "DateMiseEnServiceCommercialePM": "20170228"}

    assert judge("IPE", [row]) == ()
    (found,) = judge("IPE", [{**row, "DateMiseEnServiceCommercialePM": "20170301"}])
    assert (found.rule, found.expected) == ("IPE-PM-TROIS-MOIS", "20170228")


def test_the_total_of_a_pm_may_count_its_abandoned_addresses_or_not():
    table = load_table("IPE")
    kept = {**table.example}
    left = {**table.example, "IdentifiantImmeuble": "B", "BatimentImmeuble": "B", "EtatImmeuble": "ABANDONNE"}

    for total in ("8", "16"):
        assert judge("IPE", [{**row, "NombreLogementsPM": total} for row in (kept, left)]) == ()
    (found,) = judge("IPE", [{**row, "NombreLogementsPM": "12"} for row in (kept, left)])
    assert (found.rule, found.line, found.expected) == ("IPE-PM-SOMME", 2, "8 ou 16")


def test_rules_of_the_file_name_are_silent_when_it_says_nothing():
    table = load_table("CR_MAD_Pm")
    data = write_rows(table, [{**table.example, "DateCrCommandePM": "20990101"}])

    assert judge_bytes(data, table, facts={}).findings == ()


def test_each_missing_manager_column_is_its_own_finding():
    row = {**load_table("IPE").example, "GestionnaireImmeuble": "", "CommuneGestionnaire": ""}

    assert [one.column for one in judge("IPE", [row])] == ["GestionnaireImmeuble", "CommuneGestionnaire"]
