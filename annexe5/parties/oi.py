"""The simulated OI, protocol ACCES 1.2 (annexe5.txt §3): a conversation without I/O; its PM desk is ``pm_oi``.

``receive`` takes a file the OI has just retrieved from IN and gives back the files it deposits in OUT;
``tick`` gives those whose hour has come. Time is that of the exchanges: nothing here reads a clock.
"""

from __future__ import annotations

import gc
import heapq
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, partial

from annexe5.contract.calendar import PARIS
from annexe5.contract.companions import read_companion
from annexe5.contract.names import FileName, build_name, judge_name, parse_name
from annexe5.contract.profile import Flow, FolderName, Profile
from annexe5.contract.rules import rule
from annexe5.exchange import Channel, Exchange
from annexe5.findings import Finding, Severity
from annexe5.network import Network, Route
from annexe5.orders.cycle import load_cycle
from annexe5.parties import answers
from annexe5.parties.answers import Row, stamp
from annexe5.parties.book import Book, Order
from annexe5.parties.decision import AT_AR, AT_CR, Case, decide
from annexe5.parties.defects import (
    Defect,
    apply_decision,
    apply_files,
    apply_more,
    apply_octets,
    apply_react,
    apply_read,
    apply_rows,
)
from annexe5.parties.incoming import ReadFile, ReadRow, read_file
from annexe5.parties.pace import Pace, moment
from annexe5.parties.pm_oi import PmOi, PmPace
from annexe5.tables import load_table, write_rows

Answer = tuple[str, str, Row]  # OC, flow, row
Action = Callable[[datetime], Iterable[Answer]]
_MODES = ("STOC", "OI", "OC")
_CUSTOMER = "FCLI"


@dataclass(frozen=True, slots=True)
class Incident:
    """A file or row the contract has no answer for: it goes to the exchange mailbox (MAIL-03), never lost."""

    at: datetime
    oc: str
    name: str
    findings: tuple[Finding, ...]


