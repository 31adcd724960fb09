"""Sending under bad circumstances: slow uploads, throttled queue calls, and a person who spoils every file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tenant_sim import Fault
from tests.crash.scenarios import settled
from tests.fakes.import_jobs import FakeImportJobs
from tests.services.deliver.bulk.test_landing import in_lane
from tests.support.ended import delivery_of, planned
from tests.support.world import FOLDER, World
from tests.support.wrapped import Wrapped
from upa_core.domain.documents.connector_state import Debt
from upa_core.domain.documents.ids import upload_name
from upa_core.domain.documents.lane import Abandoned, InFlight, Lane
from upa_core.domain.documents.quarantine import QuarantineReason
from upa_core.domain.documents.storage_layout import lane_key
from upa_core.domain.errors import RefusedError, ThrottledError, UnansweredError
from upa_core.domain.health.events import EventName
from upa_core.domain.next_step import Step
from upa_core.services.deliver.bulk.send import send
from upa_core.services.upkeep.housekeeping import housekeeping
from upa_core.state.document import lane_of, state_of


def _changed(people: int = 3) -> World:
    world = settled(people)
    for person in world.people[: 1 if people == 3 else people]:
        world.edit(person, department="B")
    world.pull()
    return world


def test_an_upload_slower_than_a_senders_patience_ends() -> None:
    """Whoever watches takes the sender for dead, later each time, and in the end too late; no upload stays behind."""
    world = _changed()
    ports = world.ports()
    uploads: list[str] = []

    def upload(name: str, content: bytes) -> None:
        uploads.append(name)
        assert len(uploads) < 10
        end = world.now.timestamp() + 360
        while (left := end - world.now.timestamp()) > 0:
            world.sim.advance(min(30, left))
            world.step(slow)
        ports.library.upload(name, content)

    slow = replace(ports, library=Wrapped(ports.library, upload=upload))
    world.drain(slow, hours=6)

    assert (len(world.sim.jobs), world.profile(world.people[0])["UpaDepartment"]) == (2, "B")
    assert (len(uploads) > 1, world.library()) == (True, [])


def test_the_same_bytes_arent_queued_again_without_a_look() -> None:
    """The first call wasn't answered, the second asked for an hour: by then the first one's import job is listed."""
    world = _changed()
    world.sim.faults.add(Fault(surface="admin", operation="*Queue*", times=1, drop="after"))
    ports = world.ports()
    early, calls = [None, None], []

    def listed() -> Any:
        if early:
            early.pop()
            return []
        return ports.import_jobs.list()

    def queue(uri: str, names: Any) -> Any:
        calls.append(uri)
        if len(calls) == 2:
            raise ThrottledError("slow down", retry_after=3600)
        return ports.import_jobs.queue(uri, names)

    world.drain(replace(ports, import_jobs=Wrapped(ports.import_jobs, list=listed, queue=queue)), hours=6)

    assert (len(calls), len(world.sim.jobs)) == (2, 2)


@pytest.mark.slow
def test_one_person_who_spoils_every_file_starves_nobody() -> None:
    """Files are halved until theirs is one of its own; the others are delivered after it."""
    world = _changed(people=8)
    ports = world.ports()
    poison: list[bytes] = []

    def queue(uri: str, names: Any) -> Any:
        content = ports.library.download(uri) or b""
        if not poison:
            poison.append(content.split(b'"IdName":"')[1].split(b'"')[0])
        if poison[0] in content:
            world.sim.timer_job.plan("next", "internal_error")
        return ports.import_jobs.queue(uri, names)

    world.drain(replace(ports, import_jobs=Wrapped(ports.import_jobs, queue=queue)), hours=24 * 5)

    undelivered = [person for person in world.people if world.profile(person)["UpaDepartment"] != "B"]
    assert [person.encode() for person in undelivered] == poison
    assert world.state.sealed


def test_a_refused_queue_call_is_no_import_job_of_the_day() -> None:
    """SharePoint refuses the property map: nothing was queued, and the day's budget says so."""
    world = _changed()
    before = world.lane.jobs_today
    world.sim.profiles.define("UpaDepartment", editable=True)
    world.drain(hours=0)

    assert (world.lane.jobs_today, world.lane.in_flight) == (before, None)
    assert world.state.quarantine is not None


