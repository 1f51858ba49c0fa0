"""Reads a ``.feature`` file and refuses what pytest-bdd lets pass in silence.

pytest-bdd 9.0.1 drops a second scenario of the same name, passes a scenario without steps, takes a misspelt first
keyword for a description and runs a plan with the literal ``<y>`` (all reproduced in tests/campaign/test_gherkin.py).
A certificate must not stand on a scenario that vanished: every such file is refused, with its line and the remedy.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from gherkin.dialect import DIALECTS
from gherkin.errors import CompositeParserException, ParserError
from gherkin.parser import Parser

PARTIES = ("oi", "oc")

_LANGUAGE = re.compile(r"\s*#\s*language\s*:\s*(\S+)\s*$")
_PLACEHOLDER = re.compile(r"<([^<>\s][^<>]*)>")
_HEADER = re.compile(r"\s*([^\s:|][^:|]{2,28}?)\s*:")
_SECTIONS = ("feature", "rule", "background", "scenario", "scenarioOutline", "examples")
_STEPS = ("given", "when", "then", "and", "but")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Why a feature is refused: physical line (from 1) and a French sentence with the remedy."""

    line: int
    message: str


class FeatureRefusedError(Exception):
    """A feature file cannot be run as it stands; ``problems`` are in the order of the file."""

    def __init__(self, path: Path, problems: Collection[Problem]) -> None:
        self.path = path
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(f"{path}:{problem.line}: {problem.message}" for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Row:
    """One run of a scenario: a row of Exemples, or the scenario itself (no parameters)."""

    line: int
    parameters: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScenarioText:
    """One scenario or plan as written; ``rows`` are its runs, ``description`` that of its rule or feature."""

    name: str
    line: int
    rule: str
    description: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class FeatureText:
    """One feature file as written; ``keywords`` gives each step's keyword by line, in its own case and accents."""

    path: Path
    name: str
    scenarios: tuple[ScenarioText, ...]
    keywords: Mapping[int, str] = field(repr=False)

    @property
    def runs(self) -> int:
        """How many times pytest must run: a scenario counts for one, a plan for its rows."""
        return sum(len(scenario.rows) for scenario in self.scenarios)


def read_feature(path: Path, tags: Collection[str], requirements: Collection[str]) -> FeatureText:
    """Give a feature as written; FeatureRefusedError tells every problem at once.

    ``tags`` are all the labels a scenario may bear, ``requirements`` those that are clauses.
    """
    lines, node = _parse(path)
    problems = [
        *_check_tree(node),
        *_check_descriptions(node, lines),
        *(problem for scenario, _ in _scenarios(node) for problem in _check_scenario(scenario)),
        *_check_tags(node, tags, requirements),
    ]
    if problems:
        raise FeatureRefusedError(path, problems)
    return FeatureText(
        path=path,
        name=node["name"],
        scenarios=tuple(_scenario_text(node, rule, scenario) for scenario, rule in _scenarios(node)),
        keywords={step["location"]["line"]: step["keyword"].strip() for step in _steps(node)},
    )


def count_runs(path: Path) -> int:
    """Count the runs in a ``.feature`` file, or in all those under a folder, without collecting them."""
    files = sorted(path.rglob("*.feature")) if path.is_dir() else [path]
    return sum(
        len(_rows(node, rule, scenario))
        for node in (_parse(file)[1] for file in files)
        for scenario, rule in _scenarios(node)
    )


# Reading


def _parse(path: Path) -> tuple[list[str], dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as reason:
        line = path.read_bytes()[: reason.start].count(b"\n") + 1
        raise FeatureRefusedError(path, [Problem(line, "le fichier doit être en UTF-8.")]) from None
    lines = text.splitlines()
    language = _language(lines)
    if language != "fr":
        said = f"« {language} » est annoncé" if language else "l'en-tête manque"
        message = f"la langue des scénarios est le français, {said} : écrivez « # language: fr » en première ligne."
        raise FeatureRefusedError(path, [Problem(1, message)])
    try:
        document: Any = Parser().parse(text)
    except CompositeParserException as reason:
        raise FeatureRefusedError(path, [_syntax(error, lines) for error in reason.errors]) from None
    except ParserError as reason:
        raise FeatureRefusedError(path, [_syntax(reason, lines)]) from None
    if "feature" not in document:
        raise FeatureRefusedError(path, [Problem(1, "le fichier ne contient aucune « Fonctionnalité: ».")])
    return lines, document["feature"]


def _language(lines: list[str]) -> str:
    for line in lines:
        if found := _LANGUAGE.match(line):
            return found[1]
        if line.strip() and not line.lstrip().startswith("#"):
            break
    return ""


def _syntax(error: Any, lines: list[str]) -> Problem:
    """Tell a parser's error in French, with the keyword the author probably meant."""
    line = int(error.location["line"]) if getattr(error, "location", None) else 1
    line = min(line, len(lines))
    text = lines[line - 1].strip()
    said = str(error)
    if "inconsistent cell count" in said:
        message = "toutes les lignes du tableau doivent avoir le même nombre de cellules."
    elif "whitespace" in said:
        message = "une étiquette ne contient pas d'espace."
    elif "end of file" in said:
        message = (
            "le fichier finit trop tôt : fonctionnalité absente, étiquettes sans scénario ou texte cité non fermé."
        )
    else:
        message = f"« {text} » n'est pas attendu ici{_meant(text)}."
    return Problem(line, message)


def _steps(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for child in node["children"]:
        if rule := child.get("rule"):
            yield from _steps(rule)
        else:
            yield from (child.get("background") or child["scenario"])["steps"]


def _scenarios(node: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Give each scenario with its rule (None: right under the feature)."""
    found: list[tuple[dict[str, Any], dict[str, Any] | None]] = []
    for child in node["children"]:
        if rule := child.get("rule"):
            found += [(scenario, rule) for scenario, _ in _scenarios(rule)]
        elif scenario := child.get("scenario"):
            found.append((scenario, None))
    return found


def _rows(feature: dict[str, Any], rule: dict[str, Any] | None, scenario: dict[str, Any]) -> tuple[Row, ...]:
    inherited = [*_tags(feature), *_tags(rule), *_tags(scenario)]
    if not scenario["examples"]:
        return (Row(scenario["location"]["line"], (), _distinct(inherited)),)
    return tuple(
        Row(
            line=row["location"]["line"],
            parameters=tuple(zip(_columns(table), _cells(row), strict=True)),
            tags=_distinct([*inherited, *_tags(table)]),
        )
        for table in scenario["examples"]
        for row in table.get("tableBody") or ()
    )


def _scenario_text(feature: dict[str, Any], rule: dict[str, Any] | None, scenario: dict[str, Any]) -> ScenarioText:
    description = (rule or {}).get("description") or feature["description"]
    return ScenarioText(
        name=scenario["name"],
        line=scenario["location"]["line"],
        rule=rule["name"] if rule else "",
        description="\n".join(line.strip() for line in description.splitlines()).strip(),
        rows=_rows(feature, rule, scenario),
    )


def _tags(node: dict[str, Any] | None) -> list[str]:
    return [tag["name"].removeprefix("@") for tag in node["tags"]] if node else []


def _columns(table: dict[str, Any]) -> list[str]:
    return _cells(table["tableHeader"]) if table.get("tableHeader") else []


def _cells(row: dict[str, Any]) -> list[str]:
    return [cell["value"] for cell in row["cells"]]


def _distinct(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


# Checking


def _check_tree(feature: dict[str, Any]) -> Iterator[Problem]:
    """Names that hide one another, scenarios and rules that hold nothing."""
    if not _scenarios(feature):
        yield Problem(feature["location"]["line"], "cette fonctionnalité ne contient aucun scénario.")
    for child in feature["children"]:
        if (rule := child.get("rule")) and not _scenarios(rule):
            yield Problem(rule["location"]["line"], f"la règle « {rule['name']} » ne contient aucun scénario.")
    seen: dict[str, int] = {}
    for scenario, _ in _scenarios(feature):
        name, line = scenario["name"], scenario["location"]["line"]
        if not name:
            yield Problem(line, "ce scénario n'a pas de nom.")
        elif name in seen:
            yield Problem(
                line,
                f"le nom « {name} » sert déjà ligne {seen[name]} : un seul des deux serait exécuté, renommez-en un.",
            )
        seen.setdefault(name, line)
    for background in _backgrounds(feature):
        yield from _check_background(background)


def _backgrounds(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for child in node["children"]:
        if background := child.get("background"):
            yield background
        elif rule := child.get("rule"):
            yield from _backgrounds(rule)


def _check_background(background: dict[str, Any]) -> Iterator[Problem]:
    if not background["steps"]:
        yield Problem(background["location"]["line"], "ce contexte n'a aucune étape.")
        return
    yield from _check_first_step(background["steps"][0])
    for step in background["steps"]:
        for name in _placeholders(step):
            yield Problem(
                step["location"]["line"], f"un contexte n'a pas de paramètre : « <{name}> » resterait tel quel."
            )


def _check_scenario(scenario: dict[str, Any]) -> Iterator[Problem]:
    line, steps = scenario["location"]["line"], scenario["steps"]
    if not steps:
        yield Problem(line, f"le scénario « {scenario['name']} » n'a aucune étape : il passerait sans rien vérifier.")
    else:
        yield from _check_first_step(steps[0])
        if not any(step["keywordType"] == "Outcome" for step in steps):
            yield Problem(line, f"le scénario « {scenario['name']} » n'a pas d'étape « Alors » : il ne vérifie rien.")
    yield from _check_examples(scenario)


def _check_first_step(step: dict[str, Any]) -> Iterator[Problem]:
    if step["keywordType"] not in ("Context", "Action", "Outcome"):
        keyword = step["keyword"].strip()
        yield Problem(
            step["location"]["line"],
            f"« {keyword} » ne peut pas ouvrir un scénario : commencez par « Étant donné », « Quand » ou « Alors ».",
        )


def _check_examples(scenario: dict[str, Any]) -> Iterator[Problem]:
    """A plan runs once a row, and each ``<name>`` is a column of each of its tables."""
    line = scenario["location"]["line"]
    if scenario["keyword"].casefold().startswith("plan") and not scenario["examples"]:
        yield Problem(line, f"le plan « {scenario['name']} » n'a pas d'« Exemples: ».")
    used = [(line, name) for name in _PLACEHOLDER.findall(scenario["name"])]
    used += [(step["location"]["line"], name) for step in scenario["steps"] for name in _placeholders(step)]
    tables = scenario["examples"]
    for table in tables:
        yield from _check_table(table)
    if not tables and not scenario["keyword"].casefold().startswith("plan"):
        for where, name in used:
            yield Problem(where, f"« <{name}> » resterait tel quel : ce scénario n'a pas d'« Exemples: ».")
    for table in tables:
        for where, name in used:
            if name not in _columns(table):
                at = table["location"]["line"]
                yield Problem(where, f"« <{name}> » n'est pas une colonne des exemples de la ligne {at}.")


def _check_table(table: dict[str, Any]) -> Iterator[Problem]:
    line, columns = table["location"]["line"], _columns(table)
    if not table.get("tableBody"):
        yield Problem(line, "ces exemples n'ont aucune ligne.")
    for name in {name for name in columns if columns.count(name) > 1}:
        yield Problem(line, f"la colonne « {name} » figure deux fois.")
    seen: dict[tuple[str, ...], int] = {}
    for row in table.get("tableBody") or ():
        cells, at = tuple(_cells(row)), row["location"]["line"]
        if cells in seen:
            yield Problem(at, f"cette ligne d'exemples répète la ligne {seen[cells]}.")
        seen.setdefault(cells, at)


def _placeholders(step: dict[str, Any]) -> list[str]:
    """Give the ``<name>`` of a step; a docstring that is XML keeps its own angle brackets."""
    texts = [step["text"]]
    if table := step.get("dataTable"):
        texts += [cell for row in table["rows"] for cell in _cells(row)]
    if (doc := step.get("docString")) and not (
        doc.get("mediaType", "").endswith("xml") or doc["content"].lstrip().startswith("<")
    ):
        texts.append(doc["content"])
    return [name for text in texts for name in _PLACEHOLDER.findall(text)]


def _check_tags(feature: dict[str, Any], known: Collection[str], requirements: Collection[str]) -> Iterator[Problem]:
    """Every label is declared; every run names a clause and the party it is judged on."""
    for tag in _all_tags(feature):
        name = tag["name"].removeprefix("@")
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f" (peut-être « @{close[0]} » ?)" if close else ""
            yield Problem(tag["location"]["line"], f"l'étiquette « @{name} » n'est pas déclarée{hint}.")
    for scenario, rule in _scenarios(feature):
        rows = _rows(feature, rule, scenario) or (Row(0, (), (*_tags(feature), *_tags(rule), *_tags(scenario))),)
        line, name = scenario["location"]["line"], scenario["name"]
        if any(not set(row.tags) & set(requirements) for row in rows):
            yield Problem(line, f"le scénario « {name} » ne porte aucune exigence de requirements.csv (« @ACC-05 »).")
        if any(not set(row.tags) & set(PARTIES) for row in rows):
            yield Problem(line, f"le scénario « {name} » ne dit pas qui il juge : « @oi » ou « @oc ».")


def _all_tags(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from node.get("tags", ())
    for table in node.get("examples", ()):
        yield from table["tags"]
    for child in node.get("children", ()):
        yield from _all_tags(child.get("rule") or child.get("scenario") or child["background"])


# Descriptions: free text stands under Fonctionnalité and Règle only. Under a scenario it can only be a step or an
# example whose keyword is misspelt, so none is allowed there: no guess, no false alarm.


def _check_descriptions(node: dict[str, Any], lines: list[str]) -> Iterator[Problem]:
    yield from _lost_sections(node, lines)
    for child in node["children"]:
        if rule := child.get("rule"):
            yield from _check_descriptions(rule, lines)
            continue
        section = child.get("background") or child["scenario"]
        for part in (section, *section.get("examples", ())):
            for line, text in _description(part, lines)[:1]:
                yield Problem(
                    line,
                    f"« {text} » n'est pas une étape{_meant(text)} ; une description se place sous "
                    "« Fonctionnalité: » ou « Règle: ».",
                )


def _lost_sections(node: dict[str, Any], lines: list[str]) -> Iterator[Problem]:
    """Tell a misspelt ``Scénario:`` that sank into a description with all its steps.

    Only a line that looks like a section, followed by one that looks like a step or a table, and is written as a
    section is (no blank before the colon, or what follows indented): « Exemple : … » in an honest sentence passes.
    """
    for (line, said), (after, following) in pairwise(_description(node, lines)):
        header = _HEADER.match(said)
        section = _closest(header[1], _words(_SECTIONS, "fr", "en")) if header else ""
        looks_so = header and (
            not said[: header.end() - 1].endswith(" ") or _indent(lines, after) > _indent(lines, line)
        )
        if section and looks_so and (following.startswith("|") or _closest(following, _words(_STEPS, "fr", "en"))):
            meant = f" : écrivez « {_french(section)}: »" if _french(section) else ""
            yield Problem(line, f"« {said} » est lu comme une description, et ses étapes avec elle{meant}.")


def _indent(lines: list[str], number: int) -> int:
    return len(lines[number - 1]) - len(lines[number - 1].lstrip())


def _description(node: dict[str, Any], lines: list[str]) -> list[tuple[int, str]]:
    """Give the non-empty lines of a description with their numbers, which the parser does not keep."""
    found: list[tuple[int, str]] = []
    at = node["location"]["line"]
    for text in (line.strip() for line in node["description"].splitlines()):
        if text:
            at = next(number for number in range(at + 1, len(lines) + 1) if lines[number - 1].strip() == text)
            found.append((at, text))
    return found


def _words(sections: tuple[str, ...], *languages: str) -> list[str]:
    return [
        word.strip()
        for language in languages
        for section in sections
        for word in _dialect(language)[section]
        if word != "* "
    ]


def _dialect(language: str) -> Mapping[str, list[str]]:
    return cast(Mapping[str, list[str]], DIALECTS[language])


def _meant(text: str) -> str:
    close = _closest(text, _words(_STEPS + _SECTIONS, "fr"))
    return f" (vouliez-vous « {close} » ?)" if close else ""


def _french(section: str) -> str:
    """Give the French keyword of a section written in another language or without its accents."""
    for key in _SECTIONS:
        if section in _words((key,), "fr", "en"):
            return _words((key,), "fr")[-1] if key == "scenario" else _words((key,), "fr")[0]
    return ""


def _closest(text: str, keywords: list[str]) -> str:
    """Give the keyword a line begins with, but for case, accents and one or two letters; else the empty string."""
    best, score = "", 0.0
    words = _plain(text).split()
    for keyword in sorted(keywords, key=len, reverse=True):
        target = _plain(keyword)
        start = " ".join(words[: len(target.split())])
        ratio = difflib.SequenceMatcher(None, start, target).ratio()
        if ratio > score and (ratio == 1 or (ratio >= 0.75 and len(target) > 3)):  # noqa: PLR2004
            best, score = keyword, ratio
    return best


def _plain(text: str) -> str:
    """Lower case, without accents, an elision's apostrophe ending its word."""
    letters = unicodedata.normalize("NFD", text.casefold().replace("’", "'").replace("'", "' "))
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).split(":")[0].strip()
