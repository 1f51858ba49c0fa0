"""Helpers for tests that need real servers: events to wait for, keys, OpenSSH's own server.

Nothing here is used by a certification; a reader's own tests may use all of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import asyncssh

from annexe5.transport.edge import EventKind, FileEvent


class Events:
    """What an edge told, in order: give it as ``on_event``; ``wait`` blocks until it told what is wanted."""

    def __init__(self) -> None:
        self.seen: list[FileEvent] = []
        self._told = threading.Condition()

    def __call__(self, event: FileEvent) -> None:
        with self._told:
            self.seen.append(event)
            self._told.notify_all()

    def of(self, *kinds: EventKind) -> list[tuple[str, str]]:
        """Give the (account, path) of the events of some kinds, in order."""
        with self._told:
            return [(event.account, event.path) for event in self.seen if event.kind in kinds]

    def wait(self, wanted: Callable[[Events], bool], timeout: float = 10) -> None:
        """Block until ``wanted`` holds; AssertionError with what was seen after ``timeout`` seconds."""
        with self._told:
            if not self._told.wait_for(lambda: wanted(self), timeout):
                raise AssertionError(f"not seen within {timeout} s: {self.seen}")


class RsaKey:
    """A new RSA key pair: ``path`` of the private file, ``line`` the public half as OpenSSH writes it."""

    def __init__(self, path: Path, size: int) -> None:
        key = asyncssh.generate_private_key("ssh-rsa", key_size=size)
        path.write_bytes(key.export_private_key("openssh"))
        path.chmod(0o600)
        self.path = path
        self.line = key.export_public_key("openssh").decode().strip()
