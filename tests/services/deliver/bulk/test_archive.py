"""Archiving an import job's answer: its log, whatever it looks like and wherever it lies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.crash.scenarios import quick, settled
from tests.support.ended import planned
from tests.support.world import FOLDER, World
from tests.support.wrapped import Wrapped
from upa_core.domain.bulk.import_job import ImportJob, JobState
from upa_core.domain.documents.lane import InFlight, Outcome
from upa_core.domain.documents.storage_layout import outcome_key
from upa_core.domain.errors import AccessDeniedError
from upa_core.domain.health.events import EventName
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.ports.bundle import Ports
from upa_core.ports.library import LibraryItem
from upa_core.services.deliver.archive import load_outcome, write_outcome
from upa_core.services.deliver.bulk import archive as archive_module
from upa_core.services.deliver.bulk.archive import archive_given_up, logs_seen, logs_wanted
from upa_core.services.upkeep.housekeeping import housekeeping


def changed(people: int = 3, **connector: Any) -> World:
    """Return a settled world in which one person has changed."""
    world = settled(people, **connector)
    world.edit(world.people[0], department="B")
    return world


def test_a_late_log_is_waited_for() -> None:
    """On Error the log may come within 2 h; nobody is confirmed before."""
    world = settled()
    world.sim.timer_job.plan("next", log="late", log_delay=4000)
    absent = world.join(profile=False, department="x")
    world.edit(world.people[0], department="B")
    world.sync(hours=2)
    assert (list(world.escrow()), world.differences()) == ([absent], [])
    assert len(world.sim.jobs) == 2


def ended_with_two_logs() -> tuple[World, list[str]]:
    """Return a world whose import job has just ended, each of two people without a profile in a log of their own."""
    world = settled()
    absent = [world.join(profile=False, department="x") for _ in range(2)]
    world.edit(world.people[0], department="B")
    world.pull()
    world.far()
    while not world.sim.jobs[-1].state.terminal:
        world.sim.advance(10)
    (log,) = (file for file in world.sim.library.files(under=FOLDER) if "-Logs/" in file.path)
    first, second = log.content.splitlines(keepends=True)
    log.content = first
    world.sim.library.add_file(log.parent, f"{log.name}-2", second, overwrite=False)
    return world, absent


def test_all_files_of_the_log_folder_are_read() -> None:
    """A log in several files names people in each."""
    world, absent = ended_with_two_logs()
    world.drain(hours=0.3)
    assert sorted(world.escrow()) == sorted(absent)
    assert world.profile(world.people[0])["UpaDepartment"] == "B"
    assert len(world.sim.jobs) == 2


@pytest.mark.slow
def test_a_log_that_is_listed_and_cant_be_read_confirms_nobody() -> None:
    """Whom it names isn't known, so everybody in the file is sent again."""
    world, absent = ended_with_two_logs()
    ports = world.ports()

    class Secretive:
        def __getattr__(self, name: str) -> object:
            return getattr(ports.library, name)

        def download(self, url: str, *, most: int) -> bytes | None:
            if url.endswith("-2"):
                raise AccessDeniedError("no")
            return ports.library.download(url, most=most)

    while world.state.run is not None:
        if world.step(replace(ports, library=Secretive())).kind != "again":
            world.sim.advance(60)
    assert all(set((world.shadow(person) or {"": None}).values()) <= {None} for person in absent)
    known = world.shadow(world.people[0])
    assert known is not None
    assert known["UpaDepartment"] is None
    assert world.state.retry is not None
    world.settle_down()
    assert world.differences() == []


def test_a_file_that_somebody_replaced_confirms_nobody() -> None:
    """What lay in the library at the end wasn't what we wrote: everything in it is unknown and sent again."""
    world = changed()
    world.pull()
    world.far()
    flight = world.lane.in_flight
    assert flight is not None
    world.ports().library.upload(flight.upload, b'\xef\xbb\xbf{"value":[]}')
    world.settle_down()
    assert len(world.sim.jobs) == 3
    assert world.differences() == []


def test_a_log_that_lies_elsewhere_is_no_log() -> None:
    """A LogFolderUri of another host gets no token, and stops nothing."""
    world = settled()
    world.join(profile=False, department="x")
    world.pull()
    world.far()
    ports = world.ports()

    class Astray:
        def __getattr__(self, name: str) -> object:
            return getattr(ports.import_jobs, name)

        def get(self, job: str) -> object:
            found = ports.import_jobs.get(job)
            return found and replace(found, log_folder_uri=found.log_folder_uri and "https://evil.example/Logs")

    astray = replace(ports, import_jobs=Astray())
    while world.state.run is not None:
        if world.step(astray).kind != "again":
            world.sim.advance(120)
    assert world.lane.in_flight is None
    assert world.state.retry is not None


