"""Notices of planned works (SAV-09): told over HTTP, taken by the OC's port, judged."""

from __future__ import annotations

import pytest

from annexe5.campaign.works import CREATE, SERVICE, NoticeBoard, held_accesses, notice, tell
from annexe5.contract.profile import load_profile
from annexe5.findings import Severity
from annexe5.messages.contract import REQUEST, load_contract
from annexe5.messages.judge import judge_message
from annexe5.network import generate
from annexe5.parties.sav import NetworkAccesses, SavTwin
from tests.messages.conftest import NOW, spoil


def now():
    return NOW


@pytest.fixture(scope="module")
def network():
    return generate(5, 2000, oi="COVG", ocs=("ZZZZ",), today=NOW.date(), bigramme="CV")


@pytest.fixture
def told(network):
    sav = SavTwin(load_contract(SERVICE), NetworkAccesses(network), {"ZZZZ": None})
    return notice(sav, network, "ZZZZ", NOW)


@pytest.fixture
def taken(told):
    with NoticeBoard(load_profile(), now) as board:
        outcome = tell(board.url, told, oi="COVG", clock=now)
        assert board.wait(5)
        yield board, outcome, told


def judged(raw: bytes):
    return [(one.rule, one.requirement, one.severity) for one in judge_message(raw, SERVICE, REQUEST, CREATE)]


def test_a_notice_is_taken_at_the_oc_s_port(taken):
    board, outcome, told = taken
    assert outcome.accepted
    assert outcome.findings == ()
    assert list(board.desk.notices) == [told["troubleTicketValue"]["troubleTicketKey"]]


def test_a_good_notice_has_nothing_said_of_it(taken):
    board, _, _ = taken
    assert judged(board.served[0].request) == []


def test_a_notice_names_accesses_of_its_oc(network, told):
    listed = told["troubleTicketValue"]["FTTHMUTTroubleTicket"]["listImpactCommercialId"]
    assert listed.split(",") == [one.commercial_id for one in held_accesses(network, "ZZZZ")]


def test_the_same_notice_twice_is_refused(taken):
    board, _, told = taken
    again = tell(board.url, told, oi="COVG", clock=now)
    assert again.refusal.exception == "duplicateKeyException"


@pytest.mark.parametrize("field", ["supplierPlannedActionDate", r"listImpact\w+"])
def test_a_notice_that_says_less_gets_a_reserve_at_most(taken, field):
    board, _, _ = taken
    raw = spoil(board.served[0].request, rf"<[\w:-]*{field}>.*?</[\w:-]*{field}>", "")
    assert judged(raw) == [("TICKET-TRAVAUX", "SAV-09", Severity.RESERVE)]
