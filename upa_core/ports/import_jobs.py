"""SharePoint's bulk import service (Office365Tenant over CSOM)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from upa_core.domain.bulk.import_job import ImportJob


class ImportJobs(Protocol):
    """Queue, read and cancel import jobs.

    Every method raises `AccessDeniedError`, `RefusedError` (SharePoint's own message in it) and `RetryLaterError`.
    """

    def queue(self, source_uri: str, property_map: Mapping[str, str]) -> str | None:
        """Queue the file matched by CloudId (`IdName`); return the import job's id.

        None: accepted, but SharePoint named no id, the empty GUID [SP-16]. `UnansweredError`: the import
        job may exist; look it up by `source_uri`. `UnavailableError` / `ThrottledError`: it was surely not queued.
        """

    def get(self, job_id: str) -> ImportJob | None:
        """Return the import job, None where SharePoint doesn't know it."""

    def list(self) -> Sequence[ImportJob]:
        """Return all import jobs that SharePoint still lists. May be refused for good (list view threshold)."""

    def cancel(self, job_id: str) -> bool:
        """Delete an import job that hasn't started; False where SharePoint wouldn't."""
