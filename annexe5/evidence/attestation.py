"""The certificate: an in-toto test-result statement over a campaign, in a DSSE envelope that both parties sign.

What it stands on (the evidence files by digest, the exchanges by one digest) is named in it, and verified with it.
No certificate over a binding clause that failed, waits or did not run, unless a waiver covers it; a verdict that
``campagne.json`` does not bear out is refused even when it is signed.
Format: in-toto Statement v1, predicate test-result v0.1; what that predicate has no word for stands under ``annexe5``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from annexe5 import __version__
from annexe5.campaign.results import CampaignResult, ScenarioResult
from annexe5.contract.paths import schemas_dir, suite_root
from annexe5.contract.requirements import load_requirements
from annexe5.errors import UsageError
from annexe5.evidence.dsse import Envelope, canonical, strict_json
from annexe5.evidence.layout import CERTIFICATE_FILE, CONTESTATIONS_FOLDER, EVIDENCE, JSON_FILE, PIECES_FOLDER
from annexe5.evidence.overview import MISSING, clauses, count_by_level
from annexe5.evidence.waivers import Waiver, problems
from annexe5.findings import Finding, Severity, Verdict

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"
DEFAULT_VALIDITY = timedelta(days=365)
EXTENSION_KEYS = (
    "party", "oi", "oc", "simulated", "suite", "started", "ended", "capabilities", "counts", "waivers", "notRun",
    "journal", "evidence", "validFrom", "validUntil",
)  # fmt: skip


class CertificateRefusedError(UsageError):
    """No certificate can be signed; ``reasons`` says why, one sentence each."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("aucun certificat ne peut être signé :\n" + "\n".join(f"- {reason}" for reason in reasons))
        self.reasons = tuple(reasons)


@dataclass(frozen=True, slots=True)
class Subject:
    """What was under test: party (``oi`` or ``oc``), operator code, name, product and version."""

    party: str
    code: str
    name: str
    product: str
    version: str

    @property
    def declaration(self) -> dict[str, str]:
        """The subject as the certificate names it."""
        return {
            "party": self.party,
            "code": self.code,
            "name": self.name,
            "product": self.product,
            "version": self.version,
        }


# --- may it be signed? ---------------------------------------------------------------------------------------


def lacking(result: CampaignResult) -> dict[str, str]:
    """Give the clauses over which no certificate stands without a waiver, each with what is wrong.

    A binding clause that is not kept, a clause against which an error was found, a clause whose scenario did not
    come to a good end.
    """
    found = {
        one.requirement.id: f"{one.verdict.value}" for one in clauses(result) if one.must and one.verdict in MISSING
    }
    for finding in _errors(result):
        found.setdefault(finding.requirement, f"écart constaté ({finding.where or finding.rule})")
    for scenario in result.scenarios:
        if scenario.verdict in MISSING and not _explained(scenario):
            for clause in scenario.requirements:
                found.setdefault(clause, f"scénario {scenario.verdict.value} : {scenario.name}")
    return found


def _errors(result: CampaignResult) -> Iterator[Finding]:
    for told in (result.scenarios, result.orders, result.files):
        for one in told:
            yield from (finding for finding in one.findings if finding.severity is Severity.ERROR)


def _explained(scenario: ScenarioResult) -> bool:
    """A failed scenario is explained by its own errors: they name the clauses, which need the waivers."""
    return scenario.verdict is Verdict.NON_CONFORME and any(one.severity is Severity.ERROR for one in scenario.findings)


def refusals(
    result: CampaignResult, waivers: Sequence[Waiver], now: datetime, *, allow_simulated: bool = False
) -> list[str]:
    """Say why no certificate can be signed over a campaign; nothing when one can."""
    missing = lacking(result)
    waived = {one.clause for one in waivers if one.holds(now)}
    known = load_requirements()
    reasons = [
        f"clause {clause} : {why}" + (f" – {known[clause].text.fr}" if clause in known else "")
        for clause, why in missing.items()
        if clause not in waived
    ]
    if any(one.verdict is Verdict.ERREUR_CONFIGURATION for one in result.scenarios):
        reasons.append("la campagne porte des erreurs de configuration : elle n'a pas pu juger")
    if not result.scenarios:
        reasons.append("aucun scénario n'a été joué")
    if result.simulated and not allow_simulated:
        reasons.append("la partie éprouvée est simulée : un certificat n'en dirait rien")
    return reasons + problems(waivers, missing, now)


