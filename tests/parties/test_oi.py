"""The OI twin, without a wire: what it answers to what."""

from datetime import timedelta

import pytest

from annexe5.contract.rejects import load_rejects
from annexe5.network.roles import load_roles
from annexe5.parties.pace import Pace
from annexe5.tables import load_table, write_rows

KEY = "ReferenceCommandePriseInterneOC"
NOMINAL = ["AR_Cmd_Acces", "CR_Cmd_Acces", "Cmd_STOC"]


def stoc(talk, row, outcome="OK", **changes):
    order = talk.last("Cmd_STOC")
    return dict.fromkeys(load_table("CR_STOC").names, "") | {
        KEY: row[KEY],
        "ReferencePrestationPrise": order["ReferencePrestationPrise"],
        "ReferenceCommandeSousTraitantOI": order["ReferenceCommandeSousTraitantOI"],
        "CrRaccordementPrise": outcome,
        "ReferencePrise": "CV-0000-0000" if outcome == "OK" else "",
        "DateRaccordementPrise": "20261124 10:00" if outcome == "OK" else "",
        "MotifKoCrRaccordementPrise": "" if outcome == "OK" else "FINT04",
        **changes,
    }


def annul(row, **changes):
    names = dict.fromkeys(load_table("Annul_Acces").names, "")
    filled = {KEY: row[KEY], "ReferencePrestationPrise": "PRE1", "DateAnnulation": "20261124 10:00"}
    return names | filled | {"ResponsabiliteAnnulationCommandePrise": "OC"} | changes


def test_nominal_order(talk):
    row = talk.order("eligible")
    talk.send("Cmd_Acces", row)
    assert talk.answers(row[KEY]) == NOMINAL
    route = talk.last("CR_Cmd_Acces")
    assert route["EtatCrCommandePrise"] == "OK"
    assert route["OC 1"] == "ZZZZ"
    assert route["ReferencePm"] == row["ReferencePm"]
    talk.send("CR_STOC", stoc(talk, row))
    assert talk.last("CR_MAD_LigneFTTH")["EtatMadLigne"] == "OK"


ROLES_AT_AR = [role for role in load_roles().values() if role.rejet and load_rejects()[role.rejet].produced_by == "AR"]
ROLES_AT_CR = [role for role in load_roles().values() if role.rejet and load_rejects()[role.rejet].produced_by == "CR"]
ROLES_IN_FIELD = [role for role in load_roles().values() if role.commande.get("TypeRacco") == "OI" and role.rejet]
ROLES_IN_FIELD = [role for role in ROLES_IN_FIELD if role.id.startswith("terrain_")]


@pytest.mark.parametrize("role", ROLES_AT_AR, ids=lambda role: role.id)
def test_rejections_at_ar(talk, role):
    row = talk.order(role.id)
    talk.send("Cmd_Acces", row)
    assert talk.answers(row[KEY]) == ["AR_Cmd_Acces"]
    assert talk.last("AR_Cmd_Acces")["MotifKoArCommandePrise"] == role.rejet


@pytest.mark.parametrize("role", ROLES_AT_CR, ids=lambda role: role.id)
def test_rejections_at_cr(talk, role):
    row = talk.order(role.id)
    talk.send("Cmd_Acces", row)
    assert talk.answers(row[KEY]) == ["AR_Cmd_Acces", "CR_Cmd_Acces"]
    assert talk.last("CR_Cmd_Acces")["MotifKoCrCommandePrise"] == role.rejet


@pytest.mark.parametrize("role", ROLES_IN_FIELD, ids=lambda role: role.id)
def test_field_outcomes_in_oi_mode(talk, role):
    row = talk.order(role.id)
    talk.send("Cmd_Acces", row)
    told = talk.answers(row[KEY])
    assert "Notif_Racc_Ko" in told
    assert "Cmd_STOC" not in told
    assert talk.last("Notif_Racc_Ko")["MotifKoRaccordementPrise"] == role.rejet


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"TypeCommandeDemande": "VENTE"}, "FIMP12"),
        ({"TypeRacco": ""}, "FIMP15"),
        ({"DateCommandePrise": "20171301"}, "FIMP16"),
        ({"CodePostalImmeuble": "99999"}, "FIMP16"),
    ],
)
def test_orders_badly_filled(talk, changes, code):
    talk.send("Cmd_Acces", talk.order("eligible", **changes))
    assert talk.last("AR_Cmd_Acces")["MotifKoArCommandePrise"] == code


def test_every_code_reachable_at_ar_or_cr_is_reached():
    """By a role, by a content error, or by a repeated reference: nothing reachable is left out."""
    by_role = {role.rejet for role in (*ROLES_AT_AR, *ROLES_AT_CR)}
    by_content = {"FIMP12", "FIMP13", "FIMP15", "FIMP16"}
    reachable = {one.code for one in load_rejects().values() if one.produced_by in ("AR", "CR")}
    assert by_role | by_content == reachable


