"""The file-based SAV flow: only what is attested is more than assumed."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from annexe5.cli import app
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


@pytest.mark.parametrize("options", [(), ("--flow", "SAV_1.0.b")])
def test_validate_takes_such_a_file_under_any_name(tmp_path, options):
    path = tmp_path / "tickets_du_jour.csv"
    path.write_bytes(write_rows(table(), [dict(table().example)]))
    done = CliRunner().invoke(app, ["validate", str(path), "--format", "json", *options])
    [judged] = json.loads(done.stdout)["files"]
    assert (done.exit_code, judged["flow"], judged["rows"]) == (0, "SAV_1.0.b", 1), done.output


def test_what_is_wrong_with_it_is_a_reserve_under_its_clause(tmp_path):
    path = tmp_path / "tickets_du_jour.csv"
    path.write_bytes(write_rows(table(), [dict(table().example) | {"CodeCloture": "XX"}]))
    done = CliRunner().invoke(app, ["validate", str(path), "--format", "json"])
    [judged] = json.loads(done.stdout)["files"]
    assert (done.exit_code, judged["verdict"]) == (0, "réserve"), done.output
    assert {one["requirement"] for one in judged["findings"]} == {"SAV-12"}


def test_it_stands_beside_other_files(tmp_path):
    (tmp_path / "tickets.csv").write_bytes(write_rows(table(), [dict(table().example)]))
    orders = load_table("AR_Cmd_Acces")
    name = "COVG_ZZZZ_ARCMD_ACCES_V12_20261123_1.csv"
    (tmp_path / name).write_bytes(write_rows(orders, [dict(orders.example)]))
    done = CliRunner().invoke(app, ["validate", str(tmp_path), "--format", "json"])
    assert {one["flow"] for one in json.loads(done.stdout)["files"]} == {"SAV_1.0.b", "AR_Cmd_Acces"}, done.output
