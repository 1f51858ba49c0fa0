"""Clauses a person answers for: asked, read, written, and never passed in silence."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from annexe5.campaign import attended
from annexe5.campaign.attended import Answer, ask, attended_clauses, attended_steps, collect, load_answers
from annexe5.contract.coverage import coverage
from annexe5.contract.requirements import load_requirements
from annexe5.errors import UsageError
from annexe5.findings import Level, Verdict

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
CLAUSES = ["PM-04", "SAV-12"]
FIRST, SECOND = CLAUSES


@pytest.fixture(autouse=True)
def two_manual_clauses(monkeypatch):
    """One clause more than the contract leaves to a person today: what is done must not lean on their number."""
    told = dict(coverage())
    told[FIRST] = replace(told[FIRST], kind="manual")
    monkeypatch.setattr(attended, "coverage", lambda: told)
    assert [one.id for one in attended_clauses("oi")] == CLAUSES


def seen(constat: str, **more: str) -> Answer:
    return Answer(constat=constat, le=TODAY, par="responsable des flux", **more)


def verdicts(answers):
    return {one.requirements[0]: one.verdict for one in attended_steps("oi", answers, NOW)}


def test_a_clause_nobody_answers_for_is_not_tested():
    assert set(verdicts({}).values()) == {Verdict.NON_TESTE}
    assert list(verdicts({})) == CLAUSES


def test_an_answer_is_the_clause_s_verdict_and_stands_in_the_step():
    steps = {one.requirements[0]: one for one in attended_steps("oi", {FIRST: seen("oui", note="PV n° 7")}, NOW)}
    assert steps[FIRST].verdict is Verdict.CONFORME
    assert "constaté le 23/11/2026 par responsable des flux : PV n° 7" in steps[FIRST].steps[1].text
    assert steps[SECOND].verdict is Verdict.NON_TESTE


def test_no_is_a_breach_of_a_must():
    must = next(one for one in CLAUSES if load_requirements()[one].level is Level.MUST)
    [step] = [one for one in attended_steps("oi", {must: seen("non", note="jamais reçu")}, NOW) if must in one.id]
    assert step.verdict is Verdict.NON_CONFORME
    assert "jamais reçu" in step.message


def test_questions_go_on_until_understood_and_what_is_known_is_not_asked():
    asked = []
    replies = iter(["responsable des flux", "peut-être", "oui", "PV n° 7", ""])

    def prompt(question: str) -> str:
        asked.append(question)
        return next(replies, "")

    found = ask("oi", {FIRST: seen("non")}, prompt, TODAY)
    assert found[FIRST].constat == "non"
    assert found[SECOND] == seen("oui", note="PV n° 7")
    assert not any(FIRST in one for one in asked)
    assert set(found) == {FIRST, SECOND}


def test_nobody_there_leaves_everything_undone():
    assert ask("oi", {}, lambda _: "", TODAY) == {}


def test_answers_are_kept_for_the_next_campaign(tmp_path):
    path = tmp_path / "constats.toml"
    replies = iter(['responsable "flux"', "oui", "PV n° 7\\2\nsuite"])
    said = collect("oi", path, lambda _: next(replies, ""), TODAY)
    assert load_answers(path)[FIRST].par == 'responsable "flux"'
    assert load_answers(path)[FIRST].note == "PV n° 7\\2 suite"
    assert collect("oi", path, None, date(2026, 12, 1))[FIRST].le == said[FIRST].le


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[constats.ACC-04]\nconstat = 'oui'\nle = 2026-11-23\npar = 'x'", "ACC-04"),
        ("[constats.PM-99]\nconstat = 'oui'\nle = 2026-11-23\npar = 'x'", "PM-99"),
        (f"[constats.{FIRST}]\nconstat = 'bof'\nle = 2026-11-23\npar = 'x'", "constat"),
        (f"[constats.{FIRST}]\nconstat = 'oui'\nle = 2026-11-23", "par"),
        ("pas du toml", "--answers"),
    ],
)
def test_what_is_wrong_in_the_file_is_told(tmp_path, text, told):
    path = tmp_path / "constats.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=told):
        load_answers(path)


def test_a_file_that_is_not_there_is_told_unless_it_is_to_be_written(tmp_path):
    with pytest.raises(UsageError, match="introuvable"):
        collect("oi", tmp_path / "constats.toml", None, TODAY)
