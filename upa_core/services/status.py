"""Where a connector stands, from storage only: the status document of product.md §4."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from upa_core.domain.connector import Connector
from upa_core.domain.documents import instant, to_json
from upa_core.domain.state import ConnectorState, Lane, Report, age_of
from upa_core.domain.timetable import STALLED_AFTER
from upa_core.ports.bundle import Ports
from upa_core.services.documents import get_document, lane_of, state_of
from upa_core.services.people import People
from upa_core.services.run_end import report_key


def status(ports: Ports, connector: Connector) -> dict[str, Any]:
    """Return the status document as JSON values; nothing outside our storage is asked."""
    now = ports.clock.now()
    state = state_of(ports.store, connector.name).load().value
    lane = lane_of(ports.store, connector).load().value
    name, since, why, todo = _health(connector, state, lane, now)
    last = get_document(ports.store, report_key(state.last_run), Report) if state.last_run else None
    held = state.hold
    return {
        "version": 1,
        "connector": connector.name,
        "state": name,
        "since": _moment(since),
        "reason": why,
        "what_to_do": todo,
        "now": instant(now),
        "last_pull": _moment(state.last_pull),
        "last_success": _moment(state.last_success),
        "last_run": to_json(last.value) if last is not None else None,
        "open_round": _round(state),
        "waiting_rounds": len(state.sealed),
        "current_run": state.run.id if state.run is not None else None,
        "current_job": _job(lane, now),
        "escrow": _escrow(ports, connector, state, now),
        "held_plan": None
        if held is None
        else {"run": held.run.id, "since": instant(held.since), "why": held.why, "counts": to_json(held.run.counts)},
        "next_try": _moment(state.retry.not_before if state.retry is not None else None),
        "failures_in_a_row": state.retry.failures if state.retry is not None else 0,
        "quarantine": to_json(state.quarantine),
        "token_age_h": _hours(state.watermark.issued, now) if state.watermark is not None else None,
        "last_full": _moment(state.last_full),
        "next_full": _moment(state.last_full + connector.limits.full_round_every if state.last_full else None),
        "people": {"known": state.people.known, "shards": state.people.shards},
        "jobs_today": lane.jobs_today if lane.day == now.date().isoformat() else 0,
        "jobs_per_day": connector.limits.import_jobs_per_day,
        "jobs_total": lane.jobs_total,
        "abandoned_jobs": [
            {"file": one.file, "since": instant(one.since), "jobs": list(one.jobs)} for one in lane.abandoned
        ],
        "library_debts": len(state.debts),
        "config_hash": connector.fingerprint,
        "config_applied": state.watermark is not None and state.watermark.fingerprint == connector.fingerprint,
    }


def _health(
    connector: Connector, state: ConnectorState, lane: Lane, now: datetime
) -> tuple[str, datetime | None, str, str]:
    """Return the one line on top: state, since when, why, and what to do about it."""
    flight = lane.in_flight
    if state.paused:
        return "paused", None, "an administrator paused it", "upa resume"
    if connector.in_staging(state.released):
        why = "mappings, scope or source changed" if state.released else "everything but export"
        return "staging", None, f"staging mode: {why}", "upa plan, then upa go"
    if state.hold is not None:
        run = state.hold.run.id
        todo = f"upa hold show, then upa hold approve {run} or upa hold reject {run}"
        return "held", state.hold.since, state.hold.why, todo
    if state.quarantine is not None:
        one = state.quarantine
        todo = "it leaves by itself when a try succeeds; upa reset --quarantine tries at once"
        return "quarantined", one.since, f"{one.reason.value}: {one.detail}", todo
    if flight is not None and flight.connector == connector.name and age_of(flight.since, now) >= STALLED_AFTER:
        why, todo = "SharePoint has had the import job for hours", "nothing: it is given up after 24 h"
        return "stalled", flight.since, why, todo
    if state.retry is not None:
        return "degraded", None, state.retry.why, f"it tries again at {instant(state.retry.not_before)}"
    mark = state.watermark
    if mark is not None and age_of(mark.issued, now) >= connector.limits.token_warn_age:
        return "degraded", mark.issued, "the source hasn't been read for days", "see whether the timer runs"
    if mark is None:
        return "starting", None, "the first full round isn't complete", "wait"
    return "healthy", state.last_success, "", ""


def _round(state: ConnectorState) -> dict[str, Any] | None:
    opened = state.open_round
    if opened is None:
        return None
    rows = sum(segment.rows for segment in opened.segments)
    return {"id": opened.id, "kind": opened.kind, "reason": opened.reason, "pages": opened.pages, "rows": rows}


def _job(lane: Lane, now: datetime) -> dict[str, Any] | None:
    flight = lane.in_flight
    if flight is None:
        return None
    return {
        "ids": list(flight.jobs),
        "connector": flight.connector,
        "run": flight.run,
        "file": flight.file,
        "phase": flight.phase,
        "age_h": _hours(flight.queued or flight.since, now),
        "stalled": flight.stalled,
    }


def _escrow(ports: Ports, connector: Connector, state: ConnectorState, now: datetime) -> dict[str, Any]:
    by_reason: dict[str, int] = {}
    oldest: datetime | None = None
    due: datetime | None = None
    for book in People(ports.store, connector, state.people).books().values():
        for reason, one in book.reasons.items():
            by_reason[reason] = by_reason.get(reason, 0) + one.people
            oldest = one.oldest if oldest is None else min(oldest, one.oldest)
        if book.due is not None:
            due = book.due if due is None else min(due, book.due)
    return {
        "total": sum(by_reason.values()),
        "by_reason": dict(sorted(by_reason.items())),
        "oldest_h": _hours(oldest, now) if oldest is not None else None,
        "next_due": _moment(due),
    }


def _moment(moment: datetime | None) -> str | None:
    return instant(moment) if moment is not None else None


def _hours(since: datetime, now: datetime) -> float:
    return round(age_of(since, now).total_seconds() / 3600, 1)
