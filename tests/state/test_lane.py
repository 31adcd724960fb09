"""The lane as it is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.world import World
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.lane import InFlight, Lane
from upa_core.domain.documents.runs import Counts, FileState, Run
from upa_core.domain.errors import ConflictError
from upa_core.domain.pauses import ABANDONED_POLL
from upa_core.state.document import lane_of
from upa_core.state.lane import abandon, is_current, move, take_over


@pytest.mark.parametrize("asked", [True, False])
def test_a_lane_that_is_taken_over_leaves_an_import_job_on_the_books_where_one_may_run(asked: bool) -> None:
    """A file that was never queued can't be imported: nobody waits for it."""
    world = World()
    since = world.now - timedelta(hours=26)
    phase = "queueing" if asked else "uploaded"
    place = flight(world, connector="gone", file="file.json", phase=phase, since=since, asked=since if asked else None)
    document = lane_of(world.store, world.connector)
    document.update(lambda _: Lane(in_flight=place))

    assert take_over(world.ports(), world.connector, document.load())
    assert world.lane.in_flight is None
    assert [entry.file for entry in world.lane.abandoned] == (["file.json"] if asked else [])


def flight(world: World, **fields: Any) -> InFlight:
    known: dict[str, Any] = {"connector": "hr", "run": "run", "file": "file", "sequence": 1, "phase": "queued"}
    return InFlight(**{**known, "since": world.now, **fields})


def test_a_lane_is_moved_only_from_the_place_that_was_read() -> None:
    """With the whole lane as it was read, nothing else may have happened meanwhile either."""
    world = World()
    one, other = flight(world), flight(world, file="other")
    move(world.ports(), world.connector, None, one)
    with pytest.raises(ConflictError):
        move(world.ports(), world.connector, None, other)
    read = lane_of(world.store, world.connector).load()
    move(world.ports(), world.connector, one, None)
    move(world.ports(), world.connector, None, one)
    with pytest.raises(ConflictError):
        move(world.ports(), world.connector, one, other, read=read)

    assert world.lane.in_flight == one


def test_an_abandoned_import_job_is_on_the_books_once_beside_the_others() -> None:
    """With what is needed to find it, and the moment of the next look."""
    world = World()
    other = flight(world, file="other")
    first, again = flight(world, jobs=("one",)), flight(world, jobs=("one", "two"), queues=2)
    lane = Lane()
    for one in (other, first, again):
        lane = abandon(one, world.now)(lane)

    assert [(one.file, one.jobs, one.queues) for one in lane.abandoned] == [("other", (), 0), ("file", again.jobs, 2)]
    assert {one.next_poll for one in lane.abandoned} == {world.now + ABANDONED_POLL}


def test_a_file_is_waited_for_until_its_outcome_is_written() -> None:
    """By its own run alone."""
    world = World()
    file = FileState("file", 1, 1, 1, 1, "")
    run = Run("run", world.now, (), (file,), Counts())
    states = [run, None, replace(run, id="other"), replace(run, files=()), run.with_file(replace(file, settled=True))]

    assert [is_current(ConnectorState(run=one), flight(world)) for one in states] == [True, *[False] * 4]


def test_a_lane_that_isnt_overdue_is_left_to_its_connector() -> None:
    """A free one too."""
    world = World()
    document = lane_of(world.store, world.connector)
    free = take_over(world.ports(), world.connector, document.load())
    move(world.ports(), world.connector, None, flight(world))

    assert (free, take_over(world.ports(), world.connector, document.load())) == (False, False)
    assert world.lane.in_flight is not None
