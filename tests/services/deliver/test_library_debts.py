"""Cleaning the library: a debt that delays nothing."""

from __future__ import annotations

import pytest

from tenant_sim import Fault
from tests.crash.scenarios import settled
from tests.support.world import World, with_limits
from upa_core.services.upkeep.housekeeping import housekeeping


def changed(people: int = 3, **connector: object) -> World:
    """Return a settled world in which one person has changed."""
    world = settled(people, **connector)
    world.edit(world.people[0], department="B")
    return world


def test_the_next_file_isnt_delayed_by_one_that_cant_be_deleted() -> None:
    """Deleting is a debt, paid when the lock is gone; meanwhile runs go on."""
    world = changed()
    world.connector = with_limits(world.connector)
    fault = world.sim.faults.add(Fault(surface="sharepoint", operation="*elete*", status=423))
    world.sync(hours=2)
    assert fault.fired > 0
    assert len(world.state.debts) == 1
    world.edit(world.people[1], department="C")
    world.sync(hours=2)
    assert world.profile(world.people[1])["UpaDepartment"] == "C"
    world.sim.faults.clear()
    world.settle_down()
    assert (world.state.debts, world.library()) == ((), [])


@pytest.mark.slow
def test_what_is_retained_for_days_is_tried_ever_more_rarely() -> None:
    """Debts that can't be paid cost a few calls a day, not one at every turn, and are paid in the end."""
    world = changed()
    fault = world.sim.faults.add(Fault(surface="sharepoint", operation="*elete*", status=423))
    world.sync(hours=2)
    for _ in range(7 * 24):
        housekeeping(world.ports(), world.connector)
        world.sim.advance(3600)
    assert fault.fired <= 20
    world.sim.faults.clear()
    world.settle_down()
    assert world.library() == []
