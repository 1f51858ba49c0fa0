"""The test data: columns that rows lack or misspell, and what each role left out would unlock."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

from annexe5.campaign.doctor.sheet import Sheet
from annexe5.campaign.target import Target
from annexe5.contract.paths import schemas_dir, suite_root
from annexe5.findings import Text
from annexe5.network.roles import load_roles

DATA = Text("données de test", "test data")


def test_data(sheet: Sheet, target: Target) -> None:
    """Tell the columns that rows lack or misspell, and each role left out with what it would unlock."""
    known = _order_columns()
    faults = 0
    for ident, rows in target.test_data.items():
        wanted = load_roles()[ident].columns
        unknown = sorted({column for row in rows for column in row} - known)
        lacking = [column for column in wanted if any(column not in row for row in rows)]
        blank = not all(any(row.values()) for row in rows)
        faults += bool(unknown or lacking or blank)
        what = Text(f"test_data.{ident}", f"test_data.{ident}")
        if blank:
            sheet.problem(
                "donnees",
                what,
                Text("une adresse est laissée vide", "an address is left empty"),
                Text("remplissez-la, ou ôtez le bloc", "fill it in, or remove the block"),
            )
        if unknown:
            sheet.problem(
                "donnees",
                what,
                Text(f"colonnes inconnues : {', '.join(unknown)}", f"unknown columns: {', '.join(unknown)}"),
                Text("écrivez les noms des colonnes de Cmd_Acces", "spell them as the columns of Cmd_Acces"),
            )
        if lacking:
            sheet.warning(
                "donnees",
                what,
                Text(f"colonnes absentes : {', '.join(lacking)}", f"columns left out: {', '.join(lacking)}"),
                Text("donnez-les, vides si l'adresse n'en a pas", "give them, empty where the address has none"),
            )
    absent = [ident for ident in load_roles() if ident not in target.test_data]
    for ident in absent:
        _absent_role(sheet, ident)
    if not absent and not faults:
        count = len(target.test_data)
        sheet.ok("donnees", DATA, Text(f"{count} rôles, toutes les colonnes", f"{count} roles, every column"))


def _absent_role(sheet: Sheet, ident: str) -> None:
    role = load_roles()[ident]
    played = len(_scenarios_by_role().get(ident, ()))
    clauses = ", ".join(role.unlocks)
    sheet.warning(
        "donnees",
        Text(f"test_data.{ident}", f"test_data.{ident}"),
        Text(
            f"rôle absent ({role.fr}) : {played} scénarios ne seront pas joués ; clauses et codes : {clauses}",
            f"role left out ({role.en}): {played} scenarios will not be played; clauses and codes: {clauses}",
        ),
        Text(f"ajoutez [[test_data.{ident}]]", f"add [[test_data.{ident}]]"),
    )


@lru_cache(maxsize=1)
def _order_columns() -> frozenset[str]:
    """Give the columns of Cmd_Acces, of all the versions known."""
    columns: set[str] = set()
    for path in schemas_dir().glob("tables/acces-*/cmd_acces.json"):
        columns |= {one["name"] for one in json.loads(path.read_text(encoding="utf-8"))["fields"]}
    return frozenset(columns)


@lru_cache(maxsize=1)
def _scenarios_by_role() -> Mapping[str, tuple[str, ...]]:
    """Give the scenarios that name each role, in a step or in a table of examples."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted((suite_root() / "features").rglob("*.feature")):
        title = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if match := re.match(r"\s*(?:Plan du scénario|Scénario)\s*:\s*(.+)", line):
                title = match.group(1)
            for word in re.findall(r'["|]\s*(\w+)\s*(?=["|])', line):
                if word in load_roles() and title not in found[word]:
                    found[word].append(title)
    return {role: tuple(titles) for role, titles in found.items()}
