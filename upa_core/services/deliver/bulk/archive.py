"""Archive an ended import job: file and logs go to our storage, hash-checked, before anything is settled or deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from upa_core.domain.bulk.import_job import ImportJob, JobState
from upa_core.domain.bulk.log_folders import log_folders
from upa_core.domain.connector import Connector
from upa_core.domain.documents.lane import InFlight, JobOutcome, LogFile, Outcome
from upa_core.domain.documents.storage_layout import log_key, outcome_key
from upa_core.domain.errors import CorruptStateError, FatalError
from upa_core.ports.bundle import Ports
from upa_core.ports.library import LibraryItem
from upa_core.services.deliver.archive import load_outcome, write_outcome
from upa_core.services.deliver.bulk.flight import Flight

MAX_LOG_BYTES = 32 * 1024 * 1024
"""The most bytes of one log: more lines than an import file has people."""
MAX_LOGS = 100
"""The most logs of one import file."""


def logs_wanted(jobs: Sequence[ImportJob]) -> bool:
    """Return whether an import job ended in a state that its log explains."""
    return any(job.state == JobState.ERROR for job in jobs)


def logs_seen(ports: Ports, jobs: Sequence[ImportJob], source_uri: str) -> str:
    """Return a summary of the log folders' contents, "" while an import job that ended in Error has no folder.

    Raises `RetryLaterError` where the library can't be read now.
    """
    seen = []
    for job in jobs:
        items = _log_items(ports, job, source_uri)
        if job.state == JobState.ERROR and not items:
            return ""
        seen += [f"{job.id} {item.name} {item.size}" for item in items]
    return hashlib.sha256("\n".join(sorted(seen)).encode()).hexdigest()[:16]


def archive(here: Flight, jobs: Sequence[ImportJob]) -> Outcome:
    """Copy everything that settling needs, then write the manifest; the first one written counts.

    Raises `RetryLaterError` where the library can't be read now.
    """
    ports, flight = here.ports, here.place
    intact = _digest(ports, flight.source_uri, here.file.size) == here.file.sha256
    logs: list[LogFile] = []
    for job in jobs:
        for item in _log_items(ports, job, flight.source_uri):
            most = MAX_LOG_BYTES if len(logs) < MAX_LOGS else 0
            logs.append(_archive_log(ports, flight, job.id, item, len(logs), most))
            if not most:
                break
    outcome = Outcome(
        version=Outcome.VERSION,
        connector=here.connector.name,
        run=flight.run,
        file=flight.file,
        sequence=flight.sequence,
        ended=ports.clock.now(),
        jobs=tuple(JobOutcome(job.id, job.state, job.error, job.message) for job in jobs),
        logs=tuple(logs),
        intact=intact,
        source_uri=flight.source_uri,
        log_folders=log_folders(jobs, flight.source_uri),
        import_jobs=_known(flight, jobs),
    )
    return write_outcome(ports, outcome)


def archive_given_up(
    ports: Ports, connector: Connector, flight: InFlight, why: str, *, abandoned: bool, jobs: Sequence[ImportJob] = ()
) -> Outcome:
    """Write that a file was given up; nothing is read from the library, so this always works.

    Six parameters: the facts of a file's outcome.

    Args:
        abandoned: an import job of it may still run.
    """
    try:
        already = load_outcome(ports, flight.run, flight.file)
    except CorruptStateError:
        already = None
        ports.store.delete(outcome_key(flight.run, flight.file))
    if already is not None:
        return already
    outcome = Outcome(
        version=Outcome.VERSION,
        connector=connector.name,
        run=flight.run,
        file=flight.file,
        sequence=flight.sequence,
        ended=ports.clock.now(),
        jobs=(),
        logs=(),
        intact=False,
        given_up=why,
        source_uri=flight.source_uri,
        log_folders=log_folders(jobs, flight.source_uri),
        abandoned=abandoned,
        import_jobs=_known(flight, jobs),
    )
    return write_outcome(ports, outcome)


def _known(flight: InFlight, jobs: Sequence[ImportJob]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*flight.jobs, *(job.id for job in jobs if job.id))))


def _log_items(ports: Ports, job: ImportJob, source_uri: str) -> list[LibraryItem]:
    """List a log folder; a folder that SharePoint refuses to show, or a link out of the tenant, gives no log."""
    if not log_folders([job], source_uri):
        return []
    try:
        return [item for item in ports.library.items(job.log_folder_uri) or () if not item.is_folder]
    except FatalError:
        return []


def _digest(ports: Ports, url: str, size: int) -> str | None:
    """Hash a file in the library; a file longer than ours isn't ours, and no more of it is read."""
    try:
        return ports.library.digest(url, most=size)
    except FatalError:
        return None


def _archive_log(ports: Ports, flight: InFlight, job: str, item: LibraryItem, number: int, most: int) -> LogFile:
    """Copy a log; one that can't be read, or has more than `most` bytes, is marked as unreadable.

    Six parameters: the log, its place and its limit.
    """
    try:
        found = ports.library.download(item.url, most=most) if item.size <= most else None
    except FatalError:
        found = None
    content = found or b""
    digest = hashlib.sha256(content).hexdigest()
    key = log_key(flight.run, flight.file, number, digest)
    ports.store.put(key, content)
    return LogFile(job, item.name, key, digest, readable=found is not None)
