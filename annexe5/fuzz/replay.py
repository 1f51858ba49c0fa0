"""A case played again within a scenario (``annexe5 fuzz --scenario`` writes such scenarios)."""

from __future__ import annotations

from pathlib import Path

from annexe5.campaign.bench import Bench
from annexe5.campaign.verdicts import NonConforme
from annexe5.findings import Finding
from annexe5.fuzz.case import Case, read_case
from annexe5.fuzz.player import Player


def replay(bench: Bench, path: Path) -> tuple[Finding, ...]:
    """Play the case of a file on the party at hand, and give what it broke."""
    return Player(bench).play(read_case(path, Case))


def must_hold(found: tuple[Finding, ...]) -> None:
    """End the scenario when something broke."""
    if found:
        raise NonConforme(found)
