"""A folder with one good and one bad file of every flow: the good conform, the bad are named for what is wrong."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest

from annexe5.findings import Verdict
from annexe5.generation import generate_set
from annexe5.tables import load_table, load_tables, write_rows
from annexe5.tables.rules import example_rows, load_table_rules
from annexe5.validation.run import Wanted, run
from tests.validation.conftest import name_of

TOO_MANY = "STR-CHAMPS-EN-TROP"
WRONG = {
    "Cmd_Acces": "CMD-REFERENCE-UNIQUE",
    "AR_Cmd_Acces": "AR-KO-MOTIF",
    "CR_Cmd_Acces": "CR-KO-MOTIF",
    "Cmd_STOC": TOO_MANY,
    "Notif_Racc_Ko": TOO_MANY,
    "Notif_Reprov": "REPROV-ROUTE",
    "CR_STOC": "CRSTOC-KO-MOTIF",
    "CR_MAD_LigneFTTH": "ROUTE-BLOC-2",
    "CR_MES_LigneFTTH": "HOTLINE-HORS-CR",
    "Annul_Acces": "HOTLINE-HORS-CR",
    "CR_Annulation_Acces": "CRANNUL-TYPE",
    "IPE": "IPE-SIGNE-ACCORD",
    "CPN": TOO_MANY,
    "Cmd_Info_Pm": TOO_MANY,
    "CR_MAD_Pm": "PM-PROJECTION",
    "Notif_Interv_Prev": TOO_MANY,
    "CR_InfoSyndic": TOO_MANY,
    "Notif_Adduction": "ADDU-DATES",
    "CR_NotifAdduction": TOO_MANY,
}


def _spoilt(flow: str) -> bytes:
    table = load_table(flow)
    if WRONG[flow] == TOO_MANY:
        header, row, _ = write_rows(table, [table.example], newline="\n").split(b"\n")
        return b"\n".join([header, row + b";DE TROP", b""])
    patches = next(one.rule.bad for one in load_table_rules() if one.rule.id == WRONG[flow])
    kept = [{name: value for name, value in patch.items() if name in table.by_name} for patch in patches]
    return write_rows(table, example_rows(table, kept))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("mois")
    for made in generate_set(200, today=date(2026, 3, 2)):
        (place / made.name).write_bytes(b"".join(made.chunks))
    for flow in load_tables():
        (place / name_of(flow, oi="AUTR", oc="BBBB")).write_bytes(_spoilt(flow))
    return place


@pytest.mark.parametrize("engine", ["exact", "fast"])
def test_good_files_conform_and_each_bad_one_breaks_what_it_was_made_to_break(folder, engine):
    told = run(Wanted((str(folder),), engine=engine), io.BytesIO()).files

    good = [one for one in told if "AUTR" not in one.path]
    bad = {one.flow: one for one in told if "AUTR" in one.path}
    assert {one.flow for one in good} == set(bad) == set(load_tables()) == set(WRONG)
    assert {one.path: one.findings for one in good if one.verdict is not Verdict.CONFORME} == {}
    assert {flow: {finding.rule for finding in one.findings} for flow, one in bad.items()} == {
        flow: {rule} for flow, rule in WRONG.items()
    }
    assert {one.verdict for one in bad.values()} == {Verdict.NON_CONFORME}
