"""A tiny suite of its own for the tests of the pytest side: a conftest, steps, one feature at a time."""

import textwrap

import pytest

from annexe5.campaign import plugin
from annexe5.campaign.results import ScenarioResult

# hypothesis imports itself whole at the end of a session: a second for each of these.
QUICK = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")

CONFTEST = """
pytest_plugins = [
    "annexe5.campaign.gherkin", "annexe5.campaign.plugin", "annexe5.campaign.allure_bridge", "etapes",
]
"""

STEPS = """
import pytest
from pytest_bdd import given, parsers, then, when
from annexe5.campaign.verdicts import Bloque, EnAttente, NonApplicable, NonConforme
from annexe5.errors import TargetError
from annexe5.findings import Finding, Severity, Text

def finding(severity, said="le fichier ment"):
    return Finding(rule="NOM-CASSE", requirement="NAM-06", severity=Severity(severity), message=Text(said, said))

@pytest.fixture
def compte():
    return {"mot_de_passe": "s3cr3t-du-compte"}

@given("une commande")
@given(parsers.parse("une commande {reference}"))
def commande(scenario_record, reference="CMD-1"):
    scenario_record.add_order(reference)
    scenario_record.add_exchange(7)

@when("l'OC la dépose")
@when(parsers.parse("elle part avec {quoi}"))
def depose(): pass

@then("l'OI répond")
@then(parsers.parse("l'OI répond {code}"))
def repond(): pass

@then("l'OI se tait")
def se_tait(compte):
    raise NonConforme("aucun AR pour CMD-1")

@then("la vérification échoue")
def echoue(compte):
    recu = 2
    assert recu == 1, "un seul AR est attendu"

@then("la réponse peut encore venir")
def attendre():
    raise EnAttente("l'AR peut encore venir")

@then("le mode manque")
def manque():
    raise NonApplicable("le mode OI n'est pas déclaré")

@then("tout est bloqué")
def bloque():
    raise Bloque("aucun IPE reçu")

@then("la cible est injoignable")
def injoignable():
    raise TargetError("cible.toml : hôte inconnu")

@then("la suite a un défaut")
def defaut(compte):
    secret = compte["mot_de_passe"]
    raise KeyError("colonne")

@then(parsers.parse("un constat {severity} est noté"))
def constat(scenario_record, severity):
    scenario_record.add_findings([finding(severity)])

@then("un fichier est joint")
def joint(scenario_record):
    scenario_record.attach("CMD.csv", "NomClient\\r\\nDurand\\r\\n".encode())
"""

FEATURE = """
# language: fr
@oi @acces
Fonctionnalité: Commande d'accès
  L'OC commande, l'OI répond.

  Règle: L'accusé est rendu
    @ACC-04
    Scénario: Une commande nominale
      Étant donné une commande
      Quand l'OC la dépose
      Alors l'OI répond
"""


def write(text: str) -> str:
    """Give a feature's text with ordinary margins."""
    return textwrap.dedent(text).strip() + "\n"


def scenario(*steps: str, name: str = "Un essai", tags: str = "@oi @ACC-04") -> str:
    """Give a feature of one scenario."""
    head = ["# language: fr", "Fonctionnalité: Essai", f"  {tags}", f"  Scénario: {name}"]
    return "\n".join([*head, *(f"    {step}" for step in steps)]) + "\n"


class Playground:
    """A folder with a conftest, steps and features, and the way to run pytest there."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        pytester.makeconftest(CONFTEST)
        pytester.makepyfile(etapes=STEPS)
        pytester.makeini("[pytest]\nstrict = true\n")
        pytester.syspathinsert()

    def feature(self, text: str, name: str = "essai") -> None:
        """Write a feature file."""
        path = self.pytester.path / "features" / f"{name}.feature"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, *arguments: str, plugins: tuple[object, ...] = ()) -> tuple[pytest.RunResult, list[ScenarioResult]]:
        """Run the features here; give pytest's result and the scenarios' own."""
        kept: list[ScenarioResult] = []
        outcome = self.pytester.runpytest_inprocess(
            *QUICK, *(arguments or ("features",)), plugins=[_Sink(kept), *plugins]
        )
        return outcome, kept

    def stock(self, text: str) -> pytest.RunResult:
        """Run a feature under pytest-bdd alone, from the Python stub it asks for."""
        folder = self.pytester.mkdir("stock")
        (folder / "essai.feature").write_text(text, encoding="utf-8")
        (folder / "test_stock.py").write_text(
            "import pytest\nfrom pytest_bdd import scenarios\nfrom etapes import *\n\n"
            "class Record:\n    def add_order(self, one): pass\n    def add_exchange(self, one): pass\n\n"
            "@pytest.fixture\ndef scenario_record(): return Record()\n\nscenarios('essai.feature')\n",
            encoding="utf-8",
        )
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        return self.pytester.runpytest_inprocess(
            *QUICK, f"--rootdir={folder}", f"--confcutdir={folder}", "-c", str(folder / "pytest.ini"),
            "-W", "ignore", str(folder), "-v",
        )  # fmt: skip


class _Sink:
    def __init__(self, kept: list[ScenarioResult]) -> None:
        self.kept = kept

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[plugin.SINK] = self.kept.extend
