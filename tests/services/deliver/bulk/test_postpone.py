"""The lane: one import job at a time for a target tenant."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.crash.rivals import Rival, beside
from tests.crash.scenarios import quick, settled
from tests.services.deliver.bulk.test_landing import in_lane
from tests.support.ended import planned
from tests.support.world import World
from upa_core.domain.errors import ConflictError, RetryLaterError
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.next_step import Step
from upa_core.services.deliver.bulk.postpone import postpone
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


@pytest.mark.parametrize(("tries", "asked", "seconds"), [(0, None, 30), (1, None, 60), (1, 600.0, 600), (3, 10.0, 240)])
def test_pauses_grow_and_are_no_shorter_than_sharepoint_asks(tries: int, asked: float | None, seconds: int) -> None:
    """The pause is stored, told, and the next step."""
    world = planned(2)
    here = in_lane(world, tries=tries)
    step = postpone(here, RetryLaterError("down", retry_after=asked))
    place = world.lane.in_flight
    (told,) = world.events.named(EventName.FILE_POSTPONED)

    assert place is not None
    assert (place.tries, place.not_before, place.phase) == (
        tries + 1,
        world.now + timedelta(seconds=seconds),
        "uploaded",
    )
    assert step == Step("poll", "down", at=place.not_before, run=place.run, file=place.file)
    assert (told.level, told.fields["tries"], told.fields["seconds"], told.fields["reason"]) == (
        Level.WARNING,
        tries + 1,
        seconds,
        "down",
    )


@pytest.mark.parametrize(
    ("queues", "unqueued", "ends"),
    [(0, False, "failed"), (1, False, "waits"), (1, True, "failed"), (2, True, "given up")],
)
def test_after_twelve_tries_a_file_leaves_the_lane_unless_an_import_job_may_be_found(
    queues: int, unqueued: bool, ends: str
) -> None:
    """Never queued: the run fails. Queued before, and not found: it stays on the books; else it is looked for on."""
    world = planned(2)
    lane_of(world.store, world.connector).update(lambda lane: lane.count_job(world.now))
    here = in_lane(world, tries=11, queues=queues, phase="queueing")
    postpone(here, RetryLaterError("down"), unqueued=unqueued)
    lane, state = world.lane, world.state

    assert (lane.in_flight is not None) == (ends == "waits")
    assert [one.queues for one in lane.abandoned] == ([1] if ends == "given up" else [])
    assert (state.run is not None) == (ends == "waits")
    assert lane.jobs_total == (0 if unqueued else 1)
    if ends == "failed":
        assert state.retry is not None
        assert state.retry.why == "12 failed attempts: down"
