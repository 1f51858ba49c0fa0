"""``annexe5 certify oi`` as a user runs it: on the twin, and on a target that our code does not serve."""

import json
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

from annexe5.audit import run as audit
from annexe5.contract.names import judge_name
from annexe5.contract.profile import load_profile
from annexe5.transport.testing import OpenSshServer, RsaKey
from tests.campaign.conftest import certify, standing, write_target

EXPECTED = ("rapport.html", "junit.xml", "campagne.json", "resume.md", "resultats.json", "journal.sqlite")


def campaign(report: Path) -> dict:
    return json.loads((report / "resultats.json").read_text(encoding="utf-8"))


@contextmanager
def behind_sshd(work: Path, *defects: str, answer_in: float | None = 20, roles=None):
    """Give the target file of a twin that lives in a tree served by OpenSSH's own sshd."""
    key = RsaKey(work / "id_rsa", 2048)
    tree = work / "arbre"
    tree.mkdir()
    arguments = [word for defect in defects for word in ("--defect", defect)]
    with standing("--folder", str(tree), *arguments) as (said, _), OpenSshServer(tree, key.line, work=work) as sshd:
        way = {
            "hote": "127.0.0.1", "port": sshd.port, "login": sshd.login, "cle": str(key.path),
            "empreinte_sha256": sshd.host_key_sha256, "racine": "ZZZZ",
        }  # fmt: skip
        yield write_target(work / "cible.toml", said, way, answer_in=answer_in, roles=roles)


