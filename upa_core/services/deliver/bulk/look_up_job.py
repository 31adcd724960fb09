"""Find the import job of a queue call that got no answer, by the file's unique name [SP-16]."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote

from upa_core.domain.bulk.import_job import ImportJob
from upa_core.domain.documents.ids import is_upload_of
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.errors import FatalError, RetryLaterError
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.next_step import Step
from upa_core.domain.pauses import GIVEN_UP_AFTER, LOOK_UP_AGAIN, MAX_QUEUE_CALLS
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.bulk.flight import Flight
from upa_core.services.deliver.bulk.landing import give_up_sending
from upa_core.services.deliver.bulk.postpone import postpone
from upa_core.services.wake import wake

LOOKUPS = 2
"""How often an unanswered queue call is looked up before the same bytes may be queued again."""
_LIST_AGAIN = timedelta(hours=1)


def look_up(here: Flight) -> Step | Flight:
    """Look the import job up. Return the next step, or the file in flight where the same bytes may be queued again.

    They may be queued again after two misses, minutes apart; where import jobs can't be listed at all (list view
    threshold, [SP-59]), after the longest age an import job is given.
    """
    ports, flight, now = here.ports, here.place, here.ports.clock.now()
    try:
        found = find(ports, flight.source_uri)
    except RetryLaterError as exc:
        if now - (flight.asked or now) < GIVEN_UP_AFTER:
            return postpone(here, exc)
        return _again(here)
    except FatalError as exc:
        deadline = (flight.asked or now) + GIVEN_UP_AFTER
        if now >= deadline:
            return _again(here)
        later = replace(flight, not_before=min(now + _LIST_AGAIN, deadline))
        here.moved(later)
        here.tell(EventName.FILE_LOOKED_UP, Level.ERROR, reason=f"import jobs can't be listed: {exc}")
        return Step("poll", "import jobs can't be listed", at=later.not_before, run=flight.run, file=flight.file)
    here.tell(EventName.FILE_LOOKED_UP, found=len(found), lookups=flight.lookups + 1)
    if found:
        return mark_queued(here, tuple(job.id for job in found))
    missed = replace(flight, lookups=flight.lookups + 1, not_before=now + LOOK_UP_AGAIN, tries=0)
    if missed.lookups >= LOOKUPS or flight.phase == "uploaded":  # missed often enough before, but look it up once more
        return _again(here)
    here.moved(missed)
    return Step("poll", "not listed yet", at=missed.not_before, run=flight.run, file=flight.file)


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


def mark_queued(here: Flight, jobs: tuple[str, ...]) -> Step:
    """Store the import jobs of the file and start to watch them."""
    known = tuple(dict.fromkeys((*here.place.jobs, *filter(None, jobs))))
    now = here.ports.clock.now()
    here = here.moved(replace(here.place, phase="queued", jobs=known, queued=now, not_before=None, tries=0))
    here.tell(EventName.FILE_QUEUED)
    wake(here.ports, here.ports.waker.watch, here.connector.name, here.place.file)
    return here.again("queued")


def _again(here: Flight) -> Step | Flight:
    return here if here.place.queues < MAX_QUEUE_CALLS else give_up_sending(here)


def _plain(uri: str) -> str:
    return unquote(uri).casefold()
