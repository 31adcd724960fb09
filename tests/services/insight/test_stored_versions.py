"""The versions of what is stored, by kind."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.crash.scenarios import settled
from upa_core.domain.documents.connector_keys import shard_list_key
from upa_core.domain.documents.runs import Counts, Hold, Run
from upa_core.domain.documents.storage_layout import Kind, intent_key
from upa_core.services.insight import stored_versions as module
from upa_core.services.insight.stored_versions import StoredVersions, stored_versions
from upa_core.state.document import state_of


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


def test_the_documents_of_the_open_the_held_and_the_last_run_are_among_them() -> None:
    """Each run once; another run's aren't."""
    world = settled(1)
    last = world.state.last_run
    run = Run("20261122T111500Z-open", world.now, (), (), Counts())
    hold = Hold(replace(run, id="20261122T111500Z-held"), world.now, "why")
    for name in (run.id, hold.run.id, "20261122T111500Z-else"):
        world.store.put(intent_key(name), b'{"x":1,"version": 4}')

    def intents() -> int:
        found = {one.kind: one for one in stored_versions(world.ports(), world.connector)}
        return found[Kind.INTENT].blobs

    alone = intents()
    state_of(world.store, "hr").update(lambda state: replace(state, run=run, hold=hold))
    both = intents()
    world.store.delete(intent_key(last))

    assert (alone, both, intents()) == (1, 3, 2)


def test_kinds_and_versions_stand_in_order_and_only_heads_are_read() -> None:
    """A version behind the first half kilobyte isn't seen; a number that isn't whole is none."""
    world = settled(1)
    for number, data in enumerate(
        (b'{"a":"' + b"x" * 600 + b'","version":1}', b'{"version":1234567890}', b'{"version": 2}')
    ):
        world.store.put(f"connectors/hr/notes{number}", data)
    kinds = [one.kind for one in stored_versions(world.ports(), world.connector)]
    (odd,) = [one for one in stored_versions(world.ports(), world.connector) if one.kind == "not ours"]

    assert kinds == sorted(kinds)
    assert odd.versions == {"": 2, "2": 1}
    assert list(odd.versions) == ["", "2"]
