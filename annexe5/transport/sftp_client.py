"""Our side of SFTP against any server (TRA-01, TRA-04, TRA-05): paramiko, and asyncssh for peers limited to SHA-1.

``ssh-rsa`` in a published fingerprint is a type of key, not of signature: the current client reaches such a server, and
asks it for its RSA key first. Only a server that signs with nothing but SHA-1 needs the legacy client.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import io
import socket
import stat
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import asyncssh
import paramiko
from typing_extensions import override

from annexe5.errors import TargetError
from annexe5.transport.edge import RemoteFile
from annexe5.transport.loop import LoopThread
from annexe5.transport.remote import (
    ConnectionLostError,
    HostKeyError,
    LegacyPeerError,
    LoginError,
    RefusedError,
    RemoteClient,
    UnreachableError,
    reaching,
    wait_for,
)
from annexe5.transport.temporary import temporary_name

T = TypeVar("T")

# A server may hold several keys, and shows the one the client asks for: the published one may be any of them.
_FAMILIES = (
    ("rsa-sha2-512", "rsa-sha2-256"),
    ("ssh-ed25519",),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
)


@dataclass(frozen=True, slots=True)
class _Way:
    """How to reach an account, as declared."""

    host: str
    port: int
    login: str
    password: str | None
    key: Path | None
    passphrase: str | None
    host_key_md5: str | None
    host_key_sha256: str | None
    accept_any_host_key: bool
    timeout: float

    @property
    def where(self) -> str:
        return f"sftp://{self.login}@{self.host}:{self.port}"

    def check(self, presented: bytes) -> None:
        """Compare the key a server shows (its public blob) with the declared one, before any secret is sent."""
        md5, sha256 = fingerprints(presented)
        if self.accept_any_host_key:
            return
        if not (self.host_key_md5 or self.host_key_sha256):
            raise HostKeyError(
                f"{self.where} : aucune empreinte de clé d'hôte n'est déclarée ; le serveur présente {sha256} "
                f"(MD5 {md5}). Vérifiez-la auprès de l'opérateur, puis déclarez-la.",
                md5,
                sha256,
            )
        if (self.host_key_md5 and _plain_md5(self.host_key_md5) != md5) or (
            self.host_key_sha256 and _plain_sha256(self.host_key_sha256) != sha256
        ):
            raise HostKeyError(
                f"{self.where} : la clé d'hôte n'est pas la clé déclarée ; attendu "
                f"{self.host_key_sha256 or self.host_key_md5}, présenté {sha256} (MD5 {md5}). Ne continuez pas avant "
                "que l'opérateur du serveur ait confirmé sa clé.",
                md5,
                sha256,
            )

    def reaching(self) -> AbstractContextManager[None]:
        """Tell what stands in the way to the host."""
        return reaching(self.where, self.host)


def fingerprints(public_blob: bytes) -> tuple[str, str]:
    """Give the MD5 (``c2:c0:…``) and SHA256 (``SHA256:…``) fingerprints of a public key blob, as ssh-keygen does."""
    md5 = hashlib.md5(public_blob, usedforsecurity=False).hexdigest()
    sha256 = base64.b64encode(hashlib.sha256(public_blob).digest()).decode().rstrip("=")
    return ":".join(md5[at : at + 2] for at in range(0, 32, 2)), f"SHA256:{sha256}"


def is_declared(declared: str, *presented: str) -> bool:
    """Tell whether a declared fingerprint, however it is spelt, is one of those presented (MD5 or SHA256)."""
    return _plain_md5(declared) in presented or _plain_sha256(declared) in presented


def _plain_md5(declared: str) -> str:
    return declared.strip().removeprefix("MD5:").lower()


def _plain_sha256(declared: str) -> str:
    return "SHA256:" + declared.strip().removeprefix("SHA256:").rstrip("=")


class _SshClient(RemoteClient):
    """What both clients are told, and what they know once connected: the key that the server showed."""

    def __init__(
        self,
        host: str,
        port: int,
        login: str,
        *,
        password: str | None = None,
        key: Path | None = None,
        passphrase: str | None = None,
        host_key_md5: str | None = None,
        host_key_sha256: str | None = None,
        accept_any_host_key: bool = False,
        timeout: float = 20,
        tries: int = 3,
        wait: Callable[[float], None] = wait_for,
        upload_name: Callable[[str], str] | None = temporary_name,
    ) -> None:
        self.way = _Way(
            host,
            port,
            login,
            password,
            key,
            passphrase,
            host_key_md5,
            host_key_sha256,
            accept_any_host_key,
            timeout,
        )
        super().__init__(self.way.where, tries=tries, wait=wait, upload_name=upload_name)
        self.presented_md5 = ""
        self.presented_sha256 = ""

    def _accept(self, blob: bytes) -> None:
        self.way.check(blob)
        self.presented_md5, self.presented_sha256 = fingerprints(blob)

    def _load_key(self) -> asyncssh.SSHKey | None:
        if self.way.key is None:
            return None
        try:
            return asyncssh.read_private_key(str(self.way.key), self.way.passphrase)
        except (OSError, ValueError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
            raise TargetError(
                f"{self.where} : clé privée {self.way.key} illisible ({error}) ; attendu un fichier OpenSSH ou PEM, "
                "avec sa phrase secrète s'il en a une."
            ) from error

    def _login_error(self, error: Exception) -> LoginError:
        means = "la clé" if self.way.key else "le mot de passe"
        if self.way.key and self.way.password is not None:
            means = "la clé puis le mot de passe"
        return LoginError(
            f"{self.where} : le serveur refuse {means} du compte « {self.way.login} » ({error}) ; "
            "vérifiez l'identifiant, le secret, et que la clé publique a été remise à l'opérateur."
        )


class SftpClient(_SshClient):
    """An account on any SFTP server, by paramiko.

    ``key`` is a private key file (RSA, and what else paramiko reads), tried before the password. One of the two
    fingerprints must match, unless ``accept_any_host_key`` says plainly that anybody may answer. ``timeout`` is in
    seconds. ``presented_md5`` and ``presented_sha256`` are known once connected.
    """

    _transport: paramiko.Transport | None = None
    _sftp: paramiko.SFTPClient | None = None

    @override
    def _connect(self) -> None:
        key = self._load_key()
        transport = self._authenticated(_for_paramiko(key) if key else None)
        try:
            with self.way.reaching():
                sftp = paramiko.SFTPClient.from_transport(transport)
        except paramiko.SSHException as error:
            transport.close()
            raise RefusedError(
                f"{self.where} : le serveur n'ouvre pas de session SFTP ({error}) ; demandez à son opérateur "
                "d'activer le sous-système sftp pour ce compte."
            ) from error
        if sftp is None:  # pragma: no cover - paramiko's own signature
            raise UnreachableError(f"{self.where} : pas de session SFTP.")
        sftp.get_channel().settimeout(self.way.timeout)  # type: ignore[union-attr]
        self._transport, self._sftp = transport, sftp

    def check_host(self) -> None:
        """Compare the host's key with the declared one and hang up: no secret is sent. Raises as ``open``."""
        self.matching_transport().close()

    def matching_transport(self) -> paramiko.Transport:
        """Open an encrypted connection to the declared key, asking for each kind of key in turn; nobody logs in yet."""
        mismatch: HostKeyError | None = None
        incompatible: Exception | None = None
        for family in _FAMILIES:
            try:
                return self._negotiate(family)
            except HostKeyError as error:
                mismatch = mismatch or error
            except paramiko.SSHException as error:
                incompatible = incompatible or error
        if mismatch:
            raise mismatch
        raise LegacyPeerError(
            f"{self.where} : aucun algorithme en commun avec ce serveur ({incompatible}) ; s'il ne signe qu'en SHA-1, "
            "utilisez le client ancien et prévoyez son remplacement."
        ) from incompatible

    def _negotiate(self, family: tuple[str, ...]) -> paramiko.Transport:
        with self.way.reaching():
            sock = socket.create_connection((self.way.host, self.way.port), timeout=self.way.timeout)
            transport = paramiko.Transport(sock)
        try:
            transport.get_security_options().key_types = family
            with self._answering():
                transport.start_client(timeout=self.way.timeout)
            self._accept(transport.get_remote_server_key().asbytes())
        except BaseException:
            transport.close()
            raise
        return transport

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Tell a peer that speaks no SSH, or falls silent, from one that has no algorithm in common."""
        with self.way.reaching():
            try:
                yield
            except paramiko.ssh_exception.IncompatiblePeer:
                raise
            except paramiko.SSHException as error:
                raise ConnectionError(str(error)) from error

    def _authenticated(self, key: paramiko.PKey | None) -> paramiko.Transport:
        """Offer the key, then the password, each on a connection of its own.

        paramiko asks for the authentication service anew before a second method, which some servers take for a fault.
        """
        refused: Exception = paramiko.AuthenticationException("aucun secret déclaré")
        for offer in self._offers(key):
            transport = self.matching_transport()
            try:
                with self.way.reaching():
                    if not offer(transport):
                        return transport
                refused = paramiko.AuthenticationException("un second facteur est demandé")
            except paramiko.SSHException as error:
                refused = error
            except BaseException:
                transport.close()
                raise
            transport.close()
        raise self._login_error(refused)

    def _offers(self, key: paramiko.PKey | None) -> Iterator[Callable[[paramiko.Transport], list[str]]]:
        if key is not None:
            yield lambda transport: transport.auth_publickey(self.way.login, key)
        password = self.way.password
        if password is not None:
            yield lambda transport: transport.auth_password(self.way.login, password)

    @override
    def _disconnect(self) -> None:
        transport, self._transport, self._sftp = self._transport, None, None
        if transport:
            transport.close()

    @contextmanager
    def wire(self) -> Iterator[paramiko.SFTPClient]:
        """Give the session itself, connected, for what no party does in earnest (``attempts``)."""
        self.open()
        if self._sftp is None:  # pragma: no cover - open has set it
            raise UnreachableError(f"{self.where} : pas de session SFTP.")
        yield self._sftp

    @contextmanager
    def _wire(self, path: str) -> Iterator[paramiko.SFTPClient]:
        """Run one exchange; tell a broken connection from a refusal."""
        sftp, transport = self._sftp, self._transport
        if sftp is None or transport is None:
            raise ConnectionLostError("connexion fermée")
        try:
            yield sftp
        except (EOFError, TimeoutError, paramiko.SSHException) as error:
            raise ConnectionLostError(str(error) or type(error).__name__) from error
        except OSError as error:
            if not transport.is_active() or sftp.get_channel().closed:  # type: ignore[union-attr]
                raise ConnectionLostError(str(error)) from error
            raise _told(self.where, path, error) from error

    @override
    def _write(self, path: str, data: bytes) -> None:
        with self._wire(path) as sftp:
            with sftp.open(path, "wb") as file:
                file.set_pipelined(True)
                file.write(data)
                file.flush()
                size = file.stat().st_size  # paramiko hides the late errors of a pipeline
            sftp.normalize(".")  # and a connection that breaks at close; the file itself may be taken already
        if size != len(data):
            raise RefusedError(
                f"{self.where} : « {path} » n'a reçu que {size} octets sur {len(data)} ; disque plein ou quota ?"
            )

    @override
    def _read(self, path: str) -> bytes:
        with self._wire(path) as sftp, sftp.open(path, "rb") as file:
            size = file.stat().st_size or 0
            file.prefetch(size)
            return file.read()

    @override
    def _mark(self, path: str) -> tuple[int, float | None]:
        with self._wire(path) as sftp:
            status = sftp.stat(path)
        return status.st_size or 0, status.st_mtime

    @override
    def _rename(self, old: str, new: str) -> None:
        with self._wire(old) as sftp:
            try:
                sftp.posix_rename(old, new)
            except OSError as error:
                if error.errno in (errno.ENOENT, errno.EACCES) or sftp.get_channel().closed:  # type: ignore[union-attr]
                    raise
                _rename_plainly(sftp, old, new)

    @override
    def _remove(self, path: str) -> None:
        with self._wire(path) as sftp:
            sftp.remove(path)

    @override
    def _names(self, folder: str) -> list[RemoteFile]:
        with self._wire(folder) as sftp:
            return [
                RemoteFile(entry.filename, entry.st_size or 0, stat.S_ISDIR(entry.st_mode or 0), entry.st_mtime)
                for entry in sftp.listdir_attr(folder or ".")
                if not stat.S_ISLNK(entry.st_mode or 0)
            ]


def _for_paramiko(key: asyncssh.SSHKey) -> paramiko.PKey:
    """Hand a key over in the one form that paramiko reads without fail: it knows no PKCS #8, nor its passphrases."""
    kinds: dict[str, type[paramiko.PKey]] = {"ssh-rsa": paramiko.RSAKey, "ssh-ed25519": paramiko.Ed25519Key}
    kind = kinds.get(key.get_algorithm(), paramiko.ECDSAKey)
    return kind.from_private_key(io.StringIO(key.export_private_key("openssh").decode()))


