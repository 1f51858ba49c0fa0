"""Every clause of the contract classed: tested by scenarios, manual, or not testable with the reason.

``schemas/coverage.toml`` holds the reasons; the tags of the features, the scenarios; the rules name their clauses.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from annexe5.contract.data import build, read_toml
from annexe5.contract.paths import schemas_dir, suite_root
from annexe5.contract.requirements import load_requirements
from annexe5.contract.rules import load_rules
from annexe5.errors import ContractError
from annexe5.findings import Text

_SCENARIO = re.compile(r"\s*(?:Scénario|Plan du scénario|Fonctionnalité|Règle)\s*:\s*(.*)")


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    fr: str
    en: str


class _Reason(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    kind: Literal["manual", "not testable"] = Field(alias="class")
    reason: _Words


@dataclass(frozen=True, slots=True)
class Covered:
    """One clause: ``tested``, ``manual`` or ``not testable``; its scenarios, its rules, the reason when not tested."""

    id: str
    kind: str
    scenarios: tuple[str, ...]
    rules: tuple[str, ...]
    reason: Text


@lru_cache(maxsize=1)
def coverage() -> Mapping[str, Covered]:
    """Class every clause; ContractError for one that is unclassed, classed twice, or a tag that is no clause."""
    path = schemas_dir() / "coverage.toml"
    reasons = {one.id: one for data in read_toml(path).get("clause", []) for one in [build(_Reason, data, path)]}
    tagged = scenarios()
    rules = defaultdict(list)
    for rule in load_rules().values():
        for clause in rule.requirements:
            rules[clause].append(rule.id)
    known = load_requirements()
    wrong = {
        "sans classe": set(known) - set(reasons) - set(tagged),
        "classées deux fois": set(reasons) & set(tagged),
        "inconnues": {*reasons, *tagged} - set(known),
    }
    told = "; ".join(f"{why} : {', '.join(sorted(found))}" for why, found in wrong.items() if found)
    if told:
        raise ContractError(f"{path} : clauses {told}.")
    return {
        ident: Covered(
            ident,
            reasons[ident].kind if ident in reasons else "tested",
            tuple(tagged.get(ident, ())),
            tuple(rules[ident]),
            Text(reasons[ident].reason.fr, reasons[ident].reason.en) if ident in reasons else Text("", ""),
        )
        for ident in known
    }


def scenarios() -> Mapping[str, list[str]]:
    """Give, by clause, the scenarios that bear its tag, as ``path:line``."""
    families = {ident.partition("-")[0] for ident in load_requirements()}
    tag = re.compile(rf"@((?:{'|'.join(sorted(families))})-\d+)\b")
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((suite_root() / "features").rglob("*.feature")):
        waiting: list[str] = []
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if line.lstrip().startswith("@"):
                waiting += tag.findall(line)
            elif _SCENARIO.match(line):
                for clause in waiting:
                    found[clause].append(f"{path.relative_to(suite_root()).as_posix()}:{number}")
                waiting = []
    return found
