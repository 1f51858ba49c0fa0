"""An OC that orders by mail: what its hook is told, what it declares, and each wrong way told under its own clause."""

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from annexe5.campaign.drivers import Request
from annexe5.campaign.mail_desk import Deferring
from annexe5.campaign.oc_target import OcTarget
from annexe5.parties.oc import Instruction

CODES = {"oi": "COVG", "arcep": "CV", "oc": "ZZZZ"}
DOOR = {"mot_de_passe": "env:X"}
PLACE = {"canal": "sftp", "boite_acces": "acces@oi.example", "smtp_hote": "127.0.0.1", "smtp_port": 2525}


def certify(cwd, *defects):
    command = [sys.executable, "-m", "annexe5", "certify", "oc", "--report", "r"]
    command += [word for one in defects for word in ("--defect", one)]
    done = subprocess.run(
        [*command, "--", "features/oc/courriel.feature", "--tb=no"],
        cwd=cwd, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert (cwd / "r" / "campagne.json").exists(), done.stderr
    return done.returncode, json.loads((cwd / "r" / "campagne.json").read_text(encoding="utf-8"))


def test_an_order_by_mail_is_asked_of_a_hook_and_of_a_person():
    asked = Request(Instruction("commander", ({},), par_courriel=True), PLACE, datetime(2026, 11, 23, tzinfo=UTC))
    assert asked.consigne.endswith("Envoyez-la par courriel à acces@oi.example.")
    assert asked.as_json()["par_courriel"] is True
    assert asked.environment()["ANNEXE5_SMTP_PORT"] == "2525"
    assert "courriel" not in Request(Instruction("commander", ({},)), PLACE, asked.until).consigne


def test_an_oc_that_declares_no_mail_is_not_asked_for_any():
    assert OcTarget.model_validate({"codes": CODES, "serveur": DOOR}).courriel is None
    declared = OcTarget.model_validate({"codes": CODES, "serveur": DOOR, "courriel": {"port": 2525}})
    assert declared.courriel.port == 2525


def test_so_many_messages_are_put_off_and_no_more():
    deferring = Deferring()
    deferring.times = 2
    assert [bool(deferring("a@b", ["c@d"])) for _ in range(4)] == [True, True, False, False]
    assert deferring.deferred == 2


@pytest.mark.parametrize(
    ("defect", "rule", "clause"),
    [("oc-courriel-archive", "MAIL-ARCHIVE", "MAIL-02"), ("oc-courriel-boite", "MAIL-BOITE", "MAIL-02")],
)
def test_a_wrong_mail_is_told_under_its_clause_and_no_other(tmp_path, defect, rule, clause):
    code, result = certify(tmp_path, defect)
    assert code == 1
    broken = {one["id"]: one["findings"] for one in result["requirements"] if one["verdict"] == "non conforme"}
    assert set(broken) == {clause}
    assert rule in {found["rule"] for found in broken[clause]}
