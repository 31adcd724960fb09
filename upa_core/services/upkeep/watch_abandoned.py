"""Import jobs that were given up and may still run: their files and logs are kept until they can't."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from upa_core.domain.bulk.log_folders import log_folders
from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, Debt, age_of
from upa_core.domain.documents.lane import Abandoned, Lane
from upa_core.domain.errors import FatalError, RetryLaterError, UpaError
from upa_core.domain.health.events import Event, EventName, Fields, Level
from upa_core.domain.pauses import ABANDONED_HORIZON, ABANDONED_POLL
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.bulk.look_up_job import find
from upa_core.services.deliver.settle_safely import doubt_safely
from upa_core.state.document import lane_of, state_of


def watch_abandoned(ports: Ports, connector: Connector) -> int:
    """Poll this connector's import jobs that were given up; return how many people are in doubt now.

    One that can't be polled doesn't delay the others; its error is raised afterwards.
    """
    now = ports.clock.now()
    run = state_of(ports.store, connector.name).load().value.run
    open_files = {file.name for file in run.files if not file.settled} if run is not None else set()
    doubted = 0
    trouble: UpaError | None = None
    for entry in lane_of(ports.store, connector).load().value.abandoned:
        if entry.connector != connector.name or entry.next_poll > now or entry.file in open_files:
            continue  # a run that doesn't know yet that its lane was taken over would send the file again
        try:
            if _over(ports, entry, now):
                doubted += _end(ports, connector, entry)
            else:
                _move(ports, connector, entry, replace(entry, next_poll=now + ABANDONED_POLL))
        except (RetryLaterError, FatalError) as exc:
            trouble = exc
    if trouble is not None:
        raise trouble
    return doubted


def _over(ports: Ports, entry: Abandoned, now: datetime) -> bool:
    """Return whether no import job of this file can still run, or the wait is over."""
    if age_of(entry.since, now) >= ABANDONED_HORIZON:
        return True
    jobs = [ports.import_jobs.get(job) for job in entry.jobs]
    if not entry.jobs or (entry.queues > 1 and all(job is None or job.ended for job in jobs)):
        jobs += find(ports, entry.source_uri)
    if not jobs:
        # a queue call was never listed: after a day its import job won't appear any more
        return age_of(entry.since, now) >= timedelta(days=1)
    return all(job is None or job.ended for job in jobs)


def _end(ports: Ports, connector: Connector, entry: Abandoned) -> int:
    """Doubt the people of the file, note the debt of its deletion, and only then take it off the books."""
    now = ports.clock.now()
    people = doubt_safely(ports, connector, entry)
    debts = [Debt(entry.source_uri, is_folder=False, since=now)]
    debts += [Debt(folder, is_folder=True, since=now) for folder in _log_folders(ports, entry, now)]

    def owe(state: ConnectorState) -> ConnectorState:
        known = {debt.url for debt in state.debts}
        return replace(state, debts=(*state.debts, *(debt for debt in debts if debt.url not in known)))

    state_of(ports.store, connector.name).update(owe)
    _move(ports, connector, entry, None)
    fields: Fields = {"file": entry.file, "people": people}
    event = Event(EventName.IMPORT_JOB_ENDED_LATE, connector.name, entry.run, Level.WARNING, fields, entry.jobs)
    ports.events.emit(event)
    return people


def _log_folders(ports: Ports, entry: Abandoned, now: datetime) -> list[str]:
    """Return the log folders of the import jobs; after the horizon, the sweep finds those that nobody names."""
    try:
        jobs = [ports.import_jobs.get(job) for job in entry.jobs]
    except (RetryLaterError, FatalError):
        if age_of(entry.since, now) < ABANDONED_HORIZON:
            raise
        return []
    return list(log_folders((job for job in jobs if job is not None), entry.source_uri))


def _move(ports: Ports, connector: Connector, entry: Abandoned, after: Abandoned | None) -> None:
    def change(lane: Lane) -> Lane:
        kept = [other if other.file != entry.file else after for other in lane.abandoned]
        return replace(lane, abandoned=tuple(other for other in kept if other is not None))

    lane_of(ports.store, connector).update(change)
