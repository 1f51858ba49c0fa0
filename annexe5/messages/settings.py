"""What the four services share (``schemas/soap/communs.toml``): bounds, patience, pace, secrets."""

from __future__ import annotations

from functools import lru_cache

from pydantic import BaseModel, ConfigDict

from annexe5.contract.data import build, read_toml
from annexe5.contract.paths import schemas_dir
from annexe5.findings import Confidence


class _Sourced(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    confidence: Confidence
    source: str


class Limits(_Sourced):
    """Biggest request and reply, in bytes."""

    requete_octets: int
    reponse_octets: int


class Patience(_Sourced):
    """Longest answer before it is a breach, and longest wait for a connection, in seconds."""

    reponse: float
    connexion: float


class PaceReading(_Sourced):
    """How « 2 requêtes par seconde » is counted: a sliding window, and how far two clocks may disagree, in seconds."""

    fenetre_s: float
    gigue_s: float


class Masks(BaseModel):
    """Local names of elements whose value no finding may show."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    secrets: frozenset[str]


class Common(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    limites: Limits
    attente: Patience
    rythme: PaceReading
    masque: Masks


@lru_cache(maxsize=1)
def load_common() -> Common:
    """Read the file once."""
    path = schemas_dir() / "soap" / "communs.toml"
    return build(Common, read_toml(path), path)
