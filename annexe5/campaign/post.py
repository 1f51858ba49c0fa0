"""Flows by mail on the OC's side (MAIL-01 to MAIL-03): our messages leave by SMTP, the OI's come into our mailbox.

The mailbox is a real one read by IMAP, or one served here for the twin. A message is written down before it leaves it.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol, Self

from annexe5.campaign.target import Chiffrement, Courriel, Imap, secret
from annexe5.contract.profile import Mailboxes, Profile
from annexe5.messages.letters import Letter, written_as
from annexe5.messages.mail import Attachment
from annexe5.transport.mail_client import ImapMailbox, SmtpSender, Tls
from annexe5.transport.mail_server import MailServer, ReceivedMail
from annexe5.transport.remote import TransferError

Keep = Callable[[bytes], None]
TLS: Mapping[Chiffrement, Tls] = {"implicite": Tls.IMPLICIT, "starttls": Tls.STARTTLS, "aucun": Tls.NONE}


class Mailbox(Protocol):
    """Where messages come in."""

    def look(self) -> None:
        """Leave aside what stands there: it is another campaign's."""

    def collect(self, keep: Keep) -> None:
        """Hand every message over to ``keep``, oldest first; each is deleted once ``keep`` has it."""

    def close(self) -> None:
        """Let go of it."""


class RemoteMailbox:
    """A real mailbox; a session that is lost is opened again, once. What stands there at ``look`` stays there."""

    def __init__(self, way: Imap, password: str) -> None:
        self._way = way
        self._password = password
        self._box: ImapMailbox | None = None
        self._ignored: frozenset[str] = frozenset()

    def look(self) -> None:
        """See ``Mailbox``. Raises a ``TargetError``."""
        self._ignored = frozenset(uid for uid, _ in self._open().messages())

    def collect(self, keep: Keep) -> None:
        """See ``Mailbox``. Raises a ``TargetError``."""
        try:
            self._collect(keep)
        except TransferError:
            self.close()
            self._collect(keep)

    def close(self) -> None:
        """Log out."""
        box, self._box = self._box, None
        if box:
            box.__exit__(None, None, None)

    def _collect(self, keep: Keep) -> None:
        box = self._open()
        for uid, raw in box.messages():
            if uid not in self._ignored:
                keep(raw)
                box.delete(uid)

    def _open(self) -> ImapMailbox:
        if self._box is None:
            self._box = imap_box(self._way, self._password).__enter__()
        return self._box


def imap_box(way: Imap, password: str) -> ImapMailbox:
    """Give the mailbox of a target file, not opened yet."""
    return ImapMailbox(
        way.hote,
        way.port,
        way.login,
        password,
        tls=TLS[way.chiffrement],
        folder=way.dossier,
        ca_file=way.certificat,
    )


class ServedMailbox:
    """A mailbox of ours on this machine, that a twin sends to; a context manager."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._letters: queue.SimpleQueue[ReceivedMail] = queue.SimpleQueue()
        self.server = MailServer([address], on_mail=self._letters.put)

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def look(self) -> None:
        """Have nothing from before."""

    def collect(self, keep: Keep) -> None:
        """See ``Mailbox``; a message that was sent again after its sender lost our answer is handed over once."""
        while not self._letters.empty():
            letter = self._letters.get()
            if not letter.repeated:
                keep(letter.raw)

    def close(self) -> None:
        """Stop serving."""
        self.server.stop()


def no_mailbox() -> Mailbox:
    """Give a mailbox where nothing comes: the OI answers in OUT."""
    return _Nothing()


class _Nothing:
    def look(self) -> None:
        """Have nothing from before."""

    def collect(self, keep: Keep) -> None:
        """Find nothing."""

    def close(self) -> None:
        """Have nothing to let go of."""


@dataclass(frozen=True, slots=True)
class Post:
    """How our flows go by mail: ``sender`` carries them, ``mailbox`` takes what comes back.

    ``address`` is ours, ``boxes`` are the OI's.
    """

    address: str
    boxes: Mailboxes
    sender: SmtpSender
    mailbox: Mailbox

    def letter(
        self,
        name: str,
        data: bytes,
        mailbox: str,
        at: datetime,
        *,
        kind: str = "",
        beside: Sequence[Attachment] = (),
    ) -> bytes:
        """Write a message; ``kind`` is one of ``messages.letters`` to write it otherwise than is right.

        ``beside`` are the documents that a PM flow brings along.
        """
        host = self.address.partition("@")[2]
        digest = sha256(b"\0".join((name.encode(), mailbox.encode(), data))).hexdigest()
        letter = Letter(self.address, mailbox, name, data, at, f"<{digest[:32]}@{host}>", tuple(beside))
        return written_as(kind, letter)

    def send(self, mailbox: str, raw: bytes) -> None:
        """Send a message once. Raises a ``TargetError``."""
        self.sender.send(self.address, [mailbox], raw)

    def close(self) -> None:
        """Let go of the mailbox."""
        self.mailbox.close()


def open_post(
    mail: Courriel, profile: Profile, environment: Mapping[str, str] | None = None, mailbox: Mailbox | None = None
) -> Post:
    """Give the post of a target file; ``mailbox`` is used in the place of the one it declares."""

    def resolved(reference: str) -> str:
        return secret(reference, environment) if environment is not None else secret(reference)

    if mailbox is None:
        mailbox = RemoteMailbox(mail.imap, resolved(mail.imap.mot_de_passe)) if mail.imap else no_mailbox()
    return Post(mail.expediteur, mail.boites or profile.boites, smtp_sender(mail, resolved), mailbox)


def smtp_sender(mail: Courriel, resolved: Callable[[str], str] = secret) -> SmtpSender:
    """Give what carries our messages, as a target file says."""
    way = mail.smtp
    return SmtpSender(
        way.hote,
        way.port,
        tls=TLS[way.chiffrement],
        login=way.login or None,
        password=resolved(way.mot_de_passe) if way.mot_de_passe else None,
        ca_file=Path(way.certificat) if way.certificat else None,
    )
