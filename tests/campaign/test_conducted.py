"""The OI as an instrument: what it holds back, refuses and says of itself, and that it stays an OI besides."""

import pytest

from annexe5.campaign.conducted import ConductedOi
from annexe5.contract.names import parse_name
from annexe5.tables import load_table, read_rows
from tests.parties.conftest import NETWORK, PROFILE, START, Talk

KEY = "ReferenceCommandePriseInterneOC"


@pytest.fixture
def talk():
    return Talk(ConductedOi(NETWORK, PROFILE, "COVG", "CV"))


def rows(file) -> list[dict[str, str]]:
    return [dict(row.values) for row in read_rows(file.data, load_table(parse_name(PROFILE, file.name).flow)).rows]


def stoc(talk: Talk, reference: str) -> dict[str, str]:
    order = talk.twin.book.orders["ZZZZ", reference]
    return {
        KEY: reference, "ReferencePrestationPrise": order.prestation,
        "ReferenceCommandeSousTraitantOI": order.work_order, "CrRaccordementPrise": "OK", "ReferencePrise": order.pto,
        "DateRaccordementPrise": "20261123 10:00", "PrisePosee": "OUI",
    }  # fmt: skip


def test_a_flow_held_back_leaves_once_released(talk):
    talk.twin.held.add("Cmd_STOC")
    row = talk.order("eligible")
    talk.send("Cmd_Acces", row)
    assert talk.answers(row[KEY]) == ["AR_Cmd_Acces", "CR_Cmd_Acces"]
    assert len(talk.twin.keeping("Cmd_STOC")) == 1
    [released] = talk.twin.release("Cmd_STOC")
    assert rows(released)[0][KEY] == row[KEY]
    assert talk.twin.kept == []
    talk.send("Cmd_Acces", again := talk.order("eligible", 1))
    assert "Cmd_STOC" in talk.answers(again[KEY])


@pytest.mark.parametrize(
    ("stage", "last", "column"),
    [("AR", "AR_Cmd_Acces", "MotifKoArCommandePrise"), ("CR", "CR_Cmd_Acces", "MotifKoCrCommandePrise")],
)
def test_a_sound_order_is_refused_once_on_demand(talk, stage, last, column):
    talk.twin.refusals[stage].append("FIMP07")
    row = talk.order("eligible")
    talk.send("Cmd_Acces", row)
    assert talk.answers(row[KEY])[-1] == last
    assert talk.last(last)[column] == "FIMP07"
    talk.send("Cmd_Acces", row | {KEY: "ENCORE"})
    assert talk.answers("ENCORE")[-1] == "Cmd_STOC"


def test_a_line_refused_is_made_available_at_last(talk):
    talk.twin.refusals["MAD"].append("FINT10")
    row = talk.order("eligible")
    talk.send("Cmd_Acces", row)
    talk.send("CR_STOC", stoc(talk, row[KEY]))
    assert talk.last("CR_MAD_LigneFTTH")["MotifKoMadLigne"] == "FINT10"
    [made] = talk.twin.make_available("ZZZZ", row[KEY], START)
    assert rows(made)[0]["EtatMadLigne"] == "OK"


def test_a_route_changed_has_another_outlet_and_the_line_is_made_available_there(talk):
    row = talk.order("eligible")
    talk.send("Cmd_Acces", row)
    before = talk.last("CR_Cmd_Acces")
    changed = rows(talk.twin.change_route("ZZZZ", row[KEY], "CHAUD", START))[0]
    assert changed["ReferencePrise"] != before["ReferencePrise"]
    assert changed["InformationFibrePBO N°1"] != before["InformationFibrePBO N°1"]
    talk.send("CR_STOC", stoc(talk, row[KEY]))
    assert talk.last("CR_MAD_LigneFTTH")["ReferencePrise"] == changed["ReferencePrise"]


def test_the_same_file_is_sent_again_under_another_number(talk):
    row = talk.order("eligible")
    sent = talk.send("Cmd_Acces", row)[-1]
    again = talk.twin.again(sent, START)
    assert again.name != sent.name
    assert again.data == sent.data
