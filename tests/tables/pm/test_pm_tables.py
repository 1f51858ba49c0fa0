"""The PM tables as data: what the sources give is there, each fact says where from, and frictionless reads them."""

from pathlib import Path

import pytest
from frictionless import Schema

from annexe5.contract.profile import load_profile
from annexe5.contract.requirements import load_requirements
from annexe5.findings import Confidence, Severity, Verdict
from annexe5.tables import judge_bytes, load_table, load_tables, write_rows
from annexe5.tables.schema import neighbours, read_table, tables_dir

FLOWS = [flow.nom for flow in load_profile().flux if flow.protocole == "PM"]
FILES = sorted(tables_dir().glob("pm-*/*.json"))
FACTS = {"date_fichier": "20170407", "pm_fichier": "77011616R", "insee_fichier": "77023"}

# pm-formats.md §2, header of a published file, recouped with two other sources.
IPE_60 = (Path(__file__).parent / "ipe_60.csv").read_text(encoding="utf-8").strip().split(";")


def judge(flow: str, *rows: dict[str, str], columns: list[str] | None = None):
    table = load_table(flow)
    names = columns or table.names
    lines = [names, *([row.get(name, "") for name in names] for row in rows)]
    data = "".join(";".join(line) + "\r\n" for line in lines).encode()
    return judge_bytes(data, table, facts=FACTS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_table_loads_here_and_in_frictionless(path):
    table = read_table(path)

    assert [one.name for one in Schema.from_descriptor(str(path)).fields] == list(table.names)


@pytest.mark.parametrize("flow", FLOWS)
def test_every_pm_flow_of_the_profile_has_its_table(flow):
    table = load_table(flow)

    assert (table.flow, table.protocol, table.version) == (flow, "PM", "2.2")
    assert load_profile().flow(flow).table == f"pm-2.2/{table.path.name}"
    assert flow in load_requirements()[table.requirement].flows


@pytest.mark.parametrize("flow", FLOWS)
def test_the_example_row_of_a_table_is_valid(flow):
    report = judge(flow, dict(load_table(flow).example))

    assert report.findings == ()
    assert report.verdict is Verdict.CONFORME


def test_the_ipe_begins_with_the_sixty_known_columns_in_order():
    assert list(load_table("IPE").names[:60]) == IPE_60


def test_the_five_columns_of_the_2_2_may_stand_anywhere():
    ipe = load_table("IPE")
    added = list(ipe.names[60:])

    report = judge("IPE", dict(ipe.example), columns=[*added, *IPE_60])

    assert len(added) == 5
    assert report.findings == ()


def test_the_columns_of_the_2_2_may_bear_other_names_where_ours_are_supposed():
    ipe = load_table("IPE")
    others = ["DateMesImmeuble", "Neuf", "DateLivraison", "Brassage"]

    report = judge("IPE", dict(ipe.example), columns=[*IPE_60, "CodeHexacleVoie", *others])

    assert {one.severity for one in report.findings} == {Severity.INFO}
    assert [one.column for one in report.findings] == others


def test_an_extra_column_is_told_and_does_not_refuse():
    ipe = load_table("IPE")

    report = judge("IPE", dict(ipe.example), columns=[*ipe.names, "VoletPlanFranceTHD"])

    assert {one.severity for one in report.findings} == {Severity.INFO}


@pytest.mark.parametrize(
    ("columns", "version"),
    [(IPE_60, "2.0 ou 2.1"), ([*IPE_60, "CodeHexacleVoie", "CodeOI", "TypePBO", "TypeRaccoPBPTO"], "3.x")],
    ids=["2.x", "3.x"],
)
def test_a_neighbour_version_is_told_once(columns, version):
    report = judge("IPE", {**load_table("IPE").example, "CodeOI": "COVG"}, columns=columns)

    found = [one for one in report.findings if one.severity is Severity.ERROR]
    assert [(one.rule, one.value) for one in found if one.rule.startswith("STR-VERSION")] == [("STR-VERSION", version)]
    assert not [one for one in report.findings if not one.rule.startswith("STR-")]


def test_the_name_of_the_file_settles_between_2_0_and_2_1():
    data = write_rows(neighbours(load_table("IPE"))[1], [dict(neighbours(load_table("IPE"))[1].example)])

    report = judge_bytes(data, load_table("IPE"), facts={**FACTS, "version": "V21"})

    assert [one.value for one in report.findings] == ["2.1"]


def test_states_of_a_later_version_are_refused_in_the_2_2():
    row = {**load_table("IPE").example, "EtatImmeuble": "RACCORDABLE DEMANDE"}

    assert ("EtatImmeuble", "error") in {(one.column, one.severity.value) for one in judge("IPE", row).findings}


def test_planned_pm_is_a_state_of_the_2_2():
    row = {**load_table("IPE").example, "EtatImmeuble": "CIBLE", "EtatPM": "PLANIFIE"}

    assert judge("IPE", row).findings == ()


def test_the_letter_case_of_the_kind_of_location_is_not_judged():
    row = {**load_table("IPE").example, "TypeEmplacementPM": "PME-ARMOIRE DE RUE"}

    assert judge("IPE", row).findings == ()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("CodeInseeImmeuble", "2C004"),
        ("CodePostalImmeuble", "7759"),
        ("CodeAdresseImmeuble", "77023042A"),
        ("ComplementNumeroVoieImmeuble", "BIS"),
        ("NumeroVoieImmeuble", "12B"),
        ("NombreLogementsAdresseIPE", "+8"),
        ("DateCablageAdresse", "20170230"),
        ("ReferencePM", "FTEL-PM-00000000000000"),
        ("EtatPM", "DÉPLOYÉ"),
        ("TypeZone", "4"),
        ("FibreDedieeLibre", "OUI"),
        ("CoordonneePMX", "6,5,4"),
        ("SiretGestionnaire", "1234567890123"),
    ],
)
def test_a_value_the_sources_exclude_is_told_at_its_column(column, value):
    found = judge("IPE", {**load_table("IPE").example, column: value}).findings

    assert (2, column, value) in {(one.line, one.column, one.value) for one in found}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("CodeInseeImmeuble", "2A004"),
        ("NumeroVoieImmeuble", "166170"),
        ("NumeroVoieImmeuble", "0"),
        ("CoordonneePMX", "676543,21"),
        ("TypeProjectionGeographique", "RFG93"),
        ("IdentifiantImmeuble", "0740000A085800101"),
        ("TypeIngenierie", "QUADRI"),
    ],
)
def test_a_value_met_in_the_sources_is_accepted(column, value):
    assert judge("IPE", {**load_table("IPE").example, column: value}).findings == ()


def test_what_is_only_remembered_qualifies_and_never_refuses():
    for table in load_tables().values():
        if table.protocol != "PM":
            continue
        for one in table.fields:
            if one.required and one.trust("presence") is Confidence.ASSUMED:
                found = judge(table.flow, {**table.example, one.name: ""}).findings
                assert {f.severity for f in found if f.column == one.name and f.rule.startswith("CEL-")} == {
                    Severity.RESERVE
                }


def test_every_field_gives_its_source():
    for path in FILES:
        for one in read_table(path).fields:
            assert "§" in one.source, (path.name, one.name)


def test_personal_data_is_marked():
    marked = {one.name: one.personal for one in load_table("CR_MAD_Pm").fields if one.personal}

    assert marked["ContactsImmeuble"] == "name"
    assert marked["CodeAccesImmeuble"] == "door"
    assert {one.personal for one in load_table("IPE").fields if one.name.endswith("Gestionnaire")} == {"address"}
