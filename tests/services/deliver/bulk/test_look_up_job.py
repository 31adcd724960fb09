"""Queue calls without an answer: the import job is looked for by its file before it is queued again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tenant_sim import Fault
from tests.crash.scenarios import settled
from tests.fakes.import_jobs import FakeImportJobs
from tests.services.deliver.bulk.test_landing import in_lane
from tests.support.ended import delivery_of, planned
from tests.support.world import World
from tests.support.wrapped import Wrapped
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.documents.storage_layout import lane_key
from upa_core.domain.errors import RefusedError, UnavailableError
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.next_step import Step
from upa_core.services.deliver.archive import load_outcome
from upa_core.services.deliver.bulk.look_up_job import queued_before
from upa_core.services.deliver.bulk.send import send


def changed(people: int = 3, **connector: Any) -> World:
    """Return a settled world in which one person has changed."""
    world = settled(people, **connector)
    world.edit(world.people[0], department="B")
    return world


def last_outcome(world: World) -> Any:
    name = world.queued()[-1]
    return load_outcome(world.ports(), "-".join(name.split("-")[2:4]), name)


def test_an_empty_guid_is_looked_up_by_the_files_name() -> None:
    """The import job that SharePoint didn't name is found and watched; nothing is queued again."""
    world = changed()
    world.sim.timer_job.plan("next", "empty_job_id")
    world.settle_down()
    assert (len(world.sim.jobs), world.differences()) == (2, [])


@pytest.mark.parametrize("fault", [{"drop": "after"}, {"status": 500}, {"drop": "before"}])
def test_silence_at_queue_time_is_looked_up_twice_minutes_apart(fault: dict[str, Any]) -> None:
    """One that exists is found; only two misses minutes apart send the same bytes again."""
    world = changed()
    world.sim.faults.add(Fault(surface="admin", operation="*Queue*", times=1, **fault))
    asked = world.now
    world.settle_down()
    jobs = world.sim.jobs[1:]
    assert (len(jobs), world.differences()) == (1, [])
    if fault != {"drop": "after"}:
        assert jobs[0].submitted_at - asked.timestamp() >= 10 * 60
        assert len(world.events.named(EventName.FILE_LOOKED_UP)) >= 3


def test_queue_calls_that_neither_answer_nor_are_listed_end_the_run_not_the_lane() -> None:
    """After two such calls the run fails, the file stays on the books as abandoned, and the next run goes on."""
    world = changed()
    world.sim.faults.add(Fault(surface="admin", operation="*Queue*", times=2, status=500))
    world.settle_down()
    assert world.differences() == []
    assert EventName.IMPORT_JOB_ABANDONED in world.events.names


@pytest.mark.slow
def test_a_second_queue_call_that_is_throttled_for_ever_frees_the_lane() -> None:
    """With an earlier call unaccounted for, the run ends as abandoned after as many tries as any other."""
    world = changed()
    world.sim.faults.add(Fault(surface="admin", operation="*Queue*", times=1, status=500))
    world.sim.faults.add(Fault(surface="admin", operation="*Queue*", status=429))
    world.pull()
    world.drain(hours=4)
    assert world.lane.in_flight is None
    assert (len(world.lane.abandoned), world.state.retry is not None) == (1, True)
    world.sim.faults.clear()
    world.settle_down()
    assert world.differences() == []


@pytest.mark.slow
def test_import_jobs_that_cant_be_listed_are_waited_out_and_told() -> None:
    """The list view threshold: a day passes before the same bytes are queued again, and an error says so."""
    world = changed()
    world.sim.faults.add(Fault(surface="admin", operation="*Queue*", times=1, status=500))
    ports = world.ports()

    class Refusing:
        def __getattr__(self, name: str) -> object:
            if name == "list":
                return self._refuse
            return getattr(ports.import_jobs, name)

        def _refuse(self) -> None:
            raise RefusedError("the attempted operation is prohibited: list view threshold")

    world.pull()
    blind = replace(ports, import_jobs=Refusing())
    asked = world.now
    world.drain(blind, hours=40)
    jobs = world.sim.jobs[1:]
    assert len(jobs) == 1
    assert jobs[0].submitted_at - asked.timestamp() >= 24 * 3600
    assert any(event.level is Level.ERROR for event in world.events.named(EventName.FILE_LOOKED_UP))