def test_a_library_that_requires_check_out_gets_its_files_checked_in() -> None:
    """The import job finds its file, also where the check-in wasn't answered; the library is empty afterwards."""
    world = _changed()
    world.sim.library.change_settings(FOLDER, force_checkout=True)
    world.sim.faults.add(Fault(surface="sharepoint", operation="*checkin*", times=1, drop="after"))
    world.drain(hours=6)

    assert world.profile(world.people[0])["UpaDepartment"] == "B"
    assert list(world.sim.library.items(FOLDER)) == []


def test_a_file_that_cant_be_checked_in_is_refused_before_it_is_queued() -> None:
    """No import job is spent on a file that it wouldn't find; the reason is told, and the file goes."""
    world = _changed()
    queued = len(world.sim.jobs)
    world.sim.library.change_settings(FOLDER, force_checkout=True, required=("Owner",))
    world.step()
    world.drain(hours=1)
    quarantine = world.state.quarantine

    assert quarantine is not None
    assert "requires check-out and refuses to check the file in" in quarantine.detail
    housekeeping(world.ports(), world.connector)
    assert (len(world.sim.jobs), list(world.sim.library.items(FOLDER))) == (queued, [])
    world.sim.library.change_settings(FOLDER, force_checkout=False, required=())
    world.sync(hours=48)
    assert world.profile(world.people[0])["UpaDepartment"] == "B"


def test_a_draft_that_the_import_job_doesnt_find_is_explained() -> None:
    """Approval with hidden drafts ends DataFileNotExist: the run says where to look, and nobody is confirmed."""
    world = _changed()
    world.sim.library.change_settings(FOLDER, moderation=True, draft_visibility=2)
    world.drain(hours=6)
    why = [str(event.fields["why"]) for event in world.events.named(EventName.FILE_SETTLED)]

    assert "DataFileNotExist, no log: the file was deleted, or check-out or approval hides it (upa doctor)" in why
    assert world.profile(world.people[0])["UpaDepartment"] != "B"


def test_a_library_that_hides_minor_versions_gets_its_files_published() -> None:
    """The import job finds its file, also where publishing wasn't answered at first."""
    world = _changed()
    world.sim.library.change_settings(FOLDER, minor_versions=True, draft_visibility=2)
    world.sim.faults.add(Fault(surface="sharepoint", operation="*publish*", times=1, drop="after"))
    world.drain(hours=6)

    assert world.profile(world.people[0])["UpaDepartment"] == "B"
    assert list(world.sim.library.items(FOLDER)) == []


def test_a_busy_service_during_the_check_in_is_no_refusal() -> None:
    """Nothing is quarantined for a 503: the upload is tried again."""
    world = _changed()
    world.sim.library.change_settings(FOLDER, force_checkout=True)
    world.sim.faults.add(Fault(surface="sharepoint", operation="*checkin*", times=8, status=503))
    world.step()
    quarantine = world.state.quarantine
    world.drain(hours=6)

    assert quarantine is None
    assert world.profile(world.people[0])["UpaDepartment"] == "B"


def test_a_lane_that_is_lost_right_after_the_queue_call_queues_nothing_twice() -> None:
    """A lane that has counted no import job yet asks for the file's name before its first queue call."""
    world = _changed()
    world.far()
    before = len(world.queued())
    world.store.delete(lane_key(world.connector.target.lane))
    world.drain(hours=30)

    assert len(world.queued()) == len(set(world.queued())) == before
    assert world.profile(world.people[0])["UpaDepartment"] == "B"


