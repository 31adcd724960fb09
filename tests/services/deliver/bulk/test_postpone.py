"""The lane: one import job at a time for a target tenant."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.crash.rivals import Rival, beside
from tests.crash.scenarios import quick, settled
from tests.support.world import World
from upa_core.domain.errors import ConflictError
from upa_core.services.deliver.bulk.send import send
from upa_core.state.document import lane_of


def changed(people: int = 3, **connector: Any) -> World:
    """Return a settled world in which one person has changed."""
    world = settled(people, **connector)
    world.edit(world.people[0], department="B")
    return world


def test_two_connectors_share_the_lane_one_import_job_at_a_time() -> None:
    """The second waits for the first, whoever comes."""
    world = quick(World(3))
    one = world.connector
    other = world.connect("it", mappings=(replace(one.mappings[0], target="UpaCode"),))
    for connector in (one, other):
        world.connector = connector
        world.pull()
    world.connector = one
    world.far()
    world.connector = other
    step = world.far()
    assert (step.kind, len(world.sim.jobs)) == ("poll", 1)
    world.connector = one
    world.settle_down()
    world.connector = other
    world.settle_down()
    spans = sorted((job.submitted_at, job.ended_at or 0) for job in world.sim.jobs)
    assert len(spans) == 2
    assert spans[0][1] <= spans[1][0]


def test_a_lane_that_a_dead_connector_holds_is_taken_over_and_its_owner_learns_of_it() -> None:
    """After 26 h another connector goes on; the owner's file is given up, not queued a second time."""
    world = quick(World(3))
    one = world.connector
    other = world.connect("it", mappings=(replace(one.mappings[0], target="UpaCode"),))
    world.pull()
    world.far()
    world.sim.advance(27 * 3600)
    world.connector = other
    world.pull()
    world.drain(hours=3)
    assert world.lane.in_flight is None
    assert [entry.connector for entry in world.lane.abandoned] == ["hr"]
    world.connector = one
    world.settle_down()
    names = world.queued()
    assert len(names) == len(set(names))
    assert world.differences(world_rules(world)) == []


def world_rules(world: World) -> list[object]:
    """Leave out the property that another connector writes."""
    from tests.support.world import RULES

    return [rule for rule in RULES if rule.target != "UpaCode"]


def test_a_stalled_sender_doesnt_take_the_lane_for_a_file_that_others_sent() -> None:
    """That the lane is free, as it was when it was read, doesn't tell that nobody was in it meanwhile."""
    world = changed()
    world.pull()
    assert world.step().why == "planned"
    ports = world.ports()
    rival = Rival(ports.store, 1, lambda: world.drain(hours=3))
    with pytest.raises(ConflictError):
        send(beside(ports, rival), world.connector)
    assert (world.lane.in_flight, len(world.sim.jobs)) == (None, 2)


def test_the_lane_is_one_document_for_the_tenant() -> None:
    """Connectors of one tenant read the same lane."""
    world = settled(1)
    other = world.connect("it")
    assert lane_of(world.store, other).load().value.jobs_total == 1
