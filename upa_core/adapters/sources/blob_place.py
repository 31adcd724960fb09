"""A container of Azure Blob Storage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from upa_core.adapters.sources.place import FileInfo
from upa_core.adapters.storage.blob_errors import translated
from upa_core.adapters.storage.bounded_transport import TIMEOUTS, bounded_transport, within
from upa_core.domain.errors import ConflictError, RefusedError, UnavailableError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.storage.blob import ContainerClient

FILE_SECONDS = 1800.0
"""Seconds for all answers to the read of one file, which may have hundreds of megabytes."""


class BlobPlace:
    """Implements `Place`: the last part of the blob's name may hold `*` and `?`."""

    def __init__(self, container: ContainerClient, pattern: str) -> None:
        """Take the container and the name within it, e.g. drop/people-*.csv."""
        self._container = container
        self._folder = pattern.rpartition("/")[0]
        self._pattern = pattern
        self._fixed = pattern.partition("*")[0].partition("?")[0]

    def files(self) -> Sequence[FileInfo]:
        """Return the blobs whose name fits."""
        with translated(self._pattern):
            listed = list(self._container.list_blobs(name_starts_with=self._fixed))
        depth = self._pattern.count("/")
        return [
            FileInfo(blob.name, blob.size, blob.last_modified, str(blob.etag))
            for blob in listed
            if blob.name.count("/") == depth and fnmatchcase(blob.name, self._pattern)
        ]

    def read(self, file: FileInfo) -> Iterator[bytes]:
        """Yield the bytes of exactly that version."""
        from azure.core import MatchConditions  # vendor imports are lazy

        try:
            with translated(file.name):
                stream = self._container.get_blob_client(file.name).download_blob(
                    etag=file.tag, match_condition=MatchConditions.IfNotModified
                )
                yield from within(stream.chunks(), FILE_SECONDS)
        except ConflictError as exc:
            raise UnavailableError(f"{file.name} was replaced while it was read") from exc
        except RefusedError as exc:
            if exc.code in ("ConditionNotMet", "BlobNotFound"):
                raise UnavailableError(f"{file.name} was replaced while it was read") from exc
            raise


def blob_place(address: str, credential: TokenCredential) -> BlobPlace:
    """Return the place of an address such as https://contosohr.blob.core.windows.net/drop/people-*.csv."""
    from azure.storage.blob import ContainerClient  # vendor imports are lazy

    scheme, _, rest = address.partition("://")
    host, container, pattern = rest.split("/", 2)
    # storage never redirects: whoever does would have us ask a host that nobody named
    options = {"transport": bounded_transport(**TIMEOUTS), "permit_redirects": False}
    client = ContainerClient(f"{scheme}://{host}", container, credential, **options)
    return BlobPlace(client, pattern)
