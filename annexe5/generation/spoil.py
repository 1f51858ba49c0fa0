"""Spoiling rows on purpose, and the truth about it: what a judge must say, on which line, of which value.

Faults come in turn, evenly over the file; one waits until a row suits it. A row is spoilt once at most, so that a
fault says what its plan says and nothing else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from annexe5.generation.plans import Faute, FlowPlan
from annexe5.tables.conditions import closure, parse

Row = list[str]


class Brut(str):
    """A cell to be written as it stands, without the quotes it would need."""

    __slots__ = ()


_LIGNES_PAR_FAUTE = 1_000


@dataclass(frozen=True, slots=True)
class Constat:
    """One finding that must be told: rule, physical line (header = 1), column, value received."""

    rule: str
    line: int
    column: str
    value: str


@dataclass(slots=True)
class Truth:
    """What is wrong with a generated file, filled while it is written."""

    flow: str
    file: str
    seed: int
    rows: int = 0
    constats: list[Constat] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Give the JSON shape of ``--truth``."""
        errors = [
            {"rule": un.rule, "line": un.line, "column": un.column, "value": un.value}
            for un in sorted(self.constats, key=lambda un: (un.line, un.column, un.rule))
        ]
        return {"flow": self.flow, "file": self.file, "seed": self.seed, "rows": self.rows, "errors": errors}


@dataclass(slots=True, eq=False)
class _Arme:
    """A fault ready to be used: its condition compiled, and the groups it has spoilt."""

    faute: Faute
    convient: Callable[[Sequence[str]], bool]
    dernier: str = ""


@dataclass(slots=True)
class _Groupe:
    """The first row of the group at hand."""

    cle: str
    ligne: int
    cells: Row


def spoil(plan: FlowPlan, rows: Iterable[Row], attendues: int, truth: Truth) -> Iterator[Row]:
    """Spoil some of the rows of a flow, telling each fault in ``truth``; ``attendues`` is their expected number."""
    names = plan.table.names
    index = {name: place for place, name in enumerate(names)}
    armes = [_Arme(faute, closure(parse(faute.quand), index, {})) for faute in plan.faute]
    if not armes:
        yield from rows
        return
    pas = max(1, attendues // max(2 * len(armes), attendues // _LIGNES_PAR_FAUTE))
    attente: deque[_Arme] = deque()
    groupes: dict[str, _Groupe] = {}
    cles = {faute.par: index[faute.par] for faute in plan.faute if faute.par}
    avant: Row | None = None  # the row before, unless it is spoilt: a judge may not count it
    sauts = 0  # line breaks inside cells: physical lines run ahead of the rows
    for rang, cells in enumerate(rows):
        if rang % pas == 0 and len(attente) < len(armes):
            suivante = armes[rang // pas % len(armes)]
            if suivante not in attente:
                attente.append(suivante)
        ligne, original = rang + 2 + sauts, cells
        for nom, place in cles.items():
            if nom not in groupes or groupes[nom].cle != cells[place]:
                groupes[nom] = _Groupe(cells[place], ligne, cells)
        for arme in attente:
            if _va(arme, cells, avant, index):
                attente.remove(arme)
                cells = _gate(arme.faute, cells, avant, index)  # noqa: PLW2901 - the row goes on spoilt
                truth.constats.extend(_constats(arme.faute, cells, ligne, groupes, index))
                sauts += sum(cell.count("\n") for cell in cells)
                break
        avant = original if cells is original else None
        yield cells


def _va(arme: _Arme, cells: Row, avant: Row | None, index: dict[str, int]) -> bool:
    """Tell whether a fault suits a row."""
    faute = arme.faute
    if not arme.convient(cells):
        return False
    if faute.suite and (avant is None or avant[index[faute.suite]] != cells[index[faute.suite]]):
        return False
    if faute.par:
        cle = cells[index[faute.par]]
        if cle == arme.dernier:
            return False
        arme.dernier = cle
    return True


def _gate(faute: Faute, cells: Row, avant: Row | None, index: dict[str, int]) -> Row:
    """Give the row, spoilt."""
    cells = cells.copy()
    for nom, valeur in faute.mettre.items():
        place = index[nom]
        if isinstance(valeur, str):
            cells[place] = valeur
        elif valeur.avant and avant is not None:
            cells[place] = avant[place]
        elif valeur.brut:
            cells[place] = Brut(valeur.brut)
        elif valeur.ajoute:
            cells[place] = str(int(cells[place]) + valeur.ajoute)
        else:
            cells[place] = valeur.prefixe + cells[place]
    return [*cells[: len(cells) - faute.coupe], *faute.allonge]


def _constats(
    faute: Faute, cells: Row, ligne: int, groupes: dict[str, _Groupe], index: dict[str, int]
) -> Iterator[Constat]:
    for un in faute.constats:
        if un.ligne == "groupe":
            premier = groupes[faute.par]
            yield Constat(un.regle, premier.ligne, un.colonne, premier.cells[index[un.colonne]])
        else:
            valeur = un.valeur.format(champs=len(cells)) if un.valeur else str(cells[index[un.colonne]])
            yield Constat(un.regle, ligne, un.colonne, valeur)
