import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import sample

from annexe5.contract.paths import schemas_dir
from annexe5.evidence.machine import campaign_json, junit
from annexe5.findings import Verdict


@pytest.fixture(scope="module")
def result():
    return sample.campaign()


@pytest.fixture(scope="module")
def schema():
    return json.loads((schemas_dir() / "json" / "campagne.json").read_text(encoding="utf-8"))


def test_the_json_obeys_its_published_schema(result, schema):
    data = json.loads(campaign_json(result, redacted=True))

    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(data)


def test_the_published_schema_is_itself_valid(schema):
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("key", ["verdict", "scenarios", "files"])
def test_the_schema_refuses_what_lacks_a_key(result, schema, key):
    data = json.loads(campaign_json(result, redacted=True))
    del data[key]

    with pytest.raises(jsonschema.ValidationError, match=key):
        jsonschema.validate(data, schema)


def test_the_schema_refuses_an_unknown_verdict(result, schema):
    data = json.loads(campaign_json(result, redacted=True))
    data["scenarios"][0]["verdict"] = "passé"

    with pytest.raises(jsonschema.ValidationError, match="passé"):
        jsonschema.validate(data, schema)


def test_the_json_carries_the_exit_code_of_the_verdict(result):
    waiting = replace(result, verdict=Verdict.EN_ATTENTE)

    assert json.loads(campaign_json(result, redacted=True))["exit_code"] == 1
    assert json.loads(campaign_json(waiting, redacted=True))["exit_code"] == 3


def test_the_json_counts_clauses_by_level_and_verdict(result):
    counts = json.loads(campaign_json(result, redacted=True))["counts"]["requirements"]

    assert counts["MUST"]["non conforme"] == 3
    assert counts["MAY"] == {"non applicable": 1}


def _cases(text):
    return {case.get("name"): case for case in ET.fromstring(text).iter("testcase")}


def test_junit_gives_each_verdict_its_ending(result):
    cases = _cases(junit(result))

    assert len(cases["Une commande conforme est acquittée"]) == 1  # its properties alone
    assert cases["Chaque commande du fichier reçoit un AR"].find("failure") is not None
    assert cases["Le raccordement est mis à disposition"].find("skipped").get("message").startswith("en attente")
    assert cases["Une annulation est confirmée"].find("skipped").get("message").startswith("bloqué")
    reserve = cases["Un contact mal écrit [NomClient=VARENCOURT]"]
    assert reserve.find("system-out") is not None
    assert reserve.find("failure") is None


def test_junit_counts_what_it_holds(result):
    root = ET.fromstring(junit(result))

    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("8", "3", "3")
    assert int(root.get("tests")) == len(list(root.iter("testcase")))


def test_junit_tells_a_failure_with_clause_place_and_remedy(result):
    failure = _cases(junit(result))["Chaque commande du fichier reçoit un AR"].find("failure").text

    assert "[ACC-04]" in failure
    assert "COVG_ZZZZ_CMD_ACCES_V12_20260407_1.csv:3" in failure
    assert "attendu : AR_Cmd_Acces" in failure
    assert "à faire : Émettre la réponse manquante" in failure
    assert "Rejouer : annexe5 certify oi" in failure


def test_a_file_refused_outside_any_scenario_fails_in_junit(result):
    assert _cases(junit(result))["lisez-moi.txt"].find("failure") is not None


def test_junit_carries_what_xml_cannot(result):
    broken = replace(result.scenarios[1], message="reçu \x00\x1b[31m et \udcff")
    text = junit(replace(result, scenarios=(broken,)))

    assert "reçu \\x00\\x1b[31m et \\xdcff" in ET.fromstring(text).find(".//failure").get("message")
