"""What every check speaks: rules, findings, verdicts.

A *rule* is one checkable thing tied to clauses of the contract; a *finding* is one breach of one rule; a
*verdict* is what a reader of the report sees. Texts of rules live in ``schemas/rules/*.toml``
(see ``annexe5.contract.rules``); this module only holds the shapes and the roll-up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How binding a clause is (column ``level`` of requirements.csv)."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"
    INFO = "INFO"


class Confidence(StrEnum):
    """Where a fact comes from; an ``assumed`` fact never fails a certification on its own."""

    CONTRACT = "contract"
    PUBLIC = "public"
    INFERRED = "inferred"
    ASSUMED = "assumed"


class Severity(StrEnum):
    """What a finding does to the verdict: ``error`` refuses, ``reserve`` qualifies, ``info`` informs."""

    ERROR = "error"
    RESERVE = "reserve"
    INFO = "info"


class Verdict(StrEnum):
    """The eight verdicts of a scenario, a requirement, a file or a campaign."""

    CONFORME = "conforme"
    RESERVE = "réserve"
    NON_CONFORME = "non conforme"
    EN_ATTENTE = "en attente"
    NON_APPLICABLE = "non applicable"
    BLOQUE = "bloqué"
    NON_TESTE = "non testé"
    ERREUR_CONFIGURATION = "erreur de configuration"


# Worst first. What did not run outweighs what passed: a hollow pass is worse than an honest gap.
_PRECEDENCE = (
    Verdict.ERREUR_CONFIGURATION,
    Verdict.NON_CONFORME,
    Verdict.EN_ATTENTE,
    Verdict.BLOQUE,
    Verdict.RESERVE,
    Verdict.CONFORME,
    Verdict.NON_TESTE,
    Verdict.NON_APPLICABLE,
)


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages; French is the language of the contract and of the report."""

    fr: str
    en: str

    def format(self, **values: object) -> Text:
        """Fill ``{name}`` places in both languages; unknown names are left as they stand."""
        known = _Lenient(values)
        return Text(self.fr.format_map(known), self.en.format_map(known))

    def __getitem__(self, lang: str) -> str:
        return self.en if lang == "en" else self.fr


class _Lenient(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


EMPTY = Text("", "")


@dataclass(frozen=True, slots=True)
class Rule:
    """One checkable thing.

    ``id`` is stable (``NOM-CASSE``); ``requirements`` are clause ids of requirements.csv; ``statement`` says
    what must hold; ``message`` is the template of a breach and may use ``{received}``, ``{expected}`` and the
    names its check passes; ``remedy`` tells the sender what to do.
    """

    id: str
    requirements: tuple[str, ...]
    severity: Severity
    statement: Text
    message: Text
    remedy: Text = EMPTY
    confidence: Confidence = Confidence.CONTRACT
    source: str = ""
    good: tuple[Any, ...] = ()
    bad: tuple[Any, ...] = ()

    @property
    def effective_severity(self) -> Severity:
        """An assumed fact qualifies a verdict, it never refuses one (DESIGN §4)."""
        if self.confidence is Confidence.ASSUMED and self.severity is Severity.ERROR:
            return Severity.RESERVE
        return self.severity

    def finding(
        self,
        *,
        received: str | None = None,
        expected: str = "",
        path: str = "",
        line: int | None = None,
        column: str = "",
        requirement: str = "",
        count: int = 1,
        **details: object,
    ) -> Finding:
        """One breach of this rule; ``requirement`` narrows it to the clause of the flow at hand."""
        message = self.message.format(
            received=received if received is not None else "", expected=expected, column=column, **details
        )
        return Finding(
            rule=self.id,
            requirement=requirement or (self.requirements[0] if self.requirements else ""),
            severity=self.effective_severity,
            message=message,
            path=path,
            line=line,
            column=column,
            value=received,
            expected=expected,
            count=count,
            remedy=self.remedy.format(received=received or "", expected=expected, column=column, **details),
            confidence=self.confidence,
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of one rule: where, expected, received.

    ``line`` is the physical line of a file (header = 1), ``column`` a column name or an XPath, ``value`` what
    was received (None: nothing), ``count`` how many places share it; ``orders`` the order references concerned.
    """

    rule: str
    requirement: str
    severity: Severity
    message: Text
    path: str = ""
    line: int | None = None
    column: str = ""
    value: str | None = None
    expected: str = ""
    count: int = 1
    remedy: Text = EMPTY
    confidence: Confidence = Confidence.CONTRACT
    orders: tuple[str, ...] = field(default=())

    @property
    def where(self) -> str:
        """``file:line:column``, as far as known."""
        parts = [self.path, str(self.line) if self.line else "", self.column]
        return ":".join(part for part in parts if part)

    def at(self, path: str) -> Finding:
        """Tell the same finding with the file it stands in."""
        return replace(self, path=path)

    def as_dict(self, lang: str = "fr") -> dict[str, Any]:
        """Give the published JSON shape of ``validate --format json`` (DESIGN §5)."""
        return {
            "rule": self.rule,
            "requirement": self.requirement,
            "severity": self.severity.value,
            "line": self.line,
            "column": self.column,
            "value": self.value,
            "expected": self.expected,
            "message": self.message[lang],
            "count": self.count,
        }


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """Roll findings up: any error refuses, else any reserve qualifies."""
    severities = {finding.severity for finding in findings}
    if Severity.ERROR in severities:
        return Verdict.NON_CONFORME
    if Severity.RESERVE in severities:
        return Verdict.RESERVE
    return Verdict.CONFORME


def roll_up(verdicts: Iterable[Verdict]) -> Verdict:
    """Give the worst verdict of several; nothing at all is ``non testé``, never a pass."""
    seen = set(verdicts)
    for verdict in _PRECEDENCE:
        if verdict in seen:
            return verdict
    return Verdict.NON_TESTE


def exit_code(verdict: Verdict) -> int:
    """0 conforme, 1 non conforme, 2 configuration, 3 en attente (DESIGN §5)."""
    if verdict is Verdict.ERREUR_CONFIGURATION:
        return 2
    if verdict is Verdict.EN_ATTENTE:
        return 3
    if verdict in (Verdict.CONFORME, Verdict.RESERVE, Verdict.NON_APPLICABLE):
        return 0
    return 1
