"""Whether a document that goes with a file opens: a PDF, a JPEG, a PNG, whole from its first byte to its last.

annexe5.txt §2: the plan of a PM, the photograph and the technical sheet of an adduction. What they show is for a person
to judge; that they can be opened is not.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

_PNG = b"\x89PNG\r\n\x1a\n"
_TAIL = 2048  # where a PDF reader looks for its end
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_ALONE = {0x01, *range(0xD0, 0xD8)}


def is_whole(name: str, data: bytes) -> bool:
    """Tell whether a document is of the kind that its name tells, and whole; a kind unknown here is not."""
    judge = _KINDS.get(name.rpartition(".")[2].lower())
    return judge is not None and judge(data)


def _pdf(data: bytes) -> bool:
    """A header, and an end that leads to a cross-reference."""
    tail = data[-_TAIL:]
    found = re.search(rb"startxref\s+(\d+)\s+%%EOF", tail)
    if not data.startswith(b"%PDF-") or found is None:
        return False
    place = int(found[1])
    return data[place : place + 4] == b"xref" or re.match(rb"\d+ \d+ obj", data[place : place + 24]) is not None


def _png(data: bytes) -> bool:
    """Every chunk with its sum, up to IEND, some image between."""
    if not data.startswith(_PNG):
        return False
    place, image = len(_PNG), False
    while place + 12 <= len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        body = data[place + 4 : place + 8 + length]
        if data[place + 8 + length : place + 12 + length] != struct.pack(">I", zlib.crc32(body)):
            return False
        if kind == b"IEND":
            return image
        image = image or kind == b"IDAT"
        place += 12 + length
    return False


def _jpeg(data: bytes) -> bool:
    """Segments that follow one another up to a scan, a frame with a size, and an end."""
    if not data.startswith(b"\xff\xd8") or b"\xff\xd9" not in data[-64:]:
        return False
    place, sized = 2, False
    while place + 4 <= len(data) and data[place] == 0xFF:  # noqa: PLR2004 -- every marker begins so
        marker = data[place + 1]
        if marker in _ALONE:
            place += 2
            continue
        (length,) = struct.unpack(">H", data[place + 2 : place + 4])
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", data[place + 5 : place + 9].ljust(4, b"\0"))
            sized = bool(height and width)
        if marker == 0xDA:  # noqa: PLR2004 -- the scan begins
            return sized
        place += 2 + length
    return False


_KINDS: Mapping[str, Callable[[bytes], bool]] = MappingProxyType(
    {"pdf": _pdf, "png": _png, "jpg": _jpeg, "jpeg": _jpeg}
)
