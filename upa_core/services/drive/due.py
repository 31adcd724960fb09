"""Whether anything besides pulling is due for a connector: every tick asks storage for it."""

from __future__ import annotations

from dataclasses import dataclass

from upa_core.domain.connector import Connector
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.gates import closed_gate
from upa_core.ports.bundle import Ports
from upa_core.state.document import lane_of, state_of
from upa_core.state.people import People


@dataclass(frozen=True, slots=True)
class Due:
    """The work that waits, from storage."""

    export: bool
    """Something to plan, send or continue."""
    flight: InFlight | None = None
    """The connector's import file in the lane; somebody must watch it."""


def what_is_due(ports: Ports, connector: Connector) -> Due:
    """Read what is due; this finds a lost wake-up, a watcher that never started, and a lost hand-over."""
    flight = lane_of(ports.store, connector).load().value.in_flight
    if flight is not None and flight.connector == connector.name:
        return Due(export=False, flight=flight)
    state = state_of(ports.store, connector.name).load().value
    if state.urgent is not None:
        return Due(export=ports.clock.now() >= state.urgent.until)
    now, gate = ports.clock.now(), closed_gate(connector, state, ports.clock.now())
    if state.run is not None:
        return Due(export=gate is None or gate.name != "off")
    if gate is not None:
        return Due(export=False)
    return Due(export=bool(state.sealed or People(ports.store, connector, state.people).due_shards(now)))
