"""What schemas/ states is what the contract states, and a wrong file is told with its key."""

import pytest

from annexe5.contract.ambiguities import load_ambiguities
from annexe5.contract.data import build, read_csv
from annexe5.contract.profile import Profile, load_profile, profile_ids
from annexe5.contract.rejects import load_rejects, read_motive
from annexe5.contract.requirements import load_requirements, select
from annexe5.contract.rules import load_rules, rule
from annexe5.errors import ContractError, UsageError
from annexe5.findings import Level


def test_the_profile_states_what_the_annex_prints():
    profile = load_profile()
    assert profile.serveur_fichiers.ip == "93.95.56.142"
    assert profile.serveur_fichiers.cle_hote.md5 == "c2:c0:57:1b:a8:3a:db:d5:87:17:c0:4e:d4:7e:57:07"
    assert profile.folder("depose_acces", "QUAD", "QU") == "IN/QUAD/QU"
    assert profile.folder("retrait_pm", "QUAD", "QU") == "OUT/QUAD/QU/PM"
    assert profile.boites.echange == "echange-ftth@covage.com"
    assert profile.rythmes.requetes_par_seconde.valeur == 2
    assert profile.web_service("opc-3.0").wsdl == "/interop-opc-30/wsdl"
    assert len(profile.web_service("opc-3.0").operations) == 6
    assert {delay.valeur for delay in profile.delais if delay.unite == "jour_ouvre"} == {1, 2, 15}


def test_the_availability_table_has_its_23_rows_and_names_every_flow():
    profile = load_profile()
    assert len(profile.disponibilite.lignes) == 23
    tabs = [tab for _, tab, _ in profile.disponibilite.lignes if tab]
    assert sorted(tabs) == sorted(profile.flows)
    assert all(date == "Disponible" for *_, date in profile.disponibilite.lignes)


def test_what_the_annex_does_not_print_is_marked_assumed():
    profile = load_profile()
    assert profile.oi.quadrigramme.confidence == "assumed"
    unnamed = {flow.nom for flow in profile.flux if flow.confidence == "assumed"}
    assert unnamed == {"Notif_Interv_Prev", "CR_InfoSyndic", "Notif_Adduction", "CR_NotifAdduction", "Notif_Racc_Ko"}
    assert unnamed == set(load_requirements()["NAM-16"].flows)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"serveur_fichiers.port_sftp": 70000}, "serveur_fichiers.port_sftp"),
        ({"serveur_fichiers.cle_hote.md5": "c2:c0"}, "serveur_fichiers.cle_hote.md5"),
        ({"boites.inconnue": "x"}, "boites.inconnue : clé inconnue"),
        ({"csv": None}, "csv"),
    ],
)
def test_a_wrong_profile_is_told_with_file_and_key(tmp_path, change, told):
    data = load_profile().model_dump(mode="json")
    for dotted, value in change.items():
        *path, last = dotted.split(".")
        place = data
        for key in path:
            place = place[key]
        place[last] = value
    with pytest.raises(ContractError) as caught:
        build(Profile, data, tmp_path / "mon-oi.toml")
    assert "mon-oi.toml" in str(caught.value)
    assert told in str(caught.value)


def test_a_profile_that_cites_an_unknown_clause_is_refused(tmp_path):
    data = load_profile().model_dump(mode="json")
    data["flux"][0]["requirement"] = "NAM-99"
    with pytest.raises(ContractError, match="NAM-99"):
        build(Profile, data, tmp_path / "p.toml")


def test_an_unknown_profile_or_flow_is_told_with_the_known_ones():
    with pytest.raises(UsageError, match=profile_ids()[0]):
        load_profile("autre")
    with pytest.raises(UsageError, match="Cmd_Acces"):
        load_profile().flow("CMD")


def test_requirements_filter():
    assert len(load_requirements()) == 85
    assert all(one.level is Level.MUST for one in select(level="must"))
    assert {one.id for one in select(ids=["nam-0"], party="oc")} >= {"NAM-06"}
    assert all("OI" in one.parties for one in select(party="oi"))
    assert [one.id for one in select(flow="CPN", ids=["PM-13"])] == ["PM-13"]
    assert [one.id for one in select(text="hotline")] == ["ACC-06"]


def test_every_clause_is_told_in_both_languages():
    assert all(one.text.fr and one.text.en for one in load_requirements().values())


def test_the_fifty_rejections_say_how_they_are_reached():
    rejects = load_rejects()
    assert len(rejects) == 50
    reachable = {one.code for one in rejects.values() if one.produced_by in ("AR", "CR")}
    assert {one.code for one in rejects.values() if one.at("AR") or one.at("CR")} - reachable == set()
    assert all(one.reason for one in rejects.values())


@pytest.mark.parametrize(
    ("motive", "read"),
    [
        ("FIMP07", ("FIMP07", "")),
        (" FIMP07 ", ("FIMP07", "")),
        ("FIMP07 : PM INEXISTANT", ("FIMP07", "PM INEXISTANT")),
        ("FIMP07#PM INEXISTANT", ("FIMP07", "PM INEXISTANT")),
        ("FIMP07 PM INEXISTANT", ("FIMP07", "PM INEXISTANT")),
        ("PM INEXISTANT", ("", "PM INEXISTANT")),
        ("FIMP071", ("", "FIMP071")),
        ("", ("", "")),
    ],
)
def test_motives_are_read_on_their_code(motive, read):
    assert read_motive(motive) == read


def test_rules_speak_both_languages_and_cite_clauses():
    for one in load_rules().values():
        assert one.statement.fr and one.statement.en and one.message.fr and one.message.en and one.source, one.id  # noqa: PT018
        assert one.requirements, one.id


def test_an_unknown_rule_is_a_mistake_of_ours():
    with pytest.raises(ContractError, match="NOM-XX"):
        rule("NOM-XX")


def test_ambiguities_hang_on_existing_rules_and_say_their_reading():
    for one in load_ambiguities():
        assert set(one.rules) <= set(load_rules()), one.id
        assert one.reading.fr and one.reading.en  # noqa: PT018


def test_a_ragged_catalogue_is_told_with_its_line(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("a;b\n1;2\n3\n", encoding="utf-8")
    with pytest.raises(ContractError, match="ligne 3"):
        read_csv(path, ["a", "b"])
