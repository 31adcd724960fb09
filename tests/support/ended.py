"""The archive of an open run's file, as if its import job had ended, and the run as a test wants it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from tests.support.world import World
from upa_core.domain.bulk.import_job import JobError, JobState
from upa_core.domain.documents.lane import JobOutcome, LogFile, Outcome
from upa_core.domain.documents.runs import FileState, Run
from upa_core.domain.documents.storage_layout import run_folder
from upa_core.services.deliver.delivery import Delivery
from upa_core.state.document import state_of

DELIVERED = JobOutcome("job", JobState.SUCCEEDED, JobError.NO_ERROR, "")
NAMED = JobOutcome("job", JobState.ERROR, JobError.IMPORT_COMPLETE_WITH_ERROR, "")
SPOILT = JobOutcome("job", JobState.ERROR, JobError.INTERNAL_ERROR, "")


def planned(people: int, **options: Any) -> World:
    """Return a world whose first run is planned and not begun."""
    world = World(people, **options)
    world.pull()
    assert world.step().why == "planned"
    return world


def delivery_of(world: World, *more: FileState, **changes: Any) -> Delivery:
    """Return the open run's first file on its way; the run gets more files and other fields first."""

    def changed(run: Run | None) -> Run:
        assert run is not None
        return replace(run, **{"files": (*run.files, *more), **changes})

    stored = state_of(world.store, "hr").update(lambda state: replace(state, run=changed(state.run)))
    run = stored.value.run
    assert run is not None
    return Delivery(world.ports(), world.connector, run, run.files[0])


def log_of(world: World, run: str, job: str, *lines: str, readable: bool = True) -> LogFile:
    """Archive a log of an import job."""
    data, key = "".join(f"{line}\n" for line in lines).encode(), f"{run_folder(run)}logs/{job}"
    world.store.put(key, data)
    return LogFile(job, "log", key, hashlib.sha256(data).hexdigest(), readable=readable)


def ended(world: World, *jobs: JobOutcome, lines: tuple[str, ...] = (), **fields: Any) -> Outcome:
    """Return the archive of the open run's first file; `lines` are in the first import job's log."""
    run = world.state.run
    assert run is not None
    file, logs = run.files[0], ()
    if lines:
        logs = (log_of(world, run.id, jobs[0].id, *lines),)
    known: dict[str, Any] = {"intact": True, "import_jobs": tuple(job.id for job in jobs), **fields}
    return Outcome(1, "hr", run.id, file.name, file.sequence, world.now, jobs, logs, **known)


def unresolved(person: str) -> str:
    """Return the line of a log about a person without a profile."""
    return f"IdentityNotResolvable\t{person}\tx"


def refused(person: str, target: str) -> str:
    """Return the line of a log about a property that SharePoint refused."""
    return f"GenericError\t{person}\tthe property '{target}' is refused"
