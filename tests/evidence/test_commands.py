"""The commands of what is shared, from the key pair to the certificate that both parties signed."""

import json
import sqlite3
import subprocess
import sys
import zipfile
from dataclasses import replace

import pytest
import sample
from test_attestation import conforming, with_failure
from typer.testing import CliRunner

from annexe5.campaign import sharing
from annexe5.campaign.journal import JOURNAL_FILE, Journal
from annexe5.campaign.results import save
from annexe5.cli import app
from annexe5.errors import ConfigurationError
from annexe5.exchange import Channel, Exchange

PRODUCT = ("--product", "SI-FTTH", "--product-version", "7.2")


def run(*arguments):
    """Run a command, and give what it printed with its exit code; an error of configuration is told as text."""
    done = CliRunner().invoke(app, [str(one) for one in arguments])
    if isinstance(done.exception, ConfigurationError):
        return str(done.exception), 2
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.output, done.exit_code


def journal_of(wire, folder):
    with Journal(folder / JOURNAL_FILE) as journal:
        for one in wire.files:
            data = wire.data[one.exchange]
            kept = Exchange(one.at, Channel(one.channel), one.sender, one.receiver, one.name, one.folder, data)
            assert journal.record(kept, batch=1).number == one.exchange


@pytest.fixture
def campaign(tmp_path):
    """A folder as certify leaves it, over a campaign that may be signed."""
    wire = sample.Wire()
    folder = tmp_path / "rapport"
    folder.mkdir()
    save(conforming(wire), folder)
    journal_of(wire, folder)
    return folder


@pytest.fixture
def keys(tmp_path, monkeypatch):
    monkeypatch.setenv("PHRASE", "une phrase de passe")
    for role in ("oi", "oc"):
        said, code = run("attest", "keygen", tmp_path / f"{role}.cle", "--passphrase", "env:PHRASE")
        assert code == 0
        assert "empreinte" in said
    return tmp_path


def signed(campaign, keys, *more):
    return run("attest", "sign", campaign, "--key", keys / "oc.cle", "--passphrase", "env:PHRASE", *PRODUCT, *more)


def trusted(keys):
    return ("--trust", f"oi={keys / 'oi.pub'}", "--trust", f"oc={keys / 'oc.pub'}")


def test_sign_pack_countersign_verify(campaign, keys, tmp_path):
    said, code = signed(campaign, keys)
    assert code == 0, said
    run("pack", campaign, tmp_path / "recette.zip")
    received = tmp_path / "recu"
    with zipfile.ZipFile(tmp_path / "recette.zip") as archive:
        archive.extractall(received)

    half, code = run("attest", "verify", received, *trusted(keys))
    assert code == 1
    assert "l'OI n'a pas signé" in half

    said, code = run(
        "attest", "countersign", received, "--key", keys / "oi.cle", "--role", "oi", "--passphrase", "env:PHRASE",
        "--trust", f"oc={keys / 'oc.pub'}",
    )  # fmt: skip
    assert code == 0, said

    told, code = run("attest", "verify", received, *trusted(keys), "--format", "json")
    assert code == 0, told
    assert json.loads(told)["signers"] == ["OI", "OC"]
    assert json.loads(told)["statement"]["subject"][0]["name"] == "oi:COVG SI-FTTH 7.2"

    recipe, _ = run("attest", "openssl", received, keys / "oi.pub", "--number", "2")
    done = subprocess.run(["sh", "-c", recipe], capture_output=True, text=True, check=False)
    assert "Signature Verified Successfully" in done.stdout


def test_a_changed_report_is_refused_with_its_reason(campaign, keys):
    signed(campaign, keys)
    page = campaign / "rapport.html"
    page.write_text(page.read_text(encoding="utf-8") + " ", encoding="utf-8")

    said, code = run("attest", "verify", campaign, *trusted(keys))

    assert code == 1
    assert "preuve-alteree" in said
    assert "CERTIFICAT REFUSÉ" in said


def test_no_certificate_over_a_clause_that_failed_but_under_a_waiver(campaign, keys, tmp_path):
    wire = sample.Wire()
    save(with_failure(conforming(wire)), campaign)

    said, code = signed(campaign, keys)
    assert code == 2
    assert "ACC-05" in said
    assert not (campaign / "certificat.json").exists()

    waivers = tmp_path / "derogations.toml"
    waivers.write_text(
        '[[derogation]]\nclause = "ACC-05"\nmotif = "correctif livré en mai"\nresponsable = "OI, exploitation"\n'
        "expire = 2999-12-31\n",
        encoding="utf-8",
    )
    said, code = signed(campaign, keys, "--waivers", waivers)
    assert code == 0, said
    assert "correctif livré en mai" in (campaign / "rapport.html").read_text(encoding="utf-8")


def test_a_wrong_passphrase_is_told(campaign, keys, monkeypatch):
    monkeypatch.setenv("PHRASE", "une autre")

    said, code = signed(campaign, keys)

    assert code == 2
    assert "phrase de passe fausse" in said


def test_a_second_certificate_does_not_take_the_place_of_the_first(campaign, keys):
    signed(campaign, keys)

    said, code = signed(campaign, keys)

    assert code == 2
    assert "existe déjà" in said


def test_a_contestation_stays_visible_in_the_report(campaign, keys):
    run("report", campaign)

    said, code = run(
        "contest", campaign, "ACC-05", "L'AR est parti à l'heure.", "--key", keys / "oi.cle", "--role", "oi",
        "--author", "Équipe SI", "--passphrase", "env:PHRASE",
    )  # fmt: skip
    assert code == 0, said
    run("report", campaign, *trusted(keys))

    page = (campaign / "rapport.html").read_text(encoding="utf-8")
    assert "est parti à l" in page
    assert "Équipe SI" in page


def test_a_report_is_not_written_again_without_the_secrets_it_must_hide(campaign, monkeypatch):
    result = replace(sharing.load(campaign), secrets=("env:ANNEXE5_ESSAI",))
    save(result, campaign)
    monkeypatch.delenv("ANNEXE5_ESSAI", raising=False)

    said, code = run("report", campaign)
    assert code == 2
    assert "ANNEXE5_ESSAI" in said
    assert not (campaign / "rapport.html").exists()

    monkeypatch.setenv("ANNEXE5_ESSAI", "REF-000001")
    assert run("report", campaign)[1] == 0


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("report", "absent"), "aucun journal de campagne"),
        (("attest", "verify", "absent"), "pas de certificat ici"),
        (("attest", "verify", ".", "--trust", "oi"), "pas de certificat ici|écrivez oi="),
        (("pack", "absent", "x.zip"), "pas de campagne.json"),
        (("attest", "keygen", "a.pub"), "donnez-lui un autre nom"),
    ],
)
def test_what_lacks_is_told_with_code_2(tmp_path, monkeypatch, arguments, why):
    monkeypatch.chdir(tmp_path)

    done = subprocess.run([sys.executable, "-m", "annexe5", *arguments], capture_output=True, text=True, check=False)

    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert any(one in done.stderr for one in why.split("|")), done.stderr


def test_a_damaged_journal_is_told(campaign):
    base = sqlite3.connect(campaign / JOURNAL_FILE)
    base.close()
    (campaign / JOURNAL_FILE).write_bytes(b"ceci n'est pas un journal" * 100)

    said, code = run("report", campaign)

    assert code == 2
    assert "journal illisible" in said
