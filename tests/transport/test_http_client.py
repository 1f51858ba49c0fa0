"""The HTTP client against servers that misbehave."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from annexe5.transport.certificate import self_signed
from annexe5.transport.edge import utc_now
from annexe5.transport.http_client import CertificateError, HttpClient, NoAnswerError
from annexe5.transport.http_server import HttpServer
from annexe5.transport.remote import UnreachableError

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"


@contextmanager
def peer(act: Callable[[socket.socket], None], times: int = 1) -> Iterator[str]:
    """A server that reads a request and then does as it likes."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        for _ in range(times):
            try:
                talking, _ = listening.accept()
            except OSError:
                return
            with talking:
                talking.recv(65536)
                act(talking)
                over.wait(3)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        over.set()
        listening.close()
        thread.join(5)


def drip(talking: socket.socket) -> None:
    """Send a byte at a time, often enough to keep any single read from timing out."""
    waiting = threading.Event()
    for byte in OK * 50:
        try:
            talking.send(bytes([byte]))
        except OSError:
            return
        waiting.wait(0.02)


@pytest.mark.parametrize(
    "act",
    [
        lambda talking: None,
        lambda talking: talking.send(OK + b"Content-Length: 10\r\n\r\nabc"),
        lambda talking: talking.send(OK + b"\r\nabc"),
        drip,
    ],
)
def test_no_complete_answer_in_time_is_no_answer(act):
    with (
        peer(act) as url,
        HttpClient(answer_timeout=0.3) as client,
        pytest.raises(NoAnswerError, match="en 0.3 s") as no,
    ):
        client.get(url)
    assert 0.2 < no.value.seconds < 2


@pytest.mark.parametrize("garbage", [b"bonjour\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00\x01\r\n\r\n"])
def test_an_answer_that_is_no_http_is_told(garbage):
    with peer(lambda talking: talking.send(garbage)) as url, HttpClient(answer_timeout=2) as client:
        with pytest.raises(NoAnswerError, match="autre chose que HTTP"):
            client.get(url)


def test_a_connection_closed_without_a_word_is_told():
    def hang_up(talking: socket.socket) -> None:
        talking.shutdown(socket.SHUT_RDWR)

    with peer(hang_up) as url, HttpClient(answer_timeout=2) as client, pytest.raises(NoAnswerError, match="fermé"):
        client.get(url)


def test_a_body_beyond_the_bound_is_cut():
    def long(talking: socket.socket) -> None:
        talking.send(OK + b"Content-Length: 5000\r\n\r\n" + b"x" * 5000)

    with peer(long) as url, HttpClient(max_bytes=1000) as client:
        reply = client.get(url)
    assert (len(reply.body), reply.truncated) == (1000, True)


def test_a_redirection_is_not_followed():
    def away(talking: socket.socket) -> None:
        talking.send(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")

    with peer(away) as url, HttpClient() as client:
        assert client.get(url).status == 302


def test_nobody_there_says_what_to_check():
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    listening.close()
    with HttpClient() as client, pytest.raises(UnreachableError, match="vérifiez l'adresse, le port"):
        client.get(f"http://127.0.0.1:{port}/")


def test_an_address_that_is_none_is_told():
    with HttpClient() as client, pytest.raises(UnreachableError, match=r"http://… ou https://…"):
        client.get("ftp://127.0.0.1/")


def hello(_):
    return 200, {"content-type": "text/plain"}, b"ok"


def test_an_unknown_certificate_is_refused():
    with HttpServer(hello) as served, HttpClient() as client, pytest.raises(CertificateError, match="refusé"):
        client.get(served.urls["https"])


def test_an_expired_certificate_is_refused_with_its_reason():
    old = self_signed(now=utc_now() - timedelta(days=60))
    with HttpServer(hello, certificate=old) as served, HttpClient(trust=old.certificate) as client:
        with pytest.raises(CertificateError, match="expired"):
            client.get(served.urls["https"])


def test_a_certificate_of_another_name_is_refused():
    other = self_signed(("ailleurs.invalid",))
    with HttpServer(hello, certificate=other) as served, HttpClient(trust=other.certificate) as client:
        with pytest.raises(CertificateError):
            client.get(served.urls["https"])


def test_a_kept_connection_that_the_peer_closed_is_opened_again():
    with HttpServer(hello, https_port=None) as served, HttpClient() as client:
        client.get(served.urls["http"])
        client._connection.sock.shutdown(socket.SHUT_RDWR)
        assert client.get(served.urls["http"]).body == b"ok"


def test_the_pace_is_asked_before_each_request_and_waited_for():
    waited = []

    class Slow:
        def wait(self, now: float) -> float:
            return 0.0 if not waited else 0.5

        def done(self, now: float) -> None:
            pass

    with HttpServer(hello, https_port=None) as served, HttpClient(pacing=Slow(), pause=waited.append) as client:
        client.get(served.urls["http"])
        waited.append("premier")
        client.get(served.urls["http"])
    assert waited == ["premier", 0.5]


def test_the_seconds_are_those_of_the_whole_answer():
    ticks = iter([0.0, 5.0])
    with HttpServer(hello, https_port=None) as served, HttpClient(steady=lambda: next(ticks)) as client:
        assert client.get(served.urls["http"]).seconds == 5.0
