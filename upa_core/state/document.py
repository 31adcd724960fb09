"""Stored documents over the byte-level store: load, save under a condition, read-modify-write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson

from upa_core.domain.calls import LastCalls
from upa_core.domain.connector import Connector
from upa_core.domain.documents.census import Censuses
from upa_core.domain.documents.checksum import sealed, unsealed
from upa_core.domain.documents.codec import from_json, to_json
from upa_core.domain.documents.connector_keys import calls_key, freshness_key, shard_list_key
from upa_core.domain.documents.connector_state import ConnectorState, ShardList
from upa_core.domain.documents.lane import Lane
from upa_core.domain.documents.storage_layout import censuses_key, lane_key, state_key, watcher_key
from upa_core.domain.documents.watcher import Watcher
from upa_core.domain.errors import ConflictError, CorruptStateError
from upa_core.domain.freshness.record import Freshness
from upa_core.ports.store import Store

T = TypeVar("T")
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Stored(Generic[T]):
    """A document as it was read; `etag` is None where nothing is stored."""

    value: T
    etag: str | None


def encode(data: Any) -> bytes:
    """Encode JSON values as UTF-8."""
    return orjson.dumps(data)


def decode(data: bytes, *, where: str) -> Any:
    """Decode JSON values and check their checksum, if there is one; raises `CorruptStateError` naming `where`."""
    document = unsealed(data)
    if document is None:
        raise CorruptStateError(f"{where} is damaged: its checksum doesn't fit")
    try:
        return orjson.loads(document)
    except orjson.JSONDecodeError as exc:
        raise CorruptStateError(f"{where} isn't JSON: {exc}") from exc


def put_document(store: Store, key: str, document: Any, *, etag: str | None = None, if_absent: bool = False) -> str:
    """Store a document, under a condition if one is given; returns the new etag."""
    return store.put(key, sealed(encode(to_json(document))), if_match=etag, if_absent=if_absent)


def get_document(store: Store, key: str, kind: type[T]) -> Stored[T] | None:
    """Read a document of `kind`, None where there is none."""
    blob = store.get(key)
    if blob is None:
        return None
    return Stored(from_json(kind, decode(blob.data, where=key), where=key), blob.etag)


class Document(Generic[T]):
    """One document that several processes change; each changes only the version that it read."""

    def __init__(self, store: Store, key: str, empty: T, *, disposable: bool = False) -> None:
        """Take the document of a key; a `disposable` document counts as empty where it can't be read."""
        self._store = store
        self._key = key
        self._empty = empty
        self._disposable = disposable

    def load(self) -> Stored[T]:
        """Read it; the empty document where nothing is stored. Raises `CorruptStateError`."""
        blob = self._store.get(self._key)
        if blob is None:
            return Stored(self._empty, None)
        try:
            return Stored(from_json(type(self._empty), decode(blob.data, where=self._key), where=self._key), blob.etag)
        except CorruptStateError:
            if not self._disposable:
                raise
            return Stored(self._empty, blob.etag)

    def save(self, read: Stored[T], changed: T) -> Stored[T]:
        """Write a changed version over the one that was read; raises `ConflictError` where somebody else wrote."""
        etag = put_document(self._store, self._key, changed, etag=read.etag, if_absent=read.etag is None)
        return Stored(changed, etag)

    def update(self, change: Callable[[T], T], read: Stored[T] | None = None) -> Stored[T]:
        """Apply `change` to the newest version, and again after each lost race; `change` may raise to give up.

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


def censuses_of(store: Store, connector: str) -> Document[Censuses]:
    """Return the censuses of a connector: how many people its full rounds named."""
    return Document(store, censuses_key(connector), Censuses(), disposable=True)


def calls_of(store: Store, connector: str) -> Document[LastCalls]:
    """Return the last calls of a connector."""
    return Document(store, calls_key(connector), LastCalls(), disposable=True)


def freshness_of(store: Store, connector: str) -> Document[Freshness]:
    """Return how old a connector's changes were when SharePoint accepted them."""
    return Document(store, freshness_key(connector), Freshness(), disposable=True)


def shard_list_of(store: Store, connector: str) -> Document[ShardList]:
    """Return the list of a connector's people shards."""
    return Document(store, shard_list_key(connector), ShardList(), disposable=True)


def lane_of(store: Store, connector: Connector) -> Document[Lane]:
    """Return the lane of a connector's target tenant."""
    return Document(store, lane_key(connector.target.lane), Lane())


def watcher_of(store: Store, connector: Connector) -> Document[Watcher]:
    """Return the watcher's note about the file in the lane of a connector's target tenant."""
    return Document(store, watcher_key(connector.target.lane), Watcher(), disposable=True)
