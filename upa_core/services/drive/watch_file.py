"""One activity of the watching orchestration: continue with one import file until it must wait or is settled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from upa_core.domain.connector import Connector
from upa_core.ports.bundle import Ports
from upa_core.services.drive.advance import go_on
from upa_core.services.drive.watcher import note_look
from upa_core.services.wake import wake
from upa_core.state.document import lane_of


@dataclass(frozen=True, slots=True)
class Watched:
    """The orchestration's next action: wait until `at`, or end."""

    done: bool
    at: datetime | None
    why: str


def watch_file(ports: Ports, connector: Connector, file: str) -> Watched:
    """Advance while this file is in the lane; done when it no longer is.

    Raises as `advance`.
    """
    while True:
        flight = lane_of(ports.store, connector).load().value.in_flight
        if flight is None or flight.file != file:
            wake(ports, ports.waker.export, connector.name, "")
            return Watched(done=True, at=None, why="settled")
        step = go_on(ports, connector, flight)
        if step.kind != "again":
            note_look(ports, connector, flight)
            return Watched(done=step.kind == "idle", at=step.at, why=step.why)
