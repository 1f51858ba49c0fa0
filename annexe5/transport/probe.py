"""A look at a host before anything is asked of it: its name, its port, the end of its certificate.

Nothing is sent but what TLS itself says.
"""

from __future__ import annotations

import ftplib
import hashlib
import socket
import ssl
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509


def resolve(host: str, port: int) -> str:
    """Give the first address of a name. Raises socket.gaierror."""
    return str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0])


def knock(host: str, port: int, timeout: float) -> None:
    """Open a connection and close it; ``timeout`` in seconds. Raises OSError."""
    socket.create_connection((host, port), timeout=timeout).close()


def certified_until(host: str, port: int, timeout: float, trust: bytes = b"") -> datetime:
    """Tell when the certificate of a host ends; ``trust`` is a PEM to trust beside the system's.

    Raises ssl.SSLCertVerificationError for a chain that does not hold, OSError for no way.
    """
    context = ssl.create_default_context()
    if trust:
        context.load_verify_locations(cadata=trust.decode("ascii"))
    with (
        socket.create_connection((host, port), timeout=timeout) as wire,
        context.wrap_socket(wire, server_hostname=host) as tls,
    ):
        shown = tls.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)


def ftps_certificate(
    host: str, port: int, timeout: float, *, trust: Path | None = None, verify: bool = True, implicit: bool = False
) -> tuple[str, datetime]:
    """Tell the SHA-256 (hexadecimal) and the end of the certificate of an FTP server, without logging in.

    ``trust`` is a PEM of authorities (the system's without it), ``verify`` false where a fingerprint is declared.
    Raises ssl.SSLCertVerificationError for a chain that does not hold, ftplib.Error for a server without TLS, OSError.
    """
    context = ssl.create_default_context(cafile=str(trust) if trust else None)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    with closing(ftplib.FTP(timeout=timeout)) as ftp:  # noqa: S321 -- what it says is TLS, or nothing
        wire: socket.socket | None = None
        if implicit:
            wire = socket.create_connection((host, port), timeout=timeout)
        else:
            ftp.connect(host, port)
            ftp.sendcmd("AUTH TLS")
            wire = ftp.sock
        if wire is None:  # it closed while it spoke
            raise ConnectionError("connexion fermée")
        with context.wrap_socket(wire, server_hostname=host) as tls:
            shown = tls.getpeercert(binary_form=True) or b""
    return hashlib.sha256(shown).hexdigest(), x509.load_der_x509_certificate(shown).not_valid_after_utc
