"""How the simulated OC uses the web services of its OI (annexe5.txt §4 and §5), without I/O.

Each thing it does is a dialogue: it yields what it asks, is sent what came of it, and ends with what it makes of it.
Before it orders it asks the order help (OPC-11); it opens tickets on accesses in service only (SAV-11).
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from annexe5.messages.aide import find_building
from annexe5.messages.calls import Outcome
from annexe5.messages.contract import load_contract
from annexe5.parties.oc_defects import Habits
from annexe5.parties.oc_rows import OcOrder
from annexe5.parties.ticket_cycle import load_ticket_cycle

TICKET_ACTIONS = ("signaler", "prevenir", "suivre")
"""What the world may ask an OC to do by the SAV: tell a fault, warn of damage, follow the last ticket to its end."""
_PROCESS = {"signaler": "reparation", "prevenir": "dommage"}
_CREATE, _GET = "createTroubleTicketByValue", "getTroubleTicketByKey"
_NOWHERE = ("adresse_inconnue", "immeuble_inconnu")
_READS = 40  # a ticket that has not ended by then is followed another time
_NAMELESS = "OPERATEUR COMMERCIAL"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """One call: ``method`` is a word of the house where ``mapped``, else an operation; ``oc`` what it says it is."""

    service: str
    method: str
    data: Mapping[str, Any]
    mapped: bool
    oc: str | None = None


Dialogue = Generator[Asked, Outcome, T]


@dataclass
class OcServices:
    """One OC before the services of one OI; ``services`` are those it uses."""

    services: Collection[str]
    habits: Habits = field(default_factory=Habits)
    _tickets: dict[str, list[str]] = field(default_factory=dict)
    _count: int = 0

    # --- the order help ------------------------------------------------------------------------------------------

    def verify(self, row: Mapping[str, str]) -> Dialogue[bool]:
        """Ask about the address of an order to be placed; tells whether it may be ordered."""
        service = self._of("opc-3.0", "structure-2.0")
        if not service or not self.habits.asks_before_ordering:
            return True
        outcome = yield self._ask(service, "structure", {"adresse": {"hexacle": row.get("CodeAdresseImmeuble", "")}})
        if not self.habits.believes_the_help:
            return True
        if outcome.refusal is not None:
            known = load_contract(service).business.erreurs
            return outcome.refusal.code not in [known[key].code for key in _NOWHERE if key in known]
        building = find_building(outcome.data, row)
        return building is None or building.get("eligible") is not False

    # --- the SAV -------------------------------------------------------------------------------------------------

    def tell(self, action: str, order: OcOrder) -> Dialogue[None]:
        """Do by the SAV what the OC's people ask about an order."""
        service = self._of("sav-2.1", "sav-3.0")
        if not service:
            return
        if action == "suivre":
            yield from self._follow(service, order)
        elif order.state == "EN_SERVICE" or not self.habits.waits_for_service:
            yield from self._open(service, order, _PROCESS[action])

    def _open(self, service: str, order: OcOrder, process: str) -> Dialogue[None]:
        if process == "dommage" and not self.habits.warns_of_damage:
            return
        self._count += 1
        fields = {
            "serviceProviderID": "000000000" if self.habits.writes_sirens else "00000",
            "supplierID": "000000000",
            "troubleTicketType": load_ticket_cycle().processus[process].type,
            "serviceProviderTroubleTicketKey": f"{order.reference}-{self._count}"[-30:],
            "defectDescription": "PAS DE SIGNAL",
        }
        access = {"ReferencePrestationPrise": order.prestation, "ReferencePrise": order.pto}
        fields |= {name: access[column] for name, column in load_ticket_cycle().acces.items() if access[column]}
        value = {"troubleTicketKey": None, "troubleTicketState": "QUEUED", "FTTHMUTTroubleTicket": fields}
        outcome = yield self._call(service, _CREATE, {"troubleTicketValue": value})
        if outcome.accepted:
            key = str(outcome.data["troubleTicketResponse"]["troubleTicketKey"])
            self._tickets.setdefault(order.reference, []).append(key)

    def _follow(self, service: str, order: OcOrder) -> Dialogue[None]:
        """Read the last ticket of an order until it has ended."""
        key = next(reversed(self._tickets.get(order.reference, [])), "")
        for _ in range(_READS if key else 0):
            outcome = yield self._call(service, _GET, {"troubleTicketKey": key, "attrNames": {}})
            state = (outcome.data.get("troubleTicketValue") or {}).get("troubleTicketState", "")
            if not outcome.accepted or load_ticket_cycle().is_final(str(state)):
                return

    def _of(self, *wanted: str) -> str:
        return next((one for one in wanted if one in self.services), "")

    def _ask(self, service: str, method: str, concepts: Mapping[str, Any]) -> Asked:
        return Asked(service, method, concepts, mapped=True, oc=self._name)

    def _call(self, service: str, operation: str, data: Mapping[str, Any]) -> Asked:
        return Asked(service, operation, data, mapped=False, oc=self._name)

    @property
    def _name(self) -> str | None:
        return None if self.habits.names_itself else _NAMELESS
