"""``annexe5 init``: what it writes loads; the schemas for editors follow the models."""

import pytest
from typer.testing import CliRunner

from annexe5.campaign.init import from_answers, schema_text, write
from annexe5.campaign.oc_target import load_oc_target
from annexe5.campaign.target import load_target
from annexe5.cli import app
from annexe5.contract.paths import schemas_dir
from annexe5.errors import UsageError

GIVEN = ("codes.oc=ABCD", "sftp.hote=oi.example", "sftp.login=ABCD", f"sftp.empreinte_md5={':'.join(['c2'] * 16)}")


def test_what_is_written_for_an_oi_loads(tmp_path):
    write("oi", tmp_path / "t.toml", from_answers([*GIVEN, "roles=eligible, pbo_sature"], "oi"))
    target = load_target(tmp_path / "t.toml")
    assert (target.sftp.hote, list(target.test_data)) == ("oi.example", ["eligible", "pbo_sature"])


def test_a_server_left_out_stays_as_a_comment_to_fill_in(tmp_path):
    given = ["codes.oc=ABCD", "ftps.hote=oi.example", "ftps.login=ABCD"]
    write("oi", tmp_path / "t.toml", from_answers(given, "oi"))
    target = load_target(tmp_path / "t.toml")
    assert (target.by, target.ftps.hote, target.sftp, target.ftp) == ("ftps", "oi.example", None, None)
    assert "# [sftp]" in (tmp_path / "t.toml").read_text(encoding="utf-8")


def test_what_is_written_for_an_oc_loads(tmp_path):
    write("oc", tmp_path / "t.toml", from_answers(["codes.oc=ABCD"], "oc"))
    assert load_oc_target(tmp_path / "t.toml").pilote.libre


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "t.toml").write_text("mine")
    with pytest.raises(UsageError, match="existe déjà"):
        write("oi", tmp_path / "t.toml", from_answers(GIVEN, "oi"))
    assert (tmp_path / "t.toml").read_text() == "mine"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (GIVEN[1:], "codes.oc"),
        ((*GIVEN, "x=1"), "clés inconnues"),
        (GIVEN[:3], "empreinte"),
        ((*GIVEN, "sftp.mot_de_passe=clair"), "référence"),
        ((*GIVEN, "roles=rien"), "rôle inconnu"),
        ((*GIVEN, "sftp.port=x"), "nombre"),
    ],
)
def test_what_would_not_load_is_told_and_not_written(tmp_path, given, told):
    with pytest.raises(UsageError, match=told):
        write("oi", tmp_path / "t.toml", from_answers(given, "oi"))
    assert not (tmp_path / "t.toml").exists()


def test_the_command_asks_or_takes_its_answers(tmp_path):
    asked = "OC\nCOVG\nCV\nABCD\n\n\n\n\n"
    done = CliRunner().invoke(app, ["init", "--party", "oc", "--output", str(tmp_path / "a.toml")], input=asked)
    assert done.exit_code == 0, done.output
    assert load_oc_target(tmp_path / "a.toml").codes.oc == "ABCD"
    done = CliRunner().invoke(app, ["init", "--yes", *GIVEN, "--output", str(tmp_path / "b.toml")])
    assert done.exit_code == 0, done.output
    assert load_target(tmp_path / "b.toml").codes.oc == "ABCD"


@pytest.mark.parametrize(("party", "name"), [("oi", "cible.json"), ("oc", "cible-oc.json")])
def test_the_schema_for_editors_follows_the_model(party, name):
    assert (schemas_dir() / "json" / name).read_text(encoding="utf-8") == schema_text(party)
