"""Moving people to more shards."""

from __future__ import annotations

from tests.crash.scenarios import quick, settled
from tests.fakes import MemoryStore
from tests.support.world import World, with_limits


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


def copy_of(world: World) -> MemoryStore:
    """Return the storage as a restart finds it."""
    return world.store.copy()
