"""A file in no form of the protocol breaks the protocol's clause (TRA-01, ACC-01, PM-01), not that of its flow."""

from __future__ import annotations

from annexe5.contract.rules import rule
from annexe5.tables.schema import Table
from annexe5.tables.tally import Breach


def form(ident: str, table: Table | None, column: str = "", position: int = -1, expected: str = "") -> Breach:
    """Give the breach of a rule on bytes, lines or columns; no table: under the first clause the rule names."""
    broken = rule(ident)
    return Breach(broken, column, position, expected, table.clause(broken) if table else "")
