"""Delete what a canary of an earlier release left: its state was under the connector's name and `-canary`."""

from __future__ import annotations

from dataclasses import replace

from upa_core.domain.connector import Connector
from upa_core.domain.documents.ids import CANARY
from upa_core.domain.documents.storage_layout import connector_prefix, state_key
from upa_core.ports.bundle import Ports
from upa_core.services.upkeep.sweep_storage import SAFE_AGE, sweep_runs
from upa_core.state.document import lane_of


def sweep_canary(ports: Ports, connector: Connector) -> int:
    """Delete a canary's state three days after its last change, and its archives after their retention.

    One whose import job is in the lane or on the books stays. Returns how many blobs are gone.
    """
    canary = replace(connector, name=connector.name + CANARY)
    found = list(ports.store.list(connector_prefix(canary.name)))
    deleted = sweep_runs(ports, canary)
    now, lane = ports.clock.now(), lane_of(ports.store, connector).load().value
    at_work = {one.connector for one in (lane.in_flight, *lane.abandoned) if one is not None}
    if canary.name in at_work or any(now - blob.modified < SAFE_AGE for blob in found):
        return deleted
    last = state_key(canary.name)  # an interrupted sweep ends later: the state says what the other blobs belong to
    for blob in sorted(found, key=lambda blob: blob.key == last):
        ports.store.delete(blob.key)
    return deleted + len(found)
