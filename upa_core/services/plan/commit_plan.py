"""Commit a plan: one conditional write of the state, only where the planned work is still due.

Two instances never plan the same work: the second one finds that it isn't due any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.runs import Hold, Run
from upa_core.domain.errors import ConflictError
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.next_step import Step
from upa_core.ports.bundle import Ports
from upa_core.services.plan.hold_reason import Reason
from upa_core.state.document import Stored, state_of


def still_due(before: ConnectorState, current: ConnectorState) -> bool:
    """Return whether the due work is still due: nobody planned it meanwhile, not even without a difference."""
    same = (current.run, current.hold, current.sequence, current.runs) == (None, None, before.sequence, before.runs)
    return same and current.sealed[: len(before.sealed)] == before.sealed


def commit_plan(
    ports: Ports,
    connector: Connector,
    planned_from: Stored[ConnectorState],
    change: Callable[[ConnectorState], ConnectorState],
) -> ConnectorState:
    """Change the state if the planned work is still due; a round that was sealed meanwhile doesn't matter."""
    before = planned_from.value

    def guarded(current: ConnectorState) -> ConnectorState:
        if not still_due(before, current) or (current.people, current.paused) != (before.people, before.paused):
            raise ConflictError("the outbox was planned by somebody else")
        return change(current)

    return state_of(ports.store, connector.name).update(guarded, planned_from).value


def begin_run(ports: Ports, connector: Connector, stored: Stored[ConnectorState], planned: Run, held: Reason) -> Step:
    """Begin the run, or hold it: one conditional write of the state."""

    def begin(current: ConnectorState) -> ConnectorState:
        return replace(
            current,
            sequence=planned.files[-1].sequence if planned.files else current.sequence,
            target=connector.target.lane,
            run=None if held.why else planned,
            hold=Hold(planned, planned.started, held.why, kind=held.kind) if held.why else None,
        )

    commit_plan(ports, connector, stored, begin)
    run = planned.id
    counts = {"updated": planned.counts.updated, "cleared": planned.counts.cleared, "files": len(planned.files)}
    if held.why:
        ports.events.emit(Event(EventName.PLAN_HELD, connector.name, run, Level.WARNING, {"why": held.why, **counts}))
        return Step("idle", f"held: {held.why}", run=run)
    ports.events.emit(Event(EventName.PLAN_MADE, connector.name, run, fields=counts))
    return Step("again", "planned", run=run)
