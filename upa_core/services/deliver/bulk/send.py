"""Send one import file: take the lane, upload, check, queue, remember.

Every step that has an effect at SharePoint is preceded by a write of the lane that says it is about to happen, so that
whoever comes after a crash knows what to look for.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from itertools import count

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, Debt, FileState, InFlight, Lane, Run
from upa_core.domain.documents.ids import upload_name
from upa_core.domain.documents.quarantine import QuarantineReason, reason_of
from upa_core.domain.documents.storage_layout import file_key
from upa_core.domain.errors import (
    ConflictError,
    CorruptStateError,
    FatalError,
    RetryLaterError,
    UnansweredError,
)
from upa_core.domain.gates import closed_for_all
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.next_step import Step
from upa_core.domain.timetable import LANE_BUSY, SENDER_PATIENCE, is_early
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.archive import load_outcome
from upa_core.services.deliver.bulk.look_up_job import look_up, mark_queued, queued_before
from upa_core.services.deliver.bulk.postpone import postpone
from upa_core.services.deliver.finish import fail_run, finish, free_lane, give_up, give_up_sending
from upa_core.services.plan.export import check_target, tomorrow
from upa_core.state.document import Stored, lane_of, state_of
from upa_core.state.lane import emit, is_current, move, take_over

_LISTED_TRIES = 3
"""Failed tries to list import jobs before the first queue call; then it is made all the same."""


def send(
    ports: Ports, connector: Connector, lane: Stored[Lane] | None = None, state: ConnectorState | None = None
) -> Step:
    """Take the lane for the run's next file and send it, or go on sending what is in the lane.

    Lane and state as they were just read may be given; what changed since loses at the conditional write of the lane.

    Raises `ConflictError` where another instance moved the lane; nothing was done twice.
    """
    lane = lane or lane_of(ports.store, connector).load()
    flight, now = lane.value.in_flight, ports.clock.now()
    if flight is not None:
        if flight.connector != connector.name:
            if take_over(ports, connector, lane):
                return Step("again", "the lane was taken over")
            return Step("poll", f"{flight.connector} has the lane", at=now + LANE_BUSY)
        return resume_sending(ports, connector, flight)
    state = state or state_of(ports.store, connector.name).load().value
    check_target(connector, state)
    file = state.run.next_file() if state.run is not None else None
    if state.run is None or file is None:
        return Step("idle", "nothing is to be sent")
    run = state.run
    outcome = load_outcome(ports, run.id, file.name)
    if outcome is not None:
        return finish(ports, connector, run, file, outcome, None)
    taken = next((entry for entry in lane.value.abandoned if entry.file == file.name), None)
    if taken is not None:
        return give_up(ports, connector, run, file, taken)
    if (gate := closed_for_all(state)) is not None:
        return Step("idle", f"between two files: {gate.why}", run=run.id)
    if not lane.value.budget_left(now, connector.limits.import_jobs_per_day):
        return Step("poll", "the day's budget of import jobs is used up", at=tomorrow(now), run=run.id)
    owed = {debt.url for debt in state.debts}
    attempt = next(n for n in count(1) if ports.library.url_of(upload_name(file.name, n)) not in owed)
    name = upload_name(file.name, attempt)
    flight = InFlight(
        connector=connector.name,
        run=run.id,
        file=file.name,
        sequence=file.sequence,
        phase="reserved",
        since=now,
        attempt=attempt,
        upload=name,
        source_uri=ports.library.url_of(name),
        not_before=now + SENDER_PATIENCE,
    )
    move(ports, connector, None, flight, read=lane)
    return _upload(ports, connector, run, flight)


def resume_sending(ports: Ports, connector: Connector, flight: InFlight) -> Step:
    """Go on with a file in the lane that isn't known to be queued yet."""
    now = ports.clock.now()
    if is_early(flight.not_before, now):
        return Step("poll", f"{flight.phase}; waiting", at=flight.not_before, run=flight.run, file=flight.file)
    state = state_of(ports.store, connector.name).load().value
    if state.run is None or not is_current(state, flight):
        free_lane(ports, connector, flight, load_outcome(ports, flight.run, flight.file), alive=flight.queues > 0)
        return Step("again", "the lane is free", run=flight.run)
    if flight.phase == "reserved":
        return _upload(ports, connector, state.run, _fresh_attempt(ports, connector, flight))
    if flight.phase == "queueing" or flight.queues:  # an earlier call's import job may be listed by now
        found = look_up(ports, connector, state.run, flight)
        return found if isinstance(found, Step) else _queue(ports, connector, state.run, found)
    return _already_queued(ports, connector, state.run, flight) or _queue(ports, connector, state.run, flight)


