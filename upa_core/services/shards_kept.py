"""The shards that a small plan read, kept with the run: settling writes over them without reading them again.

They are a shortcut, never truth: each is stored with its etag, and a shard that somebody changed since is read anew.
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from upa_core.domain.names import run_folder
from upa_core.domain.state import PeopleIndex
from upa_core.ports.store import Store
from upa_core.services.people import Kept

MOST_BYTES = 32 * 1024 * 1024
"""Settling a run that touched more reads its shards."""


def shards_key(run: str) -> str:
    """Return where the shards of a run's plan lie."""
    return f"{run_folder(run)}shards"


def keep_shards(store: Store, run: str, index: PeopleIndex, kept: Mapping[int, Kept]) -> None:
    """Store what a plan read; nothing where it is too much."""
    if kept and sum(len(one.data) for one in kept.values()) <= MOST_BYTES:
        shards = {str(number): [one.etag, orjson.Fragment(one.data or b"null")] for number, one in kept.items()}
        store.put(shards_key(run), orjson.dumps({"folder": index.folder, "shards": shards}))


def kept_shards(store: Store, run: str, index: PeopleIndex) -> dict[int, Kept]:
    """Return what was kept, if it is about these people; an unreadable shortcut is none."""
    blob = store.get(shards_key(run))
    try:
        document = orjson.loads(blob.data) if blob is not None else {}
        if document.get("folder") != index.folder:
            return {}
        return {int(n): Kept(etag, orjson.dumps(data)) for n, (etag, data) in document["shards"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
