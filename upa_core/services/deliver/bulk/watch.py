"""Watch the import job in the lane: poll → archive → settle → clean; each call returns the next step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from upa_core.domain.bulk.import_job import ImportJob, JobState, error_name, state_name
from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, age_of
from upa_core.domain.documents.lane import InFlight, Outcome
from upa_core.domain.errors import AccessDeniedError, FatalError, RetryLaterError, UpaError
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.next_step import Step
from upa_core.domain.pauses import (
    FIRST_POLL,
    GIVEN_UP_AFTER,
    LATE_LOG_PATIENCE,
    LATEST_ARCHIVE,
    STALLED_AFTER,
    is_early,
    poll_delay,
)
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.archive import load_outcome
from upa_core.services.deliver.bulk.archive import archive, archive_given_up, logs_seen, logs_wanted
from upa_core.services.deliver.bulk.flight import Flight
from upa_core.services.deliver.bulk.landing import free_lane, land
from upa_core.services.deliver.bulk.look_up_job import find
from upa_core.services.deliver.library_debts import pay_debts
from upa_core.services.health.quarantine import poll_refused
from upa_core.state.attempts import ended as nobody_died
from upa_core.state.attempts import may_begin, tell_given_up
from upa_core.state.document import Stored, state_of, watcher_of
from upa_core.state.lane import emit, is_current, move


def watch(ports: Ports, connector: Connector, flight: InFlight) -> Step:
    """Do the next due work for a queued file and return the following step.

    Raises `ConflictError` where another instance moved the lane; nothing was done twice that matters.
    """
    now = ports.clock.now()
    if is_early(flight.not_before, now):
        return Step("poll", "waiting", at=flight.not_before, run=flight.run, file=flight.file)
    age = age_of(flight.queued or flight.since, now)
    jobs, unseen = _jobs(ports, flight)
    if jobs and not all(job.ended for job in jobs) and age < GIVEN_UP_AFTER:
        return _running(ports, connector, flight, jobs)  # just seen in progress: it can't have ended yet
    stored = state_of(ports.store, connector.name).load()
    state = stored.value
    file = state.run.file(flight.file) if state.run is not None else None
    outcome = load_outcome(ports, flight.run, flight.file)
    if state.run is None or file is None or not is_current(state, flight):
        alive = not jobs or not all(job.ended for job in jobs)
        free_lane(ports, connector, flight, outcome, alive=alive)
        pay_debts(ports, connector)
        return Step("again", "settled already", run=flight.run)
    here = Flight(ports, connector, state.run, file, flight)
    if outcome is not None:
        return land(here, outcome)
    if unseen is not None:
        return _blind(here, unseen)
    if jobs and all(job.ended for job in jobs):
        return _ended(here, jobs, stored)
    if age >= GIVEN_UP_AFTER:
        return _give_up(here, jobs)
    return _running(ports, connector, flight, jobs)


def _jobs(ports: Ports, flight: InFlight) -> tuple[list[ImportJob], UpaError | None]:
    """Read the file's import jobs, those of earlier unanswered queue calls too; or return why they can't be read."""
    try:
        jobs = [job for job in map(ports.import_jobs.get, flight.jobs) if job is not None]
        if (flight.queues > 1 or not flight.jobs) and all(job.ended for job in jobs):
            jobs += [job for job in find(ports, flight.source_uri) if job.id not in flight.jobs]
    except (RetryLaterError, FatalError) as exc:
        return [], exc
    return jobs, None


def _blind(here: Flight, exc: UpaError) -> Step:
    """Keep trying to read an import job that can't be read, but not past the deadline."""
    flight, now = here.place, here.ports.clock.now()
    if age_of(flight.queued or flight.since, now) >= GIVEN_UP_AFTER:
        return _give_up(here, None)
    level = Level.ERROR if isinstance(exc, FatalError) else Level.WARNING
    here.tell(EventName.IMPORT_JOB_STATE, level, state="unknown", reason=str(exc))
    if isinstance(exc, AccessDeniedError):
        poll_refused(here.ports, here.connector, exc, flight)
    return _poll(flight, now, f"polling: {exc}", getattr(exc, "retry_after", None))


