"""The two figures of freshness, from storage alone: for command line, HTTP API, page, alarms and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from upa_core.domain.connector import Connector
from upa_core.domain.documents.codec import instant
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.lane import Lane
from upa_core.domain.drift.record import DriftIndex
from upa_core.domain.drift.standing import Standing, standing
from upa_core.domain.freshness.figures import Accepted, Kept, accepted, keeps, span_text
from upa_core.domain.freshness.waiting import ReasonWaiting, Waiting, on_its_way, waiting
from upa_core.domain.health.events import Event, EventName, Fields, Level
from upa_core.ports.bundle import Ports
from upa_core.state.document import freshness_of, lane_of, shard_list_of, state_of
from upa_core.state.drift.documents import drift_of
from upa_core.state.people import People


@dataclass(frozen=True, slots=True)
class Figures:
    """Both figures, and the objective."""

    accepted: Accepted
    read_back: Standing
    kept: Kept | None
    """None where the connector has no objective."""
    now: datetime


def freshness(
    ports: Ports,
    connector: Connector,
    state: ConnectorState | None = None,
    lane: Lane | None = None,
    index: DriftIndex | None = None,
) -> Figures:
    """Compute the figures; state, lane and drift's index may be given as they were just read.

    It takes further reads: the counts, the list of shards, the index of escrow.
    """
    now, store = ports.clock.now(), ports.store
    state = state or state_of(store, connector.name).load().value
    lane = lane or lane_of(store, connector).load().value
    index = index or drift_of(store, connector.name).load().value
    known = freshness_of(store, connector.name).load().value
    listed = shard_list_of(store, connector.name).load().value
    here = listed.folder == state.people.folder
    held = sum(listed.shards.values()) if here else 0
    escrow = _escrow(ports, connector, state)
    people = sum(one.people for one in listed.waiting.values()) if here else 0
    new = sum(one.new for one in listed.waiting.values()) if here else 0
    planned = on_its_way(state, known)
    waits = list(waiting(connector, state, lane, escrow, planned, now))
    kept = keeps(connector.objective, known, planned, waits, now) if connector.objective is not None else None
    return Figures(
        accepted(known, held, (people, new), planned, waits, now),
        standing(connector, index, state.people.known, now),
        kept,
        now,
    )


def _escrow(ports: Ports, connector: Connector, state: ConnectorState) -> dict[str, ReasonWaiting]:
    found: dict[str, ReasonWaiting] = {}
    for book in People(ports.store, connector, state.people).books().values():
        for reason, one in book.reasons.items():
            before = found.get(reason, ReasonWaiting(0, one.oldest))
            found[reason] = ReasonWaiting(before.people + one.people, min(before.oldest, one.oldest))
    return dict(sorted(found.items()))


def tell_freshness(ports: Ports, connector: Connector, figures: Figures) -> None:
    """Emit the measurement, and an event if the objective is missed."""
    one, kept = figures.accepted, figures.kept
    oldest = one.oldest
    fields: Fields = {
        "share_percent": one.share,
        "people": one.people,
        "waiting_people": one.waiting_people,
        "unplanned_records": one.unplanned,
        "changes": one.changes,
        "p95_hours": round(one.p95_minutes / 60, 2) if one.p95_minutes is not None else None,
        "oldest_hours": _hours(oldest.since, figures.now) if oldest is not None else 0.0,
        "oldest_where": oldest.where if oldest is not None else "",
        "read_back_percent": share_read_back(figures.read_back),
    }
    ports.events.emit(Event(EventName.FRESHNESS_MEASURED, connector.name, fields=fields))
    if kept is not None and kept.why:
        fields = {"why": kept.why, "late": kept.late, "changes": kept.counted}
        ports.events.emit(Event(EventName.FRESHNESS_MISSED, connector.name, level=Level.WARNING, fields=fields))


def freshness_json(figures: Figures) -> dict[str, Any]:
    """Return the figures as JSON values: counts, moments and reasons, never a value of anybody."""
    one, back, kept = figures.accepted, figures.read_back, figures.kept
    read = back.totals
    return {
        "accepted": {
            "says": say_accepted(one, figures.now),
            "share_percent": one.share,
            "people": one.people,
            "waiting_people": one.waiting_people,
            "unplanned_records": one.unplanned,
            "changes_7_days": one.changes,
            "p95_hours": round(one.p95_minutes / 60, 2) if one.p95_minutes is not None else None,
            "counted_since": _moment(one.counted_since),
            "oldest": _waiting_json(one.oldest, figures.now) if one.oldest is not None else None,
            "waiting": [_waiting_json(each, figures.now) for each in one.waiting],
        },
        "read_back": {
            "says": say_read_back(back, figures.now),
            "share_percent": share_read_back(back),
            "people": back.people,
            "read": back.read,
            "equal": read.equal if back.read else None,
            "different": read.different,
            "unreadable": sum(read.unreadable.values()),
            "oldest_read": _moment(back.oldest),
            "newest_read": _moment(back.newest),
        },
        "objective": None
        if kept is None
        else {
            "share_percent": kept.objective.share,
            "within_hours": round(kept.objective.within.total_seconds() / 3600, 2),
            "kept_percent": kept.share,
            "late": kept.late,
            "changes": kept.counted,
            "missed": bool(kept.why),
            "why": kept.why,
        },
    }


def share_read_back(back: Standing) -> float | None:
    """Return the per cent of people whose read-back found no difference, rounded down; None: unknown."""
    if not back.read or back.totals.equal is None or not back.people:
        return None
    return int(back.totals.equal * 10_000 / back.people) / 100


def say_accepted(one: Accepted, now: datetime) -> str:
    """Return the first figure in one line."""
    parts = [f"{one.share:g} % of {one.people:,} people" if one.share is not None else "nobody's values yet"]
    if one.p95_minutes is not None:
        parts.append(f"95 % of changes within {span_text(one.p95_minutes)}")
    if one.oldest is not None:
        parts.append(f"the oldest waits {_age(one.oldest.since, now)} ({place_of(one.oldest)})")
    if one.unplanned:
        parts.append(f"{one.unplanned:,} records aren't planned yet")
    return "; ".join(parts)


def say_read_back(back: Standing, now: datetime) -> str:
    """Return the second figure in one line."""
    if not back.read:
        return "never read back"
    share = share_read_back(back)
    equal = f"{share:g} % of {back.people:,} people equal" if share is not None else f"{back.read:,} people read"
    newest = f", the newest {_age(back.newest, now)}" if back.newest is not None else ""
    return f"{equal}; the oldest read is {_age(back.oldest, now)} old{newest}" if back.oldest is not None else equal


def place_of(one: Waiting) -> str:
    """Return in words where something waits, and why."""
    return f"in escrow: {one.why.replace('_', ' ')}" if one.where == "escrow" else one.why


def _waiting_json(one: Waiting, now: datetime) -> dict[str, Any]:
    return {
        "where": one.where,
        "since": instant(one.since),
        "age_hours": _hours(one.since, now),
        "why": one.why,
        "people": one.people,
        "records": one.records,
        "run": one.run,
    }


def _hours(moment: datetime, now: datetime) -> float:
    return round(max(0.0, (now - moment).total_seconds()) / 3600, 2)


def _age(moment: datetime, now: datetime) -> str:
    return span_text(max(0.0, (now - moment).total_seconds()) / 60)


def _moment(moment: datetime | None) -> str | None:
    return instant(moment) if moment is not None else None
