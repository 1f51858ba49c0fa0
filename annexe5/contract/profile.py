"""One OI's published contract as data: ``schemas/profiles/<id>.toml``, typed and checked at load.

A second OI is a second file. Every wrong key is told with the file and the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from annexe5.contract.data import build, read_toml
from annexe5.contract.paths import schemas_dir
from annexe5.contract.requirements import load_requirements
from annexe5.errors import ContractError, UsageError
from annexe5.findings import Confidence

DEFAULT_PROFILE = "covage-zmd-1.0"

Quadrigramme = Annotated[str, Field(pattern=r"^[A-Z0-9]{4}$")]
Bigramme = Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$")]
Fingerprint = Annotated[str, Field(pattern=r"^[0-9a-f]{2}(:[0-9a-f]{2}){15}$")]
Port = Annotated[int, Field(ge=1, le=65535)]
DirectionName = Literal["OC→OI", "OI→OC"]
FolderName = Literal["depose_pm", "retrait_pm", "depose_acces", "retrait_acces"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class _Known(_Model):
    """A fact that the annex does not print: value, confidence, source."""

    valeur: str
    confidence: Confidence
    source: str


class Oi(_Model):
    """Names and codes of the infrastructure operator."""

    nom: str
    ref_interne1: str
    ref_interne2: str
    quadrigramme: _Known
    bigramme_arcep: _Known

    @model_validator(mode="after")
    def _codes(self) -> Self:
        if len(self.quadrigramme.valeur) != 4 or len(self.bigramme_arcep.valeur) != 2:  # noqa: PLR2004
            raise ValueError("quadrigramme : 4 caractères ; bigramme_arcep : 2 caractères")
        return self


class HostKey(_Model):
    """Published fingerprint of the file server: key type, size, MD5 (``ssh-keygen -E md5``)."""

    type: str
    bits: int
    md5: Fingerprint


class ClientKeys(_Model):
    """What public keys an OC may hand over."""

    algorithme: str
    bits: tuple[int, ...]


class Lockout(_Model):
    """After so many wrong passwords in a row, an account is closed for a while."""

    essais: Annotated[int, Field(ge=1)]
    minutes: Annotated[int, Field(ge=1)]
    confidence: Confidence
    source: str


class Quota(_Model):
    """How much an account may hold, in megabytes (10⁶ bytes)."""

    mo: Annotated[int, Field(ge=1)]
    confidence: Confidence
    source: str


class FileServer(_Model):
    """Coordinates of the OI's file server; data only, contacted through a target file alone."""

    dns: str
    ip: str
    urls: tuple[str, ...]
    port_sftp: Port
    port_ftp: Port
    login: str
    cle_hote: HostKey
    cles_client: ClientKeys
    verrouillage: Lockout
    quota: Quota


class ServiceServer(_Model):
    """Coordinates of the OI's web services."""

    dns: str
    ip: str
    port_http: Port
    port_https: Port


class Folders(_Model):
    """Folder templates; ``{oi}`` quadrigramme, ``{arcep}`` bigramme."""

    depose_pm: str
    retrait_pm: str
    depose_acces: str
    retrait_acces: str

    def path(self, name: FolderName, oi: str, arcep: str) -> str:
        """Give the POSIX path of a folder relative to the OC's home."""
        template: str = getattr(self, name)
        return template.format(oi=oi, arcep=arcep)


class Mailboxes(_Model):
    """The three mailboxes of the OI."""

    pm: str
    acces: str
    echange: str


class Csv(_Model):
    """CSV conventions shared by the flows."""

    separateur: str
    encodages: tuple[str, ...]
    encodages_toleres: tuple[str, ...]
    confidence: Confidence
    source: str


class Rate(_Model):
    """A ceiling, with its clause."""

    valeur: int
    source: str
    requirement: str


class Rates(_Model):
    """Ceilings of the contract."""

    requetes_par_seconde: Rate


class WorkingDays(_Model):
    """Which days are worked: country, subdivision (``57`` Alsace-Moselle …), Saturday, company closings."""

    pays: str
    subdivision: str
    samedi: bool
    fermetures: tuple[str, ...]


class Delay(_Model):
    """One deadline: ``valeur`` ``unite`` after ``depuis``, owed by ``tenu_par``."""

    id: str
    fr: str
    depuis: str
    flux: str
    valeur: int
    unite: Literal["jour_ouvre", "jour", "mois", "hebdomadaire", "mensuel"]
    tenu_par: Literal["OI", "OC"]
    requirement: str
    confidence: Confidence
    source: str


class Flow(_Model):
    """One file flow: direction, folder, file name template, table schema, naming clause.

    ``sequence`` fixes the number of digits where the contract's examples show one; None leaves it free.
    """

    nom: str
    protocole: Literal["PM", "ACCES"]
    version: str
    sens: DirectionName
    dossier: FolderName
    fichier: str
    requirement: str
    confidence: Confidence
    source: str
    table: str
    sequence: int | None = None
    versions_tolerees: tuple[str, ...] = ()

    @property
    def sender(self) -> Literal["OI", "OC"]:
        """Which party sends it."""
        return "OC" if self.sens == "OC→OI" else "OI"