def _changed() -> World:
    world = settled(3)
    world.edit(world.people[0], department="B")
    world.pull()
    return world


def test_a_log_folder_that_is_none_is_left_alone() -> None:
    """Where SharePoint named the library itself, everything in it would be deleted."""
    world = settled(3)
    library = world.sim.library
    library.add_file(FOLDER, "payroll.txt", b"precious", overwrite=False)
    world.join(profile=False, department="x")
    world.pull()
    world.far()
    ports = world.ports()
    real = ports.import_jobs.get

    def get(job: str) -> Any:
        found = real(job)
        return found and replace(found, log_folder_uri=found.log_folder_uri and world.sim.urls.sharepoint + FOLDER)

    world.drain(replace(ports, import_jobs=Wrapped(ports.import_jobs, get=get)), hours=3)

    assert library.find(f"{FOLDER}/payroll.txt") is not None


GUID = "11111111-2222-3333-4444-555555555555"


@pytest.mark.slow
def test_a_folder_beside_the_file_that_is_no_log_folder_is_left_alone() -> None:
    """Whatever SharePoint names: a sibling folder of somebody else's keeps all that it holds."""
    world = settled(3)
    library = world.sim.library
    library.add_folder(f"{FOLDER}/Payroll")
    library.add_file(f"{FOLDER}/Payroll", "ImportProfileProperties-x.log", b"precious", overwrite=False)
    world.join(profile=False, department="x")
    world.pull()
    world.far()
    ports = world.ports()
    real = ports.import_jobs.get

    def get(job: str) -> Any:
        found = real(job)
        named = f"{world.sim.urls.sharepoint}{FOLDER}/Payroll"
        return found and replace(found, log_folder_uri=found.log_folder_uri and named)

    world.drain(replace(ports, import_jobs=Wrapped(ports.import_jobs, get=get)), hours=3)
    world.settle_down(days=9)

    assert library.find(f"{FOLDER}/Payroll/ImportProfileProperties-x.log") is not None


@pytest.mark.slow
def test_what_somebody_put_into_a_log_folder_stays() -> None:
    """The logs go, the folder stays with the rest; nothing is owed, and the sweep doesn't count it as deleted."""
    world, _ = ended_with_two_logs()
    library = world.sim.library
    (log, _) = (file for file in library.files(under=FOLDER) if "-Logs/" in file.path)
    library.add_file(log.parent, "notes.docx", b"precious", overwrite=False)
    world.drain(hours=3)
    world.sim.advance(8 * 86_400)
    swept = housekeeping(world.ports(), world.connector)

    assert [file.name for file in library.files(under=FOLDER)] == ["notes.docx"]
    assert (world.state.debts, swept.orphans) == ((), 0)


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_a_log_in_utf_16_is_read(mark: bytes) -> None:
    """Its encoding is nowhere documented."""
    world = _changed()
    absent = world.join(profile=False, department="x")
    world.pull()
    ports = world.ports()
    encoding = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"

    def download(url: str, *, most: int) -> Any:
        found = ports.library.download(url, most=most)
        return mark + found.decode().encode(encoding) if found and "-Logs/" in url else found

    world.drain(replace(ports, library=Wrapped(ports.library, download=download)), hours=3)

    reasons = {person: entry.reason for person, entry in world.escrow().items()}
    assert reasons == {absent: EscrowReason.PROFILE_NOT_CREATED}


