"""What a sample may show: a value of a column marked ``personal`` is masked, in the finding and in its sentences."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from annexe5.contract.rules import load_rules, raw_rules
from annexe5.findings import EMPTY, Finding, Text
from annexe5.tables.schema import Table, load_table, neighbours

MASK = "•••"
# Rules whose ``expected`` speaks of the contract; that of any other may be the value of another row.
_GENERIC = frozenset({"cellules", "octets", "structure"})
_WORDS = frozenset({"", "une valeur", "vide"})


def masked(finding: Finding, flow: str) -> Finding:
    """Give the finding on a table without personal value; a column that nobody described counts as personal."""
    if not _personal(finding, flow):
        return finding
    generic = raw_rules().get(finding.rule, {}).get("house") in _GENERIC or finding.expected in _WORDS
    return _hide(finding, finding.expected if generic else MASK)


def masked_message(finding: Finding) -> Finding:
    """Give the finding on a SOAP message without personal value: elements as ``schemas/redaction.toml`` tells them."""
    if not finding.value or finding.value == MASK or not finding.column:
        return finding
    from annexe5.evidence.policy import load_policy  # noqa: PLC0415  # only messages need it

    element = finding.column.rsplit("/", 1)[-1].removeprefix("@").partition("[")[0]
    if load_policy().element(element) is None or _about_names(finding):
        return finding
    return _hide(finding, finding.expected)


def _about_names(finding: Finding) -> bool:
    """Tell a breach whose value is the name of an element or a namespace, as the contract or its writer calls it."""
    return finding.rule in {
        "WS-ESPACE", "WS-ESPACE-VOISIN", "WS-INATTENDU", "WS-ORDRE", "WS-MANQUE", "WS-OPERATION", "WS-ENVELOPPE",
        "WS-ENTETE", "WS-CORPS", "WS-VERSION",
    }  # fmt: skip


def _personal(finding: Finding, flow: str) -> bool:
    if finding.rule == "STR-ENTETE-ABSENT":  # what stands in place of the header is a row
        return True
    if not finding.column or not (finding.value or finding.expected) or finding.rule.startswith(("STR-ENTETE", "NOM-")):
        return False
    kind = _kinds(flow).get(finding.column)
    return kind is None or bool(kind)


@lru_cache(maxsize=64)
def _kinds(flow: str) -> dict[str, str]:
    """Give the kind of personal data of each column of a flow, "" for none, in any version."""
    if not flow:
        return {}
    table: Table = load_table(flow)
    kinds = {one.name: one.personal for other in neighbours(table) for one in other.fields}
    return kinds | {one.name: one.personal for one in table.fields}


def _hide(finding: Finding, expected: str) -> Finding:
    value = MASK if finding.value else finding.value
    return replace(
        finding,
        value=value,
        expected=expected,
        message=_retold(finding, finding.message, "message", expected),
        remedy=_retold(finding, finding.remedy, "remedy", expected),
    )


def _retold(finding: Finding, said: Text, part: str, expected: str) -> Text:
    """Write a sentence again without the value; one that cannot be written again gives way to the rule's statement."""
    rule = load_rules().get(finding.rule)
    template: Text = getattr(rule, part) if rule else EMPTY
    before = template.format(received=finding.value or "", expected=finding.expected, column=finding.column)
    if before == said:
        return template.format(received=MASK, expected=expected, column=finding.column)
    if rule is None or part == "remedy":
        return EMPTY
    return rule.statement
