"""At the door of the OI's server: fingerprints however they are spelt, keys and wrong passwords on the twin."""

from dataclasses import dataclass

import pytest

from annexe5.campaign.account_scene import AccountScene
from annexe5.campaign.certification import Wanted, open_bench
from annexe5.campaign.journal import IN_MEMORY, Journal
from annexe5.campaign.verdicts import NonApplicable, NonConforme
from annexe5.transport.sftp_client import is_declared

MD5 = "c2:c0:57:1b:a8:3a:db:d5:87:17:c0:4e:d4:7e:57:07"
SHA256 = "SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDaW4zsvN2Hw1vVHTo"


@pytest.mark.parametrize(
    "declared", [MD5, f"MD5:{MD5}", MD5.upper(), SHA256, SHA256.removeprefix("SHA256:"), f"{SHA256}="]
)
def test_a_fingerprint_is_known_however_it_is_spelt(declared):
    assert is_declared(declared, MD5, SHA256)


def test_another_fingerprint_is_another():
    assert not is_declared(MD5.replace("c2", "d2"), MD5, SHA256)
    assert not is_declared(SHA256.replace("u", "v"), MD5, SHA256)


@dataclass
class Shown:
    presented_md5: str = MD5
    presented_sha256: str = SHA256


@pytest.fixture
def door(tmp_path):
    wanted = Wanted(party="oi", target=None, report=tmp_path)
    with Journal(IN_MEMORY) as journal, open_bench(wanted, journal) as (bench, _, _):
        yield AccountScene(bench)


def test_a_server_that_shows_another_key_than_declared_does_not_conform(door):
    door.host_key_declared()
    door.bench.client = Shown()
    with pytest.raises(NonConforme, match="TRA-CLE-HOTE"):
        door.host_key_declared()


def test_what_the_target_does_not_allow_is_not_tried(door):
    target = door.bench.target
    shut = target.capacites.model_copy(update={"isolement": False, "verrouillage": False, "quota_mo": None})
    bare = target.sftp.model_copy(update={"cles": ()})
    door.bench.target = target.model_copy(update={"capacites": shut, "sftp": bare})
    for tried in (door.leave, door.lock_out, door.overrun, lambda: door.try_key(2048)):
        with pytest.raises(NonApplicable):
            tried()


def test_an_account_closes_after_wrong_passwords_and_opens_a_quarter_of_an_hour_later(door):
    before = door.bench.clock()
    door.lock_out()
    door.locked()
    door.opens_again()
    assert door.findings == []
    assert (door.bench.clock() - before).total_seconds() > 15 * 60
