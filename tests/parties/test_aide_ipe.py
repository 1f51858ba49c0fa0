"""The order help against the IPE drawn from the same network, and orders filled from its answers."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from annexe5.contract.profile import load_profile
from annexe5.generation import generate_flow
from annexe5.messages.aide import judge_counters, judge_coverage, judge_structure, order_columns
from annexe5.messages.conversation import Call
from annexe5.network import generate
from annexe5.parties.aide_commande import AideTwin
from annexe5.tables import load_table, read_rows

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PROFILE = load_profile()
SIZE = 1500


@pytest.fixture(scope="module")
def twin() -> AideTwin:
    oi = PROFILE.oi
    network = generate(
        5, SIZE, oi=oi.quadrigramme.valeur, ocs=("ZZZZ",), today=START.date(), bigramme=oi.bigramme_arcep.valeur
    )
    return AideTwin(network, ("ZZZZ",))


@pytest.fixture(scope="module")
def ipe() -> list[dict[str, str]]:
    made = generate_flow("IPE", SIZE, 5, today=START.date())
    return [dict(row.values) for row in read_rows(b"".join(made.chunks), load_table("IPE")).rows]


def ask(twin: AideTwin, **adresse: Any) -> dict[str, Any]:
    reply = twin.answer(Call("opc-3.0", "", "structure", "ZZZZ", {"adresse": adresse}, START))
    return {} if reply.refusal else reply.data


def places(row: dict[str, str]) -> Iterator[dict[str, Any]]:
    yield {"identifiant_immeuble": row["IdentifiantImmeuble"]}
    yield {"hexacle": row["CodeAdresseImmeuble"]}
    place = {"numero": row["NumeroVoieImmeuble"] or 0, "complement": row["ComplementNumeroVoieImmeuble"]}
    yield {"rivoli": {"code_insee": row["CodeInseeImmeuble"], "code_rivoli": row["CodeVoieRivoliImmeuble"], **place}}


def test_every_row_of_the_ipe_agrees_in_every_referential(twin, ipe):
    assert len(ipe) == SIZE
    for row in ipe:
        for place in places(row):
            structure = ask(twin, **place)
            assert judge_coverage(row, bool(structure)) == []
            assert judge_structure(structure, row) == [], place
            assert judge_counters(structure) == []


def test_a_structure_that_disagrees_is_told_column_by_column(twin, ipe):
    row = next(one for one in ipe if one["ReferencePM"])
    structure = deepcopy(ask(twin, identifiant_immeuble=row["IdentifiantImmeuble"]))
    structure["adresse"]["commune"] = "AILLEURS"
    structure["batiments"][0]["pm"]["reference"] = "AUTRE"
    found = judge_structure(structure, row)
    assert [(one.rule, one.requirement, one.column, one.value) for one in found] == [
        ("AIDE-IPE", "OPC-09", "CommuneImmeuble", "AILLEURS"),
        ("AIDE-IPE", "OPC-09", "ReferencePM", "AUTRE"),
    ]


def test_a_building_that_is_not_in_the_answer_is_told(twin, ipe):
    row = ipe[0]
    structure = deepcopy(ask(twin, identifiant_immeuble=row["IdentifiantImmeuble"]))
    structure["batiments"][0]["identifiant_immeuble"] = "IMB/AUTRE"
    assert [one.rule for one in judge_structure(structure, row)] == ["AIDE-IPE-ABSENT"]


def test_a_deployed_building_that_does_not_answer_is_told(ipe):
    deployed = next(one for one in ipe if one["EtatImmeuble"] == "DEPLOYE")
    planned = next(one for one in ipe if one["EtatImmeuble"] != "DEPLOYE")
    assert [one.rule for one in judge_coverage(deployed, answered=False)] == ["AIDE-IPE-ABSENT"]
    assert judge_coverage(planned, answered=False) == []


def test_counters_that_do_not_count_their_lines_are_told(twin, ipe):
    structure = deepcopy(ask(twin, identifiant_immeuble=ipe[0]["IdentifiantImmeuble"]))
    structure["batiments"][0]["escaliers"][0]["etages"][0]["lignes_existantes"] = 99
    found = judge_counters(structure)
    assert [(one.rule, one.requirement, one.value) for one in found] == [("AIDE-COMPTEURS", "OPC-03", "99")]


def test_orders_filled_from_an_answer_are_accepted(talk):
    network = talk.twin.network
    twin = AideTwin(network, network.ocs)
    for rank in range(4):
        eligible = dict(network.role("eligible", "ZZZZ", 0).commande) if rank == 0 else None
        row = eligible or dict(list_eligible(network)[rank])
        structure = ask(twin, hexacle=row["CodeAdresseImmeuble"])
        building = next(one for one in structure["batiments"] if one["nom"] == row["Batiment"])
        assert building["eligible"]
        filled = order_columns(structure | {"batiments": [building]})
        for column in (
            "CodeInseeImmeuble",
            "CodeAdresseImmeuble",
            "NumeroVoieImmeuble",
            "LibelleVoieImmeuble",
            "Batiment",
        ):
            assert filled[column] == row[column]
        ordered = talk.order("eligible", **{name: value for name, value in filled.items() if name in row})
        ordered |= {name: row[name] for name in ("ReferencePrestationPm", "ReferencePm") if name in row}
        talk.send("Cmd_Acces", ordered)
        assert talk.last("AR_Cmd_Acces")["EtatArCommandePrise"] == "OK"


def list_eligible(network) -> list[Any]:
    found = []
    for one in network.iter_eligible("ZZZZ"):
        found.append(one.commande)
        if len(found) == 4:
            break
    return found
