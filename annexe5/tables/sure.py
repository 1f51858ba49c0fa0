"""Patterns that only right cells match: a cell of this form breaks nothing, any other is looked at properly.

Written in the part of regular expressions that Python and Rust read alike, so that both paths skip the same work. They
are narrower than what is right (ordinary characters, dates from 1900 on, 29 February left out), never wider: a test
checks each of them against the cell checks.
"""

from __future__ import annotations

import re

from annexe5.tables.cells import DECIMAL
from annexe5.tables.patterns import characters, widths
from annexe5.tables.schema import Field

# Ordinary characters of the field: ASCII but the quote and the separator, Latin-1 letters and signs, a few beyond.
_CHARACTERS = "!#-:<-~\u00a1-\u00ac\u00ae-\u00ff\u0152\u0153\u0160\u0161\u0178\u2019\u20ac"
_UPPER = "!#-:<-`{-~\u00a1-\u00a9\u00ab\u00ac\u00ae-\u00b4\u00b6-\u00b9\u00bb-\u00de\u0152\u0160\u0178\u2019\u20ac"
_YEAR = "(?:19|20)[0-9]{2}"
_DAYS = (
    "(?:(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)|02(?:0[1-9]|1[0-9]|2[0-8]))"
)
_MINUTES = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_DIGITS = re.compile(r"\(\?:\[0-9\](?:\{(?P<least>\d+)(?:,(?P<most>\d+))?\}|(?P<plus>\+))\)")
# Beyond this a length is not written into a pattern: it would make the automaton as long as the longest comment.
LONGEST_COUNTED = 64


def sure_pattern(field: Field, longest: int = LONGEST_COUNTED) -> str | None:
    """Give a pattern that only right cells of the column match whole; None when none can be written.

    Text columns allowed more than ``longest`` characters match at any length: see ``counts_length``.
    """
    filled = _filled(field, longest)
    if filled is None:
        return None
    return f"(?:{filled})" if field.required else f"(?:{filled})?"


def counts_length(field: Field, longest: int = LONGEST_COUNTED) -> bool:
    """Tell whether the sure pattern of a column also bounds its length."""
    return field.max_length is None or field.max_length <= longest or field.kind != "text"


def ordinary(*, upper: bool = False) -> str:
    """Give a pattern for any ordinary cell of an unconstrained column, empty or not, with no blanks around it."""
    return f"(?:{_text(0, None, _UPPER if upper else _CHARACTERS)})?"


def _filled(field: Field, longest: int) -> str | None:
    if field.enum:
        return _enumeration(field)
    if field.kind in ("date", "datetime"):
        return _YEAR + _DAYS + (f" {_MINUTES}" if field.kind == "datetime" else "") if _no_length(field) else None
    if field.kind == "integer":
        return _integer(field)
    if field.kind == "decimal":
        bare = field.pattern in (None, DECIMAL) and (field.minimum, field.maximum) == (None, None)
        return DECIMAL if bare and _no_length(field) else None
    if field.pattern is not None:
        return _patterned(field)
    most = field.max_length if counts_length(field, longest) else None
    return _text(field.min_length or 0, most, _UPPER if field.case == "upper" else _CHARACTERS)


def _no_length(field: Field) -> bool:
    return field.min_length is None and field.max_length is None


def _text(least: int, most: int | None, allowed: str) -> str:
    """Between ``least`` and ``most`` characters, neither the first nor the last being a blank."""
    inner = "" if most is None else str(max(most - 2, 0))
    if least > 1:
        return f"[{allowed}][{allowed} ]{{{least - 2},{inner}}}[{allowed}]"
    if most == 1:
        return f"[{allowed}]"
    return f"[{allowed}](?:[{allowed} ]{{0,{inner}}}[{allowed}])?"


def _enumeration(field: Field) -> str | None:
    values = [value for value in field.enum if re.fullmatch(f"[{_CHARACTERS} ]+", value) and value == value.strip()]
    if field.case == "upper":
        values = [value for value in values if value == value.upper()]
    if field.case == "insensitive":
        values = [*values, *(one for value in values if (one := value.upper()) not in values)]
    if field.min_length is not None or field.max_length is not None:
        values = [one for one in values if (field.min_length or 0) <= len(one) <= (field.max_length or len(one))]
    # Python reads an escape that Rust does not know (\- apart): only letters, digits, blanks and dashes are sure.
    values = [value for value in values if re.fullmatch(r"[\w \-/]+", value)]
    return "|".join(values) if values else None


def _integer(field: Field) -> str | None:
    least, most = field.min_length or 1, field.max_length or 18
    if field.pattern is not None:
        match = _DIGITS.fullmatch(field.pattern)
        if match is None:
            return None
        low = int(match["least"] or 1)
        high = 18 if match["plus"] else int(match["most"] or low)
        least, most = max(least, low), min(most, high)
    if least > 1 or (field.minimum or 0) > 1:
        return None
    if field.maximum is not None:
        most = min(most, len(str(field.maximum + 1)) - 1)
    if most < 1:
        return None
    zero = "" if (field.minimum or 0) > 0 else "0|"
    return f"{zero}[1-9][0-9]{{0,{most - 1}}}"


def _patterned(field: Field) -> str | None:
    if field.pattern is None:
        return None
    low, high = widths(field.pattern)
    if low < max(field.min_length or 0, 1) or (field.max_length is not None and high > field.max_length):
        return None
    allowed = re.compile(f"[{_UPPER if field.case == 'upper' else _CHARACTERS}]")
    if not all(allowed.fullmatch(char) for char in characters(field.pattern)):
        return None
    return field.pattern
