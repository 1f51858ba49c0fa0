"""Messages as a party may write them: the right one (MAIL-02), and each way of getting it wrong, by name.

The bench sends the wrong ones to see that an OI goes on; a twin with a defect sends them to see that they are told.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from annexe5.messages.mail import Attachment, compose


@dataclass(frozen=True, slots=True)
class Letter:
    """What a message needs: from whom, to which mailbox, one file, when (aware), and its identity ``<…@…>``.

    ``beside`` are the documents that a PM flow brings along.
    """

    sender: str
    mailbox: str
    name: str
    data: bytes = field(repr=False)
    date: datetime
    message_id: str
    beside: tuple[Attachment, ...] = ()


def write_letter(letter: Letter, *files: Attachment, subject: str = "", text: str = "") -> bytes:
    """Write a message: its file alone and its name as subject, or what is given instead."""
    attached = files or (_file(letter), *letter.beside)
    return compose(
        letter.sender,
        [letter.mailbox],
        attached,
        date=letter.date,
        message_id=letter.message_id,
        subject=subject or letter.name,
        text=text,
    )


def written_as(kind: str, letter: Letter) -> bytes:
    """Write a message in one of the ways of ``ODD_LETTERS`` or ``CODINGS``; the right way for an empty ``kind``."""
    if kind in CODINGS:
        return write_letter(letter, replace(_file(letter), transfer=kind))
    return ODD_LETTERS[kind](letter) if kind else write_letter(letter)


def _file(letter: Letter) -> Attachment:
    return Attachment(letter.name, letter.data, charset="utf-8")


def _two_files(letter: Letter) -> bytes:
    stem, _, number = letter.name.removesuffix(".csv").rpartition("_")
    return write_letter(letter, _file(letter), replace(_file(letter), name=f"{stem}_{number}0.csv"))


def _archived(letter: Letter) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo(letter.name), letter.data)
    file = Attachment(letter.name.removesuffix(".csv") + ".zip", packed.getvalue(), "application/zip")
    return write_letter(letter, file)


def _in_body(letter: Letter) -> bytes:
    return _plain(letter, letter.name, letter.data.decode("utf-8", "replace"))


def _plain(letter: Letter, subject: str, text: str) -> bytes:
    return compose(
        letter.sender, [letter.mailbox], [], date=letter.date, message_id=letter.message_id, subject=subject, text=text
    )


ODD_LETTERS: Mapping[str, Callable[[Letter], bytes]] = {
    "à deux pièces jointes": _two_files,
    "dont le fichier est dans une archive": _archived,
    "dont le fichier est dans le corps": _in_body,
    "dont l'objet n'est pas le nom du fichier": lambda letter: write_letter(letter, subject="COMMANDE"),
    "sans pièce jointe": lambda letter: _plain(letter, letter.name, ""),
    "à la pièce jointe vide": lambda letter: write_letter(letter, replace(_file(letter), data=b"")),
    "enfermé dans un winmail.dat": lambda letter: write_letter(
        letter, Attachment("winmail.dat", b"\x78\x9f\x3e\x22" + letter.data, "application/ms-tnef")
    ),
    "d'un jeu de caractères inconnu": lambda letter: write_letter(letter, replace(_file(letter), charset="x-inconnu")),
    "signalant une anomalie": lambda letter: _plain(letter, "Anomalie", "Une commande est en anomalie."),
}
CODINGS = ("base64", "quoted-printable", "8bit")
