"""The file server by FTP (TRA-01, TRA-03): in clear, which is told, or over TLS, whose certificate is looked at."""

from __future__ import annotations

import ftplib
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta

from annexe5.campaign.doctor.reaching import NAME, PORT, opened, resolved
from annexe5.campaign.doctor.sheet import Sheet
from annexe5.campaign.target import Ftp, Ftps
from annexe5.campaign.ways import ftp_client
from annexe5.errors import TargetError
from annexe5.findings import Text
from annexe5.transport.probe import ftps_certificate
from annexe5.transport.remote import HostKeyError, LoginError, RemoteClient

Clock = Callable[[], datetime]

LOGIN = Text("connexion du compte", "login of the account")
_TLS = Text("certificat TLS FTPS", "TLS certificate FTPS")
_ENDS_SOON = timedelta(days=21)
_EXPIRED = 10  # OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED


def by_ftp(sheet: Sheet, way: Ftp | Ftps, password: str | None, now: Clock) -> RemoteClient | None:
    """See that the server answers, shows a certificate that holds, and lets the account in."""
    key = "ftps" if isinstance(way, Ftps) else "ftp"
    if not resolved(sheet, way.hote, way.port, f"{key}.hote"):
        sheet.unchecked("port", PORT, NAME)
        sheet.unchecked("connexion", LOGIN, PORT)
        return None
    if not opened(sheet, way.hote, way.port, way.delai_connexion_s, f"{key}.port"):
        sheet.unchecked("connexion", LOGIN, PORT)
        return None
    if isinstance(way, Ftps):
        trusted = _certified(sheet, way, now)
    else:
        trusted = True
        sheet.warning(
            "clair",
            Text("FTP en clair", "FTP in clear"),
            Text("mot de passe et fichiers circulent en clair", "password and files travel in clear text"),
            Text(
                "demandez à l'opérateur SFTP ou FTPS ; la certification le dira par une réserve (TRA-CLAIR)",
                "ask the operator for SFTP or FTPS; the certification will tell it as a reserve (TRA-CLAIR)",
            ),
        )
    if not trusted or password is None:
        sheet.unchecked("connexion", LOGIN, _TLS if not trusted else Text("secret", "secret"))
        return None
    return _login(sheet, way, password, key)


def _certified(sheet: Sheet, way: Ftps, now: Clock) -> bool:
    try:
        shown, end = ftps_certificate(
            way.hote,
            way.port,
            way.delai_connexion_s,
            trust=way.certificat,
            verify=way.empreinte_sha256 is None,
            implicit=way.implicite,
        )
    except ssl.SSLCertVerificationError as error:
        expired = error.verify_code == _EXPIRED
        sheet.problem(
            "tls",
            _TLS,
            Text(
                f"certificat {'expiré' if expired else 'refusé'} ({error.verify_message})",
                f"certificate {'expired' if expired else 'refused'} ({error.verify_message})",
            ),
            Text("faites renouveler le certificat par l'opérateur", "have the operator renew its certificate")
            if expired
            else Text(
                "déclarez ftps.certificat (son autorité, PEM) ou ftps.empreinte_sha256, confirmés par l'opérateur",
                "declare ftps.certificat (its authority, PEM) or ftps.empreinte_sha256, confirmed by the operator",
            ),
        )
        return False
    except (ftplib.Error, EOFError, OSError, ValueError) as error:
        sheet.problem(
            "tls",
            _TLS,
            Text(f"pas de TLS à cette adresse ({error})", f"no TLS at this address ({error})"),
            Text(
                "vérifiez ftps.port, et ftps.implicite (TLS dès le premier octet, souvent le port 990)",
                "see ftps.port, and ftps.implicite (TLS from the first byte, often port 990)",
            ),
        )
        return False
    if end < now() or end - now() < _ENDS_SOON:
        tell = sheet.problem if end < now() else sheet.warning
        tell(
            "tls",
            _TLS,
            Text(f"expire le {end:%d/%m/%Y}", f"ends on {end:%Y-%m-%d}"),
            Text("prévenez l'opérateur : une campagne dure des semaines", "warn the operator: a campaign lasts weeks"),
        )
        return end >= now()
    said = f"{shown[:16]}…"
    sheet.ok("tls", _TLS, Text(f"{said}, jusqu'au {end:%d/%m/%Y}", f"{said}, until {end:%Y-%m-%d}"))
    return True


def _login(sheet: Sheet, way: Ftp | Ftps, password: str, key: str) -> RemoteClient | None:
    try:
        client = ftp_client(way, password).open()
    except LoginError as error:
        sheet.problem(
            "connexion",
            LOGIN,
            Text(
                f"le serveur refuse le compte « {way.login} » ({error.__cause__})",
                f"the server refuses account “{way.login}” ({error.__cause__})",
            ),
            Text(
                f"vérifiez {key}.login et le mot de passe ; un serveur qui exige TLS se déclare dans [ftps]",
                f"see {key}.login and the password; a server that wants TLS is declared in [ftps]",
            ),
        )
        return None
    except HostKeyError as error:
        sheet.problem(
            "tls",
            _TLS,
            Text(f"empreinte présentée {error.presented_sha256}", f"fingerprint shown {error.presented_sha256}"),
            Text(
                "faites confirmer le certificat par l'opérateur avant de corriger ftps.empreinte_sha256",
                "have the operator confirm its certificate before you mend ftps.empreinte_sha256",
            ),
        )
        return None
    except TargetError as error:
        sheet.problem(
            "connexion",
            LOGIN,
            Text(str(error), f"no FTP session ({error.__cause__})"),
            Text(f"vérifiez que {key}.port est bien celui du FTP", f"see that {key}.port is that of FTP"),
        )
        return None
    sheet.ok("connexion", LOGIN, Text(f"« {way.login} » est entré", f"“{way.login}” came in"))
    return client
