"""Helpers for tests that need real servers: events to wait for, keys, OpenSSH's own server.

Nothing here is used by a certification; a reader's own tests may use all of it.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncssh

from annexe5.transport.edge import EventKind, FileEvent


class Events:
    """What an edge told, in order: give it as ``on_event``; ``wait`` blocks until it told what is wanted."""

    def __init__(self) -> None:
        self.seen: list[FileEvent] = []
        self._told = threading.Condition()

    def __call__(self, event: FileEvent) -> None:
        """Note an event."""
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


class Cutter:
    """A failing network: a TCP relay whose n-th connection is cut after so many bytes sent by the client.

    ``after`` gives one bound per connection, None for no cut; connections beyond are relayed whole. ``port`` is where
    to connect instead of ``target``.
    """

    def __init__(self, target: int, after: Sequence[int | None]) -> None:
        self._target = target
        self._after = list(after)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, name="annexe5-cutter", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            bound = self._after.pop(0) if self._after else None
            server = socket.create_connection(("127.0.0.1", self._target))
            for source, sink, limit in ((client, server, bound), (server, client, None)):
                threading.Thread(target=_relay, args=(source, sink, limit), daemon=True).start()


def _relay(source: socket.socket, sink: socket.socket, bound: int | None) -> None:
    """Copy until one side ends or the bound is reached, then cut both."""
    left = bound
    try:
        while data := source.recv(65536 if left is None else min(65536, left)):
            sink.sendall(data)
            if left is not None:
                left -= len(data)
                if left <= 0:
                    break
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            end.close()
