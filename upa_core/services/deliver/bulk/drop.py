"""Drop the open run or a held one without reading any of its files: this ends every stuck state."""

from __future__ import annotations

from dataclasses import replace

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, Debt
from upa_core.domain.documents.quarantine import left_by
from upa_core.domain.errors import RefusedError
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.bulk.landing import free_lane
from upa_core.services.wake import wake
from upa_core.state.document import lane_of, state_of
from upa_core.state.run_end import after_failure, write_report


def drop_hold(ports: Ports, connector: Connector, run: str, by: str) -> None:
    """End a held run without a decision: nothing of it is sent or declined, and its rounds are planned again.

    Raises `RefusedError` where no such run is held.
    """

    def drop(state: ConnectorState) -> ConnectorState:
        if state.hold is None or state.hold.run.id != run:
            raise RefusedError(f"run {run} isn't held")
        return replace(state, hold=None, quarantine=left_by(state.quarantine, "decision"), runs=state.runs + 1)

    state_of(ports.store, connector.name).update(drop)
    _tell(ports, connector, "hold drop", run, by)
    wake(ports, ports.waker.export, connector.name, "")


def drop_run(ports: Ports, connector: Connector, run: str, by: str) -> bool:
    """End the open run as failed: its rounds stay, and are planned again after a pause.

    An import job of it that may run stays on the books: when it has ended, its people are unknown and sent again.
    Returns whether there may be one. Raises `RefusedError` where no such run is open.
    """
    document, now = state_of(ports.store, connector.name), ports.clock.now()
    read = document.load()
    opened = read.value.run
    if opened is None or opened.id != run:
        raise RefusedError(f"run {run} isn't open")
    flight = lane_of(ports.store, connector).load().value.in_flight
    ours = flight if flight is not None and (flight.connector, flight.run) == (connector.name, run) else None
    alive = ours is not None and bool(ours.queues or ours.jobs)
    debts = (Debt(ours.source_uri, is_folder=False, since=now),) if ours is not None and not alive else ()
    if ours is not None:
        free_lane(ports, connector, ours, None, alive=alive)
    why = f"dropped by {by}"

    def drop(state: ConnectorState) -> ConnectorState:
        if state.run is None or state.run.id != run:
            return state
        return after_failure(replace(state, debts=(*state.debts, *debts)), opened, now, why)

    write_report(ports, connector.name, opened, "failed", why)
    document.update(drop, read)
    _tell(ports, connector, "run drop", run, by)
    return alive


def _tell(ports: Ports, connector: Connector, what: str, run: str, by: str) -> None:
    fields = {"control": what, "by": by}
    ports.events.emit(Event(EventName.CONTROLLED, connector.name, run, Level.WARNING, fields))
