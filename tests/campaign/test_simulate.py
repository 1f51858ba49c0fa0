"""``annexe5 simulate oi`` met by strangers: OpenSSH, psftp, lftp, curl; no code of ours there but the CSV itself."""

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


def order_file(said: dict, path: Path, reference: str = "REF1", address: int = 0) -> Path:
    data = json.loads(Path(said["test_data"]).read_text(encoding="utf-8"))["ZZZZ"]
    row = dict.fromkeys(load_table("Cmd_Acces").names, "") | data["eligible"][address]
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
    assert standing_oi.keys() >= {"profile", "oi", "sftp", "ftp", "ftps", "smtp", "soap", "accounts", "test_data"}
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


class Stranger:
    """A client that is none of ours: drops a file, lists a folder, collects one and deletes it there."""

    def __init__(self, said: dict, work: Path) -> None:
        self.said, self.work, self.account = said, work, said["accounts"][0]

    def run(self, *command: object, stdin: str = "") -> str:
        done = subprocess.run(
            [*map(str, command)], input=stdin, capture_output=True, text=True, check=False, timeout=30, cwd=self.work
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout


class Lftp(Stranger):
    def do(self, *commands: str) -> str:
        ftps, user = self.said["ftps"], f"{self.account['user']},{self.account['password']}"
        ours = (
            "set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ssl:verify-certificate no; set net:max-retries 1"
        )
        return self.run(
            "lftp", "--norc", "-c", f"{ours}; open -u {user} ftp://127.0.0.1:{ftps['port']}; {'; '.join(commands)}"
        )

    def drop(self, file: Path) -> None:
        self.do(f"put -O {self.account['in']} {file}")

    def listed(self, folder: str) -> list[str]:
        return [Path(one).name for one in self.do(f"cls -1 {folder}").split() if one.endswith(".csv")]

    def collect(self, folder: str, name: str) -> None:
        self.do(f"get -E {folder}/{name} -o {self.work / name}")


class Curl(Stranger):
    def do(self, *options: object, path: str = "") -> str:
        user = f"{self.account['user']}:{self.account['password']}"
        base = f"ftp://127.0.0.1:{self.said['ftps']['port']}/"
        return self.run("curl", "-sS", "--ssl-reqd", "--insecure", "-u", user, *options, f"{base}{path}")

    def drop(self, file: Path) -> None:
        self.do("-T", file, path=f"{self.account['in']}/")

    def listed(self, folder: str) -> list[str]:
        return [one for one in self.do("-l", path=f"{folder}/").split() if one.endswith(".csv")]

    def collect(self, folder: str, name: str) -> None:
        self.do("-o", self.work / name, path=f"{folder}/{name}")
        self.do("-o", "/dev/null", "-Q", f"DELE {folder}/{name}")


class Psftp(Stranger):
    def do(self, *commands: str) -> str:
        (self.work / "batch").write_text("\n".join(commands) + "\n")
        way = self.said["sftp"]
        return self.run(
            "psftp", "-batch", "-P", way["port"], "-pw", self.account["password"], "-hostkey", way["host_key_md5"],
            "-b", self.work / "batch", f"{self.account['user']}@127.0.0.1",
        )  # fmt: skip

    def drop(self, file: Path) -> None:
        self.do(f"cd {self.account['in']}", f"put {file} {file.name}.part", f"mv {file.name}.part {file.name}")

    def listed(self, folder: str) -> list[str]:
        return [line.split()[-1] for line in self.do(f"ls {folder}").splitlines() if line.endswith(".csv")]

    def collect(self, folder: str, name: str) -> None:
        self.do(f"cd {folder}", f"get {name}", f"del {name}")


@pytest.mark.parametrize(("client", "number"), [(Lftp, 21), (Curl, 22), (Psftp, 23)])
def test_a_stranger_orders_collects_and_deletes(tmp_path, standing_oi, client, number):
    work = tmp_path / "client"
    work.mkdir()
    stranger, out = client(standing_oi, work), standing_oi["accounts"][0]["out"]
    stranger.drop(order_file(standing_oi, tmp_path / NAME.replace("_1.", f"_{number}."), f"REF{number}", number))
    collected: set[str] = set()
    for _ in range(100):  # the twin answers at once; each look is a whole connection
        for name in stranger.listed(out):
            stranger.collect(out, name)
            if f"REF{number}" in (work / name).read_text(encoding="utf-8"):
                collected.add(name.rsplit("_", 2)[0])
        if collected == set(ANSWERS):
            break
    assert collected == set(ANSWERS)
    assert stranger.listed(out) == stranger.listed(standing_oi["accounts"][0]["in"]) == []


def test_several_ocs_have_each_their_account():
    with standing("--oc", "AAAA", "--oc", "BBBB") as (said, _):
        assert [one["oc"] for one in said["accounts"]] == ["AAAA", "BBBB"]
        assert len({one["password"] for one in said["accounts"]}) == 2
