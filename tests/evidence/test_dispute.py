from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sample

from annexe5.contract.rules import rule
from annexe5.errors import UsageError
from annexe5.evidence import write_all
from annexe5.evidence.dispute import Side, contest, laid_on, load_contestations, scenario_laid_on
from annexe5.evidence.dsse import keygen, load_private, load_public
from annexe5.findings import Confidence, Verdict

NOW = datetime(2026, 4, 21, 8, 30, tzinfo=UTC)
CASED = rule("NOM-CASSE").finding(requirement="NAM-08", received="a", expected="b")


@pytest.fixture
def told(tmp_path):
    wire = sample.Wire()
    result = sample.campaign(wire)
    folder = tmp_path / "rapport"
    write_all(result, folder, bytes_of=wire.bytes_of)
    keys = {}
    for role in ("OI", "OC"):
        keygen(tmp_path / f"{role}.cle", tmp_path / f"{role}.pub")
        keys[role] = (load_private(tmp_path / f"{role}.cle"), load_public(tmp_path / f"{role}.pub"))
    return wire, result, folder, keys


def _contest(folder, keys, *, target="ACC-05", role="OI", text="Le 8 avril était férié chez nous."):
    return contest(folder, keys[role][0], role=role, target=target, text=text, author="Cellule interop", now=NOW)


def _trusted(keys):
    return {role: public for role, (_, public) in keys.items()}


# --- on whom a failure is laid -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("finding", "side"),
    [
        (CASED, Side.OI),
        (replace(CASED, requirement="NAM-06"), Side.SUITE),  # binds the OC, whom the suite plays
        (replace(CASED, confidence=Confidence.ASSUMED), Side.CONTRACT),
        (replace(CASED, requirement="TRA-01"), Side.OI),  # binds both, no file named
        (replace(CASED, requirement="TRA-01", path="COVG_ZZZZ_CMD_ACCES_V12_20260407_1.csv"), Side.SUITE),
        (replace(CASED, requirement="TRA-01", path="COVG_ZZZZ_ARCMD_ACCES_V12_20260407_1.csv"), Side.OI),
    ],
)
def test_a_finding_is_laid_on_one_side(finding, side):
    assert laid_on(finding, sample.campaign()) is side


@pytest.mark.parametrize(
    ("verdict", "message", "sides"),
    [
        (Verdict.NON_CONFORME, "vérification non satisfaite", (Side.OI,)),
        (Verdict.ERREUR_CONFIGURATION, "mot de passe refusé", (Side.CONFIGURATION,)),
        (Verdict.ERREUR_CONFIGURATION, "Défaut de la suite : KeyError : x (steps/a.py:3)", (Side.SUITE,)),
        (Verdict.EN_ATTENTE, "", ()),
        (Verdict.CONFORME, "", ()),
    ],
)
def test_a_scenario_without_findings_is_laid_by_its_verdict(verdict, message, sides):
    result = sample.campaign()
    scenario = replace(result.scenarios[0], verdict=verdict, message=message, findings=())

    assert scenario_laid_on(scenario, result) == sides


# --- contestations -----------------------------------------------------------------------------------------------


def test_a_signed_contestation_is_dated_and_shown(told):
    wire, result, folder, keys = told
    _contest(folder, keys)

    write_all(result, folder, bytes_of=wire.bytes_of, trusted=_trusted(keys))
    page = (folder / "rapport.html").read_text(encoding="utf-8")

    assert "Le 8 avril était férié chez nous." in page
    assert "Cellule interop, 21/04/2026 10:30:00" in page
    assert "signature vérifiée" in page


def test_writing_again_gives_the_campaign_the_same_bytes(told):
    wire, result, folder, _ = told
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    write_all(result, folder, bytes_of=wire.bytes_of)

    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_a_scenario_may_be_contested(told):
    _, result, folder, keys = told
    _contest(folder, keys, target=result.scenarios[1].id)

    (one,) = load_contestations(folder, _trusted(keys))
    assert (one.target, one.role, one.state, one.at) == (result.scenarios[1].id, "OI", "", NOW)


def test_what_the_campaign_does_not_hold_cannot_be_contested(told):
    _, _, folder, keys = told

    with pytest.raises(UsageError, match="ni une clause ni un scénario"):
        _contest(folder, keys, target="ACC-99")
    with pytest.raises(UsageError, match="un texte"):
        _contest(folder, keys, text="  ")


def test_a_contestation_names_nobody(told):
    _, _, folder, keys = told
    _contest(folder, keys, text="Appelez le 06 39 98 12 34 ou jeanne@exemple.invalid")

    (one,) = load_contestations(folder, _trusted(keys))
    assert "06 39" not in one.text
    assert "jeanne@" not in one.text


def _rewrite(path, **changes):
    import base64

    written = json.loads(path.read_text(encoding="utf-8"))
    content = json.loads(base64.b64decode(written["payload"])) | changes
    written["payload"] = base64.b64encode(json.dumps(content).encode()).decode()
    path.write_text(json.dumps(written), encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "state"),
    [
        (lambda path: _rewrite(path, text="Nous reconnaissons l'écart."), "signature invalide"),
        (lambda path: _rewrite(path, author="Quelqu'un d'autre"), "signature invalide"),
        (lambda path: path.write_text("{}"), "illisible"),
        (lambda path: path.write_text("non"), "illisible"),
    ],
)
def test_a_contestation_that_does_not_hold_is_shown_as_such(told, spoil, state):
    wire, result, folder, keys = told
    spoil(_contest(folder, keys))

    (one,) = load_contestations(folder, _trusted(keys))
    write_all(result, folder, bytes_of=wire.bytes_of, trusted=_trusted(keys))

    assert one.state.startswith(state)
    assert state in (folder / "rapport.html").read_text(encoding="utf-8")


def test_a_contestation_signed_by_an_unknown_key_says_so(told):
    _, _, folder, keys = told
    _contest(folder, keys)

    (one,) = load_contestations(folder, {"OI": keys["OC"][1]})
    (other,) = load_contestations(folder, {})
    assert one.state == "signature invalide"
    assert "pas connue" in other.state


def test_a_contestation_of_another_campaign_says_so(told):
    _, result, folder, keys = told
    _contest(folder, keys)
    write_all(replace(result, seed=99), folder, bytes_of={}.__getitem__)

    (one,) = load_contestations(folder, _trusted(keys))
    assert one.state == "porte sur un autre état de la campagne"
