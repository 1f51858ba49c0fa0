"""``annexe5 doctor`` before broken targets on real servers: each fault named with its remedy, none a verdict."""

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from annexe5.campaign.certification import Wanted, run
from annexe5.campaign.doctor import State, as_json, as_text, examine, exit_code
from annexe5.campaign.twins import simulated_oi
from annexe5.cli import app
from annexe5.contract.profile import load_profile
from annexe5.errors import TargetError
from annexe5.transport.certificate import self_signed
from annexe5.transport.edge import Account
from annexe5.transport.http_server import HttpServer
from annexe5.transport.sftp_server import SftpServer
from annexe5.transport.testing import OpenSshServer, RsaKey


@pytest.fixture(scope="module")
def oi():
    with simulated_oi(load_profile(), size=2000) as standing:
        standing.standing.rest()  # its IPE and CPN are there before anybody counts
        yield standing


@pytest.fixture
def said(oi, tmp_path):
    """What a sound target file says, and the environment of its secrets."""
    plain = json.loads(oi.target.model_dump_json(exclude_none=True))
    (tmp_path / "mdp").write_text(oi.accounts[0].password)
    plain["sftp"]["mot_de_passe"] = "file:mdp"
    plain["services"]["mot_de_passe"] = "file:mdp"
    plain["services"]["urls"] = {"structure-2.0": plain["services"]["urls"]["structure-2.0"]}
    del plain["services"]["autre_canal"]
    plain["test_data"]["eligible"] = plain["test_data"]["eligible"][:2]
    return plain


def write(folder, said):
    """Write a target file; every value is JSON, which TOML reads alike."""
    lines = [f"profil = {json.dumps(said['profil'])}"]
    for section in ("partie", "codes", "sftp", "campagne"):
        lines += [f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in said[section].items())]
    lines.append("[services]")
    for key, value in said.get("services", {}).items():
        table = (
            "{" + ", ".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in value.items()) + "}"
            if isinstance(value, dict)
            else json.dumps(value)
        )
        lines.append(f"{key} = {table}")
    for role, rows in said["test_data"].items():
        for row in rows:
            lines += [f"[[test_data.{role}]]", *(f"{key} = {json.dumps(value)}" for key, value in row.items())]
    path = folder / "cible.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def of(checks, state):
    return [one for one in checks if one.state is state]


def test_a_sound_target_is_all_ok(said, tmp_path, oi):
    before = sorted(one.relative_to(oi.server.root) for one in oi.server.root.rglob("*"))
    checks = examine(write(tmp_path, said))
    assert {one.state for one in checks} == {State.OK}, as_text(checks, "fr")
    assert exit_code(checks) == 0
    assert sorted(one.relative_to(oi.server.root) for one in oi.server.root.rglob("*")) == before


def other_key(said, folder):
    del said["sftp"]["mot_de_passe"]
    said["sftp"]["cle"] = str(RsaKey(folder / "autre", 2048).path)


def no_key(said, folder):
    del said["sftp"]["mot_de_passe"]
    said["sftp"]["cle"] = str(folder / "absente")


def set_to(section, key, value):
    return lambda said, _: said[section].__setitem__(key, value)