# --- the statement -------------------------------------------------------------------------------------------


def build_statement(
    result: CampaignResult,
    folder: Path,
    subject: Subject,
    *,
    now: datetime,
    waivers: Sequence[Waiver] = (),
    capabilities: Collection[str] = (),
    validity: timedelta = DEFAULT_VALIDITY,
    allow_simulated: bool = False,
) -> dict[str, Any]:
    """Give the statement over a campaign whose evidence stands in ``folder`` (as ``write_all`` left it).

    CertificateRefusedError lists everything that forbids it. ``now`` is aware.
    """
    reasons = refusals(result, waivers, now, allow_simulated=allow_simulated)
    reasons += _evidence_refusals(result, folder, subject)
    if validity <= timedelta():
        reasons.append("la validité doit être d'un jour au moins")
    if reasons:
        raise CertificateRefusedError(reasons)
    warned = [*_names(result, Verdict.RESERVE), *_names(result, Verdict.NON_CONFORME)]  # the latter under a waiver
    return {
        "_type": STATEMENT_TYPE,
        "subject": [subject_of(subject)],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "result": "WARNED" if warned or waivers else "PASSED",
            "configuration": [
                {"name": f"profil {result.profile}", "digest": {"sha256": profile_digest(result.profile)}},
                suite_resource(),
            ],
            "passedTests": _names(result, Verdict.CONFORME),
            "warnedTests": warned,
            "failedTests": [],
            "annexe5": _extension(result, folder, subject, now, waivers, capabilities, validity),
        },
    }


def subject_of(subject: Subject) -> dict[str, Any]:
    """Give the in-toto subject: what was tested, by the digest of its declaration."""
    declared = subject.declaration
    name = f"{subject.party}:{subject.code} {subject.product} {subject.version}".strip()
    return {"name": name, "digest": {"sha256": sha256(canonical(declared)).hexdigest()}, "annotations": declared}


def _extension(
    result: CampaignResult,
    folder: Path,
    subject: Subject,
    now: datetime,
    waivers: Sequence[Waiver],
    capabilities: Collection[str],
    validity: timedelta,
) -> dict[str, Any]:
    return {
        "party": subject.party,
        "oi": result.oi,
        "oc": result.oc,
        "simulated": result.simulated,
        "suite": result.suite_version,
        "started": result.started.isoformat(),
        "ended": result.ended.isoformat(),
        "capabilities": sorted(capabilities),
        "counts": _counts(result),
        "waivers": [one.model_dump(mode="json") for one in waivers],
        "notRun": _not_run(result),
        "journal": {"sha256": journal_digest(_file_rows(result)), "exchanges": len(result.files)},
        "evidence": evidence_list(folder),
        "validFrom": now.isoformat(),
        "validUntil": (now + validity).isoformat(),
    }


def _names(result: CampaignResult, verdict: Verdict) -> list[str]:
    return [one.id for one in result.scenarios if one.verdict is verdict]


def _counts(result: CampaignResult) -> dict[str, dict[str, int]]:
    return {
        level.value: {verdict.value: count for verdict, count in sorted(counts.items())}
        for level, counts in count_by_level(result).items()
    }


def _not_run(result: CampaignResult) -> list[dict[str, str]]:
    return [
        {
            "clause": one.requirement.id,
            "level": one.requirement.level.value,
            "verdict": one.verdict.value,
            "reason": one.result.reason,
        }
        for one in clauses(result)
        if one.verdict in (Verdict.NON_TESTE, Verdict.NON_APPLICABLE, Verdict.BLOQUE)
    ]


