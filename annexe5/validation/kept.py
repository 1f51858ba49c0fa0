"""Rules kept (``--rule``) and left aside (``--ignore``): a file that none of those kept judges conforms to nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from annexe5.contract.rules import asked_rule, raw_rules
from annexe5.errors import UsageError
from annexe5.findings import Text
from annexe5.validation.report import Report

_ANY_TABLE = frozenset({"cellules", "octets", "structure"})


def ignored(given: Iterable[str]) -> Mapping[str, str]:
    """Read the ``RULE:reason`` of ``--ignore``; UsageError when a reason lacks, or the rule is none."""
    reasons: dict[str, str] = {}
    for one in given:
        ident, _, reason = one.partition(":")
        if not reason.strip():
            raise UsageError(f"--ignore {one!r} : une raison est attendue : --ignore '{ident.strip()}:raison'.")
        reasons[asked_rule(ident).id] = reason.strip()
    return reasons


def judges(ident: str, made: Report, *, together: bool) -> bool:
    """Tell whether a rule looks at a file; ``together`` when other files stand beside it."""
    written = raw_rules()[ident]
    house, flow = str(written["house"]), made.report.flow
    if made.kind == "mail":
        return house == "mail"
    if made.kind == "soap":
        described = not flow or flow.endswith((" wsdl", " xsd"))
        return house == "soap" and ident.startswith("WSDL-") == described
    if house == "names":
        return True
    if not flow:
        return False
    if "flows" in written:
        return flow in written["flows"] and (together or written.get("kind") != "cross_file")
    return house in _ANY_TABLE


def idle(only: Iterable[str], reports: Sequence[Report]) -> tuple[Text, ...]:
    """Tell the rules asked for that judge none of the files, and what each of them judges."""
    together = len(reports) > 1
    return tuple(
        Text(f"{one} ne juge aucun de ces fichiers : {what.fr}.", f"{one} judges none of these files: {what.en}.")
        for one in only
        if not any(judges(one, made, together=together) for made in reports)
        for what in (_what(one),)
    )


def _what(ident: str) -> Text:
    written = raw_rules()[ident]
    flows = ", ".join(written.get("flows", ()))
    if written.get("kind") == "cross_file":
        return Text(f"elle compare des fichiers {flows} entre eux", f"it compares {flows} files with one another")
    if flows:
        return Text(f"elle juge {flows}", f"it judges {flows}")
    if written["house"] == "soap":
        return Text("elle juge les messages SOAP et les WSDL", "it judges SOAP messages and WSDLs")
    if written["house"] == "mail":
        return Text("elle juge les messages (.eml)", "it judges mail messages (.eml)")
    if written["house"] in _ANY_TABLE:
        return Text("elle juge les fichiers d'un flux CSV", "it judges files of a CSV flow")
    return Text("elle se juge pendant une campagne (annexe5 certify)", "it is judged in a campaign (annexe5 certify)")