@pytest.mark.parametrize(("before", "attempt", "minutes"), [(1, 2, 10), (6, 7, 320), (9, 10, 320)])
def test_a_sender_that_died_before_its_upload_is_followed_by_another_with_more_time(
    before: int, attempt: int, minutes: int
) -> None:
    """Under a new name, with twice the time of the one before, at most 64 times; the earlier upload is owed once."""
    world = planned(2)
    here = in_lane(world, phase="reserved", attempt=before)
    other = Debt("other", is_folder=False, since=world.now)
    ports, seen = world.ports(), []

    def upload(name: str, _: bytes) -> None:
        assert world.lane.in_flight is not None
        seen.append((name, world.lane.in_flight.attempt, world.lane.in_flight.not_before))
        raise RefusedError("no")

    for owed in ((other,), (other, Debt("uri", is_folder=False, since=world.now))):
        document = state_of(world.store, "hr")
        document.save(document.load(), replace(world.state, run=here.run, debts=owed))
        lane_of(world.store, world.connector).update(lambda lane: replace(lane, in_flight=here.place))
        send(replace(ports, library=Wrapped(ports.library, upload=upload)), world.connector)

        assert [debt.url for debt in world.state.debts] == ["other", "uri"]
    name = upload_name(here.file.name, attempt)
    assert seen == [(name, attempt, world.now + timedelta(minutes=minutes))] * 2


def test_nothing_is_sent_without_an_open_run() -> None:
    """It is idle, and no lane is taken."""
    world = World(1)

    assert send(world.ports(), world.connector) == Step("idle", "nothing is to be sent")
    assert world.lane == Lane()


def test_another_connectors_file_has_the_lane() -> None:
    """It is waited for, five minutes at a time, and nothing of it is touched."""
    world = planned(2)
    place = InFlight("it", "run", "file", 1, "queued", world.now)
    lane_of(world.store, world.connector).update(lambda lane: replace(lane, in_flight=place))
    step = send(world.ports(), world.connector)

    assert step == Step("poll", "it has the lane", at=world.now + timedelta(minutes=5))
    assert world.lane.in_flight == place


def test_the_next_file_waits_for_tomorrow_and_for_gates() -> None:
    """A day's budget that is used up, and a pause between two files: the lane stays free."""
    world = planned(2)
    run = delivery_of(world).run
    lane_of(world.store, world.connector).update(lambda _: Lane(day=f"{world.now:%Y-%m-%d}", jobs_today=500))
    used_up = send(world.ports(), world.connector)
    lane_of(world.store, world.connector).update(lambda _: Lane())
    state_of(world.store, "hr").update(lambda state: replace(state, paused=True))
    paused = send(world.ports(), world.connector)

    assert (used_up.kind, used_up.run, used_up.why) == ("poll", run.id, "the day's budget of import jobs is used up")
    assert used_up.at == datetime(2026, 11, 23, tzinfo=UTC)
    assert (paused.kind, paused.why, paused.run) == ("idle", "between two files: paused", run.id)
    assert world.lane == Lane()


def queued_by(world: World, jobs: FakeImportJobs, **place: Any) -> Step:
    """Let an uploaded file be queued."""
    in_lane(world, **place)
    return send(replace(world.ports(), import_jobs=jobs), world.connector)


def test_a_queue_call_without_an_answer_is_looked_up() -> None:
    """It may have made an import job, and counts as one; so does one that SharePoint doesn't name."""
    for nameless in (False, True):
        world, jobs = planned(2), FakeImportJobs()
        jobs.nameless = int(nameless)
        if not nameless:
            jobs.hooks.fail("queue", UnansweredError("no answer"))
        step = queued_by(world, jobs)
        place = world.lane.in_flight

        assert place is not None
        assert (step.kind, "looking" in step.why, step.file) == ("again", True, place.file)
        assert (place.phase, place.queues, place.lookups, place.asked) == ("queueing", 1, 0, world.now)
        assert (place.not_before, world.lane.jobs_total) == (world.now + timedelta(minutes=5), 1)


