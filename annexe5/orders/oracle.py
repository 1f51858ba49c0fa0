"""The judge of an order: its events in, its state, its breaches and what is still awaited out.

Clauses ACC-03 to ACC-18; rules CYC-* of ``schemas/rules/cycle.toml``. No I/O, no clock: ``now`` is given.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from annexe5.contract.calendar import PARIS, Calendar
from annexe5.contract.profile import Profile
from annexe5.contract.rules import rule
from annexe5.findings import Finding
from annexe5.orders.cycle import Cycle, Owed, load_cycle
from annexe5.orders.events import Event

Party = Literal["OI", "OC"]
HOTLINE = "HOTLINE"
_ROUTE_COLUMNS = ("NomModulePm", "PositionModulePm", "InformationTubePBO", "InformationFibrePBO")
# What of a row the judge looks at, beside its kind: who wants to judge millions of orders keeps nothing else.
REFERENCE_COLUMNS = ("ReferencePrestationPrise", "ReferenceCommandeSousTraitantOI", "ReferencePrise")
ROUTE_COLUMNS = tuple(f"{column} N°{k}" for k in range(1, 5) for column in _ROUTE_COLUMNS)
_DEADLINE_RULES = {"AR_CMD": "CYC-DELAI-AR"}


@dataclass(frozen=True, slots=True)
class Awaited:
    """An answer still owed: by which flows, since when, until when (None: the contract gives no deadline).

    ``late`` counts the working days by which the deadline is over already.
    """

    reference: str
    after: str
    by: tuple[str, ...]
    since: datetime
    until: datetime | None
    requirement: str
    late: int = 0


@dataclass(frozen=True, slots=True)
class Paid:
    """An answer that came: what called for it, the event that is it, the deadline it had ("": none)."""

    since: Event
    by: Event
    delay: str
    requirement: str

    @property
    def rule(self) -> str:
        """Which rule an answer that comes too late breaks."""
        return _DEADLINE_RULES.get(self.delay, "CYC-DELAI")


@dataclass(frozen=True, slots=True)
class OrderJudgement:
    """One order judged: last state, mode (TypeRacco), outlet in force, findings, answers still awaited, answers had."""

    reference: str
    mode: str
    state: str
    pto: str
    events: tuple[Event, ...]
    findings: tuple[Finding, ...]
    awaited: tuple[Awaited, ...]
    paid: tuple[Paid, ...] = ()


@dataclass
class _Order:
    """What is known of one order while its events go by."""

    reference: str
    mode: str = "STOC"
    state: str = "INCONNUE"
    pto: str = ""
    route: tuple[str, ...] = ()
    prestation: str = ""
    sous_traitant: set[str] = field(default_factory=set)
    hotline: bool = False
    acknowledged: bool = False
    repeated: int = 0
    cancelling: int = 0
    skipped: list[str] = field(default_factory=list)
    reprovisioned: bool = False
    owed: list[tuple[Owed, Event]] = field(default_factory=list)
    paid: list[Paid] = field(default_factory=list)
    findings: list[tuple[Party, Finding]] = field(default_factory=list)


def judge_orders(
    events: Iterable[Event],
    profile: Profile,
    *,
    now: datetime,
    party: Party | None = None,
    agreed: timedelta | None = None,
    grace: int = 0,
) -> dict[str, OrderJudgement]:
    """Judge every order by reference; see ``judge_order``."""
    by_reference: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_reference[event.reference].append(event)
    return {
        reference: judge_order(reference, found, profile, now=now, party=party, agreed=agreed, grace=grace)
        for reference, found in by_reference.items()
    }


def judge_order(
    reference: str,
    events: Sequence[Event],
    profile: Profile,
    *,
    now: datetime,
    party: Party | None = None,
    agreed: timedelta | None = None,
    grace: int = 0,
) -> OrderJudgement:
    """Follow one order from its first event to ``now``.

    ``party`` keeps the breaches of one side only. ``agreed`` is the time within which the two parties agreed to
    answer on a test platform; without it an answer is absent only once its contractual deadline is over by more than
    ``grace`` working days: until then it may still come, late.
    """
    cycle = load_cycle()
    judge = _Judge(cycle, profile, Calendar(profile.jours_ouvres), _Order(reference))
    ordered = sorted(events, key=lambda event: (event.batch, cycle.rank(event.kind)))
    for event in ordered:
        judge.see(event)
    awaited = judge.close(now, agreed, grace)
    order = judge.order
    findings = tuple(finding for side, finding in order.findings if party in (None, side))
    owed_by_party = tuple(one for one in awaited if party in (None, _sender(cycle, profile, one.by[0])))
    return OrderJudgement(
        reference, order.mode, order.state, order.pto, tuple(ordered), findings, owed_by_party, tuple(order.paid)
    )


def _sender(cycle: Cycle, profile: Profile, event: str) -> Party:
    return profile.flow(cycle.events[event].flow).sender


class _Judge:
    def __init__(self, cycle: Cycle, profile: Profile, calendar: Calendar, order: _Order) -> None:
        self.cycle, self.profile, self.calendar, self.order = cycle, profile, calendar, order

    # --- one event ---------------------------------------------------------------------------------------

    def see(self, event: Event) -> None:
        order = self.order
        if event.kind == "CMD":
            order.mode = event.values.get("TypeRacco", "").strip().upper() or order.mode
        overtaken = self._overtaken(event)
        if overtaken:
            order.skipped.remove(overtaken)  # told already, when a later flow overtook it
        elif not self._in_turn(event):
            return
        self._pay(event)
        self._references(event)
        self._route(event)
        for owed in self.cycle.owed_after(event.kind, order.mode):
            if not overtaken or any(kind in order.skipped for kind in owed.by):  # else the answer came first
                order.owed.append((owed, event))

    def _overtaken(self, event: Event) -> str | None:
        """Give the missing event that this one is, come late: a CR that was taken for OK may be a Hotline one."""
        if event.kind.endswith("_KO"):
            return event.kind if event.kind in self.order.skipped else None
        return next((one for one in self.order.skipped if self.cycle.events[one].flow == event.flow), None)

    def _in_turn(self, event: Event) -> bool:
        """Take the transition; when there is none tell it, and go on from where the sender seems to be."""
        order = self.order
        if event.kind == "ANNUL":
            order.cancelling += 1  # in turn or not, it calls for one answer
        if event.kind == "CMD" and order.state != "INCONNUE":
            order.repeated += 1  # a reference used twice is the OI's to reject (FIMP13); the life goes on unchanged
            return False
        if event.kind.startswith("AR_") and order.acknowledged:
            if event.kind == "AR_KO" and order.repeated:
                order.repeated -= 1
            else:
                self._tell("CYC-AR-DOUBLE", event, received=event.kind)
            return False
        order.acknowledged |= event.kind.startswith("AR_")
        if event.kind.startswith("CR_ANNUL_") and not self._cancellation(event):
            return True
        transition = self.cycle.step(order.state, event.kind, order.mode)
        if transition is not None:
            order.state = transition.to or order.state
        elif not self._out_of_turn(event):
            return False
        return True

    def _out_of_turn(self, event: Event) -> bool:
        """Tell what came at the wrong time; True when the life of the order goes on with it."""
        order, state = self.order, self.cycle.states[self.order.state]
        expected = ", ".join(self.cycle.possible(order.state, order.mode)) or "rien"
        words = {"received": event.kind, "expected": expected, "state": state.fr, "state_en": state.en}
        if event.kind == "CMD_STOC" and order.mode != "STOC":
            self._tell("CYC-MODE-OI", event, mode=order.mode, received=event.flow, expected="aucun Cmd_STOC")
        elif order.state == "INCONNUE":
            self._tell("CYC-REFERENCE-INCONNUE", event, received=event.flow, expected="une commande existante")
        elif state.final:
            self._tell("CYC-APRES-FIN", event, **words)
        else:
            self._tell("CYC-ORDRE", event, **words)
            self._resume_after(event)
            return True
        return False

    def _resume_after(self, event: Event) -> None:
        """Assume that the shortest run of missing events is late, so that one slip is told once."""
        order = self.order
        queue: deque[tuple[str, tuple[str, ...]]] = deque([(order.state, ())])
        seen = {order.state}
        while queue:
            state, path = queue.popleft()
            transition = self.cycle.step(state, event.kind, order.mode)
            if transition is not None:
                order.skipped.extend(path)
                order.state = transition.to or state
                return
            for kind in self.cycle.possible(state, order.mode):
                step = self.cycle.step(state, kind, order.mode)
                if step and step.to and step.to not in seen and not self.cycle.states[step.to].final:
                    seen.add(step.to)
                    queue.append((step.to, (*path, kind)))

    def _cancellation(self, event: Event) -> bool:
        """Judge a CR_Annulation_Acces; True when the automaton may go on."""
        order, state = self.order, self.cycle.states[self.order.state]
        if order.state == "INCONNUE" and event.kind == "CR_ANNUL_KO":
            return False
        if not order.cancelling:
            self._tell("CYC-ANNULATION-SPONTANEE", event, received=event.kind, expected="Annul_Acces d'abord")
            return False
        order.cancelling -= 1
        if event.kind == "CR_ANNUL_KO":
            return False
        right = "RESIL" if order.state in ("MAD", "EN_SERVICE") else "ANNUL"
        typed = event.kind.removeprefix("CR_ANNUL_")
        if typed != right:
            self._tell(
                "CYC-TYPE-ANNULATION", event, column="TypeOperation", received=typed, expected=right,
                state=state.fr, state_en=state.en,
            )  # fmt: skip
            order.state = "RESILIEE" if right == "RESIL" else "ANNULEE"
            order.owed.clear()
            return False
        order.owed.clear()
        return True

    # --- what must match ----------------------------------------------------------------------------------

    def _references(self, event: Event) -> None:
        order, values = self.order, event.values
        prestation = values.get("ReferencePrestationPrise", "").strip()
        if event.kind in ("CR_OK", "CR_HOTLINE"):
            order.prestation = prestation or order.prestation
        elif prestation and order.prestation and prestation != order.prestation:
            self._tell(
                "CYC-REF-PRESTATION", event, column="ReferencePrestationPrise", received=prestation,
                expected=order.prestation, flow=event.flow,
            )  # fmt: skip
        number = values.get("ReferenceCommandeSousTraitantOI", "").strip()
        if event.kind == "CMD_STOC" and number:
            order.sous_traitant.add(number)
        elif event.flow == "CR_STOC" and order.sous_traitant and number not in order.sous_traitant:
            self._tell(
                "CYC-REF-SOUS-TRAITANT", event, column="ReferenceCommandeSousTraitantOI", received=number,
                expected=" ou ".join(sorted(order.sous_traitant)),
            )  # fmt: skip

    def _route(self, event: Event) -> None:
        order = self.order
        pto = event.values.get("ReferencePrise", "").strip()
        if event.kind == "CR_HOTLINE":
            order.hotline, order.pto, order.route = True, "", _route_of(event.values)
        elif event.kind == "CR_OK":
            order.hotline, order.pto, order.route = False, pto, _route_of(event.values)
        elif event.kind == "REPROV":
            self._reprovisioned(event, pto)
        elif event.kind == "CR_STOC_OK" and pto and order.pto and pto != order.pto:
            self._tell("CYC-PTO-STOC", event, column="ReferencePrise", received=pto, expected=order.pto)
        elif event.kind == "MAD_OK":
            self._made_available(event, pto)

    def _reprovisioned(self, event: Event, pto: str) -> None:
        order, route = self.order, _route_of(event.values)
        order.reprovisioned = True
        if pto.upper() == HOTLINE:
            self._tell("CYC-PTO-HOTLINE", event, column="ReferencePrise", received=pto, flow=event.flow,
                       expected="une référence de prise")  # fmt: skip
            return
        if route and route == order.route and pto in ("", order.pto):
            self._tell("CYC-ROUTE-INCHANGEE", event, received="la même route", expected="une route nouvelle")
        order.hotline, order.pto, order.route = False, pto or order.pto, route or order.route

    def _made_available(self, event: Event, pto: str) -> None:
        order = self.order
        if pto.upper() == HOTLINE:
            self._tell("CYC-PTO-HOTLINE", event, column="ReferencePrise", received=pto, flow=event.flow,
                       expected="une référence de prise")  # fmt: skip
        elif order.hotline:
            self._tell("CYC-HOTLINE-REPROV", event, received="CR_MAD", expected="Notif_Reprov d'abord")
        elif pto and order.pto and pto != order.pto:
            clause = "ACC-08" if order.reprovisioned else "ACC-10"
            self._tell(
                "CYC-PTO-MAD", event, column="ReferencePrise", received=pto, expected=order.pto, requirement=clause
            )
        order.pto = pto if pto and pto.upper() != HOTLINE else order.pto

    # --- what is owed -------------------------------------------------------------------------------------

    def _pay(self, event: Event) -> None:
        for owed, since in list(self.order.owed):
            if event.kind not in owed.by:
                continue
            self.order.owed.remove((owed, since))
            self.order.paid.append(Paid(since, event, owed.delay, owed.requirement))
            if owed.delay:
                delay = self.profile.delay(owed.delay)
                late = self.calendar.late_by(since.at, event.came, delay)
                if late:
                    due = self.calendar.due(since.at, delay)
                    self._tell(
                        self.order.paid[-1].rule, event, received=event.flow, late=late,
                        expected=_day(due), requirement=owed.requirement,
                    )  # fmt: skip

    def close(self, now: datetime, agreed: timedelta | None, grace: int) -> tuple[Awaited, ...]:
        """Sort what is still owed into absent (a finding) and awaited."""
        waiting = []
        for owed, since in self.order.owed:
            delay = self.profile.delay(owed.delay) if owed.delay else None
            until = self.calendar.due(since.at, delay) if delay else None
            limit = since.at + agreed if agreed is not None else until
            if grace and agreed is None and until is not None:
                limit = self.calendar.end_of(self.calendar.add(until.date(), grace))
            if limit is not None and now > limit:
                self._tell(
                    "CYC-REPONSE-ABSENTE", replace(since, flow=self.cycle.events[owed.by[0]].flow),
                    received=since.flow, expected=" ou ".join(owed.by), until=_moment(now),
                    requirement=owed.requirement,
                )  # fmt: skip
            else:
                late = self.calendar.late_by(since.at, now, delay) if delay else 0
                waiting.append(Awaited(since.reference, since.kind, owed.by, since.at, until, owed.requirement, late))
        return tuple(waiting)

    def _tell(self, ident: str, event: Event, **details: object) -> None:
        requirement = str(details.pop("requirement", ""))
        finding = rule(ident).finding(
            path=event.file,
            line=event.line or None,
            requirement=requirement,
            order=event.reference,
            **details,  # type: ignore[arg-type]
        )
        side = self.profile.flow(event.flow).sender
        self.order.findings.append((side, replace(finding, orders=(event.reference,))))


def _route_of(values: Mapping[str, str]) -> tuple[str, ...]:
    """Give what tells one optical route from another: module, position, tube and fibre of the four blocks."""
    found = tuple(values.get(column, "").strip() for column in ROUTE_COLUMNS)
    return found if any(found) else ()


def _day(moment: datetime) -> str:
    return moment.astimezone(PARIS).strftime("%d/%m/%Y")


def _moment(moment: datetime) -> str:
    return moment.astimezone(PARIS).strftime("%d/%m/%Y %H:%M:%S")
