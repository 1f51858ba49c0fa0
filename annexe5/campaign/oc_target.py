"""The OC under test, described by one TOML file: codes, the door we open to it, how it is made to act.

Without a target file the OC is the twin. What the file does not declare is « non applicable », never « conforme ».
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from annexe5.campaign.target import Canal, Codes, Party
from annexe5.contract.data import explain, read_toml
from annexe5.contract.profile import DEFAULT_PROFILE, Mailboxes
from annexe5.errors import TargetError
from annexe5.parties.oc import ACTIONS

COLLECT = "relever"
Action = Literal[
    "commander", "raccorder", "mettre_en_service", "annuler", "relever", "signaler", "prevenir", "suivre",
    "commander_pm", "planifier_travaux", "notifier_adduction", "signaler_acces",
]  # fmt: skip
ServiceName = Literal["sav-2.1", "sav-3.0", "opc-3.0", "structure-2.0"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Door(_Model):
    """Where our OI listens, by which channel, and what opens the OC's account: a password by reference, a key, or both.

    ``certificat`` is the PEM of our FTPS server, with its key; made when it does not exist.
    """

    canal: Canal = "sftp"
    hote: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    cle_hote: Path | None = None
    mot_de_passe: str = ""
    cle_publique: Path | None = None
    certificat: Path | None = None

    @model_validator(mode="after")
    def _opens(self) -> Self:
        if self.canal != "sftp" and not self.mot_de_passe:
            raise ValueError(f"canal = {self.canal} : il faut mot_de_passe (env:… ou file:…)")
        if not self.mot_de_passe and self.cle_publique is None:
            raise ValueError("il faut mot_de_passe (env:… ou file:…) ou cle_publique (fichier .pub que l'OC remet)")
        return self


class ServicesDoor(_Model):
    """Where our OI serves its web services, for an OC that declares some; None closes a channel.

    ``avis`` is the address of the OC's own port, where it takes notices of planned works (SAV-09).
    """

    hote: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] | None = 0
    port_https: Annotated[int, Field(ge=0, le=65535)] | None = 0
    avis: Annotated[str, Field(pattern=r"^(https?://.+)?$")] = ""


class OcMail(_Model):
    """Where our mail server listens for an OC that orders by mail, and the mailboxes it offers (else the profile's)."""

    hote: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0
    boites: Mailboxes | None = None


class Pilot(_Model):
    """How the OC is made to act: one of ``commande``, ``http``, ``personne``, ``libre``.

    ``actions`` are those it can carry out; none given: those of the file flows but ``relever`` (an OC collects by
    itself), and none at all where it is left free. ``delai_s`` bounds a command or a request.
    """

    commande: tuple[str, ...] = ()
    http: str = ""
    personne: bool = False
    libre: bool = False
    actions: tuple[Action, ...] | None = None
    delai_s: Annotated[float, Field(gt=0)] = 60.0

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [bool(self.commande), bool(self.http), self.personne, self.libre]
        if sum(ways) != 1:
            raise ValueError("choisissez une façon de piloter l'OC : commande, http, personne ou libre")
        if self.http and not self.http.startswith(("http://", "https://")):
            raise ValueError("http est une adresse http:// ou https://")
        return self

    @property
    def able(self) -> frozenset[str]:
        """The actions it can carry out."""
        if self.actions is not None:
            return frozenset(self.actions)
        return frozenset() if self.libre else frozenset(ACTIONS)


class OcCampaign(_Model):
    """How long the instrument waits, in seconds.

    ``reponse_sous_s``: time within which the OC agreed to act once asked, past which what it owes is absent; None: it
    stays awaited. ``silence_s``: how long nothing must come for nothing to be coming. ``patience_s`` bounds every wait.
    """

    reponse_sous_s: Annotated[float, Field(gt=0)] | None = None
    patience_s: Annotated[float, Field(gt=0)] = 600.0
    silence_s: Annotated[float, Field(gt=0)] = 60.0
    intervalle_s: Annotated[float, Field(ge=0)] = 1.0


class OcCapabilities(_Model):
    """What the OC declares it can do; ``services`` are the web services that it calls.

    ``ar_pm_par_fichier``: it deposits its acknowledgements of CR_MAD_Pm (the contract names e-mail).
    """

    modes: tuple[Literal["STOC", "OI", "OC"], ...] = ("STOC", "OI", "OC")
    hotline: bool = True
    services: tuple[ServiceName, ...] = ()
    ar_pm_par_fichier: bool = False


class TestNetwork(_Model):
    """The generated network that the OC orders on: same seed and size, same addresses."""

    graine: int = 5
    taille: Annotated[int, Field(ge=600)] = 2000


class OcTarget(_Model):
    """A whole target file of ``annexe5 certify oc``; the twin alone has no ``pilote``."""

    profil: str = DEFAULT_PROFILE
    partie: Party = Party(nom="OC")
    codes: Codes
    serveur: Door
    services: ServicesDoor = ServicesDoor()
    pilote: Pilot | None = None
    courriel: OcMail | None = None
    campagne: OcCampaign = OcCampaign()
    capacites: OcCapabilities = OcCapabilities()
    reseau: TestNetwork = TestNetwork()

    @property
    def secret_references(self) -> tuple[str, ...]:
        """Where the secrets of this target are kept; never the secrets."""
        return (self.serveur.mot_de_passe,) if self.serveur.mot_de_passe else ()

    @property
    def described(self) -> str:
        """One line for a report; never a secret."""
        return " ".join(part for part in (self.partie.nom, self.partie.produit, self.partie.version) if part)


def load_oc_target(path: Path) -> OcTarget:
    """Read a target file; every wrong key is told as ``file: key: why``. Relative paths are those of its folder."""
    data = read_toml(path, TargetError)
    _anchor(data, path.resolve().parent)
    if "pilote" not in data:
        raise TargetError(
            f"{path} : pilote : dites comment faire agir l'OC ([pilote] commande, http, personne ou libre)."
        )
    try:
        return OcTarget.model_validate(data)
    except ValidationError as reason:
        raise TargetError(explain(reason, path)) from None


def _anchor(data: dict[str, Any], folder: Path) -> None:
    door = data.get("serveur")
    if not isinstance(door, dict):
        return
    for key in ("cle_hote", "cle_publique", "certificat"):
        if isinstance(door.get(key), str):
            door[key] = str(folder / door[key])
    secret = door.get("mot_de_passe")
    if isinstance(secret, str) and secret.startswith("file:"):
        door["mot_de_passe"] = f"file:{folder / secret.removeprefix('file:')}"
