"""Why does nothing move? The gates that a new plan passes, in one order for everybody who asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, switched_off
from upa_core.domain.pauses import is_early

GateName = Literal["off", "paused", "held", "staging", "retry"]


@dataclass(frozen=True, slots=True)
class Gate:
    """A closed gate."""

    name: GateName
    why: str
    until: datetime | None = None
    """When it opens by itself; None: an administrator opens it."""
    run: str = ""
    """The run that is held."""


def closed_for_all(state: ConnectorState) -> Gate | None:
    """Return the gate that stops even an open run, between two files; None where both gates are open."""
    if switched_off(state):
        return Gate("off", "switched off: see `upa resume`")
    if state.paused:
        return Gate("paused", "paused")
    return None


def closed_gate(connector: Connector, state: ConnectorState, now: datetime) -> Gate | None:
    """Return the first closed gate for a new plan, None where the plan would be exported.

    The order is: off, paused, held, staging, retry. What only an administrator opens comes first.
    """
    if (stopped := closed_for_all(state)) is not None:
        return stopped
    if state.hold is not None:
        return Gate("held", f"held: {state.hold.why}", run=state.hold.run.id)
    if connector.in_staging(state):
        return Gate("staging", "staging mode: see `upa plan`, then `upa go`")
    retry = state.retry
    if retry is not None and is_early(retry.not_before, now) and retry.fingerprint == connector.fingerprint:
        return Gate("retry", f"retry after a failed run ({retry.why})", until=retry.not_before)
    return None
