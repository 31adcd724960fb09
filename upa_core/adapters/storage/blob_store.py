"""The store on an Azure Blob Storage container, or locally on Azurite."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from upa_core.adapters.storage.blob_errors import error_of, translated
from upa_core.adapters.storage.bounded_transport import TIMEOUTS, bounded_transport, within
from upa_core.adapters.storage.store_keys import check_key, check_prefix
from upa_core.domain.errors import (
    AccessDeniedError,
    ConfigError,
    ConflictError,
    CorruptStateError,
    RetryLaterError,
)
from upa_core.ports.store import Blob, BlobInfo

if TYPE_CHECKING:
    from azure.storage.blob import BlobClient, ContainerClient

T = TypeVar("T")

_MODEST: dict[str, Any] = {
    "retry_total": 3,
    "initial_backoff": 1,
    "increment_base": 2,
    "permit_redirects": False,
}
"""The SDK's own retry, kept short: the pipeline's is the next tick. Storage never redirects."""
MAX_BLOB = 512 * 1024 * 1024
"""Bytes of a blob that is read as a whole: several times the largest import file."""
_WRITE = "upawrite"
"""Metadata that marks our own write: we recognise a write by it when its answer was lost."""


class BlobStore:
    """Implements the port `Store` on one container."""

    def __init__(self, container: ContainerClient, *, create: bool = True) -> None:
        """Use the container; with `create` the first write makes it where it is missing."""
        self._container = container
        self._create = create

    @property
    def calls_at_once(self) -> int:
        """Return the number of calls that each keep a connection."""
        return 16

    def get(self, key: str) -> Blob | None:
        """Return the blob, or None where there is none."""
        blob = self._blob(key)

        def download() -> Blob:
            stream = blob.download_blob()
            if stream.size > MAX_BLOB:
                raise CorruptStateError(f"{key} holds {stream.size} bytes, more than anything that is stored here")
            return Blob(b"".join(within(stream.chunks())), str(stream.properties.etag))

        with translated(key):
            return _or_none(lambda: _again_when_replaced(download))

    def read_range(self, key: str, start: int, length: int) -> bytes | None:
        """Return at most `length` bytes from `start`."""
        from azure.core.exceptions import HttpResponseError  # vendor imports are lazy

        blob = self._blob(key)

        def download() -> bytes:
            if length <= 0:
                blob.get_blob_properties()
                return b""
            try:
                return b"".join(within(blob.download_blob(offset=start, length=length).chunks()))
            except HttpResponseError as error:
                if error.status_code == 416:  # past the end
                    return b""
                raise

        with translated(key):
            return _or_none(lambda: _again_when_replaced(download))

    def put(self, key: str, data: bytes, *, if_match: str | None = None, if_absent: bool = False) -> str:
        """Write the whole blob and return its new etag.

        If the answer of a write is lost, the blob's mark shows whether it was ours: a repeated write never conflicts
        with itself.
        """
        blob, mark = self._blob(key), uuid.uuid4().hex
        with translated(key):
            try:
                return self._upload(blob, data, mark, if_match, if_absent)
            except (ConflictError, RetryLaterError):
                if (etag := self._written(blob, mark)) is not None:
                    return etag
                raise

    def delete(self, key: str) -> None:
        """Delete the blob; a missing blob is no error."""
        blob = self._blob(key)
        with translated(key):
            _or_none(blob.delete_blob)

    def list(self, prefix: str) -> Iterator[BlobInfo]:
        """Yield what is stored under the key prefix, ordered by key (the service's own order)."""
        from azure.core.exceptions import ResourceNotFoundError  # vendor imports are lazy

        check_prefix(prefix)
        with translated(prefix):
            try:
                for item in self._container.list_blobs(name_starts_with=prefix or None):
                    yield BlobInfo(item.name, item.size, item.last_modified)
            except ResourceNotFoundError:
                return

    def close(self) -> None:
        """Close the connections."""
        self._container.close()

    def _blob(self, key: str) -> BlobClient:
        return self._container.get_blob_client(check_key(key))

    def _upload(self, blob: BlobClient, data: bytes, mark: str, if_match: str | None, if_absent: bool) -> str:
        from azure.core import MatchConditions  # vendor imports are lazy
        from azure.core.exceptions import AzureError, ResourceNotFoundError

        options: dict[str, Any] = {"overwrite": not if_absent, "metadata": {_WRITE: mark}}
        if if_match is not None:
            options |= {"etag": if_match, "match_condition": MatchConditions.IfNotModified}
        try:
            try:
                return str(blob.upload_blob(data, **options)["etag"])
            except ResourceNotFoundError:
                if if_match is not None:
                    raise ConflictError(f"{blob.blob_name} isn't there any more") from None
                self._make_container()
                return str(blob.upload_blob(data, **options)["etag"])
        except AzureError as error:
            raise error_of(blob.blob_name, error) from None

    def _written(self, blob: BlobClient, mark: str) -> str | None:
        """Return the etag of our own write, None where another's or nothing is stored."""
        from azure.core.exceptions import AzureError  # vendor imports are lazy

        try:
            properties = blob.get_blob_properties()
        except AzureError:
            return None
        return str(properties.etag) if (properties.metadata or {}).get(_WRITE) == mark else None

    def _make_container(self) -> None:
        from azure.core.exceptions import ResourceExistsError  # vendor imports are lazy

        name = self._container.container_name
        if not self._create:
            raise AccessDeniedError(f"the container {name} doesn't exist, and creating it isn't allowed here")
        try:
            self._container.create_container()
        except ResourceExistsError:
            return


def blob_store(account_url: str, container: str, credential: Any, *, create: bool = True, **options: Any) -> BlobStore:
    """Return the store of a storage account; the credential is azure-identity's."""
    from azure.storage.blob import ContainerClient  # vendor imports are lazy

    _quieten()
    return BlobStore(ContainerClient(account_url, container, credential, **_with(options)), create=create)


def blob_store_from_connection_string(
    connection: str, container: str, *, create: bool = True, **options: Any
) -> BlobStore:
    """Return the store behind a connection string: Azurite, or a local experiment."""
    from azure.storage.blob import ContainerClient

    _quieten()
    try:
        client = ContainerClient.from_connection_string(connection, container, **_with(options))
    except (ValueError, KeyError):  # their texts quote the connection string
        raise ConfigError("AzureWebJobsStorage isn't a connection string: copy it whole from the account") from None
    return BlobStore(client, create=create)


def _with(options: dict[str, Any]) -> dict[str, Any]:
    """Return the SDK's options: our own, unless others are asked for."""
    return _MODEST | {"transport": options.get("transport") or bounded_transport(**TIMEOUTS)} | options


def _quieten() -> None:
    """Keep the SDK from logging each request with its address."""
    logging.getLogger("azure.core.pipeline.policies.http_logging_policy").setLevel(logging.WARNING)


def _or_none(call: Callable[[], T]) -> T | None:
    """Return what the call returns, None for a blob (or container) that isn't there."""
    from azure.core.exceptions import ResourceNotFoundError  # vendor imports are lazy

    try:
        return call()
    except ResourceNotFoundError:
        return None


def _again_when_replaced(call: Callable[[], T], attempts: int = 3) -> T:
    """Read again if the blob was replaced between the parts of a large download."""
    from azure.core.exceptions import ResourceModifiedError  # vendor imports are lazy

    for _ in range(attempts - 1):
        with suppress(ResourceModifiedError):
            return call()
    return call()
