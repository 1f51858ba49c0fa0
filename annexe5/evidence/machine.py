"""The forms that programs read: ``campagne.json`` (schemas/json/campagne.json) and JUnit XML.

JUnit has three endings where we have eight: a failure refuses, an error is a configuration error, and what waits, is
blocked, not applicable or not tested is *skipped* with its verdict as message. A reservation passes and says so.
"""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree as ET

from annexe5.campaign.results import CampaignResult, FileResult, OrderResult, ScenarioResult
from annexe5.evidence.dispute import laid_on, scenario_laid_on
from annexe5.evidence.overview import (
    Clause,
    assumptions,
    clauses,
    count_by_level,
    count_scenarios,
    file_verdict,
    loose_files,
    readings,
)
from annexe5.findings import Finding, Severity, Text, Verdict, exit_code

FORMAT = "annexe5.campagne/1"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


# --- JSON ----------------------------------------------------------------------------------------------------


def campaign_json(result: CampaignResult, *, redacted: bool) -> str:
    """Write the whole campaign as the published JSON."""
    return json.dumps(_campaign(result, redacted), ensure_ascii=False, indent=1) + "\n"


def _campaign(result: CampaignResult, redacted: bool) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "redacted": redacted,
        "suite_version": result.suite_version,
        "profile": {"id": result.profile, "title": result.profile_title},
        "party": result.party,
        "target": result.target,
        "simulated": result.simulated,
        "oi": result.oi,
        "oc": result.oc,
        "started": result.started.isoformat(),
        "ended": result.ended.isoformat(),
        "verdict": result.verdict.value,
        "exit_code": exit_code(result.verdict),
        "counts": {
            "scenarios": {verdict.value: count for verdict, count in sorted(count_scenarios(result).items())},
            "requirements": {
                level.value: {verdict.value: count for verdict, count in sorted(counts.items())}
                for level, counts in count_by_level(result).items()
            },
        },
        "requirements": [_clause(one, result) for one in clauses(result)],
        "scenarios": [_scenario(one, result) for one in result.scenarios],
        "orders": [_order(one, result) for one in result.orders],
        "files": [_file(one, result) for one in result.files],
        "ambiguities": [one.ambiguity.id for one in readings(result) if one.findings],
        "assumptions": [one.rule.id for one in assumptions(result)],
        "command": result.command,
        "seed": result.seed,
        "versions": dict(result.versions),
        "notes": list(result.notes),
    }


def _clause(one: Clause, result: CampaignResult) -> dict[str, Any]:
    return {
        "id": one.requirement.id,
        "level": one.requirement.level.value,
        "parties": list(one.requirement.parties),
        "text": _text(one.requirement.text),
        "verdict": one.verdict.value,
        "reason": one.result.reason,
        "confidence": one.result.confidence.value,
        "scenarios": list(one.result.scenarios),
        "findings": [_finding(finding, result) for finding in one.result.findings],
    }


def _scenario(one: ScenarioResult, result: CampaignResult) -> dict[str, Any]:
    return {
        "id": one.id,
        "feature": one.feature,
        "rule": one.rule,
        "name": one.name,
        "path": one.feature_path,
        "line": one.line,
        "verdict": one.verdict.value,
        "message": one.message,
        "laid_on": [side.value for side in scenario_laid_on(one, result)],
        "started": one.started.isoformat(),
        "duration": round(one.duration, 6),
        "parameters": [{"name": name, "value": value} for name, value in one.parameters],
        "tags": list(one.tags),
        "requirements": list(one.requirements),
        "parties": list(one.parties),
        "steps": [
            {
                "keyword": step.keyword,
                "text": step.text,
                "status": step.status.value,
                "duration": round(step.duration, 6),
                "error": step.error,
            }
            for step in one.steps
        ],
        "findings": [_finding(finding, result) for finding in one.findings],
        "orders": list(one.orders),
        "exchanges": list(one.exchanges),
        "replay": one.replay,
    }


def _order(one: OrderResult, result: CampaignResult) -> dict[str, Any]:
    return {
        "reference": one.reference,
        "mode": one.mode,
        "role": one.role,
        "state": one.state,
        "scenario": one.scenario,
        "events": [
            {
                "at": event.at.isoformat(),
                "sender": event.sender,
                "receiver": event.receiver,
                "flow": event.flow,
                "outcome": event.outcome,
                "file": event.file,
                "line": event.line,
                "exchange": event.exchange,
                "requirement": event.requirement,
            }
            for event in one.events
        ],
        "findings": [_finding(finding, result) for finding in one.findings],
    }


