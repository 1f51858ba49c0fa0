"""Playing a case against an OI, and judging what came of it.

What is owed is not learnt from the OI: the table's judge says which rows are valid, ``life_cycle.toml`` which events
are in turn. A valid row is acknowledged OK, an invalid one rejected with a code, an event out of turn changes nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum

from annexe5.campaign.bench import Bench, Placed
from annexe5.campaign.observe import KEY, Observation
from annexe5.contract.calendar import PARIS
from annexe5.contract.rules import rule
from annexe5.findings import Finding, Severity
from annexe5.fuzz.case import Again, Case, Next, Ordered, Place
from annexe5.fuzz.palette import palette, worst
from annexe5.orders import Event, load_cycle
from annexe5.orders.oracle import OrderJudgement, judge_order
from annexe5.tables import load_table, read_rows, write_rows

Row = dict[str, str]
_ROLE = "eligible"
_AR = ("AR_OK", "AR_KO")
_ROUTED = ("CR_OK", "CR_HOTLINE", "REPROV")


class Due(Enum):
    """The AR that an order is owed."""

    OK = "AR_OK"
    KO = "AR_KO"
    EITHER = "AR_OK ou AR_KO"
    NOTHING = "rien"


class ExhaustedError(Exception):
    """No address is left to order on."""


@dataclass(slots=True)
class _Order:
    placed: Placed
    address: Mapping[str, str]
    due: Due


@dataclass
class Player:
    """Plays cases one after the other; an address comes back once what stood on it is cancelled or was refused.

    ``health`` tells, where the party is at hand, what broke in it since last asked. ``placed`` counts the orders.
    """

    bench: Bench
    health: Callable[[], str] = str
    placed: int = 0
    _free: deque[Mapping[str, str]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self._free.extend(self.bench.target.test_data.get(_ROLE, ()))

    def play(self, case: Case) -> tuple[Finding, ...]:
        """Play a case to its end, judge it, and leave the ground as it was found."""
        run = Run(self, case)
        try:
            run.play()
            return run.judge()
        finally:
            run.clean()

    def take(self) -> Mapping[str, str]:
        """Take an address to order on."""
        if not self._free:
            raise ExhaustedError
        self.placed += 1
        return self._free.popleft()

    def give_back(self, address: Mapping[str, str]) -> None:
        """Free an address."""
        self._free.append(address)


class Run:
    """One case being played: its orders, what was sent out of turn, what each order is owed."""

    def __init__(self, player: Player, case: Case) -> None:
        self.player, self.case, self.bench = player, case, player.bench
        self.start = len(player.bench.observations)
        self.orders: list[_Order] = []
        self.stray: list[str] = []
        self._ignored: set[tuple[str, int]] = set()
        self._refusable: set[str] = set()
        self._bad_cancellations: set[str] = set()
        self._cycle = load_cycle()

    @property
    def seen(self) -> list[Observation]:
        """What crossed since the case began."""
        return self.bench.observations[self.start :]

    def play(self) -> None:
        """Do each step, letting the OI answer what it owes before the next."""
        for step in self.case.steps:
            if isinstance(step, Place):
                self._place(step)
            elif isinstance(step, Again):
                if self.orders:
                    order = self.orders[step.order % len(self.orders)]
                    self.bench.send("Cmd_Acces", [order.placed.row])
            else:
                self._follow(step)
            self._settle()

    # --- what the OC sends -----------------------------------------------------------------------------------

    def _place(self, step: Place) -> None:
        orders = [self._fill(one) for one in step.orders]
        if not orders:
            return
        content = _formed(write_rows(load_table("Cmd_Acces"), [one.placed.row for one in orders]), step.form)
        sent = self.bench.send("Cmd_Acces", (), data=content)
        whole = worst(one for one in sent.findings if (one.line or 1) == 1)
        lines = {event.reference: event.line for event in sent.events}
        for order, wanted in zip(orders, step.orders, strict=True):
            order.due = _due(order.placed.reference, wanted, whole, lines, sent)
            if order.due is Due.KO and _forgivable(order.placed.row):
                order.due = Due.EITHER
        self.orders += orders

    def _fill(self, wanted: Ordered) -> _Order:
        address = self.player.take()
        placed = self.bench.prepare_on(address, _ROLE)
        placed.row |= dict(wanted.changes)
        if wanted.suffix:
            placed.row[KEY] += wanted.suffix
            placed.reference = placed.row[KEY].strip()
        return _Order(placed, address, Due.NOTHING)

    def _follow(self, step: Next) -> None:
        order = self.orders[step.order % len(self.orders)] if self.orders and step.order >= 0 else None
        placed = order.placed if order else self.bench.prepare_on({}, _ROLE)
        reference = placed.reference
        judged = self._judged(reference)
        row = dict.fromkeys(load_table(step.flow).names, "") | {KEY: placed.row[KEY]} | self._cited(step, placed)
        row |= dict(step.changes)
        sent = self.bench.send(step.flow, [row], owed=False)
        event = next((one for one in sent.events if one.reference == reference), None)
        faulty = worst(sent.findings) is Severity.ERROR
        if order is None:
            self.stray.append(reference)
        if event is None:
            return
        if event.kind == "ANNUL":
            if faulty:
                self._bad_cancellations.add(reference)
        elif step.wrong or faulty or self._cycle.step(judged.state, event.kind, judged.mode) is None:
            self._ignored.add((event.file, event.line))
            self._refusable.add(reference)

    def _cited(self, step: Next, placed: Placed) -> Row:
        """Fill a flow as its table wants it, with the references that the OI gave."""
        events = self.bench.events(placed.reference)
        now = self.bench.clock().astimezone(PARIS).strftime("%Y%m%d %H:%M")
        service = _last(events, "ReferencePrestationPrise", *_ROUTED) or "INCONNUE"
        outlet = _last(events, "ReferencePrise", "MAD_OK", *_ROUTED)
        if step.wrong:
            service = f"X{service}"[:30]
        if step.flow == "Annul_Acces":
            return {
                "ReferencePrestationPrise": service,
                "DateAnnulation": now,
                "ResponsabiliteAnnulationCommandePrise": "OC",
            }
        if step.flow == "CR_MES_LigneFTTH":
            return {"ReferencePrestationPrise": service, "DateMiseEnService": now, "ReferencePrise": outlet}
        work = _last(events, "ReferenceCommandeSousTraitantOI", "CMD_STOC") or "INCONNUE"
        return {
            "ReferencePrestationPrise": service,
            "ReferenceCommandeSousTraitantOI": f"X{work}" if step.wrong else work,
            "CrRaccordementPrise": "OK",
            "ReferencePrise": outlet,
            "DateRaccordementPrise": now,
            "PrisePosee": "OUI",
        }

    # --- waiting and judging ----------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Wait until nothing is owed any more, or the time agreed is over."""
        self.bench.settle()
        agreed = timedelta(seconds=self.bench.target.campagne.reponse_sous_s or 0)
        if self.bench.idle is not None:
            return
        started = self.bench.clock()
        while self.bench.clock() - started < agreed and any(self._judged(one).awaited for one in self._references()):
            self.bench.wait(self.bench.target.campagne.intervalle_s)
            self.bench.collect()

    def _references(self) -> list[str]:
        return [*(one.placed.reference for one in self.orders), *self.stray]

    def _judged(self, reference: str, *, final: bool = False) -> OrderJudgement:
        """Follow an order without what was out of turn: it changes nothing, whether or not the OI says so (MAD KO)."""
        events = [one for one in self.bench.events(reference) if (one.file, one.line) not in self._ignored]
        judged = self._followed(reference, events, final=final)
        if judged.findings and reference in self._refusable:
            silent = [one for one in events if one.kind != "MAD_KO"]
            judged = min((judged, self._followed(reference, silent, final=final)), key=lambda one: len(one.findings))
        return judged

    def _followed(self, reference: str, events: list[Event], *, final: bool) -> OrderJudgement:
        agreed = timedelta(0) if final else None
        return judge_order(reference, events, self.bench.profile, now=self.bench.clock(), party="OI", agreed=agreed)

    def judge(self) -> tuple[Finding, ...]:
        """Tell all that the OI broke in this case, each thing once."""
        found = [*self._broken_down(), *self._files()]
        for order in self.orders:
            found += self._order(order)
        for reference in dict.fromkeys(self.stray):
            found += [
                one for one in self._judged(reference, final=True).findings if one.rule != "CYC-REFERENCE-INCONNUE"
            ]
            found += self._acted_on_nothing(reference)
        found += self._strangers()
        return tuple(dict.fromkeys(found))

    def _broken_down(self) -> Iterable[Finding]:
        broke = self.player.health()
        if broke:
            yield rule("REJ-ISSUE").finding(
                received=f"une panne de l'OI ({broke})", expected="une réponse ou un rejet",
                order=", ".join(self._references()), requirement="TRA-01",
            )  # fmt: skip

    def _files(self) -> Iterable[Finding]:
        oi = self.bench.target.codes.oi
        for one in self.seen:
            if one.exchange.sender == oi:
                yield from (finding for finding in one.findings if self._is_its_own(finding))

    def _is_its_own(self, finding: Finding) -> bool:
        """An OI that repeats a reference as it was sent repeats our fault, not its own."""
        oi = self.bench.target.codes.oi
        sent = {event.values.get(KEY, "") for one in self.seen if one.exchange.sender != oi for event in one.events}
        ours = finding.column == KEY and finding.value in sent | {value.strip() for value in sent}
        return finding.severity is Severity.ERROR and not ours

    def _order(self, order: _Order) -> Iterable[Finding]:
        reference = order.placed.reference
        if order.due is Due.NOTHING:
            return
        events = self.bench.events(reference)
        first = next((one for one in events if one.kind in _AR), None)
        if first is not None and order.due in (Due.OK, Due.KO) and first.kind != order.due.value:
            motive = first.values.get("MotifKoArCommandePrise", "")
            yield replace(
                rule("REJ-ISSUE").finding(
                    path=first.file, line=first.line, received=f"{first.kind} {motive}".strip(),
                    expected=order.due.value, order=reference, requirement="ACC-04",
                ),
                orders=(reference,),
            )  # fmt: skip
        yield from self._judged(reference, final=True).findings
        granted = [one for one in events if one.kind in ("CR_ANNUL_ANNUL", "CR_ANNUL_RESIL")]
        asked = sum(one.kind == "ANNUL" for one in events)
        if reference in self._bad_cancellations and asked == 1 and granted:
            yield replace(
                rule("REJ-ISSUE").finding(
                    path=granted[0].file, line=granted[0].line, received=granted[0].kind, expected="CR_ANNUL_KO",
                    order=reference, requirement="ACC-13",
                ),
                orders=(reference,),
            )  # fmt: skip

    def _acted_on_nothing(self, reference: str) -> Iterable[Finding]:
        for event in self.bench.events(reference):
            if event.kind in ("AR_OK", "CR_OK", "CR_HOTLINE", "CMD_STOC", "MAD_OK", "REPROV"):
                yield replace(
                    rule("REJ-ISSUE").finding(
                        path=event.file, line=event.line, received=event.kind, expected="un rejet, ou rien",
                        order=reference, requirement="ACC-16",
                    ),
                    orders=(reference,),
                )  # fmt: skip

    def _strangers(self) -> Iterable[Finding]:
        """Tell the answers about orders that are none of this case: another order was touched."""
        oi = self.bench.target.codes.oi
        sent = [event.reference for one in self.seen if one.exchange.sender != oi for event in one.events]
        mine = {*self._references(), *sent}
        for one in self.seen:
            for event in one.events if one.exchange.sender == oi else ():
                if event.reference not in mine:
                    yield replace(
                        rule("REJ-ISSUE").finding(
                            path=event.file, line=event.line, received=f"{event.kind} pour {event.reference}",
                            expected="rien : ce cas n'en parle pas", order=event.reference, requirement="ACC-16",
                        ),
                        orders=(event.reference,),
                    )  # fmt: skip

    # --- leaving the ground as it was -------------------------------------------------------------------------

    def clean(self) -> None:
        """Cancel what lives, so that its address serves again; what cannot be cancelled keeps its address."""
        self.player.health()
        living = [one for one in self.orders if self._lives(one)]
        if living:
            rows = [
                dict.fromkeys(load_table("Annul_Acces").names, "")
                | {KEY: one.placed.row[KEY]}
                | self._cited(Next("Annul_Acces", 0), one.placed)
                for one in living
            ]
            self.bench.send("Annul_Acces", rows, owed=False)
            self._settle()
        for one in self.orders:
            if one not in living or not self._lives(one):
                self.player.give_back(one.address)

    def _lives(self, order: _Order) -> bool:
        kinds = {one.kind for one in self.bench.events(order.placed.reference)}
        return "AR_OK" in kinds and not kinds & {"CR_ANNUL_ANNUL", "CR_ANNUL_RESIL"}


