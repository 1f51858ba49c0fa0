"""How far a long file has been read: one line on a terminal, with rows per second; nothing anywhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, BinaryIO, Self, TextIO, cast

from annexe5.tables.octets import Source

_LONG = 8 << 20
_EVERY = 0.2


class Progress:
    """Draws on ``stream``; ``clock`` gives seconds."""

    def __init__(self, stream: TextIO, clock: Callable[[], float], lang: str = "fr") -> None:
        self._stream = stream
        self._clock = clock
        self._words = "rows" if lang == "en" else "lignes"
        self._drawn = False
        self._last = clock()

    def watch(self, source: Source) -> Source:
        """Give the source whose reading shows; a short one as it is."""
        if source.size is None or source.size < _LONG:
            return source
        return replace(source, open=lambda: cast("BinaryIO", _Watched(source.open(), source, self)))

    def show(self, source: Source, read: int, lines: int, since: float) -> None:
        """Draw the line, at most five times a second."""
        now = self._clock()
        if now - self._last < _EVERY or now <= since:
            return
        self._last = now
        share = min(1.0, read / (source.size or 1))
        name = source.name[-48:]
        bar = "█" * round(20 * share) + "░" * (20 - round(20 * share))
        rate = f"{lines / (now - since):,.0f}".replace(",", " ")
        count = f"{lines:,}".replace(",", " ")
        self._stream.write(f"\r\x1b[K{name} {bar} {share:4.0%}  {count} {self._words}  {rate} {self._words}/s")
        self._stream.flush()
        self._drawn = True

    def clear(self) -> None:
        """Wipe the line."""
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._drawn = False

    @property
    def now(self) -> float:
        """Give the time, in seconds."""
        return self._clock()


class _Watched:
    """A stream that tells how much of it has been read."""

    def __init__(self, stream: BinaryIO, source: Source, progress: Progress) -> None:
        self._stream = stream
        self._source = source
        self._progress = progress
        self._read = 0
        self._lines = 0
        self._since = progress.now

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size)
        self._read += len(piece)
        self._lines += piece.count(b"\n")
        self._progress.show(self._source, self._read, self._lines, self._since)
        return piece

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        self._stream.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
