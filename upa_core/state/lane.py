"""The target tenant's lane: one import file in flight. Only an instance that has read its present place may move it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.lane import Abandoned, InFlight, Lane
from upa_core.domain.errors import ConflictError
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.pauses import ABANDONED_POLL
from upa_core.ports.bundle import Ports
from upa_core.state.document import Stored, lane_of


def move(
    ports: Ports,
    connector: Connector,
    before: InFlight | None,
    after: InFlight | None,
    also: Callable[[Lane], Lane] = lambda lane: lane,
    read: Stored[Lane] | None = None,
) -> InFlight | None:
    """Replace what is in flight; raises `ConflictError` where it isn't `before` any more.

    With `read`, nothing at all may have changed since then: a lane that is free again may have held another
    file meanwhile.

    Six parameters: the conditions and the change of one conditional write.
    """

    def change(lane: Lane) -> Lane:
        if lane.in_flight != before:
            raise ConflictError("the lane was moved by somebody else")
        return replace(also(lane), in_flight=after)

    document = lane_of(ports.store, connector)
    if read is None:
        document.update(change)
    else:
        document.save(read, change(read.value))
    return after


def abandon(flight: InFlight, now: datetime) -> Callable[[Lane], Lane]:
    """Return the change that keeps an import job on the books after it was given up."""
    entry = Abandoned(
        connector=flight.connector,
        run=flight.run,
        file=flight.file,
        sequence=flight.sequence,
        upload=flight.upload,
        source_uri=flight.source_uri,
        jobs=flight.jobs,
        since=now,
        next_poll=now + ABANDONED_POLL,
        queues=flight.queues,
    )

    def change(lane: Lane) -> Lane:
        others = tuple(other for other in lane.abandoned if other.file != flight.file)
        return replace(lane, abandoned=(*others, entry))

    return change


def is_current(state: ConnectorState, flight: InFlight) -> bool:
    """Return whether the state still waits for this file; if not, its outcome is written already."""
    if state.run is None or state.run.id != flight.run:
        return False
    file = state.run.file(flight.file)
    return file is not None and not file.settled


def take_over(ports: Ports, connector: Connector, lane: Stored[Lane]) -> bool:
    """Free a lane that a connector without an owner has held too long; its import job stays on the books."""
    flight, now = lane.value.in_flight, ports.clock.now()
    if flight is None or not flight.overdue(now):
        return False
    move(ports, connector, flight, None, abandon(flight, now) if flight.asked is not None else lambda lane: lane)
    fields = {"file": flight.file, "of": flight.connector}
    told = Event(EventName.IMPORT_JOB_ABANDONED, connector.name, flight.run, Level.WARNING, fields, flight.jobs)
    ports.events.emit(told)
    return True


def emit(
    ports: Ports, name: EventName, flight: InFlight, level: Level = Level.INFO, **fields: str | int | float | None
) -> None:
    """Emit an event about the file in the lane."""
    named = {"file": flight.file, **fields}
    ports.events.emit(Event(name, flight.connector, flight.run, level, named, flight.jobs))
