"""One answer to every wake-up: read from storage what is due for a connector, do it, tell what comes next."""

from __future__ import annotations

from upa_core.domain.connector import Connector
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.errors import ConflictError
from upa_core.domain.next_step import Step
from upa_core.domain.timetable import FIRST_POLL
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.bulk.send import resume_sending, send
from upa_core.services.deliver.bulk.watch import watch
from upa_core.services.plan.export import export
from upa_core.state.document import lane_of, state_of


def advance(ports: Ports, connector: Connector) -> Step:
    """Do the one next thing that is due; wake-ups that find nothing to do end as `idle` or `poll`.

    Raises:
        FatalError: an administrator must act; nothing is lost.
        RetryLaterError: a service or the storage can't be reached; nothing is lost.

    """
    try:
        lane = lane_of(ports.store, connector).load()
        flight = lane.value.in_flight
        if flight is not None and flight.connector == connector.name:
            return go_on(ports, connector, flight)
        stored = state_of(ports.store, connector.name).load()
        if stored.value.run is not None:
            return send(ports, connector, lane, stored.value)
        return export(ports, connector, stored, lane.value)
    except ConflictError as exc:
        return Step("poll", f"another instance is at work ({exc})", at=ports.clock.now() + FIRST_POLL)


def go_on(ports: Ports, connector: Connector, flight: InFlight) -> Step:
    """Do the one next thing for the connector's file in the lane, as it was just read; raises as `advance`."""
    try:
        return (watch if flight.phase == "queued" else resume_sending)(ports, connector, flight)
    except ConflictError as exc:
        return Step("poll", f"another instance is at work ({exc})", at=ports.clock.now() + FIRST_POLL)


def advance_far(ports: Ports, connector: Connector) -> Step:
    """Go on until the next thing is due later; returns that step, never `again`."""
    step = advance(ports, connector)
    while step.kind == "again":
        step = advance(ports, connector)
    return step
