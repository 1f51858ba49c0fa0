"""The simulated SAV of an OI (annexe5.txt §4): a conversation without I/O over tickets.

Three processes: repair of one access, warning of damage (both begun by the OC, on accesses in service only, SAV-11),
notice of planned works (begun by the OI). Time is that of the calls; what the OI does by itself falls due between
them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Protocol

from annexe5.findings import Severity
from annexe5.messages.contract import SoapContract
from annexe5.messages.conversation import Call, Data, Reply
from annexe5.network import Network
from annexe5.network.model import Ligne
from annexe5.parties.book import Book
from annexe5.parties.ticket_cycle import load_ticket_cycle

_APPOINTMENT = timedelta(hours=2)
_SUGGESTIONS = ("appointmentSuggestion1", "appointmentSuggestion2", "appointmentSuggestion3")
_REQUEST_RDV, _ANSWER_RDV, _OFFER_RDV = "DEMANDE RDV", "REPONSE RDV", "PROPOSITION DE RDV"
# What an OC may change on its own ticket; the rest is the OI's, or fixed at creation.
_OF_THE_OC = (
    "customerLastName", "customerFirstName", "contactPhoneNumber1", "contactPhoneNumber2",
    "customerAccessibilityHours", "messageType", "messageContent", "escalation", *_SUGGESTIONS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Access:
    """One access of an OC: its references, whether it is in service, whether its termination was received."""

    commercial_id: str
    technical_id: str
    in_service: bool
    terminated: bool = False
    broken: bool = False


class Accesses(Protocol):
    """Who knows the accesses: the same truth as the order flows."""

    def find(self, oc: str, commercial_id: str, technical_id: str) -> Access | None:
        """Give an access of this OC by either reference; None when it is not in its park."""


@dataclass(frozen=True, slots=True)
class NetworkAccesses:
    """Accesses of the generated network, and of the orders taken since (CR_MES: state EN_SERVICE)."""

    network: Network
    book: Book | None = None

    def find(self, oc: str, commercial_id: str, technical_id: str) -> Access | None:
        """See ``Accesses``; where both references are given they must agree."""
        found = self._ordered(oc, commercial_id, technical_id) or self._held(oc, commercial_id, technical_id)
        if found is None:
            return None
        if commercial_id and found.commercial_id != commercial_id:
            return None
        return None if technical_id and found.technical_id != technical_id else found

    def _ordered(self, oc: str, commercial_id: str, technical_id: str) -> Access | None:
        for order in tuple(self.book.orders.values()) if self.book is not None else ():
            named = (commercial_id and order.prestation == commercial_id) or (
                technical_id and order.pto == technical_id
            )
            if order.oc == oc and named:
                state = order.state
                return Access(order.prestation, order.pto, state == "EN_SERVICE", state == "RESILIEE")
        return None

    def _held(self, oc: str, commercial_id: str, technical_id: str) -> Access | None:
        ligne = self.network.ligne_by_pto(technical_id or commercial_id.partition("-")[2])
        if ligne is None or ligne.oc != oc or not ligne.actif or self._overwritten(ligne):
            return None
        return Access(ligne.prestation, ligne.reference_prise, in_service=True, broken=ligne.rompu)

    def _overwritten(self, ligne: Ligne) -> bool:
        return self.book is not None and bool(self.book.holder(ligne.reference_prise))


@dataclass(frozen=True, slots=True)
class SavPace:
    """How long the OI takes to take a ticket in charge, to repair, and to close what the OC does not verify."""

    qualification: timedelta = timedelta(seconds=1.5)
    intervention: timedelta = timedelta(seconds=1.5)
    verification: timedelta = timedelta(seconds=1.5)


@dataclass(slots=True)
class Ticket:
    """One ticket; ``values`` are the fields of FTTHMUTTroubleTicket by name, ``due`` when it next moves by itself."""

    key: str
    oc: str
    process: str
    access: Access | None
    created: datetime
    values: dict[str, Any]
    description: str = ""
    state: str = "QUEUED"
    version: int = 1
    restored: datetime | None = None
    due: datetime | None = None
    history: list[tuple[datetime, str]] = field(default_factory=list)


class SavTwin:
    """The tickets of one OI, in one version of the service; safe between threads.

    ``accounts`` gives the password of each OC, None for any. ``now`` of every call must not go back.
    """

    def __init__(
        self,
        contract: SoapContract,
        accesses: Accesses,
        accounts: Mapping[str, str | None],
        *,
        pace: SavPace | None = None,
        desk: Desk | None = None,
    ) -> None:
        self.contract = contract
        self.version = contract.settings.version
        self.accesses = accesses
        self.accounts = accounts
        self.pace = pace or SavPace()
        self.desk = desk or Desk()
        self._cycle = load_ticket_cycle()
        self._lock = self.desk.lock

    @cached_property
    def _fields(self) -> frozenset[str]:
        """Names of FTTHMUTTroubleTicket's fields in this version."""
        plan = self.contract.binding.plan(self.contract.wsdl.operations["getTroubleTicketByKey"].output)
        for step in ("troubleTicketValue", "FTTHMUTTroubleTicket"):
            below = plan.part(step)
            plan = below if below is not None else plan
        return frozenset(one.name for one in plan.parts)

    # --- the conversation ---

    def answer(self, call: Call) -> Reply:
        """Answer one call; refusals are keys of ``metier.toml``."""
        password = self.accounts.get(call.oc, "")
        if call.oc not in self.accounts or (password is not None and password != call.password):
            return Reply(refusal="oc_inconnu")
        with self._lock:
            self.tick(call.at)
            handlers: Mapping[str, Callable[[Call], Reply]] = {
                "createTroubleTicketByValue": self._create,
                "setTroubleTicketByValue": self._set,
                "getTroubleTicketByKey": self._get,
            }
            return handlers.get(call.operation, self._introspect)(call)

    def tick(self, now: datetime) -> None:
        """Do what the OI does by itself by ``now``, in order."""
        with self._lock:
            while due := min(
                (one for one in self.desk.tickets.values() if one.due and one.due <= now),
                key=lambda one: one.due or now,
                default=None,
            ):
                self._advance(due, due.due or now)

    def announce_works(self, oc: str, accesses: Iterable[Access], start: datetime, now: datetime, text: str) -> Ticket:
        """Open a notice of planned works for an OC (SAV-09); ``request`` gives the message that tells it."""
        touched = list(accesses)
        process = self._cycle.processus["travaux"]
        values = {
            "troubleTicketType": process.type,
            "messageType": "INFO",
            "messageContent": text,
            "supplierPlannedActionDate": start,
            "supplierResolutionAction": "INTERVENTION SANS RDV",
            "supplierResolutionState": "ACTION PLANIFIEE",
            "listImpactCommercialId": ",".join(one.commercial_id for one in touched),
            "listImpactTechnicalId": ",".join(one.technical_id for one in touched),
        }
        with self._lock:
            ticket = self.desk.open(oc, "travaux", None, now, values)
            self._move(ticket, "OPENACTIVE", now)
            ticket.due = start + _APPOINTMENT
        return ticket

    def request(self, ticket: Ticket) -> Data:
        """Give the body of the createTroubleTicketByValue by which the OI tells an OC of a ticket of its own."""
        return {"troubleTicketValue": self._value(ticket)}

    # --- create, set, get ---

    def _create(self, call: Call) -> Reply:
        value = call.data.get("troubleTicketValue") or {}
        ftth = value.get("FTTHMUTTroubleTicket") or {}
        breaches = [one for one in call.findings if one.severity is Severity.ERROR]
        if breaches:
            return Reply(refusal="incomplet", detail=breaches[0].message.fr)
        process = self._cycle.process_of(ftth.get("troubleTicketType") or self._cycle.processus["reparation"].type)
        if self._cycle.processus[process].initiateur != "OC":
            return Reply(refusal="argument", detail=f"troubleTicketType {ftth.get('troubleTicketType')}")
        twice = self._twice(call.oc, value.get("troubleTicketKey"), ftth.get("serviceProviderTroubleTicketKey"))
        if twice:
            return Reply(refusal="cle_en_double", detail=twice)
        access = self.accesses.find(call.oc, ftth.get("commercialId") or "", ftth.get("technicalId") or "")
        if access is None or not access.in_service:
            return Reply(refusal="resiliation" if access is not None and access.terminated else "hors_parc")
        if self.desk.pending(call.oc, access, process):
            return Reply(refusal="ticket_en_cours")
        ticket = self.desk.open(call.oc, process, access, call.at, dict(ftth), value.get("troubleTicketKey") or "")
        ticket.description = value.get("troubleDescription") or ""
        ticket.due = call.at + self.pace.qualification
        return self._done(ticket)

    def _twice(self, oc: str, key: str | None, oc_key: str | None) -> str:
        if key and key in self.desk.tickets:
            return key
        used = {one.values.get("serviceProviderTroubleTicketKey") for one in self.desk.of(oc)}
        return oc_key if oc_key and oc_key in used else ""

    def _set(self, call: Call) -> Reply:
        value = call.data.get("troubleTicketValue") or {}
        ticket = self._find(call.oc, value.get("troubleTicketKey"))
        if ticket is None:
            return Reply(refusal="cle_inconnue", detail=value.get("troubleTicketKey") or "")
        seen = value.get("lastUpdateVersionNumber")
        if call.data.get("resyncRequired") is True and isinstance(seen, int) and seen != ticket.version:
            return Reply(refusal="perime", detail=str(seen))
        breaches = [one for one in call.findings if one.severity is Severity.ERROR]
        if breaches:
            return Reply(refusal="argument", detail=breaches[0].message.fr)
        target = value.get("troubleTicketState") or ticket.state
        if self._cycle.is_final(ticket.state):
            return Reply(refusal="etat", detail=f"{ticket.state} → {target}")
        if target != ticket.state and not self._asked(ticket, target, call.at):
            return Reply(refusal="etat", detail=f"{ticket.state} → {target}")
        self._told(ticket, value.get("FTTHMUTTroubleTicket") or {}, call.at)
        ticket.version += 1
        return self._done(ticket)

    def _asked(self, ticket: Ticket, target: str, at: datetime) -> bool:
        """Move a ticket as its OC asks, when its cycle lets the OC do so."""
        move = self._cycle.move(self.version, ticket.state, target, "OC")
        if move is None:
            return False
        if move.code:
            self._close(ticket, move.code, at)
        elif target == "CLOSED":
            self._close(ticket, ticket.values.get("troubleTicketClosureCode") or self._outcome(ticket), at)
        self._move(ticket, target, at)
        return True

    def _told(self, ticket: Ticket, ftth: Mapping[str, Any], at: datetime) -> None:
        """Take what an OC tells: contacts, a message, an appointment asked for or answered."""
        for name in _OF_THE_OC:
            if ftth.get(name) is not None:
                ticket.values[name] = ftth[name]
        if ftth.get("messageType") in (_REQUEST_RDV, _ANSWER_RDV):
            self._appoint(ticket, [str(ftth[name]) for name in _SUGGESTIONS if ftth.get(name)], at)

    def _appoint(self, ticket: Ticket, asked: list[str], at: datetime) -> None:
        """Accept the first moment that is still to come, else offer three of the OI's own."""
        moments = [moment for one in asked if (moment := _moment(one, at)) is not None and moment > at]
        if moments:
            ticket.values |= {
                "messageType": _ANSWER_RDV,
                "messageContent": "RDV CONFIRME",
                "supplierPlannedActionDate": moments[0],
                "supplierResolutionAction": "INTERVENTION AVEC RDV",
                "supplierResolutionState": "ACTION PLANIFIEE",
            }
            if ticket.state == "OPENACTIVE":
                ticket.due = moments[0] + _APPOINTMENT
            return
        morning = at.replace(hour=9, minute=0, second=0, microsecond=0)
        offered = {name: morning + timedelta(days=day) for day, name in enumerate(_SUGGESTIONS, start=1)}
        ticket.values |= {"messageType": _OFFER_RDV, "messageContent": "AUCUNE DATE POSSIBLE", **offered}

    def _get(self, call: Call) -> Reply:
        ticket = self._find(call.oc, call.data.get("troubleTicketKey"))
        if ticket is None:
            return Reply(refusal="cle_inconnue", detail=call.data.get("troubleTicketKey") or "")
        wanted = (call.data.get("attrNames") or {}).get("item") or []
        value = self._value(ticket)
        unknown = [name for name in wanted if name not in _ATTRIBUTES and name not in ticket.values]
        if unknown:
            return Reply(refusal="argument", detail=f"attrNames : {', '.join(unknown)}")
        return Reply({**self._done(ticket).data, "troubleTicketValue": _only(value, wanted)})

    def _introspect(self, call: Call) -> Reply:
        operation = call.operation
        if operation == "getTroubleTicketPrivateData":
            return Reply({"ttPrivateDataXml": ""})
        if operation == "getTroubleTicketPublicData":
            return Reply({"ttPublicDataXml": ""})
        if operation == "getEventDescriptor":
            return Reply(refusal="argument", detail=str(call.data.get("eventType") or ""))
        listed = {"item": list(self._cycle.introspection[operation])}
        names = {
            "getTroubleTicketItemTypes": "troubleTicketItemTypes",
            "getTroubleTicketTypes": "troubleTicketTypes",
        }
        return Reply({names.get(operation, "strings"): listed})

    # --- what the OI does by itself ---

    def _advance(self, ticket: Ticket, at: datetime) -> None:
        ticket.due = None
        if ticket.state == "QUEUED":
            self._move(ticket, "OPENACTIVE", at)
            planned = ticket.values.get("supplierPlannedActionDate")
            if isinstance(planned, datetime):
                ticket.due = planned + _APPOINTMENT
                return
            ticket.values |= {
                "supplierPlannedActionDate": at + self.pace.intervention,
                "supplierResolutionAction": "INTERVENTION SANS RDV",
                "supplierResolutionState": "ACTION PREVUE",
            }
            ticket.due = at + self.pace.intervention
        elif ticket.state == "OPENACTIVE":
            self._repaired(ticket, at)
        elif ticket.state == "OPENACTIVE.TO.BE.CANCELED":
            self._close(ticket, "STT02", at)
            self._move(ticket, "CLOSED", at)
        elif ticket.state == "CLEARED":
            self._close(ticket, self._outcome(ticket), at)
            self._move(ticket, "CLOSED", at)

    def _repaired(self, ticket: Ticket, at: datetime) -> None:
        ticket.restored = at
        ticket.values["supplierResolutionState"] = "ACTION TERMINEE"
        process = self._cycle.processus[ticket.process]
        if process.cloture:
            self._close(ticket, process.cloture, at)
            self._move(ticket, "CLOSED", at)
            return
        ticket.values["defectLocalization"] = self._location(ticket)
        self._move(ticket, "CLEARED", at)
        ticket.due = at + self.pace.verification

    def _location(self, ticket: Ticket) -> str:
        issue = self._cycle.issue
        broken = ticket.access is not None and ticket.access.broken
        return issue.localisation_rompue if broken else issue.localisation

    def _outcome(self, ticket: Ticket) -> str:
        issue = self._cycle.issue
        guessed = ticket.values.get("defectPrelocalization")
        return issue.code if guessed in (None, self._location(ticket)) else issue.code_prelocalisation_erronee

    def _close(self, ticket: Ticket, code: str, at: datetime) -> None:
        ticket.values |= {
            "troubleTicketClosureCode": code,
            "troubleTicketClosureLabel": f"{code}#{self.contract.business.codes[code]}",
            "closureDuration": _duration(at - ticket.created),
        }
        if code.startswith("RET"):
            ticket.restored = ticket.restored or at
            ticket.values |= {
                "defectLocalization": self._location(ticket),
                "defectResponsibility": self._cycle.issue.responsabilite,
            }

    def _move(self, ticket: Ticket, state: str, at: datetime) -> None:
        ticket.state = state
        ticket.version += 1
        ticket.history.append((at, state))
        if self._cycle.is_final(state):
            ticket.due = None
        elif state == "OPENACTIVE.TO.BE.CANCELED":
            ticket.due = at + self.pace.qualification
        elif state == "OPENACTIVE" and ticket.restored is not None:
            ticket.restored = None
            ticket.values["supplierResolutionState"] = "NOUVELLE ACTION A PREVOIR"
            ticket.due = at + self.pace.intervention

    # --- what is written ---

    def _find(self, oc: str, key: str | None) -> Ticket | None:
        """Another OC's ticket is unknown to this one."""
        ticket = self.desk.tickets.get(key or "")
        return ticket if ticket is not None and ticket.oc == oc else None

    def _done(self, ticket: Ticket) -> Reply:
        success = self.contract.business.erreurs["succes"]
        return Reply(
            {
                "troubleTicketResponse": {
                    "troubleTicketKey": ticket.key,
                    "returnCode": success.code,
                    "returnLabel": success.fr,
                }
            }
        )

    def _value(self, ticket: Ticket) -> Data:
        """Write a ticket in this version: what only the other version knows is left out."""
        told = {name: one for name, one in ticket.values.items() if one is not None and name in self._fields}
        value: Data = {
            "lastUpdateVersionNumber": ticket.version,
            "troubleTicketKey": ticket.key,
            "troubleTicketState": ticket.state if ticket.state in self._cycle.states(self.version) else "OPENACTIVE",
            "troubleDetectionTime": ticket.created,
            "FTTHMUTTroubleTicket": told,
        }
        if ticket.description:
            value["troubleDescription"] = ticket.description
        if ticket.restored is not None:
            value["serviceRestoredTime"] = ticket.restored
        return value


