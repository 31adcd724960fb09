"""Moving people to more shards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.crash.scenarios import quick, settled
from tests.fakes import MemoryStore
from tests.fakes.hooks import Call, nothing
from tests.support.world import World, with_limits
from upa_core.domain.documents.connector_state import PeopleIndex
from upa_core.domain.documents.runs import Counts, Run
from upa_core.domain.documents.storage_layout import due_key, shard_key
from upa_core.domain.errors import ConflictError
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.shadow import shard_of
from upa_core.state.document import get_document, state_of
from upa_core.state.people import EscrowIndex, People
from upa_core.state.reshard import fit_shards


def test_people_by_the_hundred_go_through_small_shards() -> None:
    """Planning group by group, over many shards and segments, gives what planning in one piece gives."""
    world = quick(World(300))
    world.connector = with_limits(world.connector, segment_rows=50)
    world.sim.delta.options.page_size = 50
    world.settle_down()
    assert world.state.people.shards == 128
    assert world.differences() == []
    world.store = copy_of(world)
    for person in world.people[::7]:
        world.edit(person, department="moved")
    world.pull(full=True)
    world.settle_down()
    assert world.differences() == []


def test_more_shards_remember_how_old_a_file_may_be_to_tell_of_strangers() -> None:
    """Who was forgotten before people were moved stays forgotten, whatever a stalled instance settles afterwards."""
    world = settled(2)
    world.sim.directory.remove(world.people[0])
    world.sync()
    floor = max(shard.floor for shard in world.shards())
    for number in range(14):
        world.join(department=f"N{number}")
    world.pull(full=True)
    world.settle_down()
    assert floor > 0
    assert len(world.shards()) > 1
    assert {shard.floor for shard in world.shards()} == {floor}


def test_more_shards_hold_of_everybody_what_one_shard_held() -> None:
    """Shadow, escrow with what was sent, missed, declined, doubted, ours, each with its person; no old shard stays."""
    world = World()
    people = [f"person-{n}" for n in range(40)]
    before = People(world.store, world.connector, world.state.people)
    read = before.load(0)
    for n, person in enumerate(people):
        shard = read.value
        shard.settle(person, {"UpaDepartment": f"D{n}"}, 1)
        shard.doubt(person, {"UpaTitle": f"T{n}", "UpaDepartment": "x"}, now=world.now, sequence=2)
        shard.keep_ours(person, {"UpaCode": f"C{n}"}, (), 2)
        shard.missed[person], shard.declined[person] = f"round {n}", {"UpaType": f"Y{n}"}
    shard.lost, shard.floor = True, 7
    before.save(0, read)
    state = state_of(world.store, "hr").load()
    after = fit_shards(world.ports(), world.connector, state, len(people)).value.people
    moved = People(world.store, world.connector, after)
    shards = [moved.load(number).value for number in range(after.shards)]

    assert after.shards > 1
    for person in people:
        there = shards[shard_of(person, after.shards)]
        for book in ("rows", "missed", "declined", "doubted", "ours"):
            assert getattr(there, book)[person] == getattr(read.value, book)[person]
        assert (there.escrow[person], there.escrow.allowed[person]) == (
            read.value.escrow[person],
            read.value.escrow.allowed[person],
        )
    assert sum(len(shard.rows) for shard in shards) == len(people)
    assert {(shard.lost, shard.floor) for shard in shards} == {(True, 7)}
    assert [blob for blob in world.store.blobs if blob == shard_key("hr", state.value.people.folder, 0)] == []
    assert {number for number, book in moved.books().items() if book.reasons} == set(range(after.shards))


def fitted(world: World, wanted: int, **index: Any) -> PeopleIndex:
    """Fit shards of four people to so many of them."""
    people = PeopleIndex(**index)
    stored = state_of(world.store, "hr").update(lambda state: replace(state, people=people))
    return fit_shards(world.ports(), world.connector, stored, wanted * 4).value.people


@pytest.mark.parametrize(("wanted", "moved"), [(2, True), (4, False), (16, False), (32, True)])
def test_people_are_moved_where_the_number_of_shards_is_off_by_more_than_two(wanted: int, moved: bool) -> None:
    """Before anybody is known, at any difference; the new generation has its own number."""
    after = fitted(World(), wanted, shards=8, known=9)
    first = fitted(World(), wanted, shards=8)

    assert (after.shards, after.generation) == ((wanted, 1) if moved else (8, 0))
    assert (first.shards, first.generation) == (wanted, 1)


@pytest.mark.parametrize("change", ["a run", "a change of people"])
def test_people_who_change_while_they_are_moved_stay_where_they_are(change: str) -> None:
    """A run that began meanwhile, or was planned meanwhile, knows the shards of before."""
    world = World()
    run = Run("run", world.now, (), (), Counts())

    def meanwhile(call: Call) -> None:
        if call.operation == "put" and "/people/" in call.subject:
            world.store.hooks.before = nothing
            state_of(world.store, "hr").update(
                lambda state: replace(state, run=run) if change == "a run" else replace(state, sequence=9)
            )

    shard = People(world.store, world.connector, PeopleIndex())
    read = shard.load(0)
    read.value.settle("p", {"UpaTitle": "x"}, 1)
    shard.save(0, read)
    world.store.hooks.before = meanwhile
    with pytest.raises(ConflictError):
        fitted(world, 8)

    assert world.state.people.generation == 0


@pytest.mark.parametrize(
    ("floors", "losses"), [((7, 3), (True, False)), ((3, 7), (False, True)), ((0, 0), (True, False))]
)
def test_fewer_shards_remember_the_newest_floor_and_every_loss(floors: Any, losses: Any) -> None:
    """Whichever of the old shards had it; the index of escrow describes the new ones."""
    world = World()
    people = People(world.store, world.connector, PeopleIndex(shards=2))
    for number, (floor, lost) in enumerate(zip(floors, losses, strict=True)):
        read = people.load(number)
        read.value.floor, read.value.lost = floor, lost
        read.value.put_in_escrow(f"p{number}", EscrowReason.REQUESTED, now=world.now)
        people.save(number, read)
    after = fitted(world, 1, shards=2)
    (shard,) = world.shards()
    index = get_document(world.store, due_key("hr"), EscrowIndex)

    assert (shard.floor, shard.lost, len(shard.escrow)) == (max(floors), True, 2)
    assert index is not None
    assert index.value.folder == after.folder


def copy_of(world: World) -> MemoryStore:
    """Return the storage as a restart finds it."""
    return world.store.copy()
