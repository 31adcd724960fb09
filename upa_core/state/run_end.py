"""End a run: one write removes its rounds from the outbox, or keeps them for another try."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from upa_core.domain.documents.census import Censuses, counted, without_leavers
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.quarantine import QuarantineReason, left_by, slowed_down
from upa_core.domain.documents.rounds import SealedRound
from upa_core.domain.documents.runs import Exported, FileState, Report, Retry, RoundEnd, Run, RunResult, outcome_of
from upa_core.domain.documents.storage_layout import report_key, round_key
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.pauses import failed_run_pause
from upa_core.domain.plan.threshold import WINDOW
from upa_core.ports.bundle import Ports
from upa_core.state.document import censuses_of, put_document
from upa_core.state.run_people.results import note_end

QUARANTINE_AFTER = 3
"""Failed runs in a row."""


def write_report(ports: Ports, connector: str, run: Run, status: RunResult, why: str = "") -> Report:
    """Store the report of a run; to repeat it changes nothing that matters.

    That people wait for their profile is kept where it decides the outcome: the first release doesn't know the field.
    """
    decides = outcome_of(status, run.counts) != outcome_of(status, replace(run.counts, waiting=0))
    report = Report(
        version=Report.VERSION,
        connector=connector,
        run=run.id,
        started=run.started,
        ended=ports.clock.now(),
        status=status,
        rounds=run.rounds,
        counts=run.counts if decides else replace(run.counts, waiting=0),
        files=run.files,
        why=why,
        full=run.full,
        ad_hoc=run.ad_hoc,
    )
    put_document(ports.store, report_key(run.id), report)
    if status in ("rejected", "failed"):
        note_end(ports.store, run.id, status, why)
    for round_id in run.rounds:
        put_document(ports.store, round_key(round_id), RoundEnd(RoundEnd.VERSION, connector, run.id))
    name = EventName.RUN_FAILED if status == "failed" else EventName.RUN_ENDED
    usual = Level.WARNING if report.outcome in ("failed", "partly") else Level.INFO
    level = Level.ERROR if status == "failed" else usual
    counts = {name: getattr(run.counts, name) for name in run.counts.__slots__}
    fields = {"status": report.outcome, "why": why, "latency_hours": report.latency_hours, **counts}
    ports.events.emit(Event(name, connector, run.id, level, fields, run.import_jobs))
    return report


def after_success(state: ConnectorState, run: Run, now: datetime) -> ConnectorState:
    """Return the state after a run that succeeded: its rounds leave the outbox."""
    known = run.counts.people if run.full else state.people.known
    outcome = outcome_of("success", run.counts) if run.files else state.last_outcome
    return replace(
        state,
        run=None,
        hold=None if state.hold is not None and state.hold.run.id == run.id else state.hold,
        sealed=tuple(r for r in state.sealed if r.id not in run.rounds),
        retry=None,
        quarantine=left_by(state.quarantine, "export"),
        people=replace(state.people, known=known),
        exported=tuple(one for one in state.exported if now - one.at < WINDOW),
        last_success=now,
        last_run=run.id if run.rounds or run.files else state.last_run,
        last_outcome=outcome if outcome == "failed" else "",
        runs=state.runs + 1,
    )


def after_failure(
    state: ConnectorState,
    run: Run,
    now: datetime,
    why: str,
    *,
    quarantine: QuarantineReason | None = None,
    opaque: bool = True,
    people: int = 0,
) -> ConnectorState:
    """Return the state after a run that didn't confirm everybody: its rounds stay, and are planned again after a pause.

    Seven parameters: three of them say how it failed.

    Args:
        quarantine: why one failure is enough; otherwise it takes three in a row.
        opaque: nothing says why the run failed: the target may be down.
        people: people in the file whose failure names nobody.
    """
    failures = (state.retry.failures if state.retry is not None else 0) + 1
    repeated = QuarantineReason.TARGET_DOWN if opaque else QuarantineReason.TOO_MANY_FAILURES
    reason = quarantine or (repeated if failures >= QUARANTINE_AFTER else None)
    if reason is None and state.quarantine is not None:
        reason = state.quarantine.reason
    since = state.retry.since if state.retry is not None else now
    return replace(
        state,
        run=None,
        retry=Retry(failures, now + failed_run_pause(failures), why, run.fingerprint, people, since),
        quarantine=slowed_down(state.quarantine, reason, why, now, "export") if reason is not None else None,
        last_run=run.id,
        runs=state.runs + 1,
    )


def after_ad_hoc(state: ConnectorState, run: Run) -> ConnectorState:
    """Return the state after an ad hoc run, whatever its end: it says nothing about the connector's own runs."""
    return replace(state, run=None, last_run=run.id, runs=state.runs + 1)


def count_people(ports: Ports, connector: str, run: Run, *, believed: bool) -> None:
    """Store how many people the full round of an ended run named, and who left.

    It follows the write that ends the run; a crash between the two leaves the figures of before.

    Args:
        believed: False for a run that failed or was doubted: its full round counts for nothing.
    """
    left = run.counts.ended - run.counts.absent
    if not left and not (believed and run.full):
        return
    now = ports.clock.now()

    def count(censuses: Censuses) -> Censuses:
        rounds = without_leavers(censuses.rounds, left)
        return replace(censuses, rounds=counted(rounds, run.counts.people, now) if believed and run.full else rounds)

    censuses_of(ports.store, connector).update(count)


def after_delivery(state: ConnectorState, run: Run, file: FileState, now: datetime) -> ConnectorState:
    """Return the state with the changes of a file counted for the rolling change threshold.

    What was announced or approved isn't counted; the updates of a file that confirmed nobody will be planned, and
    counted, again.
    """
    updated = file.updated if file.confirmed and not run.exempt else 0
    if run.approved or not (updated or file.cleared):
        return state
    kept = tuple(one for one in state.exported if now - one.at < WINDOW)
    return replace(state, exported=(*kept, Exported(now, updated, file.cleared)))


def drop_segments(ports: Ports, rounds: Iterable[SealedRound]) -> None:
    """Delete the segments of rounds that left the outbox; housekeeping deletes the ones that a crash leaves.

    Those of a secondary source's round are part of its current rows, and stay.
    """
    for sealed in rounds:
        for segment in () if sealed.source else sealed.segments:
            ports.store.delete(segment.key)
