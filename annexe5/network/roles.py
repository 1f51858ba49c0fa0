"""Roles: the part an address, an outlet, a PM or an appointment plays in a test (``schemas/roles.toml``).

A role is declared by whoever owns the network: the generated one plays them all, a real OI's target file gives its
own addresses for the same ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from annexe5.contract.data import build, read_toml
from annexe5.contract.paths import schemas_dir
from annexe5.contract.rejects import load_rejects
from annexe5.contract.requirements import load_requirements
from annexe5.errors import ContractError
from annexe5.findings import Text
from annexe5.network.model import Batiment, Ligne

VALEURS = (
    "@pto", "@pto_inexistante", "@pto_autre_adresse", "@pm_inexistant", "@pm_autre", "@prestation_inexistante",
    "@prestation_autre_pm", "@hexacle_inconnu", "@rdv", "@rdv_date",
)  # fmt: skip


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RdvRole(_Model):
    """How the appointment of a role stands in the schedule."""

    etat: Literal["CONFIRME", "LIBRE", "ANNULE", "COMPLET"]
    depasse: bool = False
    autre_produit: bool = False
    autre_adresse: bool = False


class ReseauRole(_Model):
    """How the generated network plays a role."""

    pm: Literal["ouvert", "restreint", "non_ouvert"] = "ouvert"
    types: tuple[Literal["PAVILLON", "IMMEUBLE"], ...] = ("PAVILLON",)
    batiment: dict[str, bool | str] = {}
    ligne: dict[str, bool | str] = {}
    rdv: RdvRole | None = None


class Role(_Model):
    """One part; the keys are explained at the top of ``roles.toml``."""

    id: str
    fr: str
    en: str
    unlocks: tuple[str, ...]
    fields: tuple[str, ...]
    rejet: str = ""
    nombre: int = 1
    reseau: ReseauRole = ReseauRole()
    commande: dict[str, str] = {}

    @property
    def text(self) -> Text:
        """What it is, in both languages."""
        return Text(self.fr, self.en)

    @property
    def columns(self) -> tuple[str, ...]:
        """The Cmd_Acces columns that whoever declares the role gives."""
        groupes = load_fields()
        return tuple(dict.fromkeys(column for name in self.fields for column in groupes[name]))


class _File(_Model):
    champs: dict[str, tuple[str, ...]]
    role: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class RoleData:
    """One address that plays a role for one OC: the order it calls for, and what the network holds there.

    ``commande`` gives Cmd_Acces columns, values in capitals as served; the order's own reference and dates are the
    scenario's. ``rejet`` is the code it ends with, empty where the order goes through. ``reference_prise`` is the
    line's own, whatever the order says.
    """

    role: str
    oc: str
    rang: int
    commande: Mapping[str, str]
    rejet: str
    identifiant_immeuble: str
    hexacle: str
    reference_prise: str
    reference_pm: str
    prestation: str
    terrain: str
    reprov: str

    def as_dict(self) -> dict[str, Any]:
        """Give the JSON shape."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        return plain | {"commande": dict(self.commande)}


@lru_cache(maxsize=1)
def _file() -> _File:
    path = schemas_dir() / "roles.toml"
    found = build(_File, read_toml(path), path)
    for number, role in enumerate(found.role):
        _check(role, found, f"{path} : role.{number} ({role.id})")
    if len({role.id for role in found.role}) != len(found.role):
        raise ContractError(f"{path} : id : un rôle figure deux fois.")
    return found


def _check(role: Role, found: _File, where: str) -> None:
    known = set(load_requirements()) | set(load_rejects())
    for key, wrong in (
        ("unlocks", set(role.unlocks) - known),
        ("rejet", {role.rejet} - set(load_rejects()) - {""}),
        ("fields", set(role.fields) - set(found.champs)),
        ("reseau.batiment", set(role.reseau.batiment) - {field.name for field in fields(Batiment)}),
        ("reseau.ligne", set(role.reseau.ligne) - {field.name for field in fields(Ligne)}),
        ("commande", {value for value in role.commande.values() if value.startswith("@")} - set(VALEURS)),
    ):
        if wrong:
            raise ContractError(f"{where} : {key} : inconnu : {', '.join(sorted(wrong))}.")


def load_roles() -> Mapping[str, Role]:
    """Give every role by id, in the order of the file."""
    return MappingProxyType({role.id: role for role in _file().role})


def load_fields() -> Mapping[str, tuple[str, ...]]:
    """Give the groups of columns a role may ask for."""
    return MappingProxyType(_file().champs)
