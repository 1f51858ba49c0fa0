"""Keys and hosts (TRA-04, TRA-05): old servers, several host keys, what each client can reach."""

import asyncssh
import paramiko
import pytest

from annexe5.transport.loop import LoopThread
from annexe5.transport.remote import HostKeyError, LegacyPeerError, LoginError
from annexe5.transport.sftp_client import LegacySftpClient, SftpClient, connect, fingerprints
from annexe5.transport.testing import OpenSshServer

IN = "IN/COVA/ZD"


class OldServer:
    """A server of another age: SHA-1 in its signatures and key exchange, nothing else on offer."""

    def __init__(self, root, host_key, public_key):
        self.root, self.loop = root, LoopThread("old-server")
        keys = asyncssh.import_authorized_keys(public_key + "\n")

        class Door(asyncssh.SSHServer):
            def begin_auth(self, username):
                return True

            def password_auth_supported(self):
                return True

            def validate_password(self, username, password):
                return (username, password) == ("FREE", "secret")

        [pair] = asyncssh.load_keypairs(str(host_key))
        pair.host_key_algorithms = [b"ssh-rsa"]

        async def listen():
            return await asyncssh.listen(
                "127.0.0.1",
                0,
                server_factory=Door,
                server_host_keys=[pair],
                authorized_client_keys=keys,
                sftp_factory=lambda chan: asyncssh.SFTPServer(chan, chroot=str(root).encode()),
                signature_algs=["ssh-rsa"],
                kex_algs=["diffie-hellman-group14-sha1"],
                config=None,
            )

        self.acceptor = self.loop.run(listen())
        self.port = self.acceptor.get_port()


@pytest.fixture
def old_server(tmp_path, host_key, rsa1024):
    (tmp_path / "old" / IN).mkdir(parents=True)
    server = OldServer(tmp_path / "old", host_key, rsa1024.line)
    yield server
    server.loop.call(server.acceptor.close)
    server.loop.stop()


@pytest.fixture
def published(host_key):
    return fingerprints(asyncssh.read_private_key(host_key).public_data)


class TestOldPeers:
    def test_the_current_client_says_that_it_cannot(self, old_server, published):
        with pytest.raises(LegacyPeerError, match="SHA-1"):
            SftpClient("127.0.0.1", old_server.port, "FREE", password="secret", host_key_md5=published[0]).open()

    @pytest.mark.parametrize("means", ["password", "key"])
    def test_the_legacy_client_reaches_it_and_is_told_apart(self, old_server, published, rsa1024, means):
        declared = {"password": "secret"} if means == "password" else {"key": rsa1024.path}
        with connect("127.0.0.1", old_server.port, "FREE", host_key_md5=published[0], **declared) as client:
            assert isinstance(client, LegacySftpClient)
            assert client.legacy
            client.deposit(IN, "A.csv", b"x")
            assert list(client.collect(IN)) == [("A.csv", b"x")]

    def test_its_host_key_is_checked_all_the_same(self, old_server):
        with pytest.raises(HostKeyError):
            connect("127.0.0.1", old_server.port, "FREE", password="secret", host_key_md5=":".join(["00"] * 16))

    def test_its_refusal_is_a_refusal(self, old_server, published):
        with pytest.raises(LoginError):
            connect("127.0.0.1", old_server.port, "FREE", password="wrong", host_key_md5=published[0])

    def test_a_current_server_gets_the_current_client(self, server):
        with connect(
            "127.0.0.1", server.port, "FREE", password="secret-free", host_key_md5=server.host_key_md5
        ) as client:
            assert isinstance(client, SftpClient)
            assert not client.legacy


class TestSeveralHostKeys:
    """A server holds several keys and shows the one asked for: whichever was published must open."""

    @pytest.fixture
    def many(self, tmp_path, rsa2048):
        work, root = tmp_path / "sshd", tmp_path / "root"
        work.mkdir()
        root.mkdir()
        keys = {}
        for algorithm in ("ssh-ed25519", "ecdsa-sha2-nistp256"):
            key = asyncssh.generate_private_key(algorithm)
            (work / algorithm).write_bytes(key.export_private_key("openssh"))
            (work / algorithm).chmod(0o600)
            keys[algorithm] = fingerprints(key.public_data)
        options = [f"HostKey {work / algorithm}" for algorithm in keys]
        with OpenSshServer(root, rsa2048.line, work=work, options=options) as server:
            keys["rsa"] = (server.host_key_md5, server.host_key_sha256)
            yield server, keys

    @pytest.mark.parametrize("published", ["rsa", "ssh-ed25519", "ecdsa-sha2-nistp256"])
    def test_the_published_one_opens(self, many, rsa2048, published):
        server, keys = many
        md5, sha256 = keys[published]
        for declared in ({"host_key_md5": md5}, {"host_key_sha256": sha256}):
            with SftpClient("127.0.0.1", server.port, server.login, key=rsa2048.path, **declared) as client:
                assert client.presented_md5 == md5
                assert client.list("") == []

    def test_none_of_them_is_a_wrong_host(self, many, rsa2048):
        server, keys = many
        with pytest.raises(HostKeyError) as raised:
            SftpClient("127.0.0.1", server.port, server.login, key=rsa2048.path, host_key_md5="00").open()
        assert raised.value.presented_md5 == keys["rsa"][0]


class TestClientKeys:
    @pytest.mark.parametrize("form", ["openssh", "pkcs1-pem", "pkcs8-pem"])
    def test_private_keys_in_the_usual_forms(self, server, rsa1024, tmp_path, form):
        path = tmp_path / "key"
        path.write_bytes(asyncssh.read_private_key(rsa1024.path).export_private_key(form))
        with SftpClient("127.0.0.1", server.port, "FREE", key=path, host_key_md5=server.host_key_md5) as client:
            assert client.list(IN) == []

    def test_a_key_with_its_passphrase(self, server, rsa1024, tmp_path):
        path = tmp_path / "key"
        key = asyncssh.read_private_key(rsa1024.path)
        path.write_bytes(key.export_private_key("openssh", passphrase="sésame", rounds=1))
        for kind in (SftpClient, LegacySftpClient):
            with kind(
                "127.0.0.1",
                server.port,
                "FREE",
                key=path,
                passphrase="sésame",
                host_key_md5=server.host_key_md5,
            ) as client:
                assert client.list(IN) == []

    @pytest.mark.parametrize("size", [1024, 2048])
    def test_openssh_takes_both_sizes_of_the_contract(self, tmp_path, rsa1024, rsa2048, size):
        work, root = tmp_path / "sshd", tmp_path / "root"
        work.mkdir()
        root.mkdir()
        key = {1024: rsa1024, 2048: rsa2048}[size]
        with (
            OpenSshServer(root, key.line, work=work) as server,
            SftpClient(
                "127.0.0.1", server.port, server.login, key=key.path, host_key_md5=server.host_key_md5
            ) as client,
        ):
            assert client.list("") == []


def test_fingerprints_are_those_of_the_key():
    key = paramiko.RSAKey.generate(1024)
    md5, sha256 = fingerprints(key.asbytes())
    assert sha256 == key.fingerprint
    assert len(md5) == 47
