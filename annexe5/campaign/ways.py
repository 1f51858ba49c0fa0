"""The way to a party's file server, whichever channel its target file chooses (TRA-01): SFTP, FTP over TLS, FTP."""

from __future__ import annotations

from pathlib import Path

from annexe5.campaign.target import CANAUX, Canal, Ftp, Ftps, Sftp, Target
from annexe5.errors import UsageError
from annexe5.transport.ftp_client import FtpClient
from annexe5.transport.remote import RemoteClient
from annexe5.transport.sftp_client import SftpClient, connect


def by_channel(target: Target, channel: str) -> Target:
    """Give the target by another of the channels it declares; UsageError when it declares no such one."""
    if not channel:
        return target
    known: Canal = channel_of(channel)
    if getattr(target, known) is None:
        raise UsageError(f"--channel {channel} : le fichier cible ne déclare pas [{channel}].")
    return target.model_copy(update={"canal": known})


def channel_of(channel: str) -> Canal:
    """Read a channel's name; UsageError for an unknown one."""
    for known in CANAUX:
        if channel == known:
            return known
    raise UsageError(f"--channel {channel} : canaux : {', '.join(CANAUX)}.")


def dial(way: Sftp | Ftps | Ftp, *, password: str | None, key: Path | bool = True) -> RemoteClient:
    """Connect to a file server. Raises a ``TargetError``.

    ``key`` is false to come with the password alone, or another private key than the declared one.
    """
    if isinstance(way, Sftp):
        return connect(
            way.hote,
            way.port,
            way.login,
            password=password,
            key=key if isinstance(key, Path) else way.cle if key else None,
            host_key_md5=way.empreinte_md5,
            host_key_sha256=way.empreinte_sha256,
            timeout=way.delai_connexion_s,
        )
    return ftp_client(way, password or "").open()


def later(way: Sftp | Ftps | Ftp, *, password: str | None) -> RemoteClient:
    """Give a client that connects at its first operation; over SFTP the current libraries' only."""
    if not isinstance(way, Sftp):
        return ftp_client(way, password or "")
    return SftpClient(
        way.hote,
        way.port,
        way.login,
        password=password,
        key=way.cle,
        host_key_md5=way.empreinte_md5,
        host_key_sha256=way.empreinte_sha256,
        timeout=way.delai_connexion_s,
    )


def ftp_client(way: Ftps | Ftp, password: str) -> FtpClient:
    """Give a client that connects at its first operation."""
    tls = way if isinstance(way, Ftps) else None
    return FtpClient(
        way.hote,
        way.port,
        way.login,
        password=password,
        tls=tls is not None,
        implicit=tls is not None and tls.implicite,
        ca_file=tls.certificat if tls else None,
        certificate_sha256=tls.empreinte_sha256 if tls else None,
        timeout=way.delai_connexion_s,
    )
