"""SharePoint's import jobs, as command line and HTTP API list them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from upa_core.domain.bulk.import_job import ImportJob, error_name, state_name
from upa_core.domain.connector import Connector
from upa_core.domain.documents.codec import instant
from upa_core.domain.documents.ids import moment_of
from upa_core.domain.errors import RefusedError
from upa_core.ports.bundle import Ports
from upa_core.state.document import lane_of

COLUMNS = ("id", "state", "error", "message", "file", "log", "made", "age_h", "ours")
"""The parts of an import job: keys of JSON, headings of CSV."""


@dataclass(frozen=True, slots=True)
class ListedJobs:
    """Import jobs, newest first; `ours` is one whose file this connector made, `age_h` counts from its file's name."""

    jobs: list[dict[str, Any]]
    why: str = ""
    """Why SharePoint won't list: then only those on our books are here, asked one by one."""

    @property
    def complete(self) -> bool:
        """True where SharePoint listed them itself."""
        return not self.why


def list_import_jobs(ports: Ports, connector: Connector) -> ListedJobs:
    """Ask SharePoint for all its import jobs, ours and others'.

    Raises what the port raises, except a refusal to list: after thousands of import jobs it refuses.
    """
    now = ports.clock.now()
    try:
        return ListedJobs(_rows(ports.import_jobs.list(), connector.name, now))
    except RefusedError as exc:
        lane = lane_of(ports.store, connector).load().value
        known = [*(lane.in_flight.jobs if lane.in_flight else ()), *(job for one in lane.abandoned for job in one.jobs)]
        found = [job for job in map(ports.import_jobs.get, known) if job is not None]
        return ListedJobs(_rows(found, connector.name, now), str(exc))


def one_import_job(ports: Ports, connector: Connector, job: str) -> dict[str, Any] | None:
    """Ask SharePoint for one import job, by its id; None: SharePoint doesn't know it."""
    found = ports.import_jobs.get(job)
    return None if found is None else _row(found, connector.name, ports.clock.now())


def _rows(found: Iterable[ImportJob], connector: str, now: datetime) -> list[dict[str, Any]]:
    rows = (_row(job, connector, now) for job in found)
    return sorted(rows, key=lambda row: row["made"] or "", reverse=True)


def _row(job: ImportJob, connector: str, now: datetime) -> dict[str, Any]:
    name = job.source_uri.rpartition("/")[2]
    made = _made(name)
    return {
        "id": job.id,
        "state": state_name(job.state),
        "error": error_name(job.error) if job.error else "",
        "message": job.message,
        "file": name,
        "log": job.log_folder_uri,
        "made": instant(made) if made is not None else None,
        "age_h": round((now - made).total_seconds() / 3600, 2) if made is not None else None,
        "ours": name.startswith(f"upa-{connector}-"),
    }


def _made(name: str) -> datetime | None:
    """Return the moment in a file's name. In our names it is UTC; in the cmdlet's it is local time, so None."""
    found = re.search(r"-([0-9]{8}T[0-9]{6}Z-[a-z0-9]{4})-", name)
    return moment_of(found[1]) if found else None
