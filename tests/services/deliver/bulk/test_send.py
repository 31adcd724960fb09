"""Sending under bad circumstances: slow uploads, throttled queue calls, and a person who spoils every file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tenant_sim import Fault
from tests.crash.scenarios import settled
from tests.support.world import FOLDER, World
from tests.support.wrapped import Wrapped
from upa_core.domain.documents.storage_layout import lane_key
from upa_core.domain.errors import ThrottledError
from upa_core.domain.health.events import EventName
from upa_core.services.upkeep.housekeeping import housekeeping


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
