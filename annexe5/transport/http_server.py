"""The embedded HTTP server (SAV-01, OPC-01): the same handler over http and https, uvicorn in a thread of its own.

It carries bytes and never waits for ever: sizes, times and connections are bounded, a body beyond the bound is handed
over as None, a silent client is let go.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import tempfile
from asyncio import TimerHandle, Transport
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

from annexe5.errors import ConfigurationError
from annexe5.transport.certificate import Certificate, self_signed
from annexe5.transport.loop import LoopThread

_HOST: Final = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?|\[[0-9a-fA-F:]+\](:[0-9]{1,5})?")
_DRAINED: Final = 16  # how many times the bound is still read and thrown away, so that the client hears the answer


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request: header names in lower case, ``body`` None beyond the bound, ``base_url`` as the client wrote it."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes | None
    base_url: str
    peer: str


HttpAnswer = tuple[int, Mapping[str, str], bytes]
Handler = Callable[[HttpRequest], HttpAnswer]


@dataclass(frozen=True, slots=True)
class HttpBounds:
    """``body`` in bytes; ``receive`` and ``answer`` in seconds; ``connections`` open at once."""

    body: int = 1024 * 1024
    receive: float = 10.0
    answer: float = 30.0
    connections: int = 512


class HttpServer:
    """One handler on two ports; a context manager, or ``start`` and ``stop``.

    ``port`` and ``https_port`` 0 ask the system for one, None leaves the channel closed. ``certificate`` is made for
    the host when none is given. ``latency`` gives the seconds to hold an answer back, for a slow twin.
    """

    def __init__(
        self,
        handler: Handler,
        *,
        host: str = "127.0.0.1",
        port: int | None = 0,
        https_port: int | None = 0,
        certificate: Certificate | None = None,
        bounds: HttpBounds | None = None,
        latency: Callable[[HttpRequest], float] | None = None,
    ) -> None:
        self.host = host
        self.bounds = bounds or HttpBounds()
        self.certificate = certificate or self_signed((host, "localhost"))
        self._handler = handler
        self._latency = latency
        self._ports = {"http": port, "https": https_port}
        self._loop: LoopThread | None = None
        self._servers: list[_Server] = []
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def urls(self) -> dict[str, str]:
        """Base addresses by scheme, ports as given by the system."""
        return {scheme: f"{scheme}://{self.host}:{port}" for scheme, port in self._ports.items() if port is not None}

    def start(self) -> Self:
        """Serve. Raises ConfigurationError when a port is taken."""
        sockets = {scheme: self._bind(scheme) for scheme, port in self._ports.items() if port is not None}
        self._loop = LoopThread("annexe5-http")
        self._loop.run(self._listen(sockets))
        return self

    def stop(self) -> None:
        """Let the answers under way go, cut the rest, free the ports."""
        loop, self._loop = self._loop, None
        if loop:
            loop.run(self._close())
            loop.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _bind(self, scheme: str) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        # Without its protocol named, asyncio leaves Nagle's algorithm on: 40 ms an answer, measured.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((self.host, self._ports[scheme]))
        except OSError as error:
            listening.close()
            raise ConfigurationError(
                f"Serveur {scheme} : {self.host}:{self._ports[scheme]} pris ou interdit ({error}) ; "
                "choisissez un autre port."
            ) from error
        self._ports[scheme] = listening.getsockname()[1]
        return listening

    async def _listen(self, sockets: Mapping[str, socket.socket]) -> None:
        for scheme, listening in sockets.items():
            server = _Server(self._config(scheme))
            self._servers.append(server)
            self._tasks.append(asyncio.ensure_future(server.serve(sockets=[listening])))
        for server in self._servers:
            await server.ready.wait()

    async def _close(self) -> None:
        for server in self._servers:
            server.should_exit = True
        await asyncio.gather(*self._tasks)
        self._servers.clear()
        self._tasks.clear()

    def _config(self, scheme: str) -> uvicorn.Config:
        config = uvicorn.Config(
            self._application,
            interface="asgi3",
            http=_protocol(self.bounds.receive),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=self.bounds.connections,
            timeout_keep_alive=int(self.bounds.receive),
            timeout_graceful_shutdown=1,
        )
        config.load()
        if scheme == "https":
            config.ssl = _tls(self.certificate)
        return config

    async def _application(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            body = await asyncio.wait_for(self._body(request), self.bounds.receive)
        except TimeoutError:
            await Response(status_code=408, headers={"connection": "close"})(scope, receive, send)
            return
        except ClientDisconnect:
            return
        whole = self._request(request, body)
        if self._latency is not None:
            await asyncio.sleep(self._latency(whole))
        try:
            status, headers, content = await asyncio.wait_for(
                run_in_threadpool(self._handler, whole), self.bounds.answer
            )
        except TimeoutError:
            status, headers, content = 503, {"retry-after": "1"}, b""
        closing = {} if body is not None else {"connection": "close"}
        await Response(content, status, {**headers, **closing})(scope, receive, send)

    async def _body(self, request: Request) -> bytes | None:
        """Read a body up to the bound; beyond it, throw away what still comes for a while."""
        parts: list[bytes] = []
        size = 0
        async for part in request.stream():
            size += len(part)
            if size <= self.bounds.body:
                parts.append(part)
            elif size > self.bounds.body * _DRAINED:
                break
        return b"".join(parts) if size <= self.bounds.body else None

    def _request(self, request: Request, body: bytes | None) -> HttpRequest:
        scheme = request.url.scheme
        host = request.headers.get("host", "")
        if not _HOST.fullmatch(host):
            host = f"{self.host}:{self._ports[scheme]}"
        return HttpRequest(
            method=request.method,
            path=request.url.path,
            query=request.url.query,
            headers=dict(request.headers),
            body=body,
            base_url=f"{scheme}://{host}",
            peer=request.client.host if request.client else "",
        )


class _Server(uvicorn.Server):
    """A server that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


def _protocol(patience: float) -> type[asyncio.Protocol]:
    """Make an HTTP protocol that lets go of a client which never ends its first headers (uvicorn waits for ever)."""

    class Impatient(H11Protocol):
        _timer: TimerHandle | None = None

        @override
        def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._timer = self.loop.call_later(patience, self._give_up)

        @override
        def connection_lost(self, exc: Exception | None) -> None:
            if self._timer is not None:
                self._timer.cancel()
            super().connection_lost(exc)

        def _give_up(self) -> None:
            request: object = self.cycle
            if request is None and not self.transport.is_closing():
                self.transport.close()

    return Impatient


def _tls(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory(prefix="annexe5-tls-") as folder:  # ssl only loads from files
        chain, key = Path(folder, "chain.pem"), Path(folder, "key.pem")
        chain.write_bytes(certificate.certificate)
        key.touch(mode=0o600)
        key.write_bytes(certificate.key)
        with suppress(NotImplementedError):
            context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(chain, key)
    return context
