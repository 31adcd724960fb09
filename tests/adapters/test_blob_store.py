"""The blob store beyond its contract: lost answers, a missing container, refusals, a service in trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import HttpRequest, RequestsTransport

from tests.fakes import ScriptedTransport, reply
from tests.support import azurite as azurite_tool
from upa_core.adapters.blob_store import BlobStore, blob_store, blob_store_from_connection_string
from upa_core.domain.errors import (
    AccessDeniedError,
    ConflictError,
    RefusedError,
    RetryLaterError,
    ThrottledError,
    UnavailableError,
)


@pytest.fixture(scope="session")
def azurite() -> Iterator[azurite_tool.Azurite]:
    """A running Azurite; a test that asks for it fails with the command to run where it can't be installed."""
    with azurite_tool.running() as running:
        yield running


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
        store = blob_store_from_connection_string(azurite.connection, name, transport=transport, initial_backoff=0)
        yield store
        store.close()

    @pytest.mark.parametrize("times", [1, 9])
    def test_lost_answer_of_a_write(self, store: BlobStore, transport: Unreliable, times: int) -> None:
        """A conditional write whose answers were lost, once or always, succeeds and doesn't conflict with itself."""
        etag = store.put("k", b"1")
        transport.lose = next_put(ServiceResponseError("reset"), times)
        new = store.put("k", b"2", if_match=etag)
        transport.lose = lambda _: None

        assert (store.get("k").data, store.get("k").etag) == (b"2", new)  # type: ignore[union-attr]

    def test_lost_answer_of_a_creation(self, store: BlobStore, transport: Unreliable) -> None:
        """A creation whose answer was lost succeeds, though its repetition finds the blob."""
        store.put("other", b"makes the container")
        transport.lose = next_put(ServiceResponseError("reset"))
        store.put("k", b"1", if_absent=True)

        assert store.get("k").data == b"1"  # type: ignore[union-attr]

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

        assert store.get("k").data == data  # type: ignore[union-attr]
        assert store.read_range("k", 40_000_000, 7) == data[40_000_000:40_000_007]


def scripted(*replies: object) -> tuple[BlobStore, ScriptedTransport]:
    """Return a store whose service gives written-down answers, without retries."""
    net = ScriptedTransport(*replies)  # type: ignore[arg-type]
    transport = RequestsTransport(session=net.session(), session_owner=False)
    store = blob_store("https://account.blob.example", "upa", AccountKey.fake(), transport=transport, retry_total=0)
    return store, net


class AccountKey:
    """A credential that needs no network."""

    @staticmethod
    def fake() -> dict[str, str]:
        return {"account_name": "account", "account_key": "a2V5"}


def failure(status: int, code: str, **headers: str) -> object:
    """Write a storage error down."""
    return reply(status, body=b"", headers={"x-ms-error-code": code, **headers})


CASES = [
    (403, "AuthorizationPermissionMismatch", {}, AccessDeniedError),
    (403, "AuthenticationFailed", {}, AccessDeniedError),
    (401, "NoAuthenticationInformation", {}, AccessDeniedError),
    (409, "ContainerBeingDeleted", {}, UnavailableError),
    (409, "BlobAlreadyExists", {}, ConflictError),
    (412, "ConditionNotMet", {}, ConflictError),
    (400, "InvalidHeaderValue", {}, RefusedError),
    (429, "TooManyRequests", {"Retry-After": "9"}, ThrottledError),
    (503, "ServerBusy", {"Retry-After": "9"}, ThrottledError),
    (503, "ServerBusy", {}, UnavailableError),
    (500, "InternalError", {}, UnavailableError),
    (500, "OperationTimedOut", {}, UnavailableError),
]


@pytest.mark.parametrize(("status", "code", "headers", "expected"), CASES)
def test_errors_are_translated(status: int, code: str, headers: dict[str, str], expected: type[Exception]) -> None:
    """Each refusal of the storage becomes the error named for its recovery, with the service's code."""
    store, _ = scripted(failure(status, code, **headers), failure(404, "BlobNotFound"))
    with pytest.raises(expected, match=code) as caught:
        store.put("k", b"1", if_match='"v1"')

    assert type(caught.value) is expected
    if isinstance(caught.value, RetryLaterError):
        assert (caught.value.retry_after, caught.value.status) == (9.0 if headers else None, status)


@pytest.mark.parametrize(
    "error", [requests.ConnectionError("x"), requests.ReadTimeout("x"), requests.ConnectTimeout("x")]
)
def test_unreachable_storage(error: Exception) -> None:
    """A storage that can't be reached is unavailable in every method."""
    calls: list[Callable[[BlobStore], object]] = [
        lambda s: s.get("k"),
        lambda s: s.read_range("k", 0, 1),
        lambda s: s.put("k", b""),
        lambda s: s.delete("k"),
        lambda s: list(s.list("")),
    ]
    for call in calls:
        with pytest.raises(UnavailableError):
            call(scripted(error, error)[0])


def test_failing_credential_is_access_denied() -> None:
    """A credential that gives no token is for an administrator."""

    class Broken:
        def get_token(self, *_: str, **__: object) -> object:
            raise ClientAuthenticationError("no identity: secret text")

    store = blob_store("https://account.blob.example", "upa", Broken(), retry_total=0)
    with pytest.raises(AccessDeniedError) as caught:
        store.get("k")
    store.close()

    assert "secret" not in str(caught.value)


def test_messages_hold_no_address() -> None:
    """A message names blob, status and code, not the account's address or its signature."""
    store, _ = scripted(failure(403, "AuthorizationFailure"))
    with pytest.raises(AccessDeniedError) as caught:
        store.get("runs/1")

    assert str(caught.value) == "blob runs/1: HTTP 403 AuthorizationFailure"


def test_request_errors_without_a_cause() -> None:
    """An SDK error of a kind that we don't know is unavailable."""
    store, _ = scripted(ServiceRequestError("x"))
    with pytest.raises(UnavailableError):
        store.delete("k")