def test_an_import_job_that_turns_up_late_beside_its_second_queueing_is_watched_too() -> None:
    """Of two import jobs of one file both are awaited, so that the slower can't write behind our back."""
    world = changed()
    world.sim.faults.add(Fault(surface="admin", operation="*Queue*", times=1, drop="after"))
    world.sim.timer_job.plan("next", slow=100.0)
    ports = world.ports()
    listed = ports.import_jobs.list
    hidden = [0, 0]

    class Late:
        def __getattr__(self, name: str) -> object:
            return getattr(ports.import_jobs, name)

        def list(self) -> object:
            if hidden:
                hidden.pop()
                return []
            return listed()

    world.pull()
    world.drain(replace(ports, import_jobs=Late()), hours=6)
    first, second = world.sim.jobs[1:]
    assert first.source_uri == second.source_uri
    outcome = last_outcome(world)
    assert [job.id for job in outcome.jobs] == [second.job_id, first.job_id]
    assert world.differences() == []


def _changed() -> World:
    world = settled(3)
    world.edit(world.people[0], department="B")
    world.pull()
    return world


def test_an_import_job_listed_without_an_id_wedges_nothing() -> None:
    """It is looked for by its file."""
    world = _changed()
    world.sim.timer_job.plan("next", "empty_job_id")
    ports = world.ports()

    def nameless() -> Any:
        newest = world.queued()[-1]
        return [replace(job, id="") if job.source_uri.endswith(newest) else job for job in ports.import_jobs.list()]

    world.drain(replace(ports, import_jobs=Wrapped(ports.import_jobs, list=nameless)), hours=60)

    assert world.lane.in_flight is None
    assert world.profile(world.people[0])["UpaDepartment"] == "B"


def _lane_versions(world: World) -> list[bytes]:
    """Send a file, and return every version of the lane until it was queued, the one before it first."""
    key = lane_key(world.connector.target.lane)
    versions = [world.store.blobs[key]]
    ports = world.ports()

    def put(name: str, data: bytes, **conditions: Any) -> str:
        etag: str = ports.store.put(name, data, **conditions)
        if name == key:
            versions.append(data)
        return etag

    world.pull()
    world.far(replace(ports, store=Wrapped(ports.store, put=put)))
    return versions


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("listed", [True, False])
def test_a_lane_restored_from_an_older_version_queues_nothing_again(version: int, listed: bool) -> None:
    """Free, or with the upload just begun: the file is older than its place, so it is looked for first."""
    world = changed()
    versions = _lane_versions(world)
    world.sim.advance(3600)
    world.store.put(lane_key(world.connector.target.lane), versions[version])
    if not listed:
        world.sim.faults.add(Fault(surface="admin", operation="*Jobs*", status=503, times=8))
    world.settle_down()

    assert len(versions) >= 3
    assert [name.rpartition("-")[2] for name in world.queued()] == ["1.json", "2.json"]
    assert (world.library(), world.differences()) == ([], [])


def test_import_jobs_that_cant_be_listed_keep_no_old_file_waiting() -> None:
    """Where the list is refused for good, or fails again and again, the file is queued as it always was."""
    for error in (RefusedError("the list view threshold"), UnavailableError("no answer")):
        world = changed()
        world.pull()
        world.step()
        world.sim.advance(3600)
        ports = world.ports()

        def refuse(error: Exception = error) -> Any:
            raise error

        world.drain(replace(ports, import_jobs=Wrapped(ports.import_jobs, list=refuse)), hours=5)

        assert (len(world.sim.jobs), world.differences()) == (2, [])


def asked(world: World, jobs: FakeImportJobs, **place: Any) -> Step:
    """Look the import job of a queue call without an answer up."""
    in_lane(world, **{"phase": "queueing", "queues": 1, "asked": world.now, **place})
    return send(replace(world.ports(), import_jobs=jobs), world.connector)


def flight(world: World) -> InFlight:
    assert world.lane.in_flight is not None
    return world.lane.in_flight


