"""Import jobs that were given up: they stay on the books until they have ended, and what they write is put right."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from tenant_sim import Fault
from tests.crash.scenarios import quick, settled
from tests.support.mortal import Death, Fate
from tests.support.world import World
from tests.support.wrapped import Wrapped
from upa_core.domain.people.shadow import Shard
from upa_core.ports.bundle import Ports
from upa_core.services.upkeep.housekeeping import housekeeping
from upa_core.state.change_people import change_people_between_runs


def _changed() -> World:
    world = settled(3)
    world.edit(world.people[0], department="B")
    world.pull()
    return world


def _unlisted(ports: Ports, times: int) -> Ports:
    """Let so many listings of the import jobs come too early to show any."""
    real, early = ports.import_jobs.list, [None] * times

    def listed() -> Any:
        if early:
            early.pop()
            return []
        return real()

    return replace(ports, import_jobs=Wrapped(ports.import_jobs, list=listed))


@pytest.mark.slow
def test_the_import_job_of_an_earlier_queue_call_is_awaited_too() -> None:
    """The first call wasn't answered, and listed only after the second: both import jobs write."""
    world = _changed()
    person = world.people[0]
    world.sim.faults.add(Fault(surface="admin", operation="*Queue*", times=1, drop="after"))
    world.sim.timer_job.plan("next", hang="Processing", wake_after=40 * 3600)
    world.drain(_unlisted(world.ports(), 2), hours=27)
    assert len(world.sim.jobs) >= 3
    for _ in range(4):
        housekeeping(world.ports(), world.connector)
        world.sim.advance(3601)
    world.edit(person, department="C")
    world.settle_down(days=4)

    assert world.profile(person)["UpaDepartment"] == "C"
    assert world.differences() == []


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, 25))
def test_who_dies_while_giving_up_a_queue_call_leaves_the_import_job_on_the_books(at: int, after: bool) -> None:
    """At whatever call, before or after its effect: it may still turn up."""
    world = _changed()
    world.sim.faults.add(Fault(surface="admin", operation="*Queue*", times=2, drop="after"))
    for nth in (2, 3):
        world.sim.timer_job.plan(nth, hang="Processing", wake_after=12 * 3600)
    blind = _unlisted(world.ports(), 99)
    while (flight := world.lane.in_flight) is None or (flight.queues, flight.lookups) != (2, 1):
        step = world.step(blind)
        world.until(step.at or world.now)
    world.until(flight.not_before or world.now)
    with suppress(Death):
        world.step(_unlisted(world.ports(Fate(at=at, after=after)), 99))
    world.far(_unlisted(world.ports(), 99))

    assert [entry.file for entry in world.lane.abandoned] == [flight.file]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("attribute", "target", "old", "new"),
    [
        ("department", "UpaDepartment", "old", "new"),
        ("employeeHireDate", "UpaHired", "2026-01-01T00:00:00Z", "2026-02-02T00:00:00Z"),
    ],
)
def test_what_a_zombie_overwrote_is_put_right_where_the_source_now_says_nothing(
    attribute: str, target: str, old: str, new: str
) -> None:
    """A property that is kept, and a date, which can't be cleared: the value that was there is sent again."""
    world = settled(3)
    person = world.people[0]
    world.sim.timer_job.plan("next", hang="Processing", wake_after=60 * 3600)
    world.edit(person, **{attribute: old})
    world.pull()
    world.drain(hours=26)
    assert len(world.lane.abandoned) == 1
    for value in (new, None):
        world.edit(person, **{attribute: value})
        world.pull()
        world.drain(hours=6)
    assert world.profile(person)[target] == new[:10]
    world.settle_down(days=4)

    assert (world.lane.abandoned, world.profile(person)[target]) == ((), new[:10])
    before = world.queued()
    world.pull(full=True)
    world.settle_down()
    assert world.queued() == before


def test_a_file_whose_lane_was_taken_over_isnt_queued_again() -> None:
    """Its import job ends before its connector comes to it: housekeeping leaves it on the books until then."""
    world = quick(World(3))
    one = world.connector
    other = world.connect("it", mappings=(replace(one.mappings[0], target="UpaCode"),))
    world.pull()
    world.far()
    world.sim.advance(27 * 3600)
    world.connector = other
    world.pull()
    world.far()
    assert [entry.connector for entry in world.lane.abandoned] == ["hr"]
    world.sim.advance(3700)
    housekeeping(world.ports(), one)
    world.drain(hours=3)
    world.connector = one
    world.settle_down()

    files = [re.sub(r"(-\d+)-\d+\.json$", r"\1.json", name) for name in world.queued()]
    assert len(files) == len(set(files))


def _zombie(world: World, person: str, hours: float) -> None:
    """Let an import job be given up that ends, and writes, so many hours after it was queued."""
    world.sim.timer_job.plan("next", hang="Processing", wake_after=hours * 3600)
    world.edit(person, department="zombie")
    world.pull()
    world.drain(hours=26)
    assert len(world.lane.abandoned) == 1


def _until_doubted(world: World) -> None:
    for _ in range(200):
        if not world.lane.abandoned:
            return
        world.sim.advance(1200)
        housekeeping(world.ports(), world.connector)
    raise AssertionError("the zombie never ended")


@pytest.mark.slow
def test_what_is_delivered_while_the_doubt_comes_is_what_was_there() -> None:
    """A file in flight is older than the doubt, and its value newer than the one that was confirmed before."""
    world = settled(3)
    person = world.people[0]
    _zombie(world, person, hours=28)
    world.edit(person, department="old")
    world.pull()
    world.drain(hours=2)
    world.sim.advance(60)
    world.edit(person, department="new")
    world.pull()
    world.sim.timer_job.plan("next", hang="Processing", wake_after=7 * 3600)
    world.far()
    _until_doubted(world)
    assert world.lane.in_flight is not None
    world.edit(person, department=None)
    world.pull()
    world.drain(hours=10)

    assert world.profile(person)["UpaDepartment"] == "new"


@pytest.mark.slow
def test_a_doubt_is_over_once_a_newer_value_is_confirmed() -> None:
    """What was there before it isn't sent again, however unknown the value becomes later."""
    world = settled(3)
    person = world.people[0]
    _zombie(world, person, hours=60)
    world.edit(person, department="old")
    world.pull()
    world.drain(hours=6)
    _until_doubted(world)
    world.edit(person, department="new")
    world.settle_down()
    world.edit(person, department=None)
    change_people_between_runs(world.ports(), world.connector, [person], Shard.make_unknown)
    world.pull(full=True)
    world.settle_down()

    assert world.profile(person)["UpaDepartment"] == "new"
