from dataclasses import replace
from datetime import timedelta

import pytest
import sample
from lxml import etree

from annexe5.contract.profile import load_profile
from annexe5.evidence.sequence import deadlines, draw

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def result():
    return sample.campaign()


def _svg(order, **more):
    return etree.fromstring(str(draw(order, oc=sample.OC, oi=sample.OI, **more)))


def _texts(svg):
    return ["".join(node.itertext()) for node in svg.iter("{*}text", "text")]


def test_each_event_is_an_arrow_from_its_sender(result):
    svg = _svg(result.orders[0])
    arrows = [line for line in svg.iter("line") if line.get("class") == "arrow"]

    assert [int(one.get("x1")) < int(one.get("x2")) for one in arrows] == [True, False, False]
    assert "AR_Cmd_Acces OK" in _texts(svg)
    assert "ACC-04" in _texts(svg)


def test_moments_are_those_of_paris(result):
    texts = _texts(_svg(result.orders[0]))

    assert "07/04/2026" in texts
    assert "09:30:00" in texts


def test_a_deadline_kept_is_told_from_one_broken(result):
    due = deadlines(result.orders[0], load_profile(), now=result.ended)

    assert [(one.flow, one.state) for one in due] == [("AR_Cmd_Acces", "kept"), ("CR_Cmd_Acces", "broken")]
    assert any("délai du 08/04 23:59 : hors délai de " in text for text in _texts(_svg(result.orders[0], due=due)))


def test_an_answer_that_never_came_is_drawn_where_it_was_expected(result):
    due = deadlines(result.orders[1], load_profile(), now=result.ended)
    svg = _svg(result.orders[1], due=due)

    assert [(one.flow, one.state, one.answer, one.from_oi) for one in due] == [("AR_Cmd_Acces", "broken", None, True)]
    assert len([line for line in svg.iter("line") if line.get("class") == "arrow ghost"]) == 1


def test_an_answer_still_within_its_time_is_awaited(result):
    due = deadlines(result.orders[1], load_profile(), now=sample.START + timedelta(hours=1))

    assert [one.state for one in due] == ["waiting"]


def test_what_a_cancellation_ended_is_no_longer_awaited(result):
    first = result.orders[1].events[0]
    cancelled = replace(first, flow="CR_Annulation_Acces", outcome="ANNUL", sender=sample.OI, at=first.at + DAY)
    order = replace(result.orders[1], events=(first, cancelled))

    assert deadlines(order, load_profile(), now=first.at + 9 * DAY) == ()


def test_a_mail_says_that_it_is_one(result):
    svg = _svg(result.orders[0], channels={result.orders[0].events[0].exchange: "mail"})

    assert "Cmd_Acces (mail)" in _texts(svg)


def test_a_hostile_reference_stays_text(result):
    order = replace(result.orders[0], reference='"><script>alert(1)</script>')

    assert "<script>" not in str(draw(order, oc=sample.OC, oi=sample.OI))