_ATTRIBUTES = frozenset(
    {
        "lastUpdateVersionNumber", "troubleTicketKey", "troubleTicketState", "troubleDescription",
        "troubleDetectionTime", "serviceRestoredTime", "FTTHMUTTroubleTicket",
    }
)  # fmt: skip
_ALWAYS = ("troubleTicketKey", "troubleTicketState")


def _only(value: Data, wanted: list[str]) -> Data:
    """Keep the attributes asked for; none asked: all. Key and state are always there."""
    if not wanted:
        return value
    kept = {name: one for name, one in value.items() if name in wanted or name in _ALWAYS}
    ftth = {name: one for name, one in value["FTTHMUTTroubleTicket"].items() if name in wanted}
    if ftth and "FTTHMUTTroubleTicket" not in wanted:
        kept["FTTHMUTTroubleTicket"] = ftth
    return kept


class Desk:
    """The tickets of one OI, shared by the versions of its service."""

    def __init__(self) -> None:
        self.tickets: dict[str, Ticket] = {}
        self.lock = threading.RLock()

    def of(self, oc: str) -> list[Ticket]:
        """Give the tickets of an OC."""
        return [one for one in self.tickets.values() if one.oc == oc]

    def pending(self, oc: str, access: Access, process: str) -> bool:
        """Tell whether a ticket of this process is under way on an access."""
        cycle = load_ticket_cycle()
        return any(
            one.access is not None
            and one.access.technical_id == access.technical_id
            and one.process == process
            and not cycle.is_final(one.state)
            for one in self.of(oc)
        )

    def open(
        self, oc: str, process: str, access: Access | None, at: datetime, values: dict[str, Any], key: str = ""
    ) -> Ticket:
        """Open a ticket under a key, the next of the OI's by default."""
        number = len(self.tickets) + 1
        while not key or key in self.tickets:
            key = f"SAV{number:09d}"
            number += 1
        ticket = Ticket(key, oc, process, access, at, values, history=[(at, "QUEUED")])
        self.tickets[key] = ticket
        return ticket


