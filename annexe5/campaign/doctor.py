"""``annexe5 doctor``: what must hold before anything is judged, from the target file to the rights of the account.

Each check is one line: ok, problème, avertissement, or non vérifié when what it needs failed; a problem says how to
mend it and is never a breach of the contract (exit code 2). No secret is shown. What is written is a file of ours under
a temporary name, removed at once.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import ssl
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import SplitResult, urlsplit

import asyncssh

from annexe5.campaign.oc_target import OcTarget, load_oc_target
from annexe5.campaign.standing import utc_now
from annexe5.campaign.target import Services, Sftp, Target, load_target, secret
from annexe5.campaign.web_services import published_wsdl
from annexe5.contract.data import read_toml
from annexe5.contract.paths import schemas_dir, suite_root
from annexe5.contract.profile import Profile, load_profile
from annexe5.errors import ConfigurationError, TargetError
from annexe5.findings import Text
from annexe5.messages.pace import Pacer, pace_of
from annexe5.messages.wsdl import WsdlError, load_wsdl
from annexe5.network.roles import load_roles
from annexe5.transport.edge import RemoteFile
from annexe5.transport.http_client import HttpClient
from annexe5.transport.probe import certified_until, knock, resolve
from annexe5.transport.remote import (
    HostKeyError,
    LegacyPeerError,
    LoginError,
    MissingFolderError,
    RefusedError,
    RemoteClient,
    TransferError,
    UnreachableError,
)
from annexe5.transport.sftp_client import SftpClient, connect
from annexe5.transport.temporary import temporary_name

Clock = Callable[[], datetime]
Environment = Mapping[str, str]
Folder = Literal["depose_acces", "retrait_acces", "depose_pm", "retrait_pm"]

FOLDERS: tuple[Folder, ...] = get_args(Folder)

TOLERATED_SKEW = timedelta(minutes=2)
_ENDS_SOON = timedelta(days=21)
_EXPIRED = 10  # OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED
_PROBE = b"annexe5 doctor : fichier d'essai, sans valeur, supprime aussitot\n"
_NOTHING = Text("", "")


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    PROBLEM = "problème"
    WARNING = "avertissement"
    UNCHECKED = "non vérifié"


_STATE_EN = {State.OK: "ok", State.PROBLEM: "problem", State.WARNING: "warning", State.UNCHECKED: "not checked"}


@dataclass(frozen=True, slots=True)
class Check:
    """One line: ``id`` stable, ``what`` is looked at, what was ``said``, how to ``mend`` it (empty when well)."""

    id: str
    what: Text
    state: State
    said: Text
    mend: Text = _NOTHING


@dataclass(slots=True)
class _Sheet:
    """The lines written so far."""

    checks: list[Check] = field(default_factory=list)

    def ok(self, ident: str, what: Text, said: Text) -> None:
        self.checks.append(Check(ident, what, State.OK, said))

    def problem(self, ident: str, what: Text, said: Text, mend: Text) -> None:
        self.checks.append(Check(ident, what, State.PROBLEM, said, mend))

    def warning(self, ident: str, what: Text, said: Text, mend: Text) -> None:
        self.checks.append(Check(ident, what, State.WARNING, said, mend))

    def unchecked(self, ident: str, what: Text, needs: Text) -> None:
        said = Text(f"attend que soit réglé : {needs.fr}", f"waits for: {needs.en}")
        self.checks.append(Check(ident, what, State.UNCHECKED, said))


FILE = Text("fichier cible", "target file")
NAME = Text("nom d'hôte", "host name")
PORT = Text("port", "port")
HOST_KEY = Text("empreinte de la clé d'hôte", "host key fingerprint")
LOGIN = Text("connexion du compte", "login of the account")
RIGHTS_IN = Text("droits dans IN", "rights in IN")
RIGHTS_OUT = Text("droits dans OUT", "rights in OUT")
CLOCK = Text("horloge du serveur", "clock of the server")
PRIVATE_KEY = Text("clé privée", "private key")
DATA = Text("données de test", "test data")


# --- the whole examination -------------------------------------------------------------------------------------------


def examine(path: Path, *, now: Clock = utc_now, environment: Environment = os.environ) -> tuple[Check, ...]:
    """Look at everything a target file says; lines come in the order of the way to the party."""
    sheet = _Sheet()
    try:
        target = _read(path)
    except ConfigurationError as error:
        sheet.problem(
            "fichier",
            FILE,
            Text(str(error), f"not well-formed (details in French): {error}"),
            Text(
                "corrigez le fichier ; annexe5 init en écrit un complet, schemas/json/cible.json guide un éditeur",
                "mend the file; annexe5 init writes a whole one, schemas/json/cible.json guides an editor",
            ),
        )
        return tuple(sheet.checks)
    sheet.ok("fichier", FILE, Text(f"{path} : bien formé", f"{path}: well-formed"))
    if isinstance(target, OcTarget):
        _oc(sheet, target, path.resolve().parent, environment)
        return tuple(sheet.checks)
    _file_server(sheet, target, load_profile(target.profil), now, environment)
    _web_services(sheet, target, now, environment)
    _test_data(sheet, target)
    return tuple(sheet.checks)


def require_sound(path: Path) -> None:
    """Raise a ``TargetError`` with every problem of a target, before a certification starts."""
    problems = [one for one in examine(path) if one.state is State.PROBLEM]
    if problems:
        told = "\n".join(f"{one.what.fr} : {one.said.fr}\n    → {one.mend.fr}" for one in problems)
        raise TargetError(
            f"{path} : rien n'est jugé avant que ceci soit réglé (annexe5 doctor --target {path}).\n{told}"
        )


def _read(path: Path) -> Target | OcTarget:
    """Read the file of either party; that of an OC says where our server listens."""
    data = read_toml(path, TargetError)
    target = load_oc_target(path) if "serveur" in data or "pilote" in data else load_target(path)
    load_profile(target.profil)
    return target


# --- the file server -------------------------------------------------------------------------------------------------


def _file_server(sheet: _Sheet, target: Target, profile: Profile, now: Clock, environment: Environment) -> None:
    way = target.sftp
    secret_told, password = _secret(sheet, "sftp.mot_de_passe", way.mot_de_passe, environment)
    ready = secret_told and _private_key(sheet, way)
    reached = _reached(sheet, way)
    trusted = reached and _host_key(sheet, way)
    if not reached:
        sheet.unchecked("empreinte", HOST_KEY, PORT)
    client = None
    if trusted and ready:
        client = _login(sheet, way, password)
    else:
        sheet.unchecked("connexion", LOGIN, HOST_KEY if ready else Text("secret ou clé", "secret or key"))
    if client is None:
        for ident, what in (("dossiers", Text("dossiers du contrat", "folders of the contract")),
                            ("droits-in", RIGHTS_IN), ("droits-out", RIGHTS_OUT), ("horloge", CLOCK)):  # fmt: skip
            sheet.unchecked(ident, what, LOGIN)
        return
    with client:
        _account(sheet, target, profile, client, now)


def _secret(sheet: _Sheet, key: str, reference: str, environment: Environment) -> tuple[bool, str | None]:
    """Resolve a reference; gives whether all is well, and the secret if there is one."""
    if not reference:
        return True, None
    what = Text(f"secret {key}", f"secret {key}")
    try:
        found = secret(reference, environment)
    except (TargetError, UnicodeDecodeError) as error:
        place = reference.partition(":")[2]
        mend = (
            Text(f"export {place}=… avant de lancer, ou corrigez {key}", f"export {place}=… first, or mend {key}")
            if reference.startswith("env:")
            else Text(
                f"écrivez le secret dans {place}, ou corrigez {key}", f"write the secret to {place}, or mend {key}"
            )
        )
        sheet.problem("secret", what, Text(str(error), f"{reference} cannot be resolved"), mend)
        return False, None
    sheet.ok("secret", what, Text(f"{reference} : trouvé", f"{reference}: found"))
    return True, found


def _private_key(sheet: _Sheet, way: Sftp) -> bool:
    if way.cle is None:
        return True
    try:
        asyncssh.read_private_key(str(way.cle))
    except (OSError, ValueError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        sheet.problem(
            "cle",
            PRIVATE_KEY,
            Text(f"{way.cle} illisible ({error})", f"{way.cle} unreadable ({error})"),
            Text(
                "donnez dans sftp.cle une clé privée OpenSSH ou PEM sans phrase secrète",
                "give in sftp.cle an OpenSSH or PEM private key without a passphrase",
            ),
        )
        return False
    sheet.ok("cle", PRIVATE_KEY, Text(f"{way.cle} : lisible", f"{way.cle}: readable"))
    return True


def _reached(sheet: _Sheet, way: Sftp) -> bool:
    if not _resolved(sheet, way.hote, way.port, "sftp.hote"):
        sheet.unchecked("port", PORT, NAME)
        return False
    return _opened(sheet, way.hote, way.port, way.delai_connexion_s, "sftp.port")


def _resolved(sheet: _Sheet, host: str, port: int, key: str) -> bool:
    try:
        address = resolve(host, port)
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, socket.gaierror) else error
        sheet.problem(
            "nom",
            NAME,
            Text(f"« {host} » est inconnu du DNS ({reason})", f"“{host}” is unknown to the DNS ({reason})"),
            Text(f"corrigez {key}, ou le DNS de cette machine", f"mend {key}, or this machine's DNS"),
        )
        return False
    sheet.ok("nom", NAME, Text(f"{host} → {address}", f"{host} → {address}"))
    return True


def _opened(sheet: _Sheet, host: str, port: int, timeout: float, key: str) -> bool:
    try:
        knock(host, port, timeout)
    except OSError as error:
        sheet.problem(
            "port",
            PORT,
            Text(f"{host}:{port} ne répond pas ({error})", f"{host}:{port} does not answer ({error})"),
            Text(
                f"corrigez {key} ; faites ouvrir le pare-feu et déclarer votre adresse chez l'opérateur",
                f"mend {key}; have the firewall opened and your address declared at the operator's",
            ),
        )
        return False
    sheet.ok("port", PORT, Text(f"{host}:{port} ouvert", f"{host}:{port} open"))
    return True


def _host_key(sheet: _Sheet, way: Sftp) -> bool:
    client = SftpClient(way.hote, way.port, way.login, **_declared(way))
    try:
        client.check_host()
    except HostKeyError as error:
        declared = way.empreinte_sha256 or way.empreinte_md5
        shown = f"{error.presented_sha256} (MD5 {error.presented_md5})"
        sheet.problem(
            "empreinte",
            HOST_KEY,
            Text(f"déclarée {declared}, présentée {shown}", f"declared {declared}, shown {shown}"),
            Text(
                "faites confirmer la clé par l'opérateur avant de corriger sftp.empreinte_* ; aucun secret n'est parti",
                "have the operator confirm its key before you mend sftp.empreinte_*; no secret was sent",
            ),
        )
        return False
    except LegacyPeerError:
        sheet.warning(
            "empreinte",
            HOST_KEY,
            Text("serveur limité aux signatures SHA-1", "the server signs with SHA-1 only"),
            Text(
                "demandez à l'opérateur rsa-sha2-256 ; en attendant le client de secours compare la clé à la connexion",
                "ask the operator for rsa-sha2-256; until then the fallback client compares the key at login",
            ),
        )
        return True
    except TargetError as error:
        sheet.problem(
            "empreinte",
            HOST_KEY,
            Text(f"pas de SSH à cette adresse : {error}", f"no SSH at {way.hote}:{way.port}: {error.__cause__}"),
            Text("vérifiez que sftp.port est bien celui du SFTP", "see that sftp.port is that of SFTP"),
        )
        return False
    sheet.ok("empreinte", HOST_KEY, Text(f"{client.presented_sha256}", f"{client.presented_sha256}"))
    return True


def _declared(way: Sftp) -> dict[str, Any]:
    return {
        "host_key_md5": way.empreinte_md5,
        "host_key_sha256": way.empreinte_sha256,
        "timeout": way.delai_connexion_s,
    }


def _login(sheet: _Sheet, way: Sftp, password: str | None) -> RemoteClient | None:
    try:
        client = connect(way.hote, way.port, way.login, password=password, key=way.cle, **_declared(way))
    except LoginError:
        sheet.problem(
            "connexion",
            LOGIN,
            Text(
                f"le serveur refuse le secret du compte « {way.login} »",
                f"the server refuses the secret of account “{way.login}”",
            ),
            Text(
                "vérifiez sftp.login, le mot de passe ou la clé, et que la clé publique a été remise à l'opérateur ; "
                "trop d'essais peuvent bloquer le compte",
                "see sftp.login, the password or key, and that the operator has the public key; "
                "too many tries may lock the account",
            ),
        )
        return None
    except TargetError as error:
        sheet.problem(
            "connexion",
            LOGIN,
            Text(str(error), f"no SFTP session ({error.__cause__})"),
            Text("demandez à l'opérateur d'ouvrir SFTP à ce compte", "ask the operator to open SFTP to this account"),
        )
        return None
    sheet.ok("connexion", LOGIN, Text(f"« {way.login} » est entré", f"“{way.login}” came in"))
    return client


# --- the account: folders, rights, clock -----------------------------------------------------------------------------


def _account(sheet: _Sheet, target: Target, profile: Profile, client: RemoteClient, now: Clock) -> None:
    there = {name: _folder(sheet, client, name, _path(target, profile, name)) for name in FOLDERS}
    if there["depose_acces"]:
        _rights_in(sheet, client, _path(target, profile, "depose_acces"), now)
    else:
        sheet.unchecked("droits-in", RIGHTS_IN, _folder_label("depose_acces"))
        sheet.unchecked("horloge", CLOCK, RIGHTS_IN)
    if there["retrait_acces"]:
        _rights_out(sheet, client, _path(target, profile, "retrait_acces"))
    else:
        sheet.unchecked("droits-out", RIGHTS_OUT, _folder_label("retrait_acces"))


def _path(target: Target, profile: Profile, name: Folder) -> str:
    folder = profile.folder(name, target.codes.oi, target.codes.arcep)
    root = target.sftp.racine.rstrip("/")
    return f"{root}/{folder}" if root else folder


def _folder_label(name: str) -> Text:
    return Text(f"dossier {name}", f"folder {name}")


def _folder(sheet: _Sheet, client: RemoteClient, name: str, path: str) -> bool:
    """See that a folder can be listed; those of the PM protocol are missed only by its own scenarios."""
    try:
        held = client.list(path)
    except (MissingFolderError, RefusedError, TransferError) as error:
        missing = isinstance(error, MissingFolderError)
        said = (
            Text(f"« {path} » n'existe pas dans ce compte", f"“{path}” is not in this account")
            if missing
            else Text(f"« {path} » ne se laisse pas lister ({error})", f"“{path}” cannot be listed ({error.__cause__})")
        )
        mend = Text(
            "faites créer le dossier, ou donner le droit de le lister, par l'opérateur ; sftp.racine dit sous quel "
            "dossier IN et OUT se trouvent",
            "have the operator create the folder or grant its listing; sftp.racine says under which folder IN and "
            "OUT stand",
        )
        tell = sheet.warning if name.endswith("_pm") else sheet.problem
        tell("dossier", _folder_label(name), said, mend)
        return False
    sheet.ok("dossier", _folder_label(name), Text(f"{path}, {len(held)} entrées", f"{path}, {len(held)} entries"))
    return True


def _rights_in(sheet: _Sheet, client: RemoteClient, folder: str, now: Clock) -> None:
    """Deposit as a certification does (upload, rename), under a name nobody may take, and remove it."""
    name = _probe_name()
    before = now()
    try:
        client.deposit(folder, name, _PROBE)
    except (TargetError, FileNotFoundError) as error:
        _sweep(client, folder, temporary_name(name), name)
        sheet.problem(
            "droits-in",
            RIGHTS_IN,
            Text(f"le dépôt dans « {folder} » est refusé ({error})", f"writing to “{folder}” is refused ({error})"),
            Text(
                "demandez à l'opérateur le droit d'écrire et de renommer dans ce dossier ; voyez aussi quota et disque",
                "ask the operator for the right to write and rename in this folder; see quota and disk too",
            ),
        )
        sheet.unchecked("horloge", CLOCK, RIGHTS_IN)
        return
    after = now()
    entry = _entry(client, folder, name)
    if not _remove_probe(sheet, client, folder, name, entry):
        return
    _clock(sheet, entry, before, after)


def _entry(client: RemoteClient, folder: str, name: str) -> RemoteFile | None:
    with suppress(TargetError):
        return next((one for one in client.list(folder) if one.name == name), None)
    return None


def _remove_probe(sheet: _Sheet, client: RemoteClient, folder: str, name: str, entry: RemoteFile | None) -> bool:
    try:
        client.delete(folder, name)
    except FileNotFoundError:
        sheet.warning(
            "droits-in",
            RIGHTS_IN,
            Text(
                f"{name} a disparu aussitôt déposé : quelqu'un prend les noms temporaires",
                f"{name} was gone as soon as deposited: somebody takes temporary names",
            ),
            Text(
                "demandez à l'opérateur d'ignorer .tmp, .part, .filepart", "ask the operator to leave .tmp, .part alone"
            ),
        )
    except TargetError:
        sheet.warning(
            "droits-in",
            RIGHTS_IN,
            Text(
                f"le dépôt passe, la suppression est refusée : {folder}/{name} y reste",
                f"writing passes, removing is refused: {folder}/{name} stays there",
            ),
            Text(
                "la certification n'en a pas besoin ; faites ôter ce fichier par l'opérateur",
                "a certification does without; have the operator remove this file",
            ),
        )
    else:
        sheet.ok("droits-in", RIGHTS_IN, Text("écrire, renommer, supprimer", "write, rename, remove"))
    if entry is None:
        sheet.warning(
            "horloge",
            CLOCK,
            Text("le fichier d'essai n'a pas été listé", "the probe file was not listed"),
            Text("comparez l'horloge du serveur à la main", "compare the clock of the server by hand"),
        )
    return entry is not None


def _clock(sheet: _Sheet, entry: RemoteFile | None, before: datetime, after: datetime) -> None:
    """Compare the time the server gave our file with ours; a file system keeps whole seconds."""
    if entry is None or entry.modified is None:
        sheet.warning(
            "horloge",
            CLOCK,
            Text("le serveur ne donne pas l'heure de ses fichiers", "the server gives no time of its files"),
            Text("comparez l'horloge du serveur à la main", "compare the clock of the server by hand"),
        )
        return
    middle = (before.timestamp() + after.timestamp()) / 2
    skew = timedelta(seconds=round(entry.modified - middle))
    if abs(skew) <= max(TOLERATED_SKEW, after - before):
        seconds = int(skew.total_seconds())
        sheet.ok("horloge", CLOCK, Text(f"écart {seconds:+d} s", f"skew {seconds:+d} s"))
        return
    side = ("en avance", "ahead") if skew > timedelta() else ("en retard", "behind")
    sheet.problem(
        "horloge",
        CLOCK,
        Text(f"{abs(skew)} {side[0]} sur la nôtre", f"{abs(skew)} {side[1]} of ours"),
        Text(
            "mettez cette machine et le serveur à l'heure (NTP) : les délais et les dates des noms en dépendent",
            "set this machine and the server by NTP: deadlines and the dates of names hang on it",
        ),
    )


def _rights_out(sheet: _Sheet, client: RemoteClient, folder: str) -> None:
    """See that a file can be deleted from OUT, on a file of ours if we may put one there, and on none else."""
    name = _probe_name()
    try:
        client.deposit(folder, name, _PROBE)
    except (TargetError, FileNotFoundError):
        _sweep(client, folder, temporary_name(name), name)
        sheet.warning(
            "droits-out",
            RIGHTS_OUT,
            Text(
                "lister passe ; écrire étant refusé, le droit de supprimer n'a pu être essayé",
                "listing passes; as writing is refused, the right to delete could not be tried",
            ),
            Text(
                "faites confirmer par l'opérateur que ce compte supprime ce qu'il relève (TRA-10)",
                "have the operator confirm that this account may delete what it retrieves (TRA-10)",
            ),
        )
        return
    try:
        client.delete(folder, name)
    except FileNotFoundError:
        pass
    except TargetError as error:
        sheet.problem(
            "droits-out",
            RIGHTS_OUT,
            Text(
                f"la suppression est refusée ({error.__cause__}) : {folder}/{name} y reste",
                f"deleting is refused ({error.__cause__}): {folder}/{name} stays there",
            ),
            Text(
                "demandez à l'opérateur le droit de supprimer dans OUT : qui relève supprime (TRA-10)",
                "ask the operator for the right to delete in OUT: who retrieves deletes (TRA-10)",
            ),
        )
        return
    sheet.ok("droits-out", RIGHTS_OUT, Text("lister, supprimer", "list, delete"))


def _probe_name() -> str:
    return temporary_name(f"annexe5-sonde-{secrets.token_hex(4)}")


def _sweep(client: RemoteClient, folder: str, *names: str) -> None:
    for name in names:
        with suppress(TargetError, FileNotFoundError):
            client.delete(folder, name)


# --- the web services ------------------------------------------------------------------------------------------------


def _web_services(sheet: _Sheet, target: Target, now: Clock, environment: Environment) -> None:
    declared = target.services
    what = Text("web services", "web services")
    if not declared.urls:
        said = Text("aucun déclaré : leurs scénarios sont non applicables", "none declared: not applicable")
        sheet.ok("services", what, said)
        return
    _secret(sheet, "services.mot_de_passe", declared.mot_de_passe, environment)
    for service, path in declared.wsdl.items():
        _handed_wsdl(sheet, service, path)
    trust = _trust(sheet, declared)
    profile = load_profile(target.profil)
    with HttpClient(trust=trust, pacing=Pacer(pace_of(profile)), answer_timeout=declared.delai_reponse_s) as client:
        for service, url in declared.urls.items():
            if _address(sheet, service, url, trust, declared.delai_reponse_s, now):
                _published(sheet, client, service, url)
            else:
                sheet.unchecked("wsdl", _wsdl_label(service), Text(f"adresse de {service}", f"address of {service}"))
        for service, url in declared.autre_canal.items():
            _address(sheet, service, url, trust, declared.delai_reponse_s, now)


def _wsdl_label(service: str) -> Text:
    return Text(f"WSDL {service}", f"WSDL {service}")


def _trust(sheet: _Sheet, declared: Services) -> bytes:
    """Read the PEM to trust; what is wrong with it is told, and the system's authorities alone are used."""
    if declared.certificat is None:
        return b""
    what = Text("certificat admis", "trusted certificate")
    try:
        pem = declared.certificat.read_bytes()
        ssl.create_default_context().load_verify_locations(cadata=pem.decode("ascii"))
    except (OSError, ValueError) as error:  # ssl's own errors and the decoder's are among them
        sheet.problem(
            "certificat",
            what,
            Text(f"{declared.certificat} illisible ({error})", f"{declared.certificat} unreadable ({error})"),
            Text("donnez un fichier PEM dans services.certificat", "give a PEM file in services.certificat"),
        )
        return b""
    sheet.ok("certificat", what, Text(f"{declared.certificat} : lisible", f"{declared.certificat}: readable"))
    return pem


