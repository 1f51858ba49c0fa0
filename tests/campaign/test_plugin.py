"""What is recorded of a scenario, whatever becomes of it, and how pytest agrees."""

import io
import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import pytest
from rich.console import Console

from annexe5.campaign import plugin
from annexe5.campaign.progress import Progress
from annexe5.campaign.recording import Recorder, ScenarioRecord, judge_error
from annexe5.campaign.results import ScenarioResult, StepStatus
from annexe5.campaign.verdicts import EnAttente, NonConforme
from annexe5.findings import Finding, Severity, Text, Verdict
from tests.campaign.playground import FEATURE, QUICK, Playground, scenario, write

pytest_plugins = ("pytester",)


@pytest.fixture
def ground(pytester):
    return Playground(pytester)


def finding(severity="error", rule="NOM-CASSE"):
    return Finding(rule, "NAM-06", Severity(severity), Text("le nom ment", "the name lies"), path="A.csv", line=2)


# --- what a scenario leaves -----------------------------------------------------------------------------------


def test_a_scenario_that_passes_is_told_whole(ground):
    ground.feature(write(FEATURE))
    outcome, [result] = ground.run()
    outcome.assert_outcomes(passed=1)
    assert result.id == "features/essai.feature::Une commande nominale"
    assert (result.feature, result.rule, result.line) == ("Commande d'accès", "L'accusé est rendu", 8)
    assert result.description == "L'OC commande, l'OI répond."
    assert result.verdict is Verdict.CONFORME
    assert result.tags == ("oi", "acces", "ACC-04")
    assert (result.requirements, result.parties) == (("ACC-04",), ("OI",))
    assert (result.orders, result.exchanges) == (("CMD-1",), (7,))
    assert [(one.keyword, one.text, one.status) for one in result.steps] == [
        ("Étant donné", "une commande", StepStatus.PASSED),
        ("Quand", "l'OC la dépose", StepStatus.PASSED),
        ("Alors", "l'OI répond", StepStatus.PASSED),
    ]
    assert result.duration > 0
    assert result.message == ""
    assert result.replay == "pytest 'features/essai.feature::Une commande nominale'"


def test_keywords_keep_their_case_and_elision(ground):
    text = scenario("Étant donné qu'une commande", "Lorsqu'elle part avec x", "Donc l'OI répond")
    ground.feature(text.replace("qu'une", "que une"))
    _, [result] = ground.run()
    assert [one.keyword for one in result.steps] == ["Étant donné que", "Lorsqu'", "Donc"]


def test_a_row_keeps_its_parameters_line_and_tags(ground):
    ground.feature(
        write("""
        # language: fr
        @oi
        Fonctionnalité: Rejets
          @ACC-04
          Plan du scénario: Rejet <code>
            Quand elle part avec un tableau
              | code   |
              | <code> |
            Alors l'OI répond <code>
            @rejet @ACC-15
            Exemples:
              | code   |
              | FADR01 |
        """)
    )
    _, [result] = ground.run()
    assert result.name == "Rejet FADR01"
    assert result.parameters == (("code", "FADR01"),)
    assert result.line == 13
    assert result.requirements == ("ACC-04", "ACC-15")
    assert result.steps[0].text == "elle part avec un tableau\n| code |\n| FADR01 |"


# --- how it ends ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "verdict", "outcome", "message"),
    [
        ("l'OI se tait", Verdict.NON_CONFORME, "failed", "aucun AR pour CMD-1"),
        ("la vérification échoue", Verdict.NON_CONFORME, "failed", "un seul AR est attendu"),
        ("la réponse peut encore venir", Verdict.EN_ATTENTE, "skipped", "l'AR peut encore venir"),
        ("le mode manque", Verdict.NON_APPLICABLE, "skipped", "le mode OI n'est pas déclaré"),
        ("tout est bloqué", Verdict.BLOQUE, "skipped", "aucun IPE reçu"),
        ("la cible est injoignable", Verdict.ERREUR_CONFIGURATION, "failed", "cible.toml : hôte inconnu"),
        ("un constat reserve est noté", Verdict.RESERVE, "passed", "le fichier ment [NOM-CASSE]"),
        ("un constat error est noté", Verdict.NON_CONFORME, "failed", "le fichier ment [NOM-CASSE]"),
        ("un constat info est noté", Verdict.CONFORME, "passed", ""),
    ],
)
def test_the_verdict_is_how_it_ended_and_pytest_agrees(ground, step, verdict, outcome, message):
    ground.feature(scenario("Étant donné une commande", f"Alors {step}"))
    ran, [result] = ground.run()
    ran.assert_outcomes(**{outcome: 1})
    assert (result.verdict, result.message) == (verdict, message)


