"""Ended runs from their reports, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from upa_core.domain.documents.codec import instant, to_json
from upa_core.domain.documents.ids import is_run_id, moment_of
from upa_core.domain.documents.runs import Report
from upa_core.domain.documents.storage_layout import RUNS_PREFIX, Kind, month_prefix, parse, report_key
from upa_core.domain.errors import CorruptStateError
from upa_core.ports.store import Store
from upa_core.state.document import get_document

MONTHS = 4
"""How many months back anybody looks: longer than archives are kept by default."""
EARLIEST = 2020


def recent_reports(store: Store, now: datetime, *, before: str = "") -> Iterator[Report]:
    """Yield the reports of ended runs, the newest first, from before `before` (a run id).

    A report that this release can't read is left out.
    """
    start = moment_of(before) if before else now
    if start is None or start.year < EARLIEST:
        return
    month = min(start, now).replace(day=1)
    for _ in range(MONTHS):
        for run in _ended_runs(store, month_prefix(month.year, month.month)):
            if not before or run < before:
                yield from _read(store, run)
        month = (month - timedelta(days=1)).replace(day=1)


def reports_of(store: Store, connector: str) -> Iterator[Report]:
    """Yield every stored report of a connector, the newest run first; as `recent_reports`."""
    for run in _ended_runs(store, RUNS_PREFIX):
        yield from (report for report in _read(store, run) if report.connector == connector)


def read_report(store: Store, run: str) -> Report | None:
    """Return a run's report; None where there is none, or where this release can't read it."""
    return next(_read(store, run), None)


def _ended_runs(store: Store, prefix: str) -> list[str]:
    found = (parse(info.key) for info in store.list(prefix))
    return sorted(
        (one.run for one in found if one is not None and one.kind is Kind.REPORT and is_run_id(one.run)), reverse=True
    )


def _read(store: Store, run: str) -> Iterator[Report]:
    try:
        stored = get_document(store, report_key(run), Report)
    except CorruptStateError:  # of a newer release, or damaged
        return
    if stored is not None:
        yield stored.value


def report_json(report: Report) -> dict[str, Any]:
    """Return a report as JSON values; its status says what arrived in profiles."""
    return {**to_json(report), "status": report.outcome}


RUN_COLUMNS = (
    *("run", "connector", "kind", "status", "why", "started", "ended", "hours", "files"),
    *("people", "unchanged", "updated", "cleared", "declined", "exported", "escrowed", "pairs"),
)
"""The columns of a list of runs as CSV."""


def run_cells(report: Report) -> dict[str, Any]:
    """Return a line of the list of runs, by column."""
    kind = report.ad_hoc.kind if report.ad_hoc is not None else "full" if report.full else "delta"
    line = {
        "run": report.run,
        "connector": report.connector,
        "kind": kind,
        "status": report.outcome,
        "why": report.why,
        **moments(report),
        "files": len(report.files),
    }
    return {**{name: getattr(report.counts, name) for name in RUN_COLUMNS[9:]}, **line}


def typical_hours(reports: list[Report]) -> float | None:
    """Return how long an import file usually takes from queueing to settling, in hours; None where no report says."""
    took = [
        (report.ended - report.started).total_seconds() / 3600 / len(report.files)
        for report in reports
        if report.status == "success" and report.files
    ]
    return round(median(took), 2) if took else None


def moments(report: Report) -> dict[str, str | float | None]:
    """Return when a run began and ended, and how long it took."""
    hours = round((report.ended - report.started).total_seconds() / 3600, 3)
    return {"started": instant(report.started), "ended": instant(report.ended), "hours": hours}