def test_a_reference_serves_once(talk):
    row = talk.order("eligible")
    talk.send("Cmd_Acces", row, row)
    talk.send("Cmd_Acces", row)
    outcomes = [one["MotifKoArCommandePrise"] for flow, one in talk.heard if flow == "AR_Cmd_Acces"]
    assert outcomes == ["", "FIMP13", "FIMP13"]
    assert talk.answers(row[KEY]).count("CR_Cmd_Acces") == 1


def test_one_bad_order_stops_no_other(talk):
    good, bad = talk.order("eligible"), talk.order("adresse_inconnue")
    talk.send("Cmd_Acces", bad, good)
    assert talk.answers(good[KEY]) == NOMINAL
    assert talk.answers(bad[KEY]) == ["AR_Cmd_Acces"]


def test_answers_come_grouped_one_file_a_flow(talk):
    files = talk.send("Cmd_Acces", *[talk.order("eligible", rang) for rang in range(3)])
    assert [one.name.split("_")[2] for one in files] == ["ARCMD", "CrCMD", "CMDSTOC"]


def test_two_orders_never_share_a_fibre(talk):
    rows = [talk.order("eligible", rang) for rang in range(8)]
    talk.send("Cmd_Acces", *rows)
    routes = [
        (one["ReferencePBO"], one["InformationTubePBO N°1"], one["InformationFibrePBO N°1"])
        for flow, one in talk.heard
        if flow == "CR_Cmd_Acces"
    ]
    assert len(set(routes)) == len(rows)


def test_hotline_then_a_true_route(talk):
    row = talk.order("pto_inconnue")
    talk.send("Cmd_Acces", row)
    assert talk.answers(row[KEY]) == [*NOMINAL, "Notif_Reprov"]
    assert talk.last("CR_Cmd_Acces")["ReferencePrise"] == "HOTLINE"
    assert talk.last("Notif_Reprov")["ReferencePrise"] not in ("", "HOTLINE")


def test_a_hotline_nobody_answers_is_resolved_after_the_failure(talk):
    row = talk.order("terrain_FINT03")
    talk.send("Cmd_Acces", row)
    assert talk.answers(row[KEY]) == NOMINAL
    talk.send("CR_STOC", stoc(talk, row, "KO", MotifKoCrRaccordementPrise="FINT03"))
    assert talk.answers(row[KEY])[-1] == "Notif_Reprov"


def test_cold_reprovisioning_after_a_failure(talk):
    row = talk.order("reprov_a_froid")
    talk.send("Cmd_Acces", row)
    talk.send("CR_STOC", stoc(talk, row, "KO"))
    assert talk.answers(row[KEY])[-1] == "Notif_Reprov"
    talk.send("CR_STOC", stoc(talk, row))
    assert talk.answers(row[KEY])[-1] == "CR_MAD_LigneFTTH"


@pytest.mark.parametrize(("connected", "kind"), [(False, "ANNUL"), (True, "RESIL")])
def test_cancellations_are_typed(talk, connected, kind):
    row = talk.order("eligible")
    talk.send("Cmd_Acces", row)
    if connected:
        talk.send("CR_STOC", stoc(talk, row))
    talk.send("Annul_Acces", annul(row))
    assert talk.last("CR_Annulation_Acces")["TypeOperation"] == kind


def test_cancelling_frees_the_line(talk):
    row = talk.order("eligible")
    talk.send("Cmd_Acces", row)
    talk.send("Annul_Acces", annul(row))
    again = row | {KEY: "REF9999"}
    talk.send("Cmd_Acces", again)
    assert talk.answers("REF9999") == NOMINAL


@pytest.mark.parametrize(("changes", "code"), [({KEY: "JAMAIS"}, "FIMP14"), ({"DateAnnulation": ""}, "FIMP15")])
def test_cancellations_refused(talk, changes, code):
    row = talk.order("eligible")
    talk.send("Cmd_Acces", row)
    talk.send("Annul_Acces", annul(row, **changes))
    assert talk.last("CR_Annulation_Acces")["MotifKoCrAnnResCommandePrise"] == code


def test_an_oc_never_reaches_another_s_order(make_talk):
    talk = make_talk()
    row = talk.order("eligible")
    talk.send("Cmd_Acces", row)
    other = make_talk("YYYY", twin=talk.twin)
    other.send("Annul_Acces", annul(row))
    assert other.last("CR_Annulation_Acces")["MotifKoCrAnnResCommandePrise"] == "FIMP14"
    talk.send("CR_STOC", stoc(talk, row))
    assert talk.last("CR_MAD_LigneFTTH")["EtatMadLigne"] == "OK"


