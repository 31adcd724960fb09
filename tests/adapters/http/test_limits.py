"""Limits of every answer: bytes plain and unpacked, time, nesting, numbers, addresses."""

from __future__ import annotations

import gzip
import io
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from urllib3 import HTTPResponse

from tests.adapters.http.test_sockets import Server
from tests.fakes import FakeClock, FakeTokens, ScriptedTransport, reply
from upa_core.adapters.http.answer import Answer
from upa_core.adapters.http.body import LIMIT_PAUSE
from upa_core.adapters.http.bounded import bounded_session
from upa_core.adapters.http.retry_after import parse_retry_after
from upa_core.adapters.http.service import Service
from upa_core.adapters.http.session import new_session
from upa_core.adapters.sharepoint.import_jobs import SharePointImportJobs
from upa_core.adapters.sharepoint.library import MAX_PAGES, SharePointLibrary
from upa_core.domain.errors import (
    ForeignLinkError,
    RefusedError,
    RetryLaterError,
    TooLargeError,
    UnansweredError,
    UnavailableError,
)

ROOT = "https://sharepoint.example"


def service(*replies: Any, **options: Any) -> tuple[Service, ScriptedTransport]:
    """Return a service over written-down answers."""
    net = ScriptedTransport(*replies)
    return Service(ROOT, FakeTokens(), FakeClock(), session=net.session(), jitter=lambda: 0.5, **options), net


def test_a_packed_answer_is_unpacked_within_its_limit() -> None:
    """A small gzip answer that unpacks to 64 MB is left at the limit, once, and never held unpacked."""
    bomb = gzip.compress(bytes(64 << 20), compresslevel=1)

    def packed(request: requests.PreparedRequest) -> requests.Response:
        response = reply(200, body=b"")(request)
        response.raw = HTTPResponse(io.BytesIO(bomb), {"Content-Encoding": "gzip"}, preload_content=False)
        return response

    one, net = service(packed, packed)
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError, match="more than") as caught:
            one.request("GET", "/x", "/x", most=4 << 20)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 16 << 20
    assert (len(net.requests), caught.value.retry_after) == (1, LIMIT_PAUSE)


def test_an_effect_whose_answer_is_too_large_may_have_happened() -> None:
    """It has to be looked up."""
    one, _ = service(reply(200, body=b"x" * 11))
    with pytest.raises(UnansweredError):
        one.request("POST", "/x", "/x", idempotent=False, most=10)


def test_a_file_is_hashed_piece_by_piece_up_to_its_size() -> None:
    """What is longer than the file that we wrote is refused, not read to its end."""
    one, _ = service(reply(200, body=b"abc"), reply(200, body=b"abcd"), reply(200, body=b"abcd"))
    library = SharePointLibrary(one, f"{ROOT}/sites/upa", "/sites/upa/Imports")
    url = library.url_of("a.json")

    assert library.digest(url, most=3) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    for read in (library.digest, library.download):
        with pytest.raises(RefusedError) as caught:
            read(url, most=3)
        assert caught.value.code == "too_large"


def test_a_listing_of_ever_new_links_ends() -> None:
    """A folder whose listing never ends is a failure of the service, after a bounded number of pages."""

    class Endless(ScriptedTransport):
        def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
            self.requests.append(request)
            link = f"{ROOT}/_api/next?page={len(self.requests)}"
            return reply(200, {"value": [], "odata.nextLink": link})(request)

    net = Endless()
    library = SharePointLibrary(
        Service(ROOT, FakeTokens(), FakeClock(), session=net.session()), f"{ROOT}/sites/upa", "/sites/upa/Imports"
    )
    with pytest.raises(UnavailableError, match="pages"):
        library.items()

    assert len(net.requests) == MAX_PAGES


DEEP = b"[" * 100_000 + b"]" * 100_000
HUGE = [b"1e400", b"-1e400", b"[1e400]", b'{"value":[{"id":"a","n":1e999}]}', b"9" * 5000]


@pytest.mark.parametrize("body", [DEEP, b'{"a":' * 100_000, *HUGE, b'["\\ud800",1e400]', b'["\\ud800",' + DEEP + b"]"])
def test_what_no_decoder_can_hold_is_a_failure_of_the_service(body: bytes) -> None:
    """Nesting without an end and numbers beyond any are garbled answers, not faults of ours."""
    with pytest.raises(UnavailableError):
        Answer(200, {}, body, "GET graph delta", idempotent=True).json()


@pytest.mark.parametrize("body", [DEEP, b'[{"ErrorInfo":null},5,' + DEEP + b"]", b'[{"ErrorInfo":null},5,1e400]'])
def test_an_answer_of_process_query_is_bounded_too(body: bytes) -> None:
    """A read of an import job pauses; a queue call has to be looked up."""
    one, _ = service(*[reply(200, body=body)] * 2)
    jobs = SharePointImportJobs(one)
    with pytest.raises(RetryLaterError):
        jobs.list()
    with pytest.raises(UnansweredError):
        jobs.queue(f"{ROOT}/a.json", {})


