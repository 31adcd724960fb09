"""Watch the import job in the lane: poll → archive → settle → clean, told as the next step (DESIGN §2, part 3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from upa_core.domain.connector import Connector
from upa_core.domain.errors import RetryLaterError
from upa_core.domain.events import Event, EventName, Level
from upa_core.domain.import_job import ImportJob, error_name, state_name
from upa_core.domain.state import ConnectorState, Counts, Debt, FileState, InFlight, Outcome, Run, age_of
from upa_core.domain.step import Step
from upa_core.domain.timetable import (
    GIVEN_UP_AFTER,
    LATE_LOG_PATIENCE,
    STALLED_AFTER,
    poll_delay,
)
from upa_core.ports.bundle import Ports
from upa_core.services.archive import archive, load_outcome, logs_missing
from upa_core.services.clean import pay_debts
from upa_core.services.documents import state_of
from upa_core.services.lane import abandon, is_current, move
from upa_core.services.run_end import drop_segments, failed, succeeded, write_report
from upa_core.services.settle import Settlement, settle


def watch(ports: Ports, connector: Connector, flight: InFlight) -> Step:
    """Do what is due for a queued file and tell what comes next.

    Raises `ConflictError` where another instance moved the lane; nothing was done twice that matters.
    """
    now = ports.clock.now()
    if flight.not_before is not None and now < flight.not_before:
        return Step("poll", "waiting", at=flight.not_before, run=flight.run, file=flight.file)
    state = state_of(ports.store, connector.name).load().value
    file = state.run.file(flight.file) if state.run is not None else None
    if state.run is None or file is None or not is_current(state, flight):
        move(ports, connector, flight, None)
        pay_debts(ports, connector)
        return Step("again", "settled already", run=flight.run)
    outcome = load_outcome(ports, flight.run, flight.file)
    if outcome is not None:
        return _finish(ports, connector, state.run, file, flight, outcome)
    try:
        jobs = [job for job in map(ports.import_jobs.get, flight.jobs) if job is not None]
    except RetryLaterError as exc:
        return _poll(flight, now, f"polling: {exc}", at_least=exc.retry_after)
    if jobs and all(job.ended for job in jobs):
        return _ended(ports, connector, state.run, file, flight, jobs)
    return _running(ports, connector, state.run, file, flight, jobs)


def _running(
    ports: Ports, connector: Connector, run: Run, file: FileState, flight: InFlight, jobs: Sequence[ImportJob]
) -> Step:
    now = ports.clock.now()
    age = age_of(flight.queued or flight.since, now)
    states = ", ".join(state_name(job.state) for job in jobs) or "not listed"
    _emit(ports, EventName.IMPORT_JOB_STATE, flight, state=states, age_minutes=round(age.total_seconds() / 60, 1))
    if age >= GIVEN_UP_AFTER:
        return _give_up(ports, connector, run, file, flight, jobs)
    if age >= STALLED_AFTER and not flight.stalled:
        _emit(ports, EventName.IMPORT_JOB_STALLED, flight, Level.WARNING, state=states)
        stalled = replace(flight, stalled=True)
        move(ports, connector, flight, stalled)
        flight = stalled
    return _poll(flight, now, states)


def _give_up(
    ports: Ports, connector: Connector, run: Run, file: FileState, flight: InFlight, jobs: Sequence[ImportJob]
) -> Step:
    """At the deadline: cancel what hasn't started, keep the rest on the books as abandoned (never wedged)."""
    alive = [job for job in jobs if not job.ended and (job.started or not ports.import_jobs.cancel(job.id))]
    why = "given up after 24 h, still running" if alive or not jobs else "cancelled: not started within 24 h"
    outcome = archive(ports, connector, flight, file, (), given_up=why)
    if alive or not jobs:
        _emit(ports, EventName.IMPORT_JOB_ABANDONED, flight, Level.ERROR)
    return _finish(ports, connector, run, file, flight, outcome, abandoned=bool(alive or not jobs))


def _ended(
    ports: Ports, connector: Connector, run: Run, file: FileState, flight: InFlight, jobs: Sequence[ImportJob]
) -> Step:
    now = ports.clock.now()
    ended = flight.ended or now
    if age_of(ended, now) < LATE_LOG_PATIENCE and logs_missing(ports, jobs):
        waiting = replace(flight, ended=ended)
        if waiting != flight:
            move(ports, connector, flight, waiting)
        return Step(
            "poll",
            "ended in Error; waiting for its log",
            at=now + poll_delay(age_of(ended, now)),
            run=flight.run,
            file=flight.file,
        )
    for job in jobs:
        _emit(ports, EventName.IMPORT_JOB_STATE, flight, state=state_name(job.state), error=error_name(job.error))
    outcome = archive(ports, connector, flight, file, jobs)
    return _finish(ports, connector, run, file, flight, outcome)


def _finish(
    ports: Ports,
    connector: Connector,
    run: Run,
    file: FileState,
    flight: InFlight,
    outcome: Outcome,
    *,
    abandoned: bool = False,
) -> Step:
    """Settle from the archive, write what became of the file, free the lane, clean."""
    abandoned = abandoned or outcome.given_up.startswith("given up")
    settlement = settle(ports, connector, outcome)
    counts = run.counts.plus(Counts(exported=settlement.exported, escrowed=settlement.escrowed))
    settled = replace(file, settled=True, confirmed=settlement.confirmed)
    after = replace(run.with_file(settled), counts=counts)
    status = _status(after, settlement)
    if status is not None:
        write_report(ports, connector.name, after, status, settlement.why)
    now = ports.clock.now()
    debts = () if abandoned else tuple(_debts(ports, flight, outcome, now))

    def change(state: ConnectorState) -> ConnectorState:
        if not is_current(state, flight):
            return state
        state = replace(state, run=after, debts=(*state.debts, *debts), import_jobs=state.import_jobs + 1)
        if status == "success":
            return succeeded(state, after, now)
        return failed(state, after, now, settlement.why) if status == "failed" else state

    document = state_of(ports.store, connector.name)
    done = [r for r in document.load().value.sealed if r.id in run.rounds] if status == "success" else []
    document.update(change)
    move(ports, connector, flight, None, abandon(flight, now) if abandoned else lambda lane: lane)
    drop_segments(ports, done)
    pay_debts(ports, connector)
    return Step("again", f"settled: {settlement.exported} exported, {settlement.escrowed} escrowed", run=run.id)


def _status(run: Run, settlement: Settlement) -> Literal["success", "failed"] | None:
    """Tell how the run ends with this file; None: there is a next file."""
    if not settlement.confirmed:
        return "failed"
    return "success" if run.next_file() is None else None


def _debts(ports: Ports, flight: InFlight, outcome: Outcome, now: datetime) -> Iterator[Debt]:
    yield Debt(flight.source_uri or ports.library.url_of(flight.upload), is_folder=False, since=now)
    for folder in outcome.log_folders:
        yield Debt(folder, is_folder=True, since=now)


def _poll(flight: InFlight, now: datetime, why: str, at_least: float | None = None) -> Step:
    pause = max(poll_delay(age_of(flight.queued or flight.since, now)), timedelta(seconds=at_least or 0))
    return Step("poll", why, at=now + pause, run=flight.run, file=flight.file)


def _emit(
    ports: Ports, name: EventName, flight: InFlight, level: Level = Level.INFO, **fields: str | int | float | None
) -> None:
    ports.events.emit(Event(name, flight.connector, flight.run, level, {"file": flight.file, **fields}))
