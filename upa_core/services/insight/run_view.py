"""One run as a whole: its status, its counts by property, refusals, and its moments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from upa_core.domain.connector import Connector
from upa_core.domain.documents.codec import instant, to_json
from upa_core.domain.documents.connector_state import ConnectorState, age_of
from upa_core.domain.documents.ids import moment_of
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.documents.runs import BULK, Counts, Decision, FileState, Report, Run
from upa_core.domain.documents.storage_layout import decision_key
from upa_core.domain.people.escrow_entry import WHOLE
from upa_core.domain.plan.run_people import BatchRow, RunPeople
from upa_core.domain.plan.run_rows import word_of
from upa_core.ports.bundle import Ports
from upa_core.services.admin.connector_files import file_hash_of
from upa_core.services.admin.requests import RunStatus, run_status
from upa_core.state.document import get_document, lane_of, state_of, watcher_of
from upa_core.state.reports import report_json
from upa_core.state.run_people.reader import open_run

_LATER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Moment:
    """One event of a run."""

    what: str
    """Pulled, planned, held, approved or rejected, uploaded, handed over, SharePoint: X, settled, cleaned, ended."""
    at: datetime | None
    """None: it hasn't happened yet, or the moment wasn't noted."""
    file: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RunView:
    """One run, for people and programs."""

    status: RunStatus
    run: str
    """The export run, where `status` is about a round that ended in one."""
    counts: Counts
    files: tuple[FileState, ...]
    timeline: tuple[Moment, ...]
    """In order; events that haven't happened yet come last."""
    people: RunPeople | None = None
    """None: nothing was planned, or an earlier release planned it."""
    held: str = ""
    """Why it is held."""
    config: str | None = None
    """The hash of the connector file that it was planned with."""


def view_run(ports: Ports, connector: Connector, run: str) -> RunView | None:
    """Return everything about a run; None where this connector doesn't know the id.

    Raises `CorruptStateError` for what can't be read.
    """
    found = run_status(ports, connector, run)
    if found is None:
        return None
    state = state_of(ports.store, connector.name).load().value
    export = _export(state, found)
    ran = found.report.run if found.report is not None else export.id if export is not None else run
    reader = open_run(ports.store, ran)
    people = reader.table if reader is not None else None
    counts = found.report.counts if found.report is not None else export.counts if export is not None else Counts()
    files = found.report.files if found.report is not None else export.files if export is not None else ()
    flight = lane_of(ports.store, connector).load().value.in_flight
    known = {one.name: one for one in people.batches} if people is not None else {}
    batches = [known.get(one.name, BatchRow(one.name, one.sequence, one.route, one.people)) for one in files]
    if flight is not None and flight.run == ran:
        batches = [_flying(ports, connector, one, flight) if one.name == flight.file else one for one in batches]
    rounds = found.report.rounds if found.report is not None else export.rounds if export is not None else (run,)
    owed = [debt.url for debt in state.debts]
    held = state.hold if state.hold is not None and state.hold.run.id == ran else None
    timeline = [
        *_pulled(state, rounds),
        *_planned(ports, found.report, export, held.since if held is not None else None),
        *(moment for one in batches for moment in _of_batch(one, owed)),
    ]
    if found.report is not None:
        timeline.append(Moment("ended", found.report.ended, detail=found.report.outcome))
    timeline.sort(key=lambda one: one.at or _LATER)
    config = file_hash_of(ports, connector, ran)
    return RunView(found, ran, counts, files, tuple(timeline), people, held.why if held is not None else "", config)


