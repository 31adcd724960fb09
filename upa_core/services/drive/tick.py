"""One tick of the timer for one connector: pull if it is time, then wake all due work."""

from __future__ import annotations

from upa_core.domain.connector import Connector
from upa_core.domain.errors import UpaError
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.ports.bundle import Ports
from upa_core.services.drift.read_back import read_back
from upa_core.services.drive.due import what_is_due
from upa_core.services.drive.watcher import see_that_it_is_watched
from upa_core.services.health.quarantine import pull_is_due
from upa_core.services.pull import PullResult, pull
from upa_core.services.wake import wake
from upa_core.state.document import state_of


def tick(ports: Ports, connector: Connector) -> PullResult | None:
    """Pull, and wake the export or the watcher where work waits: a lost wake-up costs at most one tick.

    Returns None where it isn't time to pull: in quarantine, or in a rhythm slower than the timer's.
    Raises as `pull`; what was due before is woken even then.
    """
    try:
        stored = state_of(ports.store, connector.name).load()
        if not pull_is_due(stored.value, connector, ports.clock.now()):
            return None
        return pull(ports, connector, stored=stored)
    finally:
        due = what_is_due(ports, connector)
        if due.flight is not None:
            see_that_it_is_watched(ports, connector, due.flight)
        elif due.export:
            wake(ports, ports.waker.export, connector.name, "")
        _read_back(ports, connector)


def _read_back(ports: Ports, connector: Connector) -> None:
    """Read profiles back; an error there doesn't stop the pipeline.

    A defect of ours is reported by its kind alone, as an error: raised, it would stop the tick's wake-ups.
    """
    level, reason = Level.WARNING, ""
    try:
        read_back(ports, connector)
    except UpaError as exc:
        reason = str(exc) or type(exc).__name__
    except Exception as exc:  # noqa: BLE001 - reported below
        level, reason = Level.ERROR, type(exc).__name__
    if reason:
        ports.events.emit(Event(EventName.DRIFT_POSTPONED, connector.name, level=level, fields={"reason": reason}))
