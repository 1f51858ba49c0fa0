"""``annexe5 generate`` and ``annexe5 validate`` agree on what is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from statistics import median
from time import perf_counter

import pytest

from annexe5.generation import load_plans
from tests.validation.conftest import content, name_of

DAY = ("--date", "20260302")


def _told(ran, *keys):
    (one,) = json.loads(ran.out)["files"]
    return sorted(tuple(finding[key] for key in keys) for finding in one["findings"])


@pytest.mark.parametrize("engine", ["exact", "fast"])
def test_what_was_spoilt_is_what_is_found_line_for_line(annexe5, tmp_path, engine):
    truth = tmp_path / "t.json"
    made = annexe5("generate", "ipe", "--rows", 20_000, "--invalid", "--truth", truth, "--output", tmp_path, *DAY)
    assert made.code == 0, made.err

    ran = annexe5("validate", made.out.strip(), "--format", "json", "--engine", engine, "--show-personal")

    wanted = json.loads(truth.read_text())
    assert ran.code == 1
    assert len(wanted["errors"]) > 20
    keys = ("rule", "line", "column", "value")
    assert _told(ran, *keys) == sorted(tuple(one[key] for key in keys) for one in wanted["errors"])
    assert json.loads(ran.out)["files"][0]["rows"] == wanted["rows"] == 20_000


@pytest.mark.parametrize("flow", list(load_plans()))
def test_a_generated_file_of_any_flow_conforms(annexe5, tmp_path, flow):
    made = annexe5("generate", flow, "--output", tmp_path, *DAY)
    assert (made.code, made.err) == (0, "")
    ran = annexe5("validate", made.out.strip())
    assert (ran.code, "✓" in ran.out) == (0, True), ran.out


def test_a_whole_set_conforms_together(annexe5, tmp_path):
    made = annexe5("generate", "tout", "--rows", 200, "--output", tmp_path, *DAY)
    assert len(made.out.splitlines()) == 19
    assert annexe5("validate", tmp_path).code == 0


def test_standard_output_takes_the_bytes_alone(annexe5):
    made = annexe5("generate", "Cmd_Acces", "--rows", 3, "--output", "-", *DAY)
    assert made.code == 0
    assert annexe5("validate", "-", "--flow", "Cmd_Acces", stdin=made.out.encode()).code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["zzz"],
        ["IPE", "--rows", "0"],
        ["IPE", "--date", "20260230"],
        ["IPE", "--oc", "zz"],
        ["IPE", "--output", "/absent/ipe.csv"],
        ["IPE", "--rows", "2", "--output", "{folder}", "--truth", "/absent/t.json"],
        ["tout", "--invalid"],
    ],
)
def test_what_cannot_be_made_ends_2_with_a_sentence(annexe5, tmp_path, arguments):
    ran = annexe5("generate", *(one.format(folder=tmp_path) for one in arguments))
    assert ran.code == 2
    assert ran.err
    assert "Traceback" not in ran.err


HEAVY = (
    "polars",
    "pandas",
    "numpy",
    "frictionless",
    "zeep",
    "lxml",
    "pytest",
    "jinja2",
    "rich",
    "asyncssh",
    "paramiko",
)


def test_the_verdict_on_ten_rows_stands_soon_with_nothing_heavy_imported(tmp_path):
    path = tmp_path / name_of("Cmd_Acces")
    path.write_bytes(content("Cmd_Acces", *({"ReferenceCommandePriseInterneOC": f"C-{one}"} for one in range(10))))
    seconds = []
    for _ in range(5):
        before = perf_counter()
        ended = subprocess.run([sys.executable, "-m", "annexe5", "validate", path], env=os.environ, check=False)
        seconds.append(perf_counter() - before)
        assert ended.returncode == 0
    assert median(seconds) < 3  # half a second on a quiet machine; tests share theirs

    asked = f"import sys; sys.argv=['annexe5','validate',{str(path)!r}]\nfrom annexe5 import cli\ntry: cli.main()\n"
    asked += f"except SystemExit: pass\nprint([one for one in {HEAVY!r} if one in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"
