"""The OI twin on the PM process: what it diffuses and when, how it answers, without I/O."""

from datetime import UTC, date, datetime, timedelta

import pytest

from annexe5.contract.companions import companion_name, read_companion
from annexe5.contract.names import build_name, parse_name
from annexe5.contract.profile import load_profile
from annexe5.exchange import Channel, Exchange
from annexe5.messages.documents import is_whole
from annexe5.network import generate
from annexe5.parties import pm_documents
from annexe5.parties.defects import make
from annexe5.parties.oi import OiTwin
from annexe5.parties.pm_oi import PmPace
from annexe5.tables import load_table, read_rows, write_rows
from annexe5.tables.api import judge_bytes
from annexe5.tables.crossfile import cross_check, open_batch
from annexe5.tables.octets import from_bytes

PROFILE = load_profile()
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)  # a Wednesday
WEEK = timedelta(days=7)
MONDAY = datetime(2026, 11, 30, 5, 0, tzinfo=UTC)  # 6 o'clock in Paris


def a_twin(*defects: str, pace: PmPace | None = None) -> OiTwin:
    network = generate(5, 1200, oi="COVG", ocs=("ZZZZ",), today=date(2026, 11, 25), bigramme="CV")
    twin = OiTwin(network, PROFILE, "COVG", "CV", defects=make(defects, "oi"))
    twin.join_pm(pace)
    return twin


def sent(flow: str, pm: str, row: dict, at: datetime = NOW, seq: int = 1) -> Exchange:
    name = build_name(PROFILE, flow, oi="COVG", oc="ZZZZ", pm=pm, date=at.date(), seq=seq)
    return Exchange(at, Channel.SFTP, "ZZZZ", "COVG", name, "IN/COVG/CV/PM", write_rows(load_table(flow), [row]))


def ordered(pm: str, reference: str = "REF1", at: datetime = NOW, seq: int = 1, **changes: str) -> Exchange:
    row = {
        "ReferenceCommandePMInterneOC": reference, "ReferencePM": pm, "TypeCommandePM": "COFI",
        "ChoixTechniqueOC": "P", "DateCommandePM": f"{at:%Y%m%d}",
    }  # fmt: skip
    return sent("Cmd_Info_Pm", pm, row | changes, at, seq)


def beside(exchange: Exchange, what: str, data: bytes) -> Exchange:
    return Exchange(
        exchange.at, Channel.SFTP, "ZZZZ", "COVG", companion_name(PROFILE, what, exchange.name), exchange.folder, data
    )


def flows(files) -> list[str]:
    told = []
    for one in files:
        goes_with = read_companion(PROFILE, one.name)
        read = parse_name(PROFILE, one.name)
        told.append(goes_with.companion.id if goes_with else read.flow)
    return told


def rows(file: Exchange, table: str = "") -> list:
    return [row.values for row in read_rows(file.data, load_table(table or parse_name(PROFILE, file.name).flow)).rows]


def pms(twin: OiTwin, **wanted) -> list:
    found = [pm for pm in twin.network.iter_pms() if all(getattr(pm, key) == value for key, value in wanted.items())]
    assert found
    return found


def open_pm(twin: OiTwin, regime: str = "LOCA"):
    return next(pm for pm in pms(twin, etat="DEPLOYE") if regime in pm.prestation("ZZZZ").regimes)


def test_ipe_and_cpn_are_handed_over_at_once_then_the_ipe_comes_each_monday_morning():
    twin = a_twin()
    twin.pm.open(NOW)
    assert flows(twin.tick(NOW)) == ["IPE", "CPN"]
    for week in range(3):
        monday = MONDAY + week * WEEK
        assert set(flows(twin.tick(monday - timedelta(seconds=1)))) <= {"CPN"}
        [ipe] = twin.tick(monday)
        assert parse_name(PROFILE, ipe.name).issued == monday.date()
        assert ipe.folder == "OUT/COVG/CV/PM"


