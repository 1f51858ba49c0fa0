"""The simulated OC, protocol ACCES 1.2 (annexe5.txt §3): a conversation without I/O.

``act`` takes what the world asks of the OC (a customer orders, the technician is done …), ``receive`` a file that the
OC has just retrieved from OUT; each gives the files it deposits in IN, and ``tick`` those whose hour has come. The life
of an order is that of ``life_cycle.toml``: what the automaton does not expect is kept aside and never acted upon.
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

from annexe5.contract.calendar import PARIS
from annexe5.contract.names import build_name, judge_name, parse_name
from annexe5.contract.profile import Flow, Profile
from annexe5.contract.rules import rule
from annexe5.errors import UsageError
from annexe5.exchange import Channel, Exchange
from annexe5.findings import Finding, Severity
from annexe5.orders.cycle import load_cycle
from annexe5.parties import oc_rows
from annexe5.parties.answers import HOTLINE, stamp
from annexe5.parties.incoming import ReadRow, read_file
from annexe5.parties.oc_defects import (
    Habits,
    OcDefect,
    habits_of,
    pm_habits_of,
    spoil_files,
    spoil_pm_files,
    spoil_rows,
)
from annexe5.parties.oc_rows import KEY, OcOrder, Row
from annexe5.parties.oc_services import TICKET_ACTIONS
from annexe5.parties.oi import Incident
from annexe5.parties.pm_oc import PM_ACTIONS, PmAsked, PmOc
from annexe5.tables import load_table, write_rows

ACTIONS = ("commander", "raccorder", "mettre_en_service", "annuler")
"""What the world may ask an OC to do by files; ``TICKET_ACTIONS`` are those of the web services."""
_REPORTABLE = ("STOC", "RACC_KO")
_BROKEN = ("OCT-", "STR-")  # bytes and structure: where one cell begins is then anybody's guess


@dataclass(frozen=True, slots=True)
class Instruction:
    """What the world asks of an OC, whichever it is.

    ``action`` is one of ``ACTIONS``, ``TICKET_ACTIONS`` or ``PM_ACTIONS``; ``commandes`` the Cmd_Acces columns of the
    addresses to order for; ``reference`` the order that the others speak of; ``code`` why the connection failed (empty:
    it is done). At a PM, ``reference`` is the PM, ``code`` the type of the order, ``jour`` when works begin or began.
    ``par_courriel`` asks for an order by mail rather than on the file server.
    """

    action: str
    commandes: tuple[Mapping[str, str], ...] = ()
    reference: str = ""
    code: str = ""
    commentaire: str = ""
    par_courriel: bool = False
    jour: date | None = None


@dataclass(frozen=True, slots=True)
class Terrain:
    """How long the OC's own people take on the ground; None: they wait to be told (``act``)."""

    visit: timedelta | None = timedelta(0)
    box: timedelta | None = timedelta(0)


SUR_ORDRE = Terrain(None, None)


