"""The lives of the orders of a generated archive, and the breaches planted in it: ``schemas/archive.toml``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from annexe5.contract.data import build, read_toml
from annexe5.contract.paths import schemas_dir
from annexe5.contract.rules import load_rules
from annexe5.errors import ContractError

_STEP = re.compile(
    r"(?P<kind>[A-Z_]+)(?:\+(?P<least>\d+)(?:\.\.(?P<most>\d+))?)?(?P<other>@autre)?(?:\((?P<put>.*)\))?"
)


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Etape(_Model):
    """How a row of an event differs from the row of its flow."""

    evenement: str
    mettre: dict[str, str] = {}
    garder: tuple[str, ...] = ()


class ConstatDeVie(_Model):
    """A finding that an audit owes: its rule, and the step (from 1) it is told on."""

    regle: str
    etape: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a life: an event, so many working days after the one before, in whose file, with which values."""

    kind: str
    least: int
    most: int
    other: bool
    put: tuple[tuple[str, str], ...]


class Vie(_Model):
    """One way an order goes."""

    nom: str
    mode: Literal["STOC", "OI", "OC"]
    suite: tuple[str, ...]
    poids: int = 0
    depart: Literal["", "veille"] = ""
    constats: tuple[ConstatDeVie, ...] = ()

    @model_validator(mode="after")
    def _steps_exist(self) -> Self:
        if any(not 1 <= one.etape <= len(self.suite) for one in self.constats):
            raise ValueError("constats : étape hors de la suite")
        return self


class Fichier(_Model):
    """What may be wrong with a whole file."""

    nom: str
    sort: Literal["casse", "dossier", "compte"]
    constats: tuple[str, ...]


class Lives(_Model):
    """The whole of ``schemas/archive.toml``."""

    source: str
    confidence: str
    etape: tuple[Etape, ...]
    vie: tuple[Vie, ...]
    manquement: tuple[Vie, ...]
    fichier: tuple[Fichier, ...]


@lru_cache(maxsize=256)
def steps(suite: tuple[str, ...]) -> tuple[Step, ...]:
    """Read the steps of a life."""
    return tuple(map(_step, suite))


def _step(text: str) -> Step:
    match = _STEP.fullmatch(text)
    if match is None:
        raise ContractError(f"schemas/archive.toml : étape illisible : {text}.")
    least = int(match["least"] or 0)
    put = tuple(_pair(one, text) for one in (match["put"] or "").split(",") if one)
    return Step(match["kind"], least, int(match["most"] or least), bool(match["other"]), put)


def _pair(one: str, text: str) -> tuple[str, str]:
    column, equals, value = one.partition("=")
    if not equals:
        raise ContractError(f"schemas/archive.toml : étape illisible : {text}.")
    return column, value


@lru_cache(maxsize=1)
def load_lives() -> Lives:
    """Read ``schemas/archive.toml``; ContractError names what does not hold together."""
    path = schemas_dir() / "archive.toml"
    data: dict[str, Any] = read_toml(path)
    lives = build(Lives, data, path)
    for one in (*lives.vie, *lives.manquement):
        steps(one.suite)
    told = {constat.regle for one in lives.manquement for constat in one.constats}
    told |= {regle for one in lives.fichier for regle in one.constats}
    unknown = sorted(told - set(load_rules()))
    if unknown:
        raise ContractError(f"{path} : règles inconnues : {', '.join(unknown)}.")
    return lives
