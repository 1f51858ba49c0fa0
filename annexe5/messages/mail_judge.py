"""A message judged as it crossed: MAIL-01 to MAIL-03 (annexe5.txt §2, §3), what PM mails bring along (PM-05, PM-11).

The contract says: automated, the .csv alone as attachment, its name as subject, the right mailbox. What MIME adds (RFC
2045 to 2047, 2231, 3834) is public: it qualifies a verdict and refuses none. The attached file's name and table are
judged elsewhere.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict

from annexe5.contract.data import build, read_toml
from annexe5.contract.names import judge_name
from annexe5.contract.paths import schemas_dir
from annexe5.contract.profile import Flow, Mailboxes, Profile
from annexe5.contract.rules import rule
from annexe5.findings import Confidence, Finding
from annexe5.messages.mail import Coding, Mail, Part, dissect

_LINE = 998  # bytes: RFC 5322 §2.1.1
_ECHANGE = "echange"
_PROTOCOLS = {"PM": "pm", "ACCES": "acces"}
_CLAUSES = {"pm": "MAIL-01", "acces": "MAIL-02", _ECHANGE: "MAIL-03"}


class _Piece(BaseModel):
    """One document that a flow brings along."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    flux: str
    fr: str
    suffixes: tuple[str, ...]
    types: tuple[str, ...]
    rule: str
    source: str
    confidence: Confidence


class _Facts(BaseModel):
    """What ``schemas/rules/mail.toml`` states beside its rules."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    archives: tuple[str, ...]
    tnef: tuple[str, ...]
    reponses: tuple[str, ...]
    piece: tuple[_Piece, ...]


@dataclass(frozen=True, slots=True)
class MailJudgement:
    """What a message is worth: ``file`` the table it carries (None: none), ``flow`` whose it is, what is wrong.

    ``beside`` are the documents that come with the file.
    """

    mail: Mail
    file: Part | None
    flow: str
    beside: tuple[Part, ...]
    findings: tuple[Finding, ...]


def judge_mail(
    raw: bytes, profile: Profile, *, mailbox: str = "", mailboxes: Mailboxes | None = None, path: str = ""
) -> MailJudgement:
    """Judge a message. ``mailbox`` is the address that received it (else those it names), ``mailboxes`` the parties'.

    A message to the exchange mailbox that carries no flow is free: nothing is said of it.
    """
    mail = dissect(raw)
    known = mailboxes or profile.boites
    boxes = _boxes(mail, mailbox, known)
    files = [part for part in mail.attachments if _is_table(part)]
    file = files[0] if files else None
    named = judge_name(profile, file.name).flow if file else None
    flow = profile.flow(named) if named else None
    if file is None and boxes and set(boxes.values()) == {_ECHANGE}:
        return MailJudgement(mail, None, "", mail.attachments, ())
    protocol = _PROTOCOLS[flow.protocole] if flow else next((one for one in boxes.values() if one != _ECHANGE), "acces")
    clause = _CLAUSES[protocol]
    beside = tuple(part for part in mail.attachments if part is not file)
    findings = [
        *_mailbox(mail, flow, protocol, boxes, known),
        *_contents(mail, file, files, beside, flow, protocol),
        *_automated(mail, clause),
        *(_subject(mail, file, clause) if file else ()),
        *(_part(file, clause) if file else ()),
    ]
    told = tuple(one.at(path) for one in findings) if path else tuple(findings)
    return MailJudgement(mail, file, flow.nom if flow else "", beside, told)


def table_of(raw: bytes) -> Part | None:
    """Give the table that a message carries: the first .csv attached."""
    return next((part for part in dissect(raw).attachments if _is_table(part)), None)


def _is_table(part: Part) -> bool:
    return part.name.lower().endswith(".csv") and not _is_tnef(part)


@lru_cache(maxsize=1)
def _facts() -> _Facts:
    path = schemas_dir() / "rules" / "mail.toml"
    return build(_Facts, {key: value for key, value in read_toml(path).items() if key != "rule"}, path)


# --- the mailbox -----------------------------------------------------------------------------------------------------


def _boxes(mail: Mail, mailbox: str, known: Mailboxes) -> Mapping[str, str]:
    """Give the parties' mailboxes that a message is for, with what each is for."""
    kinds = {known.pm.lower(): "pm", known.acces.lower(): "acces", known.echange.lower(): _ECHANGE}
    addresses = [mailbox] if mailbox else list(mail.recipients)
    return {one: kinds[one.lower()] for one in addresses if one.lower() in kinds}


