"""Finish a batch: settle it and write its outcome; the same write ends the run with its last batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Literal, NamedTuple

from upa_core.domain.documents.connector_state import ConnectorState, Debt
from upa_core.domain.documents.lane import Outcome
from upa_core.domain.documents.quarantine import QuarantineReason
from upa_core.domain.documents.runs import BULK, ClosedRoute, Counts, FileState, Run
from upa_core.domain.errors import ConflictError
from upa_core.domain.next_step import Step
from upa_core.domain.plan.run_people import shards_key
from upa_core.services.deliver.delivery import Delivery
from upa_core.services.deliver.properties import emit_properties, note_properties
from upa_core.services.deliver.settle import Settlement
from upa_core.services.deliver.settle_safely import settle_safely
from upa_core.services.health.quarantine import emit_quarantine
from upa_core.state.document import Stored, state_of
from upa_core.state.run_end import (
    after_ad_hoc,
    after_delivery,
    after_failure,
    after_success,
    count_people,
    drop_segments,
    write_report,
)

MAX_AFTER_A_LONE_FAILURE = 32
"""Files that are still sent after a file of a single person failed; each takes an import job."""
_TRIES = 8

Result = Literal["success", "failed"]


class Finished(NamedTuple):
    """The result of finishing."""

    step: Step
    state: Stored[ConnectorState]
    """The state as it is now."""


def finish(delivery: Delivery, outcome: Outcome, read: Stored[ConnectorState] | None = None) -> Finished:
    """Settle a batch from its archive and write its outcome; the run ends with it if no route has work left.

    Repeating it changes nothing. An archive that can't be read for long confirms nobody: a batch can always end.
    Until then `CorruptStateError` is raised.
    """
    run = delivery.run
    settlement = settle_safely(delivery.ports, delivery.connector, delivery.file, outcome, run.ad_hoc, tried=run.tried)
    settled = replace(delivery.file, settled=True, confirmed=settlement.confirmed, import_jobs=outcome.import_jobs)
    counted = Counts(exported=settlement.exported, escrowed=settlement.escrowed, waiting=settlement.waiting)
    attributable = bool(outcome.jobs) and settled.people > 1
    failure = ClosedRoute(
        settled.route,
        settlement.why or "a file of one person confirmed nobody",
        opaque=settlement.opaque,
        people=settled.people if attributable else 0,
    )

    def settle_in(run: Run) -> Run:
        tried = tuple(sorted({*run.tried, *settlement.properties.refused}))
        after = replace(run.with_file(settled), counts=run.counts.plus(counted), tried=tried)
        return after.closing(failure) if _closes(after, settled, outcome, settlement) else after

    def note(state: ConnectorState, run: Run, now: datetime) -> ConnectorState:
        debts = () if outcome.abandoned else tuple(_debts(outcome, now))
        queued = state.import_jobs + (settled.route == BULK)
        state = note_properties(delivery, state, settlement.properties, now)
        return after_delivery(replace(state, debts=(*state.debts, *debts), import_jobs=queued), run, settled, now)

    why = f"settled: {settlement.exported} exported, {settlement.escrowed} escrowed"
    return _write(delivery, settle_in, note, failure, why, read)


def close_route(
    delivery: Delivery, why: str, *, quarantine: QuarantineReason | None = None, debts: tuple[Debt, ...] = ()
) -> Finished:
    """End a batch that surely had no effect, and its route: the run fails, its rounds stay in the outbox.

    Work that other routes have begun continues first; a batch with an effect is archived and finished instead.
    """
    failure = ClosedRoute(delivery.file.route, why, quarantine=quarantine)

    def owe(state: ConnectorState, _: Run, __: datetime) -> ConnectorState:
        return replace(state, debts=(*state.debts, *debts))

    return _write(delivery, lambda run: run.closing(failure), owe, failure, f"the run failed: {why}", None)


def _write(
    delivery: Delivery,
    change: Callable[[Run], Run],
    note: Callable[[ConnectorState, Run, datetime], ConnectorState],
    failure: ClosedRoute,
    why: str,
    read: Stored[ConnectorState] | None,
) -> Finished:
    """Change the open run by one conditional write, which also ends the run where no route has work left.

    Of two routes that finish at the same moment the second sees what the first wrote.

    Six parameters: the parts of the one write that may end a run.
    """
    ports, name = delivery.ports, delivery.connector.name
    document, now = state_of(ports.store, name), ports.clock.now()
    for _ in range(_TRIES):
        before, read = read or document.load(), None
        if before.value.run is None or not delivery.is_current(before.value):
            return Finished(Step("again", why, run=delivery.run.id), before)
        run = change(before.value.run)
        result = result_of(run)
        failed = run.closed or (failure,)
        if result is not None:
            write_report(ports, name, run, result, _whys(failed) if result == "failed" else "")
        state = note(replace(before.value, run=run), run, now)
        try:
            written = document.save(before, _ended(state, run, result, failed, now))
        except ConflictError:
            continue
        emit_quarantine(ports, name, before.value, written.value, run.id, run.import_jobs)
        emit_properties(ports, name, before.value, written.value, run)
        if result is not None:
            count_people(ports, name, run, believed=result == "success")
            drop_segments(ports, [r for r in before.value.sealed if result == "success" and r.id in run.rounds])
            ports.store.delete(shards_key(run.id))
        return Finished(Step("again", why, run=run.id), written)
    raise ConflictError(f"the state of {name} is being written by too many at once")


def result_of(run: Run) -> Result | None:
    """Return the result of the run, the worst of its routes; None while a route has work left."""
    if run.waiting():
        return None
    return "success" if all(file.confirmed for file in run.files) else "failed"


def _ended(
    state: ConnectorState, run: Run, result: Result | None, failed: tuple[ClosedRoute, ...], now: datetime
) -> ConnectorState:
    if result is None:
        return state
    if run.ad_hoc is not None:
        return after_ad_hoc(state, run)
    if result == "success":
        return after_success(state, run, now)
    return after_failure(
        state,
        run,
        now,
        _whys(failed),
        quarantine=next((one.quarantine for one in failed if one.quarantine is not None), None),
        opaque=all(one.opaque for one in failed),
        people=max(one.people for one in failed),
    )


def _whys(failed: tuple[ClosedRoute, ...]) -> str:
    """Return why a run failed; with several failed routes, each reason names its route."""
    if len(failed) == 1:
        return failed[0].why
    return "; ".join(f"{one.route}: {one.why}" for one in failed)


def _closes(run: Run, file: FileState, outcome: Outcome, settlement: Settlement) -> bool:
    """Return whether a batch that confirmed nobody ends its route in this run.

    A failed file of one person says nothing of the others: where few files are left, they are sent before the run
    fails.
    """
    left = len(run.waiting(file.route))
    lone = file.people == 1 and bool(outcome.jobs) and 0 < left <= MAX_AFTER_A_LONE_FAILURE
    return not settlement.confirmed and not lone


def _debts(outcome: Outcome, now: datetime) -> Iterator[Debt]:
    if outcome.source_uri:
        yield Debt(outcome.source_uri, is_folder=False, since=now)
    for folder in outcome.log_folders:
        yield Debt(folder, is_folder=True, since=now)
