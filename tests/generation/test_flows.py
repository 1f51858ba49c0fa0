from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annexe5.contract.names import judge_name
from annexe5.contract.profile import load_profile
from annexe5.errors import UsageError
from annexe5.findings import Verdict
from annexe5.generation import flows, generate_flow, generate_set, load_plans
from annexe5.tables import judge_bytes, load_table

TODAY = date(2026, 3, 2)
FLUX = sorted(load_plans())
# One PM in twelve stands in a managed building: the network is walked far for a few rows.
SYNDIC = "CR_InfoSyndic"
# Long enough for a row to suit each fault.
ASSEZ = {
    "IPE": 9_000,
    SYNDIC: 20,
    **dict.fromkeys(("CPN", "Cmd_Info_Pm", "Notif_Interv_Prev", "Notif_Adduction", "CR_NotifAdduction"), 200),
}


def _made(flow, rows=None, seed=1, **options):
    made = generate_flow(flow, rows, seed, today=TODAY, **options)
    return made, b"".join(made.chunks)


def _rows(data):
    return list(csv.DictReader(io.StringIO(data.decode(), newline=""), delimiter=";"))


def _told(made, data):
    report = judge_bytes(data, load_table(made.flow), path=made.name)
    found = Counter((un.rule, un.line, un.column, un.value) for un in report.findings)
    truth = Counter((un.rule, un.line, un.column, un.value) for un in made.truth.constats)
    return found, truth


@pytest.mark.parametrize("flow", FLUX)
@pytest.mark.parametrize("rows", [None, 1, 7, 40])
def test_a_generated_file_is_conforme_and_as_long_as_asked(flow, rows):
    made, data = _made(flow, rows)
    report = judge_bytes(data, load_table(flow), path=made.name)
    assert report.verdict is Verdict.CONFORME, report.findings[:3]
    assert report.rows == made.truth.rows == (rows or report.rows)
    assert judge_name(load_profile(), made.name).ok


@given(
    flow=st.sampled_from(FLUX), seed=st.integers(0, 10**9), rows=st.integers(1, 400), today=st.dates(date(2016, 1, 1))
)
@settings(max_examples=40, deadline=None)
def test_any_generated_file_is_conforme(flow, seed, rows, today):
    if today.year > 2090:
        today = today.replace(year=2090, day=1)
    made = generate_flow(flow, min(rows, 10) if flow == SYNDIC else rows, seed, today=today)
    report = judge_bytes(b"".join(made.chunks), load_table(flow), path=made.name)
    assert report.verdict is Verdict.CONFORME, report.findings[:3]


@pytest.mark.parametrize("flow", [nom for nom in FLUX if load_plans()[nom].faute])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_judge_tells_the_planted_errors_and_nothing_else(flow, seed):
    made, data = _made(flow, ASSEZ.get(flow, 3_000), seed, invalid=True)
    found, truth = _told(made, data)
    assert found == truth
    assert made.truth.constats
    planted = {(un.rule, un.column) for un in made.truth.constats}
    assert planted == {(un.regle, un.colonne) for faute in load_plans()[flow].faute for un in faute.constats}


@given(rows=st.integers(1, 200), seed=st.integers(0, 10**6), flow=st.sampled_from(FLUX))
@settings(max_examples=40, deadline=None)
def test_the_truth_holds_for_files_of_any_size(rows, seed, flow):
    made, data = _made(flow, min(rows, 10) if flow == SYNDIC else rows, seed, invalid=True)
    found, truth = _told(made, data)
    assert found == truth


def test_the_same_arguments_give_the_same_bytes():
    assert _made("IPE", 300, 5)[1] == _made("ipe", 300, 5)[1]
    assert _made("IPE", 300, 5)[1] != _made("IPE", 300, 6)[1]
    assert (
        _made("IPE", 300, 5, invalid=True)[0].truth.as_dict() == _made("IPE", 300, 5, invalid=True)[0].truth.as_dict()
    )


def test_a_file_is_made_piece_by_piece():
    made = generate_flow("IPE", 1_000_000, 1, today=TODAY)
    first = next(made.chunks)
    assert first.startswith(b"IdentifiantImmeuble;")
    assert len(first) < 2_000_000
    assert made.truth.rows < 1_000_000


def test_the_report_of_a_pm_lists_its_addresses_as_the_ipe_of_the_same_seed():
    ipe = {une["IdentifiantImmeuble"]: une for une in _rows(_made("IPE", 600, 9)[1])}
    mad = _rows(_made("CR_MAD_Pm", None, 9)[1])
    pm = mad[0]["ReferencePM"]
    assert {une["IdentifiantImmeuble"] for une in mad} == {
        ident for ident, une in ipe.items() if une["ReferencePM"] == pm and une["EtatImmeuble"] == "DEPLOYE"
    }
    communes = set(mad[0]) & set(next(iter(ipe.values())))
    for une in mad:
        assert {nom: une[nom] for nom in communes} == {nom: ipe[une["IdentifiantImmeuble"]][nom] for nom in communes}
    commande = _rows(_made("Cmd_Info_Pm", None, 9)[1])[0]
    assert (commande["ReferencePM"], commande["ReferenceCommandePMInterneOC"]) == (
        pm, mad[0]["ReferenceCommandePMInterneOC"],
    )  # fmt: skip


def test_a_set_of_files_agrees_with_its_ipe():
    files = {made.flow: _rows(b"".join(made.chunks)) for made in generate_set(900, 4, today=TODAY)}
    assert set(files) == set(FLUX)
    pms = {une["ReferencePM"] for une in files["IPE"]}
    for rows in files.values():
        assert {une.get("ReferencePM") or une.get("ReferencePm") or "" for une in rows} <= pms | {""}
    assert {une["ReferencePM"] for une in files["CPN"]} == {
        une["ReferencePM"] for une in files["IPE"] if une["EtatPM"] == "DEPLOYE"
    }


@pytest.mark.parametrize(
    ("flow", "rows", "says"),
    [
        ("IPX", 10, "CR_MAD_Pm"),
        ("IPE", 0, "1 au moins"),
        ("IPE", 10**9, "taille"),
        ("CR_MAD_Pm", 90_000, "90000 adresses"),
    ],
)
def test_what_cannot_be_made_is_told(flow, rows, says):
    with pytest.raises(UsageError, match=says):
        generate_flow(flow, rows, today=TODAY)


def test_too_few_subjects_are_told(monkeypatch):
    monkeypatch.setattr(flows, "largest", lambda: 600)
    made = generate_flow("CPN", 50, today=TODAY)
    with pytest.raises(UsageError, match="50 lignes demandées"):
        for _ in made.chunks:
            pass
