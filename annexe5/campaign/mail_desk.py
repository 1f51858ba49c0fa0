"""The OI twin's mail (MAIL-01 to MAIL-03): what comes into its mailboxes is read as what is dropped in IN.

It answers an order that came by mail to the mailbox it came from, where a relay is given; else in OUT. A message that
surely did not leave goes to OUT instead, and one of unknown fate is told, never sent twice.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Self

from annexe5.campaign.observe import KEY
from annexe5.campaign.standing import StandingOi
from annexe5.contract.names import judge_name
from annexe5.contract.profile import Mailboxes
from annexe5.errors import TargetError
from annexe5.exchange import Channel, Exchange
from annexe5.messages.letters import Letter, written_as
from annexe5.messages.mail_judge import judge_mail
from annexe5.tables import load_table, read_rows
from annexe5.transport.mail_client import SmtpSender, UnknownFateError
from annexe5.transport.mail_server import MailServer, ReceivedMail

logger = logging.getLogger(__name__)
HABIT = "mail: "
_LATER = "451 4.7.1 Recommencez plus tard"


class Deferring:
    """What our mail server answers: 451 to the next ``times`` messages, yes to the others."""

    def __init__(self) -> None:
        self.times = 0
        self.deferred = 0
        self._lock = threading.Lock()

    def __call__(self, _sender: str, _recipients: Iterable[str]) -> str | None:
        """Give the reply to a message; None: yes."""
        with self._lock:
            if not self.times:
                return None
            self.times -= 1
            self.deferred += 1
            return _LATER


class MailDesk:
    """The mailboxes of a standing OI, served on this machine; a context manager.

    ``ocs`` are the OCs whose orders are taken; ``relay`` carries the answers. ``answer`` may give another SMTP reply
    than 250 (``451 …``) to a message. ``lost`` names the files whose message is of unknown fate.
    """

    def __init__(
        self,
        standing: StandingOi,
        ocs: Iterable[str],
        *,
        boxes: Mailboxes | None = None,
        relay: SmtpSender | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        certificate: Path | None = None,
        answer: Callable[[str, Iterable[str]], str | None] = lambda _sender, _recipients: None,
    ) -> None:
        self.standing = standing
        self.boxes = boxes or standing.twin.profile.boites
        self.lost: list[str] = []
        self._ocs = frozenset(ocs)
        self._relay = relay
        self._senders: dict[str, str] = {}  # where an order is answered, by its reference
        self._sent: Counter[str] = Counter()
        self._habit = next((one.removeprefix(HABIT) for one in standing.habits if one.startswith(HABIT)), "")
        self._lock = threading.Lock()
        self.server = MailServer(
            list(dict.fromkeys((self.boxes.acces, self.boxes.pm, self.boxes.echange))),
            host=host,
            port=port,
            on_mail=self._on_mail,
            answer=answer,
            certificate=certificate,
            clock=standing.clock,
        )
        standing.carry = self._carry

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()

    # --- what comes in ---------------------------------------------------------------------------------------

    def _on_mail(self, letter: ReceivedMail) -> None:
        """Queue a message; what its sender sent again because our answer was lost is known already."""
        if not letter.repeated:
            self.standing.post(lambda: self._read(letter))

    def _read(self, letter: ReceivedMail) -> Iterable[Exchange]:
        twin = self.standing.twin
        judged = judge_mail(letter.raw, twin.profile, mailbox=letter.mailbox, mailboxes=self.boxes)
        if judged.file is None or letter.mailbox == self.boxes.echange:
            self._report(letter, judged.mail.message_id)
            return ()
        named = judge_name(twin.profile, judged.file.name)
        oc = named.fields.get("oc", "")
        if named.flow is None or oc not in self._ocs:
            self._report(letter, judged.mail.message_id)
            return ()
        flow = twin.profile.flow(named.flow)
        folder = twin.profile.folder(flow.dossier, twin.oi, twin.arcep)
        with self._lock:
            for reference in _references(flow.nom, judged.file.data):
                self._senders.setdefault(reference, letter.sender)
        received = Exchange(letter.at, Channel.MAIL, oc, twin.oi, judged.file.name, folder, judged.file.data)
        self._tell(letter, oc, judged.file.name)
        said: list[Exchange] = []
        for part in judged.beside:  # the documents of a PM flow come before their file
            if flow.protocole == "PM" and part.name:
                said += twin.receive(replace(received, name=part.name, data=part.data))
        return [*said, *twin.receive(received)]

    def _tell(self, letter: ReceivedMail, oc: str, name: str) -> None:
        """Show a message as it crossed."""
        twin = self.standing.twin
        self.standing.tell(Exchange(letter.at, Channel.MAIL, oc, twin.oi, name, letter.mailbox, letter.raw))

    def _report(self, letter: ReceivedMail, message_id: str) -> None:
        """Leave what is no flow; an OI with the habit tells so in the mailbox of the flows, where nobody looks."""
        [*known] = self._ocs
        self._tell(letter, known[0] if len(known) == 1 else "", message_id or letter.mailbox)
        if self._habit == "signalant une anomalie" and self._relay is not None:
            at = self.standing.clock()
            raw = written_as(self._habit, self._letter("ANOMALIE", b"", letter.sender, at, message_id))
            self._relay.send(self.boxes.acces, [letter.sender], raw)

    # --- what goes out ---------------------------------------------------------------------------------------

    def _carry(self, file: Exchange) -> bool:
        """Mail a file that answers an order which came by mail; tell whether it is done, whatever became of it."""
        if self._relay is None or not self._senders:
            return False
        named = judge_name(self.standing.twin.profile, file.name)
        to = {self._senders.get(one, "") for one in _references(named.flow or "", file.data)}
        if len(to) != 1 or not (address := to.pop()):
            return False
        self._sent[file.name] += 1
        raw = written_as(
            "" if self._habit == "signalant une anomalie" else self._habit,
            self._letter(file.name, file.data, address, self.standing.clock(), file.digest),
        )
        try:
            self._relay.send(self.boxes.acces, [address], raw)
        except UnknownFateError as error:
            logger.warning("%s : %s", file.name, error)
            self.lost.append(file.name)
        except TargetError as error:
            logger.warning("%s ne part pas par mail : déposé dans OUT (%s)", file.name, error)
            return False
        return True

    def _letter(self, name: str, data: bytes, mailbox: str, at: datetime, identity: str) -> Letter:
        host = self.boxes.acces.partition("@")[2]
        known = "".join(char for char in identity if char.isalnum())[:32]
        return Letter(self.boxes.acces, mailbox, name, data, at, f"<{name}.{known}@{host}>")


def _references(flow: str, data: bytes) -> frozenset[str]:
    """Give the orders that a file speaks of; none for a file that is no table of orders."""
    if not flow:
        return frozenset()
    rows: Iterable[Mapping[str, str]] = (row.values for row in read_rows(data, load_table(flow)).rows)
    return frozenset(row[KEY].strip() for row in rows if row.get(KEY, "").strip())
