"""One certification by each channel of the contract: SFTP, FTP, FTPS; what each says of itself, and what is looked at."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from annexe5.campaign.doctor import State, as_text, examine
from annexe5.campaign.target import Target, load_target
from annexe5.campaign.twins import simulated_oi
from annexe5.campaign.ways import by_channel, dial
from annexe5.contract.profile import load_profile
from annexe5.errors import TargetError, UsageError
from annexe5.transport.certificate import self_signed
from annexe5.transport.ftp_server import FtpServer
from annexe5.transport.sftp_client import SftpClient

WAY = ("features/transport/connexion.feature",)


def certify(party, channel, cwd, *chosen):
    command = [sys.executable, "-m", "annexe5", "certify", party, "--channel", channel, "--report", "r", "--", *chosen]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=300)
    assert (cwd / "r" / "campagne.json").exists(), done.stderr
    return done.returncode, json.loads((cwd / "r" / "campagne.json").read_text(encoding="utf-8"))


def verdicts(result):
    return {one["name"]: one["verdict"] for one in result["scenarios"]}


def test_ftp_in_clear_is_a_reserve_under_its_clause_and_refuses_nothing(tmp_path):
    code, result = certify("oi", "ftp", tmp_path, *WAY)
    assert (code, result["verdict"]) == (0, "réserve")
    assert verdicts(result)["Le mot de passe et les fichiers ne circulent pas en clair"] == "réserve"
    assert verdicts(result)["Le serveur présente la clé d'hôte déclarée"] == "non applicable"
    assert verdicts(result)["Un autre mot de passe n'ouvre pas le compte"] == "conforme"
    [clear] = [one for one in result["requirements"] if one["id"] == "TRA-01"]
    assert clear["verdict"] == "réserve"
    assert [found["rule"] for found in clear["findings"]] == ["TRA-CLAIR"]


def test_ftps_is_no_reserve(tmp_path):
    code, result = certify("oi", "ftps", tmp_path, "features/acces/mode_oi.feature")
    assert (code, result["verdict"]) == (0, "conforme")
    assert {one["channel"] for one in result["files"]} - {"soap"} == {"ftps"}


def test_an_oc_comes_by_ftps_too(tmp_path):
    code, result = certify("oc", "ftps", tmp_path, "features/oc/annulation.feature")
    assert (code, result["verdict"]) == (0, "conforme")
    assert {one["channel"] for one in result["files"]} - {"soap"} == {"ftps"}


# --- the target file -----------------------------------------------------------------------------------------------

SFTP = {"hote": "oi.example", "login": "ZZZZ", "mot_de_passe": "env:X", "empreinte_md5": ":".join(["00"] * 16)}
FTP = {"hote": "oi.example", "login": "ZZZZ", "mot_de_passe": "env:X"}
CODES = {"oi": "COVG", "arcep": "CV", "oc": "ZZZZ"}


def target(**sections):
    return Target.model_validate({"codes": CODES, **sections})


def test_the_safest_server_declared_is_used_unless_told():
    assert target(sftp=SFTP, ftp=FTP).by == "sftp"
    assert target(ftps=FTP, ftp=FTP).by == "ftps"
    assert target(sftp=SFTP, ftp=FTP, canal="ftp").by == "ftp"
    assert by_channel(target(sftp=SFTP, ftp=FTP), "ftp").described.endswith("ftp://ZZZZ@oi.example:21")


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ({}, "au moins un serveur"),
        ({"sftp": SFTP, "canal": "ftps"}, "n'est pas déclaré"),
        ({"ftp": FTP | {"mot_de_passe": "clair"}}, "référence"),
        ({"ftp": FTP | {"implicite": True}}, "implicite"),
    ],
)
def test_what_leads_nowhere_is_told(sections, told):
    with pytest.raises(ValueError, match=told):
        target(**sections)


@pytest.mark.parametrize("channel", ["ftp", "scp"])
def test_a_channel_that_the_target_does_not_declare_is_told(channel):
    with pytest.raises(UsageError, match=channel):
        by_channel(target(sftp=SFTP), channel)


# --- before anything is judged ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["ftp", "ftps"])
def oi(request):
    with simulated_oi(load_profile(), size=600, channel=request.param) as standing:
        yield standing


@pytest.fixture
def written(oi, tmp_path):
    """Write the target file of the twin, changed or not."""

    def write(**changes):
        way = json.loads(oi.target.way.model_dump_json(exclude_none=True)) | {"mot_de_passe": "file:mdp"} | changes
        way = {key: value for key, value in way.items() if value is not None}
        lines = ["[codes]", *(f"{key} = {json.dumps(value)}" for key, value in CODES.items()), f"[{oi.target.by}]"]
        path = tmp_path / "cible.toml"
        path.write_text("\n".join([*lines, *(f"{key} = {json.dumps(value)}" for key, value in way.items())]) + "\n")
        (tmp_path / "mdp").write_text(oi.accounts[0].password)
        return path

    return write


def state_of(checks, ident):
    return {one.state for one in checks if one.id == ident}


def test_a_sound_target_is_sound(written, oi):
    checks = examine(written())
    assert not [one for one in checks if one.state is State.PROBLEM], as_text(checks, "fr")
    assert state_of(checks, "droits-in") == state_of(checks, "droits-out") == {State.OK}
    if oi.target.by == "ftp":
        assert state_of(checks, "clair") == {State.WARNING}
    else:
        assert state_of(checks, "tls") == {State.OK}


@pytest.mark.parametrize(
    ("changes", "ident"),
    [
        ({"port": 1}, "port"),
        ({"hote": "oi.invalid"}, "nom"),
        ({"login": "AUTR"}, "connexion"),
        ({"racine": "AILLEURS"}, "dossier"),
        ({"mot_de_passe": "file:absent"}, "secret"),
    ],
)
def test_what_is_wrong_is_named(written, changes, ident):
    checks = examine(written(**changes))
    named = [one for one in checks if one.id == ident and one.state is State.PROBLEM]
    assert named, as_text(checks, "fr")
    assert all(one.mend.fr and one.mend.en and one.said.en for one in named)


def test_a_certificate_is_looked_at_whole(written, oi, tmp_path):
    if oi.target.by == "ftp":
        assert state_of(examine(written()), "tls") == set()
        return
    wrong = {"empreinte_sha256": "00" * 32}
    assert state_of(examine(written(**wrong)), "tls") >= {State.PROBLEM}
    assert state_of(examine(written(empreinte_sha256=None)), "tls") == {State.OK}
    (tmp_path / "autre.pem").write_bytes(self_signed().certificate)
    assert state_of(examine(written(empreinte_sha256=None, certificat="autre.pem")), "tls") == {State.PROBLEM}


def test_a_certificate_that_ends_is_told_and_one_that_has_ended_stops(tmp_path):
    root = tmp_path / "comptes"
    with simulated_oi(load_profile(), size=600, root=root) as oi:
        made = self_signed(lifetime=timedelta(days=5))
        (tmp_path / "court.pem").write_bytes(made.key + made.certificate)
        accounts = [*oi.server.accounts.values()]
        with FtpServer(
            root, accounts, certificate=tmp_path / "court.pem", on_event=lambda _: None, beside=oi.server
        ) as ftps:
            path = tmp_path / "cible.toml"
            (tmp_path / "mdp").write_text(oi.accounts[0].password)
            way = FTP | {"hote": "127.0.0.1", "port": ftps.port, "mot_de_passe": "file:mdp", "certificat": "court.pem"}
            codes = [f"{key} = {json.dumps(value)}" for key, value in CODES.items()]
            section = [f"{key} = {json.dumps(value)}" for key, value in way.items()]
            path.write_text("\n".join(["[codes]", *codes, "[ftps]", *section]) + "\n")
            assert state_of(examine(path), "tls") == {State.WARNING}
            assert state_of(examine(path, now=lambda: datetime.now(UTC) + timedelta(days=6)), "tls") == {State.PROBLEM}


def test_the_way_leads_to_each_server(written, oi):
    found = load_target(written())
    with dial(found.way, password=oi.accounts[0].password) as client:
        assert not isinstance(client, SftpClient)
        assert client.clear_text is (oi.target.by == "ftp")
        assert [one.name for one in client.list("IN/COVG/CV")] == ["PM"]
    with pytest.raises(TargetError):
        dial(found.way, password="faux")
