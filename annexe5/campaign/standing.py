"""A standing OI: the twin behind a real file server, answering what is dropped in IN, until told to stop.

One worker thread takes each complete file (TRA-10: whoever retrieves deletes), gives it to the conversation and puts
its answers in OUT. Any edge will do: our SFTP server, or a folder that somebody else serves.
"""

from __future__ import annotations

import itertools
import logging
import queue
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Self

from annexe5.contract.names import parse_name
from annexe5.contract.profile import Profile
from annexe5.exchange import Channel, Exchange
from annexe5.parties.oi import OiTwin
from annexe5.transport.edge import Account, Edge, EventKind, FileBusyError, FileEvent, LockOut, UnexpectedEntryError

logger = logging.getLogger(__name__)
Clock = Callable[[], datetime]
Speech = Callable[[], Iterable[Exchange]]
_STOP = None


@dataclass(frozen=True, slots=True)
class OcAccount:
    """One OC's account at the OI: its quadrigramme is its login (TRA-03)."""

    oc: str
    password: str
    public_keys: tuple[str, ...] = ()


def new_accounts(ocs: Iterable[str], passwords: Mapping[str, str] | None = None) -> tuple[OcAccount, ...]:
    """Give each OC an account, with a password of its own where none is given."""
    given = passwords or {}
    return tuple(OcAccount(oc, given.get(oc) or secrets.token_urlsafe(12)) for oc in ocs)


def file_accounts(accounts: Sequence[OcAccount], twin: OiTwin, *, quota_mo: int | None = None) -> tuple[Account, ...]:
    """Give the accounts as a file server wants them, with the contract's tree and, by default, the profile's quota."""
    profile = twin.profile
    names = ("depose_acces", "retrait_acces", "depose_pm", "retrait_pm")
    folders = tuple(profile.folder(name, twin.oi, twin.arcep) for name in names)  # type: ignore[arg-type]
    quota = (quota_mo or profile.serveur_fichiers.quota.mo) * 1_000_000
    return tuple(
        Account(one.oc, one.password, one.public_keys, home=one.oc, folders=folders, quota=quota) for one in accounts
    )


def lock_out(profile: Profile) -> LockOut:
    """Give the profile's lock-out as a file server wants it."""
    known = profile.serveur_fichiers.verrouillage
    return LockOut(known.essais, timedelta(minutes=known.minutes))


def utc_now() -> datetime:
    """Give the present."""
    return datetime.now(UTC)


