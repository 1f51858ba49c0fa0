"""Small archives: files of a few orders laid out as an OI keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from annexe5.audit.run import Outcome, Wanted, run
from annexe5.contract.names import build_name
from annexe5.contract.profile import load_profile
from annexe5.exchange import Exchange
from annexe5.tables import load_table, write_rows

PROFILE = load_profile()
KEY = "ReferenceCommandePriseInterneOC"
ROUTE = {"NomModulePm N°1": "T1", "PositionModulePm N°1": "C01", "InformationTubePBO N°1": "1:ROU"}


def told(outcome: Outcome) -> list[tuple[str, str, int | None]]:
    """Give every finding as (rule, own name of its file, line)."""
    return [
        (one.rule, one.path.rpartition("/")[2], one.line) for group in outcome.groups for one in group.samples
    ]  # fmt: skip


def audited(*paths: Path, **options) -> Outcome:
    return run(Wanted(tuple(map(str, paths)), **options))


class Room:
    """Where files are laid: one row a call, on a day of March 2026."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seq = 0

    def put(self, flow: str, day: int, *references: str, oc: str = "ZZZZ", place: str = "", name: str = "", **cells: str) -> Path:  # fmt: skip
        """Write a file of a flow about some orders; ``place`` is the folder, the right one if empty."""
        table = load_table(flow)
        self.seq += 1
        dates = {
            one.name: f"202603{day:02d} 08:00"
            for one in table.fields
            if one.kind == "datetime" and table.example.get(one.name)
        }
        rows = [
            {**table.example, **dates, **({KEY: reference} if reference else {}), **cells} for reference in references
        ]
        if not name:
            name = build_name(PROFILE, flow, oi="COVG", oc=oc, date=f"202603{day:02d}", seq=self.seq)
        path = self.folder / (place or f"{oc}/{PROFILE.folder(PROFILE.flow(flow).dossier)}") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(write_rows(table, rows))
        return path

    def lay(self, exchanges: Iterable[Exchange]) -> None:
        """Write the files of a conversation, in the account of the OC that took part in each."""
        for one in exchanges:
            oc = one.sender if one.folder.startswith("IN") else one.receiver
            path = self.folder / oc / one.folder / one.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(one.data)


@pytest.fixture
def room(tmp_path) -> Room:
    return Room(tmp_path / "archive")
