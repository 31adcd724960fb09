"""An emptied source is one hold, however many attributes it had and however many rounds tell of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.world import World
from upa_core.domain.connector import ChangeThreshold
from upa_core.domain.health.events import EventName
from upa_core.services.admin import holds

NOTHING = {"jobTitle": None, "onPremisesExtensionAttributes": {"extensionAttribute1": None}}
Decide = Callable[..., object]


def _delivered() -> World:
    """Return a world of twelve people whose titles and codes were delivered."""
    world = World(12, threshold=ChangeThreshold())
    for person in world.people:
        world.edit(person, onPremisesExtensionAttributes={"extensionAttribute1": "C"})
    world.sync()
    return world


def _full_round(world: World) -> None:
    world.sim.advance(7 * 86_400)
    world.pull(full=True)
    world.drain(hours=1)


def _decide(world: World, decision: Decide) -> None:
    assert world.state.hold is not None
    decision(world.ports(), world.connector, world.state.hold.run.id, "Ann")
    world.settle_down()


def _holds(world: World) -> int:
    return len(world.events.named(EventName.PLAN_HELD))


@pytest.mark.parametrize("decision", [holds.approve, holds.reject])
def test_two_emptied_attributes_ask_for_one_decision(decision: Decide) -> None:
    """The clears of both, a change meanwhile, and the full rounds in which nobody carries them are one hold."""
    world = _delivered()
    for person in world.people:
        world.edit(person, **NOTHING)
    world.pull()
    world.drain(hours=1)
    world.edit(world.people[0], department="new")
    world.pull()
    _full_round(world)
    _decide(world, decision)
    _full_round(world)
    world.settle_down()

    assert (world.state.hold, _holds(world)) == (None, 1)


def test_what_is_emptied_while_a_plan_is_held_is_one_further_plan() -> None:
    """A held plan stays what was looked at: those who were emptied afterwards, round by round, are held once more."""
    world = _delivered()
    for person in world.people[:6]:
        world.edit(person, **NOTHING)
    world.pull()
    world.drain(hours=1)
    for person in world.people[6:]:
        world.edit(person, **NOTHING)
        world.pull()
        world.drain(hours=1)
    assert _holds(world) == 1
    _decide_and_wait(world)
    assert _holds(world) == 2
    _decide(world, holds.approve)
    _full_round(world)

    assert (world.state.hold, _holds(world)) == (None, 2)


def _decide_and_wait(world: World) -> None:
    assert world.state.hold is not None
    holds.approve(world.ports(), world.connector, world.state.hold.run.id, "Ann")
    world.drain(hours=12)