class Companion(_Model):
    """What goes with a file of a flow: ``nom`` and ``autres`` are name templates over ``{fichier}``, its bare name.

    ``table`` is the table schema of one that is a .csv; ``par`` its sender, who need not be the file's.
    """

    id: str
    fr: str
    flux: str
    par: Literal["OI", "OC"]
    nom: str
    autres: tuple[str, ...] = ()
    table: str = ""
    requirement: str
    confidence: Confidence
    source: str

    @property
    def dossier(self) -> FolderName:
        """Where its sender deposits it: where it deposits its PM flows."""
        return "retrait_pm" if self.par == "OI" else "depose_pm"


class Service(_Model):
    """One web service: paths on the OI's server, published addresses, operations where the contract lists them."""

    nom: str
    titre: str
    chemin: str
    wsdl: str
    urls: tuple[str, ...]
    operations: tuple[str, ...] = ()
    requirement: str
    confidence: Confidence
    source: str


class Availability(_Model):
    """The availability table of §1, rows as printed: flow, tab, date."""

    colonnes: tuple[str, ...]
    lignes: tuple[tuple[str, str, str], ...]


class Profile(_Model):
    """A whole contract; see the module docstring."""

    id: str
    titre: str
    source: str
    oi: Oi
    serveur_fichiers: FileServer
    serveur_services: ServiceServer
    dossiers: Folders
    boites: Mailboxes
    csv: Csv
    rythmes: Rates
    jours_ouvres: WorkingDays
    delais: tuple[Delay, ...]
    flux: tuple[Flow, ...]
    piece: tuple[Companion, ...] = ()
    service: tuple[Service, ...]
    disponibilite: Availability

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        for label, names in (
            ("flux", [flow.nom for flow in self.flux]),
            ("delais", [delay.id for delay in self.delais]),
            ("piece", [one.id for one in self.piece]),
            ("service", [service.nom for service in self.service]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{label} : en double : {', '.join(twice)}")
        cited = {flow.requirement for flow in self.flux}
        cited |= {delay.requirement for delay in self.delais} | {one.requirement for one in self.service}
        cited |= {one.requirement for one in self.piece}
        unknown = sorted(cited - set(load_requirements()))
        if unknown:
            raise ValueError(f"requirement : clauses inconnues de requirements.csv : {', '.join(unknown)}")
        alone = sorted({one.flux for one in self.piece} - {flow.nom for flow in self.flux})
        if alone:
            raise ValueError(f"piece : flux inconnus : {', '.join(alone)}")
        return self

    @cached_property
    def flows(self) -> Mapping[str, Flow]:
        """Flows by name, in the order of the file."""
        return MappingProxyType({flow.nom: flow for flow in self.flux})

    def flow(self, name: str) -> Flow:
        """Give a flow by name; letter case is forgiven on the command line."""
        if name in self.flows:
            return self.flows[name]
        for known, flow in self.flows.items():
            if known.casefold() == name.casefold():
                return flow
        raise UsageError(f"flux inconnu : {name!r}. Flux du profil {self.id} : {', '.join(self.flows)}.")

    def companion(self, ident: str) -> Companion:
        """Give what goes with a file by id (``plan``, ``photo`` …)."""
        for one in self.piece:
            if one.id == ident:
                return one
        raise ContractError(f"profil {self.id} : pièce inconnue : {ident}.")

    def delay(self, ident: str) -> Delay:
        """Give a deadline by id."""
        for delay in self.delais:
            if delay.id == ident:
                return delay
        raise ContractError(f"profil {self.id} : délai inconnu : {ident}.")

    def web_service(self, name: str) -> Service:
        """Give a web service by name (``sav-2.1``, ``opc-3.0`` …)."""
        for service in self.service:
            if service.nom == name:
                return service
        raise UsageError(f"service inconnu : {name!r}. Connus : {', '.join(one.nom for one in self.service)}.")

    def folder(self, name: FolderName, oi: str = "", arcep: str = "") -> str:
        """Give a folder path for given operator codes, those of the profile by default."""
        return self.dossiers.path(name, oi or self.oi.quadrigramme.valeur, arcep or self.oi.bigramme_arcep.valeur)


def profile_ids() -> tuple[str, ...]:
    """Give the ids of the shipped profiles."""
    return tuple(sorted(path.stem for path in (schemas_dir() / "profiles").glob("*.toml")))


@lru_cache(maxsize=16)
def load_profile(ident: str = DEFAULT_PROFILE) -> Profile:
    """Load a shipped profile by id, or any profile file by path (``…/mon-oi.toml``)."""
    path = Path(ident) if ident.endswith(".toml") else schemas_dir() / "profiles" / f"{ident}.toml"
    if not path.is_file() and not ident.endswith(".toml"):
        raise UsageError(f"profil inconnu : {ident!r}. Profils livrés : {', '.join(profile_ids())}.")
    return build(Profile, read_toml(path), path)
