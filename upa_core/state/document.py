"""Stored documents over the byte-level store: load, save under a condition, read-modify-write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson

from upa_core.domain.connector import Connector
from upa_core.domain.documents.codec import from_json, to_json
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.lane import Lane
from upa_core.domain.documents.storage_layout import lane_key, state_key, watcher_key
from upa_core.domain.documents.watcher import Watcher
from upa_core.domain.errors import ConflictError, CorruptStateError
from upa_core.ports.store import Store

T = TypeVar("T")
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Stored(Generic[T]):
    """A document as it was read; `etag` is None where nothing is stored yet."""

    value: T
    etag: str | None


def encode(data: Any) -> bytes:
    """Write JSON values as UTF-8."""
    return orjson.dumps(data)


def decode(data: bytes, *, where: str) -> Any:
    """Read JSON values; raises `CorruptStateError` naming `where`."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as exc:
        raise CorruptStateError(f"{where} isn't JSON: {exc}") from exc


def put_document(store: Store, key: str, document: Any, *, etag: str | None = None, if_absent: bool = False) -> str:
    """Store a document, under a condition if one is given; returns the new etag."""
    return store.put(key, encode(to_json(document)), if_match=etag, if_absent=if_absent)


def get_document(store: Store, key: str, kind: type[T]) -> Stored[T] | None:
    """Read a document of `kind`, None where there is none."""
    blob = store.get(key)
    if blob is None:
        return None
    return Stored(from_json(kind, decode(blob.data, where=key), where=key), blob.etag)


class Document(Generic[T]):
    """One document that several processes change, each only what it read."""

    def __init__(self, store: Store, key: str, empty: T) -> None:
        self._store = store
        self._key = key
        self._empty = empty

    def load(self) -> Stored[T]:
        """Read it; the empty document where nothing is stored."""
        return get_document(self._store, self._key, type(self._empty)) or Stored(self._empty, None)

    def save(self, read: Stored[T], changed: T) -> Stored[T]:
        """Write what was changed over what was read; raises `ConflictError` where somebody wrote in between."""
        etag = put_document(self._store, self._key, changed, etag=read.etag, if_absent=read.etag is None)
        return Stored(changed, etag)

    def update(self, change: Callable[[T], T], read: Stored[T] | None = None) -> Stored[T]:
        """Apply `change` to the newest version, again after each lost race; `change` may raise to give up.

        Nothing is written where `change` returns an equal document. With `read`, that version is tried first.
        """
        for _ in range(_TRIES):
            current = read or self.load()
            changed = change(current.value)
            if changed == current.value:
                return current
            try:
                return self.save(current, changed)
            except ConflictError:
                read = None
        raise ConflictError(f"{self._key} is being written by too many at once")


def state_of(store: Store, connector: str) -> Document[ConnectorState]:
    """Return a connector's state document."""
    return Document(store, state_key(connector), ConnectorState())


def lane_of(store: Store, connector: Connector) -> Document[Lane]:
    """Return the lane of a connector's target tenant."""
    return Document(store, lane_key(connector.target.lane), Lane())


def watcher_of(store: Store, connector: Connector) -> Document[Watcher]:
    """Return the last look at the import file in the lane of a connector's target tenant."""
    return Document(store, watcher_key(connector.target.lane), Watcher())