def test_the_twin_is_certified_and_the_report_is_complete(tmp_path):
    done = certify("--report", "r", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in EXPECTED:
        assert (tmp_path / "r" / name).stat().st_size > 0, name
    assert any((tmp_path / "r" / "allure-results").iterdir())
    result = campaign(tmp_path / "r")
    assert result["verdict"] == "conforme"
    assert {one["verdict"] for one in result["scenarios"]} == {"conforme"}
    assert len(result["scenarios"]) > 90
    assert blamed_on_the_oi(tmp_path / "r" / "journal.sqlite") == {"CROISE-PM-INCONNU"}


def blamed_on_the_oi(journal: Path) -> set[str]:
    """Audit what was exchanged: the OI's only fault is to cite, refusing it, the PM that a scenario invents.

    All else that is found stands in files that the scenarios send wrong on purpose.
    """
    outcome = audit.run(audit.Wanted((str(journal),)))
    assert outcome.orders.count > 90
    profile = load_profile()
    blamed = set()
    for finding in (one for group in outcome.groups for one in group.samples):
        flow = judge_name(profile, finding.path.rpartition("!")[2].rpartition("/")[2]).flow
        if flow is not None and profile.flow(flow).sender == "OI":
            blamed.add(finding.rule)
    return blamed


def test_an_oi_behind_opensshs_sshd_is_certified(tmp_path):
    with behind_sshd(tmp_path) as target:
        done = certify("--target", str(target), "--report", "r", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not campaign(tmp_path / "r")["simulated"]


def test_an_oi_that_forgets_one_ar_in_three_fails_acc_04_and_the_orders_are_named(tmp_path):
    with behind_sshd(tmp_path, "ar-oublie", answer_in=1) as target:
        selected = ("-k", "chaque_commande or Chaque or plusieurs or Plusieurs")
        done = certify("--target", str(target), "--report", "r", "--", *selected, cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    result = campaign(tmp_path / "r")
    clause = next(one for one in result["requirements"] if one["id"] == "ACC-04")
    assert clause["verdict"] == "non conforme"
    lacking = {order for finding in clause["findings"] for order in finding["orders"]}
    answered = {
        event["file"] and order["reference"]
        for order in result["orders"]
        for event in order["events"]
        if event["flow"] == "AR_Cmd_Acces"
    }
    assert lacking
    assert lacking.isdisjoint(answered)
    assert "ACC-04 : non conforme" in done.stderr
    assert all(order in done.stderr for order in sorted(lacking)[:12])


@pytest.mark.parametrize(
    ("defect", "clause"),
    [("resil-typee-annul", "ACC-13"), ("dossier-pm", "TRA-09"), ("ar-code-faux", "ACC-15"), ("nom-version", "NAM-08")],
)
def test_a_defective_twin_ends_1_under_the_right_clause(tmp_path, defect, clause):
    done = certify("--defect", defect, "--report", "r", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    broken = {one["id"] for one in campaign(tmp_path / "r")["requirements"] if one["verdict"] == "non conforme"}
    assert clause in broken


def test_without_an_agreed_time_a_missing_answer_is_awaited(tmp_path):
    with behind_sshd(tmp_path, "cr-oublie", "stoc-oublie", answer_in=None, roles=["eligible"]) as target:
        text = target.read_text(encoding="utf-8").replace("patience_s = 30", "patience_s = 1")
        target.write_text(text, encoding="utf-8")
        alone = "features/acces/nominal.feature::La route optique suit l'accusé de réception"
        done = certify("--target", str(target), "--report", "r", "--", alone, cwd=tmp_path)
    assert done.returncode == 3, done.stdout + done.stderr
    scenario = campaign(tmp_path / "r")["scenarios"][0]
    assert scenario["verdict"] == "en attente"
    assert "en attente jusqu'au" in scenario["message"]
    assert scenario["awaits"] == "OI : CR_Cmd_Acces"


BROKEN = {
    "no such file": (lambda target: target.unlink(), "introuvable"),
    "no TOML": (lambda target: target.write_text("[sftp\n"), "TOML illisible"),
    "unknown key": (lambda target: target.write_text(target.read_text() + "\n[inconnu]\nx = 1\n"), "clé inconnue"),
    "wrong fingerprint": (
        lambda target: target.write_text(target.read_text().replace('empreinte_sha256 = "SHA256:', 'empreinte_sha256 = "SHA256:A')),
        "clé",
    ),
    "closed port": (
        lambda target: target.write_text("\n".join("port = 1" if line.startswith("port =") else line for line in target.read_text().splitlines())),
        "127.0.0.1:1",
    ),
    "wrong key": (
        lambda target: RsaKey(target.parent / "autre", 2048) and target.write_text(target.read_text().replace("id_rsa", "autre")),
        "refuse",
    ),
    "missing folder": (lambda target: shutil.rmtree(target.parent / "arbre" / "ZZZZ" / "IN"), "IN/COVG/CV"),
    "secret in clear": (
        lambda target: target.write_text(target.read_text().replace("[campagne]", 'mot_de_passe = "secret"\n[campagne]')),
        "référence",
    ),
    "secret unset": (
        lambda target: target.write_text(target.read_text().replace("[campagne]", 'mot_de_passe = "env:ANNEXE5_ABSENT"\n[campagne]')),
        "ANNEXE5_ABSENT",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_what_keeps_us_from_the_target_is_configuration_never_conformance(tmp_path, kind):
    spoil, told = BROKEN[kind]
    with behind_sshd(tmp_path, roles=["eligible"]) as target:
        spoil(target)
        done = certify("--target", str(target), "--report", "r", cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert 'secret"' not in done.stderr


def test_an_earlier_report_survives_a_party_that_cannot_be_reached(tmp_path):
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "resultats.json").write_text("{}", encoding="utf-8")
    (tmp_path / "cible.toml").write_text("[sftp]\n", encoding="utf-8")
    assert certify("--target", "cible.toml", "--report", "r", cwd=tmp_path).returncode == 2
    assert [one.name for one in (tmp_path / "r").iterdir()] == ["resultats.json"]


def test_a_folder_that_is_no_report_is_left_alone(tmp_path):
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "these.txt").write_text("mine", encoding="utf-8")
    done = certify("--report", "r", cwd=tmp_path)
    assert done.returncode == 2
    assert [one.name for one in (tmp_path / "r").iterdir()] == ["these.txt"]
