"""Our side of FTP, clear or over TLS, against any server (TRA-01): the standard library's ftplib, in passive mode.

FTP says little: one code for a file that is missing and for one that is refused, none for half a file. What it does not
say is asked for: sizes after a deposit, the folder after a refusal.
"""

from __future__ import annotations

import errno
import ftplib
import hashlib
import io
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from typing_extensions import override

from annexe5.errors import TargetError
from annexe5.transport.edge import RemoteFile
from annexe5.transport.remote import (
    ConnectionLostError,
    HostKeyError,
    LoginError,
    RefusedError,
    RemoteClient,
    UnreachableError,
    reaching,
    wait_for,
)
from annexe5.transport.temporary import temporary_name

_MISSING = re.compile(r"no such|not found|does not exist|doesn't exist|n'existe pas|introuvable", re.IGNORECASE)
_FULL = re.compile(r"quota|space|full|plein", re.IGNORECASE)
_PASSING = ("421", "425", "426", "450", "451")  # what the protocol says to try again
_REFUSED = (ftplib.error_perm, ftplib.error_temp, ftplib.error_reply, ftplib.error_proto)


class FtpClient(RemoteClient):
    """An account on any FTP server.

    ``tls`` asks for TLS before the login (``implicit``: from the first byte) and for the files too. The certificate
    must then be signed by an authority of ``ca_file`` (the system's when None), or have the fingerprint
    ``certificate_sha256`` (hexadecimal), unless ``accept_any_certificate`` says plainly that anybody may answer.
    Without TLS everything travels in clear (``clear_text``). ``timeout`` is in seconds.
    """

    def __init__(
        self,
        host: str,
        port: int,
        login: str,
        *,
        password: str,
        tls: bool = False,
        implicit: bool = False,
        ca_file: Path | None = None,
        certificate_sha256: str | None = None,
        accept_any_certificate: bool = False,
        timeout: float = 20,
        tries: int = 3,
        wait: Callable[[float], None] = wait_for,
        upload_name: Callable[[str], str] | None = temporary_name,
    ) -> None:
        scheme = "ftps" if tls or implicit else "ftp"
        super().__init__(f"{scheme}://{login}@{host}:{port}", tries=tries, wait=wait, upload_name=upload_name)
        self.clear_text = scheme == "ftp"
        self.presented_sha256 = ""
        self._host = host
        self._port = port
        self._login = login
        self._password = password
        self._implicit = implicit
        self._ca_file = ca_file
        self._pinned = certificate_sha256.replace(":", "").lower() if certificate_sha256 else None
        self._any = accept_any_certificate
        self._timeout = timeout
        self._ftp: ftplib.FTP | None = None

    @override
    def _connect(self) -> None:
        ftp = ftplib.FTP(timeout=self._timeout) if self.clear_text else self._tls_session()  # noqa: S321 - a channel of the contract
        try:
            self._greet(ftp)
            ftp.login(self._login, self._password)
            if isinstance(ftp, ftplib.FTP_TLS):
                ftp.prot_p()
            ftp.voidcmd("TYPE I")
        except ssl.SSLCertVerificationError as error:
            ftp.close()
            raise HostKeyError(
                f"{self.where} : le certificat n'est signé par aucune autorité admise ({error.verify_message}) ; "
                "déclarez son empreinte ou l'autorité qui l'a signé."
            ) from error
        except _REFUSED as error:
            ftp.close()
            raise LoginError(
                f"{self.where} : le serveur refuse la session du compte « {self._login} » ({error}) ; "
                "vérifiez l'identifiant, le mot de passe, et si le serveur exige TLS."
            ) from error
        except BaseException as error:
            ftp.close()
            if isinstance(error, OSError | EOFError):
                raise UnreachableError(f"{self.where} : session coupée ({error}).") from error
            raise
        self._ftp = ftp

    def _greet(self, ftp: ftplib.FTP) -> None:
        try:
            with reaching(self.where, self._host):
                ftp.connect(self._host, self._port)
        except _REFUSED as error:
            raise UnreachableError(f"{self.where} : ce n'est pas un serveur FTP disponible ({error}).") from error
        except UnreachableError as error:
            if isinstance(error.__cause__, ssl.SSLCertVerificationError):
                raise error.__cause__ from None
            raise
        if isinstance(ftp, ftplib.FTP_TLS):
            if not self._implicit:
                ftp.auth()
            self._check(ftp)

    def _check(self, ftp: ftplib.FTP_TLS) -> None:
        """Compare the certificate with the declared one, before any secret is sent."""
        presented = ftp.sock.getpeercert(binary_form=True) if isinstance(ftp.sock, ssl.SSLSocket) else None
        self.presented_sha256 = hashlib.sha256(presented or b"").hexdigest()
        if self._pinned and self._pinned != self.presented_sha256:
            raise HostKeyError(
                f"{self.where} : le certificat n'est pas celui déclaré ; attendu {self._pinned}, présenté "
                f"{self.presented_sha256}. Ne continuez pas avant que l'opérateur du serveur l'ait confirmé.",
                presented_sha256=self.presented_sha256,
            )

    def _tls_session(self) -> ftplib.FTP_TLS:
        try:
            context = ssl.create_default_context(cafile=str(self._ca_file) if self._ca_file else None)
        except (OSError, ssl.SSLError) as error:
            raise TargetError(f"{self.where} : autorité {self._ca_file} illisible ({error}).") from error
        if self._pinned or self._any:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        kind = _ImplicitSession if self._implicit else _TlsSession
        return kind(timeout=self._timeout, context=context)

    @override
    def _disconnect(self) -> None:
        ftp, self._ftp = self._ftp, None
        if ftp:
            try:
                ftp.quit()
            finally:
                ftp.close()

    @contextmanager
    def _wire(self, path: str) -> Iterator[ftplib.FTP]:
        """Run one exchange; tell a broken connection from a missing file and from a refusal."""
        ftp = self._ftp
        if ftp is None:
            raise ConnectionLostError("connexion fermée")
        try:
            yield ftp
        except _REFUSED as error:
            if str(error).startswith(_PASSING) and not _FULL.search(str(error)):
                ftp.close()
                raise ConnectionLostError(str(error)) from error
            if _MISSING.search(str(error)) or not self._has_folder(ftp, path):
                raise FileNotFoundError(errno.ENOENT, "No such file", path) from error
            raise RefusedError(
                f"{self.where} : opération refusée sur « {path} » ({error}) ; vérifiez les droits du compte, "
                "son quota et la place du serveur."
            ) from error
        except FileNotFoundError:
            raise
        except (OSError, EOFError) as error:
            ftp.close()
            raise ConnectionLostError(str(error) or type(error).__name__) from error

    @staticmethod
    def _has_folder(ftp: ftplib.FTP, path: str) -> bool:
        """Ask for the folder of a path, staying where we are."""
        folder = path.rpartition("/")[0]
        if not folder:
            return True
        try:
            here = ftp.pwd()
            ftp.cwd(folder)
            ftp.cwd(here)
        except _REFUSED:
            return False
        except (OSError, EOFError) as error:
            raise ConnectionLostError(str(error)) from error
        return True

    @override
    def _write(self, path: str, data: bytes) -> None:
        with self._wire(path) as ftp:
            try:
                ftp.storbinary(f"STOR {path}", io.BytesIO(data))
            except OSError:
                ftp.voidresp()  # a server that refuses half way cuts the data, and says why on the other connection
                raise
        if self._upload_name is None:
            return  # the server said 226; the file may be taken already
        size = self._mark(path)[0]
        if size != len(data):
            raise RefusedError(
                f"{self.where} : « {path} » n'a reçu que {size} octets sur {len(data)} ; disque plein ou quota ?"
            )

    @override
    def _read(self, path: str) -> bytes:
        received = io.BytesIO()
        with self._wire(path) as ftp:
            ftp.retrbinary(f"RETR {path}", received.write)
        return received.getvalue()

    @override
    def _mark(self, path: str) -> tuple[int, float | None]:
        with self._wire(path) as ftp:
            try:
                size = ftp.size(path) or 0
            except ftplib.error_perm as error:
                if str(error).startswith("550"):  # said of what is no file, in as many ways as there are servers
                    raise FileNotFoundError(errno.ENOENT, "No such file", path) from error
                raise
            try:
                modified = _seconds(ftp.sendcmd(f"MDTM {path}")[4:].strip())
            except ftplib.error_perm:  # not every server tells it
                modified = None
        return size, modified

    @override
    def _rename(self, old: str, new: str) -> None:
        with self._wire(old) as ftp:
            try:
                ftp.rename(old, new)
            except ftplib.error_perm as error:
                if _MISSING.search(str(error)):
                    raise
                ftp.delete(new)  # some servers cover no file
                ftp.rename(old, new)

    @override
    def _remove(self, path: str) -> None:
        with self._wire(path) as ftp:
            ftp.delete(path)

    @override
    def _names(self, folder: str) -> list[RemoteFile]:
        with self._wire(f"{folder}/") as ftp:
            try:
                facts = list(ftp.mlsd(folder, facts=["type", "size", "modify"]))
            except ftplib.error_perm as error:
                if not str(error).startswith(("500", "501", "502", "504")):
                    raise
                return self._names_without_facts(ftp, folder)
        return [
            RemoteFile(name, int(fact.get("size", 0)), fact["type"] == "dir", _seconds(fact.get("modify", "")))
            for name, fact in facts
            if fact.get("type") in ("file", "dir") and name not in (".", "..")
        ]

    def _names_without_facts(self, ftp: ftplib.FTP, folder: str) -> list[RemoteFile]:
        """List on a server that does not know MLSD: names, then the size that only a file has."""
        here = ftp.pwd()
        ftp.cwd(folder or ".")
        try:
            try:
                names = ftp.nlst()
            except ftplib.error_perm as error:
                if str(error).startswith("550"):  # how some say that a folder is empty
                    return []
                raise
            found = []
            for name in names:
                try:
                    found.append(RemoteFile(name, ftp.size(name) or 0))
                except ftplib.error_perm:
                    found.append(RemoteFile(name, 0, is_dir=True))
            return found
        finally:
            ftp.cwd(here)


class _TlsSession(ftplib.FTP_TLS):
    """Data connections go on with the TLS session of the control connection, as strict servers demand."""

    @override
    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        conn, size = super(ftplib.FTP_TLS, self).ntransfercmd(cmd, rest)  # not its own TLS, ours
        session = self.sock.session if isinstance(self.sock, ssl.SSLSocket) else None
        return self.context.wrap_socket(conn, server_hostname=self.host, session=session), size


class _ImplicitSession(_TlsSession):
    """TLS from the first byte."""

    @override
    def connect(
        self, host: str = "", port: int = 0, timeout: float = -999, source_address: tuple[str, int] | None = None
    ) -> str:
        self.host = host or self.host
        self.port = port or self.port
        raw = socket.create_connection((self.host, self.port), self.timeout)
        self.af = raw.family
        self.sock = self.context.wrap_socket(raw, server_hostname=self.host)
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()
        return self.welcome


def _seconds(stamp: str) -> float | None:
    """Read ``AAAAMMJJHHMMSS[.sss]``, in universal time."""
    try:
        return datetime.strptime(stamp[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
