"""End a run: the one write that takes its rounds out of the outbox, or keeps them for another try."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Literal

from upa_core.domain.events import Event, EventName, Level
from upa_core.domain.names import run_folder
from upa_core.domain.state import (
    ConnectorState,
    Exported,
    PeopleIndex,
    Quarantine,
    QuarantineReason,
    Report,
    Retry,
    RoundEnd,
    Run,
    SealedRound,
)
from upa_core.domain.threshold import WINDOW
from upa_core.domain.timetable import failed_run_pause
from upa_core.ports.bundle import Ports
from upa_core.services.documents import put_document

QUARANTINE_AFTER = 3
"""Failed runs in a row (DESIGN, "Semantics")."""


def report_key(run: str) -> str:
    """Return where a run's report lies."""
    return f"{run_folder(run)}report.json"


def round_key(round_id: str) -> str:
    """Return where it is written which run a round ended in."""
    return f"{run_folder(round_id)}round.json"


def write_report(
    ports: Ports, connector: str, run: Run, status: Literal["success", "failed", "no_change"], why: str = ""
) -> Report:
    """Store what a run came to; writing it again changes nothing that matters."""
    report = Report(
        version=Report.VERSION,
        connector=connector,
        run=run.id,
        started=run.started,
        ended=ports.clock.now(),
        status=status,
        rounds=run.rounds,
        counts=run.counts,
        files=run.files,
        why=why,
    )
    put_document(ports.store, report_key(run.id), report)
    for round_id in run.rounds:
        put_document(ports.store, round_key(round_id), RoundEnd(RoundEnd.VERSION, connector, run.id))
    name = EventName.RUN_FAILED if status == "failed" else EventName.RUN_ENDED
    level = Level.ERROR if status == "failed" else Level.INFO
    counts = {name: getattr(run.counts, name) for name in run.counts.__slots__}
    ports.events.emit(Event(name, connector, run.id, level, {"status": status, "why": why, **counts}))
    return report


def succeeded(state: ConnectorState, run: Run, now: datetime) -> ConnectorState:
    """Return the state after a run that went through: its rounds leave the outbox."""
    known = run.counts.people if run.full else state.people.known
    kept = tuple(one for one in state.exported if now - one.at < WINDOW)
    return replace(
        state,
        run=None,
        hold=None if state.hold is not None and state.hold.run.id == run.id else state.hold,
        sealed=tuple(r for r in state.sealed if r.id not in run.rounds),
        retry=None,
        quarantine=None,
        people=replace(state.people, known=known),
        exported=(*kept, Exported(now, 0 if run.full else run.counts.updated, run.counts.cleared)) if run.files else kept,
        last_success=now,
        last_run=run.id,
        runs=state.runs + 1,
    )


def failed(
    state: ConnectorState, run: Run, now: datetime, why: str, *, quarantine: QuarantineReason | None = None
) -> ConnectorState:
    """Return the state after a run that confirmed not everybody: its rounds stay, to be planned again after a pause."""
    failures = (state.retry.failures if state.retry is not None else 0) + 1
    reason = quarantine or (QuarantineReason.TARGET_DOWN if failures >= QUARANTINE_AFTER else None)
    return replace(
        state,
        run=None,
        retry=Retry(failures, now + failed_run_pause(failures), why),
        quarantine=state.quarantine or (Quarantine(reason, now, why) if reason is not None else None),
        last_run=run.id,
        runs=state.runs + 1,
    )


def drop_segments(ports: Ports, rounds: Iterable[SealedRound]) -> None:
    """Delete the segments of rounds that have left the outbox; what a crash leaves, housekeeping finds."""
    for sealed in rounds:
        for segment in sealed.segments:
            ports.store.delete(segment.key)


def with_people(state: ConnectorState, index: PeopleIndex) -> ConnectorState:
    """Return the state with the people lying elsewhere."""
    return replace(state, people=index)
