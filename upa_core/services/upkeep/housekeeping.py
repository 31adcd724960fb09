"""Housekeeping: debts, abandoned import jobs, orphans, retention, and what a crash left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import Abandoned, ConnectorState, Debt, Lane, age_of
from upa_core.domain.errors import ConflictError, CorruptStateError, FatalError, RetryLaterError, UpaError
from upa_core.domain.health.events import Event, EventName, Fields, Level
from upa_core.domain.people.shadow import EscrowReason
from upa_core.domain.timetable import ABANDONED_HORIZON, ABANDONED_POLL, HOLD_ALERT_EVERY, PROFILE_PATIENCE
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.archive import log_folders
from upa_core.services.deliver.bulk.look_up_job import find
from upa_core.services.deliver.clean import pay_debts
from upa_core.services.deliver.settle import doubt
from upa_core.services.health.quarantine import hold_expired
from upa_core.services.upkeep.orphans import sweep_library
from upa_core.services.upkeep.retention import sweep_storage
from upa_core.state.document import lane_of, state_of
from upa_core.state.people import People


@dataclass(frozen=True, slots=True)
class HousekeepingResult:
    """What was put in order."""

    debts_left: int
    doubted: int
    """People whose values became unknown: an import job that was given up has ended after all."""
    orphans: int
    """Files and log folders in the library that nobody owed or awaited."""
    blobs: int
    """Blobs deleted from storage."""
    failures: tuple[str, ...] = ()
    """What couldn't be done now; it is tried again next time."""


def housekeeping(ports: Ports, connector: Connector) -> HousekeepingResult:
    """Put in order what is due; each part goes on where another fails."""
    failures: list[str] = []

    def attempt(part: str, count: int | None) -> int:
        if count is None:
            failures.append(part)
        return count or 0

    debts = attempt("debts", _safely(ports, connector, "debts", pay_debts))
    doubted = attempt("abandoned import jobs", _safely(ports, connector, "abandoned", watch_abandoned))
    orphans = attempt("library", _safely(ports, connector, "library", sweep_library))
    blobs = attempt("storage", _safely(ports, connector, "storage", sweep_storage))
    _tell_what_grew_old(ports, connector)
    result = HousekeepingResult(debts, doubted, orphans, blobs, tuple(failures))
    fields: Fields = {"debts": debts, "doubted": doubted, "orphans": orphans, "blobs": blobs, "failures": len(failures)}
    ports.events.emit(Event(EventName.HOUSEKEEPING_DONE, connector.name, fields=fields))
    return result


def watch_abandoned(ports: Ports, connector: Connector) -> int:
    """Poll the import jobs of this connector that were given up; returns how many people are in doubt now.

    One that can't be seen to doesn't keep the others waiting; its error is raised afterwards.
    """
    now = ports.clock.now()
    run = state_of(ports.store, connector.name).load().value.run
    open_files = {file.name for file in run.files if not file.settled} if run is not None else set()
    doubted = 0
    trouble: UpaError | None = None
    for entry in lane_of(ports.store, connector).load().value.abandoned:
        if entry.connector != connector.name or entry.next_poll > now or entry.file in open_files:
            continue  # a run that hasn't heard yet that its lane was taken over would send the file again
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
    """Tell whether nothing of this file can run any more, or nobody waits for it any longer."""
    if age_of(entry.since, now) >= ABANDONED_HORIZON:
        return True
    jobs = [ports.import_jobs.get(job) for job in entry.jobs]
    if not entry.jobs or (entry.queues > 1 and all(job is None or job.ended for job in jobs)):
        jobs += find(ports, entry.source_uri)
    if not jobs:
        # a queue call that was never listed: a day later no import job of it will turn up
        return age_of(entry.since, now) >= timedelta(days=1)
    return all(job is None or job.ended for job in jobs)


def _end(ports: Ports, connector: Connector, entry: Abandoned) -> int:
    """Doubt the people of the file, owe its deletion, and only then take it off the books."""
    now = ports.clock.now()
    people = doubt(ports, connector, entry)
    debts = [Debt(entry.source_uri, is_folder=False, since=now)]
    debts += [Debt(folder, is_folder=True, since=now) for folder in _log_folders(ports, entry, now)]

    def owe(state: ConnectorState) -> ConnectorState:
        known = {debt.url for debt in state.debts}
        return replace(state, debts=(*state.debts, *(debt for debt in debts if debt.url not in known)))

    state_of(ports.store, connector.name).update(owe)
    _move(ports, connector, entry, None)
    fields: Fields = {"file": entry.file, "people": people}
    told = Event(EventName.IMPORT_JOB_ENDED_LATE, connector.name, entry.run, Level.WARNING, fields, entry.jobs)
    ports.events.emit(told)
    return people


def _log_folders(ports: Ports, entry: Abandoned, now: datetime) -> list[str]:
    """Return the log folders of the import jobs; past the horizon, those nobody tells are the sweep's."""
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


def _safely(ports: Ports, connector: Connector, part: str, do: Callable[[Ports, Connector], int]) -> int | None:
    """Do one part; None where it must be tried again another time."""
    try:
        return do(ports, connector)
    except (RetryLaterError, ConflictError, CorruptStateError, FatalError) as exc:
        fields: Fields = {"part": part, "reason": str(exc)}
        ports.events.emit(Event(EventName.CLEAN_POSTPONED, connector.name, level=Level.WARNING, fields=fields))
        return None


def _tell_what_grew_old(ports: Ports, connector: Connector) -> None:
    """Alert about a hold that nobody decides, and about people who wait in escrow for longer than is usual."""
    document = state_of(ports.store, connector.name)
    state, now = document.load().value, ports.clock.now()
    hold = state.hold
    if hold is not None and now - (hold.alerted or hold.since) >= HOLD_ALERT_EVERY:
        days = age_of(hold.since, now).days
        fields: Fields = {"days": days, "why": hold.why}
        ports.events.emit(Event(EventName.HOLD_EXPIRED, connector.name, hold.run.id, Level.WARNING, fields))
        document.update(
            lambda s: replace(s, hold=replace(s.hold, alerted=now)) if s.hold is not None and s.hold == hold else s
        )
    hold_expired(ports, connector)
    for reason in EscrowReason:
        books = People(ports.store, connector, state.people).books().values()
        waiting = [book.reasons[reason.value] for book in books if reason.value in book.reasons]
        oldest = min((one.oldest for one in waiting), default=now)
        if waiting and age_of(oldest, now) >= PROFILE_PATIENCE:
            people = sum(one.people for one in waiting)
            fields = {"reason": reason.value, "people": people, "days": age_of(oldest, now).days}
            ports.events.emit(Event(EventName.ESCROW_OLD, connector.name, level=Level.WARNING, fields=fields))