def test_what_is_diffused_over_four_months_breaks_no_rule_of_its_own_nor_between_files():
    twin = a_twin()
    twin.pm.open(NOW)
    files = twin.tick(NOW)
    while len(files) < 24:
        files += twin.tick(twin.next_due)
    for one in files:
        assert not judge_bytes(one.data, load_table(parse_name(PROFILE, one.name).flow), path=one.name).findings
    assert not cross_check(open_batch([from_bytes(one.data, one.name) for one in files], PROFILE), PROFILE)
    states = [tuple(row["EtatImmeuble"] for row in rows(one)) for one in files if "_IPEZMD_" in one.name]
    assert len(set(states)) > 3  # weeks do bring something


def test_a_cpn_leaves_the_day_a_pm_opens_and_names_it():
    twin = a_twin()
    twin.pm.open(NOW)
    twin.tick(NOW)
    opening = next(pm for pm in twin.network.iter_pms() if twin.pm.weeks.ouverture(pm))
    day = twin.pm.weeks.ouverture(opening)
    files = []
    while twin.next_due.date() <= day:
        files += twin.tick(twin.next_due)
    [cpn] = [one for one in files if "_CPN_" in one.name and parse_name(PROFILE, one.name).issued == day]
    assert opening.reference in {row["ReferencePM"] for row in rows(cpn)}


@pytest.mark.parametrize("kind", ["UNIT", "COFI"])
def test_an_order_is_acknowledged_then_reported_with_the_plan_before_the_report(kind):
    twin = a_twin()
    pm = open_pm(twin, {"UNIT": "LOCA"}.get(kind, kind))
    ar, plan, report = twin.receive(ordered(pm.reference, TypeCommandePM=kind))
    assert flows([ar, plan, report]) == ["ar_commande", "plan", "CR_MAD_Pm"]
    assert rows(ar, PROFILE.companion("ar_commande").table)[0]["EtatArCommandePM"] == "OK"
    assert plan.name == report.name.replace(".csv", ".pdf")
    assert is_whole(plan.name, plan.data)
    assert pm.reference.encode() in plan.data
    told = rows(report)
    deployed = [one for one in twin.network.zone_arriere(pm) if one.etat == "DEPLOYE"]
    assert len(told) == len(deployed)
    assert {(row["TypeCommandePM"], row["ReferenceCommandePMInterneOC"]) for row in told} == {(kind, "REF1")}
    assert not judge_bytes(report.data, load_table("CR_MAD_Pm"), path=report.name).findings


def test_an_update_repeats_the_first_date_and_lists_what_was_deployed_since():
    twin = a_twin()
    pm = next(
        one
        for one in pms(twin, etat="DEPLOYE")
        if twin.pm.weeks.pm(one, date(2027, 3, 1)).logements_deployes > one.logements_deployes
    )
    first = rows(twin.receive(ordered(pm.reference))[-1])
    later = datetime(2027, 3, 1, 9, tzinfo=UTC)
    second = rows(twin.receive(ordered(pm.reference, "REF2", later, 2))[-1])
    assert len(second) > len(first)
    assert {row["DatePremiereMADPM"] for row in first} == {row["DatePremiereMADPM"] for row in second}
    assert second[0]["NatureCR"] != first[0]["NatureCR"]


REJECTED = {
    "FIMP07": lambda twin: ordered("99999999R"),
    "FIMP09": lambda twin: ordered(pms(twin, etat="PLANIFIE")[0].reference),
    "FIMP06": lambda twin: ordered(
        next(pm for pm in pms(twin, etat="DEPLOYE") if pm.prestation("ZZZZ").regimes == ("COFI",)).reference,
        TypeCommandePM="UNIT",
    ),
    "FIMP12": lambda twin: ordered(open_pm(twin).reference, TypeCommandePM="LOCA"),
    "FIMP15": lambda twin: ordered(open_pm(twin).reference, DateCommandePM=""),
    "FIMP16": lambda twin: ordered(open_pm(twin).reference, ReferencePM="77000000R"),
}


@pytest.mark.parametrize("code", REJECTED)
def test_an_order_that_cannot_be_taken_is_rejected_at_its_acknowledgement_and_gets_no_report(code):
    twin = a_twin()
    [ar] = twin.receive(REJECTED[code](twin))
    [row] = rows(ar, PROFILE.companion("ar_commande").table)
    assert (row["EtatArCommandePM"], row["MotifKoArCommandePM"]) == ("KO", code)


