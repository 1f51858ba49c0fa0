"""The OC twin on the PM process: what it sends when asked, what it answers, without I/O; and the OI twin opposite."""

from datetime import UTC, date, datetime

import pytest

from annexe5.contract.calendar import Calendar
from annexe5.contract.names import parse_name
from annexe5.contract.profile import load_profile
from annexe5.errors import UsageError
from annexe5.exchange import Exchange
from annexe5.network import generate
from annexe5.parties.oc import Instruction, OcTwin
from annexe5.parties.oi import OiTwin
from annexe5.tables import load_table, read_rows

PROFILE = load_profile()
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
CALENDAR = Calendar(PROFILE.jours_ouvres)


@pytest.fixture
def both():
    network = generate(5, 900, oi="COVG", ocs=("ZZZZ",), today=NOW.date(), bigramme="CV")
    oi = OiTwin(network, PROFILE, "COVG", "CV")
    oi.join_pm()
    return OcTwin(PROFILE, "COVG", "CV", "ZZZZ"), oi


def talk(oc: OcTwin, oi: OiTwin, files: list[Exchange]) -> list[Exchange]:
    """Let both answer each other until nobody has anything to say."""
    said, waiting = [], list(files)
    while waiting:
        one = waiting.pop(0)
        said.append(one)
        waiting += (oi if one.sender == "ZZZZ" else oc).receive(one)
    return said


def row(file: Exchange) -> dict:
    return dict(read_rows(file.data, load_table(parse_name(PROFILE, file.name).flow)).rows[0].values)


def an_open_pm(oi: OiTwin):
    return next(pm for pm in oi.network.iter_pms() if pm.etat == "DEPLOYE" and "LOCA" in pm.prestations[0].regimes)


@pytest.mark.parametrize("kind", ["COFI", "UNIT"])
def test_an_order_goes_from_the_request_to_the_acknowledgement_of_its_report(both, kind):
    oc, oi = both
    pm = an_open_pm(oi)
    said = talk(oc, oi, oc.act(Instruction("commander_pm", (), pm.reference, kind), NOW))
    assert [one.sender for one in said] == ["ZZZZ", "COVG", "COVG", "COVG", "ZZZZ"]
    assert row(said[0])["TypeCommandePM"] == kind
    assert oi.pm.acknowledged == {said[3].name}
    assert oc.pm.services == {pm.reference: pm.prestations[0].reference}
    assert set(oc.pm.orders.values()) == {"OK"}
    assert not oi.incidents


def test_a_rejected_order_is_left_there(both):
    oc, oi = both
    said = talk(oc, oi, oc.act(Instruction("commander_pm", (), "99999999R", "COFI"), NOW))
    assert len(said) == 2
    assert set(oc.pm.orders.values()) == {"KO"}


@pytest.mark.parametrize(("planned", "announced"), [(1, 2), (2, 2), (8, 8)])
def test_works_are_put_off_until_the_oi_has_its_notice(both, planned, announced):
    oc, oi = both
    day = CALENDAR.add(NOW.date(), planned)
    [file] = oc.act(Instruction("planifier_travaux", (), an_open_pm(oi).reference, jour=day), NOW)
    assert row(file)["DateAdduction"] == f"{CALENDAR.add(NOW.date(), announced):%Y%m%d}"


def test_an_adduction_is_notified_after_its_documents_and_accepted(both):
    oc, oi = both
    asked = Instruction("notifier_adduction", (), an_open_pm(oi).reference, jour=date(2026, 11, 20))
    *documents, notified, answer = talk(oc, oi, oc.act(asked, NOW))
    assert [one.name.rpartition("_")[2] for one in documents] == ["PHOTO.png", "FICHE.pdf"]
    assert row(notified)["DateAdduction"] == "20261120"
    assert row(answer)["EtatAdduction"] == "OK"


def test_a_report_that_answers_nobody_or_cannot_be_read_is_not_acknowledged(both):
    oc, oi = both
    pm = an_open_pm(oi).reference
    order = oc.act(Instruction("commander_pm", (), pm, "COFI"), NOW)[0]
    *_, report = oi.receive(order)
    stranger = OcTwin(PROFILE, "COVG", "CV", "ZZZZ")
    assert stranger.receive(report) == []
    broken = Exchange(NOW, report.channel, "COVG", "ZZZZ", report.name, report.folder, report.data.replace(b";", b","))
    assert oc.receive(broken) == []
    assert len(oc.receive(report)) == 1


def test_what_makes_no_sense_is_told(both):
    with pytest.raises(UsageError, match="planifier_travaux"):
        both[0].act(Instruction("planifier_travaux", (), "77011616R"), NOW)
