"""What the order help returns against the IPE (OPC-09), and against itself (OPC-03).

Which column says the same thing as which concept is data (``schemas/soap/aide_ipe.toml``); an IPE row, or the address
columns of an order filled from it, serve alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from annexe5.contract.data import build, read_toml
from annexe5.contract.paths import schemas_dir
from annexe5.contract.rules import rule
from annexe5.findings import Finding

Data = Mapping[str, Any]


class _Columns(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str
    adresse: Mapping[str, str]
    batiment: Mapping[str, str]
    deploye: str
    etat: str


@lru_cache(maxsize=1)
def load_columns() -> _Columns:
    """Read the columns that the order help and the IPE share."""
    path = schemas_dir() / "soap" / "aide_ipe.toml"
    return build(_Columns, read_toml(path), path)


def judge_structure(structure: Data, row: Mapping[str, str]) -> list[Finding]:
    """Compare one structure with the row it should agree with: address, then the building the row names."""
    columns = load_columns()
    name = row.get("IdentifiantImmeuble") or row.get("CodeAdresseImmeuble", "")
    found = list(_differences(structure.get("adresse", {}), columns.adresse, row, name))
    building = find_building(structure, row)
    if building is None:
        told = rule("AIDE-IPE-ABSENT").finding(received=name, detail="absent de la structure rendue")
        return [*found, told]
    return [*found, *_differences(building, columns.batiment, row, name)]


def judge_coverage(row: Mapping[str, str], answered: bool) -> list[Finding]:
    """See that a deployed building of the IPE answers."""
    columns = load_columns()
    if answered or row.get(columns.etat) != columns.deploye:
        return []
    name = row.get("IdentifiantImmeuble") or row.get("CodeAdresseImmeuble", "")
    return [rule("AIDE-IPE-ABSENT").finding(received=name, detail=f"{columns.deploye} dans l'IPE, inconnu de l'outil")]


def judge_counters(structure: Data) -> list[Finding]:
    """See that the counters of each floor are those of its lines."""
    found = []
    for building in structure.get("batiments", ()):
        for staircase in building.get("escaliers", ()):
            for floor in staircase.get("etages", ()):
                lines = floor.get("lignes", ())
                existing = sum(one.get("existant") is True for one in lines)
                counted = {
                    "lignes_actives": sum(one.get("actif") is True for one in lines),
                    "lignes_existantes": existing,
                    "lignes_a_construire": len(lines) - existing,
                }
                for name, expected in counted.items():
                    if name in floor and str(floor[name]) != str(expected):
                        where = f"{building.get('identifiant_immeuble', '')} {floor.get('nom', '')} {name}".strip()
                        breach = rule("AIDE-COMPTEURS")
                        found.append(breach.finding(received=str(floor[name]), expected=str(expected), column=where))
    return found


def order_columns(structure: Data, *, staircase: int = 0, floor: int = 0, line: int = 0) -> dict[str, str]:
    """Fill the address columns of a Cmd_Acces from a structure (further-findings.md A.2)."""
    columns = load_columns()
    row = {column: _text(_at(structure.get("adresse", {}), path)) for column, path in columns.adresse.items()}
    building = structure["batiments"][0]
    row |= {column: _text(_at(building, path)) for column, path in columns.batiment.items()}
    steps = building["escaliers"][staircase]
    level = steps["etages"][floor]
    known = level["lignes"][line].get("reference_prise") or ""
    row |= {"Escalier": _text(steps.get("nom")), "Etage": _text(level.get("nom")), "ReferencePrise": known}
    return row


def find_building(structure: Data, row: Mapping[str, str]) -> Data | None:
    """Give the building of a structure that an IPE row, or an order, names."""
    buildings: list[Data] = list(structure.get("batiments", ()))
    ident = row.get("IdentifiantImmeuble")
    if ident:
        return next((one for one in buildings if one.get("identifiant_immeuble") == ident), None)
    named = row.get("Batiment", "")
    return next((one for one in buildings if (one.get("nom") or "") == named), None)


def _differences(data: Data, columns: Mapping[str, str], row: Mapping[str, str], name: str) -> Iterator[Finding]:
    """Tell each column whose value is not the concept's; a column the row lacks, or leaves empty, says nothing."""
    for column, path in columns.items():
        expected, received = row.get(column, ""), _at(data, path)
        if expected and received is not None and _text(received) != expected:
            yield rule("AIDE-IPE").finding(received=_text(received), expected=expected, column=column, detail=name)


def _at(data: Any, path: str) -> Any:
    for step in path.split("."):
        data = data.get(step) if isinstance(data, Mapping) else None
    return data


def _text(value: Any) -> str:
    return "" if value is None else str(value)
