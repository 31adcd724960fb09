"""Runs that somebody asked for, and their status: storage is truth, the wake-up only saves time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, RunRequest
from upa_core.domain.documents.ids import run_id
from upa_core.domain.documents.runs import Outcome, Report, RoundEnd
from upa_core.domain.documents.storage_layout import report_key, round_key
from upa_core.domain.errors import RefusedError
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.shadow import Shard
from upa_core.ports.bundle import Ports
from upa_core.services.wake import wake
from upa_core.state.change_people import change_people_between_runs, next_sequence
from upa_core.state.document import get_document, state_of

Progress = Literal["requested", "pulling", "waiting", "exporting", "held"] | Outcome


@dataclass(frozen=True, slots=True)
class RunStatus:
    """The status of a run."""

    id: str
    connector: str
    status: Progress
    report: Report | None = None


def request_run(ports: Ports, connector: Connector, *, full: bool = False) -> str:
    """Ask for a round; return the id that it will have. A waiting request is joined, and is full if either is.

    It is tried at once, even after a failure. Raises `RefusedError` where the connector is switched off.
    """
    now = ports.clock.now()
    fresh = run_id(now, ports.ids.token())

    def change(state: ConnectorState) -> ConnectorState:
        check_on(connector, state)
        before = state.requested
        joined = (
            RunRequest(fresh, full, now) if before is None else RunRequest(before.id, before.full or full, before.at)
        )
        failed = state.pull_retry
        tried = replace(failed, not_before=now) if failed is not None and failed.not_before > now else failed
        return replace(state, requested=joined, pull_retry=tried)

    requested = state_of(ports.store, connector.name).update(change).value.requested
    wake(ports, ports.waker.continue_pull, connector.name, fresh)
    return requested.id if requested is not None else fresh


def check_on(connector: Connector, state: ConnectorState) -> None:
    """Raise `RefusedError` where quarantine has switched the connector off."""
    one = state.quarantine
    if one is not None and one.off_since is not None:
        why = f"{one.reason.value}: {one.detail}"
        since = f"{one.off_since:%Y-%m-%d %H:%M} UTC"
        raise RefusedError(f"{connector.name} is switched off since {since} ({why}); when it is fixed: upa resume")


def request_people(ports: Ports, connector: Connector, persons: Sequence[str]) -> None:
    """Make people due now: they are read again and planned with their current values at the next export.

    The request is newer than every file so far, so that one in flight with older values doesn't answer it.
    """
    now, sequence = ports.clock.now(), next_sequence(ports, connector)

    def change(shard: Shard, person: str) -> None:
        shard.escrow.ask(person, EscrowReason.REQUESTED, now=now, sequence=sequence)

    change_people_between_runs(ports, connector, [person.lower() for person in persons], change)
    wake(ports, ports.waker.export, connector.name, "")


def run_status(ports: Ports, connector: Connector, run: str) -> RunStatus | None:
    """Return the status of a run or a requested round; None for an id that this connector doesn't know."""
    state = state_of(ports.store, connector.name).load().value
    name = connector.name
    if state.requested is not None and state.requested.id == run:
        return RunStatus(run, name, "requested")
    if state.open_round is not None and state.open_round.id == run:
        return RunStatus(run, name, "pulling")
    if state.run is not None and run in (state.run.id, *state.run.rounds):
        return RunStatus(run, name, "exporting")
    if state.hold is not None and run in (state.hold.run.id, *state.hold.run.rounds):
        return RunStatus(run, name, "held")
    end = get_document(ports.store, round_key(run), RoundEnd)
    report = get_document(ports.store, report_key(end.value.run if end is not None else run), Report)
    if report is not None and report.value.connector == name:
        return RunStatus(run, name, report.value.outcome, report.value)
    if any(sealed.id == run for sealed in state.sealed):
        return RunStatus(run, name, "waiting")
    return None