@dataclass
class OiTwin:
    """One OI and its orders; several OCs may speak to it, none sees another's."""

    network: Network
    profile: Profile
    oi: str
    arcep: str
    pace: Pace = field(default_factory=Pace)
    defects: Sequence[Defect] = ()
    book: Book = field(default_factory=Book)
    incidents: list[Incident] = field(default_factory=list)
    pm: PmOi | None = None
    _agenda: list[tuple[datetime, int, Action]] = field(default_factory=list)
    _rank: itertools.count[int] = field(default_factory=itertools.count)

    @cached_property
    def _handlers(self) -> Mapping[str, Callable[[Exchange, ReadFile], None]]:
        acces = {
            "Cmd_Acces": self._ordered,
            "CR_STOC": self._connected,
            "CR_MES_LigneFTTH": self._in_service,
            "Annul_Acces": self._cancelled,
        }
        return acces if self.pm is None else {**acces, **self.pm.handlers}

    def join_pm(self, pace: PmPace | None = None) -> PmOi:
        """Open the PM desk: it shares the network, the count of files and the defects."""
        made = tuple(one.pm for one in self.defects if one.pm is not None)
        self.pm = PmOi(
            self.network, self.profile, self.oi, self.arcep, self.book, self._incident, pace or PmPace(), made
        )
        self.__dict__.pop("_handlers", None)
        return self.pm

    @property
    def depose(self) -> tuple[str, ...]:
        """The folders of IN that it looks into."""
        return self._folders("depose_acces", "depose_pm")

    @property
    def retrait(self) -> tuple[str, ...]:
        """The folders of OUT that it fills."""
        return self._folders("retrait_acces", "retrait_pm")

    def _folders(self, acces: FolderName, pm: FolderName) -> tuple[str, ...]:
        names = (acces,) if self.pm is None else (acces, pm)
        return tuple(self.profile.folder(name, self.oi, self.arcep) for name in names)

    # --- the conversation ----------------------------------------------------------------------------------

    def receive(self, exchange: Exchange) -> list[Exchange]:
        """Take one file of an OC, and give every file due by then."""
        with _collector_at_rest():
            goes_with = read_companion(self.profile, exchange.name) if self.pm else None
            flow = self._recognise(exchange) if goes_with is None else None
            if goes_with is not None and self.pm is not None:
                self.pm.companion(exchange, goes_with)
            elif flow is not None:
                read = self._read(exchange.data, flow)
                if read.findings:
                    self._incident(exchange, read.findings)
                self._handlers[flow.nom](exchange, read)
                self._unasked(exchange, flow, read)
            return self.tick(exchange.at, exchange)

    def tick(self, now: datetime, cause: Exchange | None = None) -> list[Exchange]:
        """Give the files due by ``now``, one a flow and an OC, in flow-chart order."""
        due: dict[tuple[str, str], list[Row]] = defaultdict(list)
        while self._agenda and self._agenda[0][0] <= now:
            _, _, action = heapq.heappop(self._agenda)
            for oc, flow, row in apply_more(self.defects, action(now)):
                due[flow, oc].append(row)
        cycle = load_cycle()
        order = list(dict.fromkeys(event.flow for event in cycle.events.values()))
        files = [
            self._file(flow, oc, rows, now, cause)
            for flow, oc in sorted(due, key=lambda key: order.index(key[0]))
            if (rows := apply_rows(self.defects, flow, due[flow, oc]))
        ]
        return apply_files(self.defects, files) + (self.pm.tick(now) if self.pm else [])

    def _read(self, data: bytes, flow: Flow) -> ReadFile:
        read = read_file(apply_octets(self.defects, data), flow)
        if not any(one.read for one in self.defects):
            return read
        rows = (replace(row, values=apply_read(self.defects, flow.nom, row.values)) for row in read.rows)
        return replace(read, rows=tuple(rows))

    def _unasked(self, exchange: Exchange, flow: Flow, read: ReadFile) -> None:
        """Say what nobody asked for, where a defect does."""
        for row in read.rows if any(one.react for one in self.defects) else ():
            extra = [(exchange.sender, *one) for one in apply_react(self.defects, flow.nom, row.values)]
            if extra:
                self._later(exchange.at, lambda _, extra=extra: extra)  # type: ignore[misc]

    @property
    def next_due(self) -> datetime | None:
        """When the next files are due, if any are."""
        due = [self.orders_due] if self.orders_due else []
        if self.pm is not None and self.pm.next_due is not None:
            due.append(self.pm.next_due)
        return min(due, default=None)

    @property
    def orders_due(self) -> datetime | None:
        """When the next answer to an order is due, if one is: the PM desk's own calendar left aside."""
        return self._agenda[0][0] if self._agenda else None

    def _later(self, when: datetime, action: Action) -> None:
        heapq.heappush(self._agenda, (when, next(self._rank), action))

    # --- Cmd_Acces → AR → CR → Cmd_STOC ----------------------------------------------------------------------

    def _ordered(self, exchange: Exchange, read: ReadFile) -> None:
        here = exchange.at.astimezone(PARIS)
        # An order without a readable reference cannot be answered: the file's findings tell it (FIMP15 has no row).
        decided = [
            self._decide(exchange.sender, row, here)
            for row in read.rows
            if (reference := row.reference) and reference.isprintable()
        ]
        self._later(moment(exchange.at, self.pace.ar), partial(self._acknowledge, exchange.sender, decided))

    def _decide(self, oc: str, row: ReadRow, now: datetime) -> tuple[str, str, Case]:
        reference = row.reference
        day, repeated = now.astimezone(PARIS).date(), self.book.find(oc, reference) is not None
        case = Case(row.values, oc, self.network, self.book, day, row.missing, row.incoherent, repeated)
        code = apply_decision(self.defects, "AR", decide(case, AT_AR))
        if reference and not case.repeated:
            mode = case.get("TypeRacco").upper()
            order = Order(
                reference, oc, mode if mode in _MODES else "STOC", row.values.get("ReferencePrestationPm", "")
            )
            order.state, order.batiment = "REJETEE" if code else "AR_OK", case.batiment
            order.rdv, order.regime, order.hotline = case.rdv, case.regime, case.hotline
            self.book.add(order)
        return reference, code, case

    def _acknowledge(self, oc: str, decided: Sequence[tuple[str, str, Case]], at: datetime) -> Iterable[Answer]:
        date = stamp(at)
        accepted = [(reference, case) for reference, code, case in decided if not code]
        if accepted:
            self._later(moment(at, self.pace.cr), partial(self._assign, oc, accepted))
        return [(oc, "AR_Cmd_Acces", answers.ar(reference, code, date)) for reference, code, _ in decided]

    def _assign(self, oc: str, accepted: Sequence[tuple[str, Case]], at: datetime) -> Iterable[Answer]:
        """Give each accepted order its optical route, or say why there is none (ACC-05)."""
        date = stamp(at)
        routed = []
        for reference, case in accepted:
            order = self.book.orders[oc, reference]
            if order.state != "AR_OK":
                continue  # cancelled meanwhile
            code = apply_decision(self.defects, "CR", decide(case, AT_CR))
            if code:
                order.state = "CR_KO"
                yield oc, "CR_Cmd_Acces", answers.cr_ko(order, code, date)
                continue
            yield oc, "CR_Cmd_Acces", self._route(order, case, date)
            routed.append(order)
        if routed:
            self._later(moment(at, self.pace.stoc), partial(self._launch, routed))

    def _route(self, order: Order, case: Case, date: str) -> Row:
        assert case.ligne is not None and case.route is not None and case.pm is not None  # noqa: S101, PT018 -- FINT02 stands before
        order.ligne, order.groupe, order.state = case.ligne, case.route.groupe, "ROUTE"
        order.pto = case.ligne.reference_prise
        order.prestation = f"PRE{self.book.next('prestation'):09d}"
        self.book.groupes.add(case.route.groupe)
        self.book.lines[order.pto] = order.oc
        return answers.cr_ok(order, case.route, case.pm, date)

    def _route_of(self, order: Order) -> Route | None:
        """Give the route in force; drawn anew, so that an order that waits for weeks weighs little."""
        if order.ligne is None or order.groupe is None:
            return None
        return self.network.route_on(order.ligne, order.oc, order.groupe)

    def _launch(self, orders: Sequence[Order], at: datetime) -> Iterable[Answer]:
        """Start the connection: by the OC under a work order (STOC), by the OI itself, or by the OC alone."""
        date = stamp(at)
        launched = [order for order in orders if order.state == "ROUTE"]
        for order in launched:
            if order.mode == "STOC":
                order.state, order.work_order = "STOC", f"ST{self.book.next('stoc'):09d}"
                yield order.oc, "Cmd_STOC", answers.cmd_stoc(order, date)
        self._later(moment(at, self.pace.intervention), partial(self._visits, launched))

    def _visits(self, orders: Sequence[Order], at: datetime) -> Iterable[Answer]:
        for order in orders:
            yield from self._visit(order, at)

    def _visit(self, order: Order, at: datetime) -> Iterable[Answer]:
        """Be on site: routes change (ACC-06, ACC-08); in OI mode the line is connected, or fails (ACC-14, ACC-18)."""
        ligne = order.ligne
        if ligne is None or order.state in ("ANNULEE", "RESILIEE"):
            return
        if order.hotline and not ligne.terrain:  # a hotline that nobody answers resolves nothing (FINT03)
            yield self._reprovision(order, "CHAUD", "COMMANDE HOTLINE", at)
        elif ligne.reprov in ("chaud", "travaux"):
            motive = "FIBRE OCCUPEE" if ligne.reprov == "chaud" else "TRAVAUX PROGRAMMES"
            yield self._reprovision(order, ligne.reprov.upper(), motive, at)
        if order.mode == "STOC":
            return
        if order.mode == "OI" and ligne.terrain:
            order.state = "RACC_KO"
            yield order.oc, "Notif_Racc_Ko", answers.notif_racc_ko(order, ligne.terrain, stamp(at))
            if not ligne.terrain.startswith(_CUSTOMER):
                self._later(moment(at, self.pace.mad), partial(self._refuse, order, ligne.terrain))
            return
        self._later(moment(at, self.pace.mad), partial(self._make_available, order))

    def _repair(self, order: Order, at: datetime) -> Iterable[Answer]:
        """Give a sound route after a failed connection (cold reprovisioning)."""
        yield self._reprovision(order, "FROID", "FIBRE HS", at)

    def _reprovision(self, order: Order, kind: str, motive: str, at: datetime) -> Answer:
        assert order.ligne is not None and order.batiment is not None  # noqa: S101, PT018 -- the order has a route
        pm, route = order.batiment.pm, self._route_of(order)
        assert pm is not None and route is not None  # noqa: S101, PT018 -- the order has a route
        if not order.hotline:
            free = self.network.free_route(order.ligne, order.oc, self.book.groupes)
            if free is not None:
                self.book.groupes.discard(route.groupe)
                self.book.groupes.add(free.groupe)
                order.groupe, route = free.groupe, free
        order.hotline, order.reprovisioned = False, True
        return (
            order.oc,
            "Notif_Reprov",
            answers.notif_reprov(order, route, pm, kind=kind, motive=motive, date=stamp(at)),
        )

    # --- CR_STOC → CR_MAD → CR_MES ---------------------------------------------------------------------------

    def _connected(self, exchange: Exchange, read: ReadFile) -> None:
        for row in read.rows:
            order = self.book.find(exchange.sender, row.reference)
            done = row.get("CrRaccordementPrise").upper() == "OK"
            if order is None or order.state not in ("STOC", "RACC_KO"):
                self._out_of_turn(exchange, row, "CR_STOC_OK" if done else "CR_STOC_KO", order)
            elif row.missing or row.incoherent or row.get("ReferenceCommandeSousTraitantOI") != order.work_order:
                code = apply_decision(self.defects, "MAD", "FIMP15" if row.missing else "FIMP16")
                then = partial(self._refuse, order, code) if code else partial(self._make_available, order)
                self._later(moment(exchange.at, self.pace.mad), then)
            elif done:
                order.state = "RACC_OK"
                self._later(moment(exchange.at, self.pace.mad), partial(self._make_available, order))
            else:
                self._failed(order, exchange.at)

    def _failed(self, order: Order, at: datetime) -> None:
        order.state = "RACC_KO"
        cold = order.hotline or (order.ligne is not None and order.ligne.reprov == "froid")
        if cold and not order.reprovisioned:
            self._later(moment(at, self.pace.intervention), partial(self._repair, order))

    def _make_available(self, order: Order, at: datetime) -> Iterable[Answer]:
        if order.state in ("ANNULEE", "RESILIEE"):
            return
        order.state = "MAD"
        pm = order.batiment.pm if order.batiment else None
        yield order.oc, "CR_MAD_LigneFTTH", answers.cr_mad(order, self._route_of(order), pm, "", stamp(at))

    def _refuse(self, order: Order, code: str, at: datetime) -> Iterable[Answer]:
        if order.mode != "STOC":
            order.state = "MAD_KO"
        yield order.oc, "CR_MAD_LigneFTTH", answers.cr_mad(order, None, None, code, stamp(at))

    def _in_service(self, exchange: Exchange, read: ReadFile) -> None:
        for row in read.rows:
            order = self.book.find(exchange.sender, row.reference)
            if order is None or order.state != "MAD":
                self._out_of_turn(exchange, row, "MES", order)
            else:
                order.state = "EN_SERVICE"

    # --- Annul_Acces → CR_Annulation_Acces ---------------------------------------------------------------------

    def _cancelled(self, exchange: Exchange, read: ReadFile) -> None:
        decided = [self._cancel(exchange.sender, row) for row in read.rows]
        self._later(
            moment(exchange.at, self.pace.annulation),
            partial(self._answer_cancellations, exchange.sender, decided),
        )

    def _answer_cancellations(self, oc: str, decided: Sequence[tuple[str, str, str]], at: datetime) -> Iterable[Answer]:
        for reference, kind, code in decided:
            yield oc, "CR_Annulation_Acces", answers.cr_annulation(reference, kind, code, stamp(at))

    def _cancel(self, oc: str, row: ReadRow) -> tuple[str, str, str]:
        order = self.book.find(oc, row.reference)
        if row.missing:
            return row.reference, "", "FIMP15"
        if order is None:
            return row.reference, "", "FIMP14"
        if row.incoherent or order.state in ("REJETEE", "ANNULEE", "RESILIEE"):
            return row.reference, "", "FIMP16"
        kind = "RESIL" if order.state in ("MAD", "EN_SERVICE") else "ANNUL"
        order.state = "RESILIEE" if kind == "RESIL" else "ANNULEE"
        self.book.release(order)
        return row.reference, kind, ""

    # --- what has no answer ----------------------------------------------------------------------------------

    def _recognise(self, exchange: Exchange) -> Flow | None:
        """Name the flow of a file; what cannot be taken is an incident."""
        found = judge_name(self.profile, exchange.name, oi=self.oi, oc=exchange.sender)
        used = (exchange.sender, exchange.name)
        findings = list(found.findings)
        flow = self.profile.flow(found.flow) if found.flow else None
        if flow is not None and used in self.book.names:
            findings += judge_name(self.profile, exchange.name, used=[exchange.name]).findings
        self.book.names.add(used)
        due = self.profile.folder(flow.dossier, self.oi, self.arcep) if flow else exchange.folder
        if exchange.folder and exchange.folder != due:
            findings.append(rule("DOS-FLUX").finding(received=exchange.folder, expected=due))
        if findings:
            self._incident(exchange, findings)
        refused = {"NOM-CODE-OPERATEUR", "DOS-FLUX"} & {one.rule for one in findings}
        if flow is None or refused or flow.nom not in self._handlers:
            return None
        return flow

    def _out_of_turn(self, exchange: Exchange, row: ReadRow, event: str, order: Order | None) -> None:
        state = load_cycle().states[order.state if order else "INCONNUE"]
        ident = "CYC-ORDRE" if order else "CYC-REFERENCE-INCONNUE"
        expected = ", ".join(load_cycle().possible(order.state, order.mode)) if order else "une commande existante"
        finding = rule(ident).finding(
            path=exchange.name, line=row.line, received=event, expected=expected,
            order=row.reference, state=state.fr, state_en=state.en,
        )  # fmt: skip
        self._incident(exchange, [finding])

    def _incident(self, exchange: Exchange, findings: Iterable[Finding]) -> None:
        kept = tuple(one.at(exchange.name) for one in findings if one.severity is not Severity.INFO)
        if kept:
            self.incidents.append(Incident(exchange.at, exchange.sender, exchange.name, kept))

    # --- files out ---------------------------------------------------------------------------------------------

    def resume_after(self, name: FileName, oc: str) -> None:
        """Go on counting after a file that is in OUT already."""
        counter = f"{oc if 'oc' in name.fields else ''}/{name.flow}/{name.fields['date']}"
        self.book.counters[counter] = max(self.book.counters.get(counter, 0), int(name.fields["seq"]))

    def renamed(self, exchange: Exchange) -> Exchange:
        """Give the same file under the next free number."""
        read = parse_name(self.profile, exchange.name)
        if read is None:
            return exchange
        places = {place: read.fields[place] for place in ("pm", "insee") if place in read.fields}
        return replace(exchange, name=self._name(read.flow, exchange.receiver, exchange.at, **places))

    def _name(self, flow: str, oc: str, now: datetime, **places: str) -> str:
        day = now.astimezone(PARIS).date()
        number = self.book.next(f"{oc}/{flow}/{day:%Y%m%d}")
        return build_name(self.profile, flow, oi=self.oi, oc=oc, date=day, seq=number, **places)

    def _file(self, flow: str, oc: str, rows: list[Row], now: datetime, cause: Exchange | None) -> Exchange:
        return Exchange(
            at=now,
            channel=cause.channel if cause else Channel.SFTP,
            sender=self.oi,
            receiver=oc,
            name=self._name(flow, oc, now),
            folder=self.profile.folder(self.profile.flow(flow).dossier, self.oi, self.arcep),
            data=write_rows(load_table(flow), rows),
        )


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Let no cyclic collection start while a file is answered.

    Rows by the thousand live for a moment and hold no cycle, yet each few hundred of them would have the collector
    walk the whole network: a fifth of the time, measured on 10,000 orders.
    """
    at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if at_work:
            gc.enable()
