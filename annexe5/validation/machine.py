"""The outcome for programs: JSON (``schemas/json/validate.json``, DESIGN §5) and SARIF 2.1.0."""

from __future__ import annotations

import json
from typing import Any

from annexe5.validation.run import Judged, Outcome


def as_json(outcome: Outcome, lang: str) -> str:
    """Give the published shape; ``ignored`` stands in it only when something was asked to be."""
    told: dict[str, Any] = {"files": [_file(one, lang) for one in outcome.files]}
    if outcome.reasons:
        told["ignored"] = [
            {
                "rule": rule,
                "reason": reason,
                "count": sum(one.count for file in outcome.files for one in file.ignored if one.rule == rule),
            }
            for rule, reason in outcome.reasons.items()
        ]
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _file(one: Judged, lang: str) -> dict[str, Any]:
    return {
        "path": one.path,
        "flow": one.flow or None,
        "rows": one.rows,
        "verdict": one.verdict.value,
        "findings": [finding.as_dict(lang) for finding in one.findings],
    }


def as_sarif(outcome: Outcome, lang: str) -> str:
    """Give SARIF; what is ignored is told as suppressed, with its reason."""
    from annexe5.evidence.sarif import sarif  # noqa: PLC0415  # brings the reports along

    found = [finding for file in outcome.files for finding in file.findings]
    ignored = [finding for file in outcome.files for finding in file.ignored]
    told = json.loads(sarif([*found, *ignored], lang=lang))
    results = told["runs"][0]["results"]
    for result, finding in zip(results[len(found) :], ignored, strict=True):
        result["suppressions"] = [{"kind": "external", "justification": outcome.reasons[finding.rule]}]
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"
