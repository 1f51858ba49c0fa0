"""A standing OC: the twin before somebody's file server, that collects, deletes and answers until told to stop.

One thread holds the connection. What it cannot deposit waits and goes later under the same name; what it retrieves is
written down, deleted, then read in flow-chart order (TRA-10).
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Self

from annexe5.campaign.oc_calls import OcCalls
from annexe5.campaign.standing import utc_now
from annexe5.errors import TargetError, UsageError
from annexe5.exchange import Channel, Exchange
from annexe5.parties.oc import Instruction, OcTwin
from annexe5.transport.mail_client import UnknownFateError
from annexe5.transport.remote import MissingFolderError, RemoteClient
from annexe5.transport.temporary import is_temporary

logger = logging.getLogger(__name__)
Clock = Callable[[], datetime]


def _no_post(file: Exchange) -> None:
    raise UsageError(f"{file.name} : cet OC n'a pas de courriel.")


class StandingOc:
    """The OC twin at work. ``interval`` is the pause between two rounds, in seconds; ``root`` stands before folders.

    ``trouble`` is what keeps it from the server at the moment, ``failure`` a fault of ours, raised when it stops.
    """

    def __init__(
        self,
        twin: OcTwin,
        client: RemoteClient,
        *,
        root: str = "",
        interval: float = 2.0,
        clock: Clock = utc_now,
        on_exchange: Callable[[Exchange], None] | None = None,
        calls: OcCalls | None = None,
    ) -> None:
        self.twin = twin
        self.client = client
        self.interval = interval
        self.clock = clock
        self.trouble: TargetError | None = None
        self.failure: BaseException | None = None
        self._root = root.rstrip("/")
        self._on_exchange = on_exchange
        self._calls = calls
        self._turn = threading.Condition()
        self._wanted: deque[tuple[Instruction, Future[None]]] = deque()
        self._inbox: list[Exchange] = []
        self._outbox: deque[Exchange] = deque()
        self._seen: set[str] = set()
        self.post: Callable[[Exchange], None] = _no_post
        self._asked = self._stopping = False
        self._begun = self._ended = self._last_move = 0
        self._thread: threading.Thread | None = None

    # --- from any thread -----------------------------------------------------------------------------------

    def start(self) -> Self:
        """Begin the rounds, or take them up again."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="annexe5-oc", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Finish the round under way, then stop; raises what went wrong meanwhile."""
        if self._thread is not None:
            with self._turn:
                self._stopping = True
                self._turn.notify_all()
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

    def do(self, instruction: Instruction, timeout: float = 60) -> None:
        """Have an instruction carried out, and wait until it is; raises what the twin thinks of it."""
        done: Future[None] = Future()
        with self._turn:
            self._wanted.append((instruction, done))
            self._turn.notify_all()
        done.result(timeout)

    def wake(self) -> None:
        """Begin a round now."""
        with self._turn:
            self._asked = True
            self._turn.notify_all()

    def rest(self, timeout: float = 30) -> bool:
        """Make a whole round from now on; tell whether there was nothing to do in it. One that is stopped rests."""
        if self._thread is None:
            return True
        with self._turn:
            due = self._begun + 1
            self._asked = True
            self._turn.notify_all()
            self._turn.wait_for(lambda: self._ended >= due or self.failure is not None, timeout)
            if self.failure is not None:
                raise self.failure
            return self._ended >= due > self._last_move

    # --- the rounds ------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while self._next_round():
            wanted = self._orders()
            moved = False
            try:
                moved = self._round(wanted)
                self.trouble = None
            except TargetError as error:
                self.trouble = error
                moved = True  # it may have more to say than it could
            except Exception as error:
                logger.exception("le jumeau OC a échoué")
                self.failure = self.failure or error
            with self._turn:
                self._ended = self._begun
                self._last_move = self._begun if moved else self._last_move
                self._turn.notify_all()
        self.client.close()
        if self._calls is not None:
            self._calls.close()

    def _next_round(self) -> bool:
        with self._turn:
            self._turn.wait_for(lambda: self._stopping or self._asked or self._wanted, self._pause())
            self._asked = False
            self._begun += 1
            return not self._stopping

    def _pause(self) -> float:
        due = self.twin.next_due
        wait = self.interval if due is None else (due - self.clock()).total_seconds()
        return min(self.interval, max(0.0, wait))

    def _orders(self) -> list[tuple[Instruction, Future[None]]]:
        with self._turn:
            wanted = list(self._wanted)
            self._wanted.clear()
        return wanted

    def _round(self, wanted: Iterable[tuple[Instruction, Future[None]]]) -> bool:
        """Do what is asked, collect, answer what is due; tell whether there was anything."""
        moved = bool(self._outbox)
        for instruction, done in wanted:
            moved = True
            try:
                said = self.twin.act(self._verified(instruction), self.clock())
                mailed = instruction.par_courriel
                self._outbox.extend(replace(one, channel=Channel.MAIL) if mailed else one for one in said)
            except Exception as error:  # noqa: BLE001 -- it belongs to whoever asked
                done.set_exception(error)
            else:
                done.set_result(None)
        self._flush()
        self._collect()
        self._inbox.sort(key=lambda one: self.twin.rank(one.name))
        while self._inbox:
            moved = True
            self._outbox.extend(self.twin.receive(self._inbox.pop(0)))
        due = self.twin.tick(self.clock())
        self._outbox.extend(due)
        self._flush()
        self._tell_tickets()
        return moved or bool(due)

    def _verified(self, asked: Instruction) -> Instruction:
        """Leave out the addresses that the order help says are closed (OPC-11)."""
        calls = self._calls
        if calls is None or asked.action != "commander":
            return asked
        open_ones = [row for row in asked.commandes if calls.drive(calls.conversation.verify(row))]
        return replace(asked, commandes=tuple(open_ones))

    def _tell_tickets(self) -> None:
        """Do by the SAV what the OC's people asked, once the files it goes with are there."""
        while self.twin.to_tell:
            action, order = self.twin.to_tell.pop(0)
            if self._calls is not None:
                self._calls.drive(self._calls.conversation.tell(action, order))

    def _collect(self) -> None:
        """Retrieve what stands in OUT; an OI may have no PM folder."""
        profile = self.twin.profile
        self._collect_from(profile.folder("retrait_acces", self.twin.oi, self.twin.arcep))
        with suppress(MissingFolderError):
            self._collect_from(profile.folder("retrait_pm", self.twin.oi, self.twin.arcep))

    def _collect_from(self, folder: str) -> None:
        """Retrieve what stands in a folder; what was deleted there before a cut is in the inbox already."""
        where = self._path(folder)

        def keep(name: str, data: bytes) -> None:
            twin = self.twin
            self._inbox.append(Exchange(self.clock(), twin.channel, twin.oi, twin.oc, name, folder, data))
            self._tell(self._inbox[-1])

        if self.twin.habits.deletes:
            for _ in self.client.collect(where, keep=keep):
                pass
        else:
            self._read_only(where, keep)
        if self.twin.habits.sweeps:
            for entry in self.client.list(where):
                with suppress(FileNotFoundError):
                    if not entry.is_dir:
                        self.client.delete(where, entry.name)

    def _read_only(self, where: str, keep: Callable[[str, bytes], None]) -> None:
        """Retrieve and leave it there (a defect)."""
        for entry in self.client.list(where):
            if not entry.is_dir and not is_temporary(entry.name) and entry.name not in self._seen:
                self._seen.add(entry.name)
                keep(entry.name, self.client.retrieve(where, entry.name))

    def _flush(self) -> None:
        while self._outbox:
            one = self._outbox[0]
            if one.channel is Channel.MAIL:
                self._mail(one)
            else:
                self.client.deposit(self._path(one.folder), one.name, one.data)
            self._outbox.popleft()
            self._tell(one)
            if self.twin.habits.takes_back and not one.folder.endswith("/PM"):
                with suppress(FileNotFoundError):
                    self.client.delete(self._path(one.folder), one.name)

    def _mail(self, file: Exchange) -> None:
        """Send by mail; what surely did not leave goes later, what may have left is told and left alone."""
        try:
            self.post(file)
        except UnknownFateError as error:
            logger.warning("%s : %s", file.name, error)

    def _path(self, folder: str) -> str:
        return f"{self._root}/{folder}" if self._root else folder

    def _tell(self, exchange: Exchange) -> None:
        if self._on_exchange is not None:
            self._on_exchange(replace(exchange, at=self.clock()))
