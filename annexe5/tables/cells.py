"""One cell against its column: a pure function of the column and the value, at most one breach of form a cell.

What a byte stream can leave in a cell (NUL, control characters, undecodable bytes, line breaks) is told first; then
the type, the length, the pattern, the bounds, blanks around the value, and upper case (ACC-02), each worth the
provenance of the fact it breaks.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from annexe5.contract.rules import rule
from annexe5.tables.conditions import is_date, is_datetime
from annexe5.tables.form import form
from annexe5.tables.schema import Fact, Field, Table
from annexe5.tables.tally import Breach

CellCheck = Callable[[str], tuple[Breach, ...]]
MakeBreach = Callable[..., Breach]
# A test of a value, and what is told when it does not hold.
Step = tuple[Callable[[str], bool], Breach]

# Characters that no value of the contract holds. Lone surrogates stand for bytes that could not be decoded.
SPECIAL = re.compile("[\x00-\x1f\x7f-\x9f\ufffd\udc80-\udcff]")
INTEGER = "(?:[0-9]+)"
DECIMAL = "(?:-?[0-9]+(?:[.,][0-9]+)?)"
_UPPER_CASE_CLAUSE = "ACC-02"


def cell_check(field: Field, table: Table, position: int) -> CellCheck:
    """Compile the check of one column; ``position`` is its place in the file's header."""

    def breach(ident: str, fact: Fact | None = None, expected: str = "", requirement: str = "") -> Breach:
        clause = requirement or field.requirement or table.requirement
        made = Breach(rule(ident), field.name, position, expected, clause)
        return made.trusted(field.trust(fact)) if fact else made

    empty = (breach("CEL-OBLIGATOIRE", "presence", "une valeur"),) if field.required else ()
    blanks = (breach("CEL-ESPACES", expected="la valeur sans espace autour"),)
    typed = _typed(field, breach)
    special = _special(field.name, position, table)
    upper = (breach("CEL-MAJUSCULES", expected="des majuscules", requirement=_UPPER_CASE_CLAUSE),)
    wants_upper = field.case == "upper"
    one_line = field.kind != "text"

    def check(value: str) -> tuple[Breach, ...]:
        if value == "":
            return empty
        if SPECIAL.search(value):
            found = special(value)
            return found if one_line or found[0].rule.id != "STR-SAUT-DE-LIGNE" else found + typed(value)
        if value.isspace():
            return empty or blanks
        in_lower_case = wants_upper and value != value.upper()
        wrong = typed(value)
        if wrong:
            return upper if in_lower_case and not typed(value.upper()) else wrong
        return blanks if value != value.strip() else upper if in_lower_case else ()

    return check


def stray_check(name: str, table: Table, position: int) -> CellCheck:
    """Compile the check of a column that the table does not know: only what no value may hold."""
    special = _special(name, position, table)
    return lambda value: special(value) if SPECIAL.search(value) else ()


def _special(name: str, position: int, table: Table) -> CellCheck:
    def breach(ident: str, expected: str) -> Breach:
        return form(ident, table, name, position, expected)

    kinds = (
        (re.compile("[\udc80-\udcff]"), breach("OCT-OCTET", "un caractère de l'encodage du fichier")),
        (re.compile("\x00"), breach("OCT-NUL", "aucun octet nul")),
        (re.compile("\ufffd"), breach("OCT-REMPLACEMENT", "le caractère d'origine")),
        (re.compile("\r(?!\n)"), breach("OCT-CR-SEUL", "aucun retour chariot")),
        (re.compile("[\x01-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]"), breach("OCT-CONTROLE", "aucun caractère de commande")),
        (re.compile("\n"), breach("STR-SAUT-DE-LIGNE", "une valeur sur une ligne")),
    )
    return lambda value: tuple(found for pattern, found in kinds if pattern.search(value))


def _typed(field: Field, breach: MakeBreach) -> CellCheck:
    """Type, then length, then pattern, then bounds: the first that fails is told, alone."""
    steps = (*_type(field, breach), *_length(field, breach), *_pattern(field, breach), *_bounds(field, breach))

    def check(value: str) -> tuple[Breach, ...]:
        for holds, found in steps:
            if not holds(value):
                return (found,)
        return ()

    return check


def _type(field: Field, breach: MakeBreach) -> list[Step]:
    if field.enum:
        return [(_member(field), breach("CEL-VALEUR", "values", " | ".join(field.enum)))]
    if field.kind == "date":
        return [(is_date, breach("CEL-DATE", "type", "AAAAMMJJ, un jour du calendrier"))]
    if field.kind == "datetime":
        return [(is_datetime, breach("CEL-DATE-HEURE", "type", "AAAAMMJJ HH:MM, une minute du calendrier"))]
    if field.kind == "integer":
        return [
            (_matches(INTEGER), breach("CEL-ENTIER", "type", "un entier, chiffres seuls")),
            (_without_zeros, breach("CEL-ENTIER-ZEROS", expected="un entier sans zéro de tête")),
        ]
    if field.kind == "decimal":
        return [(_matches(DECIMAL), breach("CEL-DECIMAL", "type", "des chiffres, et au plus un point ou une virgule"))]
    return []


def _member(field: Field) -> Callable[[str], bool]:
    if field.case != "insensitive":
        return frozenset(field.enum).__contains__
    folded = frozenset(value.casefold() for value in field.enum)
    return lambda value: value.casefold() in folded


def _matches(pattern: str) -> Callable[[str], bool]:
    match = re.compile(pattern).fullmatch
    return lambda value: match(value) is not None


def _without_zeros(value: str) -> bool:
    return value[0] != "0" or value == "0"


def _length(field: Field, breach: MakeBreach) -> list[Step]:
    least, most = field.min_length or 0, field.max_length
    if not least and most is None:
        return []
    if least == most:
        expected = f"{most} caractères"
    elif most is None:
        expected = f"{least} caractères au moins"
    else:
        expected = f"{least} à {most} caractères" if least else f"{most} caractères au plus"
    longest = most if most is not None else 1 << 62
    return [(lambda value: least <= len(value) <= longest, breach("CEL-LONGUEUR", "length", expected))]


def _pattern(field: Field, breach: MakeBreach) -> list[Step]:
    # A date's pattern only says again, less exactly, what its type says.
    if field.pattern is None or field.kind in ("date", "datetime"):
        return []
    return [(_matches(field.pattern), breach("CEL-FORME", "values", field.pattern[3:-1]))]


def _bounds(field: Field, breach: MakeBreach) -> list[Step]:
    least, most = field.minimum, field.maximum
    if least is None and most is None:
        return []
    expected = f"de {least if least is not None else '…'} à {most if most is not None else '…'}"

    def holds(value: str) -> bool:
        number = float(value.replace(",", "."))
        return (least is None or number >= least) and (most is None or number <= most)

    return [(holds, breach("CEL-BORNE", "values", expected))]
