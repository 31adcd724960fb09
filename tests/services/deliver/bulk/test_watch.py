"""Sending, watching, archiving, settling: import jobs in all their states."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tenant_sim import Fault
from tests.crash.scenarios import settled
from tests.fakes.import_jobs import FakeImportJobs
from tests.fakes.library import FakeLibrary
from tests.services.deliver.bulk.test_landing import in_lane
from tests.support.ended import planned
from tests.support.world import World
from upa_core.domain.bulk.import_job import JobError, JobState
from upa_core.domain.documents.connector_state import Debt
from upa_core.domain.documents.quarantine import QuarantineReason
from upa_core.domain.errors import AccessDeniedError, RefusedError, UnavailableError, UpaError
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.next_step import Step
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.services.deliver.archive import load_outcome
from upa_core.services.deliver.bulk.flight import Flight
from upa_core.services.deliver.bulk.watch import watch
from upa_core.services.upkeep.housekeeping import housekeeping
from upa_core.state.document import state_of


def changed(people: int = 3, **connector: Any) -> World:
    """Return a settled world in which one person has changed."""
    world = settled(people, **connector)
    world.edit(world.people[0], department="B")
    return world


def test_the_whole_way_of_a_slow_import_job_costs_at_most_25_polls() -> None:
    """An import job of 2.5 h is polled with a backoff, and its wait survives restarts."""
    world = settled()
    settings = world.sim.timer_job.settings
    settings.download_delay, settings.processing, settings.importing = 3600, 1800, 3600
    world.edit(world.people[0], department="B")
    before = len(world.events.named(EventName.IMPORT_JOB_STATE))
    world.sync()
    assert len(world.events.named(EventName.IMPORT_JOB_STATE)) - before <= 25
    assert world.differences() == []


def test_a_throttled_queue_call_isnt_counted_against_the_budget() -> None:
    """429 surely queued nothing: the day's import jobs aren't used up by it."""
    world = changed()
    before = world.lane.jobs_total
    world.sim.faults.add(
        Fault(surface="admin", operation="*Queue*", times=3, status=429, headers={"Retry-After": "90"})
    )
    world.settle_down()
    assert (world.lane.jobs_total - before, world.differences()) == (1, [])


@pytest.mark.slow
def test_partial_failure_is_success_and_escrow_with_the_rhythm() -> None:
    """The person without a profile waits, tried at 1, 6, 12 h and daily, and gets today's value without an alarm."""
    world = settled()
    absent = world.join(profile=False, department="first")
    world.sync(hours=1)
    entry = world.escrow()[absent]
    assert entry.reason is EscrowReason.PROFILE_NOT_CREATED
    assert world.state.retry is None
    assert entry.due is not None
    assert timedelta(minutes=50) < entry.due - world.now <= timedelta(hours=1)
    assert all(event.level is Level.INFO for event in world.events.named(EventName.PERSON_ESCROWED))
    for _ in range(6):
        housekeeping(world.ports(), world.connector)
        assert EventName.ESCROW_OLD not in world.events.names
        world.sim.advance(86_400)
        world.drain(hours=1)
    world.sim.advance(2 * 86_400)
    housekeeping(world.ports(), world.connector)
    assert EventName.ESCROW_OLD in world.events.names
    world.edit(absent, department="today")
    world.sim.profiles.create(absent)
    world.settle_down(days=2)
    assert world.profile(absent)["UpaDepartment"] == "today"
    assert world.escrow() == {}


def test_a_value_that_sharepoint_refuses_costs_one_person() -> None:
    """Too long for its property: that person is in escrow with its own reason, the rest is delivered."""
    world = settled()
    world.edit(world.people[0], department="x" * 41)
    world.edit(world.people[1], department="fine")
    world.sync()
    assert world.escrow()[world.people[0]].reason is EscrowReason.REFUSED_BY_SHAREPOINT
    assert world.profile(world.people[1])["UpaDepartment"] == "fine"