BROKEN = {
    "wrong port": (set_to("sftp", "port", 1), "port", "sftp.port"),
    "unknown host": (set_to("sftp", "hote", "oi.invalid"), "nom", "sftp.hote"),
    "wrong fingerprint": (set_to("sftp", "empreinte_md5", ":".join(["00"] * 16)), "empreinte", "confirmer la clé"),
    "wrong password": (lambda said, folder: (folder / "mdp").write_text("faux"), "connexion", "mot de passe"),
    "wrong private key": (other_key, "connexion", "clé publique"),
    "private key missing": (no_key, "cle", "sftp.cle"),
    "missing folder": (set_to("sftp", "racine", "AILLEURS"), "dossier", "sftp.racine"),
    "secret unset": (set_to("sftp", "mot_de_passe", "env:ANNEXE5_ABSENT"), "secret", "export ANNEXE5_ABSENT"),
    "secret file missing": (set_to("sftp", "mot_de_passe", "file:absent"), "secret", "écrivez le secret"),
    "secret in clear": (set_to("sftp", "mot_de_passe", "s3cret"), "fichier", "corrigez le fichier"),
    "unknown key": (set_to("sftp", "hotte", "x"), "fichier", "annexe5 init"),
    "WSDL port closed": (
        lambda said, _: said["services"]["urls"].update({"sav-2.1": "http://127.0.0.1:1/x?wsdl"}),
        "adresse",
        "services.urls",
    ),
    "certificate of nobody": (lambda said, _: said["services"].pop("certificat"), "tls", "services.certificat"),
    "trust file missing": (set_to("services", "certificat", "absent.pem"), "certificat", "PEM"),
    "misspelt column": (
        lambda said, _: said["test_data"]["eligible"][0].update({"Batimant": "A"}),
        "donnees",
        "Cmd_Acces",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_target_is_named_with_its_remedy(said, tmp_path, kind):
    spoil, ident, remedy = BROKEN[kind]
    spoil(said, tmp_path)
    checks = examine(write(tmp_path, said))
    problems = of(checks, State.PROBLEM)
    named = [one for one in problems if one.id == ident]
    assert named, as_text(checks, "fr")
    assert any(remedy in one.mend.fr for one in named)
    assert all(one.mend.fr and one.mend.en and one.said.en for one in problems)
    assert exit_code(checks) == 2
    assert "s3cret" not in as_json(tmp_path, checks, "en").replace("reçu", "") or kind == "secret in clear"


def test_a_file_that_is_no_toml_stops_the_examination(tmp_path):
    (tmp_path / "cible.toml").write_text("[sftp\n")
    [only] = examine(tmp_path / "cible.toml")
    assert (only.id, only.state) == ("fichier", State.PROBLEM)


def test_a_closed_port_does_not_hide_the_services(said, tmp_path):
    said["sftp"]["port"] = 1
    checks = examine(write(tmp_path, said))
    assert {one.state for one in checks if one.id == "wsdl"} == {State.OK}
    assert {one.id for one in of(checks, State.UNCHECKED)} >= {"empreinte", "connexion", "droits-in", "horloge"}


def test_a_missing_secret_does_not_hide_the_host_key(said, tmp_path):
    said["sftp"]["mot_de_passe"] = "env:ANNEXE5_ABSENT"
    checks = examine(write(tmp_path, said))
    assert [one.state for one in checks if one.id == "empreinte"] == [State.OK]


@pytest.mark.parametrize(
    ("off", "state"), [(timedelta(minutes=10), State.WARNING), (timedelta(hours=2), State.PROBLEM)]
)
def test_a_skewed_clock_is_told_and_hours_keep_from_judging(said, tmp_path, off, state):
    checks = examine(write(tmp_path, said), now=lambda: datetime.now(UTC) - off)
    assert [(one.state, "NTP" in one.mend.fr) for one in checks if one.id == "horloge"] == [(state, True)]
    assert [one.id for one in of(checks, State.PROBLEM)] == (["horloge"] if state is State.PROBLEM else [])


def test_a_minute_of_skew_is_borne(said, tmp_path):
    checks = examine(write(tmp_path, said), now=lambda: datetime.now(UTC) - timedelta(minutes=1))
    assert of(checks, State.PROBLEM) == []


def test_missing_roles_are_warnings_that_say_what_they_unlock(said, tmp_path):
    del said["test_data"]["pbo_sature"]
    checks = examine(write(tmp_path, said))
    [lacking] = of(checks, State.WARNING)
    assert "pbo_sature" in lacking.what.fr
    assert "scénarios" in lacking.said.fr
    assert exit_code(checks) == 0


@pytest.mark.parametrize(
    ("answer", "told"), [((404, {}, b""), "404"), ((200, {}, b"<html>"), "WSDL"), ((200, {}, b"<a/>"), "WSDL")]
)
def test_a_wsdl_that_is_not_there_or_does_not_parse(said, tmp_path, answer, told):
    with HttpServer(lambda _: answer, https_port=None) as server:
        said["services"]["urls"] = {"sav-2.1": f"{server.urls['http']}/sav?wsdl"}
        checks = examine(write(tmp_path, said))
    [problem] = of(checks, State.PROBLEM)
    assert problem.id == "wsdl"
    assert told in problem.said.fr + problem.mend.fr


def test_an_expired_certificate(said, tmp_path):
    expired = self_signed(now=datetime.now(UTC) - timedelta(days=60))
    (tmp_path / "vieux.pem").write_bytes(expired.certificate)
    with HttpServer(lambda _: (404, {}, b""), port=None, certificate=expired) as server:
        said["services"] |= {"urls": {"sav-2.1": f"{server.urls['https']}/?wsdl"}, "certificat": "vieux.pem"}
        checks = examine(write(tmp_path, said))
    [problem] = of(checks, State.PROBLEM)
    assert problem.id == "tls"
    assert "expiré" in problem.said.fr
    assert "renouveler" in problem.mend.fr


def test_an_in_folder_that_takes_no_byte(said, tmp_path):
    folders = ("IN/COVG/CV/PM", "OUT/COVG/CV/PM")
    account = Account("ZZZZ", (tmp_path / "mdp").read_text(), folders=folders, quota=0)
    with SftpServer(tmp_path / "comptes", [account], on_event=lambda _: None) as server:
        said["sftp"] |= {
            "port": server.port, "empreinte_md5": server.host_key_md5, "empreinte_sha256": server.host_key_sha256,
        }  # fmt: skip
        checks = examine(write(tmp_path, said))
        left = list((tmp_path / "comptes").rglob("*.tmp"))
    assert [one.id for one in of(checks, State.PROBLEM)] == ["droits-in"]
    assert left == []


@contextmanager
def sshd(said, work, *options):
    """Serve an empty account by OpenSSH's sshd, with options of its own."""
    tree = work / "arbre"
    for folder in ("IN/COVG/CV/PM", "OUT/COVG/CV/PM"):
        (tree / folder).mkdir(parents=True)
    key = RsaKey(work / "id_rsa", 2048)
    with OpenSshServer(tree, key.line, work=work, options=options) as server:
        said["sftp"] = {
            "hote": "127.0.0.1", "port": server.port, "login": server.login, "cle": str(key.path),
            "empreinte_sha256": server.host_key_sha256,
        }  # fmt: skip
        yield tree


@pytest.mark.parametrize(("option", "idents"), [("-R", ["droits-in"]), ("-P remove", ["droits-out"]), ("", [])])
def test_rights_before_opensshs_sshd(said, tmp_path, option, idents):
    force = f"ForceCommand internal-sftp -d {tmp_path / 'arbre'} {option}"
    with sshd(said, tmp_path, force):
        checks = examine(write(tmp_path, said))
    assert [one.id for one in of(checks, State.PROBLEM)] == idents, as_text(checks, "fr")


def test_certify_refuses_to_start_and_judges_nothing(said, tmp_path):
    said["services"]["urls"] = {"sav-2.1": "http://127.0.0.1:1/?wsdl"}
    path = write(tmp_path, said)
    with pytest.raises(TargetError, match=r"services\.urls"):
        run(Wanted(party="oi", target=path, report=tmp_path / "r"))
    assert not (tmp_path / "r" / "resultats.json").exists()


def test_the_command_tells_in_both_languages_and_in_json(said, tmp_path):
    said["sftp"]["port"] = 1
    said["services"] = {}
    path = write(tmp_path, said)
    done = CliRunner().invoke(app, ["doctor", "--target", str(path), "--format", "json", "--lang", "en"])
    assert done.exit_code == 2
    told = json.loads(done.stdout)
    assert told["state"] == "problème"
    assert any(one["check"] == "port" and "mend sftp.port" in one["mend"] for one in told["checks"])
