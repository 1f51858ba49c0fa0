"""What a campaign comes to: counts, what is missing, what failed, what was not run, what the judgement leans on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from annexe5.campaign.results import CampaignResult, FileResult, RequirementResult, ScenarioResult
from annexe5.contract.ambiguities import Ambiguity, load_ambiguities
from annexe5.contract.requirements import Requirement, load_requirements
from annexe5.contract.rules import load_rules
from annexe5.evidence.redaction import every_finding
from annexe5.findings import Confidence, Finding, Level, Rule, Severity, Text, Verdict, verdict_of

# A clause that ended so is neither kept nor out of scope: something is owed to whoever reads "conforme".
MISSING = (
    Verdict.NON_CONFORME,
    Verdict.ERREUR_CONFIGURATION,
    Verdict.EN_ATTENTE,
    Verdict.BLOQUE,
    Verdict.NON_TESTE,
)
FAILED = (Verdict.NON_CONFORME, Verdict.ERREUR_CONFIGURATION)
NOT_RUN = (Verdict.NON_TESTE, Verdict.BLOQUE, Verdict.NON_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of the contract with what this campaign says of it."""

    requirement: Requirement
    result: RequirementResult

    @property
    def verdict(self) -> Verdict:
        """Its verdict."""
        return self.result.verdict

    @property
    def must(self) -> bool:
        """Tell whether the clause binds."""
        return self.requirement.level is Level.MUST


@dataclass(frozen=True, slots=True)
class Assumption:
    """A rule that judged something in this campaign without the contract printing it."""

    rule: Rule
    confidence: Confidence
    findings: int


@dataclass(frozen=True, slots=True)
class Reading:
    """An ambiguity of the contract, and how many findings hang on the reading taken."""

    ambiguity: Ambiguity
    findings: int


def clauses(result: CampaignResult) -> tuple[Clause, ...]:
    """Give the clauses judged, in the order of the catalogue; one that the catalogue lost is an error of ours."""
    known = load_requirements()
    return tuple(Clause(known[one.id], one) for one in result.requirements)


def missing(result: CampaignResult) -> tuple[Clause, ...]:
    """Give the binding clauses that are not kept, worst first."""
    found = [one for one in clauses(result) if one.must and one.verdict in MISSING]
    return tuple(sorted(found, key=lambda one: MISSING.index(one.verdict)))


def failures(result: CampaignResult) -> tuple[ScenarioResult, ...]:
    """Give the scenarios that a reader must look at, worst first: failed, waiting, then reservations."""
    order = (*FAILED, Verdict.EN_ATTENTE, Verdict.RESERVE)
    found = [one for one in result.scenarios if one.verdict in order]
    return tuple(sorted(found, key=lambda one: order.index(one.verdict)))


def not_run(result: CampaignResult) -> tuple[ScenarioResult, ...]:
    """Give the scenarios that did not run."""
    return tuple(one for one in result.scenarios if one.verdict in NOT_RUN)


def untried(result: CampaignResult) -> tuple[Clause, ...]:
    """Give the clauses that did not run, with their reasons."""
    return tuple(one for one in clauses(result) if one.verdict in NOT_RUN)


def loose_files(result: CampaignResult) -> tuple[FileResult, ...]:
    """Give the files with findings that belong to no scenario: they count all the same."""
    told = {number for one in result.scenarios for number in one.exchanges}
    return tuple(one for one in result.files if one.findings and one.exchange not in told)


def count_by_level(result: CampaignResult) -> dict[Level, Counter[Verdict]]:
    """Count the clauses by level and verdict."""
    counts = {level: Counter[Verdict]() for level in Level}
    for one in clauses(result):
        counts[one.requirement.level][one.verdict] += 1
    return counts


def count_scenarios(result: CampaignResult) -> Counter[Verdict]:
    """Count the scenarios by verdict."""
    return Counter(one.verdict for one in result.scenarios)


def assumptions(result: CampaignResult) -> tuple[Assumption, ...]:
    """Give the rules not printed in the contract on which findings of this campaign stand."""
    rules = load_rules()
    told: dict[str, list[Finding]] = {}
    for finding in distinct(every_finding(result)):
        if finding.confidence is not Confidence.CONTRACT and finding.rule in rules:
            told.setdefault(finding.rule, []).append(finding)
    trust = list(Confidence)
    return tuple(
        Assumption(rules[ident], max((one.confidence for one in found), key=trust.index), len(found))
        for ident, found in sorted(told.items())
    )