def test_an_import_job_that_isnt_listed_is_looked_up_once_more_and_then_queued() -> None:
    """Five minutes later; what failed before is forgotten. A file known to be uploaded is looked up once."""
    world, jobs = planned(2), FakeImportJobs()
    step = asked(world, jobs, tries=5)
    assert step == Step(
        "poll", "not listed yet", at=world.now + timedelta(minutes=5), run=flight(world).run, file=flight(world).file
    )
    assert (flight(world).lookups, flight(world).tries, flight(world).not_before) == (1, 0, step.at)
    assert jobs.hooks.count("queue") == 0

    for place in ({"lookups": 1}, {"phase": "uploaded"}):
        world, jobs = planned(2), FakeImportJobs()
        asked(world, jobs, **place)
        assert (jobs.hooks.count("queue"), flight(world).queues, flight(world).phase) == (1, 2, "queued")


def test_an_import_job_that_is_listed_is_watched_whatever_the_letter_case_of_its_file() -> None:
    """All of the file, none of another; what is found is told."""
    world, jobs = planned(2), FakeImportJobs()
    jobs.queue("https://x/other.json", {})
    found = [jobs.queue("https://x/My%20File.json", {}), jobs.queue("HTTPS://X/my file.json", {})]
    step = asked(world, jobs, source_uri="https://x/my%20file.JSON", lookups=1)
    told = world.events.named(EventName.FILE_LOOKED_UP)[-1]

    assert (step.kind, step.why, flight(world).phase, flight(world).jobs) == ("again", "queued", "queued", tuple(found))
    assert (told.fields["found"], told.fields["lookups"]) == (2, 2)
    assert jobs.hooks.count("queue") == 3


@pytest.mark.parametrize("queues", [1, 2])
def test_a_list_that_cant_be_had_for_a_day_ends_the_wait(queues: int) -> None:
    """Until then it is asked for again; then the bytes are queued once more, or the file is given up."""
    for error in (UnavailableError("down"), RefusedError("threshold")):
        world, jobs = planned(2), FakeImportJobs()
        jobs.hooks.fail("list", error, times=2)
        early = asked(world, jobs, queues=queues, asked=world.now - timedelta(hours=23, minutes=30))
        at = flight(world).not_before
        assert (early.kind, early.at, jobs.hooks.count("queue")) == ("poll", at, 0)
        if isinstance(error, RefusedError):
            told = world.events.named(EventName.FILE_LOOKED_UP)[-1]
            assert (early.why, early.file) == ("import jobs can't be listed", flight(world).file)
            assert at == world.now + timedelta(minutes=30)
            assert (told.level, told.fields["reason"]) == (Level.ERROR, "import jobs can't be listed: threshold")
        world.sim.advance(1800)
        send(replace(world.ports(), import_jobs=jobs), world.connector)

        assert jobs.hooks.count("queue") == (1 if queues == 1 else 0)
        assert len(world.lane.abandoned) == (0 if queues == 1 else 1)


def test_a_refused_list_is_asked_for_every_hour() -> None:
    """A deadline that is further away doesn't shorten it."""
    world, jobs = planned(2), FakeImportJobs()
    jobs.hooks.fail("list", RefusedError("threshold"))

    assert asked(world, jobs).at == world.now + timedelta(hours=1)


def test_an_upload_of_the_file_that_was_queued_before_is_taken_up() -> None:
    """Before the first queue call, where the lane has counted none: in this folder, under any of the file's names."""
    world, jobs = planned(2), FakeImportJobs()
    library = world.ports().library
    file = delivery_of(world).file.name
    stem = file.removesuffix(".json")
    jobs.queue(f"https://elsewhere/{file}", {})
    jobs.queue(library.url_of("upa-hr-other.json"), {})
    known = jobs.queue(library.url_of(f"{stem}-3.json"), {})
    place = in_lane(world, upload=file, source_uri=library.url_of(file)).place
    found = queued_before(replace(world.ports(), import_jobs=jobs), place)
    jobs.hooks.fail("list", RefusedError("threshold"))

    assert found is not None
    assert (found.upload, found.source_uri) == (f"{stem}-3.json", library.url_of(f"{stem}-3.json"))
    assert (found.jobs, found.queues) == ((known,), 1)
    assert queued_before(replace(world.ports(), import_jobs=jobs), place) is None
    assert queued_before(replace(world.ports(), import_jobs=FakeImportJobs()), place) is None
