"""One tick of the timer for one connector: pull, then wake whatever storage says is due."""

from __future__ import annotations

from upa_core.domain.connector import Connector
from upa_core.ports.bundle import Ports
from upa_core.services.due import what_is_due
from upa_core.services.pull import PullResult, pull
from upa_core.services.wake import wake


def tick(ports: Ports, connector: Connector) -> PullResult:
    """Pull, and wake the export or the watcher where something waits: a lost wake-up costs at most one tick.

    Raises as `pull`; what was due before is woken even then.
    """
    try:
        return pull(ports, connector)
    finally:
        due = what_is_due(ports, connector)
        if due.file:
            wake(ports, ports.waker.watch, connector.name, due.file)
        elif due.export:
            wake(ports, ports.waker.export, connector.name, "")