def test_a_defect_of_the_suite_is_shown_as_such(ground):
    ground.feature(scenario("Alors la suite a un défaut"))
    ran, [result] = ground.run()
    ran.assert_outcomes(failed=1)
    assert result.verdict is Verdict.ERREUR_CONFIGURATION
    assert result.message.startswith("Défaut de la suite : KeyError : 'colonne' (etapes.py:")


def test_the_failing_step_tells_why_and_the_rest_has_not_run(ground):
    ground.feature(scenario("Étant donné une commande", "Alors l'OI se tait", "Et l'OI répond"))
    _, [result] = ground.run()
    assert [(one.status, one.error) for one in result.steps] == [
        (StepStatus.PASSED, ""),
        (StepStatus.FAILED, "aucun AR pour CMD-1"),
        (StepStatus.NOT_RUN, ""),
    ]


def test_a_step_that_notes_an_error_is_failed_and_the_scenario_goes_on(ground):
    ground.feature(scenario("Alors un constat error est noté", "Et l'OI répond"))
    _, [result] = ground.run()
    assert [one.status for one in result.steps] == [StepStatus.FAILED, StepStatus.PASSED]
    assert [one.rule for one in result.findings] == ["NOM-CASSE"]


def test_an_error_found_outweighs_an_answer_awaited(ground):
    ground.feature(scenario("Alors un constat error est noté", "Et la réponse peut encore venir"))
    ran, [result] = ground.run()
    ran.assert_outcomes(failed=1)
    assert result.verdict is Verdict.NON_CONFORME


def add_fixture(ground, body):
    path = ground.pytester.path / "etapes.py"
    path.write_text(path.read_text(encoding="utf-8") + f"\n@pytest.fixture(autouse=True)\n{body}\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("body", "verdict", "counted"),
    [
        ("def f(): raise NonApplicable('pas de SFTP')", Verdict.NON_APPLICABLE, {"skipped": 1}),
        ("def f(): raise TargetError('clé illisible')", Verdict.ERREUR_CONFIGURATION, {"errors": 1}),
        ("def f(): 1 / 0", Verdict.ERREUR_CONFIGURATION, {"errors": 1}),
        ("def f():\n    yield\n    raise NonConforme('reste')", Verdict.NON_CONFORME, {"passed": 1, "errors": 1}),
        (
            "def f(scenario_record):\n    yield\n    scenario_record.add_findings([finding('error')])",
            Verdict.NON_CONFORME,
            {"passed": 1, "errors": 1},
        ),
        (
            (
                "def f(scenario_record):\n    note = scenario_record.add_findings\n"
                "    scenario_record.at_end(lambda: note([finding('error')]))"
            ),
            Verdict.NON_CONFORME,
            {"failed": 1},
        ),
    ],
)
def test_fixtures_end_a_scenario_too(ground, body, verdict, counted):
    add_fixture(ground, body)
    ground.feature(scenario("Étant donné une commande", "Alors l'OI répond"))
    ran, [result] = ground.run()
    ran.assert_outcomes(**counted)
    assert result.verdict is verdict


def test_a_blocked_clause_is_not_a_success(ground):
    ground.feature(scenario("Alors tout est bloqué"))
    ran, _ = ground.run()
    assert ran.ret == pytest.ExitCode.TESTS_FAILED


def test_a_failure_shows_its_steps_and_no_value(ground):
    ground.feature(scenario("Étant donné une commande", "Alors la suite a un défaut"))
    add_fixture(ground, "def f(compte):\n    yield compte\n    raise KeyError('fin')")
    ran, _ = ground.run("features", "--showlocals", "--junitxml=junit.xml")
    said = ran.stdout.str()
    assert "✔ Étant donné une commande" in said
    assert "✘ Alors la suite a un défaut" in said
    assert "s3cr3t" not in said + (ground.pytester.path / "junit.xml").read_text(encoding="utf-8")
    assert "pytest_bdd/scenario.py" not in said