def _rename_plainly(sftp: paramiko.SFTPClient, old: str, new: str) -> None:
    """Rename on a server that does not know posix-rename: its own refuses to cover a file."""
    try:
        sftp.rename(old, new)
    except OSError:
        sftp.remove(new)
        sftp.rename(old, new)


def _told(where: str, path: str, error: OSError) -> Exception:
    if error.errno == errno.ENOENT:
        return FileNotFoundError(errno.ENOENT, "No such file", path)
    return RefusedError(
        f"{where} : opération refusée sur « {path} » ({error.strerror or error}) ; vérifiez les droits du compte, "
        "son quota et la place du serveur."
    )


class LegacySftpClient(_SshClient):
    """The same account on a server limited to SHA-1 signatures, by asyncssh: to be reported (``legacy``)."""

    legacy = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._loop: LoopThread | None = None
        self._conn: asyncssh.SSHClientConnection | None = None
        self._sftp: asyncssh.SFTPClient | None = None

    @override
    def _connect(self) -> None:
        if self._loop is None:
            self._loop = LoopThread("annexe5-legacy-sftp")
        try:
            self._run(self._open_session())
        except BaseException:
            self._disconnect()
            raise

    async def _open_session(self) -> None:
        key = self._load_key()
        verdict: list[HostKeyError] = []
        client = self

        class Guard(asyncssh.SSHClient):
            @override
            def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
                try:
                    client._accept(key.public_data)
                except HostKeyError as error:
                    verdict.append(error)
                return not verdict

        try:
            with self.way.reaching():
                self._conn = await asyncssh.connect(
                    self.way.host,
                    self.way.port,
                    client_factory=Guard,
                    known_hosts=b"",
                    username=self.way.login,
                    password=self.way.password,
                    client_keys=[key] if key else None,
                    agent_path=None,
                    config=None,
                    gss_host=None,
                    kex_algs="*",
                    encryption_algs="*",
                    mac_algs="*",
                    signature_algs="*",
                    server_host_key_algs="*",
                    login_timeout=self.way.timeout,
                    connect_timeout=self.way.timeout,
                    keepalive_interval=self.way.timeout / 2,
                    keepalive_count_max=1,
                )
                self._sftp = await self._conn.start_sftp_client()
        except asyncssh.HostKeyNotVerifiable as error:
            raise (verdict[0] if verdict else HostKeyError(f"{self.where} : {error}")) from error
        except asyncssh.PermissionDenied as error:
            raise self._login_error(error) from error
        except asyncssh.Error as error:
            raise UnreachableError(f"{self.where} : la session ne s'ouvre pas ({error}).") from error

    @override
    def _disconnect(self) -> None:
        conn, self._conn, self._sftp = self._conn, None, None
        loop, self._loop = self._loop, None
        if loop:
            if conn:
                loop.call(conn.abort)
            loop.stop()

    def _run(self, action: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            action.close()
            raise ConnectionLostError("connexion fermée")
        return self._loop.run(action)

    def _ask(self, path: str, action: Callable[[asyncssh.SFTPClient], Coroutine[Any, Any, T]]) -> T:
        if self._sftp is None:
            raise ConnectionLostError("connexion fermée")
        try:
            return self._run(action(self._sftp))
        except asyncssh.SFTPNoSuchFile as error:
            raise FileNotFoundError(errno.ENOENT, "No such file", path) from error
        except (asyncssh.SFTPNoConnection, asyncssh.SFTPConnectionLost, asyncssh.DisconnectError, OSError) as error:
            raise ConnectionLostError(str(error) or type(error).__name__) from error
        except asyncssh.SFTPError as error:
            raise _told(self.where, path, OSError(errno.EIO, error.reason)) from error

    @override
    def _write(self, path: str, data: bytes) -> None:
        async def write(sftp: asyncssh.SFTPClient) -> int | None:
            async with sftp.open(path, "wb") as file:
                await file.write(data)
                return (await file.stat()).size

        size = self._ask(path, write)
        if size != len(data):
            raise RefusedError(f"{self.where} : « {path} » n'a reçu que {size} octets sur {len(data)}.")

    @override
    def _read(self, path: str) -> bytes:
        async def read(sftp: asyncssh.SFTPClient) -> bytes:
            async with sftp.open(path, "rb") as file:
                return cast("bytes", await file.read())

        return self._ask(path, read)

    @override
    def _mark(self, path: str) -> tuple[int, float | None]:
        status = self._ask(path, lambda sftp: sftp.stat(path))
        return status.size or 0, status.mtime

    @override
    def _rename(self, old: str, new: str) -> None:
        async def rename(sftp: asyncssh.SFTPClient) -> None:
            try:
                await sftp.posix_rename(old, new)
            except asyncssh.SFTPOpUnsupported:
                await sftp.rename(old, new)

        self._ask(old, rename)

    @override
    def _remove(self, path: str) -> None:
        self._ask(path, lambda sftp: sftp.remove(path))

    @override
    def _names(self, folder: str) -> list[RemoteFile]:
        entries = self._ask(folder, lambda sftp: sftp.readdir(folder or "."))
        return [
            RemoteFile(
                str(entry.filename),
                entry.attrs.size or 0,
                stat.S_ISDIR(entry.attrs.permissions or 0),
                entry.attrs.mtime,
            )
            for entry in entries
            if entry.filename not in (".", "..") and not stat.S_ISLNK(entry.attrs.permissions or 0)
        ]


def connect(host: str, port: int, login: str, **declared: Any) -> SftpClient | LegacySftpClient:
    """Open the client that reaches a server, the current one if it can; arguments as ``SftpClient``."""
    try:
        return SftpClient(host, port, login, **declared).open()
    except LegacyPeerError:
        return LegacySftpClient(host, port, login, **declared).open()
