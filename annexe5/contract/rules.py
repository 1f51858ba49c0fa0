"""The catalogue of rules, from ``schemas/rules/*.toml``: one file a house, one entry a checkable thing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict

from annexe5.contract.data import build, read_toml
from annexe5.contract.paths import schemas_dir
from annexe5.contract.requirements import load_requirements
from annexe5.errors import ContractError, UsageError
from annexe5.findings import EMPTY, Confidence, Rule, Severity, Text


class _Text(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    fr: str
    en: str


class _Entry(BaseModel):
    """What every house shares; what a house adds (flows, when, then, key …) stays in ``raw_rules``."""

    model_config = ConfigDict(extra="allow", frozen=True)
    id: str
    requirements: tuple[str, ...] = ()
    severity: Severity
    confidence: Confidence
    source: str
    statement: _Text
    message: _Text
    remedy: _Text | None = None
    good: Any = ()
    bad: Any = ()


@lru_cache(maxsize=1)
def raw_rules() -> Mapping[str, Mapping[str, Any]]:
    """Give every entry as written, by id, with its house (file stem) under ``house``."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted((schemas_dir() / "rules").glob("*.toml")):
        for index, entry in enumerate(read_toml(path).get("rule", [])):
            build(_Entry, entry, path, f"rule[{index}]")
            if entry["id"] in found:
                raise ContractError(f"{path} : rule[{index}].id : {entry['id']} figure deux fois.")
            unknown = [one for one in entry.get("requirements", ()) if one not in load_requirements()]
            if unknown:
                raise ContractError(
                    f"{path} : rule[{index}].requirements : {entry['id']} : clauses inconnues de "
                    f"requirements.csv : {', '.join(unknown)}."
                )
            found[entry["id"]] = MappingProxyType({**entry, "house": path.stem, **_DISABLED.get(entry["id"], {})})
    return MappingProxyType(found)


_DISABLED: dict[str, Mapping[str, Any]] = {}


def disable(idents: Iterable[str]) -> None:
    """Let some rules judge nothing in this process, to see what then survives; before any other rule is asked for."""
    for ident in idents:
        rule(ident)
        _DISABLED[ident] = {"severity": Severity.INFO.value}
    raw_rules.cache_clear()
    load_rules.cache_clear()


@lru_cache(maxsize=1)
def load_rules() -> Mapping[str, Rule]:
    """Give every rule by id."""
    return MappingProxyType({ident: _rule(entry) for ident, entry in raw_rules().items()})


def rule(ident: str) -> Rule:
    """Give one rule; an unknown id is a mistake of ours, told as such."""
    try:
        return load_rules()[ident]
    except KeyError:
        raise ContractError(f"schemas/rules : règle inconnue : {ident}.") from None


def _rule(entry: Mapping[str, Any]) -> Rule:
    remedy = entry.get("remedy")
    return Rule(
        id=entry["id"],
        requirements=tuple(entry.get("requirements", ())),
        severity=Severity(entry["severity"]),
        statement=Text(**entry["statement"]),
        message=Text(**entry["message"]),
        remedy=Text(**remedy) if remedy else EMPTY,
        confidence=Confidence(entry["confidence"]),
        source=entry["source"],
        good=_examples(entry.get("good", ())),
        bad=_examples(entry.get("bad", ())),
    )


def asked_rule(given: str) -> Rule:
    """Give the rule of an id somebody typed; UsageError names those that are near."""
    ident = given.strip().upper()
    found = load_rules().get(ident)
    if found is None:
        near = [one for one in load_rules() if one.startswith(ident.split("-")[0])]
        raise UsageError(f"règle inconnue : {given!r}. Proches : {', '.join(near[:12]) or 'aucune'}.")
    return found


def _examples(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)
