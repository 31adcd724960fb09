"""SharePoint's import jobs, as command line and HTTP API list them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from tests.fakes.import_jobs import FakeImportJobs
from tests.support.world import World
from upa_core.domain.bulk.import_job import JobError, JobState
from upa_core.domain.documents.lane import Abandoned, InFlight
from upa_core.domain.errors import RefusedError
from upa_core.services.insight.import_jobs import COLUMNS, list_import_jobs, one_import_job
from upa_core.state.document import lane_of

SITE = "https://contoso.example/sites/upa/Imports/"
OLD, NEW = "upa-hr-20261122T091500Z-7f3k-1.json", "upa-hr-20261122T101500Z-7f3l-2.json"


def queued(jobs: FakeImportJobs, name: str) -> str:
    """Queue a file of this name; returns the import job's id."""
    job = jobs.queue(SITE + name, {"CostCenter": "CostCenter"})
    assert job is not None
    return job


def test_all_are_listed_newest_first_in_sharepoints_words() -> None:
    """Ours have the age of their file; a cmdlet's file has none, and stands last."""
    world, jobs = World(), FakeImportJobs()
    old, new, other = (queued(jobs, name) for name in (OLD, NEW, "userprofilesyncdata-1.json"))
    jobs.move(old, JobState.ERROR, JobError.INVALID_DATA_FILE, "broken", SITE + "log")
    found = list_import_jobs(replace(world.ports(), import_jobs=jobs), world.connector)
    rows = found.jobs

    assert found.complete
    assert [row["id"] for row in rows] == [new, old, other]
    assert [row["state"] for row in rows] == ["Submitted", "Error", "Submitted"]
    assert [row["ours"] for row in rows] == [True, True, False]
    assert (rows[1]["error"], rows[1]["message"], rows[1]["log"]) == ("InvalidDataFile", "broken", SITE + "log")
    assert rows[1]["age_h"] - rows[0]["age_h"] == 1
    assert rows[2]["age_h"] is None
    assert all(tuple(row) == COLUMNS for row in rows)


def test_what_is_on_our_books_is_told_where_sharepoint_wont_list() -> None:
    """After thousands of import jobs it refuses; its reason is told with what is known."""
    world, jobs = World(), FakeImportJobs()
    known, _ = queued(jobs, OLD), queued(jobs, "another.json")
    since = datetime(2026, 11, 21, 10, tzinfo=UTC)
    gone = Abandoned("hr", "20261122T091500Z-7f3k", OLD, 1, OLD, SITE + OLD, (known,), since, since)
    lane_of(world.store, world.connector).update(lambda lane: replace(lane, abandoned=(gone,)))
    jobs.hooks.fail("list", RefusedError("the list view threshold is exceeded"))
    found = list_import_jobs(replace(world.ports(), import_jobs=jobs), world.connector)

    assert (found.complete, found.why) == (False, "the list view threshold is exceeded")
    assert [row["id"] for row in found.jobs] == [known]


def test_one_is_told_by_its_id() -> None:
    """One that SharePoint forgot is None."""
    world, jobs = World(), FakeImportJobs()
    job, ports = queued(jobs, OLD), replace(world.ports(), import_jobs=jobs)
    row = one_import_job(ports, world.connector, job)

    assert row is not None
    assert row["id"] == job
    assert one_import_job(ports, world.connector, "5f05e38c-bd0e-49ec-8c9c-c4cfe370248c") is None


def test_a_job_has_each_part_under_its_own_name() -> None:
    """Its file's moment and age; a name whose moment is none has neither; another connector's isn't ours."""
    world, jobs = World(), FakeImportJobs()
    mine = queued(jobs, OLD)
    jobs.move(mine, JobState.ERROR, JobError.INVALID_DATA_FILE, "broken", SITE + "log")
    row = one_import_job(replace(world.ports(), import_jobs=jobs), world.connector, mine)
    other = queued(jobs, OLD.replace("upa-hr-", "upa-it-"))
    odd = queued(jobs, "upa-hr-20269999T999999Z-7f3k-1.json")
    rows = {one["id"]: one for one in list_import_jobs(replace(world.ports(), import_jobs=jobs), world.connector).jobs}

    assert row == {
        "id": mine,
        "state": "Error",
        "error": "InvalidDataFile",
        "message": "broken",
        "file": OLD,
        "log": SITE + "log",
        "made": "2026-11-22T09:15:00Z",
        "age_h": 1.0,
        "ours": True,
    }
    assert (rows[other]["ours"], rows[other]["made"], rows[other]["error"]) == (False, row["made"], "")
    world.sim.advance(300 * 3600 + 18)
    later = one_import_job(replace(world.ports(), import_jobs=jobs), world.connector, mine)
    assert later is not None
    assert later["age_h"] == 301.0
    assert (rows[odd]["made"], rows[odd]["age_h"], rows[odd]["ours"]) == (None, None, True)


def test_books_have_the_file_in_flight_and_what_was_given_up() -> None:
    """Each is asked for by itself; one that SharePoint forgot isn't listed."""
    world, jobs = World(), FakeImportJobs()
    flying, given_up = queued(jobs, NEW), queued(jobs, OLD)
    since = datetime(2026, 11, 21, 10, tzinfo=UTC)
    gone = Abandoned("hr", "run", OLD, 1, OLD, SITE + OLD, (given_up, "forgotten"), since, since)
    flight = InFlight("hr", "run", NEW, 1, "queued", since, jobs=(flying,))
    lane_of(world.store, world.connector).update(lambda lane: replace(lane, in_flight=flight, abandoned=(gone,)))
    jobs.hooks.fail("list", RefusedError("threshold"))
    found = list_import_jobs(replace(world.ports(), import_jobs=jobs), world.connector)

    assert [row["id"] for row in found.jobs] == [flying, given_up]
    assert not found.complete
