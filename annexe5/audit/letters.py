"""Mail messages of an archive: how each is written (MAIL-01 to 03), and the file it carries, judged as any other."""

from __future__ import annotations

import io
from dataclasses import replace

from annexe5.audit.archive import Entry
from annexe5.contract.profile import Mailboxes, Profile
from annexe5.findings import Finding
from annexe5.messages.mail_judge import judge_mail, table_of

_SUFFIX = ".eml"
# An OC has mailboxes of its own: the contract names the OI's only.
_ANY = Mailboxes(pm="", acces="", echange="")


def is_letter(entry: Entry) -> bool:
    """Tell whether a file of an archive is a mail message."""
    return entry.name.lower().endswith(_SUFFIX) or bool(entry.written and entry.written.mailbox)


def unsealed(entry: Entry, profile: Profile) -> tuple[tuple[Finding, ...], Entry | None]:
    """Give what is wrong with a message, and the file it carries as a file of the archive (None: it carries none)."""
    raw = entry.read()
    mailbox = entry.written.mailbox if entry.written else ""
    judged = judge_mail(raw, profile, mailbox=mailbox, path=entry.path)
    if judged.flow and profile.flow(judged.flow).sender == "OI":
        judged = judge_mail(raw, profile, mailboxes=_ANY, path=entry.path)
    if judged.file is None:
        return judged.findings, None

    def opened() -> io.BytesIO:
        part = table_of(entry.read())
        return io.BytesIO(part.data if part else b"")

    return judged.findings, replace(
        entry, path=f"{entry.path}!{judged.file.name}", size=len(judged.file.data), open=opened, folder=""
    )