def run_json(view: RunView, now: datetime) -> dict[str, Any]:
    """Return a run as JSON values: the document of the API and of the command."""
    report, table = view.status.report, view.people
    return {
        "run": view.run,
        "connector": view.status.connector,
        "status": view.status.status,
        "why": report.why if report is not None else view.held,
        "kind": None if report is None else "full" if report.full else "delta",
        "config": view.config,
        "plan": table.hash if table is not None else "",
        "counts": to_json(view.counts),
        "people": table.people if table is not None else None,
        "unchanged": view.counts.unchanged,
        "properties": by_property(table) if table is not None else {},
        "causes": causes(table) if table is not None else [],
        "files": [to_json(one) for one in view.files],
        "report": report_json(report) if report is not None else None,
        "timeline": [
            {
                "what": one.what,
                "at": instant(one.at) if one.at is not None else None,
                "age_h": round(age_of(one.at, now).total_seconds() / 3600, 2) if one.at is not None else None,
                "file": one.file,
                "detail": one.detail,
            }
            for one in view.timeline
        ],
    }


def by_property(table: RunPeople) -> dict[str, dict[str, int]]:
    """Return how many people a plan changes, by property and kind, clears first."""
    found: dict[str, dict[str, int]] = {}
    for label, people in table.counts.items():
        kind, _, target = label.partition(":")
        found.setdefault(target, {"cleared": 0, "changed": 0, "set": 0, "escrowed": 0, "declined": 0})[kind] = people
    return dict(sorted(found.items(), key=lambda one: (-one[1]["cleared"], one[0] == WHOLE, one[0])))


def causes(table: RunPeople) -> list[dict[str, Any]]:
    """Return refused and postponed values: by property and reason, most people first."""
    found: dict[tuple[str, str, str], int] = {}
    for cause in table.causes:
        for target, (reason, *detail) in cause.refused.items():
            key = (target, reason, "".join(detail[:1]))
            found[key] = found.get(key, 0) + cause.people
    return [
        {"property": target, "result": word_of(reason), "reason": reason, "detail": detail, "people": people}
        for (target, reason, detail), people in sorted(found.items(), key=lambda one: (-one[1], one[0]))
    ]


def _export(state: ConnectorState, found: RunStatus) -> Run | None:
    """Return the open or held run with this id."""
    for run in (state.run, state.hold.run if state.hold is not None else None):
        if run is not None and found.id in (run.id, *run.rounds):
            return run
    return None


def _flying(ports: Ports, connector: Connector, one: BatchRow, flight: InFlight) -> BatchRow:
    """Return a batch that is in the lane now, with its progress."""
    states = watcher_of(ports.store, connector).load().value.of(flight.file).states
    return BatchRow(
        one.name, one.sequence, one.route, one.people, uploaded=flight.asked, queued=flight.queued, states=states
    )


def _pulled(state: ConnectorState, rounds: tuple[str, ...]) -> Iterator[Moment]:
    kept: Mapping[str, datetime] = {one.id: one.sealed for one in state.sealed}
    for round_id in rounds:
        yield Moment("pulled", kept.get(round_id) or moment_of(round_id), detail=f"round {round_id}")


def _planned(ports: Ports, report: Report | None, export: Run | None, held: datetime | None) -> Iterator[Moment]:
    started = report.started if report is not None else export.started if export is not None else None
    if started is None:
        return
    yield Moment("planned", started)
    if held is not None:
        yield Moment("held", held)
    run = report.run if report is not None else export.id if export is not None else ""
    decided = get_document(ports.store, decision_key(run), Decision)
    if decided is not None:
        yield Moment(decided.value.decision, decided.value.at, detail=f"by {decided.value.by}")


def _of_batch(one: BatchRow, owed: list[str]) -> Iterator[Moment]:
    if one.route == BULK:
        yield Moment("uploaded", one.uploaded, one.name)
        yield Moment("handed over", one.queued, one.name)
    for seen in one.states:
        yield Moment(f"SharePoint: {seen.state}", seen.at, one.name)
    yield Moment("settled", one.settled, one.name, one.why)
    if one.route == BULK:
        stem = one.name.removesuffix(".json")
        left = sum(stem in url for url in owed)
        yield Moment("cleaned", None if left else one.cleaned, one.name, f"{left} to be deleted" if left else "")
