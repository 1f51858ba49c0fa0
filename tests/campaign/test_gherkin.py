"""Each hole of pytest-bdd 9.0.1: what it lets pass, and how it is refused here."""

import pytest

from annexe5.campaign.lint import count_runs
from tests.campaign.playground import FEATURE, Playground, scenario, write

pytest_plugins = ("pytester",)

GOOD = ("Étant donné une commande", "Quand l'OC la dépose", "Alors l'OI répond")


@pytest.fixture
def ground(pytester):
    return Playground(pytester)


def refused(ground, text):
    """Collect a feature that must be refused; give what pytest says of it."""
    ground.feature(text)
    outcome, _ = ground.run("features", "--collect-only")
    assert outcome.ret == pytest.ExitCode.INTERRUPTED, outcome.stdout.str()
    return outcome.stdout.str()


def ids(ground, *arguments):
    outcome, _ = ground.run("--collect-only", "-q", *(arguments or ("features",)))
    return [line for line in outcome.outlines if "::" in line]


# --- collecting ------------------------------------------------------------------------------------------------


def test_a_feature_is_a_module_without_a_stub(ground):
    ground.feature(FEATURE.lstrip(), "accès")
    assert ids(ground) == ["features/accès.feature::Une commande nominale"]


def test_one_scenario_is_named_on_the_command_line(ground):
    ground.feature(write(FEATURE) + "\n    @ACC-05\n    Scénario: Une autre\n      Alors l'OI répond\n")
    outcome, results = ground.run("features/essai.feature::Une autre")
    outcome.assert_outcomes(passed=1)
    assert [one.name for one in results] == ["Une autre"]


PLAN = write("""
    # language: fr
    @oi
    Fonctionnalité: Rejets
      @ACC-04 @ACC-15
      Plan du scénario: La commande est rejetée à l'AR
        Étant donné une commande <référence>
        Alors l'OI répond <code>

        Exemples: l'adresse
          | référence | code   |
          | A 1       | FADR01 |
          | é::2      | FADR02 |
        @rejet
        Exemples: la prise
          | code   | référence |
          | FIMP01 | A 3       |
    """)


def test_rows_of_a_plan_are_told_apart_by_their_parameters(ground):
    ground.feature(PLAN)
    assert ids(ground) == [
        "features/essai.feature::La commande est rejetée à l'AR[A 1, FADR01]",
        "features/essai.feature::La commande est rejetée à l'AR[é:2, FADR02]",
        "features/essai.feature::La commande est rejetée à l'AR[FIMP01, A 3]",
    ]


@pytest.mark.parametrize(
    ("selection", "count"),
    [
        (["features/essai.feature::La commande est rejetée à l'AR"], 3),
        (["features/essai.feature::La commande est rejetée à l'AR[A 1, FADR01]"], 1),
        (["features", "-m", "rejet"], 1),
        (["features", "-m", "ACC-15 and oi"], 3),
        (["features", "-k", "FADR"], 2),
    ],
)
def test_rows_are_selected_by_name_mark_or_keyword(ground, selection, count):
    ground.feature(PLAN)
    assert len(ids(ground, *selection)) == count


def test_runs_are_counted_without_collecting(ground):
    ground.feature(PLAN, "rejets")
    ground.feature(write(FEATURE), "nominal")
    assert count_runs(ground.pytester.path / "features") == 4


def test_markers_are_declared_with_their_clause(ground):
    outcome, _ = ground.run("--markers")
    outcome.stdout.fnmatch_lines(["@pytest.mark.ACC-04: *AR*", "@pytest.mark.oi: *infrastructure*"])


def test_a_byte_order_mark_is_no_trouble(ground):
    ground.feature("\ufeff" + write(FEATURE))
    assert len(ids(ground)) == 1


# --- the five silent holes -------------------------------------------------------------------------------------


