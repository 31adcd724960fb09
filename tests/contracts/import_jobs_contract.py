"""What the port `ImportJobs` promises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import pytest

from upa_core.domain.bulk.import_job import JobState
from upa_core.domain.errors import AccessDeniedError, RefusedError, RetryLaterError, UnansweredError
from upa_core.ports.import_jobs import ImportJobs

STRANGER = "5f05e38c-bd0e-49ec-8c9c-c4cfe370248c"
MAP = {"City": "CostCenter"}


class JobsWorld(Protocol):
    """The import service and SharePoint behind it."""

    jobs: ImportJobs
    uri: str
    """URL of a file that can be imported."""
    editable: str
    """A profile property that people edit themselves."""

    def start(self) -> None:
        """Let SharePoint begin with what was submitted."""

    def finish(self) -> None:
        """Let SharePoint come to the end of everything."""

    def nameless(self) -> None:
        """Let the next queue call name no id."""

    def lose(self) -> None:
        """Let the next queue call's answer be lost, after its effect."""

    def fail(self) -> None:
        """Let calls fail until further notice, without effect."""

    def deny(self) -> None:
        """Take our rights away."""


class ImportJobsContract:
    """Subclass it with a fixture `world` without import jobs."""

    def test_queued_import_job(self, world: JobsWorld) -> None:
        """A queued file is an import job that is Submitted and carries the file's URL."""
        job_id = world.jobs.queue(world.uri, MAP)
        assert job_id is not None
        job = world.jobs.get(job_id)
        assert job is not None

        assert (job.id, job.state, job.error, job.source_uri, job.started, job.ended) == (
            job_id,
            JobState.SUBMITTED,
            0,
            world.uri,
            False,
            False,
        )

    def test_ended_import_job(self, world: JobsWorld) -> None:
        """An import job comes to an end and stays known."""
        job_id = world.jobs.queue(world.uri, MAP)
        world.finish()
        job = world.jobs.get(job_id or "")
        assert job is not None

        assert (job.state, job.error, job.ended) == (JobState.SUCCEEDED, 0, True)

    def test_list(self, world: JobsWorld) -> None:
        """All import jobs are listed, as reading them singly tells."""
        ids = [world.jobs.queue(world.uri, MAP) for _ in range(3)]

        assert sorted(job.id for job in world.jobs.list()) == sorted(str(job_id) for job_id in ids)
        assert {job.id: job for job in world.jobs.list()} == {
            str(job_id): world.jobs.get(str(job_id)) for job_id in ids
        }

    def test_empty_list(self, world: JobsWorld) -> None:
        """Without import jobs the list is empty."""
        assert list(world.jobs.list()) == []

    def test_unknown_import_job(self, world: JobsWorld) -> None:
        """An import job that SharePoint doesn't know is None, and can't be cancelled."""
        assert (world.jobs.get(STRANGER), world.jobs.cancel(STRANGER)) == (None, False)

    def test_nameless_import_job(self, world: JobsWorld) -> None:
        """An accepted file whose import job isn't named is found by the file's URL."""
        world.nameless()

        assert world.jobs.queue(world.uri, MAP) is None
        assert [job.source_uri for job in world.jobs.list()] == [world.uri]

    def test_lost_answer(self, world: JobsWorld) -> None:
        """A queue call whose answer is lost is unanswered, was made once, and its import job is found by URL."""
        world.lose()
        with pytest.raises(UnansweredError):
            world.jobs.queue(world.uri, MAP)

        assert [job.source_uri for job in world.jobs.list()] == [world.uri]

    def test_cancel(self, world: JobsWorld) -> None:
        """An import job that hasn't started can be cancelled, and is then unknown."""
        job_id = world.jobs.queue(world.uri, MAP) or ""

        assert (world.jobs.cancel(job_id), world.jobs.get(job_id)) == (True, None)

    def test_started_import_job_goes_on(self, world: JobsWorld) -> None:
        """An import job that has started isn't cancelled."""
        job_id = world.jobs.queue(world.uri, MAP) or ""
        world.start()

        assert world.jobs.cancel(job_id) is False
        assert world.jobs.get(job_id).started

    def test_editable_property_is_refused(self, world: JobsWorld) -> None:
        """A property that people may edit is refused at queue time, by name, and no import job starts."""
        with pytest.raises(RefusedError, match=world.editable):
            world.jobs.queue(world.uri, {"City": world.editable})

        assert list(world.jobs.list()) == []

    def test_failing_service(self, world: JobsWorld) -> None:
        """A service that fails is to be asked later, by every method."""
        world.fail()
        for call in calls(world.jobs, world.uri):
            with pytest.raises(RetryLaterError):
                call()

    def test_missing_rights(self, world: JobsWorld) -> None:
        """Without rights every method is access denied."""
        world.deny()
        for call in calls(world.jobs, world.uri):
            with pytest.raises(AccessDeniedError):
                call()


def calls(jobs: ImportJobs, uri: str) -> list[Callable[[], object]]:
    """Return every call of the port."""
    return [lambda: jobs.queue(uri, MAP), lambda: jobs.get(STRANGER), jobs.list, lambda: jobs.cancel(STRANGER)]
