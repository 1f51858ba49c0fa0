"""File servers with something wrong at the door, for a twin with a defect (TRA-03 to TRA-05, TRA-11).

Each is the suite's own server but for one thing; the habit that calls for it is named in ``parties.oi_defects``.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import MappingProxyType

import asyncssh
from typing_extensions import override

from annexe5.transport.edge import ServedFile
from annexe5.transport.sftp_server import AccountFiles, SftpServer


class AnyPassword(SftpServer):
    """Looks at no password."""

    @override
    def admits(self, login: str, password: str) -> bool:
        return login in self.accounts and bool(password)


class AnyKey(SftpServer):
    """Takes whatever key is shown."""

    @override
    def accepts_key(self, login: str, public_data: bytes) -> bool:
        return login in self.accounts


class NoKey(SftpServer):
    """Offers passwords alone."""

    offers_keys = False


class NoShortKey(SftpServer):
    """Refuses keys of 1024 bits, as a careful server of today does."""

    @override
    def accepts_key(self, login: str, public_data: bytes) -> bool:
        short = len(public_data) < 200  # noqa: PLR2004 -- bytes: 151 for RSA 1024, 279 for RSA 2048
        return not short and super().accepts_key(login, public_data)


class FollowsLinks(SftpServer):
    """Makes the links it is asked for, and follows them."""

    @override
    def files(self, chan: asyncssh.SSHServerChannel[bytes], login: str) -> AccountFiles:
        return _Linked(chan, self, login)


class ClimbsOut(SftpServer):
    """Takes ``..`` at its word: an account sees those beside it."""

    @override
    def files(self, chan: asyncssh.SSHServerChannel[bytes], login: str) -> AccountFiles:
        return _Climbing(chan, self, login)


class NoLockOut(SftpServer):
    """Lets anybody guess for ever."""

    @override
    def _locked_out(self, login: str) -> bool:
        return False


class NoQuota(SftpServer):
    """Takes whatever is written."""

    @override
    def spend(self, login: str, growth: int) -> None:
        """Count nothing."""


class _Linked(AccountFiles):
    @override
    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        self._real(newpath).symlink_to(os.fsdecode(oldpath))

    @override
    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> ServedFile:
        real = self._real(path)
        if not pflags & (asyncssh.FXF_WRITE | asyncssh.FXF_APPEND) and real.is_symlink():
            return ServedFile(self._edge, self._login, os.fsdecode(path), os.open(real, os.O_RDONLY), "rb")
        return super().open(path, pflags, attrs)

    def _real(self, path: bytes) -> Path:
        return self._edge.home(self._login) / os.fsdecode(posixpath.normpath(b"/" + path)).lstrip("/")


class _Climbing(AccountFiles):
    @override
    def realpath(self, path: bytes) -> bytes:
        return os.fsencode(self._out(path))

    @override
    def lstat(self, path: bytes) -> os.stat_result:
        return self._out(path).lstat()

    @override
    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        for entry in sorted(self._out(path).iterdir()):
            yield asyncssh.SFTPName(os.fsencode(entry.name), attrs=asyncssh.SFTPAttrs.from_local(entry.lstat()))

    @override
    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> ServedFile:
        home, out = self._edge.home(self._login), self._out(path)
        if out.is_relative_to(home):
            return super().open(os.fsencode(out.relative_to(home)), pflags, attrs)
        return ServedFile(self._edge, self._login, os.fsdecode(path), os.open(out, os.O_RDONLY), "rb")

    @override
    def remove(self, path: bytes) -> None:
        super().remove(self._within(path))

    @override
    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        home, out = self._edge.home(self._login), self._out(newpath)
        if out.is_relative_to(home):
            super().rename(self._within(oldpath), self._within(newpath))
        else:
            self._out(oldpath).rename(out)

    @override
    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        super().posix_rename(self._within(oldpath), self._within(newpath))

    def _out(self, path: bytes) -> Path:
        """Give the path on the machine; relative ones begin at the home."""
        return Path(os.path.normpath(self._edge.home(self._login) / os.fsdecode(path)))

    def _within(self, path: bytes) -> bytes:
        return os.fsencode(os.path.relpath(self._out(path), self._edge.home(self._login)))


DOORS: Mapping[str, type[SftpServer]] = MappingProxyType(
    {
        "any password": AnyPassword,
        "any key": AnyKey,
        "no key": NoKey,
        "no short key": NoShortKey,
        "follows links": FollowsLinks,
        "climbs out": ClimbsOut,
        "no lock-out": NoLockOut,
        "no quota": NoQuota,
    }
)
"""The server that a habit calls for."""
