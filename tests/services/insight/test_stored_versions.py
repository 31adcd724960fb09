"""The versions of what is stored, by kind."""

from __future__ import annotations

import pytest

from tests.crash.scenarios import settled
from upa_core.domain.documents.connector_keys import shard_list_key
from upa_core.domain.documents.storage_layout import Kind
from upa_core.services.insight import stored_versions as module
from upa_core.services.insight.stored_versions import StoredVersions, stored_versions


def test_each_kind_tells_how_many_blobs_bear_which_version() -> None:
    """Documents by their number, segments by their head line; what bears none says so."""
    world = settled(9)
    world.edit(world.people[0], department="B")
    world.pull()
    world.step()
    shards = sum(1 for key in world.store.blobs if "/people/" in key)
    found = {one.kind: one for one in stored_versions(world.ports(), world.connector)}

    assert found[Kind.STATE] == StoredVersions("state", 1, {"1": 1})
    assert found[Kind.PEOPLE_SHARD] == StoredVersions("people shard", shards, {"2": shards})
    assert found[Kind.SEGMENT].versions == {"UPA1": 1}
    assert found[Kind.ESCROW_INDEX].versions == {"1": 1}
    assert found[Kind.CONNECTOR_FILE].versions == {"": 1}
    assert {Kind.LANE, Kind.INTENT, Kind.REPORT, Kind.SHARD_LIST} <= found.keys()


def test_a_version_of_another_release_is_told_as_it_stands() -> None:
    """Also one that this release can't read, and what isn't ours."""
    world = settled(2)
    world.store.put(shard_list_key("hr"), b'{"folder":"x","version":7}')
    world.store.put("connectors/hr/notes", b"{")
    found = {one.kind: one.versions for one in stored_versions(world.ports(), world.connector)}

    assert (found[Kind.SHARD_LIST], found["not ours"]) == ({"7": 1}, {"": 1})


def test_of_many_blobs_only_some_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are counted."""
    world = settled(9)
    monkeypatch.setattr(module, "MOST", 1)
    shards = next(one for one in stored_versions(world.ports(), world.connector) if one.kind == Kind.PEOPLE_SHARD)

    assert shards.blobs > 1
    assert (sum(shards.versions.values()), shards.unread) == (1, shards.blobs - 1)
