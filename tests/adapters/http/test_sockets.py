"""What a broken network looks like, over real TLS sockets on loopback."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import requests
import trustme

from tests.fakes import FakeClock, FakeTokens
from upa_core.adapters.http.service import Service
from upa_core.domain.errors import UnansweredError, UnavailableError

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
HALF = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"value":['


class Server:
    """A TLS server on loopback that reads a request, writes given bytes, and closes."""

    def __init__(self, answers: list[bytes], *, keep: bool = False) -> None:
        self.requests = 0
        self._keep = keep
        self._kept: list[ssl.SSLSocket] = []
        self._answers = answers
        self._ca = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert("127.0.0.1").configure_cert(context)
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def root(self) -> str:
        return f"https://127.0.0.1:{self._listener.getsockname()[1]}"

    def trust(self, path: str) -> str:
        self._ca.cert_pem.write_to_path(path)
        return path

    def close(self) -> None:
        for connection in self._kept:
            connection.close()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=10)

    def _serve(self) -> None:
        for answer in self._answers:
            with suppress(OSError):  # closed by the test, or a handshake that the client broke off
                raw, _ = self._listener.accept()
                with raw:
                    connection = self._context.wrap_socket(raw, server_side=True)
                    self._answer(connection, answer)

    def _answer(self, connection: ssl.SSLSocket, answer: bytes) -> None:
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(65536)
        self.requests += 1
        connection.sendall(answer)
        if self._keep:  # and never read from it again
            self._kept.append(connection)
            return
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()


@pytest.fixture
def serve(tmp_path: object) -> Iterator[Callable[..., tuple[Server, Service]]]:
    """Return a function that starts a server of the given answers and a service for it."""
    opened: list[Server | requests.Session] = []

    def start(*answers: bytes, keep: bool = False) -> tuple[Server, Service]:
        server, session = Server(list(answers), keep=keep), requests.Session()
        opened.extend((server, session))
        session.trust_env = False
        session.verify = server.trust(f"{tmp_path}/ca.pem")
        return server, Service(server.root, FakeTokens(), FakeClock(), session=session, jitter=lambda: 0.1)

    yield start
    for one in opened:
        one.close()


def closed_port() -> str:
    """Return the address of a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"https://127.0.0.1:{listener.getsockname()[1]}"


Serve = Callable[..., tuple[Server, Service]]


def test_connection_closed_without_an_answer(serve: Serve) -> None:
    """A connection that ends after the request was read leaves an effect unknown, and a read to be repeated."""
    server, service = serve(b"", b"", OK)
    with pytest.raises(UnansweredError):
        service.request("POST", "/", "/", idempotent=False)

    assert service.request("GET", "/", "/", json=True).document == {}
    assert server.requests == 3


def test_truncated_body(serve: Serve) -> None:
    """A body shorter than announced is read again, and leaves an effect unknown."""
    _, service = serve(HALF, OK, HALF)

    assert service.request("GET", "/", "/", json=True).document == {}
    with pytest.raises(UnansweredError):
        service.request("POST", "/", "/", idempotent=False)


def test_refused_connection_executed_nothing() -> None:
    """Where nobody listens, an effect surely didn't happen."""
    with requests.Session() as session:
        service = Service(closed_port(), FakeTokens(), FakeClock(), session=session, attempts=1)
        with pytest.raises(UnavailableError):
            service.request("POST", "/", "/", idempotent=False)


def test_unknown_name_executed_nothing() -> None:
    """Where the name isn't known, an effect surely didn't happen."""
    with requests.Session() as session:
        session.trust_env = False
        service = Service("https://nobody.invalid", FakeTokens(), FakeClock(), session=session, attempts=1)
        with pytest.raises(UnavailableError):
            service.request("POST", "/", "/", idempotent=False)


def test_untrusted_certificate_executed_nothing() -> None:
    """A server whose certificate isn't trusted never sees the request."""
    server = Server([OK])
    try:
        with requests.Session() as session:
            session.trust_env = False
            service = Service(server.root, FakeTokens(), FakeClock(), session=session, attempts=1)
            with pytest.raises(UnavailableError):
                service.request("POST", "/", "/", idempotent=False)

        assert server.requests == 0
    finally:
        server.close()


@pytest.mark.timeout(20)
def test_effects_use_a_connection_of_their_own(serve: Serve) -> None:
    """A kept connection that has gone dead since the last call doesn't leave an effect without an answer."""
    server, service = serve(OK, OK, keep=True)
    service.request("GET", "/", "/")
    service.request("POST", "/", "/", idempotent=False)

    assert server.requests == 2


def test_closed_service_opens_again(serve: Serve) -> None:
    """Closing a service closes its connections, and the next call opens new ones."""
    server, service = serve(OK, OK, keep=True)
    service.request("GET", "/", "/")
    service.close()
    service.request("GET", "/", "/")

    assert server.requests == 2
