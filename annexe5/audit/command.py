"""``annexe5 audit`` from its options to its exit code."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from annexe5.audit import machine
from annexe5.audit.run import Outcome, Wanted, run
from annexe5.audit.text import as_text
from annexe5.errors import UsageError
from annexe5.validation.writing import write_whole

_SHOWN = 5
_KEPT = 1000
_EVERY = 0.2
_STAGES = {"noms": (0.0, 0.0), "fichiers": (0.0, 0.6), "dossiers": (0.6, 1.0)}


def audit(wanted: Wanted, *, output: str, lang: str, samples: int | None, to: Path | None) -> int:
    """Judge, tell on standard output or in the file ``to``, and give the exit code (0 or 1)."""
    tellers = _tellers(_SHOWN if samples is None else samples, colour=to is None and _colour())
    if output not in tellers or lang not in ("fr", "en"):
        raise UsageError(f"--format {output} --lang {lang} : formats : {', '.join(tellers)} ; langues : fr, en.")
    if to is not None and not to.parent.is_dir():
        raise UsageError(f"{to} : le dossier n'existe pas.")
    bar = Bar(sys.stderr, time.monotonic, lang) if sys.stderr.isatty() else None
    outcome = run(wanted, bar.watch) if bar else run(wanted)
    if bar:
        bar.clear()
    told = tellers[output](outcome, lang).encode("utf-8", "backslashreplace")
    if to is None:
        sys.stdout.buffer.write(told)
        sys.stdout.flush()
    else:
        write_whole(to, [told])
    return outcome.exit_code


def samples_of(output: str, asked: int | None) -> int:
    """Give how many places of one rule are kept: enough to act on for a person, many for a program."""
    return asked if asked is not None else _SHOWN if output == "text" else _KEPT


def _tellers(samples: int, *, colour: bool) -> dict[str, Callable[[Outcome, str], str]]:
    def text(outcome: Outcome, lang: str) -> str:
        return as_text(outcome, lang, samples=samples, colour=colour)

    return {"text": text, "json": machine.as_json, "sarif": machine.as_sarif}


def _colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


class Bar:
    """Draws how far an audit has got, at most five times a second; ``clock`` gives seconds."""

    def __init__(self, stream: TextIO, clock: Callable[[], float], lang: str = "fr") -> None:
        self._stream, self._clock = stream, clock
        self._words = {"noms": "names", "fichiers": "files", "dossiers": "orders"} if lang == "en" else {}
        self._last = clock()
        self._drawn = False

    def watch(self, stage: str, done: int, total: int) -> None:
        """Draw a stage of the audit: so much done of so much."""
        now = self._clock()
        if now - self._last < _EVERY:
            return
        self._last = now
        first, last = _STAGES[stage]
        share = first + (last - first) * (done / total if total else 0)
        bar = "█" * round(20 * share) + "░" * (20 - round(20 * share))
        self._stream.write(f"\r\x1b[K{self._words.get(stage, stage)} {bar} {share:4.0%}")
        self._stream.flush()
        self._drawn = True

    def clear(self) -> None:
        """Wipe the line."""
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._drawn = False
