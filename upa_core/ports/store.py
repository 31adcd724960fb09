"""Byte-level storage with conditional writes: the pipeline's only memory and protection against concurrency."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Blob:
    """A stored blob as it was read."""

    data: bytes
    etag: str
    """Opaque; changes with every write of the key."""


@dataclass(frozen=True, slots=True)
class BlobInfo:
    """One entry of a listing."""

    key: str
    size: int
    """Bytes."""
    modified: datetime
    """Aware, UTC; by the store's own clock."""


class Store(Protocol):
    """Blobs by key; a write is atomic, and durable when it returns.

    Keys are relative paths of `[A-Za-z0-9._-]` segments joined by `/`. Every method raises `RetryLaterError` where the
    storage can't be reached, `AccessDeniedError` where it refuses us, and `ValueError` for a key of another form (so
    that no key leaves the container or folder).
    """

    @property
    def calls_at_once(self) -> int:
        """The number of calls worth a thread each: 1 where a call waits for no other machine."""

    def get(self, key: str) -> Blob | None:
        """Return the blob, or None where there is none."""

    def read_range(self, key: str, start: int, length: int) -> bytes | None:
        """Return at most `length` bytes from `start` (fewer at the end, b"" past it), None where there is no blob."""

    def put(self, key: str, data: bytes, *, if_match: str | None = None, if_absent: bool = False) -> str:
        """Write the whole blob and return its new etag.

        With `if_match`, only over exactly that version; with `if_absent`, only where nothing is stored.
        Raises `ConflictError` where the condition doesn't hold; then nothing was written.
        """

    def delete(self, key: str) -> None:
        """Delete the blob; deleting a blob that doesn't exist is no error."""

    def list(self, prefix: str) -> Iterator[BlobInfo]:
        """Yield what is stored under the key prefix, ordered by key."""