def _handed_wsdl(sheet: _Sheet, service: str, path: Path) -> None:
    what = Text(f"WSDL remis {service}", f"handed WSDL {service}")
    try:
        load_wsdl(path)
    except (ConfigurationError, OSError) as error:
        sheet.problem(
            "wsdl",
            what,
            Text(f"{path} illisible ({error})", f"{path} unreadable ({error})"),
            Text(f"corrigez services.wsdl.{service}", f"mend services.wsdl.{service}"),
        )
        return
    sheet.ok("wsdl", what, Text(f"{path} : lisible", f"{path}: readable"))


def _address(sheet: _Sheet, service: str, url: str, trust: bytes, timeout: float, now: Clock) -> bool:
    split = urlsplit(url)
    what = Text(f"adresse {service}", f"address {service}")
    key = f"services.urls (ou autre_canal) {service}"
    try:
        port = split.port or {"http": 80, "https": 443}[split.scheme]
        host = split.hostname or ""
        resolve(host or "adresse.invalid", port)
        if split.scheme == "http":
            knock(host, port, timeout)
    except (OSError, ValueError, KeyError) as error:
        sheet.problem(
            "adresse",
            what,
            Text(f"{url} : {_reason(error)}", f"{url}: {_reason(error)}"),
            Text(f"corrigez {key}, ou faites ouvrir le pare-feu", f"mend {key}, or have the firewall opened"),
        )
        return False
    if split.scheme == "https" and not _certified(sheet, service, split, port, trust, timeout, now):
        return False
    sheet.ok("adresse", what, Text(f"{split.scheme}://{host}:{port} ouvert", f"{split.scheme}://{host}:{port} open"))
    return True


