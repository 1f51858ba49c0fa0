"""From a file to blocks of whole lines in UTF-8: encoding, byte order mark, line ends, lines beyond measure.

Everything that concerns the bytes of the whole file is decided here once, so that a wrong encoding is one finding and
not one a line. A source can be opened again: some questions need a second look.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from annexe5.errors import UsageError
from annexe5.tables.form import form
from annexe5.tables.schema import Table
from annexe5.tables.tally import Tally

BLOCK = 1 << 20
# A line beyond this is given up: memory stays bounded whatever is sent (the longest honest cell is 4,096 characters).
LONGEST_LINE = 16 << 20
# A line beyond this is told: no receiver is held to read it.
LONG_LINE = 1 << 20
# So many undecodable bytes for one well-formed accent: the file is in another encoding, not damaged.
_OTHER_ENCODING = 10

_ACCENT = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
_HIGH = re.compile(rb"[\x80-\xff]")
_CP1252_HOLE = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes that can be read from the start as often as needed; ``size`` in bytes where known."""

    name: str
    open: Callable[[], BinaryIO]
    size: int | None = None


def from_bytes(data: bytes, name: str = "") -> Source:
    """Give a source over bytes in memory."""
    return Source(name, lambda: io.BytesIO(data), len(data))


def from_path(path: Path) -> Source:
    """Give a source over a file; UsageError when it cannot be read."""
    try:
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except OSError as reason:
        raise UsageError(f"{path} : illisible : {reason.strerror}.") from None
    return Source(str(path), lambda: path.open("rb"), size)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes are to be read: ``codec``, ``skip`` bytes of mark first, lines ended by a lone CR or not."""

    codec: str = "utf-8"
    skip: int = 0
    old_mac: bool = False
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Whole physical lines in UTF-8 (undecodable bytes as they came); ``line`` is the number of the first.

    ``last`` when nothing follows; ``overlong`` when the block stands for one line that was given up; ``counted`` is the
    number of LF where it is already known.
    """

    data: bytes
    line: int
    last: bool = False
    overlong: bool = False
    counted: int | None = None

    @property
    def feeds(self) -> int:
        """Give the number of LF."""
        return self.data.count(b"\n") if self.counted is None else self.counted


# --- the file as a whole -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Head:
    """What the first and last bytes tell: nothing at all, UTF-16, a mark, a last line without end."""

    empty: bool
    wide: str
    skip: int
    final_break: bool


def glance(source: Source) -> Head:
    """Read the two ends of a source."""
    with source.open() as stream:
        head = stream.read(4096)
        tail = head[-4:] if len(head) < 4096 else _tail(stream)  # noqa: PLR2004
    wide, skip = _wide(head)
    if not wide and head.startswith(codecs.BOM_UTF8):
        skip = 3
    ends = {"utf-16-le": b"\n\0", "utf-16-be": b"\0\n"}
    return Head(len(head) <= skip, wide, skip, tail.endswith(ends.get(wide, b"\n")))


def _tail(stream: BinaryIO) -> bytes:
    if stream.seekable():
        stream.seek(-4, io.SEEK_END)
        return stream.read()
    last = b""
    while piece := stream.read(BLOCK):
        last = (last + piece)[-4:]
    return last


def _wide(head: bytes) -> tuple[str, int]:
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le", 2
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be", 2
    half = len(head) // 2
    even, odd = head[0::2].count(0), head[1::2].count(0)
    # Latin text in UTF-16 is one NUL out of two; a damaged UTF-8 file is not.
    if half > 1 and odd * 10 >= half * 9 and even * 10 < half:
        return "utf-16-le", 0
    if half > 1 and even * 10 >= half * 9 and odd * 10 < half:
        return "utf-16-be", 0
    return "", 0


def look(source: Source, declared: str, tally: Tally, table: Table | None = None) -> Encoding:
    """Decide how a file is to be read, and tell what is wrong with its bytes as a whole (reads it once)."""
    head = glance(source)
    tell_head(head, declared, tally, table)
    if head.empty:
        return Encoding(empty=True)
    if head.wide:
        return Encoding(head.wide, head.skip)
    counts = _count(source, head.skip)
    if counts.old_mac:
        tally.add(form("OCT-CR-FIN", table, expected="LF ou CRLF"), 1, "CR")
    codec = _judge_encoding(codecs.lookup(declared).name, counts, head, tally, table)
    return Encoding(codec, head.skip, counts.old_mac)


def tell_head(head: Head, declared: str, tally: Tally, table: Table | None) -> None:
    """Tell what is wrong with the two ends of a file."""
    if head.empty:
        tally.add(form("OCT-VIDE", table, expected="au moins une ligne d'en-tête"))
        return
    if head.wide:
        tally.add(form("OCT-UTF16", table, expected=declared.upper()), 1, head.wide.upper())
    elif head.skip:
        tally.add(form("OCT-BOM", table, expected="aucune marque d'ordre des octets"), 1, "EF BB BF")
    if not head.final_break:
        tally.add(form("OCT-SANS-FIN", table, expected="une fin de ligne après la dernière ligne"))


