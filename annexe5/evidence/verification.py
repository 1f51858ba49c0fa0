"""Verifying a certificate offline: its signatures, its validity, and everything it stands on.

Each refusal has a stable code and a sentence. A signature is not enough: what the statement says is read again in the
evidence, so that a failed clause does not pass because somebody signed that it did.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from annexe5.evidence.attestation import (
    EXTENSION_KEYS,
    PAYLOAD_TYPE,
    PREDICATE_TYPE,
    STATEMENT_TYPE,
    CertificateRefusedError,
    Subject,
    digest_of,
    journal_digest,
    rows_of,
    subject_of,
    suite_resource,
)
from annexe5.evidence.dispute import Role
from annexe5.evidence.dsse import Envelope, EnvelopeError, canonical, key_id, read_envelope, strict_json, verifies
from annexe5.evidence.layout import CONTESTATIONS_FOLDER, EVIDENCE, JSON_FILE, PIECES_FOLDER
from annexe5.evidence.overview import MISSING
from annexe5.evidence.waivers import Waiver
from annexe5.findings import Level, Severity, Verdict


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a certificate is refused: a stable code, and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of verifying a certificate; valid when nothing is wrong with it."""

    problems: tuple[Problem, ...]
    statement: Mapping[str, Any] = field(default_factory=dict)
    signers: tuple[Role, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Tell whether the certificate stands."""
        return not self.problems


def verify(
    envelope: Envelope | str | bytes,
    trusted: Mapping[Role, Ed25519PublicKey],
    *,
    folder: Path,
    now: datetime,
    bytes_of: Callable[[int], bytes] | None = None,
) -> Verification:
    """Verify a certificate offline: every trusted party signed it, and everything it stands on is as it says.

    ``trusted`` gives the public key of each party whose signature is required; ``folder`` holds the evidence;
    ``bytes_of``, for who holds the journal, gives the raw bytes of an exchange (KeyError when it lacks).
    """
    try:
        read = envelope if isinstance(envelope, Envelope) else read_envelope(envelope)
    except EnvelopeError as reason:
        return Verification((Problem("enveloppe", str(reason)),))
    found = list(_signature_problems(read, trusted))
    try:
        statement = _read_statement(read)
    except EnvelopeError as reason:
        return Verification((*found, Problem("enonce", str(reason))))
    extension = statement["predicate"]["annexe5"]
    found += _validity_problems(extension, now)
    found += _subject_problems(statement)
    found += _evidence_problems(extension, folder)
    found += _agreement_problems(statement, folder, now, bytes_of)
    signers = tuple(role for role, key in trusted.items() if read.signed_by(key))
    return Verification(tuple(found), statement, signers, tuple(_notices(statement, folder)))


def _notices(statement: Mapping[str, Any], folder: Path) -> Iterator[str]:
    extension = statement["predicate"]["annexe5"]
    if extension["simulated"]:
        yield "la partie éprouvée était simulée"
    evidence = extension["evidence"] if isinstance(extension["evidence"], list) else []
    listed = {str(one.get("path")) for one in evidence if isinstance(one, dict)}
    if statement["predicate"].get("configuration", [{}])[-1] != suite_resource():
        yield "la suite qui a jugé n'est pas celle qui vérifie"
    for name in _present(folder, CONTESTATIONS_FOLDER, "*.json"):
        told = "jointe au certificat" if name in listed else "déposée après la signature"
        yield f"contestation {name} : {told}"


def _signature_problems(envelope: Envelope, trusted: Mapping[Role, Ed25519PublicKey]) -> Iterator[Problem]:
    if not trusted:
        yield Problem("confiance", "aucune clé publique de confiance n'est donnée")
    ids = [key_id(key) for key in trusted.values()]
    if len(set(ids)) < len(ids):
        yield Problem("cle-partagee", "la même clé est donnée pour les deux parties")
    if envelope.payload_type != PAYLOAD_TYPE:
        yield Problem("type", f"type de charge {envelope.payload_type!r} au lieu de {PAYLOAD_TYPE!r}")
    roles = {key_id(key): (role, key) for role, key in trusted.items()}
    for one in envelope.signatures:
        role, key = roles.get(one.keyid, (None, None))
        if key is None:
            yield Problem("signature-inconnue", f"signature d'une clé inconnue ({one.keyid[:16]}…)")
        elif not verifies(key, one.sig, envelope.signed_bytes):
            yield Problem("signature", f"la signature de l'{role} ne correspond pas au contenu")
    keyids = [one.keyid for one in envelope.signatures]
    for keyid, (role, _) in roles.items():
        if keyid not in keyids:
            yield Problem("signature-absente", f"l'{role} n'a pas signé (clé {keyid[:16]}…)")
    if len(set(keyids)) < len(keyids):
        yield Problem("signature-double", "une même clé signe deux fois")


def _read_statement(envelope: Envelope) -> dict[str, Any]:
    statement = strict_json(envelope.payload, "énoncé")
    if not isinstance(statement, dict) or statement.get("_type") != STATEMENT_TYPE:
        raise EnvelopeError(f"énoncé : _type {STATEMENT_TYPE} attendu.")
    if statement.get("predicateType") != PREDICATE_TYPE:
        raise EnvelopeError(
            f"énoncé : predicateType {PREDICATE_TYPE} attendu, reçu {statement.get('predicateType')!r}."
        )
    predicate = statement.get("predicate")
    extension = predicate.get("annexe5") if isinstance(predicate, dict) else None
    if not isinstance(extension, dict) or set(extension) != set(EXTENSION_KEYS):
        raise EnvelopeError("énoncé : predicate.annexe5 n'a pas les clés attendues.")
    if envelope.payload != canonical(statement):
        raise EnvelopeError("énoncé : le texte n'est pas sous sa forme canonique.")
    return statement


def _validity_problems(extension: Mapping[str, Any], now: datetime) -> Iterator[Problem]:
    try:
        since = datetime.fromisoformat(extension["validFrom"])
        until = datetime.fromisoformat(extension["validUntil"])
        early, late = now < since, now > until
    except (TypeError, ValueError):
        yield Problem("validite", "les dates de validité sont illisibles")
        return
    if early:
        yield Problem("validite", f"pas encore valable : à partir du {since:%d/%m/%Y %H:%M}")
    if late:
        yield Problem("validite", f"validité expirée le {until:%d/%m/%Y %H:%M}")


def _subject_problems(statement: Mapping[str, Any]) -> Iterator[Problem]:
    subjects = statement.get("subject")
    one = subjects[0] if isinstance(subjects, list) and len(subjects) == 1 else None
    declared = one.get("annotations") if isinstance(one, dict) else None
    extension = statement["predicate"]["annexe5"]
    if not isinstance(declared, dict) or one != _subject_again(declared):
        yield Problem("sujet", "le sujet ne correspond pas à son empreinte")
    elif declared["party"] != extension["party"] or declared["code"] != extension.get(declared["party"]):
        yield Problem("sujet", "le sujet n'est pas la partie éprouvée de la campagne")


def _subject_again(declared: Mapping[str, Any]) -> dict[str, Any] | None:
    names = ("party", "code", "name", "product", "version")
    if set(declared) != set(names) or not all(isinstance(one, str) for one in declared.values()):
        return None
    return subject_of(Subject(*(declared[name] for name in names)))


def _evidence_problems(extension: Mapping[str, Any], folder: Path) -> Iterator[Problem]:
    try:
        listed = {one["path"]: one["sha256"] for one in extension["evidence"]}
    except (TypeError, KeyError):
        yield Problem("preuves", "la liste des preuves est illisible")
        return
    for name in EVIDENCE:
        if name not in listed:
            yield Problem("preuve-omise", f"{name} n'est pas couvert par le certificat")
    for name, digest in listed.items():
        pure = PurePosixPath(str(name))
        path = folder / pure
        if pure.is_absolute() or ".." in pure.parts or path.is_symlink():
            yield Problem("preuve-chemin", f"{name} : chemin hors du dossier des preuves")
        elif not path.is_file():
            yield Problem("preuve-manquante", f"{name} : preuve manquante")
        elif digest_of(path) != digest:
            yield Problem("preuve-alteree", f"{name} : preuve altérée depuis la signature")
    for name in _present(folder, PIECES_FOLDER, "*"):
        if name not in listed:
            yield Problem("preuve-ajoutee", f"{name} : pièce ajoutée depuis la signature")


def _present(folder: Path, within: str, pattern: str) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in sorted((folder / within).glob(pattern))]


def _agreement_problems(
    statement: Mapping[str, Any], folder: Path, now: datetime, bytes_of: Callable[[int], bytes] | None
) -> Iterator[Problem]:
    """Read the verdicts again in ``campagne.json``: a signature does not make a failed clause pass."""
    try:
        told = strict_json((folder / JSON_FILE).read_bytes(), JSON_FILE)
        yield from _disagreements(statement, told, now)
        if bytes_of is not None:
            yield from _lost_bytes(told, bytes_of)
    except OSError:
        return  # told as missing evidence
    except (EnvelopeError, KeyError, TypeError, ValueError, AttributeError) as reason:
        yield Problem("accord", f"campagne.json ne se lit pas comme une campagne : {reason}")


def _lost_bytes(told: Mapping[str, Any], bytes_of: Callable[[int], bytes]) -> Iterator[Problem]:
    for one in told["files"]:
        try:
            kept = sha256(bytes_of(one["exchange"])).hexdigest() == one["sha256"]
        except KeyError:
            yield Problem("journal", f"échange n° {one['exchange']} ({one['name']}) : absent du journal")
            continue
        if not kept:
            yield Problem("journal", f"échange n° {one['exchange']} ({one['name']}) : octets altérés au journal")


def _disagreements(statement: Mapping[str, Any], told: Mapping[str, Any], now: datetime) -> Iterator[Problem]:
    extension = statement["predicate"]["annexe5"]
    if extension["counts"] != told["counts"]["requirements"]:
        yield Problem("accord", "les comptes de clauses ne sont pas ceux de campagne.json")
    if extension["journal"] != {"sha256": journal_digest(rows_of(told)), "exchanges": len(told["files"])}:
        yield Problem("journal", "l'empreinte du journal n'est pas celle des échanges de campagne.json")
    if not _same_outcome(statement["predicate"], told):
        yield Problem("accord", "le résultat et ses scénarios ne sont pas ceux de campagne.json")
    if [extension[name] for name in _SAME] != [told[_SAME[name]] for name in _SAME]:
        yield Problem("accord", "parties, période ou simulation ne sont pas celles de campagne.json")
    if told["redacted"] is not True:
        yield Problem("masquage", "campagne.json n'est pas masqué")
    yield from _waiver_problems(extension, told, now)
    reported = {one["clause"] for one in extension["notRun"]}
    actual = {one["id"] for one in told["requirements"] if one["verdict"] in ("non testé", "non applicable", "bloqué")}
    if reported != actual:
        yield Problem("accord", "la liste des clauses non jouées n'est pas celle de campagne.json")


def _waiver_problems(extension: Mapping[str, Any], told: Mapping[str, Any], now: datetime) -> Iterator[Problem]:
    waivers = [Waiver.model_validate(one) for one in extension["waivers"]]
    waived = {one.clause for one in waivers}
    for clause in _lacking_in(told):
        if clause not in waived:
            yield Problem("clause", f"clause {clause} : en échec, en attente ou non éprouvée, sans dérogation")
    for one in waivers:
        if not one.holds(now):
            yield Problem("derogation", f"dérogation {one.clause} expirée le {one.expire:%d/%m/%Y}")


def _same_outcome(predicate: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    names = {verdict: [one["id"] for one in told["scenarios"] if one["verdict"] == verdict] for verdict in Verdict}
    warned = [*names[Verdict.RESERVE], *names[Verdict.NON_CONFORME]]
    return bool(
        predicate["result"] == ("WARNED" if warned or predicate["annexe5"]["waivers"] else "PASSED")
        and predicate["passedTests"] == names[Verdict.CONFORME]
        and predicate["warnedTests"] == warned
        and predicate["failedTests"] == []
    )


_SAME = {
    "party": "party", "oi": "oi", "oc": "oc", "simulated": "simulated", "suite": "suite_version", "started": "started",
    "ended": "ended",
}  # fmt: skip


def _lacking_in(told: Mapping[str, Any]) -> list[str]:
    """Give the clauses that lack, as ``attestation.lacking`` does, from the published JSON."""
    missing = {one.value for one in MISSING}
    bad = {one["id"] for one in told["requirements"] if one["level"] == Level.MUST.value and one["verdict"] in missing}
    for group in ("scenarios", "orders", "files"):
        for one in told[group]:
            bad.update(_error_clauses(one))
    for one in told["scenarios"]:
        explained = one["verdict"] == Verdict.NON_CONFORME.value and _error_clauses(one)
        if one["verdict"] in missing and not explained:
            bad.update(one["requirements"])
    return sorted(bad)


def _error_clauses(told: Mapping[str, Any]) -> set[str]:
    return {one["requirement"] for one in told["findings"] if one["severity"] == Severity.ERROR.value}


# --- told ----------------------------------------------------------------------------------------------------


def as_text(found: Verification) -> str:
    """Tell a verification to a reader: what the certificate covers, then why it is refused, or who signed it."""
    lines = []
    if found.statement:
        told = found.statement["predicate"]["annexe5"]
        lines.append(f"Certificat : {found.statement['subject'][0].get('name', '')}, OI {told['oi']}, OC {told['oc']}")
        lines.append(f"Résultat : {found.statement['predicate'].get('result')} ; valable jusqu'au {told['validUntil']}")
    lines += [f"À savoir : {notice}" for notice in found.notices]
    lines += [f"Refus [{one.code}] : {one.message}" for one in found.problems]
    lines.append(f"Signé par : {', '.join(found.signers) or 'personne de connu'}")
    lines.append("CERTIFICAT VALABLE" if found.valid else "CERTIFICAT REFUSÉ")
    return "\n".join(lines)


def as_json(found: Verification) -> str:
    """Give the same as JSON: ``valid``, ``signers``, ``problems`` (code, message), ``notices``, ``statement``."""
    told = {
        "valid": found.valid,
        "signers": list(found.signers),
        "problems": [{"code": one.code, "message": one.message} for one in found.problems],
        "notices": list(found.notices),
        "statement": found.statement,
    }
    return json.dumps(told, ensure_ascii=False, indent=1)


# --- with openssl alone --------------------------------------------------------------------------------------


def openssl_recipe(certificate: Path, public: Path, number: int = 1) -> str:
    """Give shell lines that verify the ``number``-th signature with sed, base64 and openssl alone."""
    return f"""\
certificat={shlex.quote(str(certificate))}
champ() {{ sed -n "s/^ *\\"$1\\": \\"\\(.*\\)\\".*/\\1/p" "$certificat" | sed -n "$2p"; }}
d=$(mktemp -d)
champ payload 1 | base64 -d > "$d/charge"
champ sig {number} | base64 -d > "$d/signature"
type=$(champ payloadType 1)
{{ printf 'DSSEv1 %d %s %d ' "${{#type}}" "$type" "$(($(wc -c < "$d/charge")))"; cat "$d/charge"; }} > "$d/message"
openssl pkeyutl -verify -pubin -inkey {shlex.quote(str(public))} -rawin -in "$d/message" -sigfile "$d/signature"
"""


# --- countersigning ---------------------------------------------------------------------------------------------


def countersign(
    envelope: Envelope,
    key: Ed25519PrivateKey,
    *,
    role: Role,
    trusted: Mapping[Role, Ed25519PublicKey],
    folder: Path,
    now: datetime,
) -> Envelope:
    """Add the second signature, once the first and all the evidence hold; ``trusted`` holds the first signer's key.

    CertificateRefusedError lists what does not hold.
    """
    others = {other: public for other, public in trusted.items() if other != role}
    reasons = [one.message for one in verify(envelope, others, folder=folder, now=now).problems]
    if envelope.signed_by(key.public_key()):
        reasons.append("cette clé a déjà signé : l'autre partie signe avec la sienne")
    if reasons:
        raise CertificateRefusedError(reasons)
    return envelope.signed(key)
