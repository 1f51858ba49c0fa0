"""The words of the report: verdicts, levels and confidences as a reader sees them, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from annexe5.contract.calendar import PARIS
from annexe5.findings import Confidence, Level, Severity, Text, Verdict


@dataclass(frozen=True, slots=True)
class Look:
    """How a verdict shows: its name, a sign that does not lean on colour, a class of the style sheet."""

    name: Text
    sign: str
    css: str


VERDICTS = {
    Verdict.CONFORME: Look(Text("conforme", "conforming"), "✓", "ok"),
    Verdict.RESERVE: Look(Text("réserve", "reservation"), "!", "reserve"),
    Verdict.NON_CONFORME: Look(Text("non conforme", "non-conforming"), "✗", "ko"),
    Verdict.EN_ATTENTE: Look(Text("en attente", "pending"), "…", "attente"),
    Verdict.NON_APPLICABLE: Look(Text("non applicable", "not applicable"), "–", "na"),
    Verdict.BLOQUE: Look(Text("bloqué", "blocked"), "■", "bloque"),
    Verdict.NON_TESTE: Look(Text("non testé", "not tested"), "○", "nt"),
    Verdict.ERREUR_CONFIGURATION: Look(Text("erreur de configuration", "configuration error"), "⚠", "config"),
}
LEVELS = {
    Level.MUST: Text("obligatoire", "mandatory"),
    Level.SHOULD: Text("recommandé", "recommended"),
    Level.MAY: Text("permis", "allowed"),
    Level.INFO: Text("information", "information"),
}
CLAUSES_OF = {
    Level.MUST: Text("Clauses obligatoires", "Mandatory clauses"),
    Level.SHOULD: Text("Clauses recommandées", "Recommended clauses"),
    Level.MAY: Text("Clauses permises", "Allowed clauses"),
    Level.INFO: Text("Clauses d'information", "Informative clauses"),
}
CONFIDENCES = {
    Confidence.CONTRACT: Text("imprimé au contrat", "printed in the contract"),
    Confidence.PUBLIC: Text("connu de source publique", "known from a public source"),
    Confidence.INFERRED: Text("déduit", "inferred"),
    Confidence.ASSUMED: Text("supposé", "assumed"),
}
SEVERITIES = {
    Severity.ERROR: Text("écart", "breach"),
    Severity.RESERVE: Text("réserve", "reservation"),
    Severity.INFO: Text("information", "information"),
}


def when(moment: datetime, form: str = "%d/%m/%Y %H:%M:%S") -> str:
    """Write a moment as it was in Paris."""
    return moment.astimezone(PARIS).strftime(form)


def seconds(duration: float) -> str:
    """Write a duration for a reader: milliseconds under a second, minutes over one."""
    if duration < 1:
        return f"{duration * 1000:.0f} ms"
    if duration < 60:  # noqa: PLR2004
        return f"{duration:.1f} s".replace(".", ",")
    return f"{duration // 60:.0f} min {duration % 60:02.0f} s"