def _file(one: FileResult, result: CampaignResult) -> dict[str, Any]:
    return {
        "exchange": one.exchange,
        "at": one.at.isoformat(),
        "name": one.name,
        "folder": one.folder,
        "flow": one.flow,
        "sender": one.sender,
        "receiver": one.receiver,
        "channel": one.channel,
        "size": one.size,
        "sha256": one.digest,
        "verdict": file_verdict(one).value,
        "findings": [_finding(finding, result) for finding in one.findings],
    }


def _finding(finding: Finding, result: CampaignResult) -> dict[str, Any]:
    return finding.as_dict() | {
        "path": finding.path,
        "message": _text(finding.message),
        "remedy": _text(finding.remedy),
        "confidence": finding.confidence.value,
        "orders": list(finding.orders),
        "laid_on": laid_on(finding, result).value,
    }


def _text(text: Text) -> dict[str, str]:
    return {"fr": text.fr, "en": text.en}


# --- JUnit ---------------------------------------------------------------------------------------------------


def junit(result: CampaignResult) -> str:
    """Write the scenarios as JUnit XML, one suite a feature; files with findings outside scenarios come last."""
    root = ET.Element("testsuites", name=f"annexe5 {result.party} {result.profile}")
    features: dict[str, list[ET.Element]] = {}
    for one in result.scenarios:
        features.setdefault(one.feature, []).append(_case(one))
    loose = [_file_case(one) for one in loose_files(result)]
    if loose:
        features["Fichiers hors scénario"] = loose
    for feature, cases in features.items():
        root.append(_suite(feature, cases, result))
    _sum_up(root, list(root))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(name: str, cases: list[ET.Element], result: CampaignResult) -> ET.Element:
    suite = ET.Element("testsuite", name=_xml(name), timestamp=result.started.replace(microsecond=0).isoformat())
    suite.extend(cases)
    for ending in ("failure", "error", "skipped"):
        suite.set(_PLURALS[ending], str(sum(case.find(ending) is not None for case in cases)))
    suite.set("tests", str(len(cases)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
    return suite


_PLURALS = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def _sum_up(root: ET.Element, suites: list[ET.Element]) -> None:
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in suites)))
    root.set("time", f"{sum(float(suite.get('time', '0')) for suite in suites):.3f}")


def _case(one: ScenarioResult) -> ET.Element:
    row = ", ".join(f"{name}={value}" for name, value in one.parameters)
    case = ET.Element(
        "testcase",
        classname=_xml(one.feature_path.removesuffix(".feature").replace("/", ".")),
        name=_xml(f"{one.name} [{row}]" if row and row not in one.name else one.name),
        time=f"{one.duration:.3f}",
        file=_xml(one.feature_path),
        line=str(one.line),
    )
    properties = ET.SubElement(case, "properties")
    for name, value in (("verdict", one.verdict.value), ("exigences", " ".join(one.requirements))):
        ET.SubElement(properties, "property", name=name, value=_xml(value))
    _ending(case, one.verdict, one.message, one.findings, [f"Rejouer : {one.replay}"] if one.replay else [])
    return case


def _file_case(one: FileResult) -> ET.Element:
    case = ET.Element("testcase", classname="fichiers", name=_xml(one.name), time="0")
    message = one.findings[0].message.fr
    _ending(case, file_verdict(one), message, one.findings, [f"sha256 {one.digest}"])
    return case


def _ending(case: ET.Element, verdict: Verdict, message: str, findings: tuple[Finding, ...], more: list[str]) -> None:
    lines = [*([message] if message else []), *(_line(finding) for finding in findings), *more]
    name = {
        Verdict.CONFORME: "",
        Verdict.RESERVE: "system-out",
        Verdict.NON_CONFORME: "failure",
        Verdict.ERREUR_CONFIGURATION: "error",
    }.get(verdict, "skipped")
    if not name:
        return
    ending = ET.SubElement(case, name)
    if name != "system-out":
        ending.set("message", _xml(f"{verdict.value} : {message}" if message else verdict.value))
    if name in ("failure", "error"):
        ending.set("type", verdict.value)
    ending.text = _xml("\n".join(lines))


def _line(finding: Finding) -> str:
    parts = [f"[{finding.requirement}] {finding.message.fr}", finding.where]
    if finding.severity is not Severity.ERROR:
        parts.insert(0, finding.severity.value)
    if finding.expected:
        parts.append(f"attendu : {finding.expected}")
    if finding.value is not None:
        parts.append(f"reçu : {finding.value}")
    if finding.remedy.fr:
        parts.append(f"à faire : {finding.remedy.fr}")
    return " | ".join(part for part in parts if part)


def _xml(text: str) -> str:
    """Drop nothing, show what XML cannot carry."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
