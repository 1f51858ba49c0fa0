"""From things to cells: a row of a flow is a list of attributes of its subject, as ``schemas/generation`` says.

Columns that read the same object (a PM, a manager) are filled once for as long as the rows name it: an IPE repeats
its PM over dozens of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

Row = list[str]


@lru_cache(maxsize=50_000)
def _jour(value: date) -> str:
    return f"{value.year:04d}{value.month:02d}{value.day:02d}"


_TEXTES: dict[type, Callable[[Any], str]] = {
    str: str,
    int: str,
    bool: lambda value: "O" if value else "N",
    float: lambda value: f"{value:.2f}",
    date: _jour,
    datetime: lambda value: value.strftime("%Y%m%d %H:%M"),
    type(None): lambda _value: "",
}


def texte(value: Any) -> str:
    """Write a value as the flows do: ``O``/``N``, AAAAMMJJ, AAAAMMJJ HH:MM, two decimals, empty for nothing."""
    return value if type(value) is str else _TEXTES[type(value)](value)


@dataclass(slots=True)
class _Part:
    """The columns read from one attribute of the subject."""

    places: tuple[int, ...]
    read: Callable[[Any], Any]
    last: Any = field(default=None)

    def fill(self, cells: Row, value: Any) -> None:
        self.last = value
        if value is None:
            texts: Sequence[str] = [""] * len(self.places)
        else:
            found = self.read(value)
            texts = [texte(one) for one in found] if len(self.places) > 1 else [texte(found)]
        for place, text in zip(self.places, texts, strict=True):
            cells[place] = text


def projection(colonnes: Mapping[str, str], names: Sequence[str]) -> Callable[[Any], Row]:
    """Compile a flow's columns to a function of a subject; the rows it gives are new lists, in the order of ``names``.

    ``=text`` is the text; ``a.b.c`` reads attribute a, then b and c, and is empty where a is None; ``a.b?.c`` is
    empty where a.b is None.
    """
    index = {name: place for place, name in enumerate(names)}
    cells = [""] * len(names)
    simples: dict[int, str] = {}
    groupes: dict[str, dict[int, str]] = {}
    for name, chemin in colonnes.items():
        tete, _, reste = chemin.partition("?." if "?." in chemin else ".")
        if chemin.startswith("="):
            cells[index[name]] = chemin[1:]
        elif reste:
            groupes.setdefault(tete, {})[index[name]] = reste
        else:
            simples[index[name]] = tete
    parts = [
        (attrgetter(tete), _Part(tuple(chemins), attrgetter(*chemins.values()))) for tete, chemins in groupes.items()
    ]
    places = tuple(simples)
    read = attrgetter(*simples.values()) if simples else None
    seul = len(places) == 1

    def project(sujet: Any) -> Row:
        for get, part in parts:
            value = get(sujet)
            if value is not part.last:
                part.fill(cells, value)
        if read is not None:
            found = read(sujet)
            for place, value in zip(places, (found,) if seul else found, strict=True):
                cells[place] = texte(value)
        return cells.copy()

    return project
