"""A retention sweep that dies between two deletions is finished by the next."""

from __future__ import annotations

from tests.crash.scenarios import settled
from tests.support.mortal import Death, Fate
from tests.support.world import World
from upa_core.services.upkeep.housekeeping import housekeeping

DAY = 86_400


def _planner_dead_before_its_commit(world: World) -> str:
    """Let planners die one call later each, until one leaves everything of a run that no state names."""
    for at in range(1, 60):
        before = set(world.store.blobs)
        try:
            world.step(world.ports(Fate(at=at)))
        except Death:
            kept = [key for key in set(world.store.blobs) - before if key.endswith("/shards")]
            if kept and world.state.run is None:
                return kept[0].removesuffix("shards")
    raise AssertionError("no planner died there")


def test_what_a_sweep_leaves_is_swept_later_wherever_it_dies() -> None:
    """A run without a report is told by the names of its files: they go last."""
    world = settled(9)
    world.edit(world.people[0], department="B")
    world.pull()
    orphan = _planner_dead_before_its_commit(world)
    world.settle_down()
    world.sim.advance(5 * DAY)
    stored, left = world.store, {}
    for at in range(1, 200):
        world.store, fate = stored.copy(), Fate(at=at)
        try:
            housekeeping(world.ports(fate), world.connector)
            break
        except Death:
            if "delete" not in fate.calls[-1]:
                continue
        world.sim.advance(2 * DAY)
        housekeeping(world.ports(), world.connector)
        if keys := [key for key in world.store.blobs if key.startswith(orphan)]:
            left[fate.calls[-1]] = keys

    assert at > 10
    assert left == {}
