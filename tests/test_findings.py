"""What every check speaks: two languages, verdicts rolled up, an assumed fact that never refuses."""

import pytest

from annexe5.findings import Confidence, Rule, Severity, Text, Verdict, exit_code, roll_up, verdict_of


def rule(severity=Severity.ERROR, confidence=Confidence.CONTRACT) -> Rule:
    words = Text("« {received} » au lieu de {expected}", '"{received}" instead of {expected}')
    return Rule("X-Y", ("ACC-04", "ACC-05"), severity, words, words, confidence=confidence)


def test_a_text_is_french_unless_english_is_asked_for():
    text = Text("oui", "yes")
    assert (text["fr"], text["en"], text["de"]) == ("oui", "yes", "oui")


def test_a_place_nobody_fills_stays_as_it_stands():
    assert Text("{a} et {b}", "{a} and {b}").format(a=1).fr == "1 et {b}"


@pytest.mark.parametrize(
    ("severity", "confidence", "weight"),
    [
        (Severity.ERROR, Confidence.CONTRACT, Severity.ERROR),
        (Severity.ERROR, Confidence.ASSUMED, Severity.RESERVE),
        (Severity.ERROR, Confidence.INFERRED, Severity.ERROR),
        (Severity.INFO, Confidence.ASSUMED, Severity.INFO),
    ],
)
def test_an_assumed_fact_qualifies_and_never_refuses(severity, confidence, weight):
    assert rule(severity, confidence).finding(received="A").severity is weight


def test_a_finding_names_the_clause_at_hand_and_where_it_stands():
    found = rule().finding(received="A", expected="B", path="f.csv", line=3, column="C", requirement="ACC-05")
    assert (found.requirement, found.where, found.message.fr) == ("ACC-05", "f.csv:3:C", "« A » au lieu de B")
    assert rule().finding().requirement == "ACC-04"
    assert rule().finding(path="f.csv").where == "f.csv"


def test_findings_roll_up_to_the_worst():
    error, reserve = rule().finding(), rule(Severity.RESERVE).finding()
    assert verdict_of([]) is Verdict.CONFORME
    assert verdict_of([reserve]) is Verdict.RESERVE
    assert verdict_of([reserve, error]) is Verdict.NON_CONFORME


def test_nothing_at_all_is_never_a_pass():
    assert roll_up([]) is Verdict.NON_TESTE
    assert roll_up([Verdict.CONFORME, Verdict.NON_TESTE]) is Verdict.CONFORME
    assert roll_up([Verdict.CONFORME, Verdict.BLOQUE]) is Verdict.BLOQUE
    assert roll_up([Verdict.BLOQUE, Verdict.NON_CONFORME]) is Verdict.NON_CONFORME


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (Verdict.CONFORME, 0),
        (Verdict.RESERVE, 0),
        (Verdict.NON_APPLICABLE, 0),
        (Verdict.NON_CONFORME, 1),
        (Verdict.BLOQUE, 1),
        (Verdict.NON_TESTE, 1),
        (Verdict.ERREUR_CONFIGURATION, 2),
        (Verdict.EN_ATTENTE, 3),
    ],
)
def test_each_verdict_has_its_exit_code(verdict, code):
    assert exit_code(verdict) == code
