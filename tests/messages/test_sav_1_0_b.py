"""The file-based SAV flow: only what is attested is more than assumed."""

from __future__ import annotations

from annexe5.findings import Confidence, Severity
from annexe5.tables import judge_bytes, load_table, write_rows


def table():
    return load_table("sav-1.0.b/ticket.json")


def test_only_two_columns_are_attested():
    known = {one.name for one in table().fields if one.confidence is not Confidence.ASSUMED}
    assert known == {"ReferencePrestationPrise", "ReferencePrise"}


def test_a_ticket_file_is_read_and_nothing_in_it_ever_refuses():
    good = dict(table().example)
    assert judge_bytes(write_rows(table(), [good]), table()).findings == ()
    bad = good | {"EtatTicket": "PRESQUE", "CodeCloture": "XX", "DateSignalisation": "hier"}
    found = judge_bytes(write_rows(table(), [bad]), table()).findings
    assert found
    assert Severity.ERROR not in {one.severity for one in found}
