"""Archive an ended import job: file and logs go to our storage, hash-checked, before anything is settled or deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from upa_core.domain.connector import Connector
from upa_core.domain.errors import ConflictError
from upa_core.domain.events import Event, EventName, Fields
from upa_core.domain.import_job import ImportJob, JobState
from upa_core.domain.names import run_folder
from upa_core.domain.state import FileState, InFlight, JobOutcome, LogFile, Outcome
from upa_core.ports.bundle import Ports
from upa_core.ports.library import LibraryItem
from upa_core.services.documents import get_document, put_document


def outcome_key(run: str, file: str) -> str:
    """Return where the archive's manifest of an import file lies."""
    return f"{run_folder(run)}archive/{file}/outcome.json"


def load_outcome(ports: Ports, run: str, file: str) -> Outcome | None:
    """Return how an import file ended, None where it isn't archived yet."""
    stored = get_document(ports.store, outcome_key(run, file), Outcome)
    return stored.value if stored is not None else None


def logs_missing(ports: Ports, jobs: Sequence[ImportJob]) -> bool:
    """Tell whether an import job ended in Error and its log isn't there (yet)."""
    return any(job.state == JobState.ERROR and not _log_items(ports, job) for job in jobs)


def archive(
    ports: Ports,
    connector: Connector,
    flight: InFlight,
    file: FileState,
    jobs: Sequence[ImportJob],
    *,
    given_up: str = "",
) -> Outcome:
    """Copy everything the settling needs, then write the manifest; the first one written is the one that counts."""
    already = load_outcome(ports, flight.run, flight.file)
    if already is not None:
        return already
    content = ports.library.download(flight.source_uri) if flight.source_uri else None
    intact = content is not None and hashlib.sha256(content).hexdigest() == file.sha256
    logs: list[LogFile] = []
    for job in jobs:
        for item in _log_items(ports, job):
            logs.append(_archive_log(ports, flight, job.id, item.name, item.url, len(logs)))
    outcome = Outcome(
        version=Outcome.VERSION,
        connector=connector.name,
        run=flight.run,
        file=flight.file,
        sequence=flight.sequence,
        ended=ports.clock.now(),
        jobs=tuple(JobOutcome(job.id, job.state, job.error, job.message) for job in jobs),
        logs=tuple(logs),
        intact=intact,
        given_up=given_up,
        source_uri=flight.source_uri,
        log_folders=tuple(job.log_folder_uri for job in jobs if job.log_folder_uri),
    )
    try:
        put_document(ports.store, outcome_key(flight.run, flight.file), outcome, if_absent=True)
    except ConflictError:
        return load_outcome(ports, flight.run, flight.file) or outcome
    fields: Fields = {"file": flight.file, "logs": len(logs), "intact": intact}
    ports.events.emit(Event(EventName.FILE_ARCHIVED, connector.name, flight.run, fields=fields))
    return outcome


def _log_items(ports: Ports, job: ImportJob) -> list[LibraryItem]:
    if not job.log_folder_uri:
        return []
    return [item for item in ports.library.items(job.log_folder_uri) or () if not item.is_folder]


def _archive_log(ports: Ports, flight: InFlight, job: str, name: str, url: str, number: int) -> LogFile:
    content = ports.library.download(url) or b""
    digest = hashlib.sha256(content).hexdigest()
    key = f"{run_folder(flight.run)}archive/{flight.file}/log-{number:03d}-{digest[:12]}"
    ports.store.put(key, content)
    return LogFile(job, name, key, digest)