def _due(reference: str, wanted: Ordered, whole: Severity | None, lines: Mapping[str, int], sent: Observation) -> Due:
    if whole is Severity.ERROR or reference not in lines or not reference.isprintable():
        return Due.NOTHING  # a file that is no Cmd_Acces, or a row whose reference cannot be read
    found = worst(one for one in sent.findings if one.line == lines[reference])
    if found is Severity.ERROR:
        return Due.KO
    neutral = {name for name, _ in wanted.changes} <= set(palette().neutral)
    return Due.OK if neutral and Severity.RESERVE not in (found, whole) else Due.EITHER


def _forgivable(row: Row) -> bool:
    """Tell whether an order breaks nothing but letter case and blanks around its cells: many readers see neither."""
    table = load_table("Cmd_Acces")
    plain = write_rows(table, [{name: value.strip().upper() for name, value in row.items()}])
    return worst(read_rows(plain, table).findings) is not Severity.ERROR


def _last(events: Iterable[Event], column: str, *kinds: str) -> str:
    held = [one.values.get(column, "") for one in events if one.kind in kinds]
    return next((value for value in reversed(held) if value), "")


def _formed(data: bytes, form: str) -> bytes:
    header, _, rest = data.partition(b"\r\n")
    made = {
        "sans fin de ligne finale": lambda: data.removesuffix(b"\r\n"),
        "fins de ligne LF": lambda: data.replace(b"\r\n", b"\n"),
        "tout entre guillemets": lambda: _quoted(data),
        "marque d'ordre des octets": lambda: b"\xef\xbb\xbf" + data,
        "ligne vide à la fin": lambda: data + b"\r\n",
        "séparateur final": lambda: data.replace(b"\r\n", b";\r\n"),
        "coupé au milieu": lambda: header + b"\r\n" + rest[: len(rest) // 2],
        "en-tête répété": lambda: header + b"\r\n" + data,
    }
    return made[form]() if form in made else data


def _quoted(data: bytes) -> bytes:
    """Quote every field of a file that has no quote yet."""
    if b'"' in data:
        return data
    lines = data.removesuffix(b"\r\n").split(b"\r\n")
    return b"".join(b'"' + line.replace(b";", b'";"') + b'"\r\n' for line in lines)
