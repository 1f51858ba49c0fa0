"""Several OCs at once at one OI over SFTP: every order is answered once, in its own account."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from annexe5.campaign.standing import new_accounts, utc_now
from annexe5.campaign.twins import SimulatedOi, simulated_oi
from annexe5.contract.calendar import PARIS
from annexe5.contract.profile import load_profile
from annexe5.transport.sftp_client import SftpClient
from annexe5.transport.testing import RsaKey
from tests.benchmarks.crowd import Folders, orders_of, play_all, quadrigrammes, wrong_answers

ACCOUNTS, FILES = 8, 20
OCS = quadrigrammes(ACCOUNTS)


@pytest.fixture
def served(tmp_path) -> Iterator[tuple[SimulatedOi, RsaKey]]:
    key = RsaKey(tmp_path / "cle", 2048)
    accounts = [replace(one, public_keys=(key.line,)) for one in new_accounts(OCS)]
    with simulated_oi(load_profile(), ocs=OCS, size=2000, accounts=accounts) as oi:
        yield oi, key


def test_a_crowd_loses_doubles_and_crosses_nothing(served):
    oi, key = served
    passwords = {one.oc: one.password for one in oi.accounts}

    def dial(oc: str) -> SftpClient:
        """Come by key or by password, one OC in two."""
        means = {"key": key.path} if OCS.index(oc) % 2 else {"password": passwords[oc]}
        return SftpClient("127.0.0.1", oi.server.port, oc, host_key_md5=oi.server.host_key_md5, **means)

    twin = oi.twin
    folders = Folders(*(twin.profile.folder(one, twin.oi, twin.arcep) for one in ("depose_acces", "retrait_acces")))
    files = orders_of(twin.network, OCS, FILES, day=utc_now().astimezone(PARIS).date())
    answers = play_all(dial, folders, files, answers=3, patience=60)
    assert wrong_answers(answers, FILES) == []
    assert twin.incidents == []
    assert [oi.server.list(oc, folder) for oc in OCS for folder in (folders.drop,) if files_in(oi, oc, folder)] == []


def files_in(oi: SimulatedOi, oc: str, folder: str) -> list[str]:
    return [one.name for one in oi.server.list(oc, folder) if not one.is_dir]


def test_a_lost_a_doubled_and_a_crossed_answer_are_told(served):
    twin = served[0].twin
    [(_, mine), (_, other), *_] = orders_of(twin.network, OCS, 1, day=utc_now().astimezone(PARIS).date()).items()
    told = wrong_answers({OCS[0]: []}, 1)
    assert len(told) == 3
    assert all("perdu" in one for one in told)
    told = wrong_answers({OCS[0]: [*mine, *mine, *other]}, 0)
    assert [one for one in told if "2 fois" in one]
    assert [one for one in told if "est à un autre" in one and OCS[1] in one.split(":")[1]]
