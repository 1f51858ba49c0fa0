"""The header line: which column stands where, in which version of the table, and everything wrong with it.

Cells are judged by column name, so a misplaced or renamed column costs one finding and not one a row; a file of a
neighbour version is told as such, once, and judged with that version's table.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from annexe5.findings import Confidence
from annexe5.tables.form import form
from annexe5.tables.schema import Field, Table, neighbours
from annexe5.tables.tally import Tally

_OTHER_SEPARATORS = (",", "\t", "|", ":")
_WORD = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Header:
    """What the first line tells.

    ``table`` is the table in the version recognised; ``places`` gives for each cell its column, None for a cell of no
    known column; ``trailing`` counts empty cells at the end; ``absent`` when the first line is already data.
    """

    table: Table
    places: tuple[Field | None, ...]
    titles: tuple[str, ...]
    trailing: int = 0
    absent: bool = False

    @property
    def width(self) -> int:
        """Give the number of cells of the header, empty ones at the end included."""
        return len(self.places)

    @property
    def index(self) -> Mapping[str, int]:
        """Give the place of each known column."""
        return {field.name: place for place, field in enumerate(self.places) if field}


def find_separator(line: str, table: Table) -> str:
    """Give the separator in use: the contract's, or another one if only that yields known columns."""
    known = {_fold(name) for one in table.fields for name in (one.name, *one.aliases)}

    def yields(separator: str) -> int:
        return sum(_fold(cell.strip('"')) in known for cell in line.split(separator))

    if len(known) == 1 or yields(";") > 1:
        return ";"
    best = max(_OTHER_SEPARATORS, key=yields)
    return best if yields(best) > max(1, yields(";")) else ";"


def recognise(cells: Sequence[str], table: Table, *, version: str = "") -> tuple[Table, tuple[Table, ...]]:
    """Give the table the header belongs to, and the versions it may be, empty when it is the one in force.

    ``version`` is the version token of the file's name (``V21``), which settles what columns leave open.
    """
    misfit = _misfit(cells, table)
    if not misfit:
        return table, ()
    fitting = []
    present = {_fold(cell) for cell in cells}
    for other in neighbours(table):
        signs = other.recognition
        if signs is None or any(_fold(name) in present for name in signs.none):
            continue
        if signs.any and not any(_fold(name) in present for name in signs.any):
            continue
        if (rest := _misfit(cells, other)) < misfit:
            named = version.upper() in signs.file_versions
            fitting.append((rest, not named, other))
    if not fitting:
        return table, ()
    best = min(rest for rest, _named, _other in fitting)
    among = sorted((unnamed, other.version, other) for rest, unnamed, other in fitting if rest == best)
    if not among[0][0]:
        return among[0][2], (among[0][2],)
    return among[0][2], tuple(other for _unnamed, _version, other in among)


def _misfit(cells: Sequence[str], table: Table) -> int:
    """Count the columns that one has and the other has not."""
    known = {_fold(name): one.name for one in table.fields for name in (*one.aliases, one.name)}
    seen = [known.get(_fold(cell)) for cell in cells if cell.strip()]
    return seen.count(None) + len(set(table.names) - set(seen))


def read_header(cells: Sequence[str], table: Table, tally: Tally, *, version: str = "", line: int = 1) -> Header:
    """Place the columns and tell what is wrong with the header into ``tally``."""
    cells = [cell.strip("\ufeff") for cell in cells]
    trailing = len(cells) - len([1 for at, cell in enumerate(cells) if any(one.strip() for one in cells[at:])])
    used = cells[: len(cells) - trailing]
    tell = _teller(table, tally, line)
    if not _resembles(used, table):
        return _without_header(cells, table, tell)
    table, versions = recognise(used, table, version=version)
    if versions:
        ident = "STR-VERSION-COMPATIBLE" if table.compatible else "STR-VERSION"
        tell(ident, received=" ou ".join(one.version for one in versions), expected=_current_version(table))
    if trailing:
        tell("STR-SEPARATEUR-FINAL", received=f"{trailing} cellule(s) vide(s) en fin d'en-tête", expected="aucune")
    places = _place(used, table, tell)
    _tell_missing(places, table, tell)
    _tell_order(places, table, tell)
    return Header(table, (*places, *(None,) * trailing), tuple(cells), trailing)


Tell = Callable[..., None]


def _teller(table: Table, tally: Tally, line: int) -> Tell:
    def tell(
        ident: str, *, column: str = "", position: int = -1, received: str | None = None, expected: str = "",
        confidence: Confidence | None = None,
    ) -> None:  # fmt: skip
        breach = form(ident, table, column, position, expected)
        tally.add(breach.trusted(confidence) if confidence else breach, line, received)

    return tell


