"""The file server of an OI: host key, login, then what the account may do (TRA-03 to TRA-10)."""

from __future__ import annotations

from typing import Any

import asyncssh

from annexe5.campaign.doctor.account import CLOCK, RIGHTS_IN, RIGHTS_OUT, Clock, account
from annexe5.campaign.doctor.ftp import LOGIN, by_ftp
from annexe5.campaign.doctor.reaching import NAME, PORT, Environment, opened, resolved, secret
from annexe5.campaign.doctor.sheet import Sheet
from annexe5.campaign.target import Sftp, Target
from annexe5.contract.profile import Profile
from annexe5.errors import TargetError
from annexe5.findings import Text
from annexe5.transport.remote import HostKeyError, LegacyPeerError, LoginError, RemoteClient
from annexe5.transport.sftp_client import SftpClient, connect

HOST_KEY = Text("empreinte de la clé d'hôte", "host key fingerprint")
PRIVATE_KEY = Text("clé privée", "private key")


def file_server(sheet: Sheet, target: Target, profile: Profile, now: Clock, environment: Environment) -> None:
    """See that the server is the right one and lets us in; then look at the account."""
    way = target.way
    told, password = secret(sheet, f"{target.by}.mot_de_passe", way.mot_de_passe, environment)
    client = _by_sftp(sheet, way, password, told=told) if isinstance(way, Sftp) else by_ftp(sheet, way, password, now)
    if client is None:
        for ident, what in (("dossiers", Text("dossiers du contrat", "folders of the contract")),
                            ("droits-in", RIGHTS_IN), ("droits-out", RIGHTS_OUT), ("horloge", CLOCK)):  # fmt: skip
            sheet.unchecked(ident, what, LOGIN)
        return
    with client:
        account(sheet, target, profile, client, now)


def _by_sftp(sheet: Sheet, way: Sftp, password: str | None, *, told: bool) -> RemoteClient | None:
    ready = told and _private_key(sheet, way)
    reached = _reached(sheet, way)
    trusted = reached and _host_key(sheet, way)
    if not reached:
        sheet.unchecked("empreinte", HOST_KEY, PORT)
    if trusted and ready:
        return _login(sheet, way, password)
    sheet.unchecked("connexion", LOGIN, HOST_KEY if ready else Text("secret ou clé", "secret or key"))
    return None


def _private_key(sheet: Sheet, way: Sftp) -> bool:
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


def _reached(sheet: Sheet, way: Sftp) -> bool:
    if not resolved(sheet, way.hote, way.port, "sftp.hote"):
        sheet.unchecked("port", PORT, NAME)
        return False
    return opened(sheet, way.hote, way.port, way.delai_connexion_s, "sftp.port")


def _host_key(sheet: Sheet, way: Sftp) -> bool:
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


def _login(sheet: Sheet, way: Sftp, password: str | None) -> RemoteClient | None:
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