@pytest.mark.slow
@pytest.mark.parametrize("error", [1, 20, 21, 22, 23])
def test_every_error_is_planned_again_in_growing_pauses_and_never_looped(error: int) -> None:
    """Whatever ends an import job, nobody is confirmed, the rounds stay and the third failure in a row is told."""
    world = changed()
    for nth in range(2, 5):
        world.sim.timer_job.plan(nth, error=error, applied=0.0, log="none" if error == 1 else "normal")
    world.pull()
    world.drain(hours=30)
    begun = [job.submitted_at for job in world.sim.jobs[1:]]
    assert len(begun) == 4
    gaps = [after - before for before, after in itertools.pairwise(begun)]
    assert [gap >= pause * 3600 for gap, pause in zip(gaps, (0.25, 1, 6), strict=True)] == [True] * 3
    assert EventName.QUARANTINED in world.events.names
    assert (world.state.quarantine, world.differences(), world.library()) == (None, [], [])


def test_unexplained_failures_pause_longer_and_the_third_is_quarantine_which_a_success_ends() -> None:
    """InternalError without a log: retried after growing pauses, told once as quarantine, left by itself."""
    world = changed()
    for nth in range(2, 5):
        world.sim.timer_job.plan(nth, "internal_error")
    world.pull()
    world.drain(hours=30)
    assert [job.error.name for job in world.sim.jobs[1:]] == ["INTERNAL_ERROR"] * 3 + ["NO_ERROR"]
    begun = [job.submitted_at for job in world.sim.jobs[1:]]
    gaps = [after - before for before, after in itertools.pairwise(begun)]
    assert gaps == sorted(gaps)
    quarantined = world.events.named(EventName.QUARANTINED)
    assert [event.fields["reason"] for event in quarantined] == [QuarantineReason.TARGET_DOWN]
    assert EventName.QUARANTINE_LEFT in world.events.names
    assert (world.state.quarantine, world.differences()) == (None, [])


def test_after_an_unexplained_failure_the_next_files_are_half_as_long() -> None:
    """Whoever spoils a file is found by halving; the others are delivered on the way."""
    world = settled(8)
    for person in world.people:
        world.edit(person, department="B")
    world.sim.timer_job.plan("next", "internal_error")
    world.settle_down()
    assert world.differences() == []
    assert [len(job.outcome.writes) for job in world.sim.jobs[2:]] == [4, 4]


@pytest.mark.slow
def test_an_import_job_that_never_starts_is_cancelled_after_a_day_and_sent_again() -> None:
    """Stalled is told at 6 h, given up at 24 h; what hadn't started is cancelled and nothing stays on the books."""
    world = changed()
    world.sim.timer_job.plan("next", "stuck_submitted")
    world.pull()
    world.drain(hours=7)
    assert EventName.IMPORT_JOB_STALLED in world.events.names
    world.settle_down(days=2)
    assert (world.lane.abandoned, world.differences(), world.library()) == ((), [], [])


@pytest.mark.slow
def test_an_import_job_stuck_for_ever_wedges_nothing() -> None:
    """It is abandoned after a day; later runs go on, and after 30 days it is forgotten with a last doubt."""
    world = changed()
    world.sim.timer_job.plan("next", "stuck")
    world.pull()
    world.drain(hours=30)
    assert len(world.lane.abandoned) == 1
    world.edit(world.people[1], department="C")
    world.pull()
    world.drain(hours=6)
    assert world.profile(world.people[1])["UpaDepartment"] == "C"
    assert world.profile(world.people[0])["UpaDepartment"] == "B"
    world.settle_down(days=31)
    assert (world.lane.abandoned, world.library()) == ((), [])


