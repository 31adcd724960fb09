"""Blobs in a dictionary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tests.fakes.clock import FakeClock
from tests.fakes.hooks import Hooks
from upa_core.adapters.storage.store_keys import check_key, check_prefix
from upa_core.domain.errors import ConflictError
from upa_core.ports.clock import Clock
from upa_core.ports.store import Blob, BlobInfo


@dataclass(frozen=True, slots=True)
class _Stored:
    data: bytes
    etag: str
    modified: datetime


class MemoryStore:
    """Implements `Store`; `hooks.before` and `hooks.after` are places to die at every call.

    Operations are called get, read_range, put, delete and list; the subject is the key or prefix.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.hooks = Hooks()
        self._clock = clock or FakeClock()
        self._blobs: dict[str, _Stored] = {}
        self._version = 0

    @property
    def blobs(self) -> dict[str, bytes]:
        """What is stored, for a test to look at."""
        return {key: stored.data for key, stored in sorted(self._blobs.items())}

    def copy(self) -> MemoryStore:
        """Return a store with the same content and without hooks: the state that a restart finds."""
        other = MemoryStore(self._clock)
        other._blobs, other._version = dict(self._blobs), self._version
        return other

    calls_at_once = 1

    def get(self, key: str) -> Blob | None:
        """Return the blob, or None where there is none."""
        with self.hooks.around("get", check_key(key)):
            stored = self._blobs.get(key)
            return None if stored is None else Blob(stored.data, stored.etag)

    def read_range(self, key: str, start: int, length: int) -> bytes | None:
        """Return at most `length` bytes from `start`."""
        with self.hooks.around("read_range", check_key(key)):
            stored = self._blobs.get(key)
            return None if stored is None else stored.data[start : start + length]

    def put(self, key: str, data: bytes, *, if_match: str | None = None, if_absent: bool = False) -> str:
        """Write the whole blob and return its new etag."""
        with self.hooks.around("put", check_key(key)):
            current = self._blobs.get(key)
            if (if_absent and current is not None) or (
                if_match is not None and (current is None or current.etag != if_match)
            ):
                raise ConflictError(f"{key} was written by somebody else")
            self._version += 1
            etag = f"v{self._version}"
            self._blobs[key] = _Stored(bytes(data), etag, self._clock.now())
        return etag

    def delete(self, key: str) -> None:
        """Delete the blob."""
        with self.hooks.around("delete", check_key(key)):
            self._blobs.pop(key, None)

    def list(self, prefix: str) -> Iterator[BlobInfo]:
        """Yield what is stored under the key prefix, ordered by key."""
        with self.hooks.around("list", check_prefix(prefix)):
            found = [
                BlobInfo(key, len(stored.data), stored.modified)
                for key, stored in sorted(self._blobs.items())
                if key.startswith(prefix)
            ]
        yield from found