def test_a_stoc_report_that_cites_another_work_order_is_refused(talk):
    row = talk.order("eligible")
    talk.send("Cmd_Acces", row)
    talk.send("CR_STOC", stoc(talk, row, ReferenceCommandeSousTraitantOI="AUTRE"))
    assert talk.last("CR_MAD_LigneFTTH")["MotifKoMadLigne"] == "FIMP16"
    talk.send("CR_STOC", stoc(talk, row))
    assert talk.last("CR_MAD_LigneFTTH")["EtatMadLigne"] == "OK"


@pytest.mark.parametrize(
    ("flow", "rule"), [("CR_STOC", "CYC-REFERENCE-INCONNUE"), ("CR_MES_LigneFTTH", "CYC-REFERENCE-INCONNUE")]
)
def test_follow_ups_on_unknown_orders_are_incidents(talk, flow, rule):
    row = dict.fromkeys(load_table(flow).names, "") | {KEY: "JAMAIS"}
    assert talk.send(flow, row) == []
    assert rule in {one.rule for incident in talk.twin.incidents for one in incident.findings}


def test_a_follow_up_before_its_time_is_an_incident(make_talk):
    talk = make_talk(pace=Pace(cr=timedelta(hours=1)))
    row = talk.order("eligible")
    talk.send("Cmd_Acces", row)
    mes = dict.fromkeys(load_table("CR_MES_LigneFTTH").names, "") | {
        KEY: row[KEY],
        "DateMiseEnService": "20261124 10:00",
    }
    talk.send("CR_MES_LigneFTTH", mes)
    assert "CYC-ORDRE" in {one.rule for incident in talk.twin.incidents for one in incident.findings}


def test_time_is_the_exchanges_own(make_talk):
    talk = make_talk(pace=Pace(ar=timedelta(hours=2), cr=timedelta(days=1)))
    row = talk.order("eligible")
    talk.send("Cmd_Acces", row)
    assert talk.answers(row[KEY]) == []
    talk.pass_time(hours=2)
    assert talk.answers(row[KEY]) == ["AR_Cmd_Acces"]
    talk.pass_time(hours=23)
    assert talk.answers(row[KEY]) == ["AR_Cmd_Acces"]
    talk.pass_time(hours=2)
    assert talk.answers(row[KEY]) == NOMINAL


def test_an_order_cancelled_before_its_route_gets_none(make_talk):
    talk = make_talk(pace=Pace(cr=timedelta(days=1)))
    row = talk.order("eligible")
    talk.send("Cmd_Acces", row)
    talk.send("Annul_Acces", annul(row))
    talk.pass_time(days=2)
    assert talk.answers(row[KEY]) == ["AR_Cmd_Acces", "CR_Annulation_Acces"]


@pytest.mark.parametrize(
    "name",
    ["COVG_AUTR_CMD_ACCES_V12_20261123_1.csv", "commandes.csv", "COVG_ZZZZ_ARCMD_ACCES_V12_20261123_1.csv"],
)
def test_files_that_are_not_ours_to_take_are_kept_as_incidents_or_ignored(talk, name):
    assert talk.send("Cmd_Acces", talk.order("eligible"), name=name) == []
    assert talk.heard == []


def test_a_name_used_twice_is_an_incident_and_its_orders_are_rejected(talk):
    row = talk.order("eligible")
    name = "COVG_ZZZZ_CMD_ACCES_V12_20261123_77.csv"
    talk.send("Cmd_Acces", row, name=name)
    talk.send("Cmd_Acces", row, name=name)
    assert talk.last("AR_Cmd_Acces")["MotifKoArCommandePrise"] == "FIMP13"
    assert "NOM-DEJA-UTILISE" in {one.rule for incident in talk.twin.incidents for one in incident.findings}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"",
        lambda data: data.splitlines(keepends=True)[0],
        lambda data: data.replace(b";", b","),
        lambda data: data.decode().encode("utf-16"),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data + b"\0",
        lambda data: data.replace(b"TypeRacco", b"TypeRaccordement"),
        lambda data: data + b"A;B\r\n",
        lambda data: data + b'"A\nB";C\r\n',
        lambda data: data + b"X" * 10_000_000 + b"\r\n",
    ],
    ids=["empty", "header", "commas", "utf16", "bom", "nul", "renamed", "ragged", "newline", "10MB"],
)
def test_bad_files_are_told_and_the_conversation_goes_on(talk, spoil):
    talk.send("Cmd_Acces", data=spoil(write_rows(load_table("Cmd_Acces"), [talk.order("eligible")])))
    assert talk.twin.incidents
    row = talk.order("eligible", 1)
    talk.send("Cmd_Acces", row)
    assert talk.answers(row[KEY]) == NOMINAL


def test_a_defective_twin_forgets_one_ar_in_three(make_talk):
    talk = make_talk(defects=["ar-oublie"])
    rows = [talk.order("eligible", rang) for rang in range(3)]
    talk.send("Cmd_Acces", *rows)
    assert [len([one for one in talk.answers(row[KEY]) if one == "AR_Cmd_Acces"]) for row in rows] == [1, 1, 0]
