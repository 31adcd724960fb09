"""Send one import file: take the lane, upload, check, queue, remember (DESIGN §2, part 2).

Every step that has an effect at SharePoint is preceded by a write of the lane that says it is about to happen, so that
whoever comes after a crash knows what to look for.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, time, timedelta
from urllib.parse import unquote

from upa_core.domain.connector import Connector
from upa_core.domain.errors import (
    CorruptStateError,
    FatalError,
    RefusedError,
    RetryLaterError,
    UnansweredError,
)
from upa_core.domain.events import Event, EventName, Level
from upa_core.domain.names import upload_name
from upa_core.domain.state import ConnectorState, Debt, InFlight, QuarantineReason, Run
from upa_core.domain.step import Step
from upa_core.domain.timetable import GIVEN_UP_AFTER, LANE_BUSY, LOOK_UP_AGAIN, try_again_delay
from upa_core.ports.bundle import Ports
from upa_core.services.documents import lane_of, state_of
from upa_core.services.lane import is_current, move, take_over
from upa_core.services.plan_writer import file_key
from upa_core.services.run_end import failed, write_report

_LOOKUPS = 2
"""How often an unanswered queue call is looked up before the same bytes may be queued again."""


def send(ports: Ports, connector: Connector) -> Step:
    """Take the lane for the run's next file and send it, or go on sending what is in the lane.

    Raises `ConflictError` where another instance moved the lane; nothing was done twice.
    """
    lane = lane_of(ports.store, connector).load()
    flight, now = lane.value.in_flight, ports.clock.now()
    if flight is not None:
        if flight.connector != connector.name:
            if take_over(ports, connector, lane):
                return Step("again", "the lane was taken over")
            return Step("poll", f"{flight.connector} has the lane", at=now + LANE_BUSY)
        return resume_sending(ports, connector, flight)
    run = state_of(ports.store, connector.name).load().value.run
    file = run.next_file() if run is not None else None
    if run is None or file is None:
        return Step("idle", "nothing is to be sent")
    if not lane.value.budget_left(now, connector.limits.import_jobs_per_day):
        return Step("poll", "the day's budget of import jobs is used up", at=_tomorrow(now), run=run.id)
    flight = InFlight(
        connector=connector.name,
        run=run.id,
        file=file.name,
        sequence=file.sequence,
        phase="reserved",
        since=now,
        upload=upload_name(file.name, 1),
    )
    move(ports, connector, None, flight)
    return _upload(ports, connector, run, flight)


def resume_sending(ports: Ports, connector: Connector, flight: InFlight) -> Step:
    """Go on with a file in the lane that isn't known to be queued yet."""
    now = ports.clock.now()
    if flight.not_before is not None and now < flight.not_before:
        return Step("poll", f"{flight.phase}; waiting", at=flight.not_before, run=flight.run, file=flight.file)
    state = state_of(ports.store, connector.name).load().value
    if state.run is None or not is_current(state, flight):
        move(ports, connector, flight, None)
        return Step("again", "the lane is free", run=flight.run)
    if flight.phase == "reserved":
        return _upload(ports, connector, state.run, _fresh_attempt(ports, connector, flight))
    if flight.phase == "queueing":
        return _look_up(ports, connector, state.run, flight)
    return _queue(ports, connector, state.run, flight)


def fail_run(
    ports: Ports,
    connector: Connector,
    run: Run,
    flight: InFlight,
    why: str,
    *,
    quarantine: QuarantineReason | None = None,
) -> Step:
    """End the run without success and free the lane; its rounds stay in the outbox."""
    now = ports.clock.now()
    debt = Debt(ports.library.url_of(flight.upload), is_folder=False, since=now)

    def change(state: ConnectorState) -> ConnectorState:
        if not is_current(state, flight):
            return state
        return replace(failed(state, run, now, why, quarantine=quarantine), debts=(*state.debts, debt))

    write_report(ports, connector.name, run, "failed", why)
    state_of(ports.store, connector.name).update(change)
    move(ports, connector, flight, None)
    return Step("again", f"the run failed: {why}", run=run.id)


def _fresh_attempt(ports: Ports, connector: Connector, flight: InFlight) -> InFlight:
    """Begin another upload under a fresh name; what the earlier one may have left is ours to delete."""
    debt = Debt(ports.library.url_of(flight.upload), is_folder=False, since=ports.clock.now())
    state_of(ports.store, connector.name).update(lambda state: replace(state, debts=(*state.debts, debt)))
    attempt = flight.attempt + 1
    again = replace(flight, attempt=attempt, upload=upload_name(flight.file, attempt), not_before=None)
    move(ports, connector, flight, again)
    return again


