"""A way out of every state: what can't be read is given up by command, and the tenant converges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.crash.scenarios import settled
from tests.support.world import NO_THRESHOLD, World
from upa_core.domain.documents.storage_layout import Kind, file_key, lane_key, parse, plan_key, state_key
from upa_core.domain.errors import CorruptStateError, RefusedError
from upa_core.services.admin.controls import go
from upa_core.services.admin.holds import approve, lost_files, reject, sample
from upa_core.services.admin.repair import people_damaged, repair_lane, repair_people, repair_state
from upa_core.services.deliver.bulk.drop import drop_hold, drop_run


def _held() -> World:
    world = settled(5, threshold=replace(NO_THRESHOLD, clears_absolute=2))
    for person in world.people[:3]:
        world.edit(person, jobTitle=None)
    world.sync()
    assert world.state.hold is not None
    return world


def _sent() -> World:
    world = settled(4)
    world.edit(world.people[0], department="B")
    world.pull()
    world.far()
    return world


def _damage(world: World, key: str) -> None:
    world.store.put(key, world.store.blobs[key][: len(world.store.blobs[key]) // 2])


def _lane(world: World) -> bool:
    return repair_lane(world.ports(), world.connector)


def _state(world: World) -> bool:
    return repair_state(world.ports(), world.connector)


@pytest.mark.slow
@pytest.mark.parametrize("repair", [_lane, _state])
def test_a_damaged_lane_or_state_is_given_up_by_command(repair: Callable[[World], bool]) -> None:
    """Sound ones stay; a damaged one is named in every error until then, and everybody is sent again."""
    world = _sent()
    assert not repair(world)
    key = lane_key(world.connector.target.lane) if repair is _lane else state_key("hr")
    _damage(world, key)
    with pytest.raises(CorruptStateError, match=key):
        (world.far if repair is _lane else world.pull)()
    world.sim.advance(900)

    assert repair(world)
    go(world.ports(), world.connector, "anna")
    world.settle_down(days=2)
    assert world.differences() == []
    assert max(world.queued().count(name) for name in world.queued()) == 1


def test_damaged_people_are_given_up_by_command() -> None:
    """The shards that can be read stay as they are."""
    world = settled(6)
    assert not people_damaged(world.ports(), world.connector)
    keys = [key for key in world.store.blobs if (found := parse(key)) is not None and found.kind is Kind.PEOPLE_SHARD]
    _damage(world, keys[0])

    assert people_damaged(world.ports(), world.connector)
    assert repair_people(world.ports(), world.connector) == 1
    world.edit(world.people[0], department="B")
    world.settle_down(days=1)
    assert world.differences() == []


@pytest.mark.parametrize("decide", [approve, reject])
@pytest.mark.parametrize("lost", [file_key, plan_key])
def test_a_held_plan_that_was_lost_can_still_be_decided(
    decide: Callable[..., object], lost: Callable[[str, str], str]
) -> None:
    """It is shown as far as it can be read; what can't is planned anew, and held anew."""
    world = _held()
    hold = world.state.hold
    assert hold is not None
    for file in hold.run.files:
        world.store.delete(lost(hold.run.id, file.name))

    assert (sample(world.ports(), hold, 9), lost_files(world.ports(), hold)) == ([], len(hold.run.files))
    decide(world.ports(), world.connector, hold.run.id, "anna")
    world.connector = replace(world.connector, threshold=NO_THRESHOLD)
    for _ in range(4):
        try:
            world.settle_down()
        except CorruptStateError:
            world.sim.advance(3600)
    world.edit(world.people[4], department="later")
    world.settle_down(days=1)
    assert world.profile(world.people[4])["UpaDepartment"] == "later"


def test_a_held_plan_is_dropped_undecided() -> None:
    """What was pulled is planned anew; nothing is declined."""
    world = _held()
    hold = world.state.hold
    assert hold is not None
    for file in hold.run.files:
        world.store.delete(file_key(hold.run.id, file.name))
    drop_hold(world.ports(), world.connector, hold.run.id, "anna")
    world.connector = replace(world.connector, threshold=NO_THRESHOLD)
    world.settle_down()

    assert world.differences() == []
    with pytest.raises(RefusedError):
        drop_hold(world.ports(), world.connector, hold.run.id, "anna")


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["planned", "queued", "archive lost"])
def test_an_open_run_is_dropped(stage: str) -> None:
    """What SharePoint may have stays on the books; the rest is planned anew at once."""
    world = settled(4)
    world.edit(world.people[0], department="B")
    world.pull()
    world.step()
    if stage != "planned":
        world.far()
    run = world.state.run
    assert run is not None
    if stage == "archive lost":
        world.store.delete(file_key(run.id, run.files[0].name))
    alive = drop_run(world.ports(), world.connector, run.id, "anna")

    assert alive == (stage != "planned")
    assert (world.state.run, world.lane.in_flight) == (None, None)
    world.edit(world.people[0], department="D0")
    world.settle_down(days=3)
    assert world.differences() == []
    with pytest.raises(RefusedError):
        drop_run(world.ports(), world.connector, run.id, "anna")
