"""The blob store beyond its contract: lost answers, a missing container, refusals, a service in trouble."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.core.pipeline.transport import RequestsTransport

from tests.fakes import ScriptedTransport, reply
from upa_core.adapters.storage import blob_store as blob_store_module
from upa_core.adapters.storage.blob_store import BlobStore, blob_store
from upa_core.domain.errors import (
    AccessDeniedError,
    ConflictError,
    CorruptStateError,
    RefusedError,
    RetryLaterError,
    ThrottledError,
    UnavailableError,
)


def scripted(*replies: Any) -> tuple[BlobStore, ScriptedTransport]:
    """Return a store whose service gives written-down answers, without retries."""
    net = ScriptedTransport(*replies)
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


def test_a_blob_that_cant_be_ours_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """More bytes than anything that is stored here is an error that names the blob and its size."""
    monkeypatch.setattr(blob_store_module, "MAX_BLOB", 9)
    head = {"Content-Range": "bytes 0-9/10", "Content-Length": "10", "ETag": '"v1"', "x-ms-blob-type": "BlockBlob"}
    store, _ = scripted(reply(206, body=b"0123456789", headers=head))
    with pytest.raises(CorruptStateError, match="runs/1 holds 10 bytes"):
        store.get("runs/1")


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
        def get_token(self, *_: str, **__: Any) -> object:
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


def test_requests_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The SDK would log every call with its address, a line for each of a million blobs."""
    caplog.set_level(logging.INFO)
    store, _ = scripted(failure(404, "BlobNotFound"))
    store.get("runs/1")

    assert caplog.records == []


def test_request_errors_without_a_cause() -> None:
    """An SDK error of a kind that we don't know is unavailable."""
    store, _ = scripted(ServiceRequestError("x"))
    with pytest.raises(UnavailableError):
        store.delete("k")
