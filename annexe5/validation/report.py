"""What one file has given so far, from the time it is judged alone to the time it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from annexe5.tables.api import TableReport


@dataclass(frozen=True, slots=True)
class Report:
    """A file's report, and what kind of file it is; ``documents`` are the places that a WSDL is made of."""

    report: TableReport
    kind: Literal["table", "soap", "mail"] = "table"
    documents: frozenset[str] = frozenset()

    @property
    def is_table(self) -> bool:
        """Tell whether the file has rows; of a message or a WSDL their number means nothing."""
        return self.kind == "table"
