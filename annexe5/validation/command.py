"""``annexe5 validate`` from its options to its exit code."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from annexe5.errors import UsageError
from annexe5.validation.progress import Progress
from annexe5.validation.run import Outcome, Wanted, run
from annexe5.validation.writing import write_whole

_SHOWN = 5
_KEPT = 1000
_LANGS = ("fr", "en")


def validate(wanted: Wanted, *, output: str, lang: str, samples: int | None, to: Path | None) -> int:
    """Judge, tell on standard output or in the file ``to``, and give the exit code (0 or 1)."""
    tellers = _tellers(_SHOWN if samples is None else samples, colour=to is None and _colour())
    if output not in tellers or lang not in _LANGS:
        raise UsageError(f"--format {output} --lang {lang} : formats : {', '.join(tellers)} ; langues : fr, en.")
    if to is not None and not to.parent.is_dir():
        raise UsageError(f"{to} : le dossier n'existe pas.")
    progress = Progress(sys.stderr, time.monotonic, lang) if sys.stderr.isatty() else None
    outcome = run(wanted, sys.stdin.buffer, progress)
    if output != "text" or to is not None:  # a person at the terminal reads it in the text
        for one in outcome.idle:
            print(f"annexe5 : {one[lang]}", file=sys.stderr)  # noqa: T201
    told = tellers[output](outcome, lang).encode("utf-8", "backslashreplace")
    if to is None:
        sys.stdout.buffer.write(told)
        sys.stdout.flush()
    else:
        write_whole(to, [told])
    return outcome.exit_code


def samples_of(output: str, asked: int | None) -> int:
    """Give how many places of one rule and column are kept: enough to act on for a person, all but endless in JSON."""
    if asked is not None:
        return asked
    return _SHOWN if output == "text" else _KEPT


def _tellers(samples: int, *, colour: bool) -> dict[str, Callable[[Outcome, str], str]]:
    def text(outcome: Outcome, lang: str) -> str:
        from annexe5.validation.text import as_text  # noqa: PLC0415

        return as_text(outcome, lang, samples=samples, colour=colour)

    def as_json(outcome: Outcome, lang: str) -> str:
        from annexe5.validation import machine  # noqa: PLC0415

        return machine.as_json(outcome, lang)

    def as_sarif(outcome: Outcome, lang: str) -> str:
        from annexe5.validation import machine  # noqa: PLC0415

        return machine.as_sarif(outcome, lang)

    return {"text": text, "json": as_json, "sarif": as_sarif}


def _colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
