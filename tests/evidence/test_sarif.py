import json

import pytest

from annexe5.contract.rules import rule
from annexe5.evidence.sarif import sarif


def _run(*findings, lang="fr"):
    return json.loads(sarif(findings, lang=lang))["runs"][0]


CASED = rule("NOM-CASSE").finding(
    received="CRCMD",
    expected="CrCMD",
    requirement="NAM-08",
    path="OUT/a b.csv",
    line=3,
    column="jeton du flux",
    count=7,
)


def test_a_finding_stands_at_its_file_and_line():
    result = _run(CASED)["results"][0]
    location = result["locations"][0]

    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "OUT/a%20b.csv"},
        "region": {"startLine": 3},
    }
    assert location["logicalLocations"] == [{"name": "jeton du flux", "kind": "member"}]
    assert result["occurrenceCount"] == 7
    assert "NAM-08" in result["message"]["text"]


def test_each_rule_is_described_once_with_its_clause_and_remedy():
    run = _run(CASED, CASED, rule("CYC-ORDRE").finding())
    rules = run["tool"]["driver"]["rules"]

    assert [one["id"] for one in rules] == ["CYC-ORDRE", "NOM-CASSE"]
    assert [one["ruleIndex"] for one in run["results"]] == [1, 1, 0]
    assert rules[1]["properties"]["confidence"] == "contract"
    assert "NAM-08" in rules[1]["fullDescription"]["text"]


@pytest.mark.parametrize(("ident", "level"), [("NOM-CASSE", "error"), ("NOM-VERSION-VXX", "warning")])
def test_a_reservation_is_a_warning(ident, level):
    assert _run(rule(ident).finding())["results"][0]["level"] == level


def test_a_file_without_line_has_no_region():
    location = _run(rule("NOM-CASSE").finding(path="a.csv"))["results"][0]["locations"][0]

    assert "region" not in location["physicalLocation"]


def test_no_finding_is_a_run_without_results():
    assert _run()["results"] == []


def test_it_speaks_english():
    assert "letter case" in _run(CASED, lang="en")["results"][0]["message"]["text"]


def test_a_fingerprint_outlives_a_change_of_line():
    first, second = _run(CASED, CASED.at("autre.csv"))["results"]

    assert first["partialFingerprints"] == second["partialFingerprints"]