def test_a_reference_serves_once():
    twin = a_twin()
    pm = open_pm(twin).reference
    twin.receive(ordered(pm))
    [ar] = twin.receive(ordered(pm, seq=2))
    assert rows(ar, PROFILE.companion("ar_commande").table)[0]["MotifKoArCommandePM"] == "FIMP13"


def test_the_acknowledgement_of_a_report_counts_for_its_own_oc_only():
    twin = a_twin()
    *_, report = twin.receive(ordered(open_pm(twin).reference))
    ar = beside(report, "ar_crmad", b"x")
    twin.receive(Exchange(NOW, Channel.SFTP, "AUTR", "COVG", ar.name, "IN/COVG/CV/PM", b"x"))
    assert not twin.pm.acknowledged
    twin.receive(Exchange(NOW, Channel.SFTP, "ZZZZ", "COVG", ar.name, "IN/COVG/CV/PM", b"x"))
    assert twin.pm.acknowledged == {report.name}


def test_works_announced_in_a_managed_building_bring_its_manager_s_details_elsewhere_nothing():
    twin = a_twin()
    managed = next(pm for pm in pms(twin, etat="DEPLOYE") if pm.gestionnaire)
    alone = pms(twin, etat="DEPLOYE", gestionnaire=None)[0]
    [told] = twin.receive(sent("Notif_Interv_Prev", managed.reference, works(managed.reference)))
    assert rows(told)[0]["GestionnaireImmeuble"] == managed.gestionnaire.nom
    assert not judge_bytes(told.data, load_table("CR_InfoSyndic"), path=told.name).findings
    assert twin.receive(sent("Notif_Interv_Prev", alone.reference, works(alone.reference), seq=2)) == []
    assert not twin.incidents


def works(pm: str) -> dict:
    return {"ReferencePM": pm, "DateNotifRaccordementPM": "20261125", "DateAdduction": "20261204"}


def test_an_adduction_is_accepted_with_its_documents_refused_without():
    twin = a_twin()
    pm = open_pm(twin).reference
    row = {"ReferencePM": pm, "DateNotifAdduction": "20261125", "DateAdduction": "20261120"}
    first, second = sent("Notif_Adduction", pm, row), sent("Notif_Adduction", pm, row, seq=2)
    sheet = pm_documents.sheet(pm, date(2026, 11, 20), date(2026, 11, 25))
    photo = beside(first, "photo", pm_documents.photograph(pm))
    photo = Exchange(NOW, Channel.SFTP, "ZZZZ", "COVG", photo.name.replace(".jpg", ".png"), photo.folder, photo.data)
    assert twin.receive(photo) == twin.receive(beside(first, "fiche", sheet)) == []
    [answer] = twin.receive(first)
    assert rows(answer)[0]["EtatAdduction"] == "OK"
    twin.receive(beside(second, "fiche", sheet[:-30]))
    [answer] = twin.receive(second)
    assert rows(answer)[0]["EtatAdduction"] == "KO"
    assert rows(answer)[0]["MotifKoAdduction"] == "PIECE MANQUANTE : PHOTOGRAPHIE ET FICHE TECHNIQUE"


def test_documents_may_follow_their_notification_within_the_time_left_to_them():
    twin = a_twin(pace=PmPace(pieces=timedelta(minutes=5)))
    pm = open_pm(twin).reference
    row = {"ReferencePM": pm, "DateNotifAdduction": "20261125", "DateAdduction": "20261120"}
    notified = sent("Notif_Adduction", pm, row)
    assert twin.receive(notified) == []
    twin.receive(beside(notified, "fiche", pm_documents.sheet(pm, NOW.date(), NOW.date())))
    late = beside(notified, "photo", pm_documents.photograph(pm))
    twin.receive(Exchange(NOW, Channel.SFTP, "ZZZZ", "COVG", late.name[:-3] + "png", late.folder, late.data))
    [answer] = twin.tick(NOW + timedelta(minutes=5))
    assert rows(answer)[0]["EtatAdduction"] == "OK"


def test_each_flow_stays_in_the_folder_of_its_protocol():
    twin = a_twin()
    order = ordered(open_pm(twin).reference)
    astray = Exchange(NOW, Channel.SFTP, "ZZZZ", "COVG", order.name, "IN/COVG/CV", order.data)
    assert twin.receive(astray) == []
    assert {one.rule for incident in twin.incidents for one in incident.findings} == {"DOS-FLUX"}
