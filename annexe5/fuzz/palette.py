"""What the fuzzer draws from and forgives, read from ``schemas/fuzz.toml``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from pydantic import BaseModel, ConfigDict

from annexe5.contract.data import build, read_toml
from annexe5.contract.paths import schemas_dir
from annexe5.findings import Finding, Severity


class Palette(BaseModel):
    """What ``schemas/fuzz.toml`` holds: columns that change nothing, rules forgiven, characters, values to try."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    source: str
    confidence: str
    neutral: tuple[str, ...]
    forgiven: tuple[str, ...]
    letters: str
    marks: str
    odd: str
    words: tuple[str, ...]
    dates: tuple[str, ...]
    numbers: tuple[str, ...]
    phones: tuple[str, ...]


@lru_cache(maxsize=1)
def palette() -> Palette:
    """Read ``schemas/fuzz.toml``."""
    path = schemas_dir() / "fuzz.toml"
    return build(Palette, read_toml(path), path)


def worst(findings: Iterable[Finding]) -> Severity | None:
    """Give the worst severity of some findings, what a reader may forgive told as a reserve; None: nothing wrong."""
    order = (Severity.ERROR, Severity.RESERVE, Severity.INFO)
    forgiven = palette().forgiven
    told = (Severity.RESERVE if one.rule in forgiven else one.severity for one in findings)
    return min(told, key=order.index, default=None)
