"""Read everybody at once: an administrator begins it, every tick continues it, and it can be paused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from upa_core.domain.connector import Connector
from upa_core.domain.drift.record import Campaign, DriftIndex
from upa_core.domain.errors import RefusedError
from upa_core.domain.health.events import Event, EventName
from upa_core.ports.bundle import Ports
from upa_core.state.document import state_of
from upa_core.state.drift.documents import drift_of


def begin(ports: Ports, connector: Connector, by: str) -> Campaign:
    """Begin to read everybody; a paused campaign goes on, a running one stays as it is.

    Raises `RefusedError` where nothing is confirmed of anybody yet.
    """
    state = state_of(ports.store, connector.name).load().value
    if state.last_success is None and not state.people.known:
        raise RefusedError(f"{connector.name} has delivered nothing yet: there is nothing to compare. Next: upa run")
    now = ports.clock.now()

    def change(index: DriftIndex) -> DriftIndex:
        one = index.campaign
        if one is not None and one.ended is None:
            return replace(index, campaign=replace(one, paused=False))
        parts = {number: replace(part, behind=part.people) for number, part in index.parts.items()}
        people = max(state.people.known, sum(part.people for part in parts.values()))
        return replace(index, parts=parts, campaign=Campaign(now, by, people))

    return _changed(ports, connector, change, "drift --full", by)


def pause(ports: Ports, connector: Connector, by: str) -> Campaign:
    """Pause the campaign; the background still reads. Raises `RefusedError` where none is running."""

    def change(index: DriftIndex) -> DriftIndex:
        one = index.full
        if one is None:
            raise RefusedError("nobody reads everybody now: nothing to pause. See upa drift")
        return replace(index, campaign=replace(one, paused=True))

    return _changed(ports, connector, change, "drift --pause", by)


def _changed(
    ports: Ports, connector: Connector, change: Callable[[DriftIndex], DriftIndex], control: str, by: str
) -> Campaign:
    campaign = drift_of(ports.store, connector.name).update(change).value.campaign
    if campaign is None:
        raise AssertionError("a campaign was just written")
    fields = {"control": control, "by": by}
    ports.events.emit(Event(EventName.CONTROLLED, connector.name, fields=fields))
    return campaign
