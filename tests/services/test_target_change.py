"""A connector that points to another tenant than before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tenant_sim import Fault
from tests.crash.scenarios import settled
from tests.support.world import NO_THRESHOLD, World
from upa_core.domain.errors import ConfigError, RefusedError
from upa_core.services.admin.controls import reset
from upa_core.services.admin.holds import approve
from upa_core.services.upkeep.housekeeping import housekeeping

OTHER = "https://other-admin.sharepoint.com"


def _point_elsewhere(world: World) -> None:
    world.connector = replace(world.connector, target=replace(world.connector.target, admin_url=OTHER))


def _planned(world: World) -> None:
    world.step()
    assert world.state.run is not None


def _queued(world: World) -> None:
    world.far()
    assert world.queued()


def _held(world: World) -> None:
    world.connector = replace(world.connector, threshold=replace(NO_THRESHOLD, updates_absolute=0))
    world.step()
    assert world.state.hold is not None


STAGES = pytest.mark.parametrize("begun", [_planned, _queued, _held])


def _begun(begun: Callable[[World], None]) -> World:
    world = settled(3)
    world.edit(world.people[0], department="B")
    world.pull()
    begun(world)
    return world


def test_an_open_run_isnt_sent_to_another_tenant() -> None:
    """It is about the people of the tenant that it was planned for."""
    world = _begun(_planned)
    before = world.queued()
    _point_elsewhere(world)

    with pytest.raises(ConfigError, match="reset the shadow"):
        world.step()
    assert world.queued() == before


def test_a_hold_that_is_approved_after_the_move_goes_nowhere() -> None:
    """What was approved is what was planned, for the tenant that it was planned for."""
    world = _begun(_held)
    hold = world.state.hold
    assert hold is not None
    before = world.queued()
    _point_elsewhere(world)
    approve(world.ports(), world.connector, hold.run.id, "anna")

    with pytest.raises(ConfigError, match="reset the shadow"):
        world.far()
    assert world.queued() == before


@STAGES
def test_a_run_for_the_tenant_before_is_dropped_with_the_shadow(begun: Callable[[World], None]) -> None:
    """Nothing else could end it: its files belong to the other tenant; the rounds stay for the new one."""
    world = _begun(begun)
    rounds = world.state.sealed
    _point_elsewhere(world)
    reset(world.ports(), world.connector, "shadow", "anna")

    assert (world.state.run, world.state.hold, world.state.sealed) == (None, None, rounds)


@pytest.mark.slow
@STAGES
def test_a_connector_that_is_pointed_back_delivers(begun: Callable[[World], None]) -> None:
    """Whatever was under way when it was pointed elsewhere and its shadow reset."""
    world = _begun(begun)
    target = world.connector.target
    _point_elsewhere(world)
    reset(world.ports(), world.connector, "shadow", "anna")
    world.connector = replace(world.connector, target=target, threshold=NO_THRESHOLD)
    world.settle_down(days=2)
    assert world.differences() == []

    world.sim.advance(9 * 86_400)
    housekeeping(world.ports(), world.connector)
    assert world.library() == []


def test_the_shadow_stays_while_a_run_of_the_same_tenant_is_open() -> None:
    """Its files would settle into the new one."""
    world = _begun(_planned)

    with pytest.raises(RefusedError, match="while a run is open or held"):
        reset(world.ports(), world.connector, "shadow", "anna")


@pytest.mark.slow
def test_an_unanswered_queue_call_of_a_dropped_run_stays_on_the_books() -> None:
    """Its import job may turn up, and end when newer values are there."""
    world = settled(3)
    person = world.people[0]
    world.edit(person, department="B")
    world.pull()
    world.sim.faults.add(Fault(surface="admin", operation="*Queue*", times=1, drop="after"))
    world.sim.timer_job.plan("next", hang="Processing", wake_after=12 * 3600)
    world.step()
    world.step()
    flight, target = world.lane.in_flight, world.connector.target
    assert flight is not None
    assert flight.phase == "queueing"
    _point_elsewhere(world)
    reset(world.ports(), world.connector, "shadow", "anna")
    world.connector = replace(world.connector, target=target)
    world.sim.advance(400)
    world.pull()
    world.far()
    world.edit(person, department="C")
    world.settle_down(days=4)

    assert world.differences() == []


def test_a_renamed_domain_keeps_shadow_and_lane() -> None:
    """The tenant is known by its first address: nothing is sent again, and the lane is the one it always had."""
    world = settled(3)
    old, known, jobs = world.connector.target, world.state.people, len(world.sim.jobs)
    renamed = replace(old, admin_url=OTHER, renamed_from=old.admin_url)
    world.connector = replace(world.connector, target=renamed)
    world.sync(full=True)

    assert (world.state.people.folder, len(world.sim.jobs)) == (known.folder, jobs)
    assert renamed.lane == old.lane
    world.edit(world.people[0], department="B")
    world.sync()
    assert world.profile(world.people[0])["UpaDepartment"] == "B"


def test_a_rename_that_the_file_does_not_name_is_told_with_the_line_to_write() -> None:
    """Whoever changes the address alone reads what to write, where it is the same tenant."""
    world = settled(3)
    before = world.connector.target.lane
    _point_elsewhere(world)

    with pytest.raises(ConfigError, match=f"renamed_from: https://{before}"):
        world.pull()
