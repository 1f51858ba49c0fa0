"""Ways out of an account, tried on a server that holds and on one that does not."""

import pytest

from annexe5.transport.attempts import offered_means, try_to_leave
from annexe5.transport.sftp_client import SftpClient
from annexe5.transport.testing import OpenSshServer
from tests.transport.conftest import IN


def reached(client, tree=""):
    with client:
        return {
            one.what.partition(" ")[0]
            for one in try_to_leave(client, tree, f"{tree}/{IN}" if tree else IN)
            if one.reached
        }


@pytest.fixture
def at_ours(server):
    return SftpClient(server.host, server.port, "FREE", password="secret-free", host_key_md5=server.host_key_md5)


def test_our_server_holds_and_is_left_as_it_was(at_ours, server):
    before = sorted(path.name for path in server.home("FREE").rglob("*"))
    assert reached(at_ours) == set()
    assert sorted(path.name for path in server.home("FREE").rglob("*")) == before


def test_a_server_that_closes_nobody_in_is_seen_through_each_way(tmp_path, rsa2048):
    home = tmp_path / "comptes" / "FREE"
    (home / IN).mkdir(parents=True)
    (home.parent / "VOIS").mkdir()
    with OpenSshServer(home, rsa2048.line, work=tmp_path) as sshd:
        client = SftpClient("127.0.0.1", sshd.port, sshd.login, key=rsa2048.path, host_key_md5=sshd.host_key_md5)
        assert reached(client) == {"ls", "get", "ln", "rename"}
    assert sorted(path.name for path in (tmp_path / "comptes").rglob("*")) == ["COVA", "FREE", "IN", "VOIS", "ZD"]


def test_the_way_to_ones_own_folder_is_not_outside(server):
    """An account whose session begins above its tree, with nothing else there."""
    (server.home("FREE") / "FREE" / IN).mkdir(parents=True)
    for folder in ("IN", "OUT"):
        for inner in sorted((server.home("FREE") / folder).rglob("*"), reverse=True):
            inner.rmdir()
        (server.home("FREE") / folder).rmdir()
    client = SftpClient(server.host, server.port, "FREE", password="secret-free", host_key_md5=server.host_key_md5)
    assert reached(client, "FREE") == set()


def test_a_server_tells_what_it_takes_as_proof(at_ours, server):
    assert {"password", "publickey"} <= offered_means(at_ours)
    server.offers_keys = False
    assert "publickey" not in offered_means(at_ours)
