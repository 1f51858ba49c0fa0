"""The finer points of IPE histories: several files, several OIs, identifiers that change, lots, dates unknown."""

from dataclasses import replace

import pytest

from annexe5.tables.crossfile import cross_check, history

DEPLOYE, CIBLE, GONE = "DEPLOYE", "CIBLE", "ABANDONNE"


def ipe(date: str, seq: int = 1, oi: str = "COVG") -> str:
    return f"COVAGE_ZMD_{oi}_PM_IPEZMD_V22_{date}_{seq:06d}.csv"


def row(number: int, state: str = DEPLOYE, **more: str) -> dict[str, str]:
    return {
        "IdentifiantImmeuble": f"I{number}",
        "CodeAdresseImmeuble": f"7702300{number:03d}",
        "EtatImmeuble": state,
    } | more


@pytest.fixture
def judge(file_of):
    def run(*weeks, **options):
        return cross_check([file_of(name, rows) for name, rows in weeks], **options)

    return run


def told(findings):
    return [(one.rule, one.path, one.line, one.value, one.expected) for one in findings]


def test_only_the_rows_that_went_back_are_told_on_their_lines(judge):
    found = judge(
        (ipe("20170403"), [row(1), row(2), row(3)]),
        (ipe("20170410"), [row(3), row(2, CIBLE), row(1, "SIGNE"), row(4)]),
    )

    assert told(found) == [
        ("CROISE-IPE-ETAT", ipe("20170410"), 3, CIBLE, DEPLOYE),
        ("CROISE-IPE-ETAT", ipe("20170410"), 4, "SIGNE", DEPLOYE),
    ]
    assert f"ligne 3 de {ipe('20170403')}" in found[0].message.fr


def test_files_are_compared_in_time_whatever_their_order_in_the_batch(judge):
    assert judge((ipe("20170410"), [row(1)]), (ipe("20170403"), [row(1, CIBLE)])) == []


def test_two_files_of_one_day_follow_their_sequence(judge):
    assert judge((ipe("20170403", 2), [row(1)]), (ipe("20170403", 1), [row(1, CIBLE)])) == []


def test_an_address_reopened_after_its_end_went_back(judge):
    found = judge((ipe("20170403"), [row(1, GONE)]), (ipe("20170410"), [row(1, CIBLE)]))

    assert told(found) == [("CROISE-IPE-ETAT", ipe("20170410"), 2, CIBLE, GONE)]


def test_a_state_that_is_none_is_left_to_the_rules_of_one_file(judge):
    assert (
        judge((ipe("20170403"), [row(1)]), (ipe("20170410"), [row(1, "EN PANNE")]), (ipe("20170417"), [row(1)])) == []
    )


def test_each_oi_has_its_own_history(judge):
    assert judge((ipe("20170403"), [row(1)]), (ipe("20170410", oi="AUTR"), [row(1, CIBLE)])) == []


def test_an_address_without_identifier_is_followed_by_code_and_building(judge):
    one = {"IdentifiantImmeuble": "", "BatimentImmeuble": "A"}
    two = {"IdentifiantImmeuble": "", "BatimentImmeuble": "B"}

    found = judge(
        (ipe("20170403"), [row(1, **one), row(1, **two)]),
        (ipe("20170410"), [row(1, **two), row(1, CIBLE, **one)]),
    )

    assert [(one.rule, one.line) for one in found] == [("CROISE-IPE-ETAT", 3)]


def test_an_identifier_that_changes_while_the_address_stands_is_no_departure(judge):
    assert judge((ipe("20170403"), [row(1)]), (ipe("20170410"), [row(1, IdentifiantImmeuble="NOUVEAU")])) == []


@pytest.mark.parametrize(("left", "expected"), [("20170703", ["CROISE-IPE-ABANDON"]), ("20170704", [])])
def test_three_months_count_from_the_last_file_that_showed_the_address_alive(judge, left, expected):
    found = judge(
        (ipe("20170403"), [row(1), row(2)]),
        (ipe("20170410"), [row(1), row(2, GONE)]),
        (ipe("20170626"), [row(1), row(2, GONE)]),
        (ipe(left), [row(1)]),
    )

    assert [one.rule for one in found] == expected
    assert [one.expected for one in found] == ["20170703"] * len(expected)


@pytest.mark.parametrize(("still", "expected"), [("20170710", []), ("20170711", ["CROISE-IPE-ABANDON-LONG"])])
def test_one_week_of_grace_after_three_months(judge, still, expected):
    found = judge((ipe("20170403"), [row(1, GONE)]), (ipe(still), [row(1, GONE)]))

    assert [one.rule for one in found] == expected


def test_an_ipe_without_date_has_no_place_in_a_history(file_of):
    dated, undated = file_of(ipe("20170403"), [row(1)]), file_of(ipe("20170410"), [row(1, CIBLE)])

    assert cross_check([dated, replace(undated, facts={"oi": "COVG"})]) == []


def test_an_address_abandoned_before_the_first_file_may_leave(judge):
    assert judge((ipe("20170403"), [row(1), row(2, GONE)]), (ipe("20170410"), [row(1)])) == []


def test_a_departure_is_told_once(judge):
    found = judge((ipe("20170403"), [row(1), row(2)]), (ipe("20170410"), [row(1)]), (ipe("20170417"), [row(1)]))

    assert told(found) == [("CROISE-IPE-DISPARITION", ipe("20170410"), None, None, DEPLOYE)]
    assert f"ligne 3 de {ipe('20170403')}" in found[0].message.fr


def test_the_first_making_available_is_compared_with_the_last_file_that_gave_it(judge):
    moved = {"DatePremiereMADPM": "20160211"}

    found = judge(
        (ipe("20170403"), [row(1)]),
        (ipe("20170410"), [row(1, DatePremiereMADPM="")]),
        (ipe("20170417"), [row(1, **moved)]),
    )

    assert [(one.path, one.value, one.expected) for one in found if one.rule == "CROISE-IPE-PREMIERE-MAD"] == [
        (ipe("20170410"), "", "20160210"),
        (ipe("20170417"), "20160211", "20160210"),
    ]


def test_lots_and_blocks_change_nothing(judge, monkeypatch):
    before = [row(number, CIBLE if number % 3 else DEPLOYE) for number in range(200)]
    after = [row(number, DEPLOYE if number % 5 else CIBLE) for number in reversed(range(20, 220))]
    whole = judge((ipe("20170403"), before), (ipe("20170410"), after))

    monkeypatch.setattr(history, "_LOT", 7)

    assert {one.rule for one in whole} == {"CROISE-IPE-ETAT", "CROISE-IPE-DISPARITION"}
    assert judge((ipe("20170403"), before), (ipe("20170410"), after)) == whole


def test_many_breaches_are_counted_and_the_first_ones_told(judge):
    before, after = [row(number) for number in range(300)], [row(number, CIBLE) for number in range(300)]

    found = judge((ipe("20170403"), before), (ipe("20170410"), after), samples=10)

    assert [one.line for one in found] == list(range(2, 12))
    assert sum(one.count for one in found) == 300


def test_some_rules_only(judge):
    weeks = ((ipe("20170403"), [row(1), row(2)]), (ipe("20170410"), [row(1, CIBLE)]))

    assert {one.rule for one in judge(*weeks)} == {"CROISE-IPE-ETAT", "CROISE-IPE-DISPARITION"}
    assert {one.rule for one in judge(*weeks, rules={"CROISE-IPE-ETAT"})} == {"CROISE-IPE-ETAT"}