def _running(ports: Ports, connector: Connector, flight: InFlight, jobs: Sequence[ImportJob]) -> Step:
    now = ports.clock.now()
    age = age_of(flight.queued or flight.since, now)
    states = ", ".join(state_name(job.state) for job in jobs) or "not listed"
    emit(ports, EventName.IMPORT_JOB_STATE, flight, state=states, age_minutes=round(age.total_seconds() / 60, 1))
    watcher_of(ports.store, connector).update(lambda watcher: watcher.of(flight.file).saw(states, now))
    if age >= STALLED_AFTER and not flight.stalled:
        emit(ports, EventName.IMPORT_JOB_STALLED, flight, Level.WARNING, state=states)
        move(ports, connector, flight, replace(flight, stalled=True))
    return _poll(flight, now, states)


def _give_up(here: Flight, jobs: Sequence[ImportJob] | None) -> Step:
    """At the deadline: cancel an import job that hasn't started, keep the others on the books as abandoned."""
    ports, flight = here.ports, here.place
    alive = not jobs or not all(job.ended or _cancelled(ports, job) for job in (*jobs, *_siblings(ports, flight)))
    why = "given up after 24 h, still running" if alive else "cancelled: not started within 24 h"
    outcome = archive_given_up(ports, here.connector, flight, why, abandoned=alive, jobs=jobs or ())
    if alive:
        here.tell(EventName.IMPORT_JOB_ABANDONED, Level.ERROR)
    return land(here, outcome)


def _siblings(ports: Ports, flight: InFlight) -> list[ImportJob]:
    """Return import jobs of earlier queue calls that we didn't know; one that can't be read may be running."""
    if flight.queues <= 1:
        return []
    try:
        return [job for job in find(ports, flight.source_uri) if job.id not in flight.jobs]
    except (RetryLaterError, FatalError):
        return [ImportJob("", JobState.PROCESSING, 0, "", flight.source_uri, "")]


def _cancelled(ports: Ports, job: ImportJob) -> bool:
    if job.started or not job.id:
        return False
    try:
        return ports.import_jobs.cancel(job.id)
    except (RetryLaterError, FatalError):
        return False


def _ended(here: Flight, jobs: Sequence[ImportJob], stored: Stored[ConnectorState]) -> Step:
    """Archive and finish; after Error, only when the log is there and no longer grows, or doesn't come."""
    ports, flight, now = here.ports, here.place, here.ports.clock.now()
    ended = flight.ended or now
    waited = age_of(ended, now)
    try:
        if logs_wanted(jobs) and waited < LATE_LOG_PATIENCE:
            seen = logs_seen(ports, jobs, flight.source_uri)
            if not seen or seen != flight.log_seen:
                here.moved(replace(flight, ended=ended, log_seen=seen))
                pause = FIRST_POLL if seen else poll_delay(waited)
                why = "ended in Error; waiting for its log"
                return Step("poll", why, at=now + pause, run=flight.run, file=flight.file)
        outcome = _archived(here, jobs)
    except RetryLaterError as exc:
        if waited >= LATEST_ARCHIVE:
            why = f"ended, but its archive couldn't be made in {LATEST_ARCHIVE.total_seconds() / 3600:.0f} h: {exc}"
            return land(here, archive_given_up(ports, here.connector, flight, why, abandoned=False, jobs=jobs))
        here.moved(replace(flight, ended=ended))
        pause = max(poll_delay(waited), timedelta(seconds=exc.retry_after or 0))
        return Step("poll", f"archiving: {exc}", at=now + pause, run=flight.run, file=flight.file)
    for job in jobs:
        here.tell(EventName.IMPORT_JOB_STATE, state=state_name(job.state), error=error_name(job.error))
    return land(here, outcome, stored)


def _archived(here: Flight, jobs: Sequence[ImportJob]) -> Outcome:
    """Archive; a file or log that killed its reader before is given up unread."""
    ports, connector, flight = here.ports, here.connector, here.place
    if not may_begin(ports, connector, "archive", flight.file):
        why = "ended, and whoever reads its file or logs dies"
        tell_given_up(ports, connector, "archive", flight.file, "its people are sent again")
        return archive_given_up(ports, connector, flight, why, abandoned=False, jobs=jobs)
    try:
        return archive(here, jobs)
    except Exception:
        nobody_died(ports, connector, "archive", flight.file)
        raise


def _poll(flight: InFlight, now: datetime, why: str, at_least: float | None = None) -> Step:
    pause = max(poll_delay(age_of(flight.queued or flight.since, now)), timedelta(seconds=at_least or 0))
    return Step("poll", why, at=now + pause, run=flight.run, file=flight.file)
