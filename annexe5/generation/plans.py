"""What each flow is filled from and how it can be spoilt: ``schemas/generation/*.toml``, typed against the tables."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from annexe5.contract.data import build, read_toml
from annexe5.contract.paths import schemas_dir
from annexe5.contract.rules import load_rules
from annexe5.errors import ContractError
from annexe5.tables.conditions import parse
from annexe5.tables.schema import Table, load_table


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ConstatPlan(_Model):
    """What a judge must say of a spoilt row.

    ``ligne`` = groupe tells it on the first row of the group; ``valeur`` where it is not the cell's.
    """

    regle: str
    colonne: str = ""
    ligne: Literal["", "groupe"] = ""
    valeur: str = ""


class Geste(_Model):
    """How a value is spoilt from what it was.

    A number added, a text put before, the value of the row before, or a text written as it stands, quotes and all.
    """

    ajoute: int = 0
    prefixe: str = ""
    avant: bool = False
    brut: str = ""


class Faute(_Model):
    """One way to spoil a row; the keys are explained at the top of ``pm.toml``."""

    constats: tuple[ConstatPlan, ...]
    mettre: dict[str, str | Geste] = {}
    coupe: int = 0
    allonge: tuple[str, ...] = ()
    quand: dict[str, Any] = {}
    suite: str = ""
    par: str = ""


class FlowPlan(_Model):
    """One flow: what its rows speak of, its columns, its faults, its usual number of rows (0: all there is)."""

    nom: str
    sujets: str
    lignes: int
    colonnes: dict[str, str]
    faute: tuple[Faute, ...] = ()
    jour: int = 0
    heure: str = ""
    mode: str = ""
    reprovisionnes: bool = False
    route: Literal["", "route", "route_suivante", "route_finale"] = ""

    @property
    def table(self) -> Table:
        """The table of the flow."""
        return load_table(self.nom)


class _File(_Model):
    flux: tuple[FlowPlan, ...]
    blocs: dict[str, str] = {}


@lru_cache(maxsize=1)
def load_plans() -> Mapping[str, FlowPlan]:
    """Give the plan of every flow that can be generated; ContractError names file, flow and key."""
    plans: dict[str, FlowPlan] = {}
    for path in sorted((schemas_dir() / "generation").glob("*.toml")):
        found = build(_File, read_toml(path), path)
        for written in found.flux:
            plan = _with_route(written, found.blocs)
            _check(plan, f"{path} : {plan.nom}")
            plans[plan.nom] = plan
    return MappingProxyType(plans)


def _with_route(plan: FlowPlan, blocs: Mapping[str, str]) -> FlowPlan:
    """Add the columns of the four route blocks to a flow that has them."""
    if not plan.route:
        return plan
    colonnes = {
        nom.format(k=k): f"{plan.route}.bloc{k}?.{attribut}" for k in (1, 2, 3, 4) for nom, attribut in blocs.items()
    }
    return plan.model_copy(update={"colonnes": plan.colonnes | colonnes})


def _check(plan: FlowPlan, where: str) -> None:
    known, rules = set(plan.table.names), set(load_rules())
    unknown = set(plan.colonnes) - known
    for faute in plan.faute:
        told = {constat.colonne for constat in faute.constats if not constat.valeur}
        unknown |= (set(faute.mettre) | told | {faute.suite, faute.par} - {""}) - known
        if not faute.suite and any(isinstance(un, Geste) and un.avant for un in faute.mettre.values()):
            raise ContractError(f"{where} : faute : « avant » demande « suite ».")
        sans_regle = {constat.regle for constat in faute.constats} - rules
        if sans_regle:
            raise ContractError(f"{where} : faute : règles inconnues : {', '.join(sorted(sans_regle))}.")
        try:
            parse(faute.quand)
        except ValueError as reason:
            raise ContractError(f"{where} : faute.quand : {reason}") from None
    if unknown:
        raise ContractError(f"{where} : colonnes absentes de la table : {', '.join(sorted(unknown))}.")