def _current_version(table: Table) -> str:
    return next((one.version for one in neighbours(table) if one.recognition is None), table.version)


def _resembles(cells: Sequence[str], table: Table) -> bool:
    known = {_fold(name) for one in table.fields for name in (one.name, *one.aliases)}
    return sum(_fold(cell) in known for cell in cells) * 4 >= min(len(cells), len(table.fields))


def _without_header(cells: Sequence[str], table: Table, tell: Tell) -> Header:
    """The first line is data, or another table: judged by position only when the number of cells allows it."""
    tell("STR-ENTETE-ABSENT", received=";".join(cells[:3]) + "…", expected=";".join(table.names[:3]) + "…")
    if len(cells) == len(table.fields):
        return Header(table, table.fields, table.names, absent=True)
    return Header(table, (), (), absent=True)


def _place(cells: Sequence[str], table: Table, tell: Tell) -> tuple[Field | None, ...]:
    exact = {name: one for one in table.fields for name in (*one.aliases, one.name)}
    folded = {_fold(name): one for name, one in exact.items()}
    renamed = _renamed(cells, table, folded)
    places: list[Field | None] = []
    seen: set[str] = set()
    for position, cell in enumerate(cells):
        one = exact.get(cell) or folded.get(_fold(cell)) or renamed.get(position)
        if one is None:
            ident = "STR-ENTETE-INCONNUE" if table.closed else "STR-ENTETE-SUPPLEMENT"
            tell(
                ident,
                column=cell or f"n° {position + 1}",
                position=position,
                received=cell,
                expected="une colonne de la table",
            )
        elif one.name in seen:
            tell("STR-ENTETE-DOUBLON", column=one.name, position=position, received=cell, expected="une seule fois")
            one = None
        elif position in renamed:
            tell(
                "STR-ENTETE-RENOMMEE",
                column=one.name,
                position=position,
                received=cell,
                expected=one.name,
                confidence=one.trust("name"),
            )
        elif cell not in exact:
            tell(
                "STR-ENTETE-ECRITURE",
                column=one.name,
                position=position,
                received=cell,
                expected=one.name,
                confidence=one.trust("name"),
            )
        if one:
            seen.add(one.name)
        places.append(one)
    return tuple(places)


def _renamed(cells: Sequence[str], table: Table, folded: Mapping[str, Field]) -> Mapping[int, Field]:
    """An unknown name where a column of a complete header is missing is that column under another name."""
    if len(cells) != len(table.fields) or not table.closed:
        return {}
    present = {folded[_fold(cell)].name for cell in cells if _fold(cell) in folded}
    return {
        position: one
        for position, (cell, one) in enumerate(zip(cells, table.fields, strict=True))
        if _fold(cell) not in folded and one.name not in present
    }


def _tell_missing(places: Sequence[Field | None], table: Table, tell: Tell) -> None:
    present = {one.name for one in places if one}
    for position, one in enumerate(table.fields):
        if one.name not in present and not _may_lack(one, table):
            tell(
                "STR-ENTETE-MANQUANTE",
                column=one.name,
                position=position,
                expected=one.name,
                confidence=one.trust("name"),
            )


def _may_lack(one: Field, table: Table) -> bool:
    """An optional column that is only supposed, in a table known in part: its absence says nothing."""
    return not table.closed and one.presence != "O" and one.trust("name") is Confidence.ASSUMED


def _tell_order(places: Sequence[Field | None], table: Table, tell: Tell) -> None:
    """Tell once that columns are out of order; columns whose place is only supposed may stand anywhere."""
    floating = {one.name for one in table.fields if one.confidences.get("order") is Confidence.ASSUMED}
    found = [one.name for one in places if one and one.name not in floating]
    wanted = [name for name in table.names if name in set(found)]
    if found == wanted:
        return
    at = next(at for at, (here, there) in enumerate(zip(found, wanted, strict=True)) if here != there)
    tell(
        "STR-ENTETE-ORDRE",
        column=wanted[at],
        received=found[at],
        expected=wanted[at],
        confidence=table.order_confidence,
    )


def _fold(name: str) -> str:
    # The same few hundred names, file after file; a hostile header may hold cells of megabytes, which nobody keeps.
    return _folded(name) if len(name) <= _LONGEST_NAME else _folded.__wrapped__(name)


@lru_cache(maxsize=4096)
def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name)
    return _WORD.sub("", "".join(char for char in plain if not unicodedata.combining(char)).casefold())
