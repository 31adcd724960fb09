"""A store whose writes stay in memory, over a store that is only read: a preview works on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from heapq import merge

from upa_core.domain.errors import ConflictError
from upa_core.domain.health.events import Event
from upa_core.ports.clock import Clock
from upa_core.ports.store import Blob, BlobInfo, Store


class OverlayStore:
    """Implements `Store`: reads from the store below, and keeps every write and deletion in memory."""

    def __init__(self, below: Store, clock: Clock) -> None:
        self._below = below
        self._clock = clock
        self._written: dict[str, tuple[bytes, str, datetime] | None] = {}
        self._version = 0

    @property
    def calls_at_once(self) -> int:
        """Return the number of the store below."""
        return self._below.calls_at_once

    def get(self, key: str) -> Blob | None:
        """Return the blob, with the writes in memory."""
        if key not in self._written:
            return self._below.get(key)
        kept = self._written[key]
        return None if kept is None else Blob(kept[0], kept[1])

    def read_range(self, key: str, start: int, length: int) -> bytes | None:
        """Return a part of the blob, with the writes in memory."""
        if key not in self._written:
            return self._below.read_range(key, start, length)
        kept = self._written[key]
        return None if kept is None else kept[0][start : start + length]

    def put(self, key: str, data: bytes, *, if_match: str | None = None, if_absent: bool = False) -> str:
        """Keep the write in memory, under the same conditions."""
        if if_match is not None or if_absent:
            current = self.get(key)
            if (if_absent and current is not None) or (
                if_match is not None and (current is None or current.etag != if_match)
            ):
                raise ConflictError(f"{key} was written by somebody else")
        self._version += 1
        etag = f"preview-{self._version}"
        self._written[key] = (data, etag, self._clock.now())
        return etag

    def delete(self, key: str) -> None:
        """Keep the deletion in memory."""
        self._written[key] = None

    def list(self, prefix: str) -> Iterator[BlobInfo]:
        """Yield the stored blobs with the writes in memory, ordered by key."""
        below = (info for info in self._below.list(prefix) if info.key not in self._written)
        own = sorted((key, kept) for key, kept in self._written.items() if kept is not None and key.startswith(prefix))
        yield from merge(below, (BlobInfo(k, len(v[0]), v[2]) for k, v in own), key=lambda info: info.key)


class Silence:
    """Implements `Events` and `Waker` by doing nothing."""

    def emit(self, event: Event) -> None:
        """Do nothing."""

    def continue_pull(self, connector: str, run: str) -> None:
        """Do nothing."""

    def export(self, connector: str, run: str) -> None:
        """Do nothing."""

    def watch(self, connector: str, file: str) -> None:
        """Do nothing."""