@dataclass(slots=True)
class _Counts:
    accents: int = 0
    strays: int = 0
    first_accent: int = 1
    first_stray: int = 1
    sample: str = ""
    hole: bool = False
    old_mac: bool = False


def _count(source: Source, skip: int) -> _Counts:
    """Count well-formed accents and bytes that belong to none, with the first line of each."""
    counts = _Counts()
    feeds = returns = 0
    for block in blocks(source, Encoding(skip=skip)):
        feeds += block.data.count(b"\n")
        returns += b"\r" in block.data
        if block.data.isascii():
            continue
        # Undecodable bytes are looked for one by one only where a strict reading of the block fails.
        try:
            block.data.decode()
            strays: list[re.Match[bytes]] = []
            rest = b""
        except UnicodeDecodeError:
            rest = _ACCENT.sub(lambda match: b" " * len(match[0]), block.data)
            strays = list(_HIGH.finditer(rest))
        accent = _ACCENT.search(block.data)
        if accent and not counts.accents:
            counts.first_accent = block.line + block.data.count(b"\n", 0, accent.start())
        if strays and not counts.strays:
            counts.first_stray = block.line + block.data.count(b"\n", 0, strays[0].start())
            counts.sample = f"octet {strays[0][0][0]:02X}"
        counts.strays += len(strays)
        counts.hole = counts.hole or bool(strays and _CP1252_HOLE.search(rest))
        counts.accents += len(_ACCENT.findall(block.data)) if strays else bool(accent)
    counts.old_mac = feeds == 0 and returns > 0
    return counts


def _judge_encoding(declared: str, counts: _Counts, head: Head, tally: Tally, table: Table | None) -> str:
    """Say which encoding the bytes are in: one finding when it is not the declared one."""
    if declared == "utf-8":
        if not counts.strays or head.skip or counts.strays < _OTHER_ENCODING * counts.accents:
            return "utf-8"
        found = "latin-1" if counts.hole else "cp1252"
        tally.add(form("OCT-ENCODAGE", table, expected="UTF-8"), counts.first_stray, counts.sample)
        return found
    if (counts.accents and not counts.strays) or head.skip:
        tally.add(form("OCT-ENCODAGE", table, expected=declared.upper()), counts.first_accent, "UTF-8")
        return "utf-8"
    return "latin-1" if counts.hole and declared == "cp1252" else declared


# --- blocks --------------------------------------------------------------------------------------------------


def blocks(source: Source, encoding: Encoding, size: int = BLOCK) -> Iterator[Block]:
    """Cut a source into blocks of whole lines, about ``size`` bytes each, in UTF-8."""
    line, held, given_up = 1, b"", False
    for piece in _utf8(source, encoding, size):
        start = 0
        if given_up or held:
            # Only the line carried over can be beyond measure: whether it is must not depend on the size of a block.
            end = piece.find(b"\n")
            if end < 0:
                given_up = given_up or len(held) + len(piece) > LONGEST_LINE
                held = b"" if given_up else held + piece
                continue
            if given_up or len(held) + end > LONGEST_LINE:
                yield Block(b"", line, overlong=True)
                line, held, given_up, start = line + 1, b"", False, end + 1
        cut = piece.rfind(b"\n") + 1
        if cut > start or held:
            data = b"".join((held, memoryview(piece)[start:cut]))
            feeds = data.count(b"\n")
            yield Block(data, line, counted=feeds)
            line += feeds
        held = bytes(piece[max(cut, start) :])
        if len(held) > LONGEST_LINE:
            held, given_up = b"", True
    if given_up:
        yield Block(b"", line, last=True, overlong=True)
    else:
        yield Block(held, line, last=True)


def first_lines(pieces: Iterator[Block]) -> Block:
    """Give the first block that holds more than blank lines, with those before it."""
    block = next(pieces)
    while not block.last and not block.overlong and not block.data.strip():
        following = next(pieces)
        block = Block(block.data + following.data, block.line, following.last, following.overlong)
    return block


def _utf8(source: Source, encoding: Encoding, size: int) -> Iterator[bytes | bytearray]:
    """Give a source piece by piece, in UTF-8; a piece is good until the next one is asked for."""
    decoder = None if encoding.codec == "utf-8" else codecs.getincrementaldecoder(encoding.codec)("replace")
    with source.open() as stream:
        stream.read(encoding.skip)
        if decoder is None and not encoding.old_mac and isinstance(stream, io.BufferedReader):
            yield from _read_into(stream, size)
            return
        while True:
            piece = stream.read(size)
            done = not piece
            if decoder is not None:
                piece = decoder.decode(piece, done).encode()
            if encoding.old_mac:
                piece = piece.replace(b"\r", b"\n")
            if piece:
                yield piece
            if done:
                return


def _read_into(stream: io.BufferedReader, size: int) -> Iterator[bytes | bytearray]:
    """Read a file through one buffer: fresh memory for each piece costs as much as the reading."""
    buffer = bytearray(size)
    while got := stream.readinto(buffer):
        yield buffer if got == size else bytes(memoryview(buffer)[:got])
