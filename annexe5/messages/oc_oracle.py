"""An OC judged by what its calls show: form, header, pace, tickets in service only, eligibility asked before ordering.

Pure functions of the calls a service has served (``Served``); the same for a live instrument and for a journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from annexe5.contract.rules import rule
from annexe5.findings import Finding
from annexe5.messages.contract import REPLY, REQUEST, load_contract
from annexe5.messages.endpoint import Served
from annexe5.messages.judge import judge_message
from annexe5.messages.pace import Pace, Sent, judge_pace
from annexe5.messages.reading import read_body

_PACE_REFUSED = "rythme"
_NOT_IN_SERVICE = ("hors_parc", "resiliation")


@dataclass(frozen=True, slots=True)
class Ordered:
    """One order as an OC placed it: when, its reference, the hexaclé of its address (CodeAdresseImmeuble)."""

    at: datetime
    reference: str
    hexacle: str


def judge_calls(served: Iterable[Served], oc: str) -> list[Finding]:
    """Judge every request of an OC: bytes, envelope, header, schema, business."""
    return [
        finding.at(f"{one.service} {one.operation} {one.at:%H:%M:%S}".strip())
        for one in served
        for finding in judge_message(one.request, one.service, REQUEST, one.operation, oc=oc)
    ]


def judge_rhythm(served: Iterable[Served], pace: Pace) -> list[Finding]:
    """Judge the pace of every OC (SAV-06)."""
    return judge_pace([Sent(one.at, one.oc, one.refusal == _PACE_REFUSED) for one in served], pace)


def judge_in_service_only(served: Iterable[Served]) -> list[Finding]:
    """Find the tickets that an OC opened on accesses that are not in service (SAV-11), as the SAV refused them."""
    found = []
    for one in served:
        if one.operation == "createTroubleTicketByValue" and one.refusal in _NOT_IN_SERVICE:
            asked, _ = read_body(load_contract(one.service), one.request, REQUEST, one.operation)
            ftth = (asked.get("troubleTicketValue") or {}).get("FTTHMUTTroubleTicket") or {}
            named = ftth.get("commercialId") or ftth.get("technicalId") or "sans référence"
            found.append(rule("TICKET-EN-SERVICE").finding(received=str(named), path=f"{one.service} {one.operation}"))
    return found


def judge_eligibility(served: Sequence[Served], orders: Iterable[Ordered]) -> list[Finding]:
    """Find the orders whose address the OC had not asked the order help about before (OPC-11)."""
    asked = [(one.at, hexacle) for one in served for hexacle in _addresses(one)]
    found = []
    for order in orders:
        if not any(at <= order.at and hexacle == order.hexacle for at, hexacle in asked):
            finding = rule("AIDE-AVANT-COMMANDE").finding(received=order.reference, expected=order.hexacle)
            found.append(finding)
    return found


def _addresses(one: Served) -> list[str]:
    """Give the hexaclés of the addresses that a call was answered about."""
    contract = load_contract(one.service)
    method = contract.mapping.by_operation(one.operation) if contract.mapping is not None else None
    if method is None or one.refusal:
        return []
    data, _ = read_body(contract, one.reply, REPLY, one.operation)
    held = [data.get("adresse") or {}, *data.get("adresses", ())]
    return [str(place["hexacle"]) for place in held if isinstance(place, Mapping) and place.get("hexacle")]
