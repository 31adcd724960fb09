"""Finish an import file or a run: settle, write what became of it, free the lane, clean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Literal

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import (
    Abandoned,
    ConnectorState,
    Counts,
    Debt,
    FileState,
    InFlight,
    Lane,
    Outcome,
    QuarantineReason,
    Run,
)
from upa_core.domain.documents.storage_layout import shards_key
from upa_core.domain.errors import ConflictError
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.next_step import Step
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.archive import archive_given_up
from upa_core.services.deliver.clean import pay_debts
from upa_core.services.deliver.settle import settle
from upa_core.services.health.quarantine import emit_quarantine
from upa_core.state.document import Stored, lane_of, state_of
from upa_core.state.lane import abandon, emit, is_current, move
from upa_core.state.run_end import after_delivery, after_failure, after_success, drop_segments, write_report

MAX_AFTER_A_LONE_FAILURE = 32
"""Files that still go after one of a single person failed; an import job each, and the values don't get newer."""


def finish(
    ports: Ports,
    connector: Connector,
    run: Run,
    file: FileState,
    outcome: Outcome,
    flight: InFlight | None,
    read: Stored[ConnectorState] | None = None,
) -> Step:
    """Settle from the archive, write what became of the file, free the lane (if the file is in it), clean."""
    settlement = settle(ports, connector, outcome)
    counts = run.counts.plus(Counts(exported=settlement.exported, escrowed=settlement.escrowed))
    settled = replace(file, settled=True, confirmed=settlement.confirmed, import_jobs=outcome.import_jobs)
    after = replace(run.with_file(settled), counts=counts)
    status = _status(after, settled, outcome)
    why = settlement.why or ("a file of one person confirmed nobody" if status == "failed" else "")
    if status is not None:
        write_report(ports, connector.name, after, status, why)
    now = ports.clock.now()
    debts = () if outcome.abandoned else tuple(_debts(outcome, now))
    attributable = bool(outcome.jobs) and file.people > 1

    def change(state: ConnectorState) -> ConnectorState:
        if state.run is None or state.run.id != run.id or state.run.file(file.name) != file:
            return state
        state = replace(state, run=after, debts=(*state.debts, *debts), import_jobs=state.import_jobs + 1)
        state = after_delivery(state, after, settled, now)
        if status == "success":
            return after_success(state, after, now)
        if status == "failed":
            people = file.people if attributable else 0
            return after_failure(state, after, now, why, opaque=settlement.opaque, people=people)
        return state

    document = state_of(ports.store, connector.name)
    before = read or document.load()
    done = [r for r in before.value.sealed if r.id in run.rounds] if status == "success" else []
    written = document.update(change, before)
    emit_quarantine(ports, connector.name, before.value, written.value, run.id, after.import_jobs)
    if flight is not None:
        free_lane(ports, connector, flight, outcome)
    drop_segments(ports, done)
    pay_debts(ports, connector, written)
    if status is not None:
        ports.store.delete(shards_key(run.id))
    return Step("again", f"settled: {settlement.exported} exported, {settlement.escrowed} escrowed", run=run.id)


def free_lane(
    ports: Ports, connector: Connector, flight: InFlight, outcome: Outcome | None, *, alive: bool = False
) -> None:
    """Take the file out of the lane; an import job that was given up while it may still run stays on the books.

    Args:
        alive: without an outcome, whether an import job of the file may still run.

    """
    abandoned = outcome.abandoned if outcome is not None else alive
    now = ports.clock.now()
    move(ports, connector, flight, None, abandon(flight, now) if abandoned else _unchanged)


def fail_run(
    ports: Ports,
    connector: Connector,
    run: Run,
    flight: InFlight,
    why: str,
    *,
    quarantine: QuarantineReason | None = None,
    stored: bool = True,
) -> Step:
    """End a run none of whose import jobs can exist for this file; its rounds stay in the outbox, the lane is free.

    Args:
        stored: the file may lie in the library.

    """
    now = ports.clock.now()
    debts = (Debt(flight.source_uri, is_folder=False, since=now),) if stored else ()

    def change(state: ConnectorState) -> ConnectorState:
        if not is_current(state, flight):
            return state
        after = after_failure(state, run, now, why, quarantine=quarantine)
        return replace(after, debts=(*state.debts, *debts))

    if lane_of(ports.store, connector).load().value.in_flight != flight:  # another instance has sent it meanwhile
        raise ConflictError("the lane was moved by somebody else")
    write_report(ports, connector.name, run, "failed", why)
    document = state_of(ports.store, connector.name)
    before = document.load()
    written = document.update(change, before)
    emit_quarantine(ports, connector.name, before.value, written.value, run.id, run.import_jobs)
    move(ports, connector, flight, None)
    return Step("again", f"the run failed: {why}", run=run.id)


def give_up_sending(ports: Ports, connector: Connector, run: Run, flight: InFlight) -> Step:
    """End a run whose queue calls neither answered nor were listed: an import job may yet turn up."""
    file = run.file(flight.file)
    if file is None:
        return Step("idle", "the run has no such file", run=run.id)
    why = f"given up: queue calls neither answered nor listed: {flight.queues}"
    outcome = archive_given_up(ports, connector, flight, why, abandoned=True)
    emit(ports, EventName.IMPORT_JOB_ABANDONED, flight, Level.ERROR, reason=why)
    return finish(ports, connector, run, file, outcome, flight)


def give_up(ports: Ports, connector: Connector, run: Run, file: FileState, entry: Abandoned) -> Step:
    """Finish a file whose place in the lane another connector took over: its import job is on the books already."""
    flight = InFlight(
        connector=connector.name,
        run=run.id,
        file=file.name,
        sequence=file.sequence,
        phase="queued",
        since=entry.since,
        upload=entry.upload,
        source_uri=entry.source_uri,
        jobs=entry.jobs,
    )
    outcome = archive_given_up(ports, connector, flight, "given up: the lane was taken over", abandoned=True)
    return finish(ports, connector, run, file, outcome, None)


def _status(run: Run, file: FileState, outcome: Outcome) -> Literal["success", "failed"] | None:
    """Tell how the run ends with this file; None: there is a next file.

    A file of one person that fails says nothing of the others: where few files are left, they go before the run fails.
    """
    if run.next_file() is None:
        return "success" if all(one.confirmed for one in run.files) else "failed"
    left = sum(not one.settled for one in run.files)
    lone = file.people == 1 and bool(outcome.jobs) and left <= MAX_AFTER_A_LONE_FAILURE
    return None if file.confirmed or lone else "failed"


def _debts(outcome: Outcome, now: datetime) -> Iterator[Debt]:
    if outcome.source_uri:
        yield Debt(outcome.source_uri, is_folder=False, since=now)
    for folder in outcome.log_folders:
        yield Debt(folder, is_folder=True, since=now)


def _unchanged(lane: Lane) -> Lane:
    return lane
