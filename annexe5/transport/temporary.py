"""Names of files still being written: what senders use while they upload, and what no retriever may touch.

Suffixes and prefixes are those of the common clients (WinSCP ``.filepart``, lftp ``.in.NAME.``, ``.tmp``, ``.part``).
"""

from __future__ import annotations

from collections.abc import Callable

TemporaryName = Callable[[str], bool]

_SUFFIXES = (".tmp", ".temp", ".part", ".partial", ".filepart", ".uploading", ".crdownload", "~")


def is_temporary(name: str) -> bool:
    """Tell whether a file name (no folder) says that its file is not complete."""
    return name.startswith(".") or name.lower().endswith(_SUFFIXES)


def temporary_name(name: str) -> str:
    """Give the name under which our own clients upload ``name`` before they rename it into place."""
    return f"{name}.tmp"
