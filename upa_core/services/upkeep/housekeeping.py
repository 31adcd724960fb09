"""Housekeeping: debts, abandoned import jobs, orphans, retention, and the remains of crashes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, Debt, age_of
from upa_core.domain.documents.lane import Abandoned, Lane
from upa_core.domain.errors import ConflictError, FatalError, RetryLaterError, UpaError
from upa_core.domain.health.events import Event, EventName, Fields, Level
from upa_core.domain.pauses import ABANDONED_HORIZON, ABANDONED_POLL, HOLD_ALERT_EVERY, PROFILE_PATIENCE
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.bulk.archive import log_folders
from upa_core.services.deliver.bulk.look_up_job import find
from upa_core.services.deliver.library_debts import pay_debts
from upa_core.services.deliver.settle_safely import doubt_safely
from upa_core.services.health.quarantine import hold_expired
from upa_core.services.upkeep.canary_remains import sweep_canary
from upa_core.services.upkeep.sweep_library import sweep_library
from upa_core.services.upkeep.sweep_storage import (
    sweep_drift,
    sweep_files,
    sweep_people,
    sweep_probes,
    sweep_runs,
    sweep_segments,
    sweep_sources,
)
from upa_core.state.attempts import ended, may_begin, tell_given_up
from upa_core.state.document import lane_of, state_of
from upa_core.state.people import People

_STEP = "housekeeping"
Part = Callable[[Ports, Connector], int | None]
"""Returns how much it cleaned, where that is counted; its errors stop no other part."""


@dataclass(frozen=True, slots=True)
class HousekeepingResult:
    """The counts of housekeeping."""

    debts_left: int
    doubted: int
    """People whose values became unknown: an import job that was given up ended later."""
    orphans: int
    """Files and log folders in the library that nobody owed or waited for."""
    blobs: int
    """Blobs deleted from storage."""
    failures: tuple[str, ...] = ()
    """Parts that failed; they are tried again next time."""


def housekeeping(
    ports: Ports, connector: Connector, also: Mapping[str, Part] = MappingProxyType({})
) -> HousekeepingResult:
    """Do all due parts; if one part fails, the others continue.

    Args:
        also: further parts by name.

    Raises:
        Exception: a fault of ours in one part, after each part had its turn: the call fails visibly.
    """
    done: dict[str, int] = {}
    failures: list[str] = []
    faults: list[Exception] = []
    last = ""
    for name, part in {**_PARTS, **also}.items():
        try:
            before, last = last, name
            if not may_begin(ports, connector, _STEP, name, alone=False, after=before):
                failures.append(name)
                tell_given_up(ports, connector, _STEP, name, "it is left out for a week")
                continue
            done[name] = part(ports, connector) or 0
        except Exception as exc:  # noqa: BLE001 - reported here; a fault of ours is raised below
            failures.append(name)
            ours = not isinstance(exc, UpaError)
            faults += [exc] if ours else []
            fields: Fields = {"part": name, "reason": type(exc).__name__ if ours else str(exc)}
            level = Level.ERROR if ours else Level.WARNING
            ports.events.emit(Event(EventName.CLEAN_POSTPONED, connector.name, level=level, fields=fields))
    with suppress(RetryLaterError, ConflictError):  # the next turn knows that a day has passed
        ended(ports, connector, _STEP, last)
    blobs = sum(done.get(name, 0) for name in _STORAGE)
    result = HousekeepingResult(
        done.get("debts", 0), done.get("abandoned import jobs", 0), done.get("library", 0), blobs, tuple(failures)
    )
    fields = {
        "debts": result.debts_left,
        "doubted": result.doubted,
        "orphans": result.orphans,
        "blobs": blobs,
        "failures": len(failures),
    }
    ports.events.emit(Event(EventName.HOUSEKEEPING_DONE, connector.name, fields=fields))
    if faults:
        raise faults[0]
    return result


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


def _tell_of_old_hold(ports: Ports, connector: Connector) -> None:
    """Emit an event about a hold that nobody decides."""
    document = state_of(ports.store, connector.name)
    hold, now = document.load().value.hold, ports.clock.now()
    if hold is not None and now - (hold.alerted or hold.since) >= HOLD_ALERT_EVERY:
        fields: Fields = {"days": age_of(hold.since, now).days, "why": hold.why}
        ports.events.emit(Event(EventName.HOLD_EXPIRED, connector.name, hold.run.id, Level.WARNING, fields))
        document.update(
            lambda s: replace(s, hold=replace(s.hold, alerted=now)) if s.hold is not None and s.hold == hold else s
        )


def _tell_of_old_escrow(ports: Ports, connector: Connector) -> None:
    """Emit an event about people who wait in escrow for longer than usual."""
    index, now = state_of(ports.store, connector.name).load().value.people, ports.clock.now()
    books = People(ports.store, connector, index).books().values()
    for reason in EscrowReason:
        waiting = [book.reasons[reason.value] for book in books if reason.value in book.reasons]
        oldest = min((one.oldest for one in waiting), default=now)
        if waiting and age_of(oldest, now) >= PROFILE_PATIENCE:
            people = sum(one.people for one in waiting)
            fields: Fields = {"reason": reason.value, "people": people, "days": age_of(oldest, now).days}
            ports.events.emit(Event(EventName.ESCROW_OLD, connector.name, level=Level.WARNING, fields=fields))


_STORAGE: Mapping[str, Part] = {
    "segments": sweep_segments,
    "sources": sweep_sources,
    "people": sweep_people,
    "drift": sweep_drift,
    "runs": sweep_runs,
    "connector files": sweep_files,
    "probes": sweep_probes,
    "canaries": sweep_canary,
}
_PARTS: Mapping[str, Part] = {
    "debts": pay_debts,
    "abandoned import jobs": watch_abandoned,
    "library": sweep_library,
    **_STORAGE,
    "old hold": _tell_of_old_hold,
    "expired hold": hold_expired,
    "old escrow": _tell_of_old_escrow,
}