@dataclass
class OcTwin:
    """One OC before one OI; ``to_tell`` is what it is to do by the SAV (``OcServices.tell``), ``pm`` its PM desk."""

    profile: Profile
    oi: str
    arcep: str
    oc: str
    terrain: Terrain = Terrain()
    defects: Sequence[OcDefect] = ()
    channel: Channel = Channel.SFTP
    orders: dict[str, OcOrder] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=list)
    habits: Habits = field(init=False)
    to_tell: list[tuple[str, OcOrder]] = field(default_factory=list)
    pm: PmOc = field(init=False)
    _names: set[str] = field(default_factory=set)
    _counters: dict[str, int] = field(default_factory=dict)
    _started: str = ""
    _out: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    _agenda: list[tuple[datetime, int, Callable[[datetime], None]]] = field(default_factory=list)
    _rank: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.habits = habits_of(self.defects)
        self.pm = PmOc(
            self.profile, self.oi, self.arcep, self.oc,
            lambda flow, now, pm: self._name(flow, now, pm=pm), pm_habits_of(self.defects), self.channel,
        )  # fmt: skip

    # --- the conversation ----------------------------------------------------------------------------------

    def act(self, instruction: Instruction, now: datetime) -> list[Exchange]:
        """Do what is asked, now or as soon as the contract allows it. UsageError for what makes no sense."""
        if instruction.action == "commander":
            self._order(instruction.commandes, now)
            return self.tick(now)
        if instruction.action in PM_ACTIONS:
            made = self.pm.act(
                PmAsked(
                    instruction.action,
                    instruction.reference,
                    instruction.code,
                    instruction.jour,
                    instruction.commentaire,
                ),
                now,
            )
            return spoil_pm_files(self.defects, made)
        order = self.orders.get(instruction.reference)
        if order is None:
            raise UsageError(f"aucune commande {instruction.reference!r} ; connues : {', '.join(self.orders) or '-'}.")
        match instruction.action:
            case "raccorder":
                order.comment = instruction.commentaire
                self._visited(order, instruction.code, now)
            case "mettre_en_service":
                self._plugged(order, now)
            case "annuler":
                self._cancel(order, now)
            case other if other in TICKET_ACTIONS:
                self.to_tell.append((other, order))
            case other:
                raise UsageError(f"action inconnue : {other!r} ; connues : {', '.join((*ACTIONS, *TICKET_ACTIONS))}.")
        return self.tick(now)

    def receive(self, exchange: Exchange) -> list[Exchange]:
        """Take one file of the OI, and give every file due by then."""
        if self.pm.takes(exchange):
            self._names.add(exchange.name)
            return [*spoil_pm_files(self.defects, self.pm.receive(exchange)), *self.tick(exchange.at)]
        flow = self._recognise(exchange)
        if flow is not None:
            for row in self._rows(exchange, flow):
                self._hear(exchange, flow, row)
        return self.tick(exchange.at)

    def tick(self, now: datetime) -> list[Exchange]:
        """Give the files due by ``now``, one a flow, in flow-chart order."""
        while self._agenda and self._agenda[0][0] <= now:
            heapq.heappop(self._agenda)[2](now)
        due, self._out = self._out, defaultdict(list)
        files = [
            self._file(flow, rows, now)
            for flow in sorted(due, key=self._place)
            if (rows := spoil_rows(self.defects, flow, due[flow]))
        ]
        return spoil_files(self.defects, files)

    @property
    def next_due(self) -> datetime | None:
        """When the next files are due, if any are."""
        return self._agenda[0][0] if self._agenda else None

    def rank(self, name: str) -> int:
        """Place a file's flow in the flow chart: what is retrieved together is read in that order."""
        read = parse_name(self.profile, name)
        return self._place(read.flow) if read else len(load_cycle().events)

    def _place(self, flow: str) -> int:
        flows = [event.flow for event in load_cycle().events.values()]
        return flows.index(flow) if flow in flows else len(flows)

    def _later(self, when: datetime, action: Callable[[datetime], None]) -> None:
        heapq.heappush(self._agenda, (when, next(self._rank), action))

    # --- Cmd_Acces -----------------------------------------------------------------------------------------------

    def _order(self, wanted: Sequence[Mapping[str, str]], now: datetime) -> None:
        for values in wanted:
            reference = self._reference(now)
            order = OcOrder(reference, oc_rows.cmd_acces(values, reference, stamp(now)))
            order.mode = order.values.get("TypeRacco", "") or "STOC"
            self.orders[reference] = order
            self._say(order, "CMD", dict(order.values))

    def _reference(self, now: datetime) -> str:
        self._started = self._started or now.astimezone(PARIS).strftime("%y%m%d%H%M%S")
        number = 1 if self.habits.reuses_references else self._count("reference")
        return f"{self.oc}{self._started}{number:06d}"

    # --- what the OC's people say, and when it may be told ------------------------------------------------------

    def _visited(self, order: OcOrder, code: str, at: datetime) -> None:
        """Come back from the customer's: connected, or not for a reason."""
        order.visit = code
        self._report(order, at)

    def _report(self, order: OcOrder, at: datetime) -> None:
        """Send CR_STOC once the work order is there and, after a Hotline CR, the true route (ACC-06, ACC-09)."""
        if order.visit is None or not self._may_report(order):
            return
        self._say(order, "CR_STOC_KO" if order.visit else "CR_STOC_OK", oc_rows.cr_stoc(order, stamp(at)))
        order.visit, order.comment = None, ""

    def _may_report(self, order: OcOrder) -> bool:
        if order.state == "ROUTE" and not self.habits.waits_for_work_order:
            return True
        lost = order.hotline and not order.visit and self.habits.waits_for_route
        return order.state in _REPORTABLE and not lost

    def _plugged(self, order: OcOrder, at: datetime) -> None:
        """Learn that the customer's box is in service."""
        order.box = True
        self._confirm(order, at)

    def _confirm(self, order: OcOrder, at: datetime) -> None:
        """Send CR_MES once the line is made available, never before (ACC-11, ACC-16)."""
        early = not self.habits.waits_for_mad and order.state not in ("EN_SERVICE", "RESILIEE", "ANNULEE")
        if order.box and (order.state == "MAD" or early):
            order.box = False
            self._say(order, "MES", oc_rows.cr_mes(order, stamp(at)))

    def _cancel(self, order: OcOrder, at: datetime) -> None:
        order.cancelling, order.visit, order.box = True, None, False
        self._say(order, "ANNUL", oc_rows.annul_acces(order, stamp(at)))

    def _say(self, order: OcOrder, kind: str, row: Row) -> None:
        """Write a row, and move the order on as its OI will when it reads it."""
        cycle = load_cycle()
        step = cycle.step(order.state, kind, order.mode)
        if step is not None and step.to:
            order.state = step.to
        self._out[cycle.events[kind].flow].append(row)

    # --- what the OI says ----------------------------------------------------------------------------------------

    def _hear(self, exchange: Exchange, flow: Flow, row: ReadRow) -> None:
        cycle = load_cycle()
        kind = cycle.kind(flow.nom, row.values)
        order = self.orders.get(row.reference)
        if order is None:
            self._out_of_turn(exchange, row, kind, None)
            if not self.habits.knows_its_orders:
                order = self.orders[row.reference] = OcOrder(row.reference, {}, state="ROUTE")
                self._learn(order, kind, row)
                order.state = "STOC"
                self._visited(order, "", exchange.at)
            return
        step = cycle.step(order.state, kind, order.mode)
        if step is None or (kind.startswith("CR_ANNUL") and not order.cancelling):
            self._out_of_turn(exchange, row, kind, order)
            self._act_all_the_same(order, kind, exchange.at)
            return
        order.state = step.to or order.state
        self._learn(order, kind, row)
        self._follow(order, kind, exchange.at)

    def _learn(self, order: OcOrder, kind: str, row: ReadRow) -> None:
        """Take from a row what the next flows must repeat."""
        pto = row.get("ReferencePrise")
        match kind:
            case "CR_OK" | "CR_HOTLINE":
                order.prestation, order.pto = row.get("ReferencePrestationPrise"), pto
                order.hotline = pto.upper() == HOTLINE
            case "CMD_STOC":
                order.work_order = row.get("ReferenceCommandeSousTraitantOI")
                order.prestation = order.prestation or row.get("ReferencePrestationPrise")
            case "REPROV":
                if self.habits.follows_new_routes:
                    order.pto = pto or order.pto
                order.decharge = row.get("NumeroDecharge") or order.decharge
                order.hotline = False
            case "MAD_OK":
                order.pto = pto or order.pto

    def _follow(self, order: OcOrder, kind: str, at: datetime) -> None:
        """Do what a flow calls for (annexe5.txt §3, STOC chart)."""
        match kind:
            case "AR_KO" if self.habits.insists and self._count(f"insiste/{order.reference}") == 1:
                order.state = "COMMANDEE"
                self._out["Cmd_Acces"].append(dict(order.values))
            case "CMD_STOC" | "REPROV":
                if order.state in _REPORTABLE and not order.hotline and self.terrain.visit is not None:
                    self._later(at + self.terrain.visit, partial(self._visited, order, ""))
                self._report(order, at)
            case "MAD_OK":
                if self.terrain.box is not None:
                    self._later(at + self.terrain.box, partial(self._plugged, order))
                self._confirm(order, at)
            case "MAD_KO" if self.habits.confirms_refusals:
                order.box = False
                self._say(order, "MES", oc_rows.cr_mes(order, stamp(at)))
            case "CR_OK" if order.mode != "STOC" and not self.habits.reports_only_subcontracted:
                self._out["CR_STOC"].append(oc_rows.cr_stoc(order, stamp(at)))
            case "CR_ANNUL_KO" if self.habits.believes_its_cancellations:
                order.state, order.cancelling = "ANNULEE", False
            case "CR_ANNUL_ANNUL" | "CR_ANNUL_RESIL" | "CR_ANNUL_KO":
                order.cancelling = False

    def _act_all_the_same(self, order: OcOrder, kind: str, at: datetime) -> None:
        """Answer what should not have been answered, where a defect says so."""
        over = load_cycle().states[order.state].final
        if (kind == "CMD_STOC" and not over and not self.habits.answers_once) or (over and not self.habits.stops):
            order.visit = ""
            self._out["CR_STOC"].append(oc_rows.cr_stoc(order, stamp(at)))
            order.visit = None

    # --- files in ------------------------------------------------------------------------------------------------

    def _recognise(self, exchange: Exchange) -> Flow | None:
        """Name the flow of a file; what is not for this OC, not of this protocol or seen before is kept aside."""
        found = judge_name(self.profile, exchange.name, oi=self.oi, oc=self.oc, used=self._names)
        self._names.add(exchange.name)
        self._incident(exchange, found.findings)
        flow = self.profile.flow(found.flow) if found.flow else None
        if flow is not None and flow.sender != "OI":
            due = self.profile.folder(flow.dossier, self.oi, self.arcep)
            self._incident(exchange, [rule("DOS-FLUX").finding(received=exchange.folder, expected=due)])
        refused = {"NOM-CODE-OPERATEUR", "NOM-DEJA-UTILISE"} & {one.rule for one in found.findings}
        if flow is None or flow.protocole != "ACCES" or flow.sender != "OI" or refused:
            return None
        return flow

    def _rows(self, exchange: Exchange, flow: Flow) -> Sequence[ReadRow]:
        """Give the rows fit to be acted upon: none of a broken file, and of a sound one those without a wrong cell."""
        read = read_file(exchange.data, flow)
        errors = [one for one in read.findings if one.severity is Severity.ERROR]
        self._incident(exchange, errors)
        if not self.habits.judges_files:
            return read.rows or self._guessed(flow)
        if any(one.rule.startswith(_BROKEN) for one in errors):
            return ()
        return [row for row in read.rows if not (row.missing or row.incoherent)]

    def _guessed(self, flow: Flow) -> Sequence[ReadRow]:
        """Take a file that cannot be read for what one hoped it held (a defect)."""
        waiting = {"Cmd_STOC": "ROUTE"}.get(flow.nom)
        return [
            ReadRow(0, {KEY: one.reference, "ReferenceCommandeSousTraitantOI": "ILLISIBLE"}, (), ())
            for one in self.orders.values()
            if one.state == waiting
        ]

    def _out_of_turn(self, exchange: Exchange, row: ReadRow, kind: str, order: OcOrder | None) -> None:
        state = load_cycle().states[order.state if order else "INCONNUE"]
        expected = ", ".join(load_cycle().possible(order.state, order.mode)) if order else "une commande de l'OC"
        ident = "CYC-ORDRE" if order else "CYC-REFERENCE-INCONNUE"
        finding = rule(ident).finding(
            path=exchange.name, line=row.line, received=kind, expected=expected, order=row.reference,
            state=state.fr, state_en=state.en,
        )  # fmt: skip
        self._incident(exchange, [finding])

    def _incident(self, exchange: Exchange, findings: Iterable[Finding]) -> None:
        kept = tuple(one.at(exchange.name) for one in findings if one.severity is not Severity.INFO)
        if kept:
            self.incidents.append(Incident(exchange.at, exchange.sender, exchange.name, kept))

    # --- files out -----------------------------------------------------------------------------------------------

    def _count(self, counter: str) -> int:
        self._counters[counter] = number = self._counters.get(counter, 0) + 1
        return number

    def _file(self, flow: str, rows: Iterable[Row], now: datetime) -> Exchange:
        return Exchange(
            at=now,
            channel=self.channel,
            sender=self.oc,
            receiver=self.oi,
            name=self._name(flow, now),
            folder=self.profile.folder(self.profile.flow(flow).dossier, self.oi, self.arcep),
            data=write_rows(load_table(flow), rows),
        )

    def _name(self, flow: str, now: datetime, **places: str) -> str:
        """Give the next name: numbers begin at the seconds of the day, where no earlier run of that day can be."""
        local = now.astimezone(PARIS)
        counter = f"{flow}/{local:%Y%m%d}"
        if counter not in self._counters:
            self._counters[counter] = (local.hour * 60 + local.minute) * 60 + local.second
        again = self.habits.reuses_names and not places
        number = self._counters[counter] if again else self._count(counter)
        return build_name(self.profile, flow, oi=self.oi, oc=self.oc, date=local.date(), seq=number, **places)
