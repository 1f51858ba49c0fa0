"""The hostile corpus through the command, on both engines and in an archive: right findings, right end, no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.tables.hostile import Hostile, corpus, in_order
from tests.validation.conftest import name_of

CORPUS = list(corpus())
NAME = name_of("Cmd_Acces")
HEAVY = [one for one in CORPUS if len(one.data) > 1 << 20]
# What Python, polars and a few blocks of a file take; the largest file of the corpus is a line of 20 MB.
MOST_MEMORY = 500


def judged(annexe5, path: Path, engine: str) -> tuple[int, list[tuple[str, int | None, str]]]:
    ran = annexe5("validate", path, "--engine", engine, "--format", "json")
    assert ran.err == ""
    (file,) = json.loads(ran.out)["files"]
    refused = any(one["severity"] == "error" for one in file["findings"])
    assert ran.code == int(refused) == int(file["verdict"] == "non conforme")
    return ran.code, [(one["rule"], one["line"], one["column"]) for one in file["findings"]]


@pytest.mark.parametrize("engine", ["exact", "fast"])
@pytest.mark.parametrize("one", CORPUS, ids=lambda one: one.name)
def test_the_anomaly_and_what_follows_it_are_told_and_the_command_ends_as_due(annexe5, tmp_path, one: Hostile, engine):
    (tmp_path / NAME).write_bytes(one.data)
    code, found = judged(annexe5, tmp_path / NAME, engine)
    assert in_order(found) == one.told
    assert code == 1 or not one.ordinary


@pytest.mark.parametrize("one", [one for one in CORPUS if one not in HEAVY], ids=lambda one: one.name)
def test_an_archive_hides_nothing(annexe5, tmp_path, one: Hostile):
    with zipfile.ZipFile(tmp_path / "mois.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(NAME, one.data)
    assert in_order(judged(annexe5, tmp_path / "mois.zip", "fast")[1]) == one.told


@pytest.mark.parametrize("engine", ["exact", "fast"])
@pytest.mark.parametrize("one", HEAVY, ids=lambda one: one.name)
def test_memory_stays_bounded(tmp_path, one: Hostile, engine):
    (tmp_path / NAME).write_bytes(one.data)
    command = [sys.executable, "-m", "annexe5", "validate", str(tmp_path / NAME), "--engine", engine]
    # A process started from this one would inherit its peak: a small shell stands between.
    measured = "import os, sys; p = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:]); s = os.wait4(p, 0); "
    measured += "print(os.waitstatus_to_exitcode(s[1]), s[2].ru_maxrss // 1024)"
    ran = subprocess.run(
        [sys.executable, "-S", "-c", measured, *command], capture_output=True, text=True, check=True, env=os.environ
    )
    code, megabytes = map(int, ran.stdout.splitlines()[-1].split())
    assert (code, "Traceback" in ran.stderr) == (1, False)
    assert megabytes < MOST_MEMORY