def test_a_skip_points_at_the_feature(ground):
    ground.feature(scenario("Alors le mode manque"))
    ran, _ = ground.run("features", "-rs")
    ran.stdout.fnmatch_lines(["SKIPPED * features/essai.feature:4: non applicable : le mode OI n'est pas déclaré"])


def test_junit_names_scenarios_in_french(ground):
    ground.feature(write(FEATURE))
    ground.run("features", "--junitxml=junit.xml")
    [case] = ET.parse(ground.pytester.path / "junit.xml").iter("testcase")
    assert case.get("name") == "Une commande nominale"


# --- what did not run ------------------------------------------------------------------------------------------


TWO = scenario("Alors l'OI se tait", name="Premier") + write("""
      @oi @ACC-05 @long
      Scénario: Second
        Alors l'OI répond
    """)


@pytest.mark.parametrize(
    ("arguments", "reason"), [(["-m", "not long"], "écarté par la sélection"), (["-x"], "s'est arrêtée avant")]
)
@pytest.mark.parametrize("workers", [[], ["-n", "1"]])
def test_what_did_not_run_is_listed(ground, arguments, reason, workers):
    ground.feature(TWO)
    _, results = ground.run("features", *arguments, *workers)
    assert [(one.name, one.verdict) for one in results] == [
        ("Premier", Verdict.NON_CONFORME),
        ("Second", Verdict.NON_TESTE),
    ]
    assert reason in results[1].message
    assert [one.status for one in results[1].steps] == [StepStatus.NOT_RUN]


def test_workers_tell_what_they_were_kept_from(ground):
    ground.feature(TWO)
    _, results = ground.run("features", "-n", "1", "-m", "sav")
    assert [one.verdict for one in results] == [Verdict.NON_TESTE] * 2


def test_workers_bring_back_the_same_results(ground):
    ground.feature(TWO)
    ran, results = ground.run("features", "-n", "2")
    ran.assert_outcomes(passed=1, failed=1)
    assert [one.name for one in results] == ["Premier", "Second"]
    assert results[0].steps[0].error == "aucun AR pour CMD-1"


def test_collecting_alone_hands_nothing_over(ground):
    ground.feature(TWO)
    assert ground.run("features", "--collect-only")[1] == []


class Stash:
    def __init__(self, **values):
        self.values = values

    def pytest_configure(self, config):
        for name, value in self.values.items():
            config.stash[getattr(plugin, name)] = value


@pytest.mark.parametrize(("expected", "status"), [(2, pytest.ExitCode.TESTS_FAILED), (3, pytest.ExitCode.USAGE_ERROR)])
def test_the_number_collected_must_be_the_number_written(ground, expected, status):
    ground.feature(TWO)
    ran, _ = ground.run(plugins=(Stash(EXPECTED=expected),))
    assert ran.ret == status


def test_a_suite_collected_twice_is_refused(ground):
    ground.feature(TWO)
    again = "\ndef pytest_collect_file(file_path, parent):\n    from annexe5.campaign import gherkin\n"
    again += "    return gherkin.pytest_collect_file(file_path, parent)\n"
    conftest = ground.pytester.path / "conftest.py"
    conftest.write_text(conftest.read_text(encoding="utf-8") + again, encoding="utf-8")
    ran, _ = ground.run()
    assert ran.ret == pytest.ExitCode.USAGE_ERROR
    ran.stderr.fnmatch_lines(["*2 scénarios sont collectés deux fois*"])


def test_the_clock_and_the_replay_command_are_given(ground):
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    ground.feature(write(FEATURE))
    _, [result] = ground.run(plugins=(Stash(CLOCK=lambda: noon, REPLAY="annexe5 certify oi -- {}".format),))
    assert result.started == noon
    assert result.replay == "annexe5 certify oi -- features/essai.feature::Une commande nominale"


# --- the record by itself ----------------------------------------------------------------------------------------


