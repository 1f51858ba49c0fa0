"""The bench: the suite in the OC's chair, on any OI reachable as a file server.

It places orders on the addresses that play the roles of a scenario, collects and deletes what the OI deposits,
writes everything in the journal first, and waits for answers no longer than the target says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar

from annexe5.campaign.journal import Journal, Stage
from annexe5.campaign.memory import HARVESTED, IGNORED, LOOKED, ORDER, REFERENCE, Memory, messages_of
from annexe5.campaign.observe import KEY, Observation, observe
from annexe5.campaign.post import Post
from annexe5.campaign.results import ScenarioResult
from annexe5.campaign.service_bench import ServiceBench
from annexe5.campaign.target import Target
from annexe5.campaign.verdicts import Bloque, EnAttente, NonApplicable, NonConforme
from annexe5.contract.calendar import PARIS, Calendar
from annexe5.contract.names import build_name, parse_name
from annexe5.contract.profile import FolderName, Profile
from annexe5.contract.rejects import load_rejects
from annexe5.contract.rules import rule
from annexe5.exchange import Channel, Exchange
from annexe5.findings import Finding, Verdict
from annexe5.messages.mail import Attachment, dissect
from annexe5.network import client as generated_client
from annexe5.network.roles import load_roles
from annexe5.orders import Event, OrderJudgement, judge_orders, load_cycle
from annexe5.tables import load_table, write_rows
from annexe5.transport.edge import RemoteFile
from annexe5.transport.remote import MissingFolderError, RemoteClient

Row = dict[str, str]
Clock = Callable[[], datetime]
Found = TypeVar("Found")


@dataclass(slots=True)
class Placed:
    """One order that a scenario has placed: its reference, the role of its address, the row sent, its last state."""

    reference: str
    role: str
    row: Row


@dataclass
class Bench:
    """One campaign's chair.

    ``idle`` tells, where the party is at hand, that it has nothing more to say; ``later`` when it will next speak, if
    it rests until a moment of the clock both share; ``dial`` gives a client for another password, ``dial_key`` for
    another key; ``skip`` lets a long time go by, which a twin's clock leaps over, and ``leap`` takes both parties to a
    later moment, where both are ours; ``opened`` is when it sat down.
    """

    target: Target
    profile: Profile
    client: RemoteClient
    journal: Journal
    clock: Clock
    wait: Callable[[float], object]
    idle: Callable[[], bool] | None = None
    later: Callable[[], datetime | None] | None = None
    password: str | None = field(default=None, repr=False)
    leap: Callable[[datetime], None] | None = None
    dial: Callable[[str], RemoteClient] | None = None
    dial_key: Callable[[Path], RemoteClient] | None = None
    skip: Callable[[float], object] | None = None
    channel: Channel = Channel.SFTP
    services: ServiceBench | None = None
    post: Post | None = None
    observations: list[Observation] = field(default_factory=list)
    ignored: frozenset[str] = frozenset()
    watched: tuple[FolderName, ...] = ("retrait_acces",)
    opened: datetime = field(init=False)
    _events: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    _served: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _orders: dict[str, Placed] = field(default_factory=dict)
    _names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _optional: set[str] = field(default_factory=set)
    _doubtful: set[str] = field(default_factory=set)
    _untaken: dict[tuple[str, str, str], int] = field(default_factory=dict)
    _looked: datetime | None = None
    _harvest: int = 0
    _started: str = ""
    _batch: int = 0
    _count: int = 0

    def __post_init__(self) -> None:
        self.opened = self._stirred = self.clock()
        self.memory = Memory(self.journal, self.clock)

    def remember(self, journal: Journal) -> None:
        """Sit down before a campaign's journal: a new one, or that of a campaign to go on with."""
        self.journal, self.memory = journal, Memory(journal, self.clock)
        self.observations, self._batch, self._count, self._harvest = [], 0, 0, 0
        for held in (self._events, self._served, self._orders, self._names, self._untaken):
            held.clear()
        self._optional, self._doubtful = set(), set()
        for said in self.memory.said(ORDER):
            self._count += 1
            self._served[said["role"]] += said["from_role"]
            self._orders.setdefault(said["reference"], Placed(said["reference"], said["role"], said["row"]))
        self._count += sum(1 for _ in self.memory.said(REFERENCE))
        self._read_back(journal)
        left = list(self.memory.said(IGNORED))
        if not left:
            self.memory.write(IGNORED, 0, sorted(self.ignored))
        self.ignored = frozenset(left[0] if left else self.ignored)

    def _read_back(self, journal: Journal) -> None:
        """See again what was seen; what we wrote down and did not let go is not sent yet."""
        keys, messages = journal.sendings(), dict(messages_of(journal))
        looks = {said["batch"]: datetime.fromisoformat(said["at"]) for said in self.memory.said(LOOKED)}
        harvested = {said["batch"] for said in self.memory.said(HARVESTED)}
        self._looked = max(looks.values(), default=None)
        for exchange, batch in journal.exchanges():
            self._batch, stages = max(self._batch, batch), self.memory.stages(exchange.number)
            if exchange.channel is Channel.SOAP:
                flow, findings = messages.get(exchange.number, ("", ()))
                self.observations.append(Observation(exchange, batch, flow, (), findings))
            elif exchange.sender == self.target.codes.oi:
                self._see(exchange, batch, looks.get(batch))
                self._harvest = 0 if batch in harvested else batch
                if Stage.TAKEN not in stages:
                    self._untaken[exchange.folder, exchange.name, exchange.digest] = exchange.number
            elif Stage.GONE in stages:
                owed = exchange.number not in keys or keys[exchange.number].owed
                self._sent(exchange, batch, owed=owed, doubtful=Stage.DOUBTFUL in stages)
            else:
                self._names[exchange.sender].add(exchange.name)

    # --- test data -----------------------------------------------------------------------------------------

    def row_of(self, role: str) -> Row:
        """Give the order that an address playing a role calls for; addresses are used once, rejections again."""
        known = load_roles()[role]
        rows = self.target.test_data.get(role, ())
        if not rows:
            raise Bloque(
                f"le fichier cible ne déclare aucune adresse pour le rôle « {role} » ({known.fr}) ; "
                f"ajoutez [[test_data.{role}]] pour jouer ce scénario."
            )
        used = self._served[role]
        if known.rejet and load_rejects()[known.rejet].produced_by in ("AR", "CR"):
            used %= len(rows)  # nothing is given out there: the address serves again
        if used >= len(rows):
            raise Bloque(
                f"les {len(rows)} adresses du rôle « {role} » ont déjà servi ; déclarez-en d'autres dans "
                f"[[test_data.{role}]]."
            )
        self._served[role] += 1
        return dict(rows[used])

    def prepare(self, role: str, **changes: str) -> Placed:
        """Fill a Cmd_Acces for a role, under a new reference; ``changes`` override columns."""
        return self._place(lambda: self._fill(self.row_of(role), role, changes), from_role=True)

    def prepare_on(self, address: Mapping[str, str], role: str, **changes: str) -> Placed:
        """Fill a Cmd_Acces on an address, under a new reference; ``changes`` override columns."""
        return self._place(lambda: self._fill(address, role, changes), from_role=False)

    def _place(self, fill: Callable[[], dict[str, Any]], *, from_role: bool) -> Placed:
        said = self.memory.recall(ORDER, lambda: fill() | {"from_role": from_role})
        placed = Placed(said["reference"], said["role"], dict(said["row"]))
        self._orders.setdefault(placed.reference, placed)
        return placed

    def _fill(self, address: Mapping[str, str], role: str, changes: Mapping[str, str]) -> dict[str, Any]:
        now = self.clock().astimezone(PARIS)
        reference = self._next_reference()
        person = generated_client(self._count, self._count)
        row = dict.fromkeys(load_table("Cmd_Acces").names, "")
        row |= {
            "NomClient": person.nom,
            "PrenomClient": person.prenom,
            "ContactClient1": person.contact1,
            "TypeRacco": "STOC",
            "PriseExistante": "N",
            "TypeCommandeDemande": "LOCA",
        }
        row |= address
        row |= {KEY: reference, "DateCommandePrise": now.strftime("%Y%m%d %H:%M"), **changes}
        return {"reference": row[KEY], "role": role, "row": row}

    def fresh_reference(self) -> str:
        """Give an order reference that has never served, but to the scenario at hand if it is played again."""
        return self.memory.recall(REFERENCE, self._next_reference)

    def _next_reference(self) -> str:
        self._count += 1
        return f"A5{self._stamp}{self._count:05d}"

    def renew(self, placed: Placed) -> Placed:
        """Fill the same order again, under a new reference."""
        self._count += 1
        row = placed.row | {KEY: f"A5{self._stamp}{self._count:05d}"}
        return self._orders.setdefault(row[KEY], Placed(row[KEY], placed.role, row))

    @property
    def _stamp(self) -> str:
        """Make references of two campaigns on one account differ."""
        self._started = self._started or self.clock().astimezone(PARIS).strftime("%y%m%d%H%M%S")
        return self._started

    # --- out and in ----------------------------------------------------------------------------------------

    def name(self, flow: str, **places: str) -> str:
        """Give the next file name of a flow, one that has not served."""
        day = self.clock().astimezone(PARIS).date()
        codes = self.target.codes
        while True:
            number = self._sequence(flow)
            name = build_name(self.profile, flow, oi=codes.oi, oc=codes.oc, date=day, seq=number, **places)
            if name not in self._names[codes.oc]:
                return name

    def _sequence(self, flow: str) -> int:
        """Start where no earlier campaign of the day can have been: at the seconds of the day, then one by one."""
        start = self.clock().astimezone(PARIS)
        counter = f"seq/{flow}"
        if counter not in self._served:
            self._served[counter] = (start.hour * 60 + start.minute) * 60 + start.second
        self._served[counter] += 1
        return self._served[counter]

    def send(
        self,
        flow: str,
        rows: Iterable[Mapping[str, str]],
        *,
        name: str = "",
        folder: str = "",
        data: bytes | None = None,
        owed: bool = True,
        letter: str | None = None,
        mailbox: str = "",
        beside: Sequence[Attachment] = (),
    ) -> Observation:
        """Deposit a file of a flow in IN; ``name``, ``folder`` and ``data`` replace what is right by something else.

        ``owed`` is false for a file that no OI is held to answer: its orders may be answered, or not. ``letter`` sends
        it by mail instead, written as the word says ("": rightly), to the flow's ``mailbox`` if none is given. What the
        scenario at hand has sent already is not sent again.
        """
        key, number = self.memory.sending(owed=owed)
        if number:
            return self._let_go(self.journal.exchange(number), self.journal.batch(number), owed=owed)
        codes = self.target.codes
        where = folder or self.profile.folder(self.profile.flow(flow).dossier, codes.oi, codes.arcep)
        content = write_rows(load_table(flow), rows) if data is None else data
        sent = Exchange(self.clock(), self.channel, codes.oc, codes.oi, name or self.name(flow), where, content)
        if letter is not None:
            sent = self._as_letter(sent, letter, mailbox or self._mailbox(flow), beside)
        # Written down before it leaves: a campaign that is killed in between knows what may have been sent.
        self._batch += 1
        return self._let_go(self.journal.record(sent, batch=self._batch, key=key), self._batch, owed=owed)

    def _let_go(self, sent: Exchange, batch: int, *, owed: bool) -> Observation:
        """Deposit or post what is written down, unless it has left already; an interruption may have come between."""
        stages, number = self.memory.stages(sent.number), sent.number
        if Stage.GONE in stages:
            return next(one for one in self.observations if one.exchange.number == number)
        where, posted = self._path(sent.folder), sent.channel is Channel.MAIL
        left: bool | None = False
        if Stage.READY in stages:
            left = None if posted else self.client.has_left(where, sent.name, len(sent.data))
        if left is None:
            self.memory.reach(number, Stage.DOUBTFUL)
        elif posted:
            self.memory.reach(number, Stage.READY)
            self._posted.send(sent.folder, sent.data)
        elif not left:
            self.client.deposit(where, sent.name, sent.data, ready=lambda: self.memory.reach(number, Stage.READY))
        self.memory.reach(number, Stage.GONE)
        self._stirred = self.clock()
        return self._sent(sent, batch, owed=owed, doubtful=left is None)

    def _sent(self, sent: Exchange, batch: int, *, owed: bool, doubtful: bool) -> Observation:
        seen = self._see(sent, batch)
        references = {event.reference for event in seen.events}
        if not owed:
            self._optional |= references
        if doubtful:
            self._doubtful |= references
        return seen

    @property
    def _posted(self) -> Post:
        if self.post is None:
            raise NonApplicable("le fichier cible ne déclare pas de courriel ([courriel]).")
        return self.post

    def _as_letter(self, file: Exchange, kind: str, mailbox: str, beside: Sequence[Attachment]) -> Exchange:
        """Give a file as the message that carries it: its folder is then the mailbox, its bytes those that cross."""
        raw = self._posted.letter(file.name, file.data, mailbox, file.at, kind=kind, beside=beside)
        return replace(file, channel=Channel.MAIL, folder=mailbox, data=raw)

    def _mailbox(self, flow: str) -> str:
        boxes = self._posted.boxes
        return boxes.pm if self.profile.flow(flow).protocole == "PM" else boxes.acces

    def _collect_mail(self, seen: list[Observation]) -> None:
        """Take what came into our mailbox."""
        if self.post is None:
            return
        codes, address = self.target.codes, self.post.address
        numbers: list[int] = []

        def keep(raw: bytes) -> None:
            mail = dissect(raw)
            name = next((one.name for one in mail.attachments if one.name), "") or mail.message_id
            arrived = Exchange(self.clock(), Channel.MAIL, codes.oi, codes.oc, name, address, raw)
            numbers.append(self._arrived(arrived, seen))

        self.post.mailbox.collect(keep)
        for number in numbers:
            self.memory.reach(number, Stage.TAKEN)

    def look_around(self) -> None:
        """See that the contract's folders are there; what OUT already holds is another campaign's, and stays."""
        codes = self.target.codes
        self.ignored = frozenset(entry.name for entry in self.folders_stand() if not entry.is_dir)
        if self.post is not None:
            self.post.mailbox.look()
        with suppress(MissingFolderError):
            self.client.list(self._path(self.profile.folder("retrait_pm", codes.oi, codes.arcep)))
            self.watched = ("retrait_acces", "retrait_pm")

    def folders_stand(self) -> list[RemoteFile]:
        """See that the folders of the ACCES protocol are there; give what OUT holds. Raises MissingFolderError."""
        self.client.list(self.folder("depose_acces"))
        return self.client.list(self.folder("retrait_acces"))

    def folder(self, name: FolderName) -> str:
        """Give a folder of the contract as the client names it."""
        codes = self.target.codes
        return self._path(self.profile.folder(name, codes.oi, codes.arcep))

    def collect(self) -> list[Observation]:
        """Retrieve and delete what stands in OUT (TRA-10), the folders of both protocols looked into."""
        seen: list[Observation] = []
        codes = self.target.codes
        self._batch += 1
        # What an interrupted look has left there came no later than what it took: they are one moment of observation.
        self._harvest = batch = self._harvest or self._batch
        began = self.clock()
        for folder in self.watched:
            where = self.profile.folder(folder, codes.oi, codes.arcep)
            numbers: dict[str, int] = {}

            def keep(name: str, data: bytes, where: str = where, numbers: dict[str, int] = numbers) -> None:
                arrived = Exchange(self.clock(), self.channel, codes.oi, codes.oc, name, where, data)
                numbers[name] = self._arrived(arrived, seen)

            for name, _ in self.client.collect(self._path(where), keep=keep, skip=self.ignored):
                self.memory.reach(numbers[name], Stage.TAKEN)
        self._collect_mail(seen)
        if seen or batch < self._batch:
            self.memory.harvested(batch)
        self._looked, self._harvest = began, 0
        if seen:
            self._stirred = self.clock()
        return seen

    def _arrived(self, arrived: Exchange, seen: list[Observation]) -> int:
        """Write down what came; what was, before an interruption, and is not deleted yet has come once."""
        number = self._untaken.pop((arrived.folder, arrived.name, arrived.digest), 0)
        if not number:
            if self._looked and not seen:
                self.memory.looked(self._harvest, self._looked)
            seen.append(self._see(self.journal.record(arrived, batch=self._harvest), self._harvest, self._looked))
            number = seen[-1].exchange.number
        return number

    def rest(self) -> None:
        """Write down when OUT was last looked into: what comes while nobody looks is not late for that."""
        if self._looked:
            self.memory.looked(0, self._looked)

    def _path(self, folder: str) -> str:
        root = self.target.way.racine.rstrip("/")
        return f"{root}/{folder}" if root else folder

    def _see(self, exchange: Exchange, batch: int, looked: datetime | None = None) -> Observation:
        codes = self.target.codes
        used = self._names[exchange.sender]
        seen = observe(
            exchange, self.profile, batch=batch, oi=codes.oi, arcep=codes.arcep, oc=codes.oc, used=used,
            boxes=self.post.boxes if self.post else None,
        )  # fmt: skip
        used.add(exchange.name)
        if exchange.sender == codes.oi:
            proved = self._proved(exchange, looked)
            seen = replace(seen, events=tuple(replace(event, proved=proved) for event in seen.events))
        self.observations.append(seen)
        for event in seen.events:
            self._events[event.reference].append(event)
        return seen

    def _proved(self, exchange: Exchange, looked: datetime | None) -> datetime:
        """Give the last moment at which a file is known not to have come: the last look without it, or its own date."""
        read = parse_name(self.profile, exchange.name)
        dated = exchange.at
        if read is not None:
            dated = datetime.combine(read.issued, time(), PARIS)
        return min(exchange.at, max(dated, looked or dated))

    def see_message(self, exchange: Exchange, flow: str, findings: tuple[Finding, ...]) -> int:
        """Write a message of a web service down, with what its judge said; gives its number in the journal."""
        self._batch += 1
        recorded = self.journal.record(exchange, batch=self._batch)
        told = tuple(one.at(exchange.name) for one in findings)
        self.memory.tell_message(recorded.number, flow, told)
        self.observations.append(Observation(recorded, self._batch, flow, (), told))
        return recorded.number

    # --- waiting -------------------------------------------------------------------------------------------

    def events(self, reference: str) -> list[Event]:
        """Give what was seen of an order so far."""
        return list(self._events[reference])

    def await_event(self, reference: str, *kinds: str, heard: Container[tuple[str, int]] = ()) -> Event:
        """Wait for one of some events of an order, those ``heard`` (by file and line) left aside.

        Raises NonConforme when it is absent past the time agreed, EnAttente when its deadline is not reached.
        """
        started = self.clock()
        found = self.await_found(lambda: self._find(reference, kinds, heard))
        if found is None:
            raise self._absent(reference, kinds, started)
        return found

    def await_found(self, find: Callable[[], Found | None]) -> Found | None:
        """Collect until something is found; None when it is absent past the time agreed, or past our patience."""
        started = self.clock()
        while True:
            if (found := find()) is not None:
                return found
            resting, later = self._at_rest(), self._speaks_later()
            self.collect()
            if (found := find()) is not None:
                return found
            if resting or later or self._patience_over(started):
                return None
            self.wait(self.target.campagne.intervalle_s)

    def _find(self, reference: str, kinds: Sequence[str], heard: Container[tuple[str, int]]) -> Event | None:
        return next(
            (one for one in self._events[reference] if one.kind in kinds and (one.file, one.line) not in heard), None
        )

    def settle(self) -> None:
        """Collect until nothing more comes: to see that something does not come."""
        started = self.clock()
        quiet = 0
        # A file may have been on its way during the first quiet look; where the party tells that it rests, it is asked.
        while self.idle is not None or quiet < 2:  # noqa: PLR2004
            resting = self._at_rest() or self._speaks_later()
            quiet = 0 if self.collect() else quiet + 1
            if resting and quiet:
                return
            if self._given_up(started):
                return
            self.wait(self.target.campagne.intervalle_s)

    def waiting_in(self, folder: str, name: str) -> bool:
        """Tell whether a file of ours is still where it was dropped, once the OI has had time to take it."""
        started = self.clock()
        while True:
            # Asked first: an OI that rests now has taken what it takes, were it while we look.
            over = self._at_rest() or self._speaks_later() or self._given_up(started)
            if not any(entry.name == name for entry in self.client.list(self._path(folder))):
                return False
            if over:
                return True
            self.wait(self.target.campagne.intervalle_s)

    def answer_waits(self, reference: str) -> None:
        """See that an answer, once in OUT, stays there; it is left for ``await_event`` to collect."""
        started = self.clock()
        while not (there := self._names_out()):
            later = self._speaks_later()
            if self._find(reference, ["AR_OK", "AR_KO"], ()) is not None:
                return  # another scenario's look has collected it: it stood there until then
            if (later and not self._names_out()) or self._given_up(started):
                raise self._absent(reference, ["AR_OK", "AR_KO"], started)
            self.wait(self.target.campagne.intervalle_s)
        self.wait(self.target.campagne.intervalle_s)
        lost = there - self._names_out()
        if lost:
            raise NonConforme(f"{', '.join(sorted(lost))} : disparu de OUT avant que l'OC ne le récupère")

    def _names_out(self) -> set[str]:
        entries = [entry for one in self.watched for entry in self.client.list(self.folder(one))]
        return {entry.name for entry in entries if not entry.is_dir} - self.ignored

    def _at_rest(self) -> bool:
        return self.idle is not None and self.idle()

    def _speaks_later(self) -> bool:
        due = self.later() if self.later is not None else None
        return due is not None and due > self.clock()

    def pass_time(self, scenarios: Iterable[ScenarioResult]) -> bool:
        """Where both parties are ours, leap to what comes first for the scenarios that wait; False: nothing comes."""
        waiting = [one for one in scenarios if one.verdict is Verdict.EN_ATTENTE]
        if not waiting or self.later is None or self.leap is None:
            return False
        moments = [one.until + timedelta(microseconds=1) for one in waiting if one.until]
        moments += [due] if (due := self.later()) else []
        ahead = [moment for moment in moments if moment > self.clock()]
        if ahead:
            self.leap(min(ahead))
        return bool(ahead)

    def _patience_over(self, started: datetime) -> bool:
        """Tell whether nothing has come for as long as a scenario waits: the next that waits need not wait again."""
        return self._given_up(started if self.idle is not None else min(started, self._stirred))

    def _given_up(self, started: datetime) -> bool:
        settings = self.target.campagne
        patience = min(settings.patience_s, settings.reponse_sous_s or settings.patience_s)
        return self.clock() - started >= timedelta(seconds=patience)

    def _absent(self, reference: str, kinds: Sequence[str], started: datetime) -> Exception:
        """Say what it means that an answer is not there: it may come yet, it is late, or it is absent."""
        judged = self.judge([reference])[reference] if self._events[reference] else None
        cycle = load_cycle()
        flow = cycle.events[kinds[0]].flow
        awaited = [one for one in judged.awaited if set(one.by) & set(kinds)] if judged else []
        if reference in self._doubtful:
            return Bloque(
                f"commande {reference} : la campagne s'est interrompue pendant un dépôt sans nom provisoire ; nul ne "
                "sait s'il a eu lieu. Demandez à l'OI, puis rejouez ce scénario."
            )
        if not awaited and judged and not set(kinds) & set(cycle.possible(judged.state, judged.mode)):
            refusal = self._refusal(reference, kinds)
            if refusal is not None:
                return NonConforme(refusal)
            awaited = list(judged.awaited)  # an earlier answer is owed first: its absence is the breach
            kinds = awaited[0].by if awaited else kinds
        since = max((event.at for event in self._events[reference]), default=started)
        if not self.is_absent(since):
            missing = [one for one in judged.findings if _misses(one, kinds)] if judged else []
            if missing:
                return NonConforme(missing)
            until = awaited[0].until if awaited else self._agreed_until(since)
            late = awaited[0].late if awaited else 0
            return EnAttente(f"commande {reference} : {flow} de l'OI", until, late=late, awaits=f"OI : {flow}")
        owed = awaited[0] if awaited else None
        finding = rule("CYC-REPONSE-ABSENTE").finding(
            received=cycle.events[owed.after].flow if owed else "la dernière réponse",
            expected=" ou ".join(kinds),
            until=f"{self.clock().astimezone(PARIS):%d/%m/%Y %H:%M:%S}",
            order=reference,
            requirement=owed.requirement if owed else self._owed_for(flow, reference),
            since=since,
        )
        return NonConforme([replace(finding, orders=(reference,))])

    def _owed_for(self, flow: str, reference: str) -> str:
        """Give the clause that an absent flow breaks where the cycle does not hold it due."""
        hotline = any(event.kind == "CR_HOTLINE" for event in self._events[reference])
        return "ACC-06" if hotline and flow == "Notif_Reprov" else _OWED_FOR.get(flow, "ACC-16")

    def _refusal(self, reference: str, kinds: Sequence[str]) -> Finding | None:
        """Tell the refusal after which nothing of what was waited for can come."""
        answers = [event for event in self._events[reference] if event.sender == self.target.codes.oi]
        if not answers or not answers[-1].kind.endswith("_KO"):
            return None
        last = answers[-1]
        finding = rule("REJ-ISSUE").finding(
            path=last.file, line=last.line, received=last.kind, expected=" ou ".join(kinds), order=reference,
            requirement=next(one.requirement for one in load_cycle().transitions if one.event == last.kind),
        )  # fmt: skip
        return replace(finding, orders=(reference,))

    @property
    def absence_counts(self) -> bool:
        """Tell whether what has not come is absent, or may still come."""
        return self.is_absent()

    def is_absent(self, since: datetime | None = None) -> bool:
        """Tell whether what has not come is absent, past the time agreed ``since`` a moment where there is one."""
        until = self._agreed_until(since) if since else None
        if self._at_rest():
            return True
        return self.target.campagne.reponse_sous_s is not None and (until is None or self.clock() >= until)

    def _agreed_until(self, since: datetime) -> datetime | None:
        agreed = self.target.campagne.reponse_sous_s
        return None if agreed is None else since + timedelta(seconds=agreed)

    def quiet(self, since: datetime) -> None:
        """See that time enough has gone by for nothing to come: that of an answer (ACC-04). Raises EnAttente.

        Where the parties agreed to answer faster, what comes later still counts against its order when all is judged.
        """
        if self.is_absent():
            return
        until = self.deadline(since, "AR_CMD")
        if self.clock() <= until:
            raise EnAttente("rien ne doit venir de l'OI ; silence observé", until)

    # --- judging -------------------------------------------------------------------------------------------

    def judge(self, references: Iterable[str], *, final: bool = False) -> dict[str, OrderJudgement]:
        """Judge orders as seen so far; ``final`` tells what is still owed past the time agreed."""
        agreed = None
        if final and self.is_absent():
            agreed = timedelta(seconds=0 if self._at_rest() else self.target.campagne.reponse_sous_s or 0)
        wanted, now = set(references), self.clock()
        judged: dict[str, OrderJudgement] = {}
        grace = self.target.campagne.absence_jours
        for some, limit in ((wanted - self._optional, agreed), (wanted & self._optional, None)):
            events = [event for reference in sorted(some) for event in self._events[reference]]
            judged |= judge_orders(events, self.profile, now=now, party="OI", agreed=limit, grace=grace)
        for reference in wanted & self._optional & judged.keys():
            judged[reference] = _unowed(judged[reference])
        return judged

    def placed(self, reference: str) -> Placed | None:
        """Give an order this bench has placed."""
        return self._orders.get(reference)

    @property
    def references(self) -> tuple[str, ...]:
        """Every reference seen."""
        return tuple(self._events)

    @property
    def tested(self) -> str:
        """The OI's quadrigramme."""
        return self.target.codes.oi

    @property
    def loose(self) -> tuple[Finding, ...]:
        """What counts against the OI besides its files and orders: a channel that anybody may read."""
        if not self.client.clear_text:
            return ()
        return (rule("TRA-CLAIR").finding(received=self.client.where, path=self.client.where),)

    def deadline(self, since: datetime, ident: str) -> datetime:
        """Give the end of a contractual deadline."""
        return Calendar(self.profile.jours_ouvres).due(since, self.profile.delay(ident))


def _unowed(judged: OrderJudgement) -> OrderJudgement:
    """Give the judgement of an order that nobody was held to answer."""
    kept = tuple(one for one in judged.findings if one.rule != "CYC-REPONSE-ABSENTE")
    return replace(judged, findings=kept, awaited=())


def _misses(finding: Finding, kinds: Sequence[str]) -> bool:
    """Tell whether a finding is the absence of one of some events."""
    return finding.rule == "CYC-REPONSE-ABSENTE" and bool(set(finding.expected.split(" ou ")) & set(kinds))


_OWED_FOR = {
    "AR_Cmd_Acces": "ACC-04",
    "CR_Cmd_Acces": "ACC-05",
    "Cmd_STOC": "ACC-07",
    "Notif_Reprov": "ACC-08",
    "CR_MAD_LigneFTTH": "ACC-10",
    "CR_Annulation_Acces": "ACC-13",
    "Notif_Racc_Ko": "ACC-14",
}