def _reason(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return f"DNS : {error.strerror}"
    return str(error) if isinstance(error, OSError) else "http://… / https://…"


def _certified(
    sheet: _Sheet, service: str, split: SplitResult, port: int, trust: bytes, timeout: float, now: Clock
) -> bool:
    what = Text(f"certificat TLS {service}", f"TLS certificate {service}")
    try:
        end = certified_until(split.hostname or "", port, timeout, trust)
    except ssl.SSLCertVerificationError as error:
        mend = (
            Text("faites renouveler le certificat par l'opérateur", "have the operator renew its certificate")
            if error.verify_code == _EXPIRED
            else Text(
                "déclarez dans services.certificat l'autorité ou le certificat de l'opérateur, au nom qu'il porte",
                "declare the operator's authority or certificate in services.certificat (PEM), under the name it bears",
            )
        )
        expired = "expiré" if error.verify_code == _EXPIRED else "refusé"
        said = Text(f"certificat {expired} ({error.verify_message})", f"certificate refused ({error.verify_message})")
        sheet.problem("tls", what, said, mend)
        return False
    except OSError as error:
        sheet.problem(
            "tls",
            what,
            Text(f"pas de TLS à {split.netloc} ({error})", f"no TLS at {split.netloc} ({error})"),
            Text("vérifiez le port, et https plutôt que http", "see the port, and https rather than http"),
        )
        return False
    if end - now() < _ENDS_SOON:
        sheet.warning(
            "tls",
            what,
            Text(f"expire le {end:%d/%m/%Y}", f"ends on {end:%Y-%m-%d}"),
            Text("prévenez l'opérateur : une campagne dure des semaines", "warn the operator: a campaign lasts weeks"),
        )
    else:
        sheet.ok("tls", what, Text(f"valable jusqu'au {end:%d/%m/%Y}", f"valid until {end:%Y-%m-%d}"))
    return True


def _published(sheet: _Sheet, client: HttpClient, service: str, url: str) -> None:
    what = _wsdl_label(service)
    try:
        found = published_wsdl(client, url)
    except (WsdlError, UnreachableError, TargetError) as error:
        sheet.problem(
            "wsdl",
            what,
            Text(f"{url} : {error}", f"{url} cannot be read as a WSDL: {error}"),
            Text(
                f"corrigez services.urls.{service} (l'adresse du WSDL, souvent ?wsdl), ou demandez-le à l'opérateur",
                f"mend services.urls.{service} (the address of the WSDL, often ?wsdl), or ask the operator for it",
            ),
        )
        return
    count = len(found.operations)
    sheet.ok("wsdl", what, Text(f"lisible, {count} opérations", f"readable, {count} operations"))


# --- the test data ---------------------------------------------------------------------------------------------------


def _test_data(sheet: _Sheet, target: Target) -> None:
    """Tell the columns that rows lack or misspell, and each role left out with what it would unlock."""
    known = _order_columns()
    faults = 0
    for ident, rows in target.test_data.items():
        wanted = load_roles()[ident].columns
        unknown = sorted({column for row in rows for column in row} - known)
        lacking = [column for column in wanted if any(column not in row for row in rows)]
        blank = not all(any(row.values()) for row in rows)
        faults += bool(unknown or lacking or blank)
        what = Text(f"test_data.{ident}", f"test_data.{ident}")
        if blank:
            sheet.problem(
                "donnees",
                what,
                Text("une adresse est laissée vide", "an address is left empty"),
                Text("remplissez-la, ou ôtez le bloc", "fill it in, or remove the block"),
            )
        if unknown:
            sheet.problem(
                "donnees",
                what,
                Text(f"colonnes inconnues : {', '.join(unknown)}", f"unknown columns: {', '.join(unknown)}"),
                Text("écrivez les noms des colonnes de Cmd_Acces", "spell them as the columns of Cmd_Acces"),
            )
        if lacking:
            sheet.warning(
                "donnees",
                what,
                Text(f"colonnes absentes : {', '.join(lacking)}", f"columns left out: {', '.join(lacking)}"),
                Text("donnez-les, vides si l'adresse n'en a pas", "give them, empty where the address has none"),
            )
    absent = [ident for ident in load_roles() if ident not in target.test_data]
    for ident in absent:
        _absent_role(sheet, ident)
    if not absent and not faults:
        count = len(target.test_data)
        sheet.ok("donnees", DATA, Text(f"{count} rôles, toutes les colonnes", f"{count} roles, every column"))


def _absent_role(sheet: _Sheet, ident: str) -> None:
    role = load_roles()[ident]
    played = len(_scenarios_by_role().get(ident, ()))
    clauses = ", ".join(role.unlocks)
    sheet.warning(
        "donnees",
        Text(f"test_data.{ident}", f"test_data.{ident}"),
        Text(
            f"rôle absent ({role.fr}) : {played} scénarios ne seront pas joués ; clauses et codes : {clauses}",
            f"role left out ({role.en}): {played} scenarios will not be played; clauses and codes: {clauses}",
        ),
        Text(f"ajoutez [[test_data.{ident}]]", f"add [[test_data.{ident}]]"),
    )


@lru_cache(maxsize=1)
def _order_columns() -> frozenset[str]:
    """Give the columns of Cmd_Acces, of all the versions known."""
    columns: set[str] = set()
    for path in schemas_dir().glob("tables/acces-*/cmd_acces.json"):
        columns |= {one["name"] for one in json.loads(path.read_text(encoding="utf-8"))["fields"]}
    return frozenset(columns)


@lru_cache(maxsize=1)
def _scenarios_by_role() -> Mapping[str, tuple[str, ...]]:
    """Give the scenarios that name each role, in a step or in a table of examples."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted((suite_root() / "features").rglob("*.feature")):
        title = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if match := re.match(r"\s*(?:Plan du scénario|Scénario)\s*:\s*(.+)", line):
                title = match.group(1)
            for word in re.findall(r'["|]\s*(\w+)\s*(?=["|])', line):
                if word in load_roles() and title not in found[word]:
                    found[word].append(title)
    return {role: tuple(titles) for role, titles in found.items()}


# --- the target file of an OC ----------------------------------------------------------------------------------------


def _oc(sheet: _Sheet, target: OcTarget, folder: Path, environment: Environment) -> None:
    """See that our door can open, that the OC's secret or key is at hand, and that its pilot can be called."""
    door, pilot = target.serveur, target.pilote
    _secret(sheet, "serveur.mot_de_passe", door.mot_de_passe, environment)
    if door.cle_publique is not None:
        _public_key(sheet, door.cle_publique)
    _listening(sheet, door.hote, door.port)
    if pilot is not None and pilot.commande:
        _command(sheet, pilot.commande[0], folder)
    if pilot is not None and pilot.http:
        split = urlsplit(pilot.http)
        port = split.port or (443 if split.scheme == "https" else 80)
        if _resolved(sheet, split.hostname or "", port, "pilote.http"):
            _opened(sheet, split.hostname or "", port, pilot.delai_s, "pilote.http")


def _public_key(sheet: _Sheet, path: Path) -> None:
    what = Text("clé publique de l'OC", "public key of the OC")
    try:
        asyncssh.read_public_key(str(path))
    except (OSError, ValueError, asyncssh.KeyImportError) as error:
        sheet.problem(
            "cle",
            what,
            Text(f"{path} illisible ({error})", f"{path} unreadable ({error})"),
            Text("demandez à l'OC sa clé au format OpenSSH (.pub)", "ask the OC for its OpenSSH key (.pub)"),
        )
        return
    sheet.ok("cle", what, Text(f"{path} : lisible", f"{path}: readable"))


def _listening(sheet: _Sheet, host: str, port: int) -> None:
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        sheet.problem(
            "port",
            PORT,
            Text(f"{host}:{port} ne peut être ouvert ({error})", f"{host}:{port} cannot be opened ({error})"),
            Text("choisissez serveur.port libre (0 : au choix du système)", "choose a free serveur.port (0: any)"),
        )
        return
    sheet.ok("port", PORT, Text(f"{host}:{port} peut être ouvert", f"{host}:{port} can be opened"))


def _command(sheet: _Sheet, program: str, folder: Path) -> None:
    what = Text("commande du pilote", "command of the pilot")
    if shutil.which(program) or shutil.which(str(folder / program)):
        sheet.ok("pilote", what, Text(f"{program} : trouvée", f"{program}: found"))
        return
    sheet.problem(
        "pilote",
        what,
        Text(f"« {program} » est introuvable ou n'est pas exécutable", f"“{program}” is not there or cannot be run"),
        Text("corrigez pilote.commande", "mend pilote.commande"),
    )


# --- telling ---------------------------------------------------------------------------------------------------------


def exit_code(checks: tuple[Check, ...]) -> int:
    """2 on a problem, 0 otherwise."""
    return 2 if any(one.state is State.PROBLEM for one in checks) else 0


def as_json(path: Path, checks: tuple[Check, ...], lang: str) -> str:
    """Write the lines for a machine; the states are spelt in French whatever the language."""
    lines = [
        {
            "check": one.id,
            "what": one.what[lang],
            "state": one.state.value,
            "said": one.said[lang],
            "mend": one.mend[lang],
        }
        for one in checks
    ]
    state = State.PROBLEM if exit_code(checks) else State.OK
    return json.dumps({"target": str(path), "state": state.value, "checks": lines}, ensure_ascii=False, indent=1)


def as_text(checks: tuple[Check, ...], lang: str) -> str:
    """Write one line a check, and under a problem or a warning how to mend it."""
    lines = []
    for one in checks:
        state = _STATE_EN[one.state] if lang == "en" else one.state.value
        lines.append(f"{state:<14} {one.what[lang]} : {one.said[lang]}")
        if one.mend[lang]:
            lines.append(f"{'':<14} → {one.mend[lang]}")
    return "\n".join(lines)
