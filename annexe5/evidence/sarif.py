"""File findings as SARIF 2.1.0, the form that code hosts and editors show beside the lines.

Shared by ``annexe5 validate --format sarif`` and by a campaign's ``constats.sarif``. A column of ours is a name, not a
number: it is told as a logical location.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from annexe5 import __version__
from annexe5.contract.requirements import load_requirements
from annexe5.contract.rules import load_rules
from annexe5.findings import Finding, Rule, Severity

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.RESERVE: "warning", Severity.INFO: "note"}


def sarif(findings: Iterable[Finding], *, lang: str = "fr") -> str:
    """Write findings on files as one SARIF run; each finding carries its file in ``path``."""
    found = list(findings)
    idents = sorted({finding.rule for finding in found})
    run = {
        "tool": {
            "driver": {
                "name": "annexe5",
                "semanticVersion": __version__,
                "language": "en" if lang == "en" else "fr",
                "rules": [_rule(ident, lang) for ident in idents],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, idents.index(finding.rule), lang) for finding in found],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1) + "\n"


def _rule(ident: str, lang: str) -> dict[str, Any]:
    rule = load_rules().get(ident)
    return {"id": ident} if rule is None else _described(rule, lang)


def _described(rule: Rule, lang: str) -> dict[str, Any]:
    clauses = load_requirements()
    text = " ".join(f"{one} : {clauses[one].text[lang]}" for one in rule.requirements if one in clauses)
    told: dict[str, Any] = {
        "id": rule.id,
        "shortDescription": {"text": rule.statement[lang]},
        "defaultConfiguration": {"level": _LEVELS[rule.effective_severity]},
        "properties": {
            "tags": list(rule.requirements),
            "confidence": rule.confidence.value,
            "source": rule.source,
        },
    }
    if text:
        told["fullDescription"] = {"text": text}
    if rule.remedy[lang]:
        told["help"] = {"text": rule.remedy[lang]}
    return told


def _result(finding: Finding, index: int, lang: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": _said(finding, lang)},
        "occurrenceCount": finding.count,
        "partialFingerprints": {"annexe5/v1": _fingerprint(finding)},
        "properties": {"requirement": finding.requirement, "confidence": finding.confidence.value},
    }
    location = _location(finding)
    if location:
        told["locations"] = [location]
    return told


def _said(finding: Finding, lang: str) -> str:
    remedy = finding.remedy[lang]
    return f"{finding.message[lang]} [{finding.requirement}]{f' {remedy}' if remedy else ''}"


def _location(finding: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if finding.path:
        physical: dict[str, Any] = {"artifactLocation": {"uri": quote(finding.path)}}
        if finding.line:
            physical["region"] = {"startLine": finding.line}
        location["physicalLocation"] = physical
    if finding.column:
        location["logicalLocations"] = [{"name": finding.column, "kind": "member"}]
    return location


def _fingerprint(finding: Finding) -> str:
    """Follow a finding from run to run: the same rule, on the same column, with the same value."""
    parts = (finding.rule, finding.requirement, finding.column, finding.value or "", finding.expected)
    return sha256("\x1f".join(parts).encode()).hexdigest()[:32]
