"""One scenario opposite an OC that calls our web services: what the steps of ``features/oc/services.feature`` say.

Orders and waiting are those of ``OcScene``; what the OC asked is on the instrument's desk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from annexe5.campaign.instrument import Desk, Instrument
from annexe5.campaign.oc_scene import OcScene
from annexe5.campaign.service_requests import CREATE, GET
from annexe5.campaign.verdicts import Bloque, EnAttente, NonApplicable, NonConforme
from annexe5.contract.rules import rule
from annexe5.exchange import Channel
from annexe5.findings import Finding, Severity
from annexe5.messages.calls import Outcome
from annexe5.messages.contract import REPLY, REQUEST, load_contract
from annexe5.messages.endpoint import Served
from annexe5.messages.oc_oracle import Ordered, judge_eligibility, judge_in_service_only, judge_rhythm
from annexe5.messages.pace import pace_of
from annexe5.messages.reading import read_body
from annexe5.parties.oc import Instruction
from annexe5.parties.ticket_cycle import load_ticket_cycle

_ADDRESS = "CodeAdresseImmeuble"
_ACTIONS = {"reparation": "signaler", "dommage": "prevenir"}


@dataclass
class OcServiceScene:
    """What a scenario sees of the OC's calls, from ``start`` on."""

    scene: OcScene
    start: int = 0
    _row: Mapping[str, str] = field(default_factory=dict)
    _since: int = 0
    _told: Outcome | None = None

    def __post_init__(self) -> None:
        self.start = len(self.instrument.desk.served) if self.instrument.desk is not None else 0

    @property
    def instrument(self) -> Instrument:
        """The campaign's chair."""
        return self.scene.instrument

    def uses(self, family: str) -> Desk:
        """Go on only with an OC that declares a service of a family, ``sav`` or ``aide``."""
        declared = self.instrument.target.capacites.services
        if self.instrument.desk is None or not any(load_contract(one).settings.famille == family for one in declared):
            raise NonApplicable(
                f"le fichier cible ne déclare aucun service de ce genre ({family} : capacites.services)."
            )
        return self.instrument.desk

    @property
    def calls(self) -> list[Served]:
        """What the OC asked since the scenario began."""
        return self.instrument.desk.served[self.start :] if self.instrument.desk is not None else []

    # --- before ordering ------------------------------------------------------------------------------------

    def asked_before(self) -> None:
        """See that the address of each order had been asked about (OPC-11)."""
        desk = self.uses("aide")
        placed = [(one, self._ordered_at(one.reference)) for one in self.scene.orders]
        orders = [Ordered(at, one.reference, one.row.get(_ADDRESS, "")) for one, at in placed]
        wrong = judge_eligibility(desk.served, orders)
        if wrong:
            raise NonConforme([replace(one, orders=(one.value or "",)) for one in wrong])

    def _ordered_at(self, reference: str) -> datetime:
        return next(one.at for one in self.instrument.events(reference) if one.kind == "CMD")

    def invite(self, role: str) -> None:
        """Ask the OC to order where the order help says that nothing may be ordered."""
        row = self.instrument.row_of(role)
        self._row, self._since = row, self.instrument.moment
        self.instrument.ask(Instruction("commander", (row,)))

    def does_not_order(self) -> None:
        """See that no order came of it."""
        self.instrument.settle()
        came = self.instrument.unclaimed(self._since, ())
        if came:
            raise NonConforme(
                rule("OC-COMMANDE-FERMEE").finding(
                    path=came[0].file, line=came[0].line, received=came[0].reference, expected=self._row[_ADDRESS]
                )
            )

    # --- tickets --------------------------------------------------------------------------------------------

    def tell(self, process: str) -> None:
        """Tell the OC of a fault or of damage on the access of the last order."""
        self.uses("sav")
        self.instrument.ask(Instruction(_ACTIONS[process], (), self.scene.order.reference))

    def opens(self, process: str) -> None:
        """See that the OC opens a ticket of a process on the access of its order, and that our SAV takes it."""
        opened = self.instrument.wait_for(lambda: self._ticket(process), "le ticket de l'OC")
        if opened is None:
            raise self._no_ticket(process)
        self._well_formed()
        if opened.refusal:
            raise NonConforme(
                f"{opened.service} {opened.operation} : notre SAV ne prend pas le ticket ({opened.refusal})"
            )

    def opens_nothing(self) -> None:
        """See that the OC opens no ticket on an access that is not in service (SAV-11)."""
        self.instrument.settle()
        wrong = judge_in_service_only(self.calls)
        if not wrong and (early := self._ticket("")) is not None:
            named = self.scene.order.reference
            wrong = [rule("TICKET-EN-SERVICE").finding(received=named, path=f"{early.service} {early.operation}")]
        if wrong:
            raise NonConforme(wrong)

    def follow(self) -> None:
        """Have the OC follow its ticket."""
        self.instrument.ask(Instruction("suivre", (), self.scene.order.reference))

    def followed(self) -> None:
        """See that the OC reads its ticket again under the key that it was given, until it has ended."""
        opened = self._ticket("reparation")
        key = self._key(opened) if opened is not None else ""
        ended = self.instrument.wait_for(lambda: True if self._saw_end(key) else None, "que l'OC suive son ticket")
        if not ended:
            self.keeps_pace()  # an OC that calls too fast gives up before the ticket can end
            raise self._absent(f"ticket {key} : l'OC ne l'a pas suivi jusqu'à sa clôture")

    def _saw_end(self, key: str) -> bool:
        for one in self.calls:
            if one.operation == GET and _asked(one).get("troubleTicketKey") == key:
                told, _ = read_body(load_contract(one.service), one.reply, REPLY, one.operation)
                state = (told.get("troubleTicketValue") or {}).get("troubleTicketState")
                if load_ticket_cycle().is_final(str(state)):
                    return True
        return False

    def _ticket(self, process: str) -> Served | None:
        """Give the last creation on the access of the last order; empty ``process``: of any."""
        access = {
            event.values.get(column)
            for event in self.instrument.events(self.scene.order.reference)
            for column in load_ticket_cycle().acces.values()
        }
        wanted = load_ticket_cycle().processus[process].type if process else None
        for one in reversed(self.calls):
            if one.operation == CREATE:
                ftth = (_asked(one).get("troubleTicketValue") or {}).get("FTTHMUTTroubleTicket") or {}
                named = {ftth.get(name) for name in load_ticket_cycle().acces} - {None, ""}
                kind = ftth.get("troubleTicketType")
                if named and named <= access and wanted in (None, kind):
                    return one
        return None

    def _key(self, opened: Served) -> str:
        told, _ = read_body(load_contract(opened.service), opened.reply, REPLY, opened.operation)
        return str((told.get("troubleTicketResponse") or {}).get("troubleTicketKey", ""))

    def _no_ticket(self, process: str) -> Exception:
        """Tell a ticket that did not come, or came in a form that nobody can read."""
        if any(one.operation in (CREATE, "") and one.refusal for one in self.calls):
            self._well_formed()
        known = load_ticket_cycle().processus[process]
        clause = known.requirement if process == "dommage" else "SAV-04"
        finding = rule("OC-TICKET-ABSENT").finding(
            received=self.scene.order.reference, expected=known.fr, expected_en=known.en, requirement=clause
        )
        return self._absent(replace(finding, orders=(self.scene.order.reference,)))

    def _absent(self, told: Finding | str) -> Exception:
        if not self.instrument.absence_counts:
            return EnAttente(told if isinstance(told, str) else told.message.fr)
        return NonConforme(told)

    # --- notices of planned works ---------------------------------------------------------------------------

    def announce(self) -> None:
        """Tell the OC of planned works, at the port that it hosts."""
        desk = self.uses("sav")
        if not self.instrument.notices:
            raise NonApplicable("le fichier cible ne dit pas où l'OC prend les avis de travaux (services.avis).")
        self._told = desk.announce(self.instrument.notices)

    def takes_notice(self) -> None:
        """See that the OC took the notice, in the form of the contract."""
        if self._told is None:
            raise Bloque("aucun avis n'a été envoyé dans ce scénario.")
        wrong = [one for one in self._told.findings if one.severity is Severity.ERROR]
        if wrong:
            raise NonConforme(wrong)
        if not self._told.accepted:
            said = self._told.refusal.message if self._told.refusal is not None else "réponse illisible"
            raise NonConforme(f"l'OC refuse l'avis de travaux : {said}")

    # --- form and pace --------------------------------------------------------------------------------------

    def well_formed(self) -> None:
        """See that every request follows the contract of its service."""
        self.instrument.settle()
        self._called()
        self._well_formed()

    def _called(self) -> None:
        """Stop where there is nothing to judge."""
        if not self.calls:
            raise Bloque("l'OC n'a rien demandé aux services pendant ce scénario.")

    def _well_formed(self) -> None:
        wrong = [
            finding
            for seen in self.instrument.observed(self.scene.start)
            for finding in seen.findings
            if seen.exchange.channel is Channel.SOAP and finding.severity is Severity.ERROR
        ]
        if wrong:
            raise NonConforme(wrong)

    def keeps_pace(self) -> None:
        """See that the OC never sends more than two requests a second (SAV-06)."""
        self.instrument.settle()
        self._called()
        wrong = judge_rhythm(self.calls, pace_of(self.instrument.profile))
        if wrong:
            raise NonConforme(wrong)


def _asked(one: Served) -> Mapping[str, Any]:
    return read_body(load_contract(one.service), one.request, REQUEST, one.operation)[0]
