"""What Allure is told of a scenario, and what it is not."""

import json

import pytest

from tests.campaign.playground import QUICK, Playground, scenario, write

pytest_plugins = ("pytester",)

PLAN = write("""
    # language: fr
    @oi
    Fonctionnalité: Rejets
      Règle: L'AR tranche
        @ACC-04 @TRA-02
        Plan du scénario: Rejet au retour
          Étant donné une commande
          Et une commande <référence>
          Alors l'OI se tait
          Et l'OI répond

          Exemples:
            | référence |
            | A 1       |
            | A 2       |
    """)


@pytest.fixture
def ground(pytester):
    return Playground(pytester)


def told(ground, *arguments):
    """Run in a process of its own (Allure's loggers are global); give the results and all that was written."""
    ran = ground.pytester.runpytest_subprocess(*QUICK, "features", "--alluredir=allure", *arguments)
    assert "Traceback" not in ran.stderr.str()
    folder = ground.pytester.path / "allure"
    results = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*-result.json"))]
    return sorted(results, key=lambda one: one["start"]), folder


def labels(result, name):
    return [one["value"] for one in result["labels"] if one["name"] == name]


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_a_row_is_told_in_allures_words(ground, workers):
    ground.feature(PLAN)
    results, folder = told(ground, *workers)
    first = next(one for one in results if one["parameters"][0]["value"] == "A 1")
    assert len(results) == 2
    assert first["name"] == "Rejet au retour"
    assert first["status"] == "failed"
    assert first["statusDetails"] == {"message": "aucun AR pour CMD-1"}
    assert first["parameters"] == [{"name": "référence", "value": "A 1"}]
    assert labels(first, "feature") == labels(first, "suite") == ["Rejets"]
    assert labels(first, "story") == labels(first, "subSuite") == ["L'AR tranche"]
    assert labels(first, "severity") == ["critical"]
    assert set(labels(first, "tag")) == {"oi", "ACC-04", "TRA-02"}
    assert [one["name"].partition(" – ")[0] for one in first["links"]] == ["ACC-04", "TRA-02"]
    assert [(one["name"], one["status"]) for one in first["steps"]] == [
        ("Étant donné une commande", "passed"),
        ("Et une commande A 1", "passed"),
        ("Alors l'OI se tait", "failed"),
        ("Et l'OI répond", "skipped"),
    ]
    assert first["testCaseId"] == results[1]["testCaseId"]
    assert results[0]["historyId"] != results[1]["historyId"]
    assert not list(folder.glob("*-container.json"))


@pytest.mark.parametrize(
    ("step", "status", "tag"),
    [
        ("le mode manque", "skipped", "non applicable"),
        ("la réponse peut encore venir", "skipped", "en attente"),
        ("la cible est injoignable", "broken", "erreur de configuration"),
        ("un constat reserve est noté", "passed", "réserve"),
    ],
)
def test_a_verdict_finds_its_status(ground, step, status, tag):
    ground.feature(scenario(f"Alors {step}"))
    [result], _ = told(ground)
    assert result["status"] == status
    assert tag in labels(result, "tag")
    assert labels(result, "verdict") == [tag]
    assert result["statusDetails"]["message"]


def test_no_value_leaks(ground):
    ground.feature(scenario("Alors la suite a un défaut"))
    steps = ground.pytester.path / "etapes.py"
    told_aloud = '    print("s3cr3t-du-compte")\n    raise KeyError'
    steps.write_text(steps.read_text(encoding="utf-8").replace("    raise KeyError", told_aloud), encoding="utf-8")
    [result], folder = told(ground, "--showlocals")
    assert result["status"] == "broken"
    assert all(b"s3cr3t" not in path.read_bytes() for path in folder.iterdir())


def test_a_file_is_attached_masked(ground):
    mask = (
        "\nfrom annexe5.campaign.allure_bridge import MASK\n"
        "def pytest_configure(config):\n    config.stash[MASK] = lambda name, data: data.replace(b'Durand', b'NOM')\n"
    )
    conftest = ground.pytester.path / "conftest.py"
    conftest.write_text(conftest.read_text(encoding="utf-8") + mask, encoding="utf-8")
    ground.feature(scenario("Alors un fichier est joint"))
    [result], folder = told(ground)
    [attachment] = result["attachments"]
    assert (attachment["name"], attachment["type"]) == ("CMD.csv", "text/csv")
    assert (folder / attachment["source"]).read_bytes() == b"NomClient\r\nNOM\r\n"


def test_without_a_mask_no_file_is_attached(ground):
    ground.feature(scenario("Alors un fichier est joint"))
    [result], folder = told(ground)
    assert "attachments" not in result
    assert len(list(folder.iterdir())) == 1


def test_a_clause_leads_where_the_pattern_says(ground):
    ground.feature(scenario("Alors l'OI répond"))
    [result], _ = told(ground, "--allure-link-pattern=tms:https://exemple.fr/{}")
    assert [one["url"] for one in result["links"]] == ["https://exemple.fr/ACC-04"]


def test_ordinary_tests_are_left_as_allure_tells_them(ground):
    ground.pytester.makepyfile(test_simple="import pytest\n@pytest.fixture\ndef f(): pass\n\ndef test_one(f): pass\n")
    ground.feature(scenario("Alors l'OI répond"))
    ground.pytester.runpytest_subprocess(*QUICK, "--alluredir=allure", "test_simple.py")
    folder = ground.pytester.path / "allure"
    [result] = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*-result.json")]
    assert result["name"] == "test_one"
    assert list(folder.glob("*-container.json"))


def test_nothing_is_written_unless_asked(ground):
    ground.feature(scenario("Alors l'OI répond"))
    ground.run()
    assert not (ground.pytester.path / "allure").exists()
