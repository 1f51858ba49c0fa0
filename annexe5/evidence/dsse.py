"""Signed envelopes: DSSE v1 over any payload, Ed25519, keys as PEM files that openssl reads.

A signature covers ``DSSEv1 <len> <type> <len> <payload>`` (the pre-authentication encoding), so neither the payload nor
its type can change. A key's id is the SHA-256 of its public half (DER), and proves nothing by itself.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from annexe5.errors import ConfigurationError, UsageError


class EnvelopeError(UsageError):
    """An envelope that cannot be read: the message says where."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature: the id of the key it claims, and its 64 bytes."""

    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload, its type, and who signed it."""

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...] = ()

    @property
    def signed_bytes(self) -> bytes:
        """What every signature covers."""
        kind = self.payload_type.encode()
        return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(self.payload), self.payload)

    def signed(self, key: Ed25519PrivateKey) -> Envelope:
        """Give the same envelope with one more signature."""
        signature = Signature(key_id(key.public_key()), key.sign(self.signed_bytes))
        return replace(self, signatures=(*self.signatures, signature))

    def signed_by(self, key: Ed25519PublicKey) -> bool:
        """Tell whether one of the signatures is this key's, whatever id it claims."""
        return any(verifies(key, one.sig, self.signed_bytes) for one in self.signatures)

    def dump(self) -> str:
        """Write the envelope as JSON."""
        signatures = [{"keyid": one.keyid, "sig": _encode(one.sig)} for one in self.signatures]
        written = {"payloadType": self.payload_type, "payload": _encode(self.payload), "signatures": signatures}
        return json.dumps(written, indent=1) + "\n"


def read_envelope(text: str | bytes) -> Envelope:
    """Read an envelope; EnvelopeError says what does not hold together."""
    data = strict_json(text, "enveloppe")
    if not isinstance(data, dict) or set(data) != {"payloadType", "payload", "signatures"}:
        raise EnvelopeError("enveloppe : payloadType, payload et signatures sont attendus, et rien d'autre.")
    kind, signatures = data["payloadType"], data["signatures"]
    if not isinstance(kind, str) or not isinstance(signatures, list):
        raise EnvelopeError("enveloppe : payloadType est un texte, signatures une liste.")
    return Envelope(kind, _decode(data["payload"], "payload"), tuple(_signature(one) for one in signatures))


def _signature(data: Any) -> Signature:
    if not isinstance(data, dict) or not {"keyid", "sig"} <= set(data) or not isinstance(data["keyid"], str):
        raise EnvelopeError("enveloppe : chaque signature porte keyid et sig.")
    return Signature(data["keyid"], _decode(data["sig"], "sig"))


def strict_json(text: str | bytes, name: str) -> Any:
    """Read JSON that means one thing only: UTF-8, no key twice, no NaN."""

    def once(pairs: Sequence[tuple[str, Any]]) -> Mapping[str, Any]:
        keys = [key for key, _ in pairs]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise EnvelopeError(f"{name} : clé en double : {', '.join(twice)}.")
        return dict(pairs)

    def refuse(word: str) -> Any:
        raise EnvelopeError(f"{name} : {word} n'est pas du JSON.")

    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=refuse)
    except (ValueError, RecursionError) as reason:
        raise EnvelopeError(f"{name} : JSON illisible : {reason}.") from None


def canonical(data: object) -> bytes:
    """Write data as the one JSON text that is signed and digested: sorted keys, no blanks, UTF-8."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(text: Any, name: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise EnvelopeError(f"enveloppe : {name} n'est pas du base64.") from None


def verifies(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    """Tell whether a signature is this key's over a message."""
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


# --- keys ----------------------------------------------------------------------------------------------------


def keygen(private: Path, public: Path, *, passphrase: str = "") -> str:
    """Draw a key pair, write both halves as PEM (the private one readable by its owner alone), give the key's id.

    Never overwrites: UsageError when one of the files exists.
    """
    for path in (private, public):
        if path.exists():
            raise UsageError(f"{path} existe déjà : une clé ne s'écrase pas ; choisissez un autre nom.")
    key = Ed25519PrivateKey.generate()
    protection = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    _write_private(private, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return key_id(key.public_key())


def _write_private(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)


def key_id(key: Ed25519PublicKey) -> str:
    """Give the id of a key: SHA-256 of its public half, in hexadecimal."""
    return sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def load_private(path: Path, passphrase: str = "") -> Ed25519PrivateKey:
    """Read a private key; ConfigurationError says what is wrong with it."""
    try:
        key = load_pem_private_key(_read(path), passphrase.encode() if passphrase else None)
    except TypeError:
        hint = (
            "la clé est protégée : donnez sa phrase de passe" if not passphrase else "la clé n'a pas de phrase de passe"
        )
        raise ConfigurationError(f"{path} : {hint}.") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigurationError(f"{path} : clé privée illisible, ou phrase de passe fausse.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError(f"{path} : une clé Ed25519 est attendue (annexe5 attest keygen).")
    return key


def load_public(path: Path) -> Ed25519PublicKey:
    """Read a public key; ConfigurationError says what is wrong with it."""
    try:
        key = load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigurationError(f"{path} : clé publique illisible (PEM attendu).") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigurationError(f"{path} : une clé publique Ed25519 est attendue.")
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as reason:
        raise ConfigurationError(f"{path} : clé illisible ({reason.strerror}).") from None
