"""How a step ends a scenario otherwise than by passing: one exception for each verdict it may carry.

Ending                     what the scenario's verdict is, and one sentence for the reader
 ├─ NonConforme            the party broke a clause: a message, or the findings that say so
 ├─ EnAttente              a deadline has not come yet
 ├─ NonApplicable          a capability the target does not declare
 └─ Bloque                 a prerequisite failed: nothing can be said of this clause

They are verdicts, not errors of the suite: those stand in ``annexe5.errors``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from annexe5.contract.calendar import PARIS
from annexe5.findings import Finding, Severity, Verdict


class Ending(Exception):  # noqa: N818 - a verdict is not an error
    """A step ends its scenario with a verdict; ``message`` is one French sentence for the report."""

    verdict: ClassVar[Verdict]

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NonConforme(Ending):
    """The party under test broke a clause: say it in a sentence, or give the findings (one at least an error).

    Findings that are all reserves do not refuse anything: raising them is a mistake of the step (ValueError);
    ``ScenarioRecord.judge`` records them and raises only when it must.
    """

    verdict = Verdict.NON_CONFORME

    def __init__(self, what: str | Finding | Iterable[Finding]) -> None:
        if isinstance(what, str):
            self.findings: tuple[Finding, ...] = ()
            message = what
        else:
            self.findings = (what,) if isinstance(what, Finding) else tuple(what)
            if not any(finding.severity is Severity.ERROR for finding in self.findings):
                raise ValueError(
                    "NonConforme : aucun des constats donnés n'est une erreur ; enregistrez-les seulement."
                )
            message = summary(self.findings)
        super().__init__(message)


class EnAttente(Ending):
    """The answer may still come: ``until`` is the (aware) end of its deadline, ``awaits`` who owes what.

    ``late`` counts the working days by which that deadline is over already.
    """

    verdict = Verdict.EN_ATTENTE

    def __init__(self, message: str, until: datetime | None = None, *, late: int = 0, awaits: str = "") -> None:
        self.until = until
        self.awaits = awaits
        super().__init__(f"{message}, {waiting_words(until, late)}" if until or awaits else message)


class NonApplicable(Ending):
    """The target does not declare what this scenario needs."""

    verdict = Verdict.NON_APPLICABLE


class Bloque(Ending):
    """What this scenario stands on failed before it."""

    verdict = Verdict.BLOQUE


def waiting_words(until: datetime | None, late: int = 0) -> str:
    """Say until when something is awaited, or by how much it is late already."""
    if until is None:
        return "en attente, sans échéance au contrat"
    day = f"{until.astimezone(PARIS):%d/%m/%Y %H:%M}"
    if late:
        return f"{late_words(late)} ; attendu le {day}"
    return f"en attente jusqu'au {day}"


def late_words(late: int) -> str:
    """Say by how many working days a deadline is missed."""
    return f"hors délai de {late} jour{'s' if late > 1 else ''} ouvré{'s' if late > 1 else ''}"


def summary(findings: Iterable[Finding]) -> str:
    """Say findings in one French sentence: the worst, where it stands, and how many others there are."""
    order = (Severity.ERROR, Severity.RESERVE, Severity.INFO)
    ranked = sorted(findings, key=lambda finding: order.index(finding.severity))
    if not ranked:
        return ""
    worst = ranked[0]
    where = f"{worst.where} : " if worst.where else ""
    others = f" (et {len(ranked) - 1} autre{'s' if len(ranked) > 2 else ''} constat{'s' if len(ranked) > 2 else ''})"  # noqa: PLR2004
    return f"{where}{worst.message.fr} [{worst.rule}]{others if len(ranked) > 1 else ''}"
