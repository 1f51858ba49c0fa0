"""The party under test, described by one TOML file: codes, coordinates, secrets by reference, test data by role.

Without a target file the party is the twin, and a ``Target`` of the same shape leads to it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from annexe5.contract.data import explain, read_toml
from annexe5.contract.profile import DEFAULT_PROFILE, Bigramme, Fingerprint, Mailboxes, Port, Quadrigramme, load_profile
from annexe5.errors import TargetError
from annexe5.network.roles import load_roles

_REFERENCE = re.compile(r"(env|file):(.+)")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Party(_Model):
    """Who is under test, and in which version, for the report."""

    nom: str = "OI"
    produit: str = ""
    version: str = ""


class Codes(_Model):
    """Operator codes of both parties."""

    oi: Quadrigramme
    arcep: Bigramme
    oc: Quadrigramme


class Sftp(_Model):
    """Where and how to reach the file server. ``mot_de_passe`` is a reference: ``env:NOM`` or ``file:chemin``.

    One of the two fingerprints is required: a server that shows another key is refused (TRA-04). ``cles`` are private
    keys whose public halves the OI has too, to be tried one by one (TRA-05: 1024 and 2048 bits).
    """

    hote: str
    port: Port = 22
    login: str
    mot_de_passe: str = ""
    cle: Path | None = None
    cles: tuple[Path, ...] = ()
    empreinte_md5: Fingerprint | None = None
    empreinte_sha256: str | None = None
    delai_connexion_s: Annotated[float, Field(gt=0)] = 15.0
    racine: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.mot_de_passe and self.cle is None:
            raise ValueError("il faut mot_de_passe (env:… ou file:…) ou cle (chemin d'une clé privée RSA)")
        if self.mot_de_passe and not _REFERENCE.fullmatch(self.mot_de_passe):
            raise ValueError("mot_de_passe est une référence, env:NOM ou file:chemin ; jamais le secret lui-même")
        if not self.empreinte_md5 and not self.empreinte_sha256:
            raise ValueError("il faut empreinte_md5 ou empreinte_sha256 de la clé d'hôte")
        return self


class Ftp(_Model):
    """Where and how to reach the file server by FTP in clear, in passive mode (the contract's port 21)."""

    hote: str
    port: Port = 21
    login: str
    mot_de_passe: str
    delai_connexion_s: Annotated[float, Field(gt=0)] = 15.0
    racine: str = ""

    @model_validator(mode="after")
    def _by_reference(self) -> Self:
        if not _REFERENCE.fullmatch(self.mot_de_passe):
            raise ValueError("mot_de_passe est une référence, env:NOM ou file:chemin ; jamais le secret lui-même")
        return self


class Ftps(Ftp):
    """The same over TLS: asked for before the login, or from the first byte (``implicite``).

    The certificate is signed by an authority of ``certificat`` (a PEM; the system's without it), or has the fingerprint
    ``empreinte_sha256`` (hexadecimal).
    """

    implicite: bool = False
    certificat: Path | None = None
    empreinte_sha256: str | None = None


Chiffrement = Literal["implicite", "starttls", "aucun"]


class Smtp(_Model):
    """The mail server that takes our messages; ``certificat`` is the PEM of its authority (the system's without it)."""

    hote: str
    port: Port = 587
    chiffrement: Chiffrement = "starttls"
    login: str = ""
    mot_de_passe: str = ""
    certificat: Path | None = None

    @model_validator(mode="after")
    def _by_reference(self) -> Self:
        if self.mot_de_passe and not _REFERENCE.fullmatch(self.mot_de_passe):
            raise ValueError("mot_de_passe est une référence, env:NOM ou file:chemin ; jamais le secret lui-même")
        if bool(self.login) != bool(self.mot_de_passe):
            raise ValueError("login et mot_de_passe vont ensemble")
        return self


class Imap(_Model):
    """Our mailbox, where the OI answers by mail; what is collected there is deleted."""

    hote: str
    port: Port = 993
    chiffrement: Chiffrement = "implicite"
    login: str
    mot_de_passe: str
    dossier: str = "INBOX"
    certificat: Path | None = None

    @model_validator(mode="after")
    def _by_reference(self) -> Self:
        if not _REFERENCE.fullmatch(self.mot_de_passe):
            raise ValueError("mot_de_passe est une référence, env:NOM ou file:chemin ; jamais le secret lui-même")
        return self


class Courriel(_Model):
    """How flows go by mail: from which address of ours, to which mailboxes of the OI (the profile's without them).

    Without ``imap`` the OI answers in OUT.
    """

    expediteur: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    boites: Mailboxes | None = None
    smtp: Smtp
    imap: Imap | None = None


Canal = Literal["sftp", "ftps", "ftp"]
CANAUX: tuple[Canal, ...] = get_args(Canal)


class Campaign(_Model):
    """How long the bench waits.

    ``reponse_sous_s``: time within which the parties agreed to answer on the test platform, past which an answer is
    absent; None: the contract's own deadlines, a campaign then ends « en attente ». ``patience_s``: how long a
    scenario waits before it gives way to the next. ``absence_jours``: how many working days past its deadline an
    answer may still come, late; then it is absent.
    """

    reponse_sous_s: Annotated[float, Field(gt=0)] | None = None
    patience_s: Annotated[float, Field(gt=0)] = 30.0
    intervalle_s: Annotated[float, Field(ge=0)] = 0.2
    absence_jours: Annotated[int, Field(ge=0)] = 5


class Capabilities(_Model):
    """What the party declares it can do; what is not declared is « non applicable ».

    ``isolement``: ways out of the account may be tried; ``verrouillage``: wrong passwords may be tried until it closes,
    and the campaign then waits as long as the profile says; ``quota_mo``: what the account may hold.
    """

    modes: tuple[Literal["STOC", "OI", "OC"], ...] = ("STOC", "OI", "OC")
    flux: tuple[str, ...] = ()
    hotline: bool = True
    isolement: bool = False
    verrouillage: bool = False
    quota_mo: Annotated[int, Field(ge=1)] | None = None


class Notices(_Model):
    """Where the suite takes the notices of works that the OI sends to its OCs (SAV-09)."""

    hote: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 0


class Services(_Model):
    """Where the web services stand: the address of each WSDL by service name; one that is absent is not declared.

    ``avis`` is where the OC's port listens for notices of works; ``reponse_sous_s`` the time within which the parties
    agreed that a service answers. ``autre_canal`` gives the same WSDL on the other scheme (https beside http); ``wsdl``
    a file handed over by the operator, judged by in the place of what it publishes; ``certificat`` a PEM to trust
    beside the system's; ``mot_de_passe`` (``env:…``, ``file:…``) that of the SAV header.
    """

    urls: dict[str, str] = Field(default_factory=dict)
    autre_canal: dict[str, str] = Field(default_factory=dict)
    wsdl: dict[str, Path] = Field(default_factory=dict)
    certificat: Path | None = None
    mot_de_passe: str = ""
    delai_reponse_s: Annotated[float, Field(gt=0)] = 30.0
    reponse_sous_s: Annotated[float, Field(gt=0)] | None = None
    avis: Notices | None = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        known = [one.nom for one in load_profile().service]
        unknown = sorted({*self.urls, *self.autre_canal, *self.wsdl} - set(known))
        if unknown:
            raise ValueError(f"services inconnus : {', '.join(unknown)} ; connus : {', '.join(known)}")
        if self.mot_de_passe and not _REFERENCE.fullmatch(self.mot_de_passe):
            raise ValueError("mot_de_passe est une référence, env:NOM ou file:chemin ; jamais le secret lui-même")
        return self


class PmTarget(_Model):
    """What the OI plays of the PM protocol; without this section its scenarios are « non applicable ».

    PMs by the part they play; those left out are taken from the last IPE. ``ar_par_fichier``: the OI deposits its
    acknowledgements on the file server as well (the contract names e-mail).
    """

    ouverts: tuple[str, ...] = ()
    fermes: tuple[str, ...] = ()
    en_immeuble: tuple[str, ...] = ()
    ar_par_fichier: bool = False


RoleRows = dict[str, list[dict[str, str]]]


class Target(_Model):
    """A whole target file.

    One file server at least is declared; ``canal`` says which one a campaign uses, the safest declared without it.
    """

    profil: str = DEFAULT_PROFILE
    partie: Party = Party()
    codes: Codes
    canal: Canal | None = None
    sftp: Sftp | None = None
    ftps: Ftps | None = None
    ftp: Ftp | None = None
    courriel: Courriel | None = None
    services: Services = Services()
    pm: PmTarget | None = None
    campagne: Campaign = Campaign()
    capacites: Capabilities = Capabilities()
    test_data: RoleRows = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_roles(self) -> Self:
        known = load_roles()
        for ident, rows in self.test_data.items():
            if ident not in known:
                raise ValueError(f"test_data.{ident} : rôle inconnu ; connus : {', '.join(known)}")
            if not rows:
                raise ValueError(f"test_data.{ident} : au moins une adresse, ou ôter le rôle")
        return self

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        declared = [one for one in CANAUX if getattr(self, one) is not None]
        if not declared:
            raise ValueError("il faut au moins un serveur de fichiers : [sftp], [ftps] ou [ftp]")
        if self.canal is not None and self.canal not in declared:
            raise ValueError(f"canal = {self.canal} : [{self.canal}] n'est pas déclaré")
        return self

    @property
    def by(self) -> Canal:
        """The channel of the file server that a campaign uses."""
        if self.canal is not None:
            return self.canal
        return next(one for one in CANAUX if getattr(self, one) is not None)

    @property
    def way(self) -> Sftp | Ftps | Ftp:
        """The file server that a campaign uses."""
        found: Sftp | Ftps | Ftp = getattr(self, self.by)
        return found

    @property
    def secret_references(self) -> tuple[str, ...]:
        """Where the secrets of this target are kept; never the secrets."""
        mail = self.courriel
        held = [self.way.mot_de_passe, self.services.mot_de_passe]
        held += [mail.smtp.mot_de_passe, mail.imap.mot_de_passe if mail.imap else ""] if mail else []
        return tuple(one for one in held if one)

    @property
    def described(self) -> str:
        """One line for a report; never a secret."""
        name = " ".join(part for part in (self.partie.nom, self.partie.produit, self.partie.version) if part)
        return f"{name} – {self.by}://{self.way.login}@{self.way.hote}:{self.way.port}"


def load_target(path: Path) -> Target:
    """Read a target file; every wrong key is told as ``file: key: why``. Relative paths are those of its folder."""
    data = read_toml(path, TargetError)
    _anchor(data, path.resolve().parent)
    try:
        return Target.model_validate(data)
    except ValidationError as reason:
        raise TargetError(explain(reason, path)) from None


_PATHS = {"sftp": ("cle",), "ftps": ("certificat",), "ftp": (), "services": ("certificat",),
          "courriel.smtp": ("certificat",), "courriel.imap": ("certificat",)}  # fmt: skip


def _anchor(data: dict[str, Any], folder: Path) -> None:
    """Make the paths of a file those of its folder: keys, certificates, WSDLs, secrets kept in files."""
    for section, paths in _PATHS.items():
        held: Any = data
        for part in section.split("."):
            held = held.get(part) if isinstance(held, dict) else None
        if not isinstance(held, dict):
            continue
        for name in paths:
            if isinstance(held.get(name), str):
                held[name] = str(folder / held[name])
        if isinstance(held.get("cles"), list):
            held["cles"] = [str(folder / one) if isinstance(one, str) else one for one in held["cles"]]
        secret = held.get("mot_de_passe")
        if isinstance(secret, str) and secret.startswith("file:"):
            held["mot_de_passe"] = f"file:{folder / secret.removeprefix('file:')}"
        wsdls = held.get("wsdl")
        if isinstance(wsdls, dict):
            held["wsdl"] = {name: str(folder / one) if isinstance(one, str) else one for name, one in wsdls.items()}


def secret(reference: str, environment: Mapping[str, str] = os.environ) -> str:
    """Resolve ``env:NOM`` or ``file:chemin``; what is missing is told without ever showing a value."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise TargetError("une référence de secret s'écrit env:NOM ou file:chemin.")
    kind, where = match.groups()
    if kind == "env":
        value = environment.get(where, "")
        if not value:
            raise TargetError(f"secret {reference} : la variable d'environnement {where} n'est pas définie.")
        return value
    try:
        value = Path(where).read_text(encoding="utf-8").strip("\r\n")
    except OSError as error:
        raise TargetError(f"secret {reference} : fichier illisible ({error.strerror}).") from None
    if not value:
        raise TargetError(f"secret {reference} : le fichier est vide.")
    return value
