"""Named wrong behaviours that a twin can be given (``schemas/defects.toml`` tells each with its clause).

Each stands at one place: the rows of an answer, or the files on their way out. A good twin has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict

from annexe5.contract.data import build, read_toml
from annexe5.contract.paths import schemas_dir
from annexe5.contract.requirements import load_requirements
from annexe5.errors import ContractError, UsageError
from annexe5.exchange import Exchange
from annexe5.findings import Text

Row = dict[str, str]
Rows = Callable[[str, list[Row]], list[Row]]
Files = Callable[[list[Exchange]], list[Exchange]]


class DefectEntry(BaseModel):
    """What a defect is: whose, against which clauses, in words."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    party: Literal["oi", "oc"]
    requirements: tuple[str, ...]
    fr: str
    en: str

    @property
    def text(self) -> Text:
        """In both languages."""
        return Text(self.fr, self.en)


@dataclass(frozen=True, slots=True)
class Defect:
    """How a defect acts: on the rows of a flow, or on the files sent at one moment."""

    rows: Rows | None = None
    files: Files | None = None


@lru_cache(maxsize=1)
def load_defects() -> Mapping[str, DefectEntry]:
    """Give every defect by id."""
    path = schemas_dir() / "defects.toml"
    found = {}
    for index, data in enumerate(read_toml(path).get("defect", [])):
        entry = build(DefectEntry, data, path, f"defect[{index}]")
        unknown = set(entry.requirements) - set(load_requirements())
        if unknown or entry.id in found:
            raise ContractError(f"{path} : defect[{index}] : {entry.id} en double, ou clauses inconnues {unknown}.")
        found[entry.id] = entry
    return MappingProxyType(found)


def make(idents: Iterable[str], party: Literal["oi", "oc"]) -> tuple[Defect, ...]:
    """Give fresh defects by id; an unknown one is told with those that exist."""
    made = []
    for ident in idents:
        entry = load_defects().get(ident)
        if entry is None or entry.party != party:
            known = ", ".join(sorted(one.id for one in load_defects().values() if one.party == party))
            raise UsageError(f"défaut inconnu : {ident!r}. Défauts du jumeau {party.upper()} : {known}.")
        made.append(_MAKERS[ident]())
    return tuple(made)


# --- the rows of an answer -----------------------------------------------------------------------------------


def _one_in_three_forgotten() -> Defect:
    count = 0

    def rows(flow: str, found: list[Row]) -> list[Row]:
        nonlocal count
        if flow != "AR_Cmd_Acces":
            return found
        kept = []
        for row in found:
            count += 1
            if count % 3:
                kept.append(row)
        return kept

    return Defect(rows=rows)


def _doubled(flow: str) -> Defect:
    return Defect(rows=lambda name, found: [row for row in found for _ in (0, 1)] if name == flow else found)


def _changed(flow: str, change: Callable[[Row], Mapping[str, str]]) -> Defect:
    return Defect(rows=lambda name, found: [{**row, **change(row)} for row in found] if name == flow else found)


def _dropped(flow: str) -> Defect:
    return Defect(rows=lambda name, found: [] if name == flow else found)


# --- the files on their way out --------------------------------------------------------------------------------


def _renamed(change: Callable[[str], str]) -> Defect:
    return Defect(files=lambda found: [replace(one, name=change(one.name)) for one in found])


def _moved(change: Callable[[str], str]) -> Defect:
    return Defect(files=lambda found: [replace(one, folder=change(one.folder)) for one in found])


def _rewritten(change: Callable[[bytes], bytes]) -> Defect:
    return Defect(files=lambda found: [replace(one, data=change(one.data)) for one in found])


def _swapped_rejects(row: Row) -> Mapping[str, str]:
    column = "MotifKoArCommandePrise"
    return {column: "FCLI07"} if row.get(column) else {}


def _resil_as_annul(row: Row) -> Mapping[str, str]:
    return {"TypeOperation": "ANNUL"} if row.get("TypeOperation") == "RESIL" else {}


def _first_block_empty(row: Row) -> Mapping[str, str]:
    moved = {name: row[name] for name in row if name.endswith(("N°1", "C 1"))}
    filled = {name.removesuffix("1") + "2": value for name, value in moved.items() if value}
    return {**dict.fromkeys(moved, ""), **filled}


_MAKERS: Mapping[str, Callable[[], Defect]] = MappingProxyType(
    {
        "ar-oublie": _one_in_three_forgotten,
        "ar-double": lambda: _doubled("AR_Cmd_Acces"),
        "ar-code-faux": lambda: _changed("AR_Cmd_Acces", _swapped_rejects),
        "ar-sans-motif": lambda: _changed("AR_Cmd_Acces", lambda _: {"MotifKoArCommandePrise": ""}),
        "cr-oublie": lambda: _dropped("CR_Cmd_Acces"),
        "cr-bloc-1-vide": lambda: _changed("CR_Cmd_Acces", _first_block_empty),
        "stoc-oublie": lambda: _dropped("Cmd_STOC"),
        "reprov-oublie": lambda: _dropped("Notif_Reprov"),
        "racc-ko-oublie": lambda: _dropped("Notif_Racc_Ko"),
        "mad-oublie": lambda: _dropped("CR_MAD_LigneFTTH"),
        "resil-typee-annul": lambda: _changed("CR_Annulation_Acces", _resil_as_annul),
        "nom-casse": lambda: _renamed(lambda name: name.replace("Cr", "CR")),
        "nom-version": lambda: _renamed(lambda name: name.replace("_V12_", "_V13_")),
        "dossier-pm": lambda: _moved(lambda folder: folder + "/PM"),
        "separateur-virgule": lambda: _rewritten(lambda data: data.replace(b";", b",")),
        "encodage-utf16": lambda: _rewritten(lambda data: data.decode("utf-8").encode("utf-16")),
        "reference-tronquee": lambda: _changed(
            "AR_Cmd_Acces",
            lambda row: {"ReferenceCommandePriseInterneOC": row["ReferenceCommandePriseInterneOC"][:-1]},
        ),
    }
)


def apply_rows(defects: Sequence[Defect], flow: str, rows: list[Row]) -> list[Row]:
    """Let each defect change the rows of an answer."""
    for defect in defects:
        if defect.rows is not None:
            rows = defect.rows(flow, rows)
    return rows


def apply_files(defects: Sequence[Defect], files: list[Exchange]) -> list[Exchange]:
    """Let each defect change the files on their way out."""
    for defect in defects:
        if defect.files is not None:
            files = defect.files(files)
    return files
