"""What the command takes, says and ends with."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from annexe5.contract.paths import schemas_dir
from annexe5.findings import Verdict
from tests.validation.conftest import content, name_of

SCHEMA = json.loads((schemas_dir() / "json" / "validate.json").read_text(encoding="utf-8"))


def told(ran):
    assert ran.err == ""
    document = json.loads(ran.out)
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    return document


def broken(document):
    return {Path(one["path"]).name: [finding["rule"] for finding in one["findings"]] for one in document["files"]}


# --- what it takes -------------------------------------------------------------------------------------------


def test_a_good_file_ends_0_and_a_bad_one_1(annexe5, good, bad):
    assert annexe5("validate", good).code == 0
    assert annexe5("validate", bad).code == 1


def test_a_reserve_alone_ends_0(annexe5, tmp_path):
    path = tmp_path / name_of("Cmd_STOC")
    path.write_bytes(content("Cmd_STOC", {"ReferencePrestationPrise": ""}))
    ran = annexe5("validate", path, "--format", "json")
    assert ran.code == 0
    assert told(ran)["files"][0]["verdict"] == Verdict.RESERVE.value


def test_a_folder_is_searched_below_and_its_hidden_files_left(annexe5, good, bad, tmp_path):
    (tmp_path / "sous").mkdir()
    bad.rename(tmp_path / "sous" / bad.name)
    (tmp_path / ".brouillon.csv").write_text("rien")
    document = told(annexe5("validate", tmp_path, "--format", "json"))
    assert broken(document) == {good.name: [], bad.name: ["CEL-VALEUR"]}


def test_a_glob_and_a_file_named_twice_are_judged_once(annexe5, good, tmp_path):
    document = told(annexe5("validate", tmp_path / "*_V12_*.csv", good, "--format", "json"))
    assert [one["path"] for one in document["files"]] == [str(good)]


def test_members_of_an_archive_are_named_in_it(annexe5, good, bad, tmp_path):
    (tmp_path / "lots").mkdir()
    archive = tmp_path / "lots" / "mois.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.write(good, f"in/{good.name}")
        made.write(bad, f"in/{bad.name}")
    ran = annexe5("validate", tmp_path / "lots", "--format", "json")
    document = told(ran)
    assert ran.code == 1
    assert [one["path"] for one in document["files"]] == [f"{archive}!in/{good.name}", f"{archive}!in/{bad.name}"]
    assert broken(document)[f"mois.zip!in/{bad.name}".rpartition("/")[2]] == ["CEL-VALEUR"]


def test_an_archive_that_unfolds_beyond_measure_is_not_opened(annexe5, tmp_path):
    path = tmp_path / "bombe.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made, made.open("a.csv", "w") as member:
        for _ in range(65):
            member.write(bytes(1 << 20))
    ran = annexe5("validate", path)
    assert ran.code == 2
    assert "65 Mio" in ran.err


def test_an_archive_in_an_archive_is_told_in_words(annexe5, good, tmp_path):
    with zipfile.ZipFile(tmp_path / "lot.zip", "w") as made:
        made.write(good, good.name)
    with zipfile.ZipFile(tmp_path / "mois.zip", "w") as made:
        made.write(tmp_path / "lot.zip", "lot.zip")
    ran = annexe5("validate", tmp_path / "mois.zip")
    assert (ran.code, "mois.zip!lot.zip : une archive dans une archive" in ran.err) == (2, True)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 pas une archive"])
def test_a_broken_archive_is_told_in_words(annexe5, tmp_path, data):
    (tmp_path / "mois.zip").write_bytes(data)
    ran = annexe5("validate", tmp_path / "mois.zip")
    assert ran.code == 2
    assert "illisible" in ran.err
    assert "Traceback" not in ran.err


def test_a_damaged_member_is_told_in_words(annexe5, good, tmp_path):
    path = tmp_path / "mois.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.write(good, good.name)
    data = bytearray(path.read_bytes())
    data[200] ^= 0xFF
    path.write_bytes(data)
    ran = annexe5("validate", path)
    assert (ran.code, "illisible" in ran.err, "Traceback" in ran.err) == (2, True, False)


def test_standard_input_is_judged_by_its_flow_and_has_no_name(annexe5):
    ran = annexe5("validate", "-", "--flow", "cmd_acces", "--format", "json", stdin=content("Cmd_Acces"))
    one = told(ran)["files"][0]
    assert (ran.code, one["path"], one["flow"], one["rows"], one["findings"]) == (0, "-", "Cmd_Acces", 1, [])


def test_standard_input_without_a_flow_is_refused(annexe5):
    ran = annexe5("validate", "-")
    assert (ran.code, "--flow" in ran.err) == (2, True)


def test_a_pipe_of_no_known_flow_is_refused_and_never_passes(annexe5):
    here, there = os.pipe()
    os.write(there, b"bonjour\n")
    os.close(there)
    ran = annexe5("validate", f"/dev/fd/{here}")
    os.close(here)
    assert (ran.code, "--flow" in ran.err) == (2, True)


def test_a_pipe_is_judged_by_its_header(annexe5):
    here, there = os.pipe()
    os.write(there, content("Cmd_Acces"))
    os.close(there)
    ran = annexe5("validate", f"/dev/fd/{here}", "--format", "json")
    os.close(here)
    assert (ran.code, told(ran)["files"][0]["flow"]) == (0, "Cmd_Acces")


def test_pipes_and_loops_in_a_folder_are_left_and_dead_links_told(annexe5, good, tmp_path):
    os.mkfifo(tmp_path / "tube.csv")
    (tmp_path / "lien.csv").symlink_to(tmp_path / "tube.csv")
    (tmp_path / "boucle").symlink_to(tmp_path)
    assert broken(told(annexe5("validate", tmp_path, "--format", "json"))) == {good.name: []}
    (tmp_path / "mort.csv").symlink_to(tmp_path / "absent")
    ran = annexe5("validate", tmp_path)
    assert (ran.code, "mort.csv" in ran.err) == (2, True)


# --- what flow it is -----------------------------------------------------------------------------------------


def test_a_file_of_an_unknown_name_is_judged_by_its_header(annexe5, bad):
    path = bad.rename(bad.with_name("commandes.csv"))
    document = told(annexe5("validate", path, "--format", "json"))
    assert document["files"][0]["flow"] == "Cmd_Acces"
    assert broken(document) == {"commandes.csv": ["NOM-FLUX-INCONNU", "CEL-VALEUR"]}
    assert document["files"][0]["findings"][0]["expected"] == "CodeOI_CodeOC_CMD_ACCES_V12_aaaammjj_numsequence.csv"


@pytest.mark.parametrize("data", [b"", b"bonjour\n", b"\x00\xff\xfe\x00" * 50, b"a;b;c\n1;2;3\n"])
def test_a_file_that_is_no_flow_is_one_finding(annexe5, tmp_path, data):
    (tmp_path / "notes.txt").write_bytes(data)
    ran = annexe5("validate", tmp_path, "--format", "json")
    document = told(ran)
    assert ran.code == 1
    assert document["files"][0]["flow"] is None
    assert broken(document) == {"notes.txt": ["NOM-FLUX-INCONNU"]}


def test_a_wrong_name_is_a_finding_of_its_own(annexe5, good):
    path = good.rename(good.with_name(good.name.replace("CMD_ACCES", "cmd_acces")))
    assert broken(told(annexe5("validate", path, "--format", "json"))) == {path.name: ["NOM-CASSE"]}


def test_a_soap_message_is_judged_by_its_contract(annexe5, tmp_path):
    (tmp_path / "demande.xml").write_text("<a>")
    document = told(annexe5("validate", tmp_path, "--format", "json"))
    assert broken(document) == {"demande.xml": ["WS-XML"]}


def test_the_contract_s_own_wsdl_conforms(annexe5):
    ran = annexe5("validate", schemas_dir() / "soap" / "sav-2.1" / "sav.wsdl", "--format", "json")
    assert (ran.code, told(ran)["files"][0]["verdict"]) == (0, "conforme")


def test_schemas_are_judged_with_the_wsdl_that_includes_them(annexe5, tmp_path):
    for path in (schemas_dir() / "soap" / "sav-2.1").iterdir():
        if path.suffix in (".wsdl", ".xsd"):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    document = told(annexe5("validate", tmp_path, "--format", "json"))
    assert {one["flow"] for one in document["files"]} == {"sav-2.1 wsdl", "sav-2.1 xsd"}
    assert {one["verdict"] for one in document["files"]} == {"conforme"}
    with zipfile.ZipFile(tmp_path / "service.zip", "w") as made:
        for path in tmp_path.glob("*.[wx]s*"):
            made.write(path, f"sav/{path.name}")
    zipped = told(annexe5("validate", tmp_path / "service.zip", "--format", "json"))
    assert {one["verdict"] for one in zipped["files"]} == {"conforme"}


@pytest.mark.parametrize("name", ["ticket.xsd", "ticket.txt"])
def test_a_schema_alone_is_told_for_what_it_is(annexe5, tmp_path, name):
    (tmp_path / name).write_bytes((schemas_dir() / "soap" / "sav-2.1" / "ticket.xsd").read_bytes())
    ran = annexe5("validate", tmp_path, "--format", "json")
    assert (ran.code, broken(told(ran))) == (1, {name: ["WSDL-SCHEMA-SEUL"]})


def test_files_of_one_folder_are_compared(annexe5, good):
    good.with_name(name_of("Cmd_Acces", 2)).write_bytes(good.read_bytes())
    document = told(annexe5("validate", good.parent, "--format", "json"))
    assert broken(document) == {good.name: [], name_of("Cmd_Acces", 2): ["CROISE-CMD-DOUBLE"]}


# --- what it is asked ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["absent.csv"], "ni fichier, ni dossier"),
        (["*.absent"], "ni fichier, ni dossier"),
        (["{good}", "--flow", "Cmd_Ailleurs"], "Cmd_Ailleurs"),
        (["{good}", "--rule", "CEL-RIEN"], "CEL-RIEN"),
        (["{good}", "--ignore", "CEL-VALEUR"], "raison"),
        (["{good}", "--ignore", "CEL-VALEUR: "], "raison"),
        (["{good}", "--ignore", "CEL-RIEN:essai"], "CEL-RIEN"),
        (["{good}", "--format", "xml"], "xml"),
        (["{good}", "--lang", "de"], "de"),
        (["{good}", "--engine", "turbo"], "turbo"),
        (["{good}", "--max-samples", "0"], "au moins 1"),
        (["{good}", "--profile", "autre"], "autre"),
        (["{good}", "--output", "/absent/rapport.json"], "/absent"),
        (["{folder}/vide"], "aucun fichier"),
    ],
)
def test_what_cannot_be_asked_ends_2_with_a_sentence(annexe5, good, arguments, word):
    (good.parent / "vide").mkdir()
    ran = annexe5("validate", *(one.format(good=good, folder=good.parent) for one in arguments))
    assert ran.code == 2
    assert word in ran.err
    assert "Traceback" not in ran.err
    assert ran.out == ""


def test_one_rule_alone_decides_when_asked(annexe5, bad):
    ran = annexe5("validate", bad, "--rule", "cel-longueur")
    assert ran.code == 0
    assert "CEL-LONGUEUR" in ran.out


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("IPE-PM-LOGEMENTS", "elle juge IPE"),
        ("CROISE-CMD-DOUBLE", "elle compare des fichiers Cmd_Acces"),
        ("CYC-DELAI", "campagne"),
        ("WS-XML", "SOAP"),
    ],
)
def test_a_rule_that_judges_none_of_the_files_passes_none(annexe5, bad, rule, why):
    ran = annexe5("validate", bad, "--rule", rule)
    assert (ran.code, why in ran.out, "✓" in ran.out) == (0, True, False)
    ran = annexe5("validate", bad, "--rule", rule, "--format", "json")
    assert json.loads(ran.out)["files"][0]["verdict"] == "non applicable"
    assert why in ran.err


def test_a_rule_that_judges_one_of_the_files_says_nothing_of_the_other(annexe5, bad):
    bad.with_name("notes.xml").write_text("<a>")
    document = told(annexe5("validate", bad.parent, "--rule", "CEL-VALEUR", "--format", "json"))
    assert {Path(one["path"]).name: one["verdict"] for one in document["files"]} == {
        bad.name: "non conforme",
        "notes.xml": "non applicable",
    }


def test_an_ignored_rule_does_not_refuse_but_is_told_with_its_reason(annexe5, bad):
    asked = ("--ignore", "CEL-VALEUR:corrigé chez l'OC le 12")
    assert told(annexe5("validate", bad, *asked, "--format", "json")) == {
        "files": [{"path": str(bad), "flow": "Cmd_Acces", "rows": 1, "verdict": "conforme", "findings": []}],
        "ignored": [{"rule": "CEL-VALEUR", "reason": "corrigé chez l'OC le 12", "count": 1}],
    }
    text = annexe5("validate", bad, *asked)
    assert text.code == 0
    assert "corrigé chez l'OC le 12" in text.out
    result = json.loads(annexe5("validate", bad, *asked, "--format", "sarif").out)["runs"][0]["results"][0]
    assert result["suppressions"] == [{"kind": "external", "justification": "corrigé chez l'OC le 12"}]


def test_samples_are_capped_and_counts_are_not(annexe5, tmp_path):
    path = tmp_path / name_of("Cmd_Acces")
    patches = [{"ReferenceCommandePriseInterneOC": f"CMD-{one}", "PriseExistante": "X"} for one in range(30)]
    path.write_bytes(content("Cmd_Acces", *patches))
    findings = told(annexe5("validate", path, "--format", "json", "--max-samples", 3))["files"][0]["findings"]
    assert [(one["line"], one["count"]) for one in findings] == [(2, 1), (3, 1), (4, 28)]
    text = annexe5("validate", path).out
    assert "30 fois" in text
    assert "… et 25 autre(s)" in text


# --- what it says --------------------------------------------------------------------------------------------


def test_json_tells_rule_clause_line_column_received_and_expected(annexe5, bad):
    one = told(annexe5("validate", bad, "--format", "json", "--lang", "en"))["files"][0]["findings"][0]
    assert one == {
        "rule": "CEL-VALEUR", "requirement": "ACC-03", "severity": "error", "line": 2, "column": "PriseExistante",
        "value": "X", "expected": "O | N", "message": one["message"], "count": 1,
    }  # fmt: skip
    assert "allowed" in one["message"]


def test_text_tells_what_where_why_and_what_to_do(annexe5, bad):
    text = annexe5("validate", bad).out
    for part in ("CEL-VALEUR", "Clause ACC-03 (MUST)", "ligne 2", "PriseExistante", "« X »", "O | N", "À faire"):
        assert part in text
    assert text.splitlines()[-1].endswith("CEL-VALEUR × 1")


def test_text_says_once_what_several_lines_share(annexe5, tmp_path):
    path = tmp_path / name_of("Cmd_Acces")
    patches = [{"ReferenceCommandePriseInterneOC": f"CMD-{one}", "PriseExistante": "XXXY"[one]} for one in range(4)]
    path.write_bytes(content("Cmd_Acces", *patches))
    text = annexe5("validate", path).out
    assert "lignes 2, 3, 4 : PriseExistante : « X »" in text
    assert "ligne 5 : PriseExistante : « Y »" in text


def test_text_is_whole_in_english(annexe5, bad):
    text = annexe5("validate", bad, "--lang", "en").out
    for part in ("not compliant", "error", "line 2", "To do", "1 file(s)", "1 finding(s)"):
        assert part in text
    for french in ("conforme", "ligne", "fichier", "À faire"):
        assert french not in text


def test_sarif_places_findings_in_their_file(annexe5, bad):
    run = json.loads(annexe5("validate", bad, "--format", "sarif").out)["runs"][0]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert (run["results"][0]["ruleId"], place["region"]["startLine"]) == ("CEL-VALEUR", 2)
    assert place["artifactLocation"]["uri"].endswith(bad.name)


def test_what_a_file_holds_moves_no_cursor(annexe5, bad):
    bad.write_bytes(content("Cmd_Acces", {"PriseExistante": "\x1b[2J"}))
    assert "\x1b" not in annexe5("validate", bad).out


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_personal_values_are_masked_unless_asked_for(annexe5, good, form):
    good.write_bytes(content("Cmd_Acces", {"NomClient": "Durand-Secret", "PrenomClient": "Zoe-Secret"}))
    masked = annexe5("validate", good, "--format", form).out
    assert "Secret" not in masked
    assert "CEL-MAJUSCULES" in masked
    assert "•••" in masked
    assert "Durand-Secret" in annexe5("validate", good, "--format", form, "--show-personal").out


def test_a_value_under_a_column_nobody_described_is_masked(annexe5, tmp_path):
    header, row, end = content("Cmd_Acces").split(b"\r\n")
    path = tmp_path / name_of("Cmd_Acces")
    path.write_bytes(b"\r\n".join([header + b";SurnomClient", row + b";Zoe\x07Secret", end]))
    ran = annexe5("validate", path)
    assert "OCT-CONTROLE" in ran.out
    assert "Secret" not in ran.out


def test_the_output_file_is_written_whole_and_stays_when_nothing_can_be_judged(annexe5, bad, tmp_path):
    place = tmp_path / "rapport" / "verdict.json"
    place.parent.mkdir()
    assert annexe5("validate", bad, "--format", "json", "--output", place).code == 1
    before = place.read_bytes()
    assert json.loads(before)["files"][0]["verdict"] == "non conforme"
    assert annexe5("validate", bad, "absent.csv", "--format", "json", "--output", place).code == 2
    assert place.read_bytes() == before
    assert list(place.parent.iterdir()) == [place]


def test_a_device_is_written_to_never_replaced(tmp_path):
    import os
    import threading

    from annexe5.validation.writing import write_whole

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, [b"a", b"b"])
    reader.join(10)
    assert read == [b"ab"]
    assert pipe.is_fifo()
