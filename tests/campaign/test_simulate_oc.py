"""``annexe5 simulate oc`` before ``annexe5 simulate oi``, in two processes joined by SFTP alone; and told by HTTP."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.campaign.conftest import standing, write_target

NOMINAL = ["CMD_ACCES", "ARCMD_ACCES", "CrCMD_ACCES", "CMDSTOC", "CrSTOC", "CrMADL", "CrMESL"]


@contextmanager
def before(said: dict, work, *arguments: str, services: bool = False):
    """Start an OC before a standing OI; give its process, told of on its standard output."""
    account, sftp = said["accounts"][0], said["sftp"]
    way = {
        "hote": sftp["host"], "port": sftp["port"], "login": account["user"], "mot_de_passe": "env:ANNEXE5_ESSAI",
        "empreinte_sha256": sftp["host_key_sha256"],
    }  # fmt: skip
    target = write_target(work / "oi.toml", said, way, roles=["eligible"])
    if services:
        urls = [f'"{name}" = "{url}"' for name, url in said["soap"].items()]
        lines = ["[services]", 'mot_de_passe = "env:ANNEXE5_ESSAI"', "[services.urls]", *urls]
        target.write_text("\n".join([*lines, target.read_text(encoding="utf-8")]), encoding="utf-8")
    command = [sys.executable, "-m", "annexe5", "simulate", "oc", "--target", str(target), *arguments]
    environment = {**os.environ, "ANNEXE5_ESSAI": account["password"]}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield process, target
        finally:
            process.kill()
            process.communicate()


def token(name: str) -> str:
    return name.split("_", 2)[2].partition("_V12_")[0]


def read(process, count: int) -> list[str]:
    """Read the ACCES files told of, each line one file; the IPE and the CPN come when they come."""
    told: list[str] = []
    while len(told) < count:
        name = json.loads(process.stdout.readline())["file"]
        told += [] if name.startswith("COVAGE_ZMD_") else [token(name)]
    return told


def test_it_orders_and_follows_its_orders_to_the_end(tmp_path):
    with standing() as (said, _), before(said, tmp_path, "--orders", "2") as (process, _):
        assert json.loads(process.stdout.readline()).keys() == {"profile", "oi", "oc", "sftp"}
        assert sorted(read(process, 7)) == sorted(NOMINAL)
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=20)
        assert process.returncode == 0, errors
        assert list(json.loads(out.splitlines()[-1])["orders"].values()) == ["EN_SERVICE", "EN_SERVICE"]


def post(url: str, body: bytes) -> int:
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(url, data=body, method="POST"), timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_told_by_http_it_does_what_it_is_told_and_no_more(tmp_path):
    with standing() as (said, _), before(said, tmp_path, "--http", "0") as (process, _):
        url = json.loads(process.stdout.readline())["http"]
        rows = json.loads(Path(said["test_data"]).read_text(encoding="utf-8"))["ZZZZ"]["eligible"]
        assert post(url, json.dumps({"action": "commander", "commandes": rows[:1]}).encode()) == 204
        assert sorted(read(process, 4)) == sorted(NOMINAL[:4])
        assert post(url, b'{"action": "raccorder", "reference": "JAMAIS"}') == 409
        assert post(url, b'{"action": "danser"}') == 501
        assert post(url, b"pas du JSON") == 400
        assert post(url, b'{"action": "relever"}') == 204


def test_before_services_it_asks_the_order_help_then_orders(tmp_path):
    with standing() as (said, _), before(said, tmp_path, "--orders", "1", services=True) as (process, _):
        process.stdout.readline()
        crossed = [json.loads(process.stdout.readline()) for _ in range(3)]
        assert [(one["from"], one["file"].partition("-")[0]) for one in crossed[:2]] == [
            ("ZZZZ", "obtentionStructureAdresseOperation"), ("COVG", "obtentionStructureAdresseOperation"),
        ]  # fmt: skip
        assert token(crossed[2]["file"]) == "CMD_ACCES"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [((), "--target"), (("--role", "inconnu"), "inconnu"), (("--orders", "9999"), "9999")],
    ids=["no target", "role", "too many"],
)
def test_what_cannot_be_is_told_with_exit_code_2(tmp_path, standing_oi, arguments, told):
    if not arguments:
        command = [sys.executable, "-m", "annexe5", "simulate", "oc"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, told in done.stderr) == (2, True)
        return
    with before(standing_oi, tmp_path, *arguments) as (process, _):
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 2
        assert told in errors
        assert "Traceback" not in errors
