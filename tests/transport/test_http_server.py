"""The HTTP edge with real sockets: what it hands over, and that it never hangs."""

from __future__ import annotations

import socket
import threading
import time
from urllib.parse import urlsplit

import pytest

from annexe5.errors import ConfigurationError
from annexe5.transport.http_client import HttpClient
from annexe5.transport.http_server import HttpBounds, HttpRequest, HttpServer

XML = {"Content-Type": "text/xml"}


def mirror(request: HttpRequest):
    body = b"trop gros" if request.body is None else request.body
    return 200, {"content-type": "text/plain", "x-base": request.base_url, "x-path": request.path}, body


@pytest.fixture
def server():
    with HttpServer(mirror, bounds=HttpBounds(body=1000, receive=0.3, answer=0.3)) as served:
        yield served


@pytest.fixture
def client(server):
    with HttpClient(trust=server.certificate.certificate) as made:
        yield made


def talk(server: HttpServer, data: bytes, *, seconds: float = 3.0) -> bytes:
    """Send bytes as they are; give what comes until the server closes or falls silent."""
    split = urlsplit(server.urls["http"])
    with socket.create_connection((split.hostname, split.port), timeout=seconds) as raw:
        raw.sendall(data)
        heard = b""
        try:
            while part := raw.recv(65536):
                heard += part
        except TimeoutError:
            heard += b"[silence]"
    return heard


def test_http_and_https_serve_the_same_on_ports_of_the_system(server, client):
    for scheme in ("http", "https"):
        reply = client.post(server.urls[scheme] + "/a/b?c=d", b"bonjour", XML)
        assert (reply.status, reply.body) == (200, b"bonjour")
        assert (reply.headers["x-base"], reply.headers["x-path"]) == (server.urls[scheme], "/a/b")


def test_one_channel_may_stay_closed():
    with HttpServer(mirror, https_port=None) as served:
        assert list(served.urls) == ["http"]


def test_a_taken_port_is_told(server):
    port = urlsplit(server.urls["http"]).port
    with pytest.raises(ConfigurationError, match="pris ou interdit"):
        HttpServer(mirror, port=port).start()


def test_a_body_beyond_the_bound_is_not_handed_over(server, client):
    assert client.post(server.urls["http"], b"x" * 1001, XML).body == b"trop gros"
    assert client.post(server.urls["http"], b"x" * 1000, XML).body == b"x" * 1000


def test_a_body_far_beyond_the_bound_does_not_drown_the_server(server):
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n"
    heard = talk(server, head + b"x" * 40_000)
    assert b"trop gros" in heard or heard == b""


def test_a_client_that_never_ends_its_headers_is_let_go(server):
    start = time.monotonic()
    assert b"[silence]" not in talk(server, b"POST / HTTP/1.1\r\nHost: x\r\n")
    assert time.monotonic() - start < 2


def test_a_client_that_never_ends_its_body_is_told(server):
    heard = talk(server, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
    assert heard.startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"\0" * 100])
def test_what_is_no_http_does_not_stop_the_server(server, client, garbage):
    assert b"[silence]" not in talk(server, garbage + b"\r\n\r\n")
    assert client.get(server.urls["http"]).status == 200


def test_a_handler_that_hangs_is_answered_for():
    release = threading.Event()

    def stuck(_: HttpRequest):
        release.wait(5)
        return 200, {}, b""

    with HttpServer(stuck, bounds=HttpBounds(answer=0.1)) as served, HttpClient() as caller:
        assert caller.get(served.urls["http"]).status == 503
        release.set()


def test_a_handler_that_breaks_is_a_500_without_a_trace():
    def broken(_: HttpRequest):
        raise RuntimeError("mot de passe")

    with HttpServer(broken) as served, HttpClient() as caller:
        reply = caller.get(served.urls["http"])
        assert reply.status == 500
        assert b"mot de passe" not in reply.body


def test_a_forged_host_does_not_reach_the_published_address(server):
    heard = talk(server, b'GET / HTTP/1.1\r\nHost: a"><script>\r\nConnection: close\r\n\r\n')
    assert b"script" not in heard


def test_many_clients_are_served_at_once():
    done = []

    def call(number: int) -> None:
        with HttpClient() as caller:
            done.append(caller.post(server.urls["http"], str(number).encode(), XML).body)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(30)]
    with HttpServer(mirror, https_port=None) as server:
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert sorted(done, key=int) == [str(number).encode() for number in range(30)]


def test_answers_leave_at_once(server, client):
    """Nagle's algorithm against delayed acknowledgements costs 40 ms an answer: the median of many is far below."""
    seconds = sorted(client.post(server.urls["http"], b"x", XML).seconds for _ in range(15))
    assert seconds[7] < 0.03


def test_stopping_frees_the_ports():
    served = HttpServer(mirror).start()
    port = urlsplit(served.urls["http"]).port
    served.stop()
    with HttpServer(mirror, port=port) as again:
        assert urlsplit(again.urls["http"]).port == port