def _mailbox(
    mail: Mail, flow: Flow | None, protocol: str, boxes: Mapping[str, str], known: Mailboxes
) -> Iterator[Finding]:
    if flow is not None:
        right = known.pm if protocol == "pm" else known.acces
        for address, kind in boxes.items():
            if kind != protocol:
                clause = "MAIL-03" if kind == _ECHANGE else _CLAUSES[protocol]
                yield rule("MAIL-BOITE").finding(
                    column="To", received=address, expected=right, flow=flow.nom, requirement=clause
                )
    strangers = [one for one in mail.recipients if one not in boxes]
    if boxes and strangers:
        yield rule("MAIL-DESTINATAIRES").finding(
            column="To",
            received=", ".join(f"…@{one.rpartition('@')[2]}" for one in strangers),
            expected=", ".join(boxes),
            requirement=_CLAUSES[protocol],
        )


# --- what it holds ---------------------------------------------------------------------------------------------------


def _contents(
    mail: Mail, file: Part | None, files: Sequence[Part], beside: Sequence[Part], flow: Flow | None, protocol: str
) -> Iterator[Finding]:
    clause = _CLAUSES[protocol]
    odd = [part for part in beside if _is_archive(part) or _is_tnef(part)]
    for part in odd:
        kind = "MAIL-ARCHIVE" if _is_archive(part) else "MAIL-WINMAIL"
        yield rule(kind).finding(column=part.name, received=part.name or part.content_type, requirement=clause)
    others = [part for part in beside if part not in odd]
    if file is None:
        yield from _without_file(mail, others, bool(odd), clause)
        return
    if protocol == "acces" and others:
        names = ", ".join(part.name or part.content_type for part in mail.attachments)
        yield rule("MAIL-PIECES").finding(received=names, expected=file.name, requirement=clause)
    elif len(files) > 1:
        names = ", ".join(part.name for part in files)
        yield rule("MAIL-PM-FLUX").finding(received=names, expected=file.name, requirement=clause)
    if not file.data:
        yield rule("MAIL-VIDE").finding(column=file.name, received="0", requirement=clause)
    for body in mail.bodies:
        yield rule("MAIL-CORPS").finding(received=_measure(_text_of(body)), requirement=clause)
    if flow is not None:
        yield from _accompanied(flow, file, beside)


def _without_file(mail: Mail, others: Sequence[Part], odd: bool, clause: str) -> Iterator[Finding]:
    """Tell a table in the body, another kind of file, a free message, or nothing at all."""
    if any(_reads_as_table(body) for body in mail.bodies):
        yield rule("MAIL-EN-LIGNE").finding(received=_measure(_text_of(mail.bodies[0])), requirement=clause)
    elif others:
        names = ", ".join(part.name or part.content_type for part in others)
        yield rule("MAIL-NON-CSV").finding(received=names, requirement=clause)
    elif mail.bodies and not odd:
        yield rule("MAIL-HORS-FLUX").finding(received=_shown(mail.subject))
    elif not odd:
        yield rule("MAIL-SANS-FICHIER").finding(received=_shown(mail.subject), requirement=clause)


def _accompanied(flow: Flow, file: Part, beside: Sequence[Part]) -> Iterator[Finding]:
    """See that a PM flow brings the documents that the contract wants with it."""
    left = list(beside)
    for piece in (one for one in _facts().piece if one.flux == flow.nom):
        found = next((part for part in left if _suits(part, piece)), None)
        if found is not None:
            left.remove(found)
        else:
            names = ", ".join(part.name for part in beside) or "—"
            yield rule(piece.rule).finding(column=file.name, received=names, expected=piece.fr)


def _suits(part: Part, piece: _Piece) -> bool:
    if PurePosixPath(part.name).suffix.lower() in piece.suffixes:
        return bool(part.data)
    return bool(part.data) and part.content_type.startswith(piece.types)


