r"""The part of regular expressions that Python and Rust read alike, and that stays inside one cell.

A Table Schema pattern is run by Python (exact path), by polars' Rust engine (fast path) and by frictionless, which
anchors it without a group: ``A|BC`` accepts ``Azzz`` there. Hence: grouped, no class that depends on Unicode tables
(``\d``, ``\w``, ``.``), no look-around, no back-reference.
"""

from __future__ import annotations

import re
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

_ALLOWED = {
    sre.LITERAL, sre.IN, sre.BRANCH, sre.SUBPATTERN, sre.MAX_REPEAT, sre.RANGE, sre.NEGATE,
}  # fmt: skip
# Characters that would carry a match out of its cell, or that only the exact path judges.
_FORBIDDEN = frozenset(map(ord, ';"\n\r\x00'))


def portable_problem(pattern: str) -> str:
    """Tell what keeps a pattern from meaning the same everywhere; empty when nothing does."""
    if not (pattern.startswith("(?:") and pattern.endswith(")")):
        return "le motif doit être groupé : (?:…)"
    try:
        parsed = _parser.parse(pattern)
    except re.error as reason:
        return f"motif illisible : {reason}"
    if not _one_group(pattern):
        return "le motif entier doit tenir dans un seul groupe (?:…)"
    return _problem(parsed)


def _one_group(pattern: str) -> bool:
    depth = 0
    position = 0
    while position < len(pattern):
        char = pattern[position]
        if char == "\\":
            position += 2
            continue
        if char == "[":
            position = pattern.index("]", position + 2)
        depth += (char == "(") - (char == ")")
        if depth == 0 and position < len(pattern) - 1:
            return False
        position += 1
    return True


def _problem(node: Any) -> str:
    for operator, argument in node:
        if operator not in _ALLOWED:
            return f"construction non portable : {str(operator).lower()}"
        found = _inside(operator, argument)
        if found:
            return found
    return ""


def _inside(operator: Any, argument: Any) -> str:
    if operator is sre.LITERAL:
        return f"le caractère {chr(argument)!r} ne peut pas figurer dans une cellule" if argument in _FORBIDDEN else ""
    if operator is sre.IN:
        return _inside_class(argument)
    if operator is sre.BRANCH:
        return next(filter(None, (_problem(branch) for branch in argument[1])), "")
    if operator is sre.SUBPATTERN:
        _group, added, removed, body = argument
        return "drapeaux interdits" if added or removed else _problem(body)
    _least, _most, body = argument
    return _problem(body)


def _inside_class(items: Any) -> str:
    for operator, argument in items:
        if operator is sre.LITERAL and argument in _FORBIDDEN:
            return f"le caractère {chr(argument)!r} ne peut pas figurer dans une cellule"
        if operator is sre.RANGE and any(argument[0] <= code <= argument[1] for code in _FORBIDDEN):
            return "une étendue passe par le séparateur, le guillemet ou une fin de ligne"
        if operator not in (sre.LITERAL, sre.RANGE):
            return f"classe non portable : {str(operator).lower()}"
    return ""


def widths(pattern: str) -> tuple[int, int]:
    """Give the shortest and the longest text a pattern matches."""
    low, high = _parser.parse(pattern).getwidth()
    return int(low), int(high)


def characters(pattern: str) -> frozenset[str]:
    """Give every character that a portable pattern may match."""
    found: set[str] = set()
    _collect(_parser.parse(pattern), found)
    return frozenset(found)


def _collect(node: Any, found: set[str]) -> None:
    for operator, argument in node:
        if operator is sre.LITERAL:
            found.add(chr(argument))
        elif operator is sre.RANGE:
            found.update(map(chr, range(argument[0], argument[1] + 1)))
        elif operator is sre.IN:
            _collect(argument, found)
        elif operator is sre.BRANCH:
            for branch in argument[1]:
                _collect(branch, found)
        else:
            _collect(argument[-1], found)
