"""One scenario in front of the web services: what the steps of features/sav and features/aide_commande say, in verbs.

A scene remembers its tickets, its last call and the structure it was given; waiting, writing down and judging are the
bench's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from annexe5.campaign.bench import Bench
from annexe5.campaign.recording import ScenarioRecord
from annexe5.campaign.scene import Scene
from annexe5.campaign.service_bench import Called, ServiceBench
from annexe5.campaign.service_requests import (
    CREATE,
    GET,
    NOBODY,
    NOWHERE,
    SET,
    SPOILS,
    UNKNOWN,
    off_contract,
    sound,
    ticket,
)
from annexe5.campaign.verdicts import Bloque, EnAttente, NonApplicable, NonConforme
from annexe5.contract.rules import rule
from annexe5.messages.aide import judge_counters, judge_structure
from annexe5.messages.calls import Outcome
from annexe5.messages.contract import REQUEST, load_contract
from annexe5.messages.endpoint import Served
from annexe5.messages.judge import judge_message
from annexe5.messages.reading import read_body
from annexe5.parties.ticket_cycle import judge_states, load_ticket_cycle


@dataclass
class ServiceScene:
    """What a scenario holds of the web services; ``last`` is its last call."""

    bench: Bench
    scene: Scene
    record: ScenarioRecord
    service: str = "sav-2.1"
    tickets: list[str] = field(default_factory=list)
    last: Outcome | None = None
    states: list[tuple[Any, str]] = field(default_factory=list)
    row: Mapping[str, str] = field(default_factory=dict)
    notice: Served | None = None

    # --- the way there ---

    @property
    def services(self) -> ServiceBench:
        """The bench's way to the services."""
        if self.bench.services is None:
            raise NonApplicable("aucun service web n'est déclaré (services.urls du fichier cible).")
        return self.bench.services

    def use(self, service: str) -> None:
        """Speak to a service from now on; NonApplicable when the target does not declare it."""
        self.services.url(service)
        self.service = service

    @property
    def outcome(self) -> Outcome:
        """The last call."""
        if self.last is None:
            raise Bloque("aucun appel n'a été fait dans ce scénario.")
        return self.last

    def _told(self, called: Called) -> Outcome:
        """Keep a call, and stop the scenario when its reply breaks a clause."""
        self.last = called.outcome
        contents = (called.outcome.request, called.outcome.reply)
        for number, name, content in zip(called.exchanges, called.names, contents, strict=True):
            self.record.add_exchange(number)
            self.record.attach(name, content, "text/xml")
        self.record.judge(called.outcome.findings)
        return called.outcome

    # --- the contract of service ---

    def fetch_wsdl(self) -> None:
        """Fetch the WSDL and read it."""
        self.services.wsdl(self.service)

    def compare_wsdl(self) -> None:
        """Compare it with ours."""
        self.record.judge(self.services.differences(self.service))

    def both_channels(self) -> None:
        """See that http and https publish the same operations."""
        there = self.services.wsdl(self.service, self.services.other_scheme(self.service), other=True)
        if set(there.operations) != set(self.services.wsdl(self.service).operations):
            raise NonConforme("les deux canaux, http et https, ne publient pas les mêmes opérations")

    def operations(self, names: list[str]) -> None:
        """See that the WSDL binds the operations a clause names."""
        bound = self.services.wsdl(self.service).operations
        missing = [one for one in names if one not in bound]
        if missing:
            raise NonConforme(f"opérations absentes du WSDL : {', '.join(missing)}")

    # --- tickets ---

    def access(self) -> dict[str, str]:
        """Give the references of the scenario's access: one declared in service, or its order's as the OI gave them."""
        found: dict[str, str] = {}
        if self.row:
            return {
                name: self.row[column] for name, column in load_ticket_cycle().acces.items() if self.row.get(column)
            }
        for event in self.bench.events(self.scene.order.reference):
            for name, column in load_ticket_cycle().acces.items():
                if event.values.get(column):
                    found[name] = event.values[column]
        if not found:
            raise Bloque("l'OI n'a donné aucune référence de prestation ni de prise pour cette commande.")
        return found

    def open(self, process: str, access: Mapping[str, str] | None = None, *, key: str = "") -> Outcome:
        """Open a ticket of a process on an access, that of the scenario's order by default."""
        references = dict(access if access is not None else self.access())
        asked = ticket(references, process, key or self.bench.fresh_reference())
        outcome = self._told(self.services.call(self.service, CREATE, asked))
        if outcome.accepted:
            self.tickets.append(str(outcome.data["troubleTicketResponse"]["troubleTicketKey"]))
        return outcome

    def open_accepted(self, process: str) -> None:
        """Open a ticket that must be taken for the scenario to go on."""
        if not self.open(process).accepted:
            raise Bloque(f"l'OI a refusé le ticket : {self._refusal()}")

    def open_unknown(self) -> None:
        """Open a ticket on an access that nobody has."""
        self.open("reparation", {"commercialId": NOBODY})

    def open_again(self) -> None:
        """Open another ticket under the reference of the last one."""
        self._told(self.services.send(self.service, CREATE, self.outcome.request))

    def serve(self, role: str) -> None:
        """Take an access in service of the target's test data, each in its turn."""
        self.row = self.services.turn(role, self._declared(role))

    def change_unknown(self) -> None:
        """Change a ticket that does not exist."""
        self.call_operation(SET)

    def change(self, state: str = "", *, version: int | None = None, **fields: Any) -> Outcome:
        """Change the last ticket: a state asked for, a message, an appointment."""
        value: dict[str, Any] = {"troubleTicketKey": self.ticket, "troubleTicketState": state or self._last_state()}
        if version is not None:
            value["lastUpdateVersionNumber"] = version
        if fields:
            value["FTTHMUTTroubleTicket"] = fields
        data: dict[str, Any] = {"troubleTicketValue": value, "resyncRequired": version is not None}
        return self._told(self.services.call(self.service, SET, data))

    @property
    def ticket(self) -> str:
        """The key of the last ticket."""
        if not self.tickets:
            raise Bloque("aucun ticket n'a été ouvert dans ce scénario.")
        return self.tickets[-1]

    def _last_state(self) -> str:
        return self.states[-1][1] if self.states else "QUEUED"

    def read(self, key: str = "") -> Outcome:
        """Read a ticket, the last one by default; its states are kept for the oracle of the cycle."""
        asked: dict[str, Any] = {"troubleTicketKey": key or self.ticket, "attrNames": {}}
        outcome = self._told(self.services.call(self.service, GET, asked))
        if outcome.accepted and not key:
            self.states.append((outcome.at, str(outcome.data["troubleTicketValue"]["troubleTicketState"])))
            version = self.services.caller(self.service).contract.settings.version
            self.record.judge(judge_states(self.states, version, self.ticket))
        return outcome

    def await_state(self, *wanted: str) -> None:
        """Poll a ticket, at the pace, until it is in one of some states."""
        started = self.bench.clock()
        patience = timedelta(seconds=self.bench.target.campagne.patience_s)
        while True:
            outcome = self.read()
            if not outcome.accepted:
                raise NonConforme(f"le ticket {self.ticket} n'est plus consultable : {self._refusal()}")
            if self._last_state() in wanted:
                return
            if load_ticket_cycle().is_final(self._last_state()):
                raise NonConforme(
                    f"le ticket {self.ticket} a fini en {self._last_state()} ; {' ou '.join(wanted)} attendu"
                )
            if self.bench.clock() - started >= patience:
                raise EnAttente(f"ticket {self.ticket} en {self._last_state()} ; {' ou '.join(wanted)} attendu de l'OI")

    def stale_change(self) -> None:
        """Change a ticket as it was before somebody else changed it."""
        version = self._version()
        self.change(messageType="INFO", messageContent="PREMIER MESSAGE")
        self.change(version=version, messageType="INFO", messageContent="SECOND MESSAGE")

    def _version(self) -> int:
        self.read()
        self._accepted()
        version = self.outcome.data["troubleTicketValue"].get("lastUpdateVersionNumber")
        if not isinstance(version, int):
            raise NonApplicable("l'OI ne tient pas de lastUpdateVersionNumber : la resynchronisation n'a pas d'objet.")
        return version

    def ask_appointment(self) -> None:
        """Propose three moments."""
        morning = self.bench.clock().replace(hour=9, minute=0, second=0, microsecond=0)
        days = (1, 2, 3)
        offered: dict[str, Any] = {f"appointmentSuggestion{day}": morning + timedelta(days=day + 1) for day in days}
        self.change(messageType="DEMANDE RDV", **offered)

    def ticket_has(self, name: str, *values: str) -> None:
        """See that the ticket, read again, has a field; one of some values where they are given."""
        self.read()
        self._accepted()
        value = self.outcome.data["troubleTicketValue"]
        found = value.get(name, (value.get("FTTHMUTTroubleTicket") or {}).get(name))
        if found in (None, ""):
            raise NonConforme(f"le ticket {self.ticket} ne porte pas {name}")
        if values and str(found) not in values:
            raise NonConforme(f"{name} vaut « {found} » ; {' ou '.join(values)} attendu")

    # --- notices of planned works ---

    def listens(self) -> None:
        """Open the OC's port for notices."""
        self.services.notices()

    def announced(self) -> None:
        """Wait for a notice of works; an OI at hand is asked for one."""
        board, seen = self.services.notices(), self._notices
        if self.services.announce is not None:
            self.services.announce(board.url)
        started, patience = self.bench.clock(), timedelta(seconds=self.bench.target.campagne.patience_s)
        while len(board.served) <= seen:
            if self.bench.clock() - started >= patience:
                raise EnAttente(f"aucun avis de travaux n'est venu à {board.url} ; faites-en annoncer un par l'OI")
            self.bench.wait(self.bench.target.campagne.intervalle_s)
        self.notice = board.served[-1]
        wrong = judge_message(self.notice.request, self.notice.service, REQUEST, self.notice.operation)
        self._told(self.services.write_down(self.notice, tuple(wrong)))

    @property
    def _notices(self) -> int:
        """How many notices other scenarios have had; an OI that nobody can ask may have sent its own before."""
        board = self.services.notices()
        return len(board.served) if self.services.announce is not None else 0

    def notice_says(self, *names: str) -> None:
        """See that the notice of works has one of some fields; their names are assumed: a réserve at most."""
        ftth = self._noticed().get("FTTHMUTTroubleTicket") or {}
        if not any(ftth.get(name) for name in names):
            self.record.add_findings([rule("TICKET-TRAVAUX").finding(expected=" ou ".join(names))])

    def _noticed(self) -> Mapping[str, Any]:
        if self.notice is None:
            raise Bloque("aucun avis de travaux n'est venu dans ce scénario.")
        data, _ = read_body(load_contract(self.notice.service), self.notice.request, REQUEST, self.notice.operation)
        return data.get("troubleTicketValue") or {}

    def read_notice(self) -> None:
        """Find the notice again at the OI by its key."""
        key = str(self._noticed().get("troubleTicketKey") or "")
        if not key:
            raise NonApplicable("l'avis de travaux ne porte pas de clé : rien à consulter chez l'OI.")
        self.tickets.append(key)
        self.read()

    # --- order help ---

    def place(self, role: str) -> None:
        """Take an address of the target's test data, what the IPE says of it; looking it up uses nothing up."""
        self.row = self._declared(role)[0]

    def _declared(self, role: str) -> Sequence[Mapping[str, str]]:
        rows = self.bench.target.test_data.get(role, ())
        if not rows:
            raise Bloque(
                f"le fichier cible ne déclare aucune adresse pour le rôle « {role} » ; ajoutez [[test_data.{role}]]."
            )
        return rows

    def ask(self, method: str, concepts: dict[str, Any], *, oc: str | None = None) -> Outcome:
        """Ask the order help."""
        return self._told(self.services.ask(self.service, method, concepts, oc=oc))

    def ask_structure(self, referential: str) -> None:
        """Ask the structure of the address in one referential."""
        self.ask("structure", {"adresse": self._in(referential)})

    def _in(self, referential: str) -> dict[str, Any]:
        row = self.row
        place = {"numero": row["NumeroVoieImmeuble"] or "0"}
        if row.get("ComplementNumeroVoieImmeuble"):
            place["complement"] = row["ComplementNumeroVoieImmeuble"]
        street = {"code_insee": row["CodeInseeImmeuble"], "code_rivoli": row["CodeVoieRivoliImmeuble"]}
        known: dict[str, dict[str, Any]] = {
            "Hexaclé": {"hexacle": row["CodeAdresseImmeuble"]},
            "Rivoli": {"rivoli": {**street, **place}},
        }
        if referential in known:
            return known[referential]
        structure = self.ask("structure", {"adresse": known["Hexaclé"]}).data
        if referential == "identifiant d'immeuble":
            return {"identifiant_immeuble": structure["batiments"][0]["identifiant_immeuble"]}
        if referential == "Hexaclé voie":
            return {"hexacle_voie": {"code": structure["adresse"].get("hexacle_voie"), **place}}
        if referential == "prise":
            return {"reference_prise": row.get("ReferencePrise") or self._known_outlet(structure)}
        raise Bloque(f"référentiel inconnu de la suite : {referential}.")

    def _known_outlet(self, structure: dict[str, Any]) -> str:
        for line in _lines(structure):
            if line.get("reference_prise"):
                return str(line["reference_prise"])
        raise Bloque("aucune prise de référence connue à cette adresse : déclarez-en une dans les données d'essai.")

    def ask_unknown(self, method: str, referential: str = "") -> None:
        """Ask about something that does not exist; of a structure, in a referential."""
        self.ask(method, {"adresse": NOWHERE[referential]} if referential else UNKNOWN[method])

    def ask_buildings(self, referential: str) -> None:
        """Ask the buildings of the address in one referential."""
        self.ask("batiments", {"adresse": self._in(referential)})

    def ask_list(self, method: str) -> None:
        """Ask one of the lists for the address."""
        row = self.row
        street = {"code_insee": row["CodeInseeImmeuble"], "code_rivoli": row["CodeVoieRivoliImmeuble"]}
        asked: dict[str, dict[str, Any]] = {
            "communes": {"code_postal": row["CodePostalImmeuble"]},
            "voies": {"code_insee": row["CodeInseeImmeuble"]},
            "numeros": {"voie": street},
            "batiments": {"adresse": {"hexacle": row["CodeAdresseImmeuble"]}},
            "zone_arriere": {"reference_pm": row.get("ReferencePm", "")},
        }
        if method == "zone_arriere" and not row.get("ReferencePm"):
            raise Bloque("l'adresse déclarée n'a pas de ReferencePm : complétez les données d'essai.")
        self.ask(method, asked[method])

    def structure_agrees(self) -> None:
        """See that the structure agrees with what the IPE says of the address."""
        self._accepted()
        self.record.judge(judge_structure(self.outcome.data, self.row))

    def counters_agree(self) -> None:
        """See that each floor counts its lines."""
        self._accepted()
        self.record.judge(judge_counters(self.outcome.data))

    def outlet_shown(self) -> None:
        """See that the outlet of the address stands among its lines."""
        self._accepted()
        wanted = self.row["ReferencePrise"]
        shown = [str(one.get("reference_prise") or "") for one in _lines(self.outcome.data)]
        if wanted not in shown:
            raise NonConforme(f"la prise {wanted} n'est pas dans la structure rendue : {_some([*filter(None, shown)])}")

    def listed(self, listing: str, concept: str, column: str) -> None:
        """See that a list holds the value that the IPE gives."""
        self._accepted()
        held = [str(one.get(concept, "")) for one in self.outcome.data.get(listing, ())]
        if self.row[column] not in held:
            raise NonConforme(f"{self.row[column]} ({column} de l'IPE) absent de la liste rendue : {_some(held)}")

    # --- refusals and faults ---

    def accepted(self) -> None:
        """See that the service did what was asked."""
        self._accepted()

    def _accepted(self) -> None:
        if not self.outcome.accepted:
            raise NonConforme(f"{self.outcome.operation} refusé : {self._refusal()}")

    def refused(self, exception: str = "") -> None:
        """See that the service refused, by a typed exception where one is named."""
        refusal = self.outcome.refusal
        if self.outcome.accepted or refusal is None:
            raise NonConforme(f"{self.outcome.operation} accepté ; un refus était attendu")
        if exception and refusal.exception != exception:
            told = refusal.exception or "aucune exception typée"
            raise NonConforme(f"refus par {told} ; {exception} attendu")

    def _refusal(self) -> str:
        refusal = self.outcome.refusal
        return f"{refusal.code} {refusal.message}".strip() if refusal is not None else "réponse illisible"

    def send_spoilt(self, defect: str) -> None:
        """Send a request spoilt on purpose."""
        caller = self.services.caller(self.service)
        operation = GET if caller.contract.mapping is None else caller.contract.mapping.method("structure").operation
        good = sound(caller, operation)
        headers = {"SOAPAction": '"action inconnue"'} if defect == "d'une action inconnue" else None
        self._told(self.services.send(self.service, operation, SPOILS[defect](good), headers))

    def call_operation(self, operation: str) -> None:
        """Call an operation with a sound request."""
        self._told(self.services.send(self.service, operation, sound(self.services.caller(self.service), operation)))

    def call_off_contract(self, operation: str, defect: str) -> None:
        """Call an operation with a request that its schema refuses."""
        spoilt = off_contract(self.services.caller(self.service), operation, defect)
        self._told(self.services.send(self.service, operation, spoilt))

    def answers(self) -> None:
        """See that the service answered, or refused by a typed exception."""
        refusal = self.outcome.refusal
        if self.outcome.fault is not None and (refusal is None or not refusal.exception):
            raise NonConforme(f"{self.outcome.operation} refusé sans exception typée : {self._refusal()}")

    def accepts_surrounded(self) -> None:
        """See that a name around the quadrigramme is recognised; an OI that wants it alone gets a réserve."""
        if not self.outcome.accepted:
            found = rule("AIDE-OC-ENTOURE").finding(received=self._refusal())
            self.record.add_findings([found])

    def fault(self) -> None:
        """See that the service answered with a SOAP fault."""
        if self.outcome.fault is None:
            raise NonConforme(f"{self.outcome.operation} : une faute SOAP était attendue, la réponse n'en est pas une")


def _lines(structure: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for building in structure.get("batiments", ()):
        for staircase in building.get("escaliers", ()):
            for floor in staircase.get("etages", ()):
                yield from floor.get("lignes", ())


def _some(values: list[str]) -> str:
    shown = ", ".join(values[:8])
    return f"{shown} … ({len(values)} valeurs)" if len(values) > 8 else shown or "liste vide"  # noqa: PLR2004


@pytest.fixture
def services(bench: Bench, scene: Scene, scenario_record: ScenarioRecord) -> ServiceScene:
    """Give a scenario its scene in front of the web services."""
    return ServiceScene(bench, scene, scenario_record)
