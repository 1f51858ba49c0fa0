"""``certify --resume``, ``status`` and ``journal export`` as a user runs them, on a party that outlives our process."""

import json
import re
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from annexe5.campaign.journal import Journal
from annexe5.campaign.resuming import alone
from annexe5.errors import UsageError
from tests.campaign.conftest import certify
from tests.campaign.test_certify import behind_sshd, campaign

ROUTE = "features/acces/nominal.feature::La route optique suit l'accusé de réception"
REJECT = (
    "features/acces/rejets.feature::Une commande rejetée à l'AR porte le code de sa cause[adresse_inconnue, FADR01]"
)


def annexe5(*arguments: str, cwd: Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "annexe5", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=300)


def sent(folder: Path) -> list[str]:
    with Journal(folder / "journal.sqlite") as journal:
        return [one.name for one, _ in journal.exchanges() if one.sender == "ZZZZ"]


def test_a_campaign_that_waits_ends_3_says_who_owes_what_and_is_resumed_without_sending_again(tmp_path):
    with behind_sshd(tmp_path, "cr-oublie", "stoc-oublie", answer_in=None, roles=["eligible"]) as target:
        options = ("--target", str(target), "--report", "r", "--patience", "1s")
        assert certify(*options, "--", ROUTE, cwd=tmp_path).returncode == 3
        before = sent(tmp_path / "r")

        told = annexe5("status", "r", cwd=tmp_path)
        assert told.returncode == 3, told.stderr
        assert re.search(r"OI +CR_Cmd_Acces +A5\d+ .*en attente jusqu'au", told.stdout), told.stdout
        data = json.loads(annexe5("status", "r", "--format", "json", cwd=tmp_path).stdout)
        assert [(one["qui"], one["quoi"]) for one in data["attendus"]] == [("OI", "CR_Cmd_Acces")]

        refused = certify(*options, "--", ROUTE, cwd=tmp_path)
        assert (refused.returncode, "--resume" in refused.stderr) == (2, True)

        resumed = certify("--resume", "r", cwd=tmp_path)
        assert resumed.returncode == 3, resumed.stdout + resumed.stderr
        assert sent(tmp_path / "r") == before
        assert campaign(tmp_path / "r")["scenarios"][0]["verdict"] == "en attente"


def killed(command: list[str], cwd: Path, rows: int) -> None:
    """Run a certification and kill it once its journal holds so many rows more."""
    path, start = cwd / "r" / "journal.sqlite", None
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            held = _rows(path)
            start = held if start is None else start
            if held >= start + rows:
                process.kill()
            threading.Event().wait(0.002)


def _rows(path: Path) -> int:
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
            return sum(
                base.execute(f"SELECT count(*) FROM {one}").fetchone()[0] for one in ("exchange", "note", "stage")
            )
    except sqlite3.Error:
        return 0


def test_a_campaign_killed_for_good_goes_on_where_it_was(tmp_path):
    with behind_sshd(tmp_path) as target:
        certifying = [sys.executable, "-m", "annexe5", "certify", "oi"]
        chosen = ["--", "features/acces/annulation.feature"]
        killed([*certifying, "--target", str(target), "--report", "r", *chosen], tmp_path, 25)
        killed([*certifying, "--resume", "r"], tmp_path, 31)
        assert annexe5("status", "r", cwd=tmp_path).returncode == 3
        done = certify("--resume", "r", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {one["verdict"] for one in campaign(tmp_path / "r")["scenarios"]} == {"conforme"}
    names = sent(tmp_path / "r")
    assert (len(names), len(set(names))) == (19, 19)


def test_the_twin_at_hand_dies_with_its_campaign_and_says_so(tmp_path):
    assert certify("--report", "r", "--", ROUTE, cwd=tmp_path).returncode == 0
    done = certify("--resume", "r", cwd=tmp_path)
    assert done.returncode == 2
    assert "jumeau" in done.stderr

    told = annexe5("status", "r", cwd=tmp_path)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Rien n'est attendu" in told.stdout

    lines = [json.loads(line) for line in annexe5("journal", "export", "r", cwd=tmp_path).stdout.splitlines()]
    files = [line for line in lines if line["type"] == "exchange"]
    with Journal(tmp_path / "r" / "journal.sqlite") as journal:
        assert [one["number"] for one in files] == [one.number for one, _ in journal.exchanges()]
    assert all(line.keys() >= {"at", "sha256", "stages"} for line in files)
    assert {line["kind"] for line in lines if line["type"] == "note"} >= {"campagne", "commande", "scénario", "fin"}
    assert not any("data" in line for line in lines)


def test_weeks_of_the_twin_are_certified_in_seconds(tmp_path):
    done = certify("--pace", "retard", "--report", "r", "--", ROUTE, cwd=tmp_path)
    broken = {one["id"] for one in campaign(tmp_path / "r")["requirements"] if one["verdict"] == "non conforme"}
    assert (done.returncode, broken) == (1, {"ACC-05"}), done.stderr


def test_two_processes_do_not_play_one_campaign(tmp_path):
    with alone(tmp_path), pytest.raises(UsageError, match="autre processus"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["status", "vide"], "aucun journal"),
        (["journal", "export", "vide"], "aucun journal"),
        (["certify", "oi", "--resume", "vide"], "aucun journal"),
        (["certify", "oi", "--patience", "long"], "une durée est attendue"),
        (["certify", "oi", "--pace", "lent"], "rythme inconnu"),
    ],
)
def test_what_cannot_be_resumed_is_told(tmp_path, arguments, told):
    (tmp_path / "vide").mkdir()
    done = annexe5(*arguments, cwd=tmp_path)
    assert (done.returncode, told in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr
