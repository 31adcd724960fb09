"""The shards that a small plan read, kept with the run: settling writes over them without reading them again.

They are a shortcut, never truth: each is stored with its etag, and a shard that somebody changed since is read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

import orjson

from upa_core.domain.documents.connector_state import PeopleIndex
from upa_core.domain.plan.run_people import shards_key
from upa_core.ports.store import Blob, Store


def keep_shards(store: Store, run: str, index: PeopleIndex, kept: Mapping[int, Blob | None]) -> None:
    """Store the shards that a plan read: a line with the position of each, and then the shards."""
    if kept:
        sizes = {str(n): [None, 0] if one is None else [one.etag, len(one.data)] for n, one in kept.items()}
        data = b"".join(one.data for one in kept.values() if one is not None)
        head = orjson.dumps({"folder": index.folder, "shards": sizes, "crc32": crc32(data)})
        store.put(shards_key(run), b"\n".join((head, data)))


def kept_shards(store: Store, run: str, index: PeopleIndex) -> dict[int, Blob | None]:
    """Return the kept shards, if they belong to these people; a damaged or unreadable blob gives none."""
    blob = store.get(shards_key(run))
    kept: dict[int, Blob | None] = {}
    try:
        head, _, data = blob.data.partition(b"\n") if blob is not None else (b"{}", b"", b"")
        document, at = orjson.loads(head), 0
        if document.get("folder") != index.folder or document.get("crc32", crc32(data)) != crc32(data):
            return {}
        for number, (etag, size) in document["shards"].items():
            kept[int(number)] = Blob(data[at : at + size], etag) if etag is not None else None
            at += size
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
    return kept if at == len(data) else {}
