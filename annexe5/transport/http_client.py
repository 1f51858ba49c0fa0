"""The HTTP client of the suite: raw bytes both ways, times measured, the pace kept, nothing followed, no endless wait.

Not reaching the party is a ``TargetError`` (exit code 2, it says what to do); a party that was reached and does not
answer, or answers what is no HTTP, is ``NoAnswerError``: that is for the judge.

TargetError
 ├─ UnreachableError    no such name, connection refused
 └─ CertificateError    the certificate is not trusted, expired, or of another name
Annexe5Error
 └─ NoAnswerError       connected, and no complete answer in time
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Final, Protocol, Self
from urllib.parse import SplitResult, urlsplit

from annexe5.errors import Annexe5Error, TargetError
from annexe5.transport.edge import Clock, utc_now
from annexe5.transport.remote import UnreachableError

_CHUNK: Final = 64 * 1024


class CertificateError(TargetError):
    """The certificate of the party is not one to trust."""


class NoAnswerError(Annexe5Error):
    """The party was reached and gave no complete HTTP answer; ``seconds`` is how long it was waited for."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class Pacing(Protocol):
    """Who tells how long to wait before a request leaves (``annexe5.messages.pace.Pacer``)."""

    def wait(self, now: float) -> float:
        """Book a request at ``now`` (steady seconds) and give the seconds until it may leave."""

    def done(self, now: float) -> None:
        """Hear that the request has been answered, or given up."""


@dataclass(frozen=True, slots=True)
class HttpReply:
    """One answer: header names in lower case, raw ``body``, the moment the request left, seconds until all was read.

    ``truncated``: the body went on beyond the bound, and only its beginning is here.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    at: datetime
    seconds: float
    truncated: bool = False

    @property
    def content_type(self) -> str:
        """The Content-Type as received, empty for none."""
        return self.headers.get("content-type", "")


class HttpClient:
    """Calls one party, one request at a time; keeps its connection. A context manager, or ``close``.

    ``trust`` is a PEM certificate to trust beside the system's; ``pacing`` is asked before each request; ``pause``
    waits (a test gives a virtual one).
    """

    def __init__(
        self,
        *,
        connect_timeout: float = 10.0,
        answer_timeout: float = 30.0,
        max_bytes: int = 16 * 1024 * 1024,
        trust: bytes = b"",
        pacing: Pacing | None = None,
        clock: Clock = utc_now,
        steady: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self.connect_timeout = connect_timeout
        self.answer_timeout = answer_timeout
        self.max_bytes = max_bytes
        self._pacing = pacing
        self._clock = clock
        self._steady = steady
        self._pause = pause or threading.Event().wait
        self._tls = ssl.create_default_context()
        if trust:
            self._tls.load_verify_locations(cadata=trust.decode("ascii"))
        self._connection: http.client.HTTPConnection | None = None
        self._joined: tuple[str, str] = ("", "")
        self._lock = threading.Lock()

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> HttpReply:
        """Read a document."""
        return self.request("GET", url, b"", headers or {})

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> HttpReply:
        """Send a message."""
        return self.request("POST", url, body, headers)

    def request(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> HttpReply:
        """Send one request, at its pace. Raises UnreachableError, CertificateError, NoAnswerError."""
        split = urlsplit(url)
        if split.scheme not in ("http", "https") or not split.hostname:
            raise UnreachableError(f"Adresse {url!r} : http://… ou https://… est attendu.")
        with self._lock:
            if self._pacing is not None:
                delay = self._pacing.wait(self._steady())
                if delay > 0:
                    self._pause(delay)
            try:
                return self._whole(method, split, body, headers)
            finally:
                if self._pacing is not None:
                    self._pacing.done(self._steady())

    def _whole(self, method: str, split: SplitResult, body: bytes, headers: Mapping[str, str]) -> HttpReply:
        """Send a request; once more when a kept connection turns out to have been closed before anything came."""
        reused = self._connection is not None and self._joined == (split.scheme, split.netloc)
        for last in (not reused, True):
            try:
                return self._once(method, split, body, headers)
            except _Stale:
                if last:
                    break
        raise NoAnswerError(f"{split.netloc} a fermé la connexion sans répondre.", 0.0)

    def close(self) -> None:
        """Let the connection go."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _once(self, method: str, split: SplitResult, body: bytes, headers: Mapping[str, str]) -> HttpReply:
        connection = self._join(split)
        target = (split.path or "/") + (f"?{split.query}" if split.query else "")
        at, start = self._clock(), self._steady()
        # One deadline for the whole exchange: a socket's own timeout starts again at every byte received.
        expired = threading.Event()
        timer = threading.Timer(self.answer_timeout, _cut, (connection.sock, expired))
        timer.daemon = True
        timer.start()
        try:
            connection.request(method, target, body=body or None, headers=dict(headers))
            answer = connection.getresponse()
            content, truncated = self._content(answer)
            if expired.is_set():
                raise TimeoutError
        except (http.client.HTTPException, OSError) as error:
            self.close()
            seconds = self._steady() - start
            if expired.is_set() or isinstance(error, TimeoutError):
                raise NoAnswerError(f"{split.netloc} n'a pas répondu en {self.answer_timeout:g} s.", seconds) from None
            if isinstance(error, _CLOSED):
                raise _Stale from None
            raise NoAnswerError(
                f"{split.netloc} a répondu autre chose que HTTP ({type(error).__name__}: {error}).", seconds
            ) from None
        finally:
            timer.cancel()
        if truncated or answer.will_close:
            self.close()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return HttpReply(answer.status, named, content, at, self._steady() - start, truncated)

    def _content(self, answer: http.client.HTTPResponse) -> tuple[bytes, bool]:
        parts: list[bytes] = []
        size = 0
        while part := answer.read(_CHUNK):
            size += len(part)
            parts.append(part)
            if size > self.max_bytes:
                return b"".join(parts)[: self.max_bytes], True
        return b"".join(parts), False

    def _join(self, split: SplitResult) -> http.client.HTTPConnection:
        wanted = (split.scheme, split.netloc)
        if self._connection is not None and self._joined == wanted:
            return self._connection
        self.close()
        host = split.hostname or ""
        connection: http.client.HTTPConnection = (
            http.client.HTTPSConnection(host, split.port, timeout=self.connect_timeout, context=self._tls)
            if split.scheme == "https"
            else http.client.HTTPConnection(host, split.port, timeout=self.connect_timeout)
        )
        try:
            connection.connect()
        except ssl.SSLCertVerificationError as error:
            raise CertificateError(
                f"Certificat de {split.netloc} refusé ({error.verify_message}) ; "
                "déclarez le certificat de l'opérateur, ou faites-le renouveler."
            ) from None
        except OSError as error:
            raise UnreachableError(
                f"{split.netloc} ne répond pas ({error}) ; vérifiez l'adresse, le port et le pare-feu."
            ) from None
        if connection.sock is not None:
            connection.sock.settimeout(self.answer_timeout)
        self._connection, self._joined = connection, wanted
        return connection


# Over TLS, a connection closed while nobody used it ends without the farewell that the protocol asks for.
_CLOSED = (
    http.client.RemoteDisconnected,
    ConnectionResetError,
    BrokenPipeError,
    ssl.SSLEOFError,
    ssl.SSLZeroReturnError,
)


class _Stale(Exception):  # noqa: N818
    """The connection was closed before a byte of the answer came."""


def _cut(sock: socket.socket | None, expired: threading.Event) -> None:
    expired.set()
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
