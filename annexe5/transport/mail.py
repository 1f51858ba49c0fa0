"""A flow as an e-mail (MAIL-01 to MAIL-03, PM-04, PM-07, PM-09): how one is written, and what stands in one received.

An automated message carries its files as attachments and nothing else. What a message received holds is told as it
stands, encodings included: who judges it is elsewhere.
"""

from __future__ import annotations

import email
import email.policy
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.utils import format_datetime, getaddresses

# No folding: a file name is one word, and a subject cut in two is no longer that name for a careless reader.
_POLICY = email.policy.SMTP.clone(max_line_length=900)


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file to send; ``charset`` is written beside a text type when given."""

    name: str
    data: bytes = field(repr=False)
    content_type: str = "text/csv"
    charset: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of a message received: ``data`` decoded, all else as declared ("" where nothing is)."""

    name: str
    data: bytes = field(repr=False)
    content_type: str
    charset: str
    transfer_encoding: str
    disposition: str
    raw_name: str

    @property
    def is_attachment(self) -> bool:
        """Tell a file from a body."""
        return self.disposition == "attachment" or bool(self.name)


@dataclass(frozen=True, slots=True)
class Mail:
    """What stands in one message: header texts decoded (``raw_subject`` as it crossed), leaves in order."""

    sender: str
    recipients: tuple[str, ...]
    subject: str
    raw_subject: str
    message_id: str
    auto_submitted: str
    parts: tuple[Part, ...]
    raw: bytes = field(repr=False)

    @property
    def attachments(self) -> tuple[Part, ...]:
        """Give the files."""
        return tuple(part for part in self.parts if part.is_attachment)

    @property
    def bodies(self) -> tuple[Part, ...]:
        """Give the texts that stand beside the files, the empty ones left out."""
        return tuple(part for part in self.parts if not part.is_attachment and part.data.strip())


def compose(
    sender: str,
    recipients: Sequence[str],
    attachments: Sequence[Attachment],
    *,
    date: datetime,
    message_id: str,
    subject: str = "",
    text: str = "",
) -> bytes:
    """Write an automated message (RFC 3834): its files, no body unless ``text``; the first file's name is the subject.

    ``date`` is aware; ``message_id`` is ``<…@…>``, and the same for the same message however often it is sent.
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Subject"] = subject or attachments[0].name
    message["Date"] = format_datetime(date)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    if text:
        message.set_content(text)
    message.make_mixed()
    for attachment in attachments:
        kind, _, detail = attachment.content_type.partition("/")
        message.add_attachment(
            attachment.data,
            maintype=kind,
            subtype=detail,
            filename=attachment.name,
            params={"charset": attachment.charset} if attachment.charset else None,
        )
    message.set_boundary("=_" + hashlib.sha256(message_id.encode()).hexdigest()[:32])  # and not a random one
    return message.as_bytes()


def dissect(raw: bytes) -> Mail:
    """Read a message as it crossed; whatever it holds, something is told."""
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    return Mail(
        sender=next(iter(_addresses(message, "From")), ""),
        recipients=tuple(_addresses(message, "To", "Cc")),
        subject=_text(message["Subject"]),
        raw_subject=str(message["Subject"] or ""),
        message_id=_text(message["Message-ID"]).strip(),
        auto_submitted=_text(message["Auto-Submitted"]).strip().lower(),
        parts=tuple(_part(leaf) for leaf in _leaves(message)),
        raw=raw,
    )


def _leaves(message: Message) -> Iterator[Message]:
    """Walk to the leaves; a message attached to a message is a file, not a folder."""
    content = message.get_payload()
    if message.get_content_maintype() == "multipart" and isinstance(content, list):
        for part in content:
            if isinstance(part, Message):
                yield from _leaves(part)
    else:
        yield message


def _part(leaf: Message) -> Part:
    data = leaf.get_payload(decode=True)
    if not isinstance(data, bytes):  # an attached message
        data = leaf.as_bytes()
    return Part(
        name=_text(leaf.get_filename()),
        data=data,
        content_type=leaf.get_content_type(),
        charset=(leaf.get_content_charset() or ""),
        transfer_encoding=_text(leaf["Content-Transfer-Encoding"]).strip().lower(),
        disposition=leaf.get_content_disposition() or "",
        raw_name=str(leaf["Content-Disposition"] or leaf["Content-Type"] or ""),
    )


def _text(value: object) -> str:
    """Decode a header; one that lies about its charset is given as it stands."""
    written = str(value) if value is not None else ""
    try:
        return str(make_header(decode_header("".join(written.splitlines()))))
    except (LookupError, ValueError):
        return written


def _addresses(message: Message, *headers: str) -> list[str]:
    written = [_text(value) for header in headers for value in message.get_all(header, [])]
    return [address for _, address in getaddresses(written) if address]
