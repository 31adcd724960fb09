"""SharePoint's bulk import service, without any importing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from tests.fakes.hooks import Hooks
from upa_core.domain.bulk.import_job import ImportJob, JobState
from upa_core.domain.errors import RefusedError


class FakeImportJobs:
    """Implements `ImportJobs`; a test moves an import job on with `move`.

    Operations: queue, get, list, cancel; the subject is the source URI or the id. `nameless`: the next so many queue
    calls start an import job without naming it (the empty GUID).
    """

    def __init__(self) -> None:
        self.hooks = Hooks()
        self.jobs: dict[str, ImportJob] = {}
        self.maps: dict[str, Mapping[str, str]] = {}
        self.nameless = 0
        self.editable = {"AboutMe"}
        """Profile properties that people edit themselves: the bulk import refuses them."""

    def move(self, job_id: str, state: JobState, error: int = 0, message: str = "", log_folder_uri: str = "") -> None:
        """Let SharePoint report another state."""
        self.jobs[job_id] = replace(
            self.jobs[job_id], state=state, error=error, message=message, log_folder_uri=log_folder_uri
        )

    def queue(self, source_uri: str, property_map: Mapping[str, str]) -> str | None:
        """Start an import job."""
        with self.hooks.around("queue", source_uri):
            if refused := sorted(self.editable & set(property_map.values())):
                raise RefusedError(f"Property Names [{','.join(refused)}] are editable by user.")
            job_id = str(UUID(int=len(self.jobs) + 1))
            self.jobs[job_id] = ImportJob(job_id, JobState.SUBMITTED, 0, "", source_uri, "")
            self.maps[job_id] = dict(property_map)
            named = self.nameless <= 0
            self.nameless -= not named
        return job_id if named else None

    def get(self, job_id: str) -> ImportJob | None:
        """Return the import job."""
        with self.hooks.around("get", job_id):
            return self.jobs.get(job_id)

    def list(self) -> Sequence[ImportJob]:
        """Return all import jobs."""
        with self.hooks.around("list"):
            return list(self.jobs.values())

    def cancel(self, job_id: str) -> bool:
        """Delete an import job that hasn't started."""
        with self.hooks.around("cancel", job_id):
            job = self.jobs.get(job_id)
            possible = job is not None and not job.started
            if possible:
                del self.jobs[job_id]
        return possible
