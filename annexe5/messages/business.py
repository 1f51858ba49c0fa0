"""What must hold of a message beyond its lenient schema: the checks that ``metier.toml`` names, and nothing else.

Which fields, values and operations each rule binds is data; this module only knows the ten kinds of check.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from annexe5.contract.rules import rule
from annexe5.findings import Finding
from annexe5.messages.contract import BusinessRule, Condition, Direction, SoapContract, Worth, weakened
from annexe5.messages.envelope import Envelope
from annexe5.messages.paths import Place, parent, values
from annexe5.messages.xml import Element, line_of, xpath

_QUADRIGRAMME: Final = re.compile(r"(?<![A-Z0-9])[A-Z0-9]{4}(?![A-Z0-9])")


@dataclass(frozen=True, slots=True)
class _Case:
    """One rule against one message."""

    contract: SoapContract
    rule: BusinessRule
    body: Element
    paths: tuple[str, ...]
    oc: str
    request: Element | None
    seen: dict[str, list[Place]]

    def filled(self, path: str) -> list[Place]:
        """Give the values at a path that are not blank; many rules look at the same ones."""
        if path not in self.seen:
            self.seen[path] = [place for place in values(self.body, path) if place.value.strip()]
        return self.seen[path]

    def first(self, path: str) -> Place | None:
        return next(iter(self.filled(path)), None)

    def breach(
        self, place: Place | None, path: str = "", *, received: str | None = None, expected: str = ""
    ) -> Finding:
        """Tell a breach at a value, or where the value at ``path`` should have been."""
        element = place.element if place is not None else parent(self.body, path)
        breached = weakened(rule(self.rule.rule), Worth(self.rule.confidence, self.rule.source))
        return breached.finding(
            received=received,
            expected=expected,
            line=line_of(element),
            column=xpath(element, place.attribute if place is not None else ""),
            requirement=self.rule.requirement,
        )


def judge_business(
    contract: SoapContract,
    operation: str,
    direction: Direction,
    envelope: Envelope,
    *,
    oc: str = "",
    request: Element | None = None,
) -> Iterator[Finding]:
    """Give the breaches of the business layer; ``request`` is the body element that a reply answers."""
    body = envelope.entry
    if body is None:
        return
    seen: dict[str, list[Place]] = {}
    for one in contract.business.regle:
        if one.operations and operation not in one.operations:
            continue
        if one.direction is not None and one.direction != direction:
            continue
        paths = tuple(path for name in one.champs if (path := _path(contract, operation, direction, name)))
        case = _Case(contract, one, body, paths, oc, request, seen)
        if paths and all(_holds(condition, case, operation, direction) for condition in one.si):
            yield from _CHECKS[one.controle](case)


def _path(contract: SoapContract, operation: str, direction: Direction, name: str) -> str:
    """Give the wire path of a field: itself, or what the mapping says; empty where the operation lacks it."""
    return contract.mapping.wire_path(operation, direction, name) if contract.mapping is not None else name


def _holds(condition: Condition, case: _Case, operation: str, direction: Direction) -> bool:
    path = _path(case.contract, operation, direction, condition.champ)
    found = [place.value.strip() for place in case.filled(path)] if path else []
    if condition.present and not found:
        return False
    if condition.dans and not any(one in condition.dans for one in found):
        return False
    if any(one in condition.sauf for one in found):
        return False
    return not condition.hors or any(one not in condition.hors for one in found)


def _obligatoire(case: _Case) -> Iterator[Finding]:
    for path in case.paths:
        if not case.filled(path):
            yield case.breach(None, path, expected=_name(path))


def _un_de(case: _Case) -> Iterator[Finding]:
    if not any(case.filled(path) for path in case.paths):
        yield case.breach(None, case.paths[0], expected=" ou ".join(_name(path) for path in case.paths))


def _interdit(case: _Case) -> Iterator[Finding]:
    for path in case.paths:
        for place in case.filled(path):
            yield case.breach(place, received=place.value, expected="aucune valeur")


def _liste(case: _Case) -> Iterator[Finding]:
    for path in case.paths:
        for place in case.filled(path):
            if place.value.strip() not in case.rule.valeurs:
                yield case.breach(place, received=place.value, expected=", ".join(case.rule.valeurs))


def _forme(case: _Case) -> Iterator[Finding]:
    for path in case.paths:
        for place in case.filled(path):
            if re.fullmatch(case.rule.motif, place.value) is None:
                yield case.breach(place, received=place.value, expected=case.rule.motif)


def _code_libelle(case: _Case) -> Iterator[Finding]:
    code, label = (case.first(path) for path in case.paths)
    if code is not None and label is not None and not label.value.startswith(f"{code.value.strip()}#"):
        yield case.breach(label, received=label.value, expected=code.value.strip())


def _libelle(case: _Case) -> Iterator[Finding]:
    code, label = (case.first(path) for path in case.paths)
    if code is None or label is None:
        return
    prefix = f"{code.value.strip()}#"
    known = case.contract.business.codes.get(code.value.strip())
    if known is not None and label.value.startswith(prefix) and label.value != prefix + known:
        yield case.breach(label, received=label.value, expected=prefix + known)


def _oc(case: _Case) -> Iterator[Finding]:
    for path in case.paths:
        for place in case.filled(path):
            named = _QUADRIGRAMME.findall(place.value)
            if (case.oc not in named) if case.oc else not named:
                yield case.breach(place, received=place.value, expected=case.oc or "un quadrigramme interop")


def _egal(case: _Case) -> Iterator[Finding]:
    first, second = (case.first(path) for path in case.paths)
    if first is not None and second is not None and first.value.strip() != second.value.strip():
        yield case.breach(second, received=second.value, expected=first.value)


def _echo(case: _Case) -> Iterator[Finding]:
    """The reply repeats a field of the request; nothing is said when the request is not at hand."""
    if case.request is None:
        return
    reply = case.first(case.paths[0])
    asked = next((one for one in values(case.request, case.paths[0]) if one.value.strip()), None)
    if reply is not None and asked is not None and reply.value.strip() != asked.value.strip():
        yield case.breach(reply, received=reply.value, expected=asked.value)


def _name(path: str) -> str:
    """Write the end of a path as its reader knows it: ``retour/codeErreur`` gives ``codeErreur``."""
    return path.rpartition("/")[2].removesuffix("[]")


_CHECKS: Final[dict[str, Callable[[_Case], Iterator[Finding]]]] = {
    "obligatoire": _obligatoire,
    "un_de": _un_de,
    "interdit": _interdit,
    "liste": _liste,
    "forme": _forme,
    "code_libelle": _code_libelle,
    "libelle": _libelle,
    "oc": _oc,
    "egal": _egal,
    "echo": _echo,
}
