"""A file that leaves the lane: delivered, failed or given up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.crash.scenarios import quick
from tests.support.ended import delivery_of, ended, planned
from tests.support.world import World
from tests.support.wrapped import Wrapped
from upa_core.domain.documents.lane import Abandoned, InFlight, Lane
from upa_core.domain.errors import ConflictError
from upa_core.domain.health.events import EventName, Level
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.archive import load_outcome
from upa_core.services.deliver.bulk.flight import Flight
from upa_core.services.deliver.bulk.landing import fail, free_lane, give_up_sending, give_up_taken_over
from upa_core.state.document import lane_of
from upa_core.state.run_people.reader import open_run


def in_lane(world: World, **fields: Any) -> Flight:
    """Put the open run's file into the lane."""
    on = delivery_of(world)
    known: dict[str, Any] = {"phase": "uploaded", "since": world.now, "source_uri": "uri", **fields}
    place = InFlight("hr", on.run.id, on.file.name, on.file.sequence, **known)
    lane_of(world.store, world.connector).update(lambda lane: replace(lane, in_flight=place))
    return Flight(on.ports, on.connector, on.run, on.file, place)


def test_a_file_that_another_instance_has_sent_doesnt_fail() -> None:
    """Its place in the lane has moved: the run stays open, and nothing is to be deleted."""
    world = planned(2)
    here = in_lane(world)
    moved = replace(here.place, phase="queueing")
    lane_of(world.store, world.connector).update(lambda lane: replace(lane, in_flight=moved))
    with pytest.raises(ConflictError):
        fail(here, "refused")

    assert (world.state.run is not None, world.state.debts, world.lane.in_flight) == (True, (), moved)


@pytest.mark.parametrize("stored", [True, False])
def test_a_file_that_fails_is_owed_where_it_may_be_in_the_library(stored: bool) -> None:
    """The lane is free, and the run has failed."""
    world = planned(2)
    fail(in_lane(world), "refused", stored=stored)

    assert [debt.url for debt in world.state.debts] == (["uri"] if stored else [])
    assert (world.lane.in_flight, world.state.run) == (None, None)


@pytest.mark.parametrize("alive", [True, False])
@pytest.mark.parametrize("archived", [True, False])
def test_an_import_job_that_may_run_stays_on_the_books(alive: bool, archived: bool) -> None:
    """Its archive says whether one may; without an archive, the caller does."""
    world = planned(2)
    here = in_lane(world, jobs=("job",))
    outcome = ended(world, given_up="late", abandoned=alive) if archived else None
    free_lane(world.ports(), world.connector, here.place, outcome, alive=alive != archived)

    assert [one.jobs for one in world.lane.abandoned] == ([("job",)] if alive else [])
    assert world.lane.in_flight is None


def test_a_file_whose_place_was_taken_over_ends_with_its_import_jobs_on_the_books() -> None:
    """It is archived as abandoned: nothing is deleted that an import job may still read, and its ids are known."""
    world = planned(2)
    on = delivery_of(world)
    entry = Abandoned("hr", on.run.id, on.file.name, 1, "name", "uri", ("job",), world.now, world.now)
    give_up_taken_over(on, entry)
    outcome = load_outcome(on.ports, on.run.id, on.file.name)

    assert outcome is not None
    assert (outcome.abandoned, outcome.import_jobs, outcome.source_uri) == (True, ("job",), "uri")
    assert (world.state.debts, world.state.run, world.lane) == ((), None, Lane())


def test_queue_calls_that_were_neither_answered_nor_listed_may_have_made_an_import_job() -> None:
    """It stays on the books; whoever it names is sent again, and it is told."""
    world = planned(2)
    here = in_lane(world, phase="queueing", queues=2)
    give_up_sending(here)
    (entry,) = world.lane.abandoned

    assert (entry.file, entry.queues, world.lane.in_flight) == (here.file.name, 2, None)
    assert (world.state.debts, world.state.retry is None) == ((), False)
    assert [one.level for one in world.events.named(EventName.IMPORT_JOB_ABANDONED)] == [Level.ERROR]


@pytest.mark.parametrize("locked", [True, False])
def test_the_view_of_a_run_has_the_moments_of_its_file(locked: bool) -> None:
    """When it was queued, its import job's states, and when it was deleted, if it is."""
    world = quick(planned(2))
    run = world.state.run
    assert run is not None

    def ports() -> Ports:
        made = world.ports()
        return replace(made, library=Wrapped(made.library, delete_file=lambda _: not locked))

    while world.state.run is not None:
        world.drain(ports(), hours=0.1)
    read = open_run(world.store, run.id)
    assert read is not None
    (batch,) = read.table.batches

    assert batch.queued is not None
    assert [one.state for one in batch.states][-1:] == ["Succeeded"]
    assert (batch.settled is not None, batch.cleaned is None) == (True, locked)
