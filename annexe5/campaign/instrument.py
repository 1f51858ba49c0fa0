"""Our OI as an instrument: the OC under test connects to it, and everything it does there is seen, kept and judged.

Each exchange goes to the journal as it happens; what the OC reads and deletes is known from its server. An answer of
ours counts from the moment the OC has read it: nobody is blamed for not knowing what still stood in OUT.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from annexe5.campaign.bench import Placed
from annexe5.campaign.conducted import ConductedOi
from annexe5.campaign.drivers import Driver, Herald, PersonDriver, Request, collect_request
from annexe5.campaign.journal import Journal
from annexe5.campaign.mail_desk import Deferring
from annexe5.campaign.observe import Observation, observe
from annexe5.campaign.oc_target import COLLECT, OcTarget
from annexe5.campaign.standing import StandingOi
from annexe5.campaign.target import RoleRows
from annexe5.campaign.verdicts import Bloque, NonApplicable
from annexe5.contract.profile import Mailboxes, Profile
from annexe5.contract.rules import rule
from annexe5.exchange import Channel, Exchange
from annexe5.findings import Finding
from annexe5.messages.calls import Outcome
from annexe5.messages.endpoint import Served
from annexe5.network.roles import load_roles
from annexe5.orders import Event, OrderJudgement, judge_orders
from annexe5.parties.oc import Instruction
from annexe5.transport.edge import Edge, EventKind, FileBusyError, FileEvent

_SHOWN_AFTER = timedelta(seconds=2)  # what comes at once needs no announcement
T = TypeVar("T")
Clock = Callable[[], datetime]


@dataclass(slots=True)
class Delivery:
    """One file of ours in OUT. ``read`` and ``removed`` are places in the order of things, 0 for not yet."""

    path: str
    seen: Observation | None = None
    read: int = 0
    removed: int = 0


class Desk(Protocol):
    """The web services before the OC: what it was ``served``, what counts against it over the campaign."""

    served: list[Served]

    @property
    def loose(self) -> list[Finding]: ...  # noqa: D102
    def announce(self, url: str) -> Outcome: ...  # noqa: D102


class Instrument:
    """One campaign's chair opposite an OC. ``sit`` gives it its OI, its server and the OC's driver, once they exist.

    ``observations`` are all files in order, ``strays`` what the OC did to files and folders that no file tells.
    """

    def __init__(
        self, target: OcTarget, profile: Profile, journal: Journal, rows: RoleRows, *, clock: Clock, herald: Herald
    ) -> None:
        self.target = target
        self.profile = profile
        self._journal = journal
        self.clock = clock
        self.herald = herald
        self.observations: list[Observation] = []
        self.strays: list[Finding] = []
        self.deliveries: dict[str, Delivery] = {}
        self.on_read: Callable[[str], None] | None = None
        self.desk: Desk | None = None
        self.notices = target.services.avis
        self.rows = rows
        self._used: dict[str, int] = defaultdict(int)
        self._orders: dict[str, Placed] = {}
        self._names: dict[str, set[str]] = defaultdict(set)
        self._events: dict[str, list[Event]] = defaultdict(list)
        self._cited: dict[str, tuple[str, int]] = {}
        self._odd: set[str] = set()
        self._stamps: dict[str, int] = {}
        self._theirs: set[str] = set()
        self._waiting: list[FileEvent] | None = None
        self._order = 0
        self._moved = clock()
        self.boxes: Mailboxes | None = None  # ours, where the OC sends mail
        self.deferring: Deferring | None = None
        self._changed = threading.Condition(threading.RLock())

    def sit(
        self,
        standing: StandingOi,
        edge: Edge,
        listener: Callable[[FileEvent], None],
        driver: Driver,
        place: Mapping[str, str | int],
    ) -> None:
        """Take place: the OI, its server and its listener, whoever makes the OC act, and what tells the OC the way."""
        self.standing, self.edge, self.driver, self.place = standing, edge, driver, place
        self._listener = listener

    @property
    def channel(self) -> Channel:
        """By which our OI is reached."""
        return Channel(self.target.serveur.canal)

    @property
    def journal(self) -> Journal:
        """Where every exchange is written."""
        return self._journal

    @journal.setter
    def journal(self, journal: Journal) -> None:
        """Go on in another journal, which gets what came meanwhile."""
        with self._changed:
            self._journal = journal
            self.observations = [
                replace(one, exchange=journal.record(replace(one.exchange, number=0), batch=one.batch))
                for one in self.observations
            ]

    @property
    def oi(self) -> ConductedOi:
        """The OI, to be touched from ``speak`` only."""
        assert isinstance(self.standing.twin, ConductedOi)  # noqa: S101 -- built so
        return self.standing.twin

    # --- what happens on the server (called from its threads) -------------------------------------------------------

    def on_event(self, event: FileEvent) -> None:
        """Note what the OC does, in the order in which it does it."""
        if event.account != self.target.codes.oc:
            return
        with self._changed:
            self._order += 1
            self._moved = self.clock()
            match event.kind:
                case EventKind.STORED:
                    self._stamps[event.path] = self._order
                    self._theirs.add(event.path)
                    if self._waiting is not None and self._is_in(event.path):
                        self._waiting.append(event)
                        return
                    self._stored(event)
                case EventKind.READ:
                    self._read(event)
                case EventKind.REMOVED:
                    self._removed(event)
                case EventKind.UNEXPECTED:
                    folder, _, _ = event.path.rpartition("/")
                    self.strays.append(
                        rule("TRA-ENTREE-INATTENDUE").finding(
                            path=event.path, received=event.detail, expected=folder or "/"
                        )
                    )
            self._changed.notify_all()

    def _stored(self, event: FileEvent) -> None:
        if self._is_in(event.path):
            self._listener(event)
            return
        # It stands where no OI looks, and is left there; read at once, for the OC may take it for a file of ours.
        with suppress(OSError, FileBusyError):
            data = self.edge.read(event.account, event.path)
            self.standing.post(lambda: self._misplaced(event, data))

    def _misplaced(self, event: FileEvent, data: bytes) -> Iterable[Exchange]:
        """See a file that stands where no OI looks."""
        folder, _, name = event.path.rpartition("/")
        codes = self.target.codes
        self.on_exchange(Exchange(event.at, self.channel, codes.oc, codes.oi, name, folder, data))
        return ()

    def _read(self, event: FileEvent) -> None:
        delivery = self._delivery(event.path)
        if delivery is None:
            return
        if not delivery.read:
            delivery.read = self._order
            self._hear(delivery)
        act, self.on_read = self.on_read, None
        if act is not None:
            act(event.path)

    def _removed(self, event: FileEvent) -> None:
        _, _, name = event.path.rpartition("/")
        delivery = self._delivery(event.path)
        if delivery is not None:
            delivery.removed = self._order
            if not delivery.read:
                delivery.read = self._order
                self._hear(delivery)
                self._stray(event.path)
        elif self._is_in(event.path) and not self.edge.temporary(name) and event.detail != "dossier":
            self._stray(event.path)

    def _stray(self, path: str) -> None:
        finding = rule("TRA-SUPPRESSION-TIERS").finding(path=path, received=path, party=self.target.codes.oc)
        self.strays.append(finding)

    def _delivery(self, path: str) -> Delivery | None:
        """Give what is known of a file of ours; the server may tell it read before the OI tells it delivered."""
        folder, _, name = path.rpartition("/")
        if (
            folder not in (self._folder("retrait_acces"), self._folder("retrait_pm"))
            or path in self._theirs
            or self.edge.temporary(name)
        ):
            return None
        return self.deliveries.setdefault(path, Delivery(path))

    @property
    def drop_folder(self) -> str:
        """Where the OC drops the files of the ACCES protocol."""
        return self._folder("depose_acces")

    def _is_in(self, path: str) -> bool:
        return path.rpartition("/")[0] in (self._folder("depose_acces"), self._folder("depose_pm"))

    def _folder(self, name: str) -> str:
        codes = self.target.codes
        return self.profile.folder(name, codes.oi, codes.arcep)  # type: ignore[arg-type]

    # --- what is exchanged (called from the OI's thread) ------------------------------------------------------------

    def on_exchange(self, exchange: Exchange) -> None:
        """Write an exchange down, then read it."""
        codes = self.target.codes
        if codes.oc not in (exchange.sender, exchange.receiver):
            return
        path = f"{exchange.folder}/{exchange.name}"
        with self._changed:
            self._order += 1
            self._moved = self.clock()
            place = self._order
            if exchange.sender == codes.oc:
                place = self._stamps.pop(path, place)
            seen = self._observe(self._journal.record(exchange, batch=place), place)
            self.observations.append(seen)
            if exchange.sender == codes.oc:
                for event in seen.events:
                    self._events[event.reference].append(event)
            else:
                delivery = self.deliveries.setdefault(path, Delivery(path))
                delivery.seen = seen
                if delivery.read:
                    self._hear(delivery)
            self._changed.notify_all()

    def see_message(self, exchange: Exchange, flow: str, findings: tuple[Finding, ...]) -> None:
        """Write a message of a web service down, with what its judge said (called from the HTTP server's threads)."""
        with self._changed:
            self._order += 1
            self._moved = self.clock()
            recorded = self._journal.record(exchange, batch=self._order)
            self.observations.append(Observation(recorded, self._order, flow, (), findings))
            self._changed.notify_all()

    def _observe(self, exchange: Exchange, place: int) -> Observation:
        codes = self.target.codes
        used = self._names[exchange.sender]
        seen = observe(
            exchange,
            self.profile,
            batch=place,
            oi=codes.oi,
            arcep=codes.arcep,
            oc=codes.oc,
            used=used,
            boxes=self.boxes,
        )
        used.add(exchange.name)
        if exchange.sender == codes.oi:
            return replace(seen, findings=(), events=() if exchange.name in self._odd else seen.events)
        return replace(seen, findings=(*seen.findings, *self._repeated(seen)))

    def _repeated(self, seen: Observation) -> list[Finding]:
        """Tell the orders whose reference has served (ACC-03), and those sent again after a rejection."""
        found = []
        for event in seen.events:
            if event.kind != "CMD":
                continue
            file, line = self._cited.setdefault(event.reference, (event.file, event.line))
            if file == event.file:
                continue
            rejected = any(one.kind in ("AR_KO", "CR_KO") for one in self._events[event.reference])
            finding = rule("OC-INSISTE" if rejected else "CROISE-CMD-DOUBLE").finding(
                path=event.file, line=event.line, column="ReferenceCommandePriseInterneOC",
                received=event.reference, other=file, other_line=line, order=event.reference,
            )  # fmt: skip
            found.append(replace(finding, orders=(event.reference,)))
        return found

    def _hear(self, delivery: Delivery) -> None:
        """Count an answer as known to the OC, from the moment it read it."""
        if delivery.seen is not None:
            for event in delivery.seen.events:
                self._events[event.reference].append(replace(event, batch=delivery.read))

    # --- test data --------------------------------------------------------------------------------------------------

    def row_of(self, role: str) -> dict[str, str]:
        """Give an address that plays a role; each serves once."""
        known, rows = load_roles()[role], self.rows.get(role, ())
        if self._used[role] >= len(rows):
            raise Bloque(
                f"les {len(rows)} adresses du rôle « {role} » ({known.fr}) du réseau engendré ont déjà servi ; "
                "augmentez [reseau] taille."
            )
        self._used[role] += 1
        return dict(rows[self._used[role] - 1])

    def give_back(self, role: str) -> None:
        """Let the addresses of a role serve again, once nothing lives on the last one."""
        self._used[role] = self._used[role] % len(self.rows[role])

    # --- making the OC and the OI act -------------------------------------------------------------------------------

    def ask(self, instruction: Instruction) -> None:
        """Have the OC do something. NonApplicable when it does not declare that it can."""
        if instruction.action not in self.driver.able:
            raise NonApplicable(
                f"le fichier cible ne déclare pas l'action « {instruction.action} » ([pilote] actions)."
            )
        self.driver.do(Request(instruction, self.place, self.clock() + self.patience))

    def speak(
        self, speech: Callable[[ConductedOi, datetime], Iterable[Exchange]], *, odd: bool = False
    ) -> list[Exchange]:
        """Have the OI say something out of its course, and give what it said once it stands in OUT.

        ``odd`` files are not part of the life of the orders they name.
        """
        said: Future[list[Exchange]] = Future()

        def speak() -> Iterable[Exchange]:
            try:
                files = list(speech(self.oi, self.clock()))
            except Exception as error:  # noqa: BLE001 -- it belongs to whoever asked
                said.set_exception(error)
                return ()
            if odd:
                self.mark_odd(*files)
            said.set_result(files)
            return files

        self.standing.post(speak)
        files = said.result(60)
        self.wait_for(lambda: True if all(self._stands(one) for one in files) else None, "")
        return files

    def mark_odd(self, *files: Exchange) -> None:
        """Leave some files of ours out of the life of the orders they name."""
        self._odd |= {one.name for one in files}

    def _stands(self, file: Exchange) -> bool:
        delivery = self.deliveries.get(f"{file.folder}/{file.name}")
        return delivery is not None and delivery.seen is not None

    def deliver(self, file: Exchange) -> None:
        """Put a file of the OI in OUT at once, whoever's turn it is (from a server's thread too)."""
        self.edge.deliver(self.target.codes.oc, f"{file.folder}/{file.name}", file.data)
        self.on_exchange(file)

    def pause(self) -> None:
        """Leave in IN what the OC drops from now on."""
        with self._changed:
            self._waiting = []

    def resume(self) -> None:
        """Take again what stands in IN."""
        with self._changed:
            waiting, self._waiting = self._waiting or [], None
            for event in waiting:
                with suppress(FileNotFoundError):
                    self.edge.status(event.account, event.path)
                    self._stored(event)

    @property
    def waiting(self) -> tuple[str, ...]:
        """What stands in IN while the OI is paused."""
        with self._changed:
            return tuple(event.path for event in self._waiting or ())

    def reset(self) -> None:
        """Be an ordinary OI again, whatever a scenario had set; what was held back is not sent any more."""
        self.on_read = None
        self.resume()
        oi = self.oi
        oi.held.clear()
        oi.kept.clear()
        oi.refusals.clear()

    # --- waiting ----------------------------------------------------------------------------------------------------

    @property
    def patience(self) -> timedelta:
        """How long one thing is waited for."""
        settings = self.target.campagne
        return timedelta(seconds=min(settings.patience_s, settings.reponse_sous_s or settings.patience_s))

    @property
    def absence_counts(self) -> bool:
        """Tell whether what has not come is absent, rather than awaited still."""
        return self.driver.at_hand or self.target.campagne.reponse_sous_s is not None

    def wait_for(self, find: Callable[[], T | None], what: str) -> T | None:
        """Wait until ``find`` gives something; None when it has not within the time agreed. ``what`` is told."""
        until = self.clock() + self.patience
        while True:
            with self._changed:
                found = find()
            if found is not None:
                if what:
                    self.herald.arrived(what)
                return found
            now = self.clock()
            if now >= until:
                self.herald.missed(what)
                return None
            if self.driver.at_hand and self.at_rest():
                with self._changed:
                    return find()
            self._pass(what, until, now)

    def settle(self) -> None:
        """Wait until nothing more comes: to see that something does not come."""
        started = self.clock()
        silence = timedelta(seconds=self.target.campagne.silence_s)
        while True:
            if self.driver.at_hand and self.at_rest():
                return
            now = self.clock()
            quiet = max(self._moved, started) if self.driver.able else self._moved
            if not self.driver.at_hand and (now - quiet >= silence or now - started >= self.patience + silence):
                return
            self._pass("", quiet + silence, now)

    def at_rest(self) -> bool:
        """Tell whether neither side has anything more to say (of an OC at hand)."""
        with self._changed:
            moves = self._order
        # Waited for, never asked over and over: that would take the interpreter from both sides.
        if not self.standing.rest() or not self.driver.rest() or not self.standing.idle:
            return False
        with self._changed:
            return moves == self._order

    def _pass(self, what: str, until: datetime, now: datetime) -> None:
        """Let time go by: an OC at hand is met at each look, another has until the next one."""
        if self.driver.at_hand:
            return
        if what and now >= until - self.patience + _SHOWN_AFTER:
            self.herald.waiting(what, until, now)
        elif not what and until - now > _SHOWN_AFTER and isinstance(self.driver, PersonDriver):
            self.herald.watching(until, now)
        with self._changed:
            moves = self._order
        if COLLECT in self.driver.able and self.uncollected():
            self.driver.do(collect_request(self.place, until))
        with self._changed:
            if moves == self._order:
                self._changed.wait(max(0.01, min(self.target.campagne.intervalle_s, (until - now).total_seconds())))

    def sent(self, name: str) -> Exchange | None:
        """Give a file of ours by name."""
        delivery = self.deliveries.get(f"{self._folder('retrait_acces')}/{name}")
        return delivery.seen.exchange if delivery is not None and delivery.seen is not None else None

    def uncollected(self) -> list[Delivery]:
        """Give the files of ours that still stand in OUT."""
        with self._changed:
            return [one for one in self.deliveries.values() if one.seen is not None and not one.removed]

    # --- judging ----------------------------------------------------------------------------------------------------

    def events(self, reference: str) -> list[Event]:
        """Give what was said of an order so far: by the OC, and by the OI as far as the OC has read it."""
        with self._changed:
            return sorted(self._events[reference], key=lambda event: event.batch)

    def unclaimed(self, since: int, claimed: Iterable[tuple[str, int]]) -> list[Event]:
        """Give the orders seen after a moment that nobody has claimed."""
        known = set(claimed)
        with self._changed:
            found = [one for events in self._events.values() for one in events if one.kind == "CMD"]
        return sorted(
            (one for one in found if one.batch > since and (one.file, one.line) not in known),
            key=lambda event: (event.batch, event.line),
        )

    @property
    def moment(self) -> int:
        """The present, in the order of things."""
        with self._changed:
            return self._order

    def judge(self, references: Iterable[str], *, final: bool = False) -> dict[str, OrderJudgement]:
        """Judge orders as seen so far; whatever the OI owes is not the OC's (``final`` changes nothing)."""
        del final
        events = [event for reference in references for event in self.events(reference)]
        return judge_orders(events, self.profile, now=self.clock(), party="OC")

    def keep(self, placed: Placed) -> None:
        """Remember what an order was asked for."""
        self._orders[placed.reference] = placed

    def placed(self, reference: str) -> Placed | None:
        """Give an order this instrument asked for."""
        return self._orders.get(reference)

    @property
    def references(self) -> tuple[str, ...]:
        """Every reference seen."""
        with self._changed:
            return tuple(self._events)

    def observed(self, since: int = 0) -> list[Observation]:
        """Give the OC's files seen after a moment."""
        with self._changed:
            mine = [one for one in self.observations if one.exchange.sender == self.target.codes.oc]
        return [one for one in mine if one.batch > since]

    def concerning(self, references: Iterable[str], since: int = 0) -> list[Observation]:
        """Give the files of both sides, seen after a moment, that speak of some orders or of nothing known."""
        mine = set(references)
        with self._changed:
            seen = [one for one in self.observations if one.batch > since]
        return [one for one in seen if not one.events or any(event.reference in mine for event in one.events)]

    @property
    def tested(self) -> str:
        """The OC's quadrigramme."""
        return self.target.codes.oc

    @property
    def loose(self) -> tuple[Finding, ...]:
        """What counts against the OC besides its files and orders."""
        with self._changed:
            left = [one for one in self.deliveries.values() if one.seen is not None and one.read and not one.removed]
            called = self.desk.loose if self.desk is not None else []
            return (*self.strays, *(_left(one) for one in left), *called)


def _left(delivery: Delivery) -> Finding:
    folder, _, name = delivery.path.rpartition("/")
    return rule("TRA-RESTE").finding(path=delivery.path, received=name, expected=folder)
