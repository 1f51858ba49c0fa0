"""The outcome for programs: JSON (``schemas/json/audit.json``) and SARIF 2.1.0."""

from __future__ import annotations

import json
from typing import Any

from annexe5.audit.ledger import Group
from annexe5.audit.moments import Source, day_of
from annexe5.audit.run import Outcome
from annexe5.contract.rules import load_rules
from annexe5.findings import Finding


def as_json(outcome: Outcome, lang: str) -> str:
    """Give the published shape."""
    orders = outcome.orders
    told: dict[str, Any] = {
        "verdict": outcome.verdict.value,
        "files": outcome.files,
        "rows": outcome.rows,
        "documents": outcome.documents,
        "flows": dict(sorted(outcome.flows.items())),
        "period": {
            "first": outcome.first.isoformat() if outcome.first else None,
            "today": outcome.today.isoformat() if outcome.today else None,
        },
        "times": {one.value: outcome.sources.get(one, 0) for one in Source},
        "aside": {
            "copies": outcome.copies,
            "other_files": outcome.others,
            "after_until": outcome.out_of_period,
            "undated_orders": orders.undated,
            "orders_opened_before": orders.opened_before,
        },
        "orders": {"count": orders.count, "at_fault": orders.broken, "states": dict(sorted(orders.states.items()))},
        "awaited": [
            {"flows": list(flows), "until": None if last is None else day_of(last).isoformat(), "count": count}
            for (flows, last), count in sorted(orders.awaited.items(), key=str)
        ],
        "overdue": [
            {"flows": list(flows), "until": day_of(due).isoformat(), "late": late, "count": count}
            for (flows, due, late), count in sorted(orders.overdue.items())
        ],
        "rules": [_group(one, lang) for one in outcome.groups],
        "ignored": [{"rule": rule, "reason": reason, "count": count} for rule, reason, count in outcome.ignored],
    }
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _group(group: Group, lang: str) -> dict[str, Any]:
    return {
        "rule": group.rule,
        "requirement": group.requirement,
        "severity": group.severity.value,
        "statement": load_rules()[group.rule].statement[lang],
        "count": group.count,
        "samples": [_sample(one, lang) for one in group.samples],
    }


def _sample(one: Finding, lang: str) -> dict[str, Any]:
    return {
        "path": one.path,
        "line": one.line,
        "order": one.orders[0] if one.orders else None,
        "column": one.column,
        "value": one.value,
        "expected": one.expected,
        "message": one.message[lang],
        "remedy": one.remedy[lang],
        "count": one.count,
    }


def as_sarif(outcome: Outcome, lang: str) -> str:
    """Give SARIF: the places kept of each rule."""
    from annexe5.evidence.sarif import sarif  # noqa: PLC0415  # brings the reports along

    return sarif((one for group in outcome.groups for one in group.samples), lang=lang)