@pytest.mark.slow
def test_one_abandoned_import_job_that_cant_be_read_keeps_no_other_waiting() -> None:
    """Each is polled for itself, and one that is refused for ever is forgotten with its last doubt all the same."""
    world = changed()
    for nth in (2, 3):
        world.sim.timer_job.plan(nth, hang="Processing", wake_after=26 * 3600)
    world.pull()
    world.drain(hours=60)
    world.sim.advance(12 * 3600)
    first, second = world.lane.abandoned
    ports = world.ports()

    class Partial:
        def __getattr__(self, name: str) -> object:
            return getattr(ports.import_jobs, name)

        def get(self, job: str) -> object:
            if job in first.jobs:
                raise RefusedError("no such import job")
            return ports.import_jobs.get(job)

    blind = replace(ports, import_jobs=Partial())
    assert housekeeping(blind, world.connector).failures == ("abandoned import jobs",)
    assert world.lane.abandoned == (first,)
    assert second.file in {event.fields["file"] for event in world.events.named(EventName.IMPORT_JOB_ENDED_LATE)}
    world.sim.advance(31 * 86_400)
    assert housekeeping(blind, world.connector).failures == ()
    assert world.lane.abandoned == ()


@pytest.mark.slow
def test_a_polling_that_is_refused_for_ever_wedges_nothing() -> None:
    """Even when the status can't be read at all, the lane is free again after a day."""
    world = changed()
    world.pull()
    world.far()
    world.sim.faults.add(Fault(surface="admin", status=403))
    world.drain(hours=26)
    assert world.lane.in_flight is None
    world.sim.faults.clear()
    world.settle_down()
    assert world.differences() == []


def test_a_refused_upload_is_quarantine_and_leaves_no_debt() -> None:
    """Missing rights are told at once as what they are."""
    world = changed()
    world.sim.apps.client.revoke("sharepoint", "Sites.FullControl.All")
    world.tokens.refresh(world.sim.urls.sharepoint)
    world.sync()
    state = world.state
    assert state.quarantine is not None
    assert (state.quarantine.reason, state.debts, world.lane.in_flight) == (QuarantineReason.CREDENTIALS, (), None)


def test_a_property_that_people_may_edit_is_a_mapping_to_be_mended() -> None:
    """SharePoint refuses it when queueing: the run fails as quarantine, the rounds stay."""
    world = changed()
    world.sim.profiles.define("UpaDepartment", editable=True)
    world.sync()
    state = world.state
    assert state.quarantine is not None
    assert state.quarantine.reason is QuarantineReason.MAPPING
    assert "UpaDepartment" in state.quarantine.detail
    assert len(state.sealed) == 1


def test_a_duplicated_wake_up_finds_nothing_to_do() -> None:
    """Calling again at every step queues nothing twice and waits where it waited."""
    world = changed()
    world.pull()
    for _ in range(4):
        first, second = world.far(), world.far(world.ports())
        assert (first.kind, second.kind) == ("poll", "poll")
    assert len(world.sim.jobs) == 2


def _changed() -> World:
    world = settled(3)
    world.edit(world.people[0], department="B")
    world.pull()
    return world


@pytest.mark.slow
def test_half_a_character_in_a_message_wedges_nothing() -> None:
    """SharePoint cuts messages, perhaps in the middle of one."""
    world = _changed()
    world.far()
    job = world.sim.jobs[-1]
    said = {
        "JobId": job.job_id,
        "State": 5,
        "Error": 1,
        "ErrorMessage": "cut \ud83d",
        "SourceUri": job.source_uri,
        "LogFolderUri": "",
    }
    body = json.dumps([{"SchemaVersion": "15.0.0.0", "ErrorInfo": None}, 4, {"IsNull": False}, 5, said])
    headers = {"Content-Type": "application/json"}
    world.sim.faults.add(
        Fault(surface="admin", operation="*GetImportProfilePropertyJob*", status=200, body=body, headers=headers)
    )
    world.drain(hours=60)

    assert world.lane.in_flight is None


