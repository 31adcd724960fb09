"""Send one import file: take the lane, upload, check, queue, remember.

Before each step with an effect at SharePoint the lane is written: it says what is about to happen, so that after a
crash the next worker knows what to look for.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from itertools import count

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, Debt
from upa_core.domain.documents.ids import upload_name
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.documents.quarantine import QuarantineReason, reason_of
from upa_core.domain.documents.runs import BULK
from upa_core.domain.documents.storage_layout import file_key
from upa_core.domain.errors import (
    ConflictError,
    CorruptStateError,
    FatalError,
    RefusedError,
    RetryLaterError,
    UnansweredError,
)
from upa_core.domain.gates import closed_for_all
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.next_step import Step
from upa_core.domain.pauses import LANE_BUSY, SENDER_PATIENCE, is_early
from upa_core.ports.bundle import Ports
from upa_core.ports.library import NOT_CHECKED_IN
from upa_core.services.deliver.archive import load_outcome
from upa_core.services.deliver.bulk.flight import Flight
from upa_core.services.deliver.bulk.landing import fail, free_lane, give_up_sending, give_up_taken_over, land
from upa_core.services.deliver.bulk.look_up_job import look_up, mark_queued, queued_before
from upa_core.services.deliver.bulk.postpone import postpone
from upa_core.services.deliver.delivery import Delivery, next_delivery
from upa_core.services.plan.export import tomorrow
from upa_core.services.target_change import refuse_other_tenant
from upa_core.state.document import lane_of, state_of
from upa_core.state.lane import is_current, move, take_over

_LISTED_TRIES = 3
"""Failed tries to list import jobs before the first queue call; then the call is made anyway."""


def send(ports: Ports, connector: Connector) -> Step:
    """Take the lane for the run's next file and send it, or continue with the file in the lane.

    The lane is read before the state: what changed since loses at the conditional write of the lane.

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
    state = state_of(ports.store, connector.name).load().value
    refuse_other_tenant(connector, state)
    delivery = next_delivery(ports, connector, state.run, BULK) if state.run is not None else None
    if state.run is None or delivery is None:
        return Step("idle", "nothing is to be sent")
    run, file = delivery.run, delivery.file
    outcome = load_outcome(ports, run.id, file.name)
    if outcome is not None:
        return land(delivery, outcome)
    taken = next((entry for entry in lane.value.abandoned if entry.file == file.name), None)
    if taken is not None:
        return give_up_taken_over(delivery, taken)
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
        beside=len(run.routes) > 1,
    )
    move(ports, connector, None, flight, read=lane)
    return _upload(_flight(delivery, flight))


def resume_sending(ports: Ports, connector: Connector, flight: InFlight) -> Step:
    """Continue with a file in the lane that isn't known to be queued yet."""
    now = ports.clock.now()
    if is_early(flight.not_before, now):
        return Step("poll", f"{flight.phase}; waiting", at=flight.not_before, run=flight.run, file=flight.file)
    state = state_of(ports.store, connector.name).load().value
    file = state.run.file(flight.file) if state.run is not None else None
    if state.run is None or file is None or not is_current(state, flight):
        free_lane(ports, connector, flight, load_outcome(ports, flight.run, flight.file), alive=flight.queues > 0)
        return Step("again", "the lane is free", run=flight.run)
    here = Flight(ports, connector, state.run, file, flight)
    if flight.phase == "reserved":
        return _upload(_fresh_attempt(here))
    if flight.phase == "queueing" or flight.queues:  # an earlier call's import job may be listed by now
        found = look_up(here)
        return found if isinstance(found, Step) else _queue(found)
    return _already_queued(here) or _queue(here)


def _already_queued(here: Flight) -> Step | None:
    """Continue with the import job of a file that is older than its place in the lane; None where none is listed.

    A file is sent within minutes after its plan. A file that waited longer may have been queued before the lane was
    restored from an older version; where the lane has counted no import job yet, it may be lost, and any file may be.
    """
    flight, young = here.place, here.ports.clock.now() - here.run.started < SENDER_PATIENCE
    if flight.queues or flight.tries >= _LISTED_TRIES:
        return None
    if young and lane_of(here.ports.store, here.connector).load().value.jobs_total:
        return None
    try:
        found = queued_before(here.ports, flight)
    except RetryLaterError as exc:
        return postpone(here, exc)
    if found is None:
        return None
    if found.upload != flight.upload:
        _owe(here)
    here = here.moved(found)
    here.tell(EventName.FILE_LOOKED_UP, Level.WARNING, found=len(found.jobs), lookups=1)
    return mark_queued(here, found.jobs)


