"""The instrument before the OC twin: what it sees, in which order, and what it holds against the OC."""

from contextlib import contextmanager

import pytest

from annexe5.campaign.journal import IN_MEMORY, Journal
from annexe5.campaign.oc_certification import Opening, open_instrument
from annexe5.campaign.oc_scene import OcScene
from annexe5.campaign.verdicts import Bloque, NonApplicable, NonConforme
from annexe5.exchange import Channel
from annexe5.parties.oc import Instruction
from annexe5.transport.edge import EventKind, FileEvent


@contextmanager
def seated(*defects: str):
    with Journal(IN_MEMORY) as journal, open_instrument(Opening(defects=defects), journal) as (instrument, _, _):
        yield instrument


@pytest.fixture
def instrument():
    with seated() as made:
        yield made


def rules(error: pytest.ExceptionInfo[NonConforme]) -> set[str]:
    return {one.rule for one in error.value.findings}


def test_every_exchange_is_written_down_with_its_bytes(instrument):
    scene = OcScene(instrument)
    scene.ask_for("eligible")
    scene.made_available()
    written = [one for one, _ in instrument.journal.exchanges()]
    called = [one for one in written if one.channel is Channel.SOAP]
    assert [one.sender for one in called] == ["ZZZZ", "COVG"]  # the order help, asked and answered
    files = [one for one in written if one not in called]
    assert [one.name.split("_", 2)[2].split("_V12_", 1)[0] for one in files] == [
        "CMD_ACCES", "ARCMD_ACCES", "CrCMD_ACCES", "CMDSTOC", "CrSTOC", "CrMADL",
    ]  # fmt: skip
    assert all(one.data for one in written)
    assert [one.exchange.number for one in instrument.observations] == list(range(1, 9))


def test_another_journal_gets_what_came_meanwhile(instrument):
    OcScene(instrument).ask_for("eligible")
    instrument.settle()
    with Journal(IN_MEMORY) as other:
        instrument.journal = other
        assert len(list(other.exchanges())) == len(instrument.observations) > 0
        OcScene(instrument).ask_for("eligible")
        assert len(list(other.exchanges())) == len(instrument.observations)
        instrument.settle()


def test_an_answer_counts_from_the_moment_the_oc_has_read_it(instrument):
    scene = OcScene(instrument)
    scene.hold("Cmd_STOC")
    scene.ask_for("eligible")
    scene.heard("CR_OK")
    instrument.driver.standing.stop()  # the OC looks no more
    scene.release("Cmd_STOC")
    kinds = [one.kind for one in instrument.events(scene.order.reference)]
    assert kinds == ["CMD", "AR_OK", "CR_OK"]
    assert [one.read for one in instrument.uncollected()] == [0]
    instrument.driver.standing.start()
    scene.subcontracted()


def test_what_the_oc_does_not_declare_is_not_applicable(instrument):
    instrument.driver.able = frozenset({"commander"})
    scene = OcScene(instrument)
    scene.ask_for("eligible")
    with pytest.raises(NonApplicable, match="annuler"):
        scene.cancel()


def test_addresses_run_out_with_a_remedy(instrument):
    for _ in instrument.rows["pto_connue"]:
        instrument.row_of("pto_connue")
    with pytest.raises(Bloque, match="taille"):
        instrument.row_of("pto_connue")


def test_an_ordinary_oi_again_after_a_scenario(instrument):
    scene = OcScene(instrument)
    scene.hold("AR_Cmd_Acces")
    scene.refuse("AR", "FADR01")
    scene.leave_in_place()
    instrument.reset()
    scene = OcScene(instrument)
    scene.ask_for("eligible")
    scene.subcontracted()


def test_a_file_dropped_elsewhere_is_seen_and_not_answered():
    with seated("oc-dossier-pm") as instrument:
        scene = OcScene(instrument)
        with pytest.raises(NonConforme) as error:
            scene.ask_for("eligible")
        assert rules(error) == {"DOS-FLUX"}
        assert error.value.findings[0].requirement == "TRA-08"
        assert instrument.deliveries == {}


def test_a_file_swept_unread_is_held_against_the_oc():
    with seated("oc-balaie-out") as instrument:
        scene = OcScene(instrument)
        scene.ask_for("eligible")
        instrument.settle()
        scene.arrives_meanwhile()
        instrument.ask(Instruction("annuler", (), scene.order.reference))
        with pytest.raises(NonConforme) as error:
            scene.nothing_else_deleted()
        assert rules(error) == {"TRA-SUPPRESSION-TIERS"}


def test_a_file_read_and_left_is_held_against_the_oc_in_the_end():
    with seated("oc-sans-suppression") as instrument:
        OcScene(instrument).ask_for("eligible")
        instrument.settle()
        assert {one.rule for one in instrument.loose} == {"TRA-RESTE"}


def test_a_good_oc_leaves_nothing_against_it(instrument):
    scene = OcScene(instrument)
    scene.ask_for("eligible")
    scene.made_available()
    scene.plug()
    scene.says("MES")
    instrument.settle()
    assert instrument.loose == ()
    assert instrument.uncollected() == []
    assert all(not one.findings for one in instrument.judge(instrument.references).values())


def test_a_folder_made_by_the_oc_is_held_against_it(instrument):
    made = FileEvent(EventKind.UNEXPECTED, "ZZZZ", "IN/COVG/CV/archive", instrument.clock(), detail="dossier créé")
    instrument.on_event(made)
    assert [one.rule for one in instrument.strays] == ["TRA-ENTREE-INATTENDUE"]


@pytest.mark.parametrize("event", ["IN/COVG/CV/x.csv.tmp", "OUT/COVG/CV/x.csv.tmp", "OUT/COVG/CV/autre/x.csv"])
def test_what_is_provisional_or_elsewhere_may_be_deleted(instrument, event):
    instrument.on_event(FileEvent(EventKind.REMOVED, "ZZZZ", event, instrument.clock()))
    assert instrument.strays == []


def test_another_account_is_none_of_its_business(instrument):
    instrument.on_event(FileEvent(EventKind.REMOVED, "AUTR", "IN/COVG/CV/x.csv", instrument.clock()))
    assert instrument.strays == []


def test_a_reference_that_serves_twice_is_told_with_where_it_stood():
    with seated("oc-reference-reemployee") as instrument:
        OcScene(instrument).ask_for("eligible")
        with pytest.raises(NonConforme) as error:
            OcScene(instrument).ask_for("eligible")
        assert rules(error) == {"CROISE-CMD-DOUBLE"}
        assert "_CMD_ACCES_" in error.value.message


def test_the_oc_s_own_key_is_judged(instrument):
    OcScene(instrument).key_fits()
    with seated("oc-cle-hors-contrat") as wrong, pytest.raises(NonConforme) as error:
        OcScene(wrong).key_fits()
    assert rules(error) == {"TRA-CLE-TAILLE"}


def test_data_that_are_not_as_served_are_told():
    with seated("oc-minuscules") as instrument:
        scene = OcScene(instrument)
        scene.ask_for("eligible")
        assert {"OC-CHAMP-SERVI"} == {one.rule for one in scene.findings}
