"""Word lists and proportions of the generated network, from ``schemas/network/``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from annexe5.contract.data import build, read_toml
from annexe5.contract.paths import schemas_dir
from annexe5.findings import Confidence

Intervalle = tuple[int, int]
Part = Annotated[float, Field(ge=0, le=1)]
Mots = Annotated[tuple[str, ...], Field(min_length=1)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Sourced(_Model):
    source: str
    confidence: Confidence


class Communes(_Model):
    """Parts of commune names, and the departments whose INSEE codes 900 to 999 are free."""

    tetes: Mots
    queues: Mots
    suffixes: Mots
    departements: Mots


class Voies(_Model):
    """Types and names of streets."""

    types: Mots
    type_sans_numero: str
    libelles: Mots


class NomsBatiments(_Model):
    """How buildings and floors are called."""

    residences: Mots
    batiment: str
    maison: str
    rez_de_chaussee: str


class NomsGestionnaires(_Model):
    """Names of the managing companies."""

    noms: Mots


class Lieux(_Model):
    """``lieux.toml``."""

    communes: Communes
    voies: Voies
    batiments: NomsBatiments
    gestionnaires: NomsGestionnaires


class Dimension(_Sourced):
    """How the network is divided."""

    batiments_par_pm: int
    voies_par_pm: int
    communes_par_nro: int
    pm_par_commune: int


class Etats(_Sourced):
    """Weights of the states."""

    zones: dict[str, int]
    part_non_ouverte: Part
    part_sans_oc: Part
    part_cofi_seule: Part
    batiments: dict[str, dict[str, int]]


class Batiments(_Sourced):
    """Proportions among buildings."""

    part_immeubles: Part
    part_accord_pavillon: Part
    part_accord_immeuble: Part
    part_plusieurs_batiments: Part
    part_complement: Part
    part_voie_sans_numero: Part
    part_neuf: Part
    complements: Mots
    escaliers: Intervalle
    niveaux: Intervalle
    lignes_par_niveau: Intervalle


class Lignes(_Sourced):
    """Proportions among lines."""

    part_existante: Part
    part_active: Part
    part_rompue: Part
    part_reference_connue: Part


class Ingenierie(_Model):
    """One engineering of a PM: name, fibres of a line, weight."""

    nom: str
    fibres: Literal[1, 4]
    poids: int


class Pms(_Sourced):
    """What PMs are made of."""

    emplacements: dict[str, int]
    emplacement_immeuble: str
    emplacements_alimentes: Mots
    ingenieries: tuple[Ingenierie, ...]
    projection: str
    type_zone: int
    qualite_adresse: str
    materiels: Mots
    commentaires: Mots
    autres_informations: str
    mois_avant_ouverture: int
    fibres_par_module: int
    fibres_par_cable: int
    regimes: Mots


class Nros(_Sourced):
    """Kinds of NRO."""

    types: Mots


class Pbos(_Sourced):
    """What PBOs are made of."""

    fibres_par_tube: int
    lignes_par_pbo: int
    maisons_par_pbo: int
    types: dict[str, Mots]
    localisations: dict[str, Mots]
    hauteurs: dict[str, str]
    raccordements: dict[str, str]
    materiel: str
    part_reservee: Part
    part_hors_service: Part


class Couleurs(_Sourced):
    """Colours of tubes and fibres, and of the outlet's connectors."""

    fibres: Annotated[Mots, Field(min_length=12, max_length=12)]
    connecteurs: Annotated[Mots, Field(min_length=4, max_length=4)]


class Rdvs(_Sourced):
    """The schedule."""

    produit: str
    produit_autre: str
    modifications_max: int
    premier_jour: int
    heures: tuple[int, ...]
    duree_heures: int


class Reseau(_Model):
    """``reseau.toml``."""

    origine: date
    dimension: Dimension
    etats: Etats
    batiments: Batiments
    lignes: Lignes
    pm: Pms
    nro: Nros
    pbo: Pbos
    couleurs: Couleurs
    rdv: Rdvs


class Noms(_Sourced):
    """Parts of surnames, and first names."""

    tetes: Mots
    queues: Mots
    prenoms: Mots


class Telephones(_Sourced):
    """Six-digit prefixes that belong to nobody."""

    fixes: Mots
    mobiles: Mots


class Personnes(_Model):
    """``personnes.toml``."""

    noms: Noms
    telephones: Telephones


@lru_cache(maxsize=1)
def load_lieux() -> Lieux:
    """Read ``schemas/network/lieux.toml``."""
    path = schemas_dir() / "network" / "lieux.toml"
    return build(Lieux, read_toml(path), path)


@lru_cache(maxsize=1)
def load_reseau() -> Reseau:
    """Read ``schemas/network/reseau.toml``."""
    path = schemas_dir() / "network" / "reseau.toml"
    return build(Reseau, read_toml(path), path)


@lru_cache(maxsize=1)
def load_personnes() -> Personnes:
    """Read ``schemas/network/personnes.toml``."""
    path = schemas_dir() / "network" / "personnes.toml"
    return build(Personnes, read_toml(path), path)


class Commande(_Model):
    """``commande.toml``: columns of Cmd_Acces as attributes of the network, and what an ordinary order says."""

    colonnes: dict[str, str]
    fixe: dict[str, str]


@lru_cache(maxsize=1)
def load_commande() -> Commande:
    """Read ``schemas/network/commande.toml``."""
    path = schemas_dir() / "network" / "commande.toml"
    return build(Commande, read_toml(path), path)


def cumul(table: Mapping[str, int]) -> tuple[tuple[float, str], ...]:
    """Give the cumulated shares of a table of weights."""
    total, somme, parts = sum(table.values()), 0, []
    for nom, valeur in table.items():
        somme += valeur
        parts.append((somme / total, nom))
    return tuple(parts)


def tire(parts: tuple[tuple[float, str], ...], de: float) -> str:
    """Give the name that a draw of 0 … 1 falls on."""
    for part, nom in parts:
        if de < part:
            return nom
    return parts[-1][1]