def _evidence_refusals(result: CampaignResult, folder: Path, subject: Subject) -> list[str]:
    absent = [name for name in EVIDENCE if not (folder / name).is_file()]
    if absent:
        return [f"{folder} : preuves absentes : {', '.join(absent)} ; lancez annexe5 report"]
    told = strict_json((folder / JSON_FILE).read_bytes(), JSON_FILE)
    reasons = []
    if told.get("redacted") is not True:
        reasons.append("les preuves ne sont pas masquées : refaites-les sans --no-redact")
    if told.get("verdict") != result.verdict.value or rows_of(told) != list(_file_rows(result)):
        reasons.append("campagne.json n'est pas celui de cette campagne : refaites les preuves")
    if subject.party != result.party or subject.code != (result.oi if result.party == "oi" else result.oc):
        reasons.append(f"la partie éprouvée est {result.party} {result.oi if result.party == 'oi' else result.oc}")
    if not subject.product.strip() or not subject.version.strip():
        reasons.append("le produit éprouvé et sa version sont à nommer (produit, version du fichier de cible)")
    return reasons


# --- digests -------------------------------------------------------------------------------------------------


def evidence_list(folder: Path) -> list[dict[str, str]]:
    """Give the digest of every evidence file, paths relative to the folder, in order."""
    paths = [folder / name for name in EVIDENCE]
    paths += sorted((folder / PIECES_FOLDER).glob("*")) + sorted((folder / CONTESTATIONS_FOLDER).glob("*.json"))
    return [
        {"path": path.relative_to(folder).as_posix(), "sha256": digest_of(path)} for path in paths if path.is_file()
    ]


def digest_of(path: Path) -> str:
    """Give the SHA-256 of a file."""
    digest = sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def journal_digest(rows: Iterable[Sequence[object]]) -> str:
    """Give one digest of all exchanges: rows of number, time, channel, sender, receiver, SHA-256 of the bytes."""
    digest = sha256()
    for row in rows:
        digest.update(canonical([str(one) for one in row]) + b"\n")
    return digest.hexdigest()


def _file_rows(result: CampaignResult) -> Iterator[tuple[object, ...]]:
    for one in result.files:
        yield (one.exchange, one.at.isoformat(), one.channel, one.sender, one.receiver, one.digest)


def rows_of(told: Mapping[str, Any]) -> list[tuple[object, ...]]:
    """Give the exchanges of ``campagne.json`` as ``journal_digest`` takes them."""
    names = ("exchange", "at", "channel", "sender", "receiver", "sha256")
    return [tuple(one[name] for name in names) for one in told.get("files", ())]


def suite_resource() -> dict[str, Any]:
    """Give the suite that judges, as in-toto names a resource."""
    return {"name": f"suite annexe5 {__version__}", "digest": {"sha256": suite_digest()}}


@lru_cache(maxsize=1)
def suite_digest() -> str:
    """Give one digest of what judged: the code, the contract as data, the features and their steps."""
    package = Path(__file__).resolve().parent.parent
    digest = sha256()
    for base, names in ((suite_root(), ("schemas", "features", "steps")), (package.parent, (package.name,))):
        for path in sorted(one for name in names for one in (base / name).rglob("*") if one.is_file()):
            relative = path.relative_to(base)
            if "__pycache__" not in relative.parts and "_suite" not in relative.parts:
                digest.update(canonical([relative.as_posix(), digest_of(path)]))
    return digest.hexdigest()


def profile_digest(ident: str) -> str:
    """Give the digest of a profile's file."""
    path = Path(ident) if ident.endswith(".toml") else schemas_dir() / "profiles" / f"{ident}.toml"
    return digest_of(path)


# --- signing -------------------------------------------------------------------------------------------------


def write_certificate(envelope: Envelope, folder: Path) -> Path:
    """Write the envelope beside the evidence, and give its path."""
    path = folder / CERTIFICATE_FILE
    partial = path.with_suffix(".json.part")
    partial.write_text(envelope.dump(), encoding="utf-8")
    partial.replace(path)
    return path


def sign(statement: Mapping[str, Any], key: Ed25519PrivateKey) -> Envelope:
    """Sign a statement first."""
    return Envelope(PAYLOAD_TYPE, canonical(statement)).signed(key)
