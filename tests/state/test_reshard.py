"""Moving people to more shards."""

from __future__ import annotations

from tests.crash.scenarios import quick, settled
from tests.fakes import MemoryStore
from tests.support.world import World, with_limits
from upa_core.domain.documents.storage_layout import shard_key
from upa_core.domain.people.shadow import shard_of
from upa_core.state.document import state_of
from upa_core.state.people import People
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


def copy_of(world: World) -> MemoryStore:
    """Return the storage as a restart finds it."""
    return world.store.copy()
