"""A flow as an e-mail (MAIL-01 to MAIL-03, PM-04, PM-07, PM-09): how one is written, and what stands in one received.

An automated message carries its files as attachments and nothing else. What a message received holds is told as it
stands, encodings included: ``mail_judge`` judges it.
"""

from __future__ import annotations

import email
import email.errors
import email.policy
import email.utils
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.utils import format_datetime, getaddresses
from enum import StrEnum

# No folding: a file name is one word, and a subject cut in two is no longer that name for a careless reader.
_POLICY = email.policy.SMTP.clone(max_line_length=900)

_BASE64 = (
    email.errors.InvalidBase64PaddingDefect,
    email.errors.InvalidBase64CharactersDefect,
    email.errors.InvalidBase64LengthDefect,
)


class Coding(StrEnum):
    """How letters beyond ASCII stand in a header."""

    PLAIN = ""  # there are none
    WORDS = "rfc2047"  # =?utf-8?B?…?=
    PARAMETER = "rfc2231"  # filename*=utf-8''…
    RAW = "8bit"  # bytes as they are


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file to send; ``charset`` is written beside a text type when given, ``transfer`` is how it is encoded."""

    name: str
    data: bytes = field(repr=False)
    content_type: str = "text/csv"
    charset: str | None = None
    transfer: str = "base64"


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of a message received: ``data`` decoded, all else as declared ("" where nothing is).

    ``eight_bit`` and ``longest_line`` (bytes) are those of the encoded body; ``damaged``: its encoding is broken.
    """

    name: str
    data: bytes = field(repr=False)
    content_type: str
    charset: str
    transfer_encoding: str
    disposition: str
    raw_name: str
    name_coding: Coding = Coding.PLAIN
    eight_bit: bool = False
    longest_line: int = 0
    damaged: bool = False

    @property
    def is_attachment(self) -> bool:
        """Tell a file from a body."""
        return self.disposition == "attachment" or bool(self.name)


@dataclass(frozen=True, slots=True)
class Mail:
    """What stands in one message: header texts decoded (``raw_subject`` as it crossed), leaves in order.

    ``reply`` tells a message that answers or forwards another.
    """

    sender: str
    recipients: tuple[str, ...]
    subject: str
    raw_subject: str
    message_id: str
    auto_submitted: str
    parts: tuple[Part, ...]
    raw: bytes = field(repr=False)
    date: str = ""
    subject_coding: Coding = Coding.PLAIN
    reply: bool = False

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
    message["Subject"] = subject or (attachments[0].name if attachments else "")
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
            cte=attachment.transfer,
            filename=attachment.name,
            params={"charset": attachment.charset} if attachment.charset else None,
        )
    message.set_boundary("=_" + hashlib.sha256(message_id.encode()).hexdigest()[:32])  # and not a random one
    return message.as_bytes()


def dissect(raw: bytes) -> Mail:
    """Read a message as it crossed; whatever it holds, something is told."""
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    raw_subject = _written(message, "Subject")
    return Mail(
        sender=next(iter(_addresses(message, "From")), ""),
        recipients=tuple(_addresses(message, "To", "Cc")),
        subject=_text(raw_subject),
        raw_subject=raw_subject,
        message_id=_text(_written(message, "Message-ID")).strip(),
        auto_submitted=_text(_written(message, "Auto-Submitted")).strip().lower(),
        parts=tuple(_part(leaf) for leaf in _leaves(message)),
        raw=raw,
        date=_written(message, "Date").strip(),
        subject_coding=_coding(raw_subject),
        reply=bool(_written(message, "In-Reply-To") or _written(message, "References")),
    )


def _leaves(message: Message) -> Iterator[Message]:
    """Walk to the leaves; a message attached to a message is a file, not a folder."""
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _leaves(part)
    else:
        yield message


def _part(leaf: Message) -> Part:
    payload = vars(leaf)["_payload"]  # get_payload() would write the bytes anew in the charset declared
    encoded = payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else b""
    data = leaf.get_payload(decode=True)
    if not isinstance(data, bytes):  # an attached message
        data = leaf.as_bytes()
    name, raw_name = _name(leaf)
    return Part(
        name=name,
        data=data,
        content_type=leaf.get_content_type(),
        charset=(leaf.get_content_charset() or ""),
        transfer_encoding=_text(_written(leaf, "Content-Transfer-Encoding")).strip().lower(),
        disposition=leaf.get_content_disposition() or "",
        raw_name=raw_name,
        name_coding=_coding(raw_name),
        eight_bit=not encoded.isascii(),
        longest_line=max((len(line) for line in encoded.split(b"\n")), default=0),
        damaged=any(isinstance(one, _BASE64) for one in leaf.defects),
    )


def _name(leaf: Message) -> tuple[str, str]:
    """Give the file name of a leaf, and the header it stands in as it crossed."""
    for header, parameter in (("Content-Disposition", "filename"), ("Content-Type", "name")):
        written = _written(leaf, header)
        again = Message()  # bytes beyond ASCII hide the parameters from the parser: it reads them decoded
        again[header] = " ".join(written.split())
        found = again.get_param(parameter, header=header)
        if found:
            return _text(email.utils.collapse_rfc2231_value(found)).strip(), written
    return "", _written(leaf, "Content-Disposition") or _written(leaf, "Content-Type")


def _written(message: Message, name: str) -> str:
    """Give a header as it crossed, unfolded; bytes beyond ASCII as UTF-8, else as Latin-1."""
    for known, value in message.raw_items():
        if known.lower() == name.lower():
            raw = str(value).encode("utf-8", "surrogateescape")
            try:
                return "".join(raw.decode("utf-8").splitlines())
            except UnicodeDecodeError:
                return "".join(raw.decode("latin-1").splitlines())
    return ""


def _coding(written: str) -> Coding:
    if not written.isascii():
        return Coding.RAW
    if re.search(r"=\?[^?\s]+\?[bBqQ]\?", written):
        return Coding.WORDS
    return Coding.PARAMETER if re.search(r"name\*(?:0\*)?=", written, re.IGNORECASE) else Coding.PLAIN


def _text(written: str) -> str:
    """Decode a header; one that lies about its charset is given as it stands."""
    if not written.isascii():
        return written
    try:
        return str(make_header(decode_header(written)))
    except (LookupError, ValueError, email.errors.MessageError):
        return written


def _addresses(message: Message, *headers: str) -> list[str]:
    written = [_text(str(value)) for header in headers for value in message.get_all(header, [])]
    return [address for _, address in getaddresses(written) if address]
