"""``annexe5 simulate oi`` met by a stranger: OpenSSH's ``sftp``, no code of ours on that side but the CSV itself."""

import json
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from annexe5.tables import load_table, write_rows
from annexe5.transport.testing import RsaKey
from tests.campaign.conftest import standing

NAME = "COVG_ZZZZ_CMD_ACCES_V12_20261123_1.csv"
ANSWERS = ["COVG_ZZZZ_ARCMD_ACCES_V12", "COVG_ZZZZ_CMDSTOC_V12", "COVG_ZZZZ_CrCMD_ACCES_V12"]


def sftp(key: Path, port: int, *commands: str) -> str:
    options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "BatchMode=yes", "LogLevel=ERROR"]
    done = subprocess.run(
        ["sftp", "-q", "-i", key, *(f"-o{one}" for one in options), "-P", str(port), "-b", "-", "ZZZZ@127.0.0.1"],
        input="\n".join(commands) + "\n", capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def order_file(said: dict, path: Path, reference: str = "REF1") -> Path:
    data = json.loads(Path(said["test_data"]).read_text(encoding="utf-8"))["ZZZZ"]
    row = dict.fromkeys(load_table("Cmd_Acces").names, "") | data["eligible"][0]
    row |= {"ReferenceCommandePriseInterneOC": reference, "DateCommandePrise": "20261123 10:00"}
    path.write_bytes(write_rows(load_table("Cmd_Acces"), [row]))
    return path


@pytest.fixture
def key(tmp_path):
    return RsaKey(tmp_path / "id_rsa", 2048)


def listed(told: str) -> list[str]:
    return sorted(
        Path(line).name for line in told.splitlines() if line.endswith(".csv") and not line.startswith("sftp>")
    )


def test_openssh_alone_orders_collects_and_deletes(tmp_path, key):
    (tmp_path / "keys").write_text(key.line + "\n", encoding="utf-8")
    with standing("--authorized-keys", str(tmp_path / "keys")) as (said, _):
        port, account = said["sftp"]["port"], said["accounts"][0]
        mine = order_file(said, tmp_path / NAME)
        sftp(key.path, port, f"cd {account['in']}", f"put {mine}")
        found: list[str] = []
        for _ in range(100):  # the twin answers at once; each look is a whole connection
            found = listed(sftp(key.path, port, f"ls -1 {account['out']}"))
            if len(found) == len(ANSWERS):
                break
        assert [name.rsplit("_", 2)[0] for name in found] == ANSWERS
        where = account["out"]
        sftp(key.path, port, f"lcd {tmp_path}", *(f"get {where}/{one}" for one in found))
        sftp(key.path, port, *(f"rm {where}/{one}" for one in found))
        assert listed(sftp(key.path, port, f"ls -1 {where}", f"ls -1 {account['in']}")) == []
        answer = (tmp_path / found[0]).read_text(encoding="utf-8")
        assert answer.splitlines()[1].split(";")[2] == "OK"


def test_the_announcement_says_how_to_reach_it(standing_oi):
    assert standing_oi.keys() >= {"profile", "oi", "sftp", "ftp", "ftps", "soap", "accounts", "test_data"}
    assert standing_oi["soap"].keys() == {"sav-2.1", "sav-3.0", "opc-3.0", "structure-2.0"}
    for url in standing_oi["soap"].values():
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert b"definitions" in answer.read()
    assert standing_oi["sftp"].keys() == {"host", "port", "host_key_md5", "host_key_sha256"}
    assert standing_oi["accounts"][0].keys() == {"oc", "user", "password", "in", "out", "in_pm", "out_pm"}
    roles = json.loads(Path(standing_oi["test_data"]).read_text(encoding="utf-8"))["ZZZZ"]
    assert len(roles["eligible"]) > 100
    assert roles["adresse_gelee"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly(number):
    with standing() as (_, process):
        process.send_signal(number)
        assert process.wait(timeout=20) == 0
        assert process.stderr.read() == ""


@pytest.mark.parametrize("scheme", ["ftp", "ftps"])
def test_curl_orders_and_collects_over_ftp(tmp_path, standing_oi, scheme):
    port, account = standing_oi[scheme]["port"], standing_oi["accounts"][0]
    mine = order_file(standing_oi, tmp_path / NAME.replace("_1.", f"_{len(scheme)}."), f"REF{scheme}")
    curl = ["curl", "--silent", "--show-error", "--user", f"{account['user']}:{account['password']}"]
    curl += ["--ssl-reqd", "--insecure"] if scheme == "ftps" else []
    base = f"ftp://127.0.0.1:{port}/"
    subprocess.run([*curl, "-T", mine, f"{base}{account['in']}/"], check=True, timeout=30)
    for _ in range(100):
        told = subprocess.run(
            [*curl, "-l", f"{base}{account['out']}/"], capture_output=True, text=True, check=True, timeout=30
        ).stdout
        names = [name for name in told.split() if "ARCMD" in name]
        texts = [
            subprocess.run(
                [*curl, f"{base}{account['out']}/{name}"], capture_output=True, text=True, check=True, timeout=30
            ).stdout
            for name in names
        ]
        if any(f"REF{scheme}" in text for text in texts):
            return
    raise AssertionError("no AR came")


def test_several_ocs_have_each_their_account():
    with standing("--oc", "AAAA", "--oc", "BBBB") as (said, _):
        assert [one["oc"] for one in said["accounts"]] == ["AAAA", "BBBB"]
        assert len({one["password"] for one in said["accounts"]}) == 2