def readings(result: CampaignResult) -> tuple[Reading, ...]:
    """Give every ambiguity of the contract, those on which findings hang first."""
    told = Counter(finding.rule for finding in distinct(every_finding(result)))
    found = [Reading(one, sum(told[ident] for ident in one.rules)) for one in load_ambiguities()]
    return tuple(sorted(found, key=lambda one: one.findings == 0))


def most_frequent(result: CampaignResult) -> tuple[tuple[Finding, int, int], ...]:
    """Give each rule broken once: its first finding, how many places, how many scenarios; the most frequent first."""
    first: dict[tuple[str, str], Finding] = {}
    places: Counter[tuple[str, str]] = Counter()
    for finding in distinct(every_finding(result)):
        key = (finding.rule, finding.requirement)
        first.setdefault(key, finding)
        places[key] += finding.count
    touched = Counter(key for one in result.scenarios for key in {(f.rule, f.requirement) for f in one.findings})
    ranked = sorted(
        first, key=lambda key: (list(Severity).index(first[key].severity), -touched[key], -places[key], key)
    )
    return tuple((first[key], places[key], touched[key]) for key in ranked)


def distinct(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Give findings told once each: the same breach is told under its scenario, its order, its file and its clause."""
    return tuple(dict.fromkeys(findings))


def file_verdict(file: FileResult) -> Verdict:
    """Give the verdict of one file."""
    return verdict_of(file.findings)


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings: errors, then reserves, then information."""
    return sorted(findings, key=lambda one: list(Severity).index(one.severity))


def slug(ident: str) -> str:
    """Give an id that a link can carry: readable letters, and a digest that keeps two of them apart."""
    plain = re.sub(r"[^a-z0-9]+", "-", ident.rpartition("::")[2].casefold()).strip("-")[:48].strip("-")
    return f"{plain}-{sha256(ident.encode()).hexdigest()[:6]}"


_SAID = {
    Verdict.ERREUR_CONFIGURATION: Text(
        "La campagne n'a pas pu juger : sa configuration est à corriger, la partie éprouvée n'est pas en cause.",
        "The campaign could not judge: its configuration must be mended, the party under test is not at fault.",
    ),
    Verdict.NON_CONFORME: Text("Des échanges s'écartent du contrat.", "Some exchanges breach the contract."),
    Verdict.RESERVE: Text(
        "Les clauses obligatoires éprouvées sont tenues ; des points restent à lever ou à confirmer.",
        "The mandatory clauses tried are kept; some points are still to be settled or confirmed.",
    ),
    Verdict.CONFORME: Text("Toutes les clauses éprouvées sont tenues.", "All clauses tried are kept."),
}
_UNFINISHED = Text("Rien n'a été éprouvé jusqu'au bout.", "Nothing was tried to its end.")


def sentence(result: CampaignResult) -> Text:
    """Say in one sentence what the verdict means for this campaign."""
    lost = sum(one.must and one.verdict in FAILED for one in clauses(result))
    waiting = sum(one.must and one.verdict is Verdict.EN_ATTENTE for one in clauses(result))
    if lost and result.verdict is not Verdict.ERREUR_CONFIGURATION:
        return Text(
            _count(lost, "clause obligatoire n'est pas tenue.", "clauses obligatoires ne sont pas tenues."),
            _count(lost, "mandatory clause is not kept.", "mandatory clauses are not kept."),
        )
    if waiting and result.verdict is Verdict.EN_ATTENTE:
        return Text(
            _count(waiting, "clause attend encore une réponse.", "clauses attendent encore une réponse."),
            _count(waiting, "clause still awaits an answer.", "clauses still await an answer."),
        )
    return _SAID.get(result.verdict, _UNFINISHED)


def stake(result: CampaignResult) -> Text:
    """Say what the verdict allows: whether a certificate can be signed over this campaign."""
    lacking = missing(result)
    if not lacking and result.verdict in (Verdict.CONFORME, Verdict.RESERVE):
        return Text(
            "Un certificat peut être signé sur cette campagne.", "A certificate can be signed over this campaign."
        )
    if not lacking:
        return Text(
            "Aucun certificat ne peut être signé : des scénarios restent à mener à bien.",
            "No certificate can be signed: some scenarios must still be brought to a good end.",
        )
    lack = _count(len(lacking), "clause obligatoire manque", "clauses obligatoires manquent")
    lacks = _count(len(lacking), "mandatory clause is missing", "mandatory clauses are missing")
    return Text(
        f"Aucun certificat ne peut être signé en l'état : {lack} (en échec, en attente ou non éprouvées), "
        "sauf dérogation signée.",
        f"No certificate can be signed as it stands: {lacks} (failed, pending or not tried), unless waived in writing.",
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
