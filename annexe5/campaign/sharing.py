"""A campaign's folder made ready for two companies: reports written again, certificate signed by both, contestations.

Everything is done again from what was recorded (``resultats.json``, ``journal.sqlite``), so that what is signed is what
was seen. Secrets are looked up by the references that the campaign kept: without them nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from annexe5.campaign.journal import JOURNAL_FILE, Journal
from annexe5.campaign.results import CampaignResult, load
from annexe5.campaign.target import secret
from annexe5.errors import ConfigurationError, TargetError, UsageError
from annexe5.evidence import write_all
from annexe5.evidence.allure_html import write_allure
from annexe5.evidence.attestation import Subject, build_statement, sign, write_certificate
from annexe5.evidence.dispute import Role, contest
from annexe5.evidence.dsse import Envelope, load_private, load_public, read_envelope
from annexe5.evidence.layout import ALLURE_FILE, ALLURE_RESULTS, CERTIFICATE_FILE
from annexe5.evidence.verification import Verification, countersign, verify
from annexe5.evidence.waivers import Waiver, load_waivers

ROLES: tuple[Role, ...] = ("OI", "OC")
HISTORY_FILE = "allure-history.jsonl"


@dataclass(frozen=True, slots=True)
class Signing:
    """What a first signature says beside the campaign: product and version under test, waivers, days of validity."""

    product: str = ""
    version: str = ""
    name: str = ""
    waivers: Path | None = None
    days: int = 365
    allow_simulated: bool = False


def rewrite(
    folder: Path,
    *,
    lang: str = "fr",
    redact: bool = True,
    waivers: Sequence[Waiver] = (),
    trusted: Mapping[Role, Ed25519PublicKey] | None = None,
) -> tuple[CampaignResult, tuple[Path, ...]]:
    """Write every report of a campaign again; ConfigurationError when the folder or one of its secrets lacks."""
    path = folder / JOURNAL_FILE
    if not path.is_file():
        raise ConfigurationError(
            f"{folder} : aucun journal de campagne ({JOURNAL_FILE}) ; donnez un dossier de certify."
        )
    result = load(folder)
    with Journal(path) as journal:
        paths = write_all(
            result,
            folder,
            bytes_of=journal.data,
            lang=lang,
            redact=redact,
            secrets=_secrets(result),
            waivers=waivers,
            trusted=trusted,
        )
    return result, paths


def _secrets(result: CampaignResult) -> tuple[str, ...]:
    try:
        return tuple(secret(one) for one in result.secrets)
    except TargetError as reason:
        raise ConfigurationError(
            f"{reason} Sans ce secret, rien ne prouve qu'il n'est pas dans ce qui serait écrit : rendez-le lisible."
        ) from None


def trust(pairs: Sequence[str]) -> dict[Role, Ed25519PublicKey]:
    """Read ``oi=chemin`` and ``oc=chemin``: the public keys one believes."""
    found: dict[Role, Ed25519PublicKey] = {}
    for pair in pairs:
        role, separator, path = pair.partition("=")
        if not separator or not path:
            raise UsageError(f"--trust {pair} : écrivez oi=chemin.pub ou oc=chemin.pub.")
        found[role_of(role, "--trust")] = load_public(Path(path))
    return found


def role_of(word: str, option: str = "--role") -> Role:
    """Read who signs: ``oi`` or ``oc``."""
    for role in ROLES:
        if word.upper() == role:
            return role
    raise UsageError(f"{option} {word} : oi ou oc.")


def passphrase(reference: str) -> str:
    """Resolve the reference of a key's passphrase; nothing when there is none."""
    return secret(reference) if reference else ""


# --- certificate ---------------------------------------------------------------------------------------------


def sign_first(folder: Path, key: Path, phrase: str, signing: Signing, *, now: datetime) -> Path:
    """Write the evidence again, then the certificate with its first signature; give its path.

    CertificateRefusedError lists all that forbids it; UsageError when a certificate stands there already.
    """
    if (folder / CERTIFICATE_FILE).exists():
        raise UsageError(f"{folder / CERTIFICATE_FILE} existe déjà : contresignez-le, ou ôtez-le pour en refaire un.")
    if signing.days < 1:
        raise UsageError(f"--days {signing.days} : un jour au moins.")
    private = load_private(key, phrase)
    waivers = load_waivers(signing.waivers) if signing.waivers else ()
    result, _ = rewrite(folder, waivers=waivers)
    name, product, version = result.subject
    subject = Subject(
        result.party,
        result.oi if result.party == "oi" else result.oc,
        signing.name or name,
        signing.product or product,
        signing.version or version,
    )
    statement = build_statement(
        result,
        folder,
        subject,
        now=now,
        waivers=waivers,
        capabilities=result.capabilities,
        validity=timedelta(days=signing.days),
        allow_simulated=signing.allow_simulated,
    )
    return write_certificate(sign(statement, private), folder)


def sign_second(folder: Path, key: Path, phrase: str, role: Role, trusted: Mapping[Role, Ed25519PublicKey],
                *, now: datetime) -> Path:  # fmt: skip
    """Add the other party's signature once the first one and all the evidence hold."""
    other = next(one for one in ROLES if one != role)
    if other not in trusted:
        raise UsageError(f"--trust {other.lower()}=… : donnez la clé publique de qui a signé d'abord.")
    signed = countersign(
        _envelope(folder), load_private(key, phrase), role=role, trusted=trusted, folder=folder, now=now
    )
    return write_certificate(signed, folder)


def check(folder: Path, trusted: Mapping[Role, Ed25519PublicKey], *, now: datetime) -> Verification:
    """Verify the certificate of a folder offline, with the journal's bytes when the folder still holds them."""
    envelope = _envelope(folder)
    path = folder / JOURNAL_FILE
    if not path.is_file():
        return verify(envelope, trusted, folder=folder, now=now)
    with Journal(path) as journal:
        return verify(envelope, trusted, folder=folder, now=now, bytes_of=journal.data)


def _envelope(folder: Path) -> Envelope:
    path = folder / CERTIFICATE_FILE
    try:
        return read_envelope(path.read_bytes())
    except OSError:
        raise UsageError(f"{path} : pas de certificat ici ; annexe5 attest sign l'écrit.") from None


# --- contestations and Allure ---------------------------------------------------------------------------------


def answer(folder: Path, key: Path, phrase: str, role: Role, target: str, text: str, author: str,
           *, now: datetime) -> Path:  # fmt: skip
    """Sign a contestation of a clause or a scenario, and give its path; the report shows it once written again."""
    return contest(folder, load_private(key, phrase), role=role, target=target, text=text, author=author, now=now)


def allure(folder: Path, *, lang: str = "fr") -> Path:
    """Make Allure's own HTML of a campaign's results, beside the report; its history stays in the folder's parent."""
    history = folder.resolve().parent / HISTORY_FILE
    return write_allure(folder / ALLURE_RESULTS, folder / ALLURE_FILE, lang=lang, history=history)
