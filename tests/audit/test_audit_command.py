"""``annexe5 audit`` and ``annexe5 generate archive`` as a user runs them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from annexe5.audit.command import Bar
from annexe5.contract.paths import schemas_dir
from tests.validation.conftest import annexe5  # noqa: F401  # a fixture

SCHEMA = json.loads((schemas_dir() / "json" / "audit.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return tmp_path_factory.mktemp("archive")


@pytest.fixture
def made(annexe5, archive) -> Path:  # noqa: F811
    folder = archive / "mois"
    if not folder.exists():
        ran = annexe5(
            "generate", "archive", "--orders", 250, "--seed", 3, "--breaches", 34, "--date", "20260331",
            "--truth", archive / "t.json", "--output", folder,
        )  # fmt: skip
        assert (ran.code, "34 manquements" in ran.out or "37 manquements" in ran.out) == (0, True), ran.out
    return folder


def test_the_text_groups_by_rule_and_says_what_to_do(annexe5, made):  # noqa: F811
    ran = annexe5("audit", made)
    assert ran.code == 1
    for words in (
        "CYC-DELAI  (erreur",
        "Clause ACC-05",
        "À faire",
        "En attente",
        "en retard de",
        "Heures",
        "non conforme",
    ):
        assert words in ran.out
    english = annexe5("audit", made, "--lang", "en")
    assert "To do" in english.out
    assert "not compliant" in english.out


def test_the_json_is_the_published_shape_and_tells_the_truth(annexe5, made, archive):  # noqa: F811
    ran = annexe5("audit", made, "--format", "json")
    outcome = json.loads(ran.out)
    Draft202012Validator(SCHEMA).validate(outcome)
    owed = sorted(
        (one["rule"], one["file"], one["line"] or 0) for one in json.loads((archive / "t.json").read_text())["errors"]
    )
    found = sorted(
        (rule["rule"], one["path"], one["line"] or 0) for rule in outcome["rules"] for one in rule["samples"]
    )
    assert found == owed
    assert sum(rule["count"] for rule in outcome["rules"]) == len(owed)


def test_the_sarif_places_each_finding(annexe5, made):  # noqa: F811
    run = json.loads(annexe5("audit", made, "--format", "sarif", "--rule", "CYC-DELAI").out)["runs"][0]
    assert [one["ruleId"] for one in run["results"]] == ["CYC-DELAI"] * len(run["results"])
    assert all("startLine" in one["locations"][0]["physicalLocation"]["region"] for one in run["results"])


def test_the_report_goes_to_a_file(annexe5, made, tmp_path):  # noqa: F811
    ran = annexe5("audit", made, "--format", "json", "--output", tmp_path / "a.json")
    assert (ran.code, ran.out) == (1, "")
    Draft202012Validator(SCHEMA).validate(json.loads((tmp_path / "a.json").read_text()))


@pytest.mark.parametrize(
    "wrong",
    [("--format", "xml"), ("--lang", "de"), ("--today", "31/03/2026"), ("--rule", "X"), ("--output", "/nulle/part/a")],
)
def test_what_cannot_be_asked_is_exit_two(annexe5, made, wrong):  # noqa: F811
    ran = annexe5("audit", made, *wrong)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("annexe5 :")


def test_an_archive_is_written_in_an_empty_folder_only(annexe5, made):  # noqa: F811
    ran = annexe5("generate", "archive", "--orders", 10, "--output", made, "--date", "20260331")
    assert (ran.code, "vide" in ran.err) == (2, True)


def test_the_bar_is_drawn_five_times_a_second_and_wiped():
    stream, seconds = io.StringIO(), iter([0.0, 0.1, 0.3, 0.4])
    bar = Bar(stream, lambda: next(seconds))
    for done in (10, 50, 60):
        bar.watch("fichiers", done, 100)
    bar.clear()
    assert stream.getvalue() == "\r\x1b[Kfichiers ██████░░░░░░░░░░░░░░  30%\r\x1b[K"
