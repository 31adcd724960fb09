"""Give up a file in the lane at which a step keeps failing: it confirms nobody, and the lane is free."""

from __future__ import annotations

from collections.abc import Callable

from upa_core.domain.connector import Connector
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.documents.runs import Run
from upa_core.domain.errors import UpaError
from upa_core.domain.next_step import Step
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.bulk.archive import archive_given_up
from upa_core.services.deliver.bulk.flight import Flight
from upa_core.services.deliver.bulk.landing import fail, free_lane, land
from upa_core.services.deliver.delivery import next_delivery
from upa_core.services.deliver.finish import close_route
from upa_core.state.attempts import failed, tell_given_up
from upa_core.state.document import state_of
from upa_core.state.lane import is_current


def with_flight(ports: Ports, connector: Connector, flight: InFlight, work: Callable[[], Step]) -> Step:
    """Take a step with the file in the lane; give the file up where the step fails too often."""
    step = "watch" if flight.phase == "queued" else "send"
    try:
        return work()
    except Exception as exc:
        if not failed(ports, connector, step, flight.file, exc):
            raise
        tell_given_up(ports, connector, step, flight.file, "its people are sent again")
        return _give_up(ports, connector, flight, _why(step, exc))


def with_run(ports: Ports, connector: Connector, run: Run, work: Callable[[], Step]) -> Step:
    """Take a step with a run whose next file isn't in the lane; a run that fails too often ends as failed."""
    try:
        return work()
    except Exception as exc:
        if not failed(ports, connector, "send", run.id, exc):
            raise
        tell_given_up(ports, connector, "send", run.id, "its rounds are planned again")
        delivery = next((one for name in run.routes if (one := next_delivery(ports, connector, run, name))), None)
        if delivery is None:
            raise
        return close_route(delivery, _why("send", exc)).step


def _give_up(ports: Ports, connector: Connector, flight: InFlight, why: str) -> Step:
    state = state_of(ports.store, connector.name).load().value
    file = state.run.file(flight.file) if state.run is not None else None
    if state.run is None or file is None or not is_current(state, flight):
        free_lane(ports, connector, flight, None, alive=bool(flight.queues or flight.jobs))
        return Step("again", "the lane is free", run=flight.run)
    here = Flight(ports, connector, state.run, file, flight)
    if flight.phase != "queued" and not flight.queues:
        return fail(here, why)
    return land(here, archive_given_up(ports, connector, flight, why, abandoned=True))


def _why(step: str, exc: Exception) -> str:
    reason = str(exc) if isinstance(exc, UpaError) else type(exc).__name__
    return f"given up: the step '{step}' failed again and again: {reason}"
