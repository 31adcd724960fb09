"""Shards that a plan keeps for settling: a shortcut, never truth."""

from __future__ import annotations

import orjson
import pytest

from tests.fakes import MemoryStore
from upa_core.domain.documents.connector_state import PeopleIndex
from upa_core.domain.plan.run_people import shards_key
from upa_core.ports.store import Blob
from upa_core.state.run_shards import keep_shards, kept_shards

RUN = "20261122T101500Z-7f3k"
INDEX = PeopleIndex(1, 4)
KEPT = {0: Blob(b"first\n", "etag 0"), 2: None, 3: Blob(b"last", "etag 3")}


def test_kept_shards_come_back_with_their_etags() -> None:
    """One that doesn't exist is known not to."""
    store = MemoryStore()
    keep_shards(store, RUN, INDEX, KEPT)

    assert kept_shards(store, RUN, INDEX) == KEPT


@pytest.mark.parametrize("damage", ["moved", "changed", "cut short", "longer", "not JSON", "lost"])
def test_what_isnt_surely_these_shards_is_read_again(damage: str) -> None:
    """People of another generation, or a blob that isn't as it was written."""
    store = MemoryStore()
    keep_shards(store, RUN, INDEX, KEPT)
    key = shards_key(RUN)
    data = store.blobs[key]
    if damage == "lost":
        store.delete(key)
    else:
        changes = {"changed": data.replace(b"last", b"lost"), "cut short": data[:-1], "longer": data + b"x"}
        store.put(key, changes.get(damage, b"{" if damage == "not JSON" else data))
    index = PeopleIndex(2, 4) if damage == "moved" else INDEX

    assert kept_shards(store, RUN, index) == {}


@pytest.mark.parametrize("cut", [0, 1])
def test_shards_that_an_earlier_release_kept_are_measured(cut: int) -> None:
    """It wrote no checksum: as long as it says they are used, shorter ones aren't."""
    store = MemoryStore()
    keep_shards(store, RUN, INDEX, KEPT)
    key = shards_key(RUN)
    head, _, data = store.blobs[key].partition(b"\n")
    document = orjson.loads(head)
    del document["crc32"]
    store.put(key, b"\n".join((orjson.dumps(document), data[: len(data) - cut])))

    assert kept_shards(store, RUN, INDEX) == ({} if cut else KEPT)
