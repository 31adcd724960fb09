"""The answer to every wake-up: read from storage what is due for a connector, do it, return the next step."""

from __future__ import annotations

from collections.abc import Iterable

from upa_core.domain.connector import Connector
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.documents.runs import BULK
from upa_core.domain.errors import ConflictError, CorruptStateError, UpaError
from upa_core.domain.next_step import Step
from upa_core.domain.pauses import FIRST_POLL
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.bulk.send import resume_sending
from upa_core.services.deliver.bulk.watch import watch
from upa_core.services.deliver.individual.urgent import end_overdue
from upa_core.services.drive.give_up import with_flight, with_run
from upa_core.services.plan.export import export
from upa_core.state.document import lane_of, state_of


def advance(ports: Ports, connector: Connector) -> Step:
    """Do the next due work; without any it returns `idle` or `poll`.

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
        if stored.value.urgent is not None:
            return end_overdue(ports, connector, stored.value.urgent)
        if stored.value.run is not None:
            run = stored.value.run
            return with_run(ports, connector, run, lambda: _deliver(ports, connector, run.routes))
        return export(ports, connector, stored, lane.value)
    except ConflictError as exc:
        return _elsewhere(ports, exc)


def go_on(ports: Ports, connector: Connector, flight: InFlight) -> Step:
    """Do the next work for the connector's file in the lane, as it was just read; raises as `advance`.

    Other routes of its run are continued too.
    """
    take = watch if flight.phase == "queued" else resume_sending
    try:
        step = with_flight(ports, connector, flight, lambda: take(ports, connector, flight))
    except ConflictError as exc:
        step = _elsewhere(ports, exc)
    if not flight.beside or step.kind == "again":
        return step
    state = state_of(ports.store, connector.name).load().value
    if state.run is None or state.run.id != flight.run:
        return step
    others = [route for route in state.run.routes if route != BULK]
    return _sooner([step, _deliver(ports, connector, others)]) if others else step


def _deliver(ports: Ports, connector: Connector, routes: Iterable[str]) -> Step:
    """Do the next work of each route; a route that fails delays no other, and its error is raised afterwards."""
    steps: list[Step] = []
    trouble: UpaError | None = None
    for name in routes:
        try:
            if name not in ports.routes:
                raise CorruptStateError(f"the run has a batch of the route {name}, which this release doesn't know")
            steps.append(ports.routes[name].advance(ports, connector))
        except ConflictError as exc:
            steps.append(_elsewhere(ports, exc))
        except UpaError as exc:
            trouble = trouble or exc
    if trouble is not None and not any(step.kind == "again" for step in steps):
        raise trouble
    return _sooner(steps) if steps else Step("idle", "nothing is to be sent")


def _sooner(steps: list[Step]) -> Step:
    """Return the step to take first: one that can be taken at once, else the earliest one that has a time."""
    if (ready := next((step for step in steps if step.kind == "again"), None)) is not None:
        return ready
    timed = [(step.at, at) for at, step in enumerate(steps) if step.at is not None]
    return steps[min(timed)[1]] if timed else steps[0]


def _elsewhere(ports: Ports, exc: ConflictError) -> Step:
    return Step("poll", f"another instance is at work ({exc})", at=ports.clock.now() + FIRST_POLL)


def advance_far(ports: Ports, connector: Connector) -> Step:
    """Continue until the next work is due later; return that step, never `again`."""
    step = advance(ports, connector)
    while step.kind == "again":
        step = advance(ports, connector)
    return step