@pytest.mark.parametrize(
    "url",
    [
        f" {ROOT}/x",
        f"{ROOT}/x ",
        f"\t{ROOT}/x",
        f"{ROOT}/x\x00",
        f"{ROOT}\x00.evil.example/x",
        f"{ROOT}/\ud800",
        f"{ROOT}/\n",
        f"{ROOT}/{'x' * 70_000}",
        "",
        "x",
        "https://" + "a" * 70 + ".example/x",
    ],
)
def test_what_is_no_address_gets_no_token(url: str) -> None:
    """Spaces around, NUL, half characters and endless links are refused before anything is sent."""
    one, net = service()
    with pytest.raises(ForeignLinkError):
        one.request("GET", url, "/x")

    assert net.requests == []


@pytest.mark.parametrize("text", ["-1", "-0.5", "Sun, 22 Nov 2015 10:14:00 GMT"])
def test_a_pause_that_cant_be_meant_backs_off(text: str) -> None:
    """A negative Retry-After, or one in the past, is answered by our own growing pauses."""
    clock = FakeClock()
    net = ScriptedTransport(*[reply(429, {}, headers={"Retry-After": text})] * 4)
    one = Service(ROOT, FakeTokens(), clock, session=net.session(), jitter=lambda: 0.5)
    before = clock.now()
    with pytest.raises(RetryLaterError):
        one.request("GET", "/x", "/x")

    assert parse_retry_after(text, clock.now()) is None
    assert (clock.now() - before).total_seconds() == 0.5 * (2 + 4 + 8)


class Dripping(Server):
    """Sends one byte after another, for as long as somebody listens."""

    def __init__(self, head: bytes) -> None:
        self.gone = threading.Event()
        super().__init__([head])

    def _answer(self, connection: Any, answer: bytes) -> None:
        connection.recv(65536)
        self.requests += 1
        with suppress(OSError), connection:
            connection.sendall(answer)
            while not self.gone.wait(0.01):
                connection.sendall(b"1")


@pytest.fixture
def drip(tmp_path: Path) -> Iterator[Callable[[bytes], tuple[Dripping, Service]]]:
    """Return a function that starts a server which never ends, and a service whose answers have a third of a second."""
    opened: list[Any] = []

    def start(head: bytes) -> tuple[Dripping, Service]:
        server, session = Dripping(head), new_session(0.3)
        opened.extend((session, server))
        session.trust_env = False
        session.verify = server.trust(f"{tmp_path}/ca.pem")
        return server, Service(server.root, FakeTokens(), FakeClock(), session=session)

    yield start
    for one in opened:
        if isinstance(one, Dripping):
            one.gone.set()
        one.close()


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFF\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
    ids=["headers", "length", "chunk", "until it closes"],
)
@pytest.mark.timeout(20)
def test_an_answer_that_drips_is_left(drip: Callable[[bytes], tuple[Dripping, Service]], head: bytes) -> None:
    """Bytes that keep coming keep nobody for ever; what came isn't taken for the whole, and nobody asks again."""
    server, one = drip(head)
    began = time.monotonic()
    with pytest.raises(UnavailableError, match="no answer") as caught:
        one.request("GET", "/x", "/x")

    assert time.monotonic() - began < 10
    assert (server.requests, caught.value.retry_after) == (1, LIMIT_PAUSE)


def test_an_answer_in_time_is_no_longer_timed(drip: Callable[[bytes], tuple[Dripping, Service]]) -> None:
    """The deadline of an answer that came is called off: it would close the connection under the next one."""
    server, one = drip(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    assert one.request("GET", "/x", "/x", json=True).document == {}
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join(5)
            assert not thread.is_alive()
    assert server.requests == 1


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n"])
@pytest.mark.timeout(20)
def test_what_a_vendors_library_reads_has_a_time(
    drip: Callable[[bytes], tuple[Dripping, Service]], head: bytes
) -> None:
    """Their sessions know no total time: ours ends for them, as an error that they know."""
    server, one = drip(head)
    with bounded_session(seconds=0.3) as session:
        session.trust_env = False
        session.verify = one._session.verify
        with pytest.raises(requests.ConnectionError):
            session.get(server.root)


def test_what_a_vendors_library_reads_has_a_size(drip: Callable[[bytes], tuple[Dripping, Service]]) -> None:
    """More than the limit is refused; as much as the limit is given as it came."""
    for most, held in ((10, b""), (11, b"x" * 11)):
        server, one = drip(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n" + b"x" * 11)
        with bounded_session(most) as session:
            session.trust_env = False
            session.verify = one._session.verify
            if held:
                assert session.get(server.root).content == held
            else:
                with pytest.raises(requests.ConnectionError, match="more than 10 bytes"):
                    session.get(server.root)