@pytest.mark.parametrize("limit", ["MAX_LOG_BYTES", "MAX_LOGS"])
def test_logs_past_their_limits_confirm_nobody(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What isn't read to its end could name anybody; no more is fetched, and everybody in the file is sent again."""
    world, absent = ended_with_two_logs()
    monkeypatch.setattr(archive_module, limit, 1)
    ports, read = world.ports(), []

    def download(url: str, *, most: int) -> Any:
        read.append(url)
        return ports.library.download(url, most=most)

    while world.state.run is not None:
        if world.step(replace(ports, library=Wrapped(ports.library, download=download))).kind != "again":
            world.sim.advance(60)

    assert len(read) == (0 if limit == "MAX_LOG_BYTES" else 1)
    assert world.state.retry is not None
    assert all(set((world.shadow(person) or {"": None}).values()) <= {None} for person in absent)


UPLOAD = "https://contoso.sharepoint.com/sites/upa/Imports/f.json"


def import_job(number: int, state: JobState) -> ImportJob:
    job = f"{number}{GUID[1:]}"
    return ImportJob(job, state, 0, "", UPLOAD, f"{UPLOAD}-{job}-Logs")


def listing(world: World, **sizes: int) -> Ports:
    """Return ports whose library lists logs by import job (`a1`: the first one's), each with a size."""
    made = world.ports()

    def items(url: str) -> list[LibraryItem]:
        number = url.partition("f.json-")[2][:1]
        found = [(name, size) for name, size in sizes.items() if name[1:] == number]
        folder = LibraryItem("sub", f"{url}/sub", 0, is_folder=True, created=world.now)
        return [*(LibraryItem(n, f"{url}/{n}", size, is_folder=False, created=world.now) for n, size in found), folder]

    return replace(made, library=Wrapped(made.library, items=items))


def test_one_import_job_that_ended_in_error_is_reason_enough_to_wait_for_a_log() -> None:
    """The others may have succeeded."""
    good, bad = import_job(1, JobState.SUCCEEDED), import_job(2, JobState.ERROR)

    assert (logs_wanted([good, bad]), logs_wanted([bad, good]), logs_wanted([good])) == (True, True, False)


def test_a_log_is_awaited_where_it_explains_an_error_and_has_grown_where_its_size_differs() -> None:
    """An import job that succeeded needs none, and a folder in the folder is none."""
    world = World()
    good, bad = import_job(1, JobState.SUCCEEDED), import_job(2, JobState.ERROR)
    seen = [logs_seen(listing(world, **sizes), [good, bad], UPLOAD) for sizes in ({}, {"a1": 1}, {"a2": 1}, {"a2": 2})]

    assert [bool(one) for one in seen] == [False, False, True, True]
    assert seen[2] != seen[3]
    assert logs_seen(listing(world), [good], UPLOAD)


def test_a_file_is_given_up_once() -> None:
    """The first archive counts; one that can't be read is replaced. Every import job that is known is named."""
    world = World()
    run = "20261122T101500Z-7f3k"
    flight = InFlight("hr", run, f"upa-hr-{run}-0001.json", 1, "queued", world.now, jobs=("one",))
    jobs = [replace(import_job(1, JobState.PROCESSING), id=name) for name in ("two", "", "one")]

    def given_up(why: str) -> Outcome:
        return archive_given_up(world.ports(), world.connector, flight, why, abandoned=True, jobs=jobs)

    first, second = given_up("late"), given_up("later")
    key = outcome_key(run, flight.file)
    world.store.put(key, world.store.blobs[key][:-9])
    third = given_up("damaged")

    assert (first.given_up, second, third.given_up) == ("late", first, "damaged")
    assert (first.import_jobs, first.abandoned) == (("one", "two"), True)
    assert load_outcome(world.ports(), run, flight.file) == third


def test_the_first_archive_of_a_file_counts_and_is_told_once() -> None:
    """Two instances that archive the same file settle from the same answer."""
    world = World()
    one = Outcome(1, "hr", "20261122T101500Z-7f3k", "file", 1, world.now, (), (), intact=True)
    other = replace(one, intact=False)

    assert (write_outcome(world.ports(), one), write_outcome(world.ports(), other)) == (one, one)
    assert len(world.events.named(EventName.FILE_ARCHIVED)) == 1


def test_a_folder_elsewhere_isnt_even_listed() -> None:
    """It is somebody else's, though on the same site."""
    world = World()
    asked: list[str] = []
    ports = replace(world.ports(), library=Wrapped(world.ports().library, items=asked.append))
    elsewhere = replace(
        import_job(1, JobState.ERROR), log_folder_uri="https://contoso.sharepoint.com/sites/upa/Payroll"
    )

    assert (logs_seen(ports, [elsewhere], UPLOAD), asked) == ("", [])


def test_no_more_of_a_file_is_read_than_ours_has() -> None:
    """A longer one isn't ours."""
    world = quick(planned(2))
    run = world.state.run
    assert run is not None
    library, asked = world.ports().library, []

    def digest(url: str, *, most: int) -> str | None:
        asked.append(most)
        return library.digest(url, most=most)

    for _ in range(20):
        world.drain(replace(world.ports(), library=Wrapped(library, digest=digest)), hours=0.1)

    assert (set(asked), world.state.run) == ({run.files[0].size}, None)
