"""Find the import job of a queue call that got no answer, by the file's unique name [SP-16]."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote

from upa_core.domain.bulk.import_job import ImportJob
from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import InFlight, Run
from upa_core.domain.documents.ids import is_upload_of
from upa_core.domain.errors import FatalError, RetryLaterError
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.next_step import Step
from upa_core.domain.timetable import GIVEN_UP_AFTER, LOOK_UP_AGAIN, MAX_QUEUE_CALLS
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.bulk.postpone import postpone
from upa_core.services.deliver.finish import give_up_sending
from upa_core.services.wake import wake
from upa_core.state.lane import emit, move

LOOKUPS = 2
"""How often an unanswered queue call is looked up before the same bytes may be queued again."""
_LIST_AGAIN = timedelta(hours=1)


def look_up(ports: Ports, connector: Connector, run: Run, flight: InFlight) -> Step | InFlight:
    """Look once. Returns what comes next, or the file in flight where the same bytes may be queued again.

    They may be after two misses minutes apart; where import jobs can't be listed at all (list view threshold,
    [SP-59]), after the longest age an import job is given.
    """
    now = ports.clock.now()
    try:
        found = find(ports, flight.source_uri)
    except RetryLaterError as exc:
        if now - (flight.asked or now) < GIVEN_UP_AFTER:
            return postpone(ports, connector, run, flight, exc)
        return _again(ports, connector, run, flight)
    except FatalError as exc:
        deadline = (flight.asked or now) + GIVEN_UP_AFTER
        if now >= deadline:
            return _again(ports, connector, run, flight)
        later = replace(flight, not_before=min(now + _LIST_AGAIN, deadline))
        move(ports, connector, flight, later)
        emit(ports, EventName.FILE_LOOKED_UP, flight, Level.ERROR, reason=f"import jobs can't be listed: {exc}")
        return Step("poll", "import jobs can't be listed", at=later.not_before, run=run.id, file=flight.file)
    emit(ports, EventName.FILE_LOOKED_UP, flight, found=len(found), lookups=flight.lookups + 1)
    if found:
        return mark_queued(ports, connector, flight, tuple(job.id for job in found))
    missed = replace(flight, lookups=flight.lookups + 1, not_before=now + LOOK_UP_AGAIN, tries=0)
    if missed.lookups >= LOOKUPS or flight.phase == "uploaded":  # missed often enough before, but look once more
        return _again(ports, connector, run, flight)
    move(ports, connector, flight, missed)
    return Step("poll", "not listed yet", at=missed.not_before, run=run.id, file=flight.file)


def find(ports: Ports, source_uri: str) -> list[ImportJob]:
    """Return the import jobs that read this file."""
    wanted = _plain(source_uri)
    return [job for job in ports.import_jobs.list() if _plain(job.source_uri) == wanted]


def queued_before(ports: Ports, flight: InFlight) -> InFlight | None:
    """Look for an import job of any upload of the file, before its first queue call; None where none is listed.

    A lane that was restored from an older version doesn't know that the file was queued. Returns the file in flight as
    it was then. Raises `RetryLaterError`; where import jobs can't be listed for good, none is known.
    """
    try:
        jobs = ports.import_jobs.list()
    except FatalError:
        return None
    folder = _plain(flight.source_uri.rpartition("/")[0])
    for job in jobs:
        place, _, name = unquote(job.source_uri).rpartition("/")
        if _plain(place) == folder and is_upload_of(name, flight.file):
            known = tuple(one.id for one in jobs if _plain(one.source_uri) == _plain(job.source_uri))
            return replace(flight, upload=name, source_uri=ports.library.url_of(name), jobs=known, queues=1)
    return None


def mark_queued(ports: Ports, connector: Connector, flight: InFlight, jobs: tuple[str, ...]) -> Step:
    """Remember the import jobs of the file and have them watched."""
    known = tuple(dict.fromkeys((*flight.jobs, *filter(None, jobs))))
    now = ports.clock.now()
    later = replace(flight, phase="queued", jobs=known, queued=now, not_before=None, tries=0)
    move(ports, connector, flight, later)
    emit(ports, EventName.FILE_QUEUED, later)
    wake(ports, ports.waker.watch, connector.name, flight.file)
    return Step("again", "queued", run=flight.run, file=flight.file)


def _again(ports: Ports, connector: Connector, run: Run, flight: InFlight) -> Step | InFlight:
    if flight.queues < MAX_QUEUE_CALLS:
        return flight
    return give_up_sending(ports, connector, run, flight)


def _plain(uri: str) -> str:
    return unquote(uri).casefold()