def queued(world: World, jobs: FakeImportJobs, **place: Any) -> Flight:
    """Let the open run's file be in the lane, with an import job."""
    job = jobs.queue("uri", {})
    return in_lane(world, **{"phase": "queued", "jobs": (job,), "queued": world.now, "queues": 1, **place})


def watched(world: World, jobs: FakeImportJobs, **ports: Any) -> Step:
    assert world.lane.in_flight is not None
    return watch(replace(world.ports(), import_jobs=jobs, **ports), world.connector, world.lane.in_flight)


@pytest.mark.parametrize(("job", "alive"), [("ended", False), ("running", True), ("unknown", True)])
def test_a_file_whose_run_is_over_leaves_the_lane(job: str, alive: bool) -> None:
    """Its import job stays on the books while it may run, or where nobody knows; its debts are paid."""
    world, jobs, library = planned(2), FakeImportJobs(), FakeLibrary()
    here = queued(world, jobs)
    (made,) = jobs.jobs
    if job == "ended":
        jobs.move(made, JobState.SUCCEEDED)
    elif job == "unknown":
        jobs.jobs.clear()
    debt = Debt(library.url_of("f"), is_folder=False, since=world.now)
    state_of(world.store, "hr").update(lambda state: replace(state, run=None, debts=(debt,)))
    step = watched(world, jobs, library=library)
    if job == "running":  # it was just seen in progress: nothing else is looked at
        assert step.kind == "poll"
        return

    assert step == Step("again", "settled already", run=here.place.run)
    assert (world.lane.in_flight, len(world.lane.abandoned), world.state.debts) == (None, int(alive), ())


@pytest.mark.parametrize(
    ("error", "level", "pause"),
    [
        (UnavailableError("down"), Level.WARNING, 30),
        (UnavailableError("down", retry_after=600), Level.WARNING, 600),
        (AccessDeniedError("403"), Level.ERROR, 30),
    ],
)
def test_an_import_job_that_cant_be_read_is_polled_on_and_told(error: UpaError, level: Level, pause: int) -> None:
    """As unknown, with the reason; a refusal is quarantine, an outage isn't."""
    world, jobs = planned(2), FakeImportJobs()
    queued(world, jobs)
    jobs.hooks.fail("get", error)
    step = watched(world, jobs)
    told = world.events.named(EventName.IMPORT_JOB_STATE)[-1]

    assert (step.kind, step.why, step.at) == ("poll", f"polling: {error}", world.now + timedelta(seconds=pause))
    assert (told.level, told.fields["state"], told.fields["reason"]) == (level, "unknown", str(error))
    assert (world.state.quarantine is not None) == (level is Level.ERROR)
    assert world.lane.in_flight is not None


def test_an_import_job_in_progress_is_told_with_its_age() -> None:
    """In hours after it was queued; from six hours on it is told as stalled, once."""
    world, jobs = planned(2), FakeImportJobs()
    queued(world, jobs)
    world.sim.advance(6 * 3600 - 60)
    early = watched(world, jobs)
    world.sim.advance(60)
    watched(world, jobs)
    watched(world, jobs)
    told = world.events.named(EventName.IMPORT_JOB_STATE)
    stalled = world.events.named(EventName.IMPORT_JOB_STALLED)

    assert (early.why, early.at) == ("Submitted", world.now - timedelta(seconds=60) + timedelta(minutes=15))
    assert [one.fields["age_minutes"] for one in told] == [359.0, 360.0, 360.0]
    assert [(one.level, one.fields["state"]) for one in stalled] == [(Level.WARNING, "Submitted")]
    assert world.lane.in_flight is not None
    assert world.lane.in_flight.stalled