def _already_queued(ports: Ports, connector: Connector, run: Run, flight: InFlight) -> Step | None:
    """Go on with the import job of a file that is older than its place in the lane; None where none is listed.

    Whoever plans a file sends it within minutes. A file that waited longer may have been queued by a lane that was
    restored from an older version since.
    """
    if flight.queues or ports.clock.now() - run.started < SENDER_PATIENCE or flight.tries >= _LISTED_TRIES:
        return None
    try:
        found = queued_before(ports, flight)
    except RetryLaterError as exc:
        return postpone(ports, connector, run, flight, exc)
    if found is None:
        return None
    if found.upload != flight.upload:
        _owe(ports, connector, flight)
    move(ports, connector, flight, found)
    emit(ports, EventName.FILE_LOOKED_UP, found, Level.WARNING, found=len(found.jobs), lookups=1)
    return mark_queued(ports, connector, found, found.jobs)


def _fresh_attempt(ports: Ports, connector: Connector, flight: InFlight) -> InFlight:
    """Begin another upload under a fresh name; what the earlier one may have left is ours to delete."""
    _owe(ports, connector, flight)
    attempt = flight.attempt + 1
    name = upload_name(flight.file, attempt)
    again = replace(
        flight,
        attempt=attempt,
        upload=name,
        source_uri=ports.library.url_of(name),
        not_before=ports.clock.now() + SENDER_PATIENCE * (1 << min(attempt - 1, 6)),
    )
    move(ports, connector, flight, again)
    return again


def _owe(ports: Ports, connector: Connector, flight: InFlight) -> None:
    debt = Debt(flight.source_uri, is_folder=False, since=ports.clock.now())

    def owe(state: ConnectorState) -> ConnectorState:
        known = any(other.url == debt.url for other in state.debts)
        return state if known else replace(state, debts=(*state.debts, debt))

    state_of(ports.store, connector.name).update(owe)


def _upload(ports: Ports, connector: Connector, run: Run, flight: InFlight) -> Step:
    if (step := _already_queued(ports, connector, run, flight)) is not None:
        return step
    file = run.file(flight.file)
    blob = ports.store.get(file_key(run.id, flight.file))
    if file is None or blob is None or hashlib.sha256(blob.data).hexdigest() != file.sha256:
        why = "the stored import file is missing or damaged"
        fail_run(ports, connector, run, flight, why)
        raise CorruptStateError(f"{flight.file}: {why}; its rounds will be planned again")
    try:
        return _upload_and_queue(ports, connector, run, flight, file, blob.data)
    except ConflictError:
        _take_back(ports, connector, flight)
        raise


def _take_back(ports: Ports, connector: Connector, flight: InFlight) -> None:
    """Delete what was uploaded too late: others have gone on, and the debt for this upload may be paid already."""
    lane = lane_of(ports.store, connector).load().value
    uploads = {one.upload for one in (lane.in_flight, *lane.abandoned) if one is not None}
    if flight.upload not in uploads:
        with suppress(RetryLaterError, FatalError):  # the sweep finds what is left
            ports.library.delete_file(flight.source_uri)


def _upload_and_queue(
    ports: Ports, connector: Connector, run: Run, flight: InFlight, file: FileState, content: bytes
) -> Step:
    try:
        ports.library.upload(flight.upload, content)
    except RetryLaterError as exc:
        return postpone(ports, connector, run, flight, exc)
    except FatalError as exc:
        return fail_run(ports, connector, run, flight, str(exc), quarantine=reason_of(exc), stored=False)
    try:
        size = ports.library.size(flight.source_uri)
        if size != file.size:
            raise RetryLaterError(f"the library holds {size} bytes of {file.size}")
    except RetryLaterError as exc:
        return postpone(ports, connector, run, flight, exc)
    except FatalError as exc:
        return fail_run(ports, connector, run, flight, str(exc), quarantine=reason_of(exc))
    emit(ports, EventName.FILE_UPLOADED, flight, size=file.size, people=file.people, pairs=file.pairs)
    return _queue(ports, connector, run, replace(flight, tries=0), was=flight)


def _queue(ports: Ports, connector: Connector, run: Run, flight: InFlight, was: InFlight | None = None) -> Step:
    now = ports.clock.now()
    queues = flight.queues + 1
    asking = replace(flight, phase="queueing", asked=now, lookups=0, not_before=now + SENDER_PATIENCE, queues=queues)
    move(ports, connector, was or flight, asking, lambda lane: lane.count_job(now))
    try:
        job = ports.import_jobs.queue(asking.source_uri, {target: target for target in run.targets})
    except UnansweredError as exc:
        emit(ports, EventName.FILE_LOOKED_UP, asking, Level.WARNING, reason=str(exc))
        return Step("again", "the queue call got no answer: looking the import job up", run=run.id, file=flight.file)
    except RetryLaterError as exc:
        return postpone(ports, connector, run, asking, exc, unqueued=True)
    except FatalError as exc:
        if queues > 1:
            return give_up_sending(ports, connector, run, asking)
        quarantine = reason_of(exc, refused=QuarantineReason.MAPPING)
        return fail_run(ports, connector, run, asking, str(exc), quarantine=quarantine)
    if job is None:
        return Step("again", "SharePoint named no import job: looking it up", run=run.id, file=flight.file)
    return mark_queued(ports, connector, asking, (job,))
