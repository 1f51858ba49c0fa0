"""A look at a host before anything is asked of it: its name, its port, the end of its certificate.

Nothing is sent but what TLS itself says.
"""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime


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
