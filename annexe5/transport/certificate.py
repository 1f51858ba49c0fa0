"""A certificate for a server on this machine, made on the spot: what a twin shows over TLS."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from annexe5.transport.edge import utc_now

_LIFETIME = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A self-signed certificate, PEM: give ``certificate`` to whoever must trust the server."""

    certificate: bytes
    key: bytes = field(repr=False)


def self_signed(
    names: Sequence[str] = ("127.0.0.1", "localhost"), *, now: datetime | None = None, lifetime: timedelta = _LIFETIME
) -> Certificate:
    """Make a certificate for some host names and addresses, valid from a day before ``now``."""
    now = now or utc_now()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectAlternativeName([_general(one) for one in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Certificate(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
