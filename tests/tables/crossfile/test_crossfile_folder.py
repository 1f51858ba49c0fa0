"""A folder of files as they are sent: opened by name, judged one by one and against one another."""

from datetime import date

import pytest

from annexe5.contract.names import build_name
from annexe5.contract.profile import load_profile
from annexe5.findings import Verdict
from annexe5.tables import judge_file, load_table, write_rows
from annexe5.tables.crossfile import cross_check, open_batch, together

PROFILE = load_profile()
SENT = {
    "IPE": date(2017, 4, 3),
    "CPN": date(2017, 4, 7),
    "Cmd_Info_Pm": date(2017, 4, 5),
    "CR_MAD_Pm": date(2017, 4, 7),
    "Notif_Interv_Prev": date(2017, 4, 7),
    "CR_InfoSyndic": date(2017, 4, 10),
    "Notif_Adduction": date(2017, 5, 2),
    "CR_NotifAdduction": date(2017, 5, 3),
}


@pytest.fixture
def send(tmp_path):
    def write(flow, **changes):
        name = build_name(PROFILE, flow, oi="COVG", oc="ZZZZ", pm="77011616R", insee="77023", date=SENT[flow], seq=1)
        path = tmp_path / name
        path.write_bytes(write_rows(load_table(flow), [{**load_table(flow).example, **changes}]))
        return path

    return write


def test_a_coherent_folder_of_every_pm_flow_is_conforme(send, tmp_path):
    paths = [send(flow) for flow in SENT]

    assert {judge_file(path, load_table(flow)).verdict for flow, path in zip(SENT, paths, strict=True)} == {
        Verdict.CONFORME
    }
    assert cross_check(open_batch(tmp_path.iterdir(), PROFILE), PROFILE) == []


def test_what_only_the_folder_shows_is_told_in_the_file_that_says_it(send, tmp_path):
    for flow in SENT:
        send(flow)
    catalogue = send("CPN", ReferencePM="77011999R")
    report = send(
        "CR_MAD_Pm", NombreLogementsAdresseIPE="6", NombreLogementsMadPM="6", NombreLogementsPrestationPBs="6"
    )

    found = cross_check(open_batch(sorted(tmp_path.iterdir()), PROFILE), PROFILE)

    assert judge_file(catalogue, load_table("CPN")).findings == ()
    assert judge_file(report, load_table("CR_MAD_Pm")).findings == ()
    assert {(one.rule, one.path, one.line, one.value) for one in found} == {
        ("CROISE-PM-INCONNU", str(catalogue), 2, "77011999R"),
        ("CROISE-CRMAD-LOGEMENTS", str(report), 2, "6"),
    }


def test_a_folder_is_judged_as_a_whole_each_file_with_its_own_findings(send, tmp_path):
    reports = {}
    for flow in SENT:
        path = send(flow, **({"ReferencePM": "77011999R"} if flow == "CPN" else {}))
        reports[flow] = judge_file(path, load_table(flow))

    whole = together(list(reports.values()), sorted(tmp_path.iterdir()), PROFILE)

    verdicts = {one.flow: one.verdict for one in whole}
    assert verdicts.pop("CPN") is Verdict.NON_CONFORME
    assert set(verdicts.values()) == {Verdict.CONFORME}