def test_a_second_scenario_of_the_same_name(ground):
    text = write("""
        # language: fr
        @oi @ACC-04
        Fonctionnalité: Essai
          Règle: Une
            Scénario: Même nom
              Alors l'OI se tait
          Règle: Deux
            Scénario: Même nom
              Alors l'OI répond
        """)
    ground.stock(text).assert_outcomes(passed=1)  # the failing one has vanished
    assert "features/essai.feature:8: le nom « Même nom » sert déjà ligne 5" in refused(ground, text)


def test_a_scenario_without_steps(ground):
    text = scenario()
    ground.stock(text).assert_outcomes(passed=1)
    assert "features/essai.feature:4: le scénario « Un essai » n'a aucune étape" in refused(ground, text)


def test_a_misspelt_first_keyword(ground):
    text = scenario("Allors l'OI se tait", "Étant donné une commande", "Alors l'OI répond")
    ground.stock(text).assert_outcomes(passed=1)  # its step has become a description
    said = refused(ground, text)
    assert "features/essai.feature:5: « Allors l'OI se tait » n'est pas une étape (vouliez-vous « Alors » ?)" in said


def test_a_plan_without_examples(ground):
    text = scenario("Étant donné une commande <référence>", "Alors l'OI répond").replace("Scénario", "Plan du scénario")
    ground.stock(text).assert_outcomes(passed=1)
    assert "features/essai.feature:4: le plan « Un essai » n'a pas d'« Exemples: »" in refused(ground, text)


def test_a_column_missing_from_the_examples(ground):
    text = PLAN.replace("| référence | code   |", "| référence | cause  |")
    stock = ground.stock(text)
    stock.assert_outcomes(passed=3)  # two rows ran with the literal « <code> »
    assert "features/essai.feature:7: « <code> » n'est pas une colonne des exemples de la ligne 9" in refused(
        ground, text
    )


def test_two_definitions_for_one_step(ground):
    path = ground.pytester.path / "etapes.py"
    twice = '\n@then(parsers.re("l.OI rép.nd"))\ndef muette(): pass\n'
    path.write_text(path.read_text(encoding="utf-8") + twice, encoding="utf-8")
    text = scenario(*GOOD)
    ground.stock(text).assert_outcomes(passed=1)  # the last one loaded has won
    said = refused(ground, text)
    assert "features/essai.feature:7: plusieurs définitions jouent l'étape « Alors l'OI répond »" in said
    assert "« l'OI répond » (etapes.py:" in said
    assert "« l.OI rép.nd » (etapes.py:" in said


