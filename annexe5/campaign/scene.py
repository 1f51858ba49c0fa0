"""One scenario played by the bench in the OC's chair: what the steps of ``features/acces`` say, in verbs.

A scene holds the orders of its scenario and nothing else; every wait, name and judgement is the bench's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from annexe5.campaign.bench import Bench, Placed, Row
from annexe5.campaign.memory import MARK, Memory, once
from annexe5.campaign.observe import KEY, Observation
from annexe5.campaign.verdicts import EnAttente, NonApplicable, NonConforme
from annexe5.contract.calendar import PARIS
from annexe5.contract.rejects import load_rejects, read_motive
from annexe5.contract.rules import rule
from annexe5.exchange import Channel
from annexe5.findings import Finding, Severity
from annexe5.messages.letters import ODD_LETTERS
from annexe5.orders import Event, load_cycle
from annexe5.parties.answers import HOTLINE
from annexe5.tables import load_table, write_rows

_MOTIVES = {
    "AR_Cmd_Acces": "MotifKoArCommandePrise", "CR_Cmd_Acces": "MotifKoCrCommandePrise",
    "CR_MAD_LigneFTTH": "MotifKoMadLigne", "CR_Annulation_Acces": "MotifKoCrAnnResCommandePrise",
    "Notif_Racc_Ko": "MotifKoRaccordementPrise",
}  # fmt: skip
_ROUTED = ("CR_OK", "CR_HOTLINE")


@dataclass
class Scene:
    """The orders of one scenario, the first observation that is its own, and what its steps have heard."""

    bench: Bench
    orders: list[Placed] = field(default_factory=list)
    sent: list[Observation] = field(default_factory=list)
    route: Event | None = None
    answer: Event | None = None
    start: int = 0
    judged: list[Finding] = field(default_factory=list)
    _heard: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.start = len(self.bench.observations)

    @property
    def memory(self) -> Memory:
        """What the campaign remembers of this scenario."""
        return self.bench.memory

    # --- preparing -----------------------------------------------------------------------------------------

    def prepare(self, role: str, count: int = 1) -> None:
        """Fill orders for addresses that play a role."""
        for _ in range(count):
            order = self.bench.prepare(role)
            mode = order.row.get("TypeRacco", "STOC")
            if mode not in self.bench.target.capacites.modes and mode in ("STOC", "OI", "OC"):
                raise NonApplicable(f"le fichier cible ne déclare pas le mode {mode} (capacites.modes).")
            self.orders.append(order)

    def change(self, column: str, value: str) -> None:
        """Say something else in a column of the last order."""
        self.order.row[column] = value

    def upper(self) -> None:
        """Say every column of the last order in capitals (ACC-02)."""
        self.order.row.update({column: value.upper() for column, value in self.order.row.items()})

    def unknown_order(self) -> None:
        """Speak of an order that was never placed."""
        order = self.bench.prepare("eligible")
        self.orders.append(order)

    @property
    def order(self) -> Placed:
        """The last order."""
        return self.orders[-1]

    # --- what the OC does ------------------------------------------------------------------------------------

    def place(self, orders: Sequence[Placed] | None = None, **options: str) -> None:
        """Deposit orders in one file."""
        self._send("Cmd_Acces", [one.row for one in orders or [self.order]], **options)

    def place_again(self) -> None:
        """Deposit the last order anew under another reference, its address and appointment the same."""
        self.orders.append(self.bench.renew(self.order))
        self.place()

    def place_all(self) -> None:
        """Deposit every order of the scenario in one file."""
        self.place(self.orders)

    def place_twice(self) -> None:
        """Deposit the same order twice in one file."""
        self.place([self.order, self.order])

    def report(self, outcome: str, *, code: str = "", work_order: str = "") -> None:
        """Send the CR_STOC of the last order."""
        stoc = self._hear("CMD_STOC", fresh=False)
        done = outcome == "OK"
        pto = self._route_now().values.get("ReferencePrise", "")
        self._send(
            "CR_STOC",
            [
                self._row("CR_STOC")
                | {
                    "ReferencePrestationPrise": stoc.values.get("ReferencePrestationPrise", ""),
                    "ReferenceCommandeSousTraitantOI": work_order
                    or stoc.values.get("ReferenceCommandeSousTraitantOI", ""),
                    "CrRaccordementPrise": outcome,
                    "MotifKoCrRaccordementPrise": code,
                    "ReferencePrise": pto if done and pto != HOTLINE else "",
                    "DateRaccordementPrise": self._now() if done else "",
                    "PrisePosee": "OUI" if done else "NON",
                    "Commentaire": load_rejects()[code].label if code else "",
                }
            ],
        )

    def in_service(self) -> None:
        """Send the CR_MES of the last order."""
        mad = self._hear("MAD_OK", fresh=False)
        self._send(
            "CR_MES_LigneFTTH",
            [
                self._row("CR_MES_LigneFTTH")
                | {
                    "ReferencePrestationPrise": self._prestation(),
                    "DateMiseEnService": self._now(),
                    "ReferencePrise": mad.values.get("ReferencePrise", ""),
                }
            ],
        )
        self.bench.settle()

    def cancel(self, *, without: str = "") -> None:
        """Send the Annul_Acces of the last order."""
        self._send(
            "Annul_Acces",
            [
                self._row("Annul_Acces")
                | {
                    "IdRdv": self.order.row.get("IdRdv", ""),
                    "ReferencePrise": self.order.row.get("ReferencePrise", ""),
                    "ReferencePrestationPrise": self._prestation() or "INCONNUE",
                    "DateAnnulation": self._now(),
                    "ResponsabiliteAnnulationCommandePrise": "OC",
                }
                | ({without: ""} if without else {})
            ],
        )

    def deposit_odd(self, kind: str) -> None:
        """Deposit a file that no OI can take, of one of the kinds of ``ODD_FILES``."""
        order = self.bench.prepare("eligible")
        content = write_rows(load_table("Cmd_Acces"), [order.row])
        name = self.bench.name("Cmd_Acces")
        codes = self.bench.target.codes
        name, content = ODD_FILES[kind](name, content, codes.oc)
        self._send("Cmd_Acces", [], name=name, data=content, owed=False)

    def _send(self, flow: str, rows: Iterable[Mapping[str, str]], **options: object) -> None:
        self.sent.append(self.bench.send(flow, rows, **options))  # type: ignore[arg-type]

    def _row(self, flow: str) -> Row:
        return dict.fromkeys(load_table(flow).names, "") | {KEY: self.order.reference}

    def _now(self) -> str:
        return self.bench.clock().astimezone(PARIS).strftime("%Y%m%d %H:%M")

    def _prestation(self) -> str:
        routed = [event for event in self.bench.events(self.order.reference) if event.kind in _ROUTED]
        return routed[-1].values.get("ReferencePrestationPrise", "") if routed else ""

    def _route_now(self) -> Event:
        routes = [event for event in self.bench.events(self.order.reference) if event.kind in (*_ROUTED, "REPROV")]
        return routes[-1] if routes else self._hear("CR_OK", "CR_HOTLINE", fresh=False)

    # --- what the OI answers -----------------------------------------------------------------------------------

    def hear(self, *kinds: str, instead: Sequence[str] = ()) -> Event:
        """Wait for an answer about the last order; ``instead`` are the outcomes that would be wrong."""
        event = self._hear(*kinds, *instead)
        if event.kind in instead:
            raise NonConforme(self._wrong_outcome(event, kinds))
        self.answer = event
        return event

    def _hear(self, *kinds: str, fresh: bool = True) -> Event:
        """Give the next event of some kinds; ``fresh`` skips those a step of this scenario has heard."""
        event = self.bench.await_event(self.order.reference, *kinds, heard=self._heard if fresh else ())
        self._heard.add((event.file, event.line))
        return event

    def acknowledged(self) -> None:
        """Wait for AR OK."""
        self.hear("AR_OK", instead=["AR_KO"])

    def all_acknowledged(self, count: int | None = None) -> None:
        """Wait for the AR OK of every order, or of the first ``count``; name all those that lack it."""
        missing: list[Finding] = []
        for order in self.orders[:count]:
            try:
                self.bench.await_event(order.reference, "AR_OK")
            except NonConforme as wrong:
                missing += wrong.findings
        if missing:
            raise NonConforme(missing)

    def all_routed(self) -> None:
        """Wait for the route of every order; no two may share one."""
        routes: dict[tuple[str, ...], str] = {}
        for order in self.orders:
            event = self.bench.await_event(order.reference, "CR_OK")
            key = tuple(value for name, value in event.values.items() if name.endswith("N°1"))
            if key in routes:
                raise NonConforme(f"les commandes {routes[key]} et {order.reference} ont reçu la même route optique")
            routes[key] = order.reference

    def rejected_at_ar(self, code: str) -> None:
        """Wait for AR KO under a code."""
        event = self.hear("AR_KO", instead=["AR_OK"])
        self._motive(event, code)

    def slot_freed(self) -> None:
        """See that an appointment set free serves again; a reserve otherwise, the contract has no tab for it."""
        self._allowed("RDV-LIBERE", "AR_OK", "AR_KO")

    def taken_over(self) -> None:
        """See that a line active with another OC is given on its outlet; a reserve otherwise."""
        if self._allowed("ECRASEMENT-REPRISE", "CR_OK", "AR_KO", "CR_KO", "CR_HOTLINE"):
            self.holds("ReferencePrise", self.order.row["ReferencePrise"])

    def _allowed(self, ident: str, wanted: str, *others: str) -> bool:
        """Hear an outcome that the contract lets be otherwise: what differs is told, and refuses nothing."""
        event = self._hear(wanted, *others)
        self.answer = event
        if event.kind == wanted:
            return True
        motive = event.values.get(_MOTIVES[event.flow], "")
        self.judged.append(
            rule(ident).finding(
                path=event.file, line=event.line, received=f"{event.kind} {motive}".strip(), expected=wanted,
                order=event.reference,
            )
        )  # fmt: skip
        return False

    def repeated_rejected(self, code: str) -> None:
        """Wait for the AR KO of a reference that has served; the order it opened first lives on."""
        self._motive(self.hear("AR_KO"), code)

    def routed(self) -> None:
        """Wait for CR OK with a route."""
        self.route = self.hear("CR_OK", instead=["CR_KO", "CR_HOTLINE"])

    def refused_at_cr(self, code: str) -> None:
        """Wait for CR KO under a code."""
        self._motive(self.hear("CR_KO", instead=["CR_OK", "CR_HOTLINE"]), code)

    def hotline(self) -> None:
        """Wait for a Hotline CR."""
        if not self.bench.target.capacites.hotline:
            raise NonApplicable("le fichier cible ne déclare pas la hotline (capacites.hotline).")
        self.route = self.hear("CR_HOTLINE", instead=["CR_KO", "CR_OK"])

    def work_order(self) -> None:
        """Wait for Cmd_STOC."""
        self.hear("CMD_STOC")

    def reprovisioned(self) -> None:
        """Wait for Notif_Reprov."""
        self.hear("REPROV")

    def made_available(self) -> None:
        """Wait for CR_MAD OK."""
        self.hear("MAD_OK", instead=["MAD_KO"])

    def connection_failed(self, code: str) -> None:
        """Wait for Notif_Racc_Ko under a code."""
        self._motive(self.hear("RACC_KO", instead=["MAD_OK"]), code)

    def cancelled(self, kind: str) -> None:
        """Wait for CR_Annulation_Acces, typed."""
        other = {"ANNUL": "RESIL", "RESIL": "ANNUL"}[kind]
        self.hear(f"CR_ANNUL_{kind}", instead=[f"CR_ANNUL_{other}", "CR_ANNUL_KO"])

    def cancellation_refused(self, code: str) -> None:
        """Wait for CR_Annulation_Acces KO under a code."""
        self._motive(self.hear("CR_ANNUL_KO", instead=["CR_ANNUL_ANNUL", "CR_ANNUL_RESIL"]), code)

    @once
    def never(self, *kinds: str) -> None:
        """See that nothing of some kinds comes."""
        self.bench.settle()
        events = self.bench.events(self.order.reference)
        for event in events:
            if event.kind in kinds:
                raise NonConforme(self._wrong_outcome(event, ["rien"]))
        self._quiet(events)

    def never_sends(self, flow: str) -> None:
        """See that no file of a flow speaks of the last order."""
        self.never(*(event.id for event in load_cycle().events.values() if event.flow == flow))

    @once
    def silence(self) -> None:
        """See that nothing more comes about the last order."""
        before = self.memory.recall(MARK, lambda: len(self.bench.events(self.order.reference)))
        self.bench.settle()
        after = self.bench.events(self.order.reference)
        if len(after) > before:
            raise NonConforme(self._wrong_outcome(after[-1], ["rien"]))
        self._quiet(after)

    def _quiet(self, events: Sequence[Event]) -> None:
        if events:
            self.bench.quiet(max(event.at for event in events))

    # --- what the answer must hold -------------------------------------------------------------------------------

    def holds(self, column: str, *values: str) -> None:
        """See that a column of the last answer holds one of some values."""
        event = self._answered()
        held = event.values.get(column, "").strip()
        if held not in values:
            raise NonConforme(
                f"commande {event.reference}, {event.file}:{event.line}:{column} : « {held} » au lieu de "
                f"« {' ou '.join(values)} »"
            )

    def filled(self, column: str) -> None:
        """See that a column of the last answer is filled."""
        event = self._answered()
        if not event.values.get(column, "").strip():
            raise NonConforme(f"commande {event.reference}, {event.file}:{event.line} : {column} est vide")

    def holds_route_outlet(self) -> None:
        """See that the outlet of the last answer is that of the route in force."""
        routes = [event for event in self.bench.events(self.order.reference) if event.kind in ("CR_OK", "REPROV")]
        self.holds("ReferencePrise", routes[-1].values.get("ReferencePrise", "") if routes else "")

    def true_outlet(self) -> None:
        """See that the last answer names a true outlet."""
        self.filled("ReferencePrise")
        if self._answered().values["ReferencePrise"].strip().upper() == HOTLINE:
            self.holds("ReferencePrise", "une vraie référence de prise")

    def other_route(self) -> None:
        """See that the last answer's route is not that of the CR."""
        event, first = self._answered(), self.route or self._hear("CR_OK", "CR_HOTLINE", fresh=False)
        names = [name for name in event.values if "N°" in name or name == "ReferencePrise"]
        if all(event.values.get(name) == first.values.get(name) for name in names):
            raise NonConforme(f"commande {event.reference} : le Notif_Reprov répète la route du CR")

    def in_time(self, delay: str) -> None:
        """See that a deadline was not missed for the last order; one that only qualifies is told with the order."""
        entry = self.bench.profile.delay(delay)
        late = [
            one
            for one in self.bench.judge([self.order.reference])[self.order.reference].findings
            if one.rule.startswith("CYC-DELAI") and one.requirement == entry.requirement
        ]
        if any(one.severity is Severity.ERROR for one in late):
            raise NonConforme(late)

    @once
    def state_is(self, label: str) -> None:
        """See that the life of the last order has come to a state."""
        self.bench.settle()
        judged = self.bench.judge([self.order.reference])[self.order.reference]
        state = load_cycle().states[judged.state].fr
        if state != label and judged.awaited and not self.bench.is_absent(judged.awaited[0].since):
            owed = judged.awaited[0]
            flow = load_cycle().events[owed.by[0]].flow
            raise EnAttente(
                f"commande {self.order.reference} : {flow} de l'OI",
                owed.until,
                late=owed.late,
                awaits=f"OI : {flow}",
            )
        if state != label:
            raise NonConforme(f"commande {self.order.reference} : « {state} » au lieu de « {label} »")

    # --- files -------------------------------------------------------------------------------------------------

    def files(self) -> list[Observation]:
        """Give the files of the OI seen since the scenario began that speak of its orders, or of nothing known."""
        mine = {one.reference for one in self.orders}
        oi = self.bench.target.codes.oi
        return [
            one
            for index, one in enumerate(self.bench.observations)
            if one.exchange.sender == oi and not one.speaks_pm(self.bench.profile)
            if any(event.reference in mine for event in one.events) or (index >= self.start and not one.events)
        ]

    def no_finding(self, *families: str) -> None:
        """See that no file received breaks a rule of some families (``NOM``, ``DOS`` …; none: all but those)."""
        found = [finding for one in self.files() for finding in one.findings if finding.severity is Severity.ERROR]
        if families:
            found = [finding for finding in found if finding.rule.startswith(families)]
        if found:
            raise NonConforme(found)
        if not self.files():
            raise NonConforme("l'OI n'a envoyé aucun fichier pour cette commande")

    @once
    def taken(self) -> None:
        """See that the OI has deleted from IN what it retrieved (TRA-10)."""
        last = self.sent[-1].exchange
        if self.bench.waiting_in(last.folder, last.name):
            self.bench.quiet(last.at)
            raise NonConforme(rule("TRA-RESTE").finding(path=last.name, received=last.name, expected=last.folder))

    def waits_in_out(self) -> None:
        """See that an answer stays in OUT until the OC collects it (TRA-10)."""
        self._stays_in_out()
        self.bench.await_event(self.order.reference, "AR_OK", "AR_KO")

    @once
    def _stays_in_out(self) -> None:
        self.bench.answer_waits(self.order.reference)

    # --- by mail -----------------------------------------------------------------------------------------------

    def mail_order(self, kind: str = "", *, owed: bool = True, mailbox: str = "") -> None:
        """Send the last order by mail, written as ``kind`` says, to the mailbox of its flow or to another."""
        boxes = self.bench.post.boxes if self.bench.post else None
        to = {"échange": boxes.echange, "PM": boxes.pm}.get(mailbox, "") if boxes else ""
        if kind in ODD_LETTERS:
            owed = False
        self._send("Cmd_Acces", [self.order.row], letter=kind, owed=owed, mailbox=to)

    def letters(self) -> list[Observation]:
        """Give the messages of the OI about the orders of the scenario, or about none."""
        return [one for one in self.files() if one.exchange.channel is Channel.MAIL]

    def letters_conform(self) -> None:
        """See that what the OI sent by mail is written as the contract says."""
        self.bench.settle()
        if not self.letters():
            raise NonApplicable("l'OI a répondu par le serveur de fichiers, pas par courriel.")
        found = [one for letter in self.letters() for one in letter.findings if one.severity is Severity.ERROR]
        if found:
            raise NonConforme(found)

    def no_free_letter(self) -> None:
        """See that nothing but flows came into the mailbox of the flows (MAIL-03)."""
        self.bench.settle()
        found = [one for letter in self.letters() for one in letter.findings if one.rule == "MAIL-HORS-FLUX"]
        if found:
            raise NonConforme(found)

    def not_in_clear(self) -> None:
        """See that nobody on the way reads passwords and files; a clear channel is told, and refuses nothing."""
        self.judged += self.bench.loose

    # --- telling -------------------------------------------------------------------------------------------------

    def _answered(self) -> Event:
        if self.answer is None:
            raise NonConforme("aucune réponse n'a été entendue avant cette étape")
        return self.answer

    def _motive(self, event: Event, code: str) -> None:
        """Judge a rejection on its code; a label that drifts is a reserve, recorded by the table's judge."""
        column = _MOTIVES[event.flow]
        given, _ = read_motive(event.values.get(column, ""))
        if given != code:
            raise NonConforme(
                rule("REJ-CODE").finding(
                    path=event.file, line=event.line, column=column, received=event.values.get(column, ""),
                    expected=code, order=event.reference, label=load_rejects()[code].label,
                )
            )  # fmt: skip

    def _wrong_outcome(self, event: Event, expected: Sequence[str]) -> Finding:
        motive = event.values.get(_MOTIVES.get(event.flow, ""), "")
        step = next((one for one in load_cycle().transitions if one.event == expected[0]), None)
        return rule("REJ-ISSUE").finding(
            path=event.file, line=event.line, received=f"{event.kind} {motive}".strip(),
            expected=" ou ".join(expected), order=event.reference, requirement=step.requirement if step else "ACC-16",
        )  # fmt: skip


def _encoded(encoding: str) -> Callable[[str, bytes, str], tuple[str, bytes]]:
    return lambda name, data, _: (name, data.decode("utf-8").encode(encoding))


ODD_FILES: Mapping[str, Callable[[str, bytes, str], tuple[str, bytes]]] = {
    "vide": lambda name, _, __: (name, b""),
    "en-tête seule": lambda name, data, _: (name, data.splitlines(keepends=True)[0]),
    "séparé par des virgules": lambda name, data, _: (name, data.replace(b";", b",")),
    "en UTF-16": _encoded("utf-16"),
    "avec un octet nul": lambda name, data, _: (name, data + b"\0"),
    "au nom inconnu": lambda name, data, _: ("A5_" + name.partition("_")[2], data),
    "au nom d'un autre OC": lambda name, data, oc: (name.replace(f"_{oc}_", "_AUTR_"), data),
}