class StandingOi:
    """The twin at work behind an edge. ``on_event`` is the edge's callback; ``attach`` it before ``start``."""

    def __init__(
        self, twin: OiTwin, *, clock: Clock = utc_now, on_exchange: Callable[[Exchange], None] | None = None
    ) -> None:
        self.twin = twin
        self.clock = clock
        self._on_exchange = on_exchange
        self._edges: list[tuple[Edge, Channel]] = []
        self._work: queue.Queue[tuple[int, FileEvent] | Speech | None] = queue.Queue()
        self._idle = threading.Condition()
        self._busy = 0
        self._thread: threading.Thread | None = None
        self.failure: BaseException | None = None
        self.habits = frozenset[str]().union(*(one.edge for one in twin.defects))
        self._stopped = False
        self.carry: Callable[[Exchange], bool] = lambda _: False  # another way out, tried first

    # --- joining an edge -----------------------------------------------------------------------------------

    def listener(self) -> Callable[[FileEvent], None]:
        """Give the callback for the next edge to be attached."""
        number = len(self._edges)

        def on_event(event: FileEvent) -> None:
            if event.kind is EventKind.STORED:
                with self._idle:
                    self._busy += 1
                self._work.put((number, event))

        return on_event

    def attach(self, edge: Edge, channel: Channel) -> None:
        """Live behind an edge."""
        self._edges.append((edge, channel))

    def start(self) -> Self:
        """Take what is there already, then what comes."""
        for number, (edge, _) in enumerate(self._edges):
            self._take_over(number, edge)
        self._thread = threading.Thread(target=self._run, name="annexe5-oi", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Finish what is under way, then stop; raises what went wrong meanwhile."""
        if self._thread is not None:
            self._work.put(_STOP)
            self._thread.join()
            self._thread = None
        if self.failure is not None:
            raise self.failure

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def post(self, speech: Speech) -> None:
        """Let the OI speak of itself, in its turn: ``speech`` gives the files it deposits."""
        with self._idle:
            self._busy += 1
        self._work.put(speech)

    @property
    def idle(self) -> bool:
        """Tell whether everything dropped so far has been answered and nothing is due."""
        with self._idle:
            due = self.twin.next_due
            return not self._busy and (due is None or due > self.clock())

    def rest(self, timeout: float = 10) -> bool:
        """Wait until it is idle, at most so many seconds; tell whether it is."""
        with self._idle:
            return self._idle.wait_for(lambda: self.idle, timeout)

    # --- the work --------------------------------------------------------------------------------------------

    def _take_over(self, number: int, edge: Edge) -> None:
        """Queue the files that were dropped before we came, and go on counting after those we left in OUT."""
        for login, folder in itertools.product(edge.accounts, self.twin.retrait):
            for entry in edge.list(login, folder):
                read = parse_name(self.twin.profile, entry.name)
                if read is not None:
                    self.twin.resume_after(read, login)
        for login, folder in itertools.product(edge.accounts, self.twin.depose):
            for entry in edge.list(login, folder):
                if not entry.is_dir and not edge.temporary(entry.name):
                    event = FileEvent(EventKind.STORED, login, f"{folder}/{entry.name}", self.clock())
                    with self._idle:
                        self._busy += 1
                    self._work.put((number, event))

    def _run(self) -> None:
        while True:
            job: tuple[int, FileEvent] | Speech | None
            try:
                job = self._work.get(timeout=self._until_due())
            except queue.Empty:
                with self._idle:
                    self._busy += 1  # what is due is being written: nobody rests before it stands in OUT
                job = lambda: self.twin.tick(self.clock())  # noqa: E731 -- a speech like another
            if job is _STOP:
                return
            self._guard(partial(self._do, job))
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def _do(self, job: tuple[int, FileEvent] | Speech) -> None:
        if isinstance(job, tuple):
            self._answer(*job)
        else:
            self._send(job())

    def _until_due(self) -> float | None:
        due = self.twin.next_due
        return None if due is None else max(0.0, (due - self.clock()).total_seconds())

    def _guard(self, work: Callable[[], None]) -> None:
        """A fault of ours must not silence the server: it is kept, and told when the OI stops."""
        try:
            work()
        except Exception as error:
            logger.exception("le jumeau OI a échoué")
            self.failure = self.failure or error

    def _answer(self, number: int, event: FileEvent) -> None:
        edge, channel = self._edges[number]
        folder, _, name = event.path.rpartition("/")
        if folder not in self.twin.depose:
            return
        if self._stopped:
            return
        try:
            data = (edge.read if "keeps" in self.habits else edge.take)(event.account, event.path)
        except (FileBusyError, FileNotFoundError, UnexpectedEntryError):
            return  # written again, taken meanwhile, or no file at all: its next event tells
        if "half" in self.habits:
            data = data[: len(data) // 2]
        self._stopped = "stops" in self.habits and b";" not in data
        exchange = Exchange(self.clock(), channel, event.account, self.twin.oi, name, folder, data)
        self.tell(exchange)
        self._send(self.twin.receive(exchange))

    def _send(self, files: Iterable[Exchange]) -> None:
        edge, channel = self._edges[0]
        for one in (replace(file, channel=channel) for file in files):
            if self.carry(one):
                self.tell(replace(one, channel=Channel.MAIL))
                continue
            path = f"{one.folder}/{one.name}"
            with suppress(FileExistsError):
                edge.deliver(one.receiver, path, one.data)
                if "takes back" in self.habits:
                    edge.remove(one.receiver, path)
                self.tell(one)
                continue
            # A name is never used twice: take a free number rather than cover a file the OC has not collected.
            fresh = self.twin.renamed(one)
            path = f"{fresh.folder}/{fresh.name}"
            try:
                edge.deliver(fresh.receiver, path, fresh.data)
            except FileExistsError:  # its names bear no number (a defect): what stood there is lost
                edge.remove(fresh.receiver, path)
                edge.deliver(fresh.receiver, path, fresh.data)
            self.tell(fresh)

    def tell(self, exchange: Exchange) -> None:
        """Show an exchange to whoever watches."""
        if self._on_exchange is not None:
            self._on_exchange(replace(exchange, at=self.clock()))
