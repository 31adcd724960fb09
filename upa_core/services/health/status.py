"""The status document of a connector, from storage only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from upa_core.domain.connector import Connector
from upa_core.domain.documents.codec import instant, to_json
from upa_core.domain.documents.connector_state import ConnectorState, age_of, switched_off
from upa_core.domain.documents.lane import Lane
from upa_core.domain.drift.standing import standing
from upa_core.domain.health.alarms import last_good
from upa_core.domain.health.health import Health, health, next_probe
from upa_core.domain.health.notification_log import NotificationLog
from upa_core.domain.health.source_standing import standing_of
from upa_core.domain.health.under_way import PHASES, under_way
from upa_core.domain.plan.refused import still_refused
from upa_core.ports.bundle import Ports
from upa_core.services.health.freshness import freshness, freshness_json
from upa_core.services.health.notify import notification_log_of
from upa_core.state.document import lane_of, state_of
from upa_core.state.drift.documents import drift_of
from upa_core.state.drift.standing import standing_json
from upa_core.state.people import People
from upa_core.state.reports import read_report, report_json

CHARTED = 30
"""Samples of the library's size that the page draws."""


def status(ports: Ports, connector: Connector, typical_hours: float | None = None) -> dict[str, Any]:
    """Return the status document as JSON values; nothing outside our storage is asked.

    `typical_hours`: how long an import file usually takes; None where that isn't known.
    """
    now = ports.clock.now()
    state = state_of(ports.store, connector.name).load().value
    lane = lane_of(ports.store, connector).load().value
    log = notification_log_of(ports, connector).load().value
    one = health(connector, state, lane, now, log)
    failing = state.pull_retry or state.retry
    last = read_report(ports.store, state.last_run) if state.last_run else None
    held = state.hold
    index = drift_of(ports.store, connector.name).load().value
    library = [sample for sample in log.samples if sample.library_items is not None]
    return {
        "version": 1,
        "connector": connector.name,
        "state": one.condition,
        "since": _moment(_since(one, state, log)),
        "reason": one.why,
        "what_to_do": one.todo,
        "on_page": one.on_page,
        "moving": [to_json(step) for step in under_way(connector, state, lane, now, typical_hours)],
        "now": instant(now),
        "last_pull": _moment(state.last_pull),
        "last_success": _moment(last_good(state)),
        "last_run": report_json(last) if last is not None else None,
        "open_round": _round(state),
        "waiting_rounds": len(state.sealed),
        "current_run": state.run.id if state.run is not None else None,
        "current_job": _job(lane, now),
        "sources": [
            to_json(standing_of(each, state.source(each.name), now, since=log.first_seen))
            for each in connector.secondaries
        ],
        "escrow": _escrow(ports, connector, state, now),
        "refused_properties": [
            {"property": one.target, "since": instant(one.since), "people": one.people, "detail": one.detail}
            for one in still_refused(connector, state.refused)
        ],
        "held_plan": None
        if held is None
        else {"run": held.run.id, "since": instant(held.since), "why": held.why, "counts": to_json(held.run.counts)},
        "next_try": _moment(failing.not_before if failing is not None and not switched_off(state) else None),
        "failures_in_a_row": failing.failures if failing is not None else 0,
        "quarantine": _quarantine(state),
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
        "library_items": library[-1].library_items if library else None,
        "cert_days_left": (log.certificate_ends - now).days if log.certificate_ends is not None else None,
        "alarms": [
            {"occasion": entry.occasion, "since": instant(entry.since), "title": entry.title, "detail": entry.detail}
            for entry in log.entries
            if not entry.over
        ],
        "samples": [to_json(sample) for sample in library[-CHARTED:]],
        "config_hash": connector.fingerprint,
        "typical_job_h": typical_hours,
        "drift": standing_json(standing(connector, index, state.people.known, now)),
        "freshness": freshness_json(freshness(ports, connector, state, lane, index)),
        "config_applied": state.watermark is not None and state.watermark.fingerprint == connector.fingerprint,
    }


def _since(one: Health, state: ConnectorState, log: NotificationLog) -> datetime | None:
    """Return since when: by the facts, else when the notifications first recorded it."""
    if one.since is not None:
        return one.since
    if log.condition == one.condition and log.condition_since is not None:
        return log.condition_since
    return last_good(state) if one.condition == "healthy" else None


def _quarantine(state: ConnectorState) -> dict[str, Any] | None:
    one = state.quarantine
    if one is None:
        return None
    return {
        **to_json(one),
        "next_probe": _moment(next_probe(state)),
        "off_after": instant(one.off_after) if one.off_since is None else None,
    }


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
        "phase": PHASES[flight.phase],
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