# --- their neighbours ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (scenario(*GOOD, "Et l'OI danse"), 8, "aucune définition ne joue l'étape « Et l'OI danse »"),
        (scenario(*GOOD, tags="@oi"), 4, "ne porte aucune exigence"),
        (scenario(*GOOD, tags="@ACC-04"), 4, "ne dit pas qui il juge"),
        (scenario(*GOOD, tags="@oi @ACC-04 @acess"), 3, "« @acess » n'est pas déclarée (peut-être « @acces » ?)"),
        (scenario(*GOOD, tags="@oi @ACC-99"), 3, "« @ACC-99 » n'est pas déclarée"),
        (scenario(*GOOD).partition("\n")[2], 1, "l'en-tête manque"),
        (scenario(*GOOD).replace("fr", "en", 1), 1, "« en » est annoncé"),
        (scenario(*GOOD, "Then l'OI répond"), 8, "« Then l'OI répond » n'est pas attendu ici"),
        (scenario(*GOOD, "Alros l'OI répond"), 8, "(vouliez-vous « Alors » ?)"),
        (scenario("Given une commande", *GOOD), 5, "« Given une commande » n'est pas une étape"),
        (scenario("Un mot d'explication.", *GOOD), 5, "une description se place sous « Fonctionnalité: »"),
        (scenario("Et une commande", *GOOD), 5, "« Et » ne peut pas ouvrir un scénario"),
        (scenario("* une commande", *GOOD), 5, "« * » ne peut pas ouvrir un scénario"),
        (scenario(*GOOD[:2]), 4, "n'a pas d'étape « Alors »"),
        (scenario("Étant donné une commande <référence>", "Alors l'OI répond"), 5, "resterait tel quel"),
        (scenario(*GOOD, name=""), 4, "ce scénario n'a pas de nom"),
        ("# language: fr\n", 1, "fonctionnalité absente"),
        ("# language: fr\nFonctionnalité: Vide\n", 2, "ne contient aucun scénario"),
        (scenario(*GOOD) + "  Règle: Vide\n", 8, "la règle « Vide » ne contient aucun scénario"),
        (PLAN.replace("| é::2      | FADR02 |", "| A 1       | FADR01 |"), 12, "répète la ligne 11"),
        (PLAN.replace("| é::2      | FADR02 |", "| A 2 |"), 12, "le même nombre de cellules"),
        (PLAN.replace("| FIMP01 | A 3       |\n", ""), 14, "ces exemples n'ont aucune ligne"),
        (PLAN.replace("référence | code ", "code | code "), 9, "la colonne « code » figure deux fois"),
        (PLAN.replace("Exemples: l'adresse", "Exemples: l'adresse\n      en clair"), 10, "n'est pas une étape"),
        (PLAN.replace("  @ACC-04", "  Contexte:\n    Soit une commande <code>\n\n  @ACC-04"), 5, "un contexte n'a pas"),
        (PLAN.replace("  @ACC-04", "  Contexte:\n\n  @ACC-04"), 4, "ce contexte n'a aucune étape"),
    ],
)
def test_what_else_is_refused_at_its_line(ground, text, line, said):
    told = refused(ground, text)
    assert any(row.startswith(f"features/essai.feature:{line}: ") and said in row for row in told.splitlines()), told


@pytest.mark.parametrize("header", ["Scenario: perdu", "Scénario : perdu", "Scnéario: perdu", "Background:"])
def test_a_section_that_sank_into_a_description(ground, header):
    text = write("""
        # language: fr
        @oi @ACC-04
        Fonctionnalité: Essai

          HEADER
            Alors l'OI se tait

          Scénario: Un essai
            Alors l'OI répond
        """).replace("HEADER", header)
    ground.stock(text).assert_outcomes(passed=1)  # and a scenario is gone
    assert f"features/essai.feature:5: « {header} » est lu comme une description" in refused(ground, text)


def test_an_honest_description_is_let_through(ground):
    text = write("""
        # language: fr
        @oi @ACC-04
        Fonctionnalité: Essai
          Quand une commande arrive, l'OI répond : un AR, puis un CR.
          Exemple : la commande CMD-1.
          Contexte : la phase de test.
          Et rien d'autre.

          Règle: R
            Alors seulement vient le CR.

            Scénario: Un essai
              Quand l'OC la dépose
              Alors l'OI répond
        """)
    ground.feature(text)
    outcome, _ = ground.run()
    outcome.assert_outcomes(passed=1)


def test_an_xml_body_keeps_its_angle_brackets(ground):
    path = ground.pytester.path / "etapes.py"
    more = '\n@when("ce message part")\ndef message(docstring): assert docstring == "<ticket/>"\n'
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    ground.feature(scenario("Quand ce message part", '"""', "<ticket/>", '"""', "Alors l'OI répond"))
    outcome, _ = ground.run()
    outcome.assert_outcomes(passed=1)


def test_all_the_problems_of_a_file_are_told_at_once(ground):
    said = refused(ground, scenario("Et l'OI danse", tags="@acess"))
    assert said.count("features/essai.feature:") >= 4


def test_a_file_that_is_not_utf8_is_refused(ground):
    ground.feature("")
    (ground.pytester.path / "features" / "essai.feature").write_bytes(scenario(*GOOD).encode("cp1252"))
    outcome, _ = ground.run("--collect-only")
    outcome.stdout.fnmatch_lines(["features/essai.feature:2: le fichier doit être en UTF-8."])
