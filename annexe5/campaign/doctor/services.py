"""The web services: addresses, certificates, the WSDL each publishes or its operator handed over."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from annexe5.campaign.doctor.reaching import Environment, secret
from annexe5.campaign.doctor.sheet import Sheet
from annexe5.campaign.target import Services, Target
from annexe5.campaign.web_services import published_wsdl
from annexe5.contract.profile import load_profile
from annexe5.errors import ConfigurationError, TargetError
from annexe5.findings import Text
from annexe5.messages.pace import Pacer, pace_of
from annexe5.messages.wsdl import WsdlError, load_wsdl
from annexe5.transport.http_client import HttpClient
from annexe5.transport.probe import certified_until, knock, resolve
from annexe5.transport.remote import UnreachableError

Clock = Callable[[], datetime]

_ENDS_SOON = timedelta(days=21)
_EXPIRED = 10  # OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED


def web_services(sheet: Sheet, target: Target, now: Clock, environment: Environment) -> None:
    """See that each service stands where it is declared and publishes its WSDL."""
    declared = target.services
    what = Text("web services", "web services")
    if not declared.urls:
        said = Text("aucun déclaré : leurs scénarios sont non applicables", "none declared: not applicable")
        sheet.ok("services", what, said)
        return
    secret(sheet, "services.mot_de_passe", declared.mot_de_passe, environment)
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


def _trust(sheet: Sheet, declared: Services) -> bytes:
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


def _handed_wsdl(sheet: Sheet, service: str, path: Path) -> None:
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


def _address(sheet: Sheet, service: str, url: str, trust: bytes, timeout: float, now: Clock) -> bool:
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
    sheet: Sheet, service: str, split: SplitResult, port: int, trust: bytes, timeout: float, now: Clock
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


def _published(sheet: Sheet, client: HttpClient, service: str, url: str) -> None:
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
