"""The blob store beyond its contract, on Azurite: lost answers, a missing container, large blobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from azure.core.exceptions import ServiceResponseError
from azure.core.pipeline.transport import HttpRequest, RequestsTransport
from azure.storage.blob import ExponentialRetry

from tests.support import azurite as azurite_tool
from upa_core.adapters.storage.blob_store import BlobStore, blob_store_from_connection_string
from upa_core.domain.errors import AccessDeniedError, ConflictError


class Unreliable(RequestsTransport):
    """Sends requests, and then loses the answers that `lose` names."""

    def __init__(self) -> None:
        super().__init__()
        self.lose: Callable[[HttpRequest], Exception | None] = lambda _: None

    def send(self, request: HttpRequest, **options: Any) -> Any:
        """Send, then lose the answer."""
        response = super().send(request, **options)
        if (error := self.lose(request)) is not None:
            raise error
        return response


def next_put(error: Exception, times: int = 1) -> Callable[[HttpRequest], Exception | None]:
    """Lose the answers of the next PUTs."""
    left = [error] * times

    def lose(request: HttpRequest) -> Exception | None:
        return left.pop() if request.method == "PUT" and left else None

    return lose


@pytest.mark.azurite
class TestOnAzurite:
    @pytest.fixture
    def transport(self) -> Unreliable:
        return Unreliable()

    @pytest.fixture
    def store(self, azurite: azurite_tool.Azurite, transport: Unreliable) -> Iterator[BlobStore]:
        name = f"t{uuid4().hex}"
        at_once = ExponentialRetry(initial_backoff=0, increment_base=0, retry_total=3, random_jitter_range=0)
        store = blob_store_from_connection_string(azurite.connection, name, transport=transport, retry_policy=at_once)
        yield store
        store.close()

    @pytest.mark.parametrize("times", [1, 9])
    def test_lost_answer_of_a_write(self, store: BlobStore, transport: Unreliable, times: int) -> None:
        """A conditional write whose answers were lost, once or always, succeeds and doesn't conflict with itself."""
        etag = store.put("k", b"1")
        transport.lose = next_put(ServiceResponseError("reset"), times)
        new = store.put("k", b"2", if_match=etag)
        transport.lose = lambda _: None

        assert (store.get("k").data, store.get("k").etag) == (b"2", new)

    def test_lost_answer_of_a_creation(self, store: BlobStore, transport: Unreliable) -> None:
        """A creation whose answer was lost succeeds, though its repetition finds the blob."""
        store.put("other", b"makes the container")
        transport.lose = next_put(ServiceResponseError("reset"))
        store.put("k", b"1", if_absent=True)

        assert store.get("k").data == b"1"

    def test_same_bytes_of_another_writer_conflict(self, store: BlobStore) -> None:
        """Another writer's equal bytes aren't taken for our own write."""
        etag = store.put("k", b"1")
        store.put("k", b"2")
        with pytest.raises(ConflictError):
            store.put("k", b"2", if_match=etag)

    def test_missing_container(self, azurite: azurite_tool.Azurite) -> None:
        """A missing container reads as empty; where it may not be made, a write says so."""
        store = blob_store_from_connection_string(azurite.connection, f"t{uuid4().hex}", create=False)
        try:
            store.delete("k")

            assert (store.get("k"), store.read_range("k", 0, 1), list(store.list(""))) == (None, None, [])
            with pytest.raises(AccessDeniedError, match="container"):
                store.put("k", b"1")
        finally:
            store.close()

    def test_large_blob(self, store: BlobStore) -> None:
        """A blob larger than one request comes back whole, and its middle can be read."""
        data = bytes(range(251)) * 300_000
        store.put("k", data)

        assert store.get("k").data == data
        assert store.read_range("k", 40_000_000, 7) == data[40_000_000:40_000_007]
