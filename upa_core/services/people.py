"""People shards and the index of due escrow, over the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from upa_core.domain.connector import Connector
from upa_core.domain.names import due_key, shard_key
from upa_core.domain.people import Shard, decode_shard, encode_shard
from upa_core.domain.state import PeopleIndex
from upa_core.ports.store import Store
from upa_core.services.documents import Document, Stored, decode, encode


@dataclass(frozen=True, slots=True)
class DueIndex:
    """Earliest due moment of escrow by shard number; only haste, rebuilt from the shards at each full round."""

    version: int = 1
    generation: int = 0
    shards: dict[str, datetime] = field(default_factory=dict)


class People:
    """The shards of one connector in one generation."""

    def __init__(self, store: Store, connector: Connector, index: PeopleIndex) -> None:
        self._store = store
        self._name = connector.name
        self._targets = connector.targets
        self.index = index

    def load(self, shard: int) -> Stored[Shard]:
        """Read a shard; an empty one where nothing is stored."""
        key = shard_key(self._name, self.index.generation, shard)
        blob = self._store.get(key)
        if blob is None:
            return Stored(Shard(self._targets), None)
        return Stored(decode_shard(decode(blob.data, where=key), self._targets, where=key), blob.etag)

    def save(self, shard: int, read: Stored[Shard]) -> None:
        """Write a changed shard over what was read; raises `ConflictError` where somebody wrote in between."""
        key = shard_key(self._name, self.index.generation, shard)
        data = encode(encode_shard(read.value))
        self._store.put(key, data, if_match=read.etag, if_absent=read.etag is None)

    def due(self) -> Document[DueIndex]:
        """Return the index of due escrow."""
        return Document(self._store, due_key(self._name), DueIndex(generation=self.index.generation))

    def note_due(self, changed: Mapping[int, datetime | None]) -> None:
        """Bring the index up to date for the shards that changed."""

        def change(index: DueIndex) -> DueIndex:
            shards = dict(index.shards) if index.generation == self.index.generation else {}
            for shard, due in changed.items():
                if due is None:
                    shards.pop(str(shard), None)
                else:
                    shards[str(shard)] = due
            return DueIndex(generation=self.index.generation, shards=shards)

        if changed:
            self.due().update(change)

    def due_shards(self, now: datetime) -> list[int]:
        """Return the shards where somebody in escrow is due."""
        index = self.due().load().value
        if index.generation != self.index.generation:
            return []
        return sorted(int(shard) for shard, due in index.shards.items() if due <= now)