class NoticeDesk:
    """The OC's side of the same port: takes the OI's notices of planned works and updates (SAV-09)."""

    def __init__(self, contract: SoapContract) -> None:
        self.contract = contract
        self.notices: dict[str, Data] = {}

    def answer(self, call: Call) -> Reply:
        """Take a notice, a change of it, or give it back."""
        value = call.data.get("troubleTicketValue") or {}
        key = value.get("troubleTicketKey") or call.data.get("troubleTicketKey") or ""
        if call.operation == "createTroubleTicketByValue":
            if key in self.notices:
                return Reply(refusal="cle_en_double", detail=key)
            key = key or f"AVIS{len(self.notices) + 1:09d}"
            self.notices[key] = value
        elif key not in self.notices:
            return Reply(refusal="cle_inconnue", detail=key)
        elif call.operation == "setTroubleTicketByValue":
            self.notices[key] = {**self.notices[key], **value}
        success = self.contract.business.erreurs["succes"]
        reply: Data = {
            "troubleTicketResponse": {"troubleTicketKey": key, "returnCode": success.code, "returnLabel": success.fr}
        }
        if call.operation == "getTroubleTicketByKey":
            reply["troubleTicketValue"] = self.notices[key]
        return Reply(reply)


def _moment(text: str, beside: datetime) -> datetime | None:
    """Read an xsd:dateTime; one without an offset is in that of ``beside``."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=beside.tzinfo)


def _duration(span: timedelta) -> str:
    """Write an xsd:duration, in whole seconds."""
    seconds = int(span.total_seconds())
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"PT{hours}H{minutes}M{seconds}S"
