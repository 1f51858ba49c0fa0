"""Makes every ``.feature`` file a pytest module: ``pytest "features/x.feature::Nom[valeur, valeur]"``, no Python stub.

Before a file runs, ``lint`` refuses what pytest-bdd would drop in silence, and each step of each row must have exactly
one definition: of two that match, pytest-bdd takes the last loaded and says nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import pytest
import pytest_bdd
from pytest_bdd.compat import get_fixture_names, getfixturedefs
from pytest_bdd.feature import get_feature
from pytest_bdd.parser import Scenario, ScenarioTemplate, Step
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

import annexe5
from annexe5.campaign.lint import PARTIES, FeatureRefusedError, FeatureText, Problem, Row, ScenarioText, read_feature
from annexe5.campaign.results import ScenarioResult, StepResult, StepStatus
from annexe5.campaign.verdicts import Ending
from annexe5.contract.paths import suite_root
from annexe5.contract.requirements import load_requirements
from annexe5.errors import Annexe5Error
from annexe5.findings import Verdict

HOUSE_TAGS: Mapping[str, str] = MappingProxyType(
    {
        "oi": "juge l'opérateur d'infrastructure",
        "oc": "juge l'opérateur commercial",
        "pm": "protocole PM",
        "acces": "protocole ACCES",
        "sav": "service SAV",
        "aide_commande": "service d'aide à la commande",
        "transport": "le canal lui-même : comptes, dossiers, suppression",
        "sftp": "passe par SFTP",
        "ftp": "passe par FTP",
        "ftps": "passe par FTP sur TLS",
        "mail": "passe par e-mail",
        "soap": "passe par un service web",
        "nominal": "ce qui doit réussir",
        "rejet": "ce qui doit être refusé, avec son code",
        "robustesse": "une entrée malformée ou inattendue",
        "nommage": "noms de fichiers",
        "stoc": "mode STOC",
        "mode_oi": "raccordement par l'OI",
        "mode_oc": "raccordement par l'OC",
        "hotline": "route optique donnée par la hotline",
        "reprovisionnement": "Notif_Reprov",
        "annulation": "annulation et résiliation",
        "delai": "échéances en jours ouvrés",
        "jumeau": "ne se joue que contre le jumeau",
        "long": "dure plus de quelques secondes",
    }
)
"""The labels of the house besides the clauses; a new label is one line here."""


def pytest_configure(config: pytest.Config) -> None:
    """Declare clauses and labels as markers, so that ``--strict-markers`` and ``-m`` know them."""
    for tag, meaning in declared_tags().items():
        config.addinivalue_line("markers", f"{tag}: {meaning}")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take every ``.feature`` file as a module of scenarios."""
    return FeatureFile.from_parent(parent, path=file_path) if file_path.suffix == ".feature" else None


@cache
def declared_tags() -> Mapping[str, str]:
    """Give every label a feature may bear, with its meaning: the clauses, then the house's own."""
    return {clause.id: clause.text.fr for clause in load_requirements().values()} | dict(HOUSE_TAGS)


