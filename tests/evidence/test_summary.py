from dataclasses import replace

import sample

from annexe5.evidence.summary import summary
from annexe5.findings import Verdict


def test_the_summary_opens_with_the_verdict_and_what_it_allows():
    text = summary(sample.campaign())

    assert text.startswith("## ✗ Annexe 5 – recette OI COVG ⇄ ZZZZ : non conforme\n")
    assert "3 clauses obligatoires ne sont pas tenues." in text
    assert "Aucun certificat ne peut être signé" in text


def test_the_summary_names_clause_place_and_replay_of_each_failure():
    text = summary(sample.campaign())

    assert "**Chaque commande du fichier reçoit un AR** (ACC-04)" in text
    assert "`COVG_ZZZZ_CMD_ACCES_V12_20260407_1.csv:3`" in text
    assert "`annexe5 certify oi --target cible.toml" in text


def test_clauses_that_nobody_tried_are_counted_not_listed():
    text = summary(sample.campaign())

    assert "non testé – protocole non joué dans cette campagne" in text
    assert "**TRA-01**" not in text


def test_the_summary_speaks_english():
    text = summary(sample.campaign(), "en")

    assert "non-conforming" in text
    assert "3 mandatory clauses are not kept." in text
    assert "réserve" not in text


def test_a_value_cannot_become_markup():
    result = sample.campaign()
    hostile = replace(result.scenarios[1], name="<img src=x> | `a` [b](c)")

    text = summary(replace(result, scenarios=(hostile,)))

    assert r"\<img src=x\> \| \`a\` \[b\](c)" in text


def test_a_conforming_campaign_may_be_certified():
    result = sample.campaign()
    kept = tuple(replace(one, verdict=Verdict.CONFORME, findings=()) for one in result.requirements)
    scenarios = tuple(replace(one, verdict=Verdict.CONFORME, findings=()) for one in result.scenarios)

    text = summary(replace(result, requirements=kept, scenarios=scenarios, verdict=Verdict.CONFORME))

    assert "Toutes les clauses éprouvées sont tenues. Un certificat peut être signé" in text
    assert "### " not in text