def test_a_job_of_an_earlier_queue_call_is_awaited_as_well() -> None:
    """The known one has ended, and another of the same file is listed: nothing is settled before both have."""
    world, jobs = planned(2), FakeImportJobs()
    here = queued(world, jobs, queues=2)
    known = here.place.jobs[0]
    jobs.move(known, JobState.SUCCEEDED)
    other = jobs.queue("uri", {})
    assert other is not None
    waits = watched(world, jobs)
    jobs.move(other, JobState.SUCCEEDED)
    watched(world, jobs)
    outcome = load_outcome(world.ports(), here.place.run, here.place.file)

    assert (waits.kind, waits.why) == ("poll", "Succeeded, Submitted")
    assert outcome is not None
    assert outcome.import_jobs == (known, other)


@pytest.mark.parametrize(
    ("queues", "listed", "abandoned"), [(1, True, False), (2, True, False), (2, False, True)], ids=str
)
def test_what_hasnt_started_within_a_day_is_cancelled_and_what_may_run_stays_on_the_books(
    queues: int, listed: bool, abandoned: bool
) -> None:
    """With import jobs of earlier calls; where they can't be listed, one of them may run."""
    world, jobs = planned(2), FakeImportJobs()
    here = queued(world, jobs, queues=queues)
    world.sim.advance(24 * 3600)
    if not listed:
        jobs.hooks.fail("list", RefusedError("list view threshold"), times=9)
    watched(world, jobs)
    outcome = load_outcome(world.ports(), here.place.run, here.place.file)

    assert outcome is not None
    assert (outcome.abandoned, bool(world.lane.abandoned), bool(jobs.jobs)) == (abandoned, abandoned, False)
    why = "given up after 24 h, still running" if abandoned else "cancelled: not started within 24 h"
    assert outcome.given_up == why
    assert [one.level for one in world.events.named(EventName.IMPORT_JOB_ABANDONED)] == [Level.ERROR] * abandoned


def test_a_log_is_waited_for_until_it_stops_growing() -> None:
    """Without a folder with growing pauses; with one, half a minute later it is read if it is as it was."""
    world, jobs, library = planned(2), FakeImportJobs(), FakeLibrary()
    uri = library.url_of("upload.json")
    here = queued(world, jobs, upload="upload.json", source_uri=uri)
    (job,) = jobs.jobs
    folder = f"{uri.removesuffix('.json')}-{job}-Logs"
    jobs.move(job, JobState.ERROR, JobError.INTERNAL_ERROR, "", folder)

    def look() -> Step:
        step = watched(world, jobs, library=library)
        world.until(step.at or world.now)
        return step

    began = world.now
    pauses = [((look().at or began) - began).total_seconds() for _ in range(3)]
    library.add_file(f"{folder}/ImportProfileProperties-1.log", b"x")
    seen = world.now
    growing = look()

    assert pauses == [30, 60, 90]
    assert (growing.why, growing.at) == ("ended in Error; waiting for its log", seen + timedelta(seconds=30))
    assert world.lane.in_flight is not None
    assert (world.lane.in_flight.ended, world.lane.in_flight.log_seen != "") == (began, True)
    assert look().kind == "again"
    outcome = load_outcome(world.ports(), here.place.run, here.place.file)
    assert outcome is None or outcome.file == here.place.file


def test_whatever_cant_be_archived_for_a_day_confirms_nobody() -> None:
    """Until then it is tried again, no sooner than SharePoint asks."""
    world, jobs, library = planned(2), FakeImportJobs(), FakeLibrary()
    here = queued(world, jobs, source_uri=library.url_of("upload.json"))
    (job,) = jobs.jobs
    jobs.move(job, JobState.SUCCEEDED)
    library.hooks.fail("digest", UnavailableError("down", retry_after=1_000), times=2)
    step = watched(world, jobs, library=library)
    assert (step.why, step.at) == ("archiving: down", world.now + timedelta(seconds=1_000))
    world.sim.advance(24 * 3600)
    watched(world, jobs, library=library)
    outcome = load_outcome(world.ports(), here.place.run, here.place.file)

    assert outcome is not None
    assert outcome.given_up == "ended, but its archive couldn't be made in 24 h: down"
    assert (outcome.abandoned, world.lane.in_flight) == (False, None)