def test_judging_records_reserves_and_stops_at_errors():
    started = datetime(2026, 11, 23, tzinfo=UTC)
    planned = ScenarioResult("a", "F", "f.feature", 1, "A", Verdict.NON_TESTE, started, 0.0)
    record = ScenarioRecord(planned, started)
    record.judge([finding("reserve")])
    with pytest.raises(NonConforme, match=r"A\.csv:2 : le nom ment \[NOM-CASSE\]"):
        record.judge([finding("error")])
    assert [one.severity for one in record.findings] == [Severity.RESERVE, Severity.ERROR]


def test_findings_that_refuse_nothing_cannot_be_raised():
    with pytest.raises(ValueError, match="aucun des constats"):
        NonConforme([finding("reserve")])


def test_several_findings_make_one_sentence():
    said = str(NonConforme([finding("reserve"), finding("error", "ENT-COLONNE"), finding("error", "CYC-REF")]))
    assert said == "A.csv:2 : le nom ment [ENT-COLONNE] (et 2 autres constats)"


def test_a_deadline_is_told():
    until = datetime(2026, 11, 25, 18, tzinfo=UTC)
    assert judge_error(EnAttente("pas d'AR", until))[1] == "pas d'AR, en attente jusqu'au 25/11/2026 19:00"
    late = judge_error(EnAttente("pas d'AR", until, late=2, awaits="OI : AR_Cmd_Acces"))[1]
    assert late == "pas d'AR, hors délai de 2 jours ouvrés ; attendu le 25/11/2026 19:00"
    assert judge_error(EnAttente("pas d'AR", awaits="OI"))[1].endswith("sans échéance au contrat")


def test_nothing_is_recorded_between_scenarios():
    with pytest.raises(LookupError, match="aucun scénario"):
        _ = Recorder().current


# --- what one sees -----------------------------------------------------------------------------------------------


def watch(ground, *arguments, terminal=False, mask=str):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100, highlight=False)
    progress = Progress(console, mask=mask)
    progress.begin("annexe5 certify oi")
    ran, _ = ground.run("features", *arguments, plugins=(progress,))
    return console.file.getvalue(), ran


def test_a_message_is_masked_before_it_is_shown(ground):
    ground.feature(TWO)

    said, _ = watch(ground, mask=lambda text: text.replace("CMD-1", "CMD-·"))

    assert "aucun AR pour CMD-·" in said
    assert "CMD-1" not in said


@pytest.mark.parametrize("workers", [[], ["-n", "1"]])
def test_a_line_as_each_scenario_ends(ground, workers):
    ground.feature(TWO)
    said, ran = watch(ground, *workers)
    assert (
        re.sub(r"\d:\d\d", "0:00", said).splitlines()
        == [
            "annexe5 certify oi",
            "2 scénarios à jouer",
            "1/2 ✘ Premier  ACC-04  0:00",
            "      non conforme : aucun AR pour CMD-1",
            "2/2 ✔ Second  ACC-05  0:00",
            "2 scénarios en 0:00 : 1 conforme, 1 non conforme",
        ]
        or workers
    )
    assert "1/2 ✘ Premier  ACC-04" in said
    assert "passed" not in ran.stdout.str()


def test_a_refused_feature_is_shown(ground):
    ground.feature(scenario())
    said, _ = watch(ground)
    assert "features/essai.feature:4: le scénario « Un essai » n'a aucune étape" in said


def test_a_terminal_shows_what_runs_then_its_line(ground):
    ground.feature(TWO)
    said, _ = watch(ground, terminal=True)
    assert said.index("1/2   Premier") < said.index("aucun AR")
    assert "\x1b[2K" in said


def test_a_defect_of_the_suite_is_explained_once(ground):
    ground.feature(scenario("Alors la suite a un défaut"), "un")
    ground.feature(scenario("Alors la suite a un défaut"), "deux")
    said, _ = watch(ground)
    assert said.count("Défaut de la suite") == 2
    assert said.count("raise KeyError") == 1


def test_plain_pytest_runs_the_features(ground):
    ground.feature(TWO)
    ran = ground.pytester.runpytest_subprocess(*QUICK, "features")
    ran.assert_outcomes(passed=1, failed=1)
    ran.stdout.fnmatch_lines(["FAILED features/essai.feature::Premier - *aucun AR pour CMD-1"])
