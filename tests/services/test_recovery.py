"""What is lost or damaged in storage, and clocks that were wrong: the next full round, or a reset, makes it good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tenant_sim import Fault
from tests.crash.scenarios import settled
from tests.support.world import World
from upa_core.domain.documents.storage_layout import state_key
from upa_core.domain.errors import CorruptStateError
from upa_core.ports.bundle import Ports
from upa_core.services.admin.controls import go, reset
from upa_core.services.upkeep.housekeeping import housekeeping


@pytest.mark.slow
def test_a_lost_state_is_made_good_by_the_next_round() -> None:
    """The shards that lie there are of higher numbers than any new file: they must not be settled into."""
    world = settled(3)
    person = world.people[0]
    for value in ("B", "C", "D"):
        world.edit(person, department=value)
        world.sync()
    world.store.delete(state_key("hr"))
    go(world.ports(), world.connector, "anna")
    world.settle_down()
    for value in ("E", "D"):
        world.edit(person, department=value)
        world.settle_down()

        assert world.differences() == []


def test_the_people_of_a_lost_state_are_swept_away() -> None:
    """Nobody names their folder any more."""
    world = settled(3)
    before = {key for key in world.store.blobs if "/people/" in key}
    world.store.delete(state_key("hr"))
    go(world.ports(), world.connector, "anna")
    world.settle_down()
    world.sim.advance(3 * 86_400)
    housekeeping(world.ports(), world.connector)

    assert before
    assert before & world.store.blobs.keys() == set()


@pytest.mark.parametrize("how", ["token", "shadow"])
@pytest.mark.parametrize("damage", ["lost", "cut off"])
def test_a_segment_that_cant_be_read_is_got_over_by_a_full_round(how: Any, damage: str) -> None:
    """What it held is in the full round; before that, the plan says so and nothing is taken out of the outbox."""
    world = settled(3)
    world.edit(world.people[0], department="B")
    world.pull()
    ((segment,),) = [sealed.segments for sealed in world.state.sealed]
    data = world.store.blobs[segment.key]
    if damage == "lost":
        world.store.delete(segment.key)
    else:
        world.store.put(segment.key, data[: len(data) // 2])
    with pytest.raises(CorruptStateError, match=segment.key):
        world.step()
    assert len(world.state.sealed) == 1

    reset(world.ports(), world.connector, how, "anna")
    reset(world.ports(), world.connector, "quarantine", "anna")
    world.pull()
    world.settle_down()

    assert world.differences() == []


class Ahead:
    """The clock of a machine that is a year ahead."""

    def __init__(self, clock: Any) -> None:
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._clock, name)

    def now(self) -> datetime:
        return self._clock.now() + timedelta(days=365)


def _pull(world: World, ports: Ports) -> None:
    world.pull(ports)


def _send(world: World, ports: Ports) -> None:
    world.pull()
    world.step()
    world.step(ports)


@pytest.mark.parametrize(("surface", "act"), [("graph", _pull), ("sharepoint", _send)])
def test_a_clock_that_was_ahead_stops_nothing_for_a_year(surface: Any, act: Callable[[World, Ports], None]) -> None:
    """A pause longer than any of ours is none: the pull, and the tenant's lane, go on."""
    world = settled(3)
    world.edit(world.people[0], department="B")
    ports = world.ports()
    world.sim.faults.add(Fault(surface=surface, times=9, status=503))
    act(world, replace(ports, clock=Ahead(ports.clock)))
    world.sim.faults.clear()
    for _ in range(3):
        world.sim.advance(86_400)
        world.pull()
        world.drain(hours=6)

    assert world.profile(world.people[0])["UpaDepartment"] == "B"


def test_a_full_round_that_names_nobody_leaves_people_where_they_are() -> None:
    """A source that fails that way must not gather everybody in one shard."""
    world = World(40)
    world.settle_down()
    shards = world.state.people.shards
    source = world.ports().source

    class Empty:
        def __getattr__(self, name: str) -> Any:
            return getattr(source, name)

        def page(self, link: Any) -> Any:
            return replace(source.page(link), records=[])

    world.sim.advance(60)
    world.pull(replace(world.ports(), source=Empty()), full=True)
    world.drain(hours=6)

    assert (shards > 8, world.state.people.shards) == (True, shards)
    assert world.shadow(world.people[0]) is not None


@pytest.mark.parametrize("lost", [False, True])
def test_who_left_in_a_round_that_cant_be_read_and_came_back_is_sent_again(lost: bool) -> None:
    """SharePoint emptied the profile; a full round alone names them as if nothing had been."""
    world = settled(6)
    person = world.people[0]
    world.sim.advance(1)
    world.sim.directory.remove(person)
    world.pull()
    ((segment,),) = [sealed.segments for sealed in world.state.sealed]
    if lost:
        world.store.delete(segment.key)
    world.sim.advance(1)
    world.sim.directory.restore(person)
    world.pull(full=True)
    world.settle_down()

    assert world.differences() == []
