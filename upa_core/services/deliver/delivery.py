"""One batch of the open run on its way, as everything that delivers uses it."""

from __future__ import annotations

from dataclasses import dataclass

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.runs import FileState, Run
from upa_core.ports.bundle import Ports


@dataclass(frozen=True, slots=True)
class Delivery:
    """A batch of the open run, with the state as it was read."""

    ports: Ports
    connector: Connector
    run: Run
    file: FileState
    """The batch; it isn't settled yet."""

    def is_current(self, state: ConnectorState) -> bool:
        """Return whether the state still waits for this batch; if not, its outcome is written already."""
        return state.run is not None and state.run.id == self.run.id and state.run.file(self.file.name) == self.file


def next_delivery(ports: Ports, connector: Connector, run: Run, route: str) -> Delivery | None:
    """Return the first batch of a route that isn't settled, None where the route has nothing left to do."""
    waiting = run.waiting(route)
    return Delivery(ports, connector, run, waiting[0]) if waiting else None
