"""What an examination writes: one line a check, told in words or as JSON; a problem says how to mend it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from annexe5.findings import EMPTY, Text


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    PROBLEM = "problème"
    WARNING = "avertissement"
    UNCHECKED = "non vérifié"


_STATE_EN = {State.OK: "ok", State.PROBLEM: "problem", State.WARNING: "warning", State.UNCHECKED: "not checked"}


@dataclass(frozen=True, slots=True)
class Check:
    """One line: ``id`` stable, ``what`` is looked at, what was ``said``, how to ``mend`` it (empty when well)."""

    id: str
    what: Text
    state: State
    said: Text
    mend: Text = EMPTY


@dataclass(slots=True)
class Sheet:
    """The lines written so far."""

    checks: list[Check] = field(default_factory=list)

    def ok(self, ident: str, what: Text, said: Text) -> None:
        """All is well."""
        self.checks.append(Check(ident, what, State.OK, said))

    def problem(self, ident: str, what: Text, said: Text, mend: Text) -> None:
        """Nothing can be judged before this is mended."""
        self.checks.append(Check(ident, what, State.PROBLEM, said, mend))

    def warning(self, ident: str, what: Text, said: Text, mend: Text) -> None:
        """Worth knowing; a certification goes on."""
        self.checks.append(Check(ident, what, State.WARNING, said, mend))

    def unchecked(self, ident: str, what: Text, needs: Text) -> None:
        """It waits for something else that failed."""
        said = Text(f"attend que soit réglé : {needs.fr}", f"waits for: {needs.en}")
        self.checks.append(Check(ident, what, State.UNCHECKED, said))


def exit_code(checks: tuple[Check, ...]) -> int:
    """2 on a problem, 0 otherwise."""
    return 2 if any(one.state is State.PROBLEM for one in checks) else 0


def as_json(path: Path, checks: tuple[Check, ...], lang: str) -> str:
    """Write the lines for a machine; the states are spelt in French whatever the language."""
    lines = [
        {
            "check": one.id,
            "what": one.what[lang],
            "state": one.state.value,
            "said": one.said[lang],
            "mend": one.mend[lang],
        }
        for one in checks
    ]
    state = State.PROBLEM if exit_code(checks) else State.OK
    return json.dumps({"target": str(path), "state": state.value, "checks": lines}, ensure_ascii=False, indent=1)


def as_text(checks: tuple[Check, ...], lang: str) -> str:
    """Write one line a check, and under a problem or a warning how to mend it."""
    lines = []
    for one in checks:
        state = _STATE_EN[one.state] if lang == "en" else one.state.value
        lines.append(f"{state:<14} {one.what[lang]} : {one.said[lang]}")
        if one.mend[lang]:
            lines.append(f"{'':<14} → {one.mend[lang]}")
    return "\n".join(lines)
