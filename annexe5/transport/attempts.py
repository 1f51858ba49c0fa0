"""What may be tried on an SFTP account to see that it is closed to others (TRA-03, TRA-05, TRA-11).

Which means of authentication a server offers, and whether a path, a link or a rename leads out of the account's tree.
Nothing is read of what stands outside but the fact that it can be; what was made is taken away again.
"""

from __future__ import annotations

import posixpath
import secrets
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import paramiko

from annexe5.transport.sftp_client import SftpClient

_FILE = "/etc/passwd"  # every server has one, and any account may read it where nothing closes the account in
_CLIMBS = ("..", "../..", "../../../../../..")
_REFUSALS = (OSError, EOFError, paramiko.SSHException)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One thing tried: ``what`` as a client types it, and what it reached outside the tree, empty when it was held."""

    what: str
    reached: str = ""


def offered_means(client: SftpClient) -> frozenset[str]:
    """Give what a server takes as proof of identity (``password``, ``publickey`` …). Raises as ``check_host``."""
    transport = client.matching_transport()
    try:
        transport.auth_none(client.way.login)
    except paramiko.BadAuthenticationType as refusal:
        return frozenset(refusal.allowed_types)
    except paramiko.SSHException:
        return frozenset()
    finally:
        transport.close()
    return frozenset({"none"})


def try_to_leave(client: SftpClient, tree: str, folder: str) -> Iterator[Attempt]:
    """Try every way out of a tree; ``tree`` is the account's own folder, ``folder`` one in it that takes files.

    Both are as the client names them; ``tree`` is empty where the session begins in it.
    """
    with client.wire() as sftp:
        inside = _Inside(sftp, tree)
        yield from _listings(sftp, inside)
        yield _reading(sftp, inside, _FILE)
        yield _reading(sftp, inside, posixpath.join(tree, "../../../../../.." + _FILE))
        yield _linking(sftp, inside, folder, _FILE)
        yield _linking(sftp, inside, folder, "../../../../../.." + _FILE)
        yield _renaming(sftp, inside, folder)


class _Inside:
    """What an account may see: its own tree, and above it nothing but the way there."""

    def __init__(self, sftp: paramiko.SFTPClient, tree: str) -> None:
        self.path = sftp.normalize(tree or ".")
        self.names = set(sftp.listdir(tree or "."))
        self.way = set(self.path.split("/"))

    def strangers(self, names: Iterator[str]) -> list[str]:
        return sorted(set(names) - self.names - self.way - {".", ".."})

    def holds(self, path: str) -> bool:
        """Tell whether an absolute path is inside: only where the tree is the root that the server shows."""
        return self.path == "/" and path.split("/")[1] in self.names


def _listings(sftp: paramiko.SFTPClient, inside: _Inside) -> Iterator[Attempt]:
    for path in ("/", *(posixpath.join(inside.path, climb) for climb in _CLIMBS)):
        reached = ""
        with suppress(*_REFUSALS):
            strangers = inside.strangers(iter(sftp.listdir(path)))
            reached = f"{len(strangers)} entrée(s) qui ne sont pas à ce compte" if strangers else ""
        yield Attempt(f"ls {path}", reached)


def _reading(sftp: paramiko.SFTPClient, inside: _Inside, path: str) -> Attempt:
    return Attempt(f"get {path}", _read(sftp, path) if not inside.holds(_FILE) else "")


def _linking(sftp: paramiko.SFTPClient, inside: _Inside, folder: str, target: str) -> Attempt:
    """Put a link in a folder and read through it."""
    link = posixpath.join(folder, _trial_name())
    what = f"ln -s {target} {folder}"
    try:
        sftp.symlink(target, link)
    except _REFUSALS:
        return Attempt(what)
    reached = _read(sftp, link) if not inside.holds(_FILE) else ""
    with suppress(*_REFUSALS):
        sftp.remove(link)
    return Attempt(what, reached)


def _renaming(sftp: paramiko.SFTPClient, inside: _Inside, folder: str) -> Attempt:
    """Move a file above the tree, and look where it went: nobody else's place is nobody's harm."""
    name = _trial_name()
    here, there = posixpath.join(folder, name), posixpath.join(inside.path, "..", name)
    what, reached = f"rename {folder}/… ../…", ""
    with suppress(*_REFUSALS):
        sftp.open(here, "wb").close()
        sftp.rename(here, there)
        within = any(_is_there(sftp, path) for path in (here, posixpath.join(inside.path, name)))
        if not within and _strangers(sftp, inside, posixpath.dirname(there), name):
            reached = "le fichier est sorti du compte"
    for path in (here, there, posixpath.join(inside.path, name)):
        with suppress(*_REFUSALS):
            sftp.remove(path)
    return Attempt(what, reached)


def _strangers(sftp: paramiko.SFTPClient, inside: _Inside, folder: str, ours: str) -> bool:
    """Tell whether a folder holds what is not this account's, or does not let itself be looked into."""
    with suppress(*_REFUSALS):
        return bool(set(inside.strangers(iter(sftp.listdir(folder)))) - {ours})
    return True


def _read(sftp: paramiko.SFTPClient, path: str) -> str:
    with suppress(*_REFUSALS), sftp.open(path, "rb") as file:
        if file.read(1):
            return "un fichier du serveur"
    return ""


def _is_there(sftp: paramiko.SFTPClient, path: str) -> bool:
    with suppress(*_REFUSALS):
        return stat.S_ISREG(sftp.lstat(path).st_mode or 0)
    return False


def _trial_name() -> str:
    return f".annexe5-{secrets.token_hex(4)}.tmp"
