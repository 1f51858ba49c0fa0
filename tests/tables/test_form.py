"""A file in no form of the protocol breaks the protocol's clause, whatever its flow."""

import pytest

from annexe5.tables import judge_bytes, load_table, write_rows
from annexe5.tables.testing import FACTS


def clauses(flow: str, spoil) -> set[tuple[str, str]]:
    table = load_table(flow)
    judged = judge_bytes(spoil(write_rows(table, [table.example])), table, facts=FACTS)
    return {(one.rule.partition("-")[0], one.requirement) for one in judged.findings}


@pytest.mark.parametrize(
    ("flow", "clause"), [("AR_Cmd_Acces", "ACC-01"), ("IPE", "PM-01"), ("sav-1.0.b/ticket.json", "SAV-12")]
)
def test_lines_and_columns_are_the_protocol_s(flow, clause):
    assert ("STR", clause) in clauses(flow, lambda data: data.replace(b";", b","))


@pytest.mark.parametrize(
    ("flow", "clause"), [("AR_Cmd_Acces", "TRA-01"), ("IPE", "TRA-01"), ("sav-1.0.b/ticket.json", "SAV-12")]
)
def test_bytes_are_the_channel_s(flow, clause):
    assert clauses(flow, lambda data: data.decode().encode("utf-16")) == {("OCT", clause)}


def test_a_cell_is_the_flow_s():
    assert clauses("AR_Cmd_Acces", lambda data: data.replace(b"OK", b"OUI")) == {("CEL", "ACC-04")}
