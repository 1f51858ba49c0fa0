"""Waivers (dérogations): what both parties agree to let pass, for whom to answer and until when.

A TOML file: ``[[derogation]] clause = "ACC-05", motif = "…", responsable = "…", expire = 2026-12-31``. A waiver that is
expired, or that covers nothing, is an error: it would say that something is tolerated which is not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from annexe5.contract.calendar import PARIS
from annexe5.contract.data import build, read_toml
from annexe5.contract.requirements import load_requirements
from annexe5.errors import ConfigurationError

_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3)]


class Waiver(BaseModel):
    """One waiver: clause, reason, owner, last day on which it holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    clause: str
    motif: _Words
    responsable: _Words
    expire: date

    def holds(self, now: datetime) -> bool:
        """Tell whether it still holds, Paris time."""
        return now.astimezone(PARIS).date() <= self.expire


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    derogation: tuple[Waiver, ...] = ()


def load_waivers(path: Path) -> tuple[Waiver, ...]:
    """Read a file of waivers; ConfigurationError names the file, the key and what is wrong."""
    waivers = build(_File, read_toml(path, ConfigurationError), path, error=ConfigurationError).derogation
    counts = Counter(one.clause for one in waivers)
    for clause, count in counts.items():
        if clause not in load_requirements():
            raise ConfigurationError(f"{path} : derogation : clause inconnue : {clause}.")
        if count > 1:
            raise ConfigurationError(f"{path} : derogation : {clause} a {count} dérogations ; une seule est attendue.")
    return waivers


def problems(waivers: Sequence[Waiver], lacking: Collection[str], now: datetime) -> list[str]:
    """Say which waivers cannot stand: expired, or on a clause that lacks nothing."""
    found = [
        f"dérogation {one.clause} ({one.responsable}) : expirée le {one.expire:%d/%m/%Y}"
        for one in waivers
        if not one.holds(now)
    ]
    found += [
        f"dérogation {one.clause} ({one.responsable}) : inutile, cette clause ne manque pas ; retirez-la"
        for one in waivers
        if one.clause not in lacking
    ]
    return found