class FeatureFile(pytest.Module):
    """One ``.feature`` file; collecting it lints it, then yields one item a run."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.obj = ModuleType(self.path.stem)  # nothing to import: the text is the module

    def collect(self) -> Iterator[ScenarioItem]:
        """Yield the items, or refuse the file with all its problems."""
        try:
            text = read_feature(self.path, declared_tags(), load_requirements())
            templates = get_feature(str(self.path.parent), self.path.name, encoding="utf-8-sig").scenarios
            _check_steps(self, text, templates)
        except FeatureRefusedError as refused:
            told = "\n".join(f"{where(self, problem.line)}: {problem.message}" for problem in refused.problems)
            raise self.CollectError(told) from None
        items = list(self._items(text, templates))
        if len(items) != text.runs or len(templates) != len(text.scenarios):
            raise self.CollectError(
                f"{where(self)}: {text.runs} exécutions sont écrites, {len(items)} sont collectées : "
                "aucun certificat ne peut s'appuyer sur ce fichier."
            )
        yield from items

    def _items(self, text: FeatureText, templates: Mapping[str, ScenarioTemplate]) -> Iterator[ScenarioItem]:
        plays = {
            name: pytest_bdd.scenario(
                self.path.name, name, encoding="utf-8-sig", features_base_dir=str(self.path.parent)
            )(_passed)
            for name in templates
        }
        for scenario, row, rendered, name in _runs(text, templates):
            yield ScenarioItem.from_parent(
                self,
                name=name,
                callobj=_bind(plays[scenario.name], row),
                feature=text,
                scenario=scenario,
                row=row,
                rendered=rendered,
            )


def _runs(
    text: FeatureText, templates: Mapping[str, ScenarioTemplate]
) -> Iterator[tuple[ScenarioText, Row, Scenario, str]]:
    """Give every run of a file, with the name that pytest knows it by."""
    taken: set[str] = set()
    for scenario in text.scenarios:
        for row in scenario.rows:
            rendered = templates[scenario.name].render(dict(row.parameters))
            yield scenario, row, rendered, _node_name(rendered.name, row, taken)


def runs_of(path: str) -> Mapping[str, tuple[str, ...]]:
    """Give, without running anything, the tags of every run of a feature of the suite, by ``ScenarioItem.run_id``."""
    whole = suite_root() / path
    text = read_feature(whole, declared_tags(), load_requirements())
    templates = get_feature(str(whole.parent), whole.name, encoding="utf-8-sig").scenarios
    return {f"{path}::{name}": row.tags for _, row, _, name in _runs(text, templates)}


class ScenarioItem(pytest.Function):
    """One run of a scenario: a row of Exemples, or the scenario itself."""

    def __init__(
        self, *, feature: FeatureText, scenario: ScenarioText, row: Row, rendered: Scenario, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.row = row
        self.feature = feature
        self.scenario = scenario
        self.rendered = rendered
        for tag in row.tags:
            self.add_marker(tag)

    @property
    def run_id(self) -> str:
        """The stable name of this run: the feature's path in the suite, then the scenario and its row."""
        return f"{feature_path(self)}::{self.name}"

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Point at the feature, not at the Python that plays it."""
        return self.path, self.row.line - 1, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:  # type: ignore[override]
        """Tell a failure without values of arguments or locals: an account's password is one of them."""
        said = isinstance(excinfo.value, Ending | Annexe5Error)
        told = excinfo.getrepr(
            style="value" if said else "short", funcargs=False, showlocals=False, tbfilter=_step_code
        )
        if said and told.reprcrash is not None:
            told.reprcrash.message = str(excinfo.value)  # the summary's line has no room for a class and its modules
        return told

    def planned(self, message: str = "") -> ScenarioResult:
        """Give this run as it stands before running: ``non testé``, no step run."""
        tags = self.row.tags
        return ScenarioResult(
            id=self.run_id,
            feature=self.feature.name,
            feature_path=feature_path(self),
            line=self.row.line,
            name=self.rendered.name,
            verdict=Verdict.NON_TESTE,
            started=_NEVER,
            duration=0.0,
            rule=self.scenario.rule,
            description=self.scenario.description,
            parameters=self.row.parameters,
            tags=tags,
            requirements=tuple(tag for tag in tags if tag in load_requirements()),
            parties=tuple(tag.upper() for tag in tags if tag in PARTIES),
            steps=tuple(
                StepResult(self.feature.keywords[step.line_number], _step_text(step), StepStatus.NOT_RUN)
                for step in self.rendered.steps
            ),
            message=message,
        )


def feature_path(node: pytest.Item | pytest.Collector) -> str:
    """Give a feature's path as reports show it: from the suite's root, or from pytest's for a private feature."""
    for root in (suite_root(), node.config.rootpath):
        if node.path.is_relative_to(root):
            return node.path.relative_to(root).as_posix()
    return node.path.as_posix()


def where(node: pytest.Item | pytest.Collector, line: int = 1) -> str:
    """Give ``features/x.feature:12`` for a message."""
    return f"{feature_path(node)}:{line}"


def short_path(filename: str) -> str:
    """Shorten a path of the suite's own code for a reader; elsewhere, the bare file name."""
    path = Path(filename)
    for root in (suite_root(), _PACKAGE.parent):
        if path.is_relative_to(root) and is_ours(filename):
            return path.relative_to(root).as_posix()
    return path.name


def is_ours(filename: str) -> bool:
    """Tell the suite's own code from that of its libraries, and from what only carries steps to pytest."""
    inside = any(Path(filename).is_relative_to(root) for root in (suite_root() / "steps", _PACKAGE))
    return inside and not _HOUSEKEEPING.search(Path(filename).as_posix())


