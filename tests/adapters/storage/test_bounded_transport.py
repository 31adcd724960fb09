"""Answers of Azure Storage that are fed drop by drop, or without an end, over real sockets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.http.test_limits import Dripping
from tests.adapters.http.test_sockets import Server
from tests.fakes import FakeClock
from upa_core.adapters.http.body import LIMIT_PAUSE
from upa_core.adapters.sources.blob_place import BlobPlace
from upa_core.adapters.sources.place import FileInfo
from upa_core.adapters.storage import bounded_transport as bounded
from upa_core.adapters.storage.blob_store import BlobStore, blob_store
from upa_core.adapters.storage.bounded_transport import bounded_transport, within
from upa_core.domain.errors import RetryLaterError, TooLargeError, UnavailableError

KEY = {"account_name": "account", "account_key": "a2V5"}
BLOB = b'ETag: "v1"\r\nx-ms-blob-type: BlockBlob\r\n'
LENGTH = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-899999/900000\r\nContent-Length: 900000\r\n"
HEADS = {"headers": b"HTTP/1.1 200 OK\r\nX-Long: ", "body": LENGTH + BLOB + b"\r\n"}
Start = Callable[..., BlobStore]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that gives the store behind a server; an answer has half a second."""
    opened: list[Any] = []

    def made(server: Server, retries: int = 3) -> BlobStore:
        transport = bounded_transport(0.5, connection_verify=server.trust(f"{tmp_path}/ca.pem"))
        transport.session.trust_env = False
        store = blob_store(server.root, "upa", KEY, transport=transport, retry_total=retries)
        opened.extend((store, server))
        return store

    yield made
    for one in opened:
        if isinstance(one, Dripping):
            one.gone.set()
        one.close()


CALLS: dict[str, Callable[[BlobStore], object]] = {
    "get": lambda store: store.get("k"),
    "read_range": lambda store: store.read_range("k", 0, 900_000),
    "list": lambda store: list(store.list("k")),
    "file": lambda store: list(
        BlobPlace(store._container, "k-*.csv").read(FileInfo("k-1.csv", 900_000, FakeClock().now(), '"v1"'))
    ),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.timeout(60)
def test_an_answer_that_drips_is_left(start: Start, call: str, head: str) -> None:
    """Bytes that keep coming keep nobody for ever: it is an error that pauses, and nobody asks again at once."""
    server = Dripping(HEADS[head])
    store = start(server)
    began = time.monotonic()
    with pytest.raises(UnavailableError, match="no whole answer") as caught:
        CALLS[call](store)

    assert time.monotonic() - began < 20
    assert server.requests <= 1
    assert caught.value.retry_after == LIMIT_PAUSE


def test_an_answer_without_an_end_is_left(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """More bytes than an answer of storage ever has are an error before all of them are kept."""
    monkeypatch.setattr(bounded, "MAX_BLOB", 99)
    head = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-9999/10000\r\nContent-Length: 10000\r\n"
    store = start(Server([head + BLOB + b"\r\n" + b"1" * 10_000]))
    with pytest.raises(TooLargeError):
        store.get("k")


def test_an_answer_that_breaks_off_is_never_a_whole_blob(start: Start) -> None:
    """A body shorter than it says is unavailable, not a short blob."""
    store = start(Server([LENGTH + BLOB + b"\r\n12345"]), retries=0)
    with pytest.raises(RetryLaterError):
        store.get("k")


def test_an_answer_in_time_is_no_longer_timed(start: Start) -> None:
    """The deadline of an answer that came is called off: it would close the connection under the next one."""
    head = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/2\r\nContent-Length: 2\r\n" + BLOB
    store = start(Server([head + b"\r\n{}"]))
    blob = store.get("k")

    assert blob is not None
    assert (blob.data, blob.etag) == (b"{}", '"v1"')
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join(5)
            assert not thread.is_alive()


def test_the_pieces_of_one_read_share_its_time() -> None:
    """Each piece is in time, all of them aren't; what the reader does in between doesn't count."""
    clock = FakeClock()

    def slowly(seconds: float) -> Iterator[bytes]:
        for _ in range(5):
            clock.sleep(seconds)
            yield b"x"

    def read(seconds: float) -> int:
        size = 0
        for piece in within(slowly(seconds), 100, monotonic=clock.monotonic):
            size += len(piece)
            clock.sleep(1000)
        return size

    assert read(19) == 5
    with pytest.raises(UnavailableError):
        read(21)
