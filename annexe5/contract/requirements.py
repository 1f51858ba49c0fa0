"""Clauses of the contract, from ``schemas/requirements.csv``: the spine every rule and scenario hangs on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from annexe5.contract.data import read_csv
from annexe5.contract.paths import schemas_dir
from annexe5.errors import ContractError
from annexe5.findings import Level, Text

_COLUMNS = ("id", "section", "protocol", "flow", "bound_party", "level", "requirement", "exigence")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One clause: stable id, section of annexe5.txt, protocols, flows, bound parties, level, text."""

    id: str
    section: str
    protocols: tuple[str, ...]
    flows: tuple[str, ...]
    parties: tuple[str, ...]
    level: Level
    text: Text

    def concerns(self, flow: str) -> bool:
        """Tell whether the clause names this flow, or all flows."""
        return "*" in self.flows or flow in self.flows


@lru_cache(maxsize=1)
def load_requirements() -> Mapping[str, Requirement]:
    """Give every clause by id, in the order of the file."""
    path = schemas_dir() / "requirements.csv"
    found: dict[str, Requirement] = {}
    for number, row in enumerate(read_csv(path, _COLUMNS), start=2):
        if row["id"] in found:
            raise ContractError(f"{path} : ligne {number} : {row['id']} figure deux fois.")
        try:
            level = Level(row["level"])
        except ValueError:
            raise ContractError(f"{path} : ligne {number} : level : {row['level']!r} inconnu.") from None
        found[row["id"]] = Requirement(
            id=row["id"],
            section=row["section"],
            protocols=tuple(row["protocol"].split(",")),
            flows=tuple(row["flow"].split(",")),
            parties=tuple(row["bound_party"].split(",")),
            level=level,
            text=Text(row["exigence"], row["requirement"]),
        )
    return MappingProxyType(found)


def select(
    *,
    ids: Iterable[str] = (),
    party: str = "",
    level: str = "",
    protocol: str = "",
    flow: str = "",
    text: str = "",
) -> list[Requirement]:
    """Filter the catalogue; every criterion given must hold, ``ids`` may be prefixes (``ACC`` or ``ACC-05``)."""
    prefixes = tuple(one.upper() for one in ids)
    needle = text.casefold()
    return [
        clause
        for clause in load_requirements().values()
        if (not prefixes or clause.id.startswith(prefixes))
        and (not party or party.upper() in clause.parties)
        and (not level or clause.level.value == level.upper())
        and (not protocol or protocol.upper() in (name.upper() for name in clause.protocols))
        and (not flow or clause.concerns(flow))
        and (not needle or needle in clause.text.fr.casefold() or needle in clause.text.en.casefold())
    ]
