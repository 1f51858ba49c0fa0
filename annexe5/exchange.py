"""One file, mail or SOAP message seen on a channel: what journals hold and conversations take and return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256


class Channel(StrEnum):
    """How the parties were joined for one exchange."""

    SFTP = "sftp"
    FTP = "ftp"
    FTPS = "ftps"
    FOLDER = "dossier"
    MAIL = "mail"
    SOAP = "soap"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One thing that crossed.

    ``at`` is aware; ``sender`` and ``receiver`` are quadrigrammes; ``name`` a file name, a mail subject or an
    operation; ``folder`` is POSIX and relative to the OC's home; ``data`` the raw bytes; ``number`` its place in the
    journal (0: not journalled yet).
    """

    at: datetime
    channel: Channel
    sender: str
    receiver: str
    name: str
    folder: str
    data: bytes
    number: int = 0

    @property
    def digest(self) -> str:
        """SHA-256 of the raw bytes, hexadecimal."""
        return sha256(self.data).hexdigest()
