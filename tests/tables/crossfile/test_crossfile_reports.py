"""The finer points of reports against the IPE and the order: which IPE, which row, which OC."""

import pytest

from annexe5.tables.crossfile import cross_check

IPE = "COVAGE_ZMD_COVG_PM_IPEZMD_V22_{}_000001.csv"
CR = "COVAGE_ZMD_COVG_{}_77023_PM_77011616R_CRMAD_V22_{}_000001.csv"
CMD = "COVAGE_ZMD_COVG_ZZZZ_PM_77011616R_V22_{}_000001.csv"
ACCES = "COVG_{}_CMD_ACCES_V12_20170407_{}.csv"
AR = "COVG_{}_ARCMD_ACCES_V12_20170407_1.csv"
KEY = "ReferenceCommandePriseInterneOC"


@pytest.fixture
def judge(batch_of):
    def run(*files):
        return cross_check(batch_of(files))

    return run


def rules(found):
    return [one.rule for one in found]


def test_the_ipe_in_force_is_the_last_one_before_the_report(judge):
    other = {"NombreLogementsAdresseIPE": "9"}

    assert judge(
        {"name": IPE.format("20170327"), "rows": [other]},
        {"name": IPE.format("20170403"), "rows": [{}]},
        {"name": IPE.format("20170410"), "rows": [other]},
        {"name": CR.format("ZZZZ", "20170407"), "rows": [{}]},
    ) == []  # fmt: skip


def test_without_an_earlier_ipe_the_first_later_one_serves_but_proves_no_absence(judge):
    other = {"IdentifiantImmeuble": "B", "BatimentImmeuble": "B"}

    found = judge(
        {"name": IPE.format("20170410"), "rows": [{"NombreLogementsAdresseIPE": "9"}, other]},
        {"name": CR.format("ZZZZ", "20170407"), "rows": [{}]},
    )

    assert rules(found) == ["CROISE-CRMAD-LOGEMENTS"]
    assert (found[0].value, found[0].expected, found[0].line) == ("8", "9", 2)
    assert "(ligne 2)" in found[0].message.fr


def test_dwellings_are_compared_building_by_building(judge):
    first = {"IdentifiantImmeuble": "", "BatimentImmeuble": "A", "NombreLogementsAdresseIPE": "3"}
    second = {"IdentifiantImmeuble": "", "BatimentImmeuble": "B", "NombreLogementsAdresseIPE": "5"}

    assert judge(
        {"name": IPE.format("20170403"), "rows": [first, second]},
        {"name": CR.format("ZZZZ", "20170407"), "rows": [second, first]},
    ) == []  # fmt: skip


def test_an_unknown_pm_is_told_once_and_not_address_by_address(judge):
    found = judge(
        {"name": IPE.format("20170403"), "rows": [{"ReferencePM": "77011617R"}]},
        {"name": CR.format("ZZZZ", "20170407"), "rows": [{}]},
    )

    assert rules(found) == ["CROISE-PM-INCONNU"]
    assert found[0].requirement == "PM-05"


def test_reports_to_two_oc_are_not_compared(judge):
    assert judge(
        {"name": CR.format("ZZZZ", "20170407"), "rows": [{}]},
        {"name": CR.format("YYYY", "20170509"), "rows": [{"DatePremiereMADPM": "20160301"}]},
    ) == []  # fmt: skip


def test_without_an_ipe_nothing_is_said_of_pms(judge):
    assert judge({"name": CR.format("ZZZZ", "20170407"), "rows": [{}]}) == []


def test_a_report_that_cites_an_order_outside_the_batch_is_not_judged_on_it(judge):
    assert judge(
        {"name": CMD.format("20170405"), "rows": [{"ReferenceCommandePMInterneOC": "AUTRE", "TypeCommandePM": "UNIT"}]},
        {"name": CR.format("ZZZZ", "20170407"), "rows": [{}]},
    ) == []  # fmt: skip


def test_works_announced_across_easter_count_working_days_only(judge):
    name = "COVAGE_ZMD_COVG_ZZZZ_PM_77011616R_INTERP_V22_20170413_000001.csv"

    assert rules(judge({"name": name, "rows": [{"DateAdduction": "20170417"}]})) == ["INTERP-PREAVIS"]
    assert judge({"name": name, "rows": [{"DateAdduction": "20170418"}]}) == []


def test_the_fifteenth_working_day_after_the_works_is_in_time(judge):
    name = "COVAGE_ZMD_COVG_ZZZZ_PM_77011616R_ADDU_V22_{}_000001.csv"
    works = {"rows": [{"DateAdduction": "20170418"}]}

    assert judge({"name": name.format("20170511"), **works}) == []
    assert [one.expected for one in judge({"name": name.format("20170512"), **works})] == ["20170511"]


def test_one_reference_twice_in_one_file_is_left_to_the_rules_of_one_file(judge):
    twice = [{KEY: "R1"}, {KEY: "R1"}]

    assert judge({"name": ACCES.format("ZZZZ", 1), "as_is": twice}) == []


def test_two_oc_may_use_the_same_reference(judge):
    assert judge(
        {"name": ACCES.format("ZZZZ", 1), "as_is": [{KEY: "R1"}]},
        {"name": ACCES.format("YYYY", 1), "as_is": [{KEY: "R1"}]},
    ) == []  # fmt: skip


def test_an_answer_is_looked_up_among_its_own_oc_orders(judge):
    found = judge(
        {"name": ACCES.format("ZZZZ", 1), "as_is": [{KEY: "R1"}]},
        {"name": ACCES.format("YYYY", 1), "as_is": [{KEY: "R2"}]},
        {"name": AR.format("ZZZZ"), "as_is": [{KEY: "R1"}, {KEY: "R2"}]},
    )

    assert [(one.rule, one.line, one.value, one.requirement) for one in found] == [
        ("CROISE-ACCES-INCONNUE", 3, "R2", "ACC-04")
    ]


def test_without_an_order_in_the_batch_nothing_is_said_of_answers(judge):
    assert judge({"name": AR.format("ZZZZ"), "as_is": [{KEY: "R2"}]}) == []


def test_letter_case_and_empty_cells_make_no_difference_of_address(judge):
    ordered = {
        KEY: "R1",
        "CodeAdresseImmeuble": "77023042AB",
        "CommuneImmeuble": "Commune-Test",
        "NumeroVoieImmeuble": "",
    }

    assert judge(
        {"name": IPE.format("20170403"), "rows": [{}]},
        {"name": ACCES.format("ZZZZ", 1), "as_is": [ordered]},
    ) == []  # fmt: skip


def test_an_address_of_several_pms_may_be_ordered_on_any(judge):
    on_the_second = {KEY: "R1", "CodeAdresseImmeuble": "77023042AB", "ReferencePm": "77011617R"}

    assert judge(
        {"name": IPE.format("20170403"), "rows": [{}, {"IdentifiantImmeuble": "B", "ReferencePM": "77011617R"}]},
        {"name": ACCES.format("ZZZZ", 1), "as_is": [on_the_second]},
    ) == []  # fmt: skip