def test_a_queue_call_that_surely_had_no_effect_isnt_counted() -> None:
    """A throttle is waited for; a refusal ends the run, and the file is owed."""
    world, jobs = planned(2), FakeImportJobs()
    jobs.hooks.fail("queue", ThrottledError("429", retry_after=90))
    step = queued_by(world, jobs)
    place = world.lane.in_flight
    assert place is not None
    assert (step.kind, step.at, place.tries) == ("poll", world.now + timedelta(seconds=90), 1)
    assert (place.phase, place.queues, world.lane.jobs_total) == ("uploaded", 0, 0)

    world, jobs = planned(2), FakeImportJobs()
    jobs.hooks.fail("queue", RefusedError("Property Names [X] are editable by user."))
    queued_by(world, jobs)
    assert (world.lane.in_flight, world.lane.abandoned, world.lane.jobs_total) == (None, (), 0)
    assert ([debt.url for debt in world.state.debts], world.state.run) == (["uri"], None)
    assert world.state.quarantine is not None
    assert world.state.quarantine.reason is QuarantineReason.MAPPING


def test_a_second_queue_call_that_is_refused_leaves_the_first_on_the_books() -> None:
    """One call may have made an import job: its file is given up, and stays in the library."""
    world, jobs = planned(2), FakeImportJobs()
    jobs.hooks.fail("queue", RefusedError("no"))
    queued_by(world, jobs, queues=1, lookups=2)

    assert [one.queues for one in world.lane.abandoned] == [1]
    assert (world.lane.in_flight, world.lane.jobs_total, world.state.debts) == (None, 0, ())


def test_an_uploaded_file_is_queued_with_the_runs_properties_and_watched() -> None:
    """Its import job is known, when it was queued too, and the watcher is woken."""
    world, jobs = planned(2), FakeImportJobs()
    step = queued_by(world, jobs, tries=3)
    place, (job,) = world.lane.in_flight, jobs.jobs
    run = world.state.run

    assert place is not None
    assert run is not None
    assert (place.phase, place.jobs, place.queued, place.not_before, place.tries) == (
        "queued",
        (job,),
        world.now,
        None,
        0,
    )
    assert jobs.maps[job] == {target: target for target in run.targets}
    assert len(world.events.named(EventName.FILE_QUEUED)) == 1
    assert (step, world.waker.sent[-1]) == (
        Step("again", "queued", run=run.id, file=place.file),
        ("watch", "hr", place.file),
    )


def test_a_file_whose_place_another_connector_took_is_ended_and_others_are_sent() -> None:
    """By its name on the books: nothing of it is queued again."""
    world, jobs = planned(2), FakeImportJobs()
    on = delivery_of(world)
    entry = Abandoned("hr", on.run.id, on.file.name, 1, "name", "uri", ("job",), world.now, world.now)
    lane_of(world.store, world.connector).update(lambda lane: replace(lane, abandoned=(entry,)))
    step = send(replace(world.ports(), import_jobs=jobs), world.connector)
    assert (step.kind, step.run, jobs.jobs, world.state.run) == ("again", on.run.id, {}, None)

    other, sent = planned(2), FakeImportJobs()
    another = replace(entry, file="another.json")
    lane_of(other.store, other.connector).update(lambda lane: replace(lane, abandoned=(another,)))
    send(replace(other.ports(), import_jobs=sent), other.connector)
    assert len(sent.jobs) == 1


@pytest.mark.parametrize("routes", [1, 2])
def test_a_file_knows_whether_its_run_has_batches_of_other_routes(routes: int) -> None:
    """Its watcher goes on with them."""
    world, jobs = planned(2), FakeImportJobs()
    on = delivery_of(world)
    if routes == 2:
        delivery_of(world, replace(on.file, name="single", route="individual"))
    send(replace(world.ports(), import_jobs=jobs), world.connector)

    assert world.lane.in_flight is not None
    assert world.lane.in_flight.beside is (routes == 2)
