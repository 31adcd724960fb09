"""The index of escrow against shards that aren't what it was told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.crash.scenarios import settled
from upa_core.domain.documents.storage_layout import due_key, shard_key
from upa_core.domain.people.shadow import shard_of
from upa_core.services.admin.controls import reset
from upa_core.services.admin.requests import request_people
from upa_core.state import people as module
from upa_core.state.people import People


def test_a_shard_that_went_back_is_planned_once_and_noted_as_it_is() -> None:
    """Restored by an administrator, it has fewer writes than the index noted: no export without end."""
    world = settled(9)
    late = world.join(profile=False, department="late")
    index = world.state.people
    key = shard_key("hr", index.folder, shard_of(late, index.shards))
    before = world.store.get(key)
    assert before is not None
    world.sync(hours=1)
    assert late in world.escrow()
    world.store.put(key, before.data)
    world.sim.advance(3 * 3600)
    kinds = [world.step().kind for _ in range(4)]

    assert kinds[-1] == "idle"


@pytest.mark.parametrize("by", ["request", "reset escrow"])
def test_who_is_asked_for_while_their_file_is_in_flight_is_read_again_afterwards(by: str) -> None:
    """The file's values are older than the request, so that settling it doesn't answer it."""
    world = settled(9)
    person = world.people[0]
    world.edit(person, department="B")
    world.pull()
    world.far()
    request_people(world.ports(), world.connector, [person])
    if by == "reset escrow":
        reset(world.ports(), world.connector, "escrow", "anna")
    world.end_run()

    assert person in world.escrow()
    world.settle_down()
    assert world.escrow() == {}


def test_an_id_that_a_source_writes_in_another_case_is_the_same_person() -> None:
    """Who was asked for is answered, whatever the answer calls them."""
    world = settled(2)
    person = world.people[0]
    ports = world.ports()

    class Loud:
        def __getattr__(self, name: str) -> Any:
            return getattr(ports.source, name)

        def read(self, ids: list[str], select: Any) -> Any:
            return {
                one: row and {**row, "id": row["id"].upper()} for one, row in ports.source.read(ids, select).items()
            }

    request_people(world.ports(), world.connector, [person])
    kinds = [world.step(replace(ports, source=Loud())).kind for _ in range(3)]

    assert (kinds[-1], world.escrow()) == ("idle", {})


def test_two_who_make_a_lost_index_anew_both_read_it() -> None:
    """The one that is overtaken takes what the other made; nobody who only looks sees a conflict."""
    world = settled(3)
    late = world.join(profile=False, department="late")
    world.sync(hours=1)
    assert late in world.escrow()
    world.store.delete(due_key("hr"))

    class Overtaken:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.store, name)

        def put(self, *args: Any, **options: Any) -> str:
            _people(world.store).books()
            return world.store.put(*args, **options)

    def _people(store: Any) -> People:
        return People(store, world.connector, world.state.people)

    assert len(_people(Overtaken()).books()) == 1


def test_shards_are_kept_up_to_a_bound_and_then_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who settles reads them again: memory stays flat."""
    world = settled(9)
    people = People(world.store, world.connector, world.state.people)
    people.kept = {}
    people.load(0)
    assert list(people.kept) == [0]
    kept = people.kept[0]
    assert kept is not None
    monkeypatch.setattr(module, "MAX_KEPT", len(kept.data) - 1)
    people.load(0)

    assert people.kept is None