def _is_archive(part: Part) -> bool:
    magic = (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")
    suffixes = PurePosixPath(part.name).suffixes[-1:]
    named = bool(suffixes) and suffixes[0].lower() in _facts().archives
    return named or (not suffixes and part.data.startswith(magic))


def _is_tnef(part: Part) -> bool:
    return part.name.lower() in _facts().tnef or part.content_type in _facts().tnef


def _reads_as_table(body: Part) -> bool:
    lines = [line for line in body.data.splitlines() if line.strip()]
    return body.content_type == "text/csv" or (bool(lines) and lines[0].count(b";") > 1)


def _text_of(body: Part) -> str:
    return body.data.decode("utf-8", "replace")


def _measure(text: str) -> str:
    """Tell a free text by its length: it may name people."""
    return f"{len(text.strip())} caractères"


def _shown(subject: str) -> str:
    """Give a subject of one word, as a file name is; any other by its length."""
    return subject if re.fullmatch(r"\S*", subject) else _measure(subject)


# --- who sent it -----------------------------------------------------------------------------------------------------


def _automated(mail: Mail, clause: str) -> Iterator[Finding]:
    if not mail.auto_submitted or mail.auto_submitted.partition(";")[0].strip() == "no":
        received = mail.auto_submitted or "(absent)"
        yield rule("MAIL-AUTOMATE").finding(column="Auto-Submitted", received=received, requirement=clause)
    prefix = next((one for one in _facts().reponses if mail.subject.lower().startswith(one)), "")
    if mail.reply or prefix:
        received = prefix or "In-Reply-To"
        yield rule("MAIL-MANUEL").finding(column="Subject", received=received, requirement=clause)
    absent = [name for name, value in (("Message-ID", mail.message_id), ("Date", mail.date)) if not value]
    if absent:
        yield rule("MAIL-IDENTITE").finding(
            column=", ".join(absent), received="(absent)", expected=" et ".join(absent), requirement=clause
        )


def _subject(mail: Mail, file: Part, clause: str) -> Iterator[Finding]:
    if clause == "MAIL-02" and mail.subject != file.name:
        yield rule("MAIL-OBJET").finding(
            column="Subject", received=_shown(mail.subject), expected=file.name, requirement=clause
        )
    if mail.subject_coding is Coding.RAW:
        yield rule("MAIL-OBJET-CODAGE").finding(column="Subject", received=_shown(mail.raw_subject), requirement=clause)


# --- how the file is carried -----------------------------------------------------------------------------------------


def _part(file: Part, clause: str) -> Iterator[Finding]:
    place = file.name
    if file.name_coding in (Coding.RAW, Coding.WORDS):
        yield rule("MAIL-NOM-CODAGE").finding(
            column=place, received=file.raw_name, expected="filename*=utf-8''…", requirement=clause
        )
    if file.disposition != "attachment":
        yield rule("MAIL-DISPOSITION").finding(
            column=place, received=file.disposition or "(absente)", expected="attachment", requirement=clause
        )
    if file.content_type != "text/csv":
        yield rule("MAIL-TYPE").finding(
            column=place, received=file.content_type, expected="text/csv", requirement=clause
        )
    wrong = _charset(file)
    if wrong:
        yield rule("MAIL-CHARSET").finding(column=place, received=file.charset, expected=wrong, requirement=clause)
    yield from _transfer(file, clause)


def _charset(file: Part) -> str:
    """Give the charset that the bytes are in when it is not the one declared; empty when all is well."""
    if not file.charset or not file.data:
        return ""
    try:
        codec = codecs.lookup(file.charset).name
        file.data.decode(codec)
    except (LookupError, ValueError):
        return "us-ascii" if file.data.isascii() else "utf-8" if _is_utf8(file.data) else "un jeu de 8 bits"
    if codec.startswith(("iso8859", "cp125")) and not file.data.isascii() and _is_utf8(file.data):
        return "utf-8"
    return ""


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeError:
        return False
    return True


def _transfer(file: Part, clause: str) -> Iterator[Finding]:
    coding, place = file.transfer_encoding or "7bit", file.name
    if file.damaged:
        yield rule("MAIL-TRANSFERT-FAUX").finding(column=place, received=coding, requirement=clause)
    if not re.fullmatch(r"7bit|8bit|quoted-printable|base64", coding) or (file.eight_bit and coding != "8bit"):
        yield rule("MAIL-TRANSFERT").finding(
            column=place, received=coding, expected="base64 ou quoted-printable", requirement=clause
        )
    if file.longest_line > _LINE and not file.damaged:
        yield rule("MAIL-LIGNE").finding(
            column=place, received=str(file.longest_line), expected=str(_LINE), requirement=clause
        )