def _flight(delivery: Delivery, place: InFlight) -> Flight:
    return Flight(delivery.ports, delivery.connector, delivery.run, delivery.file, place)


def _fresh_attempt(here: Flight) -> Flight:
    """Begin another upload under a new name; the debt of the earlier upload is ours."""
    _owe(here)
    ports, flight = here.ports, here.place
    attempt = flight.attempt + 1
    name = upload_name(flight.file, attempt)
    return here.moved(
        replace(
            flight,
            attempt=attempt,
            upload=name,
            source_uri=ports.library.url_of(name),
            not_before=ports.clock.now() + SENDER_PATIENCE * (1 << min(attempt - 1, 6)),
        )
    )


def _owe(here: Flight) -> None:
    debt = Debt(here.place.source_uri, is_folder=False, since=here.ports.clock.now())

    def owe(state: ConnectorState) -> ConnectorState:
        known = any(other.url == debt.url for other in state.debts)
        return state if known else replace(state, debts=(*state.debts, debt))

    state_of(here.ports.store, here.connector.name).update(owe)


def _upload(here: Flight) -> Step:
    if (step := _already_queued(here)) is not None:
        return step
    blob = here.ports.store.get(file_key(here.run.id, here.file.name))
    if blob is None or hashlib.sha256(blob.data).hexdigest() != here.file.sha256:
        why = "the stored import file is missing or damaged"
        fail(here, why)
        raise CorruptStateError(f"{here.file.name}: {why}; its rounds will be planned again")
    try:
        return _upload_and_queue(here, blob.data)
    except ConflictError:
        _take_back(here)
        raise


def _take_back(here: Flight) -> None:
    """Delete an upload that came too late: other instances have continued, and its debt may be paid already."""
    lane = lane_of(here.ports.store, here.connector).load().value
    uploads = {one.upload for one in (lane.in_flight, *lane.abandoned) if one is not None}
    if here.place.upload not in uploads:
        with suppress(RetryLaterError, FatalError):  # housekeeping finds the rest
            here.ports.library.delete_file(here.place.source_uri)


def _upload_and_queue(here: Flight, content: bytes) -> Step:
    library, file = here.ports.library, here.file
    try:
        library.upload(here.place.upload, content)
    except RetryLaterError as exc:
        return postpone(here, exc)
    except FatalError as exc:
        stored = isinstance(exc, RefusedError) and exc.code == NOT_CHECKED_IN
        return fail(here, str(exc), quarantine=reason_of(exc), stored=stored)
    try:
        size = library.size(here.place.source_uri)
        if size != file.size:
            raise RetryLaterError(f"the library holds {size} bytes of {file.size}")
    except RetryLaterError as exc:
        return postpone(here, exc)
    except FatalError as exc:
        return fail(here, str(exc), quarantine=reason_of(exc))
    here.tell(EventName.FILE_UPLOADED, size=file.size, people=file.people, pairs=file.pairs)
    return _queue(here, tries=0)


def _queue(here: Flight, tries: int | None = None) -> Step:
    """Queue the uploaded file; `tries`: failures in a row that are stored from now on."""
    now, queues = here.ports.clock.now(), here.place.queues + 1
    asking = replace(
        here.place,
        phase="queueing",
        asked=now,
        lookups=0,
        not_before=now + SENDER_PATIENCE,
        queues=queues,
        tries=here.place.tries if tries is None else tries,
    )
    here = here.moved(asking, lambda lane: lane.count_job(now))
    try:
        job = here.ports.import_jobs.queue(asking.source_uri, {target: target for target in here.run.targets})
    except UnansweredError as exc:
        here.tell(EventName.FILE_LOOKED_UP, Level.WARNING, reason=str(exc))
        return here.again("the queue call got no answer: looking the import job up")
    except RetryLaterError as exc:
        return postpone(here, exc, unqueued=True)
    except FatalError as exc:
        here = here.moved(replace(asking, queues=queues - 1), lambda lane: lane.uncount_job(now))
        if queues > 1:
            return give_up_sending(here)
        return fail(here, str(exc), quarantine=reason_of(exc, refused=QuarantineReason.MAPPING))
    if job is None:
        return here.again("SharePoint named no import job: looking it up")
    return mark_queued(here, (job,))