def _upload(ports: Ports, connector: Connector, run: Run, flight: InFlight) -> Step:
    file = run.file(flight.file)
    blob = ports.store.get(file_key(run.id, flight.file))
    if file is None or blob is None or hashlib.sha256(blob.data).hexdigest() != file.sha256:
        why = "the stored import file is missing or damaged"
        fail_run(ports, connector, run, flight, why)
        raise CorruptStateError(f"{flight.file}: {why}; its rounds will be planned again")
    uri = ports.library.url_of(flight.upload)
    try:
        ports.library.upload(flight.upload, blob.data)
        size = ports.library.size(uri)
        if size != file.size:
            raise RetryLaterError(f"the library holds {size} bytes of {file.size}")
    except RetryLaterError as exc:
        return _wait(ports, connector, flight, exc, flight.attempt)
    except FatalError as exc:
        return fail_run(ports, connector, run, flight, str(exc), quarantine=QuarantineReason.CREDENTIALS)
    _emit(ports, EventName.FILE_UPLOADED, flight, size=file.size, people=file.people, pairs=file.pairs)
    return _queue(ports, connector, run, replace(flight, source_uri=uri), was=flight)


def _queue(ports: Ports, connector: Connector, run: Run, flight: InFlight, was: InFlight | None = None) -> Step:
    now = ports.clock.now()
    asking = replace(flight, phase="queueing", asked=now, lookups=0, not_before=None)
    move(ports, connector, was or flight, asking, lambda lane: lane.count_job(now))
    try:
        job = ports.import_jobs.queue(asking.source_uri, {target: target for target in run.targets})
    except UnansweredError as exc:
        _emit(ports, EventName.FILE_LOOKED_UP, asking, Level.WARNING, reason=str(exc))
        return Step("again", "the queue call got no answer: looking the import job up", run=run.id, file=flight.file)
    except RetryLaterError as exc:
        return _wait(ports, connector, asking, exc, flight.attempt, phase_uploaded=True)
    except FatalError as exc:
        reason = QuarantineReason.MAPPING if isinstance(exc, RefusedError) else QuarantineReason.CREDENTIALS
        return fail_run(ports, connector, run, asking, str(exc), quarantine=reason)
    if job is None:
        return Step("again", "SharePoint named no import job: looking it up", run=run.id, file=flight.file)
    return _queued(ports, connector, asking, (job,))


def _queued(ports: Ports, connector: Connector, flight: InFlight, jobs: tuple[str, ...]) -> Step:
    known = tuple(dict.fromkeys((*flight.jobs, *jobs)))
    queued = replace(flight, phase="queued", jobs=known, queued=ports.clock.now(), not_before=None)
    move(ports, connector, flight, queued)
    _emit(ports, EventName.FILE_QUEUED, queued, import_job=jobs[0])
    ports.waker.watch(connector.name, flight.file)
    return Step("again", "queued", run=flight.run, file=flight.file)


def _look_up(ports: Ports, connector: Connector, run: Run, flight: InFlight) -> Step:
    """Find the import job of a queue call that got no answer; only after two misses the same bytes go again."""
    now = ports.clock.now()
    if flight.lookups >= _LOOKUPS:
        return _queue(ports, connector, run, flight)
    try:
        listed = ports.import_jobs.list()
    except RefusedError as exc:
        # NOTE: the list view threshold (product.md §0.5): wait until no import job of that age can be left
        later = replace(flight, lookups=_LOOKUPS, not_before=(flight.asked or now) + GIVEN_UP_AFTER)
        move(ports, connector, flight, later)
        _emit(ports, EventName.FILE_LOOKED_UP, flight, Level.ERROR, reason=f"import jobs can't be listed: {exc}")
        return Step("poll", "import jobs can't be listed", at=later.not_before, run=run.id, file=flight.file)
    except RetryLaterError as exc:
        return _wait(ports, connector, flight, exc, flight.attempt)
    wanted = _plain(flight.source_uri)
    found = tuple(job.id for job in listed if _plain(job.source_uri) == wanted)
    _emit(ports, EventName.FILE_LOOKED_UP, flight, found=len(found), lookups=flight.lookups + 1)
    if found:
        return _queued(ports, connector, flight, found)
    missed = replace(flight, lookups=flight.lookups + 1, not_before=now + LOOK_UP_AGAIN)
    if missed.lookups >= _LOOKUPS:
        return _queue(ports, connector, run, flight)
    move(ports, connector, flight, missed)
    return Step("poll", "not listed yet", at=missed.not_before, run=run.id, file=flight.file)


def _wait(
    ports: Ports,
    connector: Connector,
    flight: InFlight,
    exc: RetryLaterError,
    attempt: int,
    *,
    phase_uploaded: bool = False,
) -> Step:
    pause = max(try_again_delay(attempt), timedelta(seconds=exc.retry_after or 0))
    later = replace(flight, not_before=ports.clock.now() + pause)
    if phase_uploaded:
        later = replace(later, phase="uploaded")
    move(ports, connector, flight, later)
    return Step("poll", str(exc), at=later.not_before, run=flight.run, file=flight.file)


def _plain(uri: str) -> str:
    return unquote(uri).casefold()


def _tomorrow(now: datetime) -> datetime:
    return datetime.combine(now.date() + timedelta(days=1), time(), tzinfo=now.tzinfo)


def _emit(
    ports: Ports, name: EventName, flight: InFlight, level: Level = Level.INFO, **fields: str | int | None
) -> None:
    ports.events.emit(Event(name, flight.connector, flight.run, level, {"file": flight.file, **fields}))
