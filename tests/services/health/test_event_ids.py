"""Every event names its connector, its run and its import jobs, wherever one exists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.crash.scenarios import quick, settled
from tests.support.world import World
from upa_core.domain.errors import UnavailableError
from upa_core.domain.health.events import Event, EventName
from upa_core.services.health.notify import Alerting, notify

NO_IMPORT_JOB_YET = {
    EventName.PLAN_MADE,
    EventName.FILE_UPLOADED,
    EventName.FILE_POSTPONED,
    EventName.FILE_LOOKED_UP,
    EventName.WAKE_UP_LOST,
}
OF_NO_RUN = {EventName.CLEANED, EventName.CLEAN_POSTPONED, EventName.ESCROW_OLD, EventName.HOUSEKEEPING_DONE}
"""Of the connector as a whole, or of many runs at once."""


def _plain(world: World) -> None:
    world.edit(world.people[0], department="B")
    world.sync()


def _with_escrow(world: World) -> None:
    world.join(profile=False, department="late")
    world.sync(hours=0.8)


def _stuck(world: World) -> None:
    world.edit(world.people[0], department="B")
    world.pull()
    world.far()
    world.sim.faults.add(operation="GetImportProfilePropertyJob", status=403)
    world.drain(hours=30)
    world.sim.faults.clear()
    world.settle_down()


def _unanswered(world: World) -> None:
    world.sim.faults.add(operation="QueueImportProfileProperties", drop="after", times=1)
    world.edit(world.people[0], department="B")
    world.sync()


@pytest.mark.slow
@pytest.mark.parametrize("story", [_plain, _with_escrow, _stuck, _unanswered])
def test_from_queueing_to_the_runs_end_every_event_names_run_and_import_job(story: Callable[[World], None]) -> None:
    """Once SharePoint has named an import job, nothing about its file or run is told without it."""
    world = settled()
    world.events.events.clear()
    story(world)
    queued: dict[str, set[str]] = {}
    silent: list[Event] = []
    for event in world.events.events:
        if event.name is EventName.FILE_QUEUED:
            queued[event.run] = set(event.import_jobs)
        if (
            event.run in queued
            and event.name not in NO_IMPORT_JOB_YET
            and not queued[event.run] <= {*event.import_jobs}
        ):
            silent.append(event)

    assert queued
    assert all(queued.values())
    assert [event.name for event in silent] == []


def test_every_event_names_its_connector_and_all_but_a_few_their_run() -> None:
    """Rounds bear their round's id, which a requested run shares."""
    world = settled()
    for story in (_plain, _with_escrow):
        story(world)

    assert {event.connector for event in world.events.events} == {"hr"}
    assert {event.name for event in world.events.events if not event.run} <= OF_NO_RUN


def test_a_lost_wake_up_names_the_run_of_its_file() -> None:
    """The watcher's wake-up is about a file: run and file are told apart."""
    world = quick(World(2))

    class Deaf:
        def __getattr__(self, name: str) -> Callable[[str, str], None]:
            def call(connector: str, subject: str) -> None:
                raise UnavailableError(name)

            return call

    world.waker = Deaf()
    world.pull()
    world.far()
    lost = world.events.named(EventName.WAKE_UP_LOST)[-1]
    run = world.lane.in_flight

    assert run is not None
    assert (lost.run, lost.fields["file"]) == (run.run, run.file)


def test_an_alarm_about_an_import_job_names_it() -> None:
    """What a person is told of can be found in the telemetry."""
    world = settled()
    world.edit(world.people[0], department="B")
    world.pull()
    world.far()
    world.sim.advance(7 * 3600)
    watch = Alerting(frozenset({"import_job_stalled"}), timedelta(hours=100))
    notify(world.ports(), world.connector, watch)
    raised = world.events.named(EventName.ALARM_RAISED)[-1]
    flight = world.lane.in_flight

    assert flight is not None
    assert (raised.run, raised.import_jobs) == (flight.run, flight.jobs)
    assert flight.jobs
