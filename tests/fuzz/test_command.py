"""``annexe5 fuzz`` from the command line: what it finds, writes and plays again."""

import json
import subprocess
import sys

import pytest
from hypothesis import given, settings

from annexe5.campaign.gherkin import declared_tags
from annexe5.campaign.lint import read_feature
from annexe5.contract.requirements import load_requirements
from annexe5.errors import UsageError
from annexe5.findings import Finding, Severity, Text
from annexe5.fuzz import files
from annexe5.fuzz.case import Case, read_case
from annexe5.fuzz.command import Asked, _hidden, fuzz
from annexe5.fuzz.draw import cases
from annexe5.fuzz.files import Cell, FileCase, Splice, file_cases, judge_case


def annexe5(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "annexe5", *map(str, arguments)], capture_output=True, text=True, check=False, cwd=cwd
    )


@pytest.fixture(scope="module")
def caught(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    done = annexe5(
        "fuzz",
        "oi",
        "--defect",
        "lecture-guillemet",
        "--budget",
        "120s",
        "--stop-at",
        1,
        "--scenario",
        "--report",
        folder,
    )
    return folder / "constat-01", done


def test_a_planted_mistake_is_found_and_shrunk_to_one_cell(caught):
    folder, done = caught

    assert done.returncode == 1, done.stderr
    [place] = read_case(folder / "cas.json", Case).steps
    [order] = place.orders
    [(_, value)] = order.changes
    assert '"' in value


def test_what_is_sent_to_the_counterpart_says_the_clause_and_holds_the_files(caught):
    folder, _ = caught
    words = (folder / "constat.md").read_text(encoding="utf-8")

    assert "**ACC-04**" in words
    assert load_requirements()["ACC-04"].text.fr in words
    assert any("CMD_ACCES" in one.name for one in folder.glob("01_*.csv"))


def test_the_case_plays_again(caught, tmp_path):
    folder, _ = caught
    case = folder / "cas.json"

    again = annexe5("fuzz", "oi", "--defect", "lecture-guillemet", "--replay", case, "--report", tmp_path / "a")
    good = annexe5("fuzz", "oi", "--replay", case, "--report", tmp_path / "b")

    assert (again.returncode, good.returncode) == (1, 0)


def test_the_scenario_it_writes_is_one_of_ours(caught):
    folder, _ = caught

    read = read_feature(folder / "scenario.feature", declared_tags(), load_requirements())

    assert read.runs == 1


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["xx"], "oi, oc, validate"),
        (["oi", "--budget", "demain"], "une durée est attendue"),
        (["validate", "--defect", "ar-oublie"], "ni --target, ni --defect"),
        (["oi", "--replay", "absent.json"], "cas illisible"),
        (["oi", "--defect", "rien"], "défaut inconnu"),
    ],
)
def test_a_wrong_command_line_is_told_with_code_2(tmp_path, arguments, why):
    done = annexe5("fuzz", *arguments, cwd=tmp_path)

    assert done.returncode == 2, done.stderr
    assert why in done.stderr
    assert "Traceback" not in done.stderr


@settings(max_examples=30, deadline=None, database=None)
@given(cases())
def test_a_case_comes_back_from_its_file(tmp_path_factory, case):
    from annexe5.fuzz.case import write_case

    path = tmp_path_factory.mktemp("cas") / "cas.json"
    write_case(case, path)

    assert read_case(path, Case) == case


# --- the judge of files ---------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None, database=None)
@given(file_cases())
def test_the_judge_of_files_stands(case):
    assert judge_case(case) == ()


def test_a_judge_that_misses_a_fault_is_caught(monkeypatch):
    case = FileCase("Cmd_Acces", 1, (Cell(0, "TypeRacco", "X"),))
    assert judge_case(case) == ()

    monkeypatch.setattr(files, "judge_bytes", lambda *_, **__: type("R", (), {"findings": ()})())

    assert "sans constat" in judge_case(case)[0].message.fr


@pytest.mark.parametrize("engine", ["exact", "fast"])
def test_an_engine_that_breaks_or_disagrees_is_caught(monkeypatch, engine):
    true = files.judge_bytes
    case = FileCase("IPE", 2, (Splice(300, 1, b'"'.hex()),))

    def breaks(*arguments, **options):
        if options["engine"] == engine:
            raise ZeroDivisionError
        return true(*arguments, **options)

    monkeypatch.setattr(files, "judge_bytes", breaks)
    assert "panne" in judge_case(case)[0].message.fr

    def silent(*arguments, **options):
        return true(*arguments, **options) if options["engine"] != engine else type("R", (), {"findings": ()})()

    monkeypatch.setattr(files, "judge_bytes", silent)
    assert "d'un moteur à l'autre" in judge_case(case)[0].message.fr


def test_fuzz_validate_writes_the_smallest_file(monkeypatch, tmp_path):
    monkeypatch.setattr(files, "judge_bytes", lambda *_, **__: type("R", (), {"findings": ()})())
    asked = Asked(None, (), tmp_path / "r", 60, None, 0, stop_at=1)

    assert fuzz("validate", asked) == 1
    kept = json.loads((tmp_path / "r" / "constat-01" / "cas.json").read_text(encoding="utf-8"))
    assert len(kept["edits"]) == 1
    assert list((tmp_path / "r" / "constat-01").glob("01_*.csv"))


def test_a_report_folder_that_holds_something_is_refused(tmp_path):
    (tmp_path / "x").write_text("x")

    with pytest.raises(UsageError, match="dossier vide"):
        fuzz("validate", Asked(None, (), tmp_path, 1, None, 0))


def test_what_is_sent_holds_no_personal_value_that_a_finding_names():
    named = Finding("REJ-ISSUE", "ACC-04", Severity.ERROR, Text("le client VARENCOURT", "customer VARENCOURT"))

    hidden = _hidden(named, lambda text: text.replace("VARENCOURT", "•••"))

    assert (hidden.message.fr, hidden.message.en) == ("le client •••", "customer •••")
