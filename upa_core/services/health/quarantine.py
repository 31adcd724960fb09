"""Enter and leave quarantine outside the end of a run: pulling, polling, an undecided hold; emit each once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, age_of, switched_off
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.documents.quarantine import SLOW_PULL, QuarantineReason, left_by, reason_of, slowed_down
from upa_core.domain.documents.runs import Retry
from upa_core.domain.errors import AccessDeniedError, FatalError
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.pauses import HOLD_ALERT_EVERY, RHYTHM_SLACK, failed_run_pause, is_early
from upa_core.ports.bundle import Ports
from upa_core.state.document import state_of


def pull_is_due(state: ConnectorState, connector: Connector, now: datetime) -> bool:
    """Return whether the timer's tick pulls: a quarantine or the connector's own rhythm may make pulls rarer.

    An open or requested round, and a changed configuration, needn't wait for the rhythm.
    """
    if switched_off(state):
        return False
    failed = state.pull_retry
    if failed is not None and is_early(failed.not_before, now) and failed.fingerprint == connector.fingerprint:
        return False
    mark = state.watermark
    if state.open_round is not None or state.requested is not None or state.last_pull is None or mark is None:
        return True
    waiting = state.quarantine is not None and state.quarantine.probe == "decision"
    rhythm = max((every for every in (connector.every, SLOW_PULL if waiting else None) if every), default=None)
    if rhythm is None or mark.fingerprint != connector.fingerprint:
        return True
    return age_of(state.last_pull, now) >= rhythm - RHYTHM_SLACK


def pull_refused(ports: Ports, connector: Connector, exc: FatalError) -> None:
    """Enter quarantine after a pull that needs an administrator; several failures at once count as one."""
    now = ports.clock.now()
    reason = reason_of(exc, refused=QuarantineReason.MAPPING)

    def change(state: ConnectorState) -> ConnectorState:
        before = state.pull_retry
        if before is not None and is_early(before.not_before, now) and before.fingerprint == connector.fingerprint:
            return state
        failures = before.failures + 1 if before is not None else 1
        since = before.since if before is not None else now
        return replace(
            state,
            pull_retry=Retry(failures, now + failed_run_pause(failures), str(exc), connector.fingerprint, since=since),
            quarantine=slowed_down(state.quarantine, reason, str(exc), now, "pull"),
        )

    _change(ports, connector, change)


def pulled(state: ConnectorState) -> ConnectorState:
    """Return the state after a round was read to its end."""
    return replace(state, pull_retry=None, quarantine=left_by(state.quarantine, "pull"))


def poll_refused(ports: Ports, connector: Connector, exc: AccessDeniedError, flight: InFlight) -> None:
    """Enter quarantine while SharePoint refuses to report an import job; a run that succeeds ends it."""
    now = ports.clock.now()

    def change(state: ConnectorState) -> ConnectorState:
        if state.quarantine is not None and state.quarantine.reason is QuarantineReason.CREDENTIALS:
            return state
        after = slowed_down(state.quarantine, QuarantineReason.CREDENTIALS, str(exc), now, "export")
        return replace(state, quarantine=after)

    _change(ports, connector, change, flight.run, flight.jobs)


def hold_expired(ports: Ports, connector: Connector) -> None:
    """Enter quarantine where nobody has decided about a hold for long; the hold itself stays as it is."""
    now = ports.clock.now()

    def change(state: ConnectorState) -> ConnectorState:
        hold = state.hold
        if hold is None:
            return replace(state, quarantine=left_by(state.quarantine, "decision"))
        if age_of(hold.since, now) < HOLD_ALERT_EVERY:
            return state
        why = f"nobody has decided since {hold.since:%Y-%m-%d} about run {hold.run.id}: {hold.why}"
        return replace(
            state, quarantine=slowed_down(state.quarantine, QuarantineReason.HOLD_EXPIRED, why, now, "decision")
        )

    _change(ports, connector, change)


def emit_quarantine(
    ports: Ports,
    connector: str,
    before: ConnectorState,
    after: ConnectorState,
    run: str = "",
    import_jobs: tuple[str, ...] = (),
) -> None:
    """Emit an event when a connector enters or leaves quarantine, changes its reason, or is switched off.

    Six parameters: the two states, and what an event names.
    """
    old, new = before.quarantine, after.quarantine

    def tell(name: EventName, level: Level, **fields: str | int) -> None:
        ports.events.emit(Event(name, connector, run, level, fields, import_jobs))

    if new is not None and (old is None or old.reason != new.reason):
        tell(EventName.QUARANTINED, Level.ERROR, reason=new.reason.value, detail=new.detail)
    if new is not None and new.off_since is not None and (old is None or old.off_since is None):
        days = age_of(new.since, new.off_since).days
        tell(EventName.SWITCHED_OFF, Level.ERROR, reason=new.reason.value, detail=new.detail, days=days)
    if old is not None and new is None:
        tell(EventName.QUARANTINE_LEFT, Level.INFO, reason=old.reason.value)


def _change(
    ports: Ports,
    connector: Connector,
    change: Callable[[ConnectorState], ConnectorState],
    run: str = "",
    import_jobs: tuple[str, ...] = (),
) -> None:
    before = ConnectorState()

    def noted(state: ConnectorState) -> ConnectorState:
        nonlocal before
        before = state
        return change(state)

    after = state_of(ports.store, connector.name).update(noted).value
    emit_quarantine(ports, connector.name, before, after, run, import_jobs)
