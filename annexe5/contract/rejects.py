"""Rejection causes, from ``schemas/rejects.csv`` (annexe 5f is not public; codes, labels: acces-formats.md §12).

A rejection is judged on its code: labels drift between versions while numbers stay (further-findings.md D.1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from annexe5.contract.data import read_csv
from annexe5.contract.paths import schemas_dir
from annexe5.errors import ContractError
from annexe5.findings import Confidence

_COLUMNS = (
    "code", "label", "stages", "condition", "party", "produced_by", "reason", "label_confidence",
    "stage_confidence", "source",
)  # fmt: skip
# A motive is the bare code, or the code and its label after one of the separators seen in the field.
_MOTIVE = re.compile(r"(?P<code>F[A-Z]{3}\d{2})(?:\s*[:#|-]\s*(?P<label>.*)|\s+(?P<label2>.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reject:
    """One cause: ``stages`` among AR CR ST MAD RK CA RDV; ``produced_by`` how the OI twin comes to give it."""

    code: str
    label: str
    stages: tuple[str, ...]
    condition: str
    party: str
    produced_by: str
    reason: str
    label_confidence: Confidence
    stage_confidence: Confidence
    source: str

    @property
    def family(self) -> str:
        """FADR, FIMP, FRDV, FCLI, FINT or FAUT."""
        return self.code[:4]

    def at(self, stage: str) -> bool:
        """Tell whether this cause may be given at a stage."""
        return "any" in self.stages or stage in self.stages


@lru_cache(maxsize=1)
def load_rejects() -> Mapping[str, Reject]:
    """Give every cause by code, in the order of the file."""
    path = schemas_dir() / "rejects.csv"
    found: dict[str, Reject] = {}
    for number, row in enumerate(read_csv(path, _COLUMNS), start=2):
        if not re.fullmatch(r"F[A-Z]{3}\d{2}", row["code"]) or row["code"] in found:
            raise ContractError(f"{path} : ligne {number} : code {row['code']!r} malformé ou en double.")
        found[row["code"]] = Reject(
            code=row["code"],
            label=row["label"],
            stages=tuple(row["stages"].split("/")),
            condition=row["condition"],
            party=row["party"],
            produced_by=row["produced_by"],
            reason=row["reason"],
            label_confidence=Confidence(row["label_confidence"]),
            stage_confidence=Confidence(row["stage_confidence"]),
            source=row["source"],
        )
    return MappingProxyType(found)


def read_motive(value: str) -> tuple[str, str]:
    """Split a motive field into code and label (either may be empty): ``FIMP07 : TRAITEMENT…`` → both."""
    match = _MOTIVE.fullmatch(value.strip())
    if match is None:
        return "", value.strip()
    return match["code"], (match["label"] or match["label2"] or "").strip()
