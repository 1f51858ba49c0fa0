"""Whom each failure is laid on, and what the other party answers: contestations, dated, signed, always shown.

A failure is laid on the party under test, on the contract (when only a supposed fact broke), on the configuration, or
on the suite: it plays the other party, whose faults are then its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from annexe5.campaign.results import CampaignResult, ScenarioResult
from annexe5.contract.requirements import load_requirements
from annexe5.errors import UsageError
from annexe5.evidence.dsse import Envelope, EnvelopeError, canonical, read_envelope, strict_json
from annexe5.evidence.layout import CONTESTATIONS_FOLDER, JSON_FILE
from annexe5.evidence.redaction import Redactor
from annexe5.findings import Confidence, Finding, Severity, Text, Verdict

Role = Literal["OI", "OC"]
PAYLOAD_TYPE = "application/vnd.annexe5.contestation+json"
_TYPE = "annexe5.contestation/1"
_KEYS = {"_type", "campaign", "target", "text", "author", "role", "at"}


class Side(StrEnum):
    """On whom a failure is laid."""

    OI = "OI"
    OC = "OC"
    CONTRACT = "contrat"
    CONFIGURATION = "configuration"
    SUITE = "suite"


SIDES = {
    Side.OI: Text("l'OI", "the OI"),
    Side.OC: Text("l'OC", "the OC"),
    Side.CONTRACT: Text("le contrat, dont la suite suppose la lecture", "the contract, as the suite assumes it reads"),
    Side.CONFIGURATION: Text("la configuration de la campagne", "the campaign's configuration"),
    Side.SUITE: Text("la suite", "the suite"),
}


def laid_on(finding: Finding, result: CampaignResult) -> Side:
    """Say on whom a finding is laid: by what is known of its rule, whom its clause binds, who sent its file."""
    if finding.confidence is Confidence.ASSUMED:
        return Side.CONTRACT
    tested = Side(result.party.upper())
    clause = load_requirements().get(finding.requirement)
    bound = clause.parties if clause else ()
    if len(bound) == 1:
        side = Side(bound[0])
    else:
        senders = {one.name: one.sender for one in result.files}
        sender = senders.get(finding.path, "")
        side = {result.oi: Side.OI, result.oc: Side.OC}.get(sender, tested)
    return side if side is tested else Side.SUITE


def scenario_laid_on(scenario: ScenarioResult, result: CampaignResult) -> tuple[Side, ...]:
    """Say on whom a scenario's failure is laid; nobody when it did not fail."""
    if scenario.verdict is Verdict.ERREUR_CONFIGURATION:
        return (Side.SUITE if scenario.message.startswith("Défaut de la suite") else Side.CONFIGURATION,)
    if scenario.verdict not in (Verdict.NON_CONFORME, Verdict.RESERVE):
        return ()
    told = [one for one in scenario.findings if one.severity is not Severity.INFO]
    sides = dict.fromkeys(laid_on(one, result) for one in told)
    return tuple(sides) or (Side(result.party.upper()),)


# --- contestations -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Contestation:
    """What a party answers to a clause's or a scenario's verdict.

    ``state`` is empty when a trusted key signed it over this very campaign, else what is wrong with it: it is shown
    all the same.
    """

    name: str
    target: str
    text: str
    author: str
    role: str
    at: datetime
    keyid: str
    state: str = ""


def contest(
    folder: Path, key: Ed25519PrivateKey, *, role: Role, target: str, text: str, author: str, now: datetime
) -> Path:
    """Sign a contestation of a clause or a scenario of the campaign in ``folder``, and give its path.

    ``target`` is a clause (``ACC-05``) or a scenario's id; telephones and mail addresses in the text are masked before
    it is signed. UsageError when the campaign holds no such clause or scenario, or when the text is empty.
    """
    raw, told = _campaign(folder)
    known = [one["id"] for group in ("requirements", "scenarios") for one in told[group]]
    if target not in known:
        raise UsageError(f"contestation : {target!r} n'est ni une clause ni un scénario de cette campagne.")
    if not text.strip() or not author.strip():
        raise UsageError("contestation : un texte et un auteur sont attendus.")
    content = {
        "_type": _TYPE,
        "campaign": {"sha256": sha256(raw).hexdigest()},
        "target": target,
        "text": Redactor().text(text.strip()),
        "author": author.strip(),
        "role": role,
        "at": now.isoformat(),
    }
    envelope = Envelope(PAYLOAD_TYPE, canonical(content)).signed(key)
    path = folder / CONTESTATIONS_FOLDER / f"{now:%Y%m%dT%H%M%S}-{role}-{sha256(envelope.payload).hexdigest()[:8]}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(envelope.dump(), encoding="utf-8")
    return path


def load_contestations(
    folder: Path, trusted: Mapping[Role, Ed25519PublicKey], campaign_digest: str = ""
) -> tuple[Contestation, ...]:
    """Read every contestation of a folder, oldest first; ``trusted`` are the keys of the parties.

    ``campaign_digest`` is the SHA-256 of campagne.json when it is about to be written anew. Whatever is wrong with a
    contestation is told in its ``state``: it is shown all the same.
    """
    paths = sorted((folder / CONTESTATIONS_FOLDER).glob("*.json"))
    digest = campaign_digest or (sha256(_campaign(folder)[0]).hexdigest() if paths else "")
    return tuple(_contestation(path, trusted, digest) for path in paths)


def _contestation(path: Path, trusted: Mapping[Role, Ed25519PublicKey], digest: str) -> Contestation:
    try:
        envelope = read_envelope(path.read_bytes())
        content = _content(envelope, path.name)
        at = datetime.fromisoformat(content["at"])
    except (EnvelopeError, TypeError, ValueError) as reason:
        return Contestation(path.name, "", "", "", "", datetime.fromtimestamp(0, UTC), "", f"illisible : {reason}")
    key = trusted.get(content["role"])
    return Contestation(
        name=path.name,
        target=str(content["target"]),
        text=str(content["text"]),
        author=str(content["author"]),
        role=str(content["role"]),
        at=at,
        keyid=envelope.signatures[0].keyid if envelope.signatures else "",
        state=_state(envelope, key, same=content["campaign"] == {"sha256": digest}),
    )


def _content(envelope: Envelope, name: str) -> dict[str, Any]:
    content = strict_json(envelope.payload, name)
    if not isinstance(content, dict) or set(content) != _KEYS or content["_type"] != _TYPE:
        raise EnvelopeError("ce n'est pas une contestation.")
    return content


def _state(envelope: Envelope, key: Ed25519PublicKey | None, *, same: bool) -> str:
    if key is None:
        return "signée d'une clé qui n'est pas connue ici"
    if envelope.payload_type != PAYLOAD_TYPE or not envelope.signed_by(key):
        return "signature invalide"
    return "" if same else "porte sur un autre état de la campagne"


def _campaign(folder: Path) -> tuple[bytes, dict[str, Any]]:
    path = folder / JSON_FILE
    try:
        raw = path.read_bytes()
    except OSError:
        raise UsageError(f"{path} : campagne introuvable ; donnez le dossier d'un rapport.") from None
    told = strict_json(raw, path.name)
    return raw, told