def sentence(step: StepResult) -> str:
    """Give a step as one reads it: no blank after an elision (« Étant donné qu'une … »)."""
    return f"{step.keyword}{'' if step.keyword.endswith(chr(39)) else ' '}{step.text}"


def _check_steps(node: FeatureFile, text: FeatureText, templates: Mapping[str, ScenarioTemplate]) -> None:
    """Refuse a step that no definition, or more than one, would play."""
    definitions = _definitions(node)
    problems: list[Problem] = []
    checked: set[tuple[str, str]] = set()
    for scenario in text.scenarios:
        for row in scenario.rows:
            for step in templates[scenario.name].render(dict(row.parameters)).steps:
                if (step.type, step.name) in checked:
                    continue
                checked.add((step.type, step.name))
                problems += _check_step(step, text, definitions)
    if problems:
        raise FeatureRefusedError(text.path, problems)


def _check_step(step: Step, text: FeatureText, definitions: Sequence[StepFunctionContext]) -> Iterator[Problem]:
    matching = [one for one in definitions if one.type in (None, step.type) and one.parser.is_matching(step.name)]
    if len(matching) == 1:
        return
    said = f"{text.keywords[step.line_number]} {step.name}"
    if not matching:
        yield Problem(step.line_number, f"aucune définition ne joue l'étape « {said} ».")
        return
    places = " ; ".join(f"« {one.parser.name} » ({_place(one.step_func)})" for one in matching)
    yield Problem(
        step.line_number,
        f"plusieurs définitions jouent l'étape « {said} », seule la dernière chargée servirait : {places}.",
    )


def _definitions(node: pytest.Collector) -> list[StepFunctionContext]:
    """Give the step definitions a file sees, each once however often its module was imported."""
    manager = node.session._fixturemanager  # noqa: SLF001 - pytest has no public list of fixtures; pytest-bdd's own way
    found: dict[int, StepFunctionContext] = {}
    for name in get_fixture_names(manager):
        for fixture in getfixturedefs(manager, name, node) or ():
            context = step_function_context_registry.get(fixture.func)
            if context is not None:
                found[id(context)] = context
    return list(found.values())


def _place(function: Callable[..., object]) -> str:
    code = getattr(function, "__code__", None)
    return f"{short_path(code.co_filename)}:{code.co_firstlineno}" if code else repr(function)


def _bind(play: Callable[..., object], row: Row) -> Callable[[pytest.FixtureRequest], None]:
    def run(request: pytest.FixtureRequest) -> None:
        __tracebackhide__ = True
        play(request, dict(row.parameters))

    return run


def _passed() -> None:
    """Stand for the Python function that pytest-bdd decorates."""


def _node_name(name: str, row: Row, taken: set[str]) -> str:
    """Give ``Nom[valeur, valeur]``: ``::`` would split it on the command line, a line end or a NUL break its reader."""
    values = ", ".join(value for _, value in row.parameters)
    plain = re.sub(r"[\s\x00-\x1f]+", " ", f"{name}[{values}]" if row.parameters else name).replace("::", ":")
    unique, number = plain, 1
    while unique in taken:
        number += 1
        unique = f"{plain} #{number}"
    taken.add(unique)
    return unique


def _step_text(step: Step) -> str:
    """Give a step's text with its table or quoted text below it, as in the feature."""
    below: Iterable[str] = ()
    if step.datatable is not None:
        below = ("| " + " | ".join(str(cell) for cell in row) + " |" for row in step.datatable.raw())
    elif step.docstring is not None:
        below = step.docstring.splitlines()
    return "\n".join([step.name, *below])


def _step_code(excinfo: pytest.ExceptionInfo[BaseException]) -> Any:
    """Keep of a traceback what is neither pytest's, nor pytest-bdd's, nor pluggy's."""
    kept = excinfo.traceback.filter(lambda entry: not _HOUSEKEEPING.search(Path(entry.path).as_posix()))
    return kept or excinfo.traceback


_HOUSEKEEPING = re.compile(r"/(?:_pytest|pytest_bdd|pluggy|xdist)/|/annexe5/campaign/(?:gherkin|plugin)\.py$")
_PACKAGE = Path(annexe5.__file__).parent
_NEVER = datetime.fromtimestamp(0, UTC)
