"""Which orders the messages of the web services speak of, so that an order's timeline shows its tickets too.

A ticket names its access as the order does (further-findings.md A.2; soap-contracts.md §1.7), then goes by its key; a
structure asked before an order on its address was asked for it (OPC-11). A pure function of what was seen: the same for
a live run and an archive.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from annexe5.campaign.observe import Observation
from annexe5.campaign.results import OrderEvent
from annexe5.exchange import Channel
from annexe5.messages.calls import refusal_of
from annexe5.messages.contract import REPLY, REQUEST, SoapContract, load_contract
from annexe5.messages.reading import read_body
from annexe5.parties.ticket_cycle import load_ticket_cycle

_ADDRESS = "CodeAdresseImmeuble"
_ASKED, _ANSWERED = "-requete.xml", "-reponse.xml"
_STRUCTURE, _READ = "structure", "getTroubleTicketByKey"
_CLAUSES = {"sav": "SAV-08", "aide": "OPC-11"}


def message_names(operation: str, at: datetime) -> tuple[str, str]:
    """Name a request and its reply, so that they are known to go together."""
    stem = f"{operation}-{at:%H%M%S%f}"
    return f"{stem}{_ASKED}", f"{stem}{_ANSWERED}"


def message_events(observations: Iterable[Observation]) -> dict[str, tuple[OrderEvent, ...]]:
    """Give, order by order, the messages that speak of it, in time; of reads that say the same, the first."""
    known = _Known(list(observations))
    found: dict[str, list[OrderEvent]] = defaultdict(list)
    last: dict[str, str] = {}
    for seen in known.messages:
        reference = known.order_of(seen)
        if not reference:
            continue
        event = _event(seen)
        if event.flow.endswith(_READ) and event.outcome:
            if last.get(reference) == event.outcome:
                found[reference].pop()  # the request of an answer that tells nothing new
                continue
            last[reference] = event.outcome
        found[reference].append(event)
    return {reference: tuple(events) for reference, events in found.items()}


def _event(seen: Observation) -> OrderEvent:
    exchange = seen.exchange
    contract, operation = _place(seen)
    return OrderEvent(
        at=exchange.at,
        sender=exchange.sender,
        receiver=exchange.receiver,
        flow=seen.flow,
        outcome=_outcome(seen, contract, operation),
        file=exchange.name,
        line=0,
        exchange=exchange.number,
        requirement=_CLAUSES[contract.settings.famille],
    )


def with_messages(events: Sequence[OrderEvent], messages: Sequence[OrderEvent]) -> tuple[OrderEvent, ...]:
    """Put the messages of an order among the events of its files, which keep the order of the flow chart."""
    merged = list(events)
    for message in messages:
        place = next((index for index, one in enumerate(merged) if one.at > message.at), len(merged))
        merged.insert(place, message)
    return tuple(merged)


class _Known:
    """What the files tell of accesses and addresses, and the messages of tickets and structures."""

    def __init__(self, observations: list[Observation]) -> None:
        self.messages = [one for one in observations if one.exchange.channel is Channel.SOAP and one.flow]
        self._accesses: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._orders: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self._tickets: dict[str, str] = {}
        self._pairs: dict[str, str] = {}
        columns = load_ticket_cycle().acces.values()
        for event in (event for one in observations for event in one.events):
            for column in columns:
                if event.values.get(column):
                    self._accesses[event.values[column]].append((event.at, event.reference))
            if event.kind == "CMD":
                self._orders[event.values.get(_ADDRESS, "")].append((event.at, event.reference))

    def order_of(self, seen: Observation) -> str:
        """Give the order that a message speaks of, empty for none; a reply speaks of what its request did."""
        name = seen.exchange.name
        if name.endswith(_ANSWERED):
            reference = self._pairs.get(name.removesuffix(_ANSWERED), "")
            if reference:
                self._learn(seen, reference)
            return reference
        contract, operation = _place(seen)
        asked, _ = read_body(contract, seen.exchange.data, REQUEST, operation)
        reference = self._of_ticket(seen, asked) or self._of_address(seen, contract, operation, asked)
        self._pairs[name.removesuffix(_ASKED)] = reference
        return reference

    def _of_ticket(self, seen: Observation, asked: Mapping[str, Any]) -> str:
        value = asked.get("troubleTicketValue") or {}
        key = asked.get("troubleTicketKey") or value.get("troubleTicketKey")
        if key:
            return self._tickets.get(str(key), "")
        ftth = value.get("FTTHMUTTroubleTicket") or {}
        for field in load_ticket_cycle().acces:
            known = [one for at, one in self._accesses.get(str(ftth.get(field)), ()) if at <= seen.exchange.at]
            if known:
                return known[-1]
        return ""

    def _of_address(self, seen: Observation, contract: SoapContract, operation: str, asked: Mapping[str, Any]) -> str:
        method = contract.mapping.by_operation(operation) if contract.mapping is not None else None
        if method is None or method.name != _STRUCTURE:
            return ""
        hexacle = str((asked.get("adresse") or {}).get("hexacle", ""))
        return next((one for at, one in self._orders.get(hexacle, ()) if at >= seen.exchange.at), "")

    def _learn(self, seen: Observation, reference: str) -> None:
        contract, operation = _place(seen)
        data, _ = read_body(contract, seen.exchange.data, REPLY, operation)
        key = (data.get("troubleTicketResponse") or {}).get("troubleTicketKey")
        if key:
            self._tickets[str(key)] = reference


def _outcome(seen: Observation, contract: SoapContract, operation: str) -> str:
    """Say in a word how a reply went, or the state of the ticket it gives; nothing of a request."""
    if not seen.exchange.name.endswith(_ANSWERED):
        return ""
    data, fault = read_body(contract, seen.exchange.data, REPLY, operation)
    if not data or refusal_of(data, fault) is not None:
        return "KO"
    return str((data.get("troubleTicketValue") or {}).get("troubleTicketState") or "OK")


def _place(seen: Observation) -> tuple[SoapContract, str]:
    service, _, operation = seen.flow.partition(" ")
    return load_contract(service), operation
