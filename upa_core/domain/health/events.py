"""The names of all events. Alerts and dashboards query them, so a name never changes its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class EventName(StrEnum):
    """Every event of the pipeline; the comment of each is its meaning, and the docs repeat it."""

    ROUND_STARTED = "upa.round.started"
    ROUND_CONTINUED = "upa.round.continued"
    ROUND_SEALED = "upa.round.sealed"
    ROUND_RESYNC = "upa.round.resync"
    PULL_PAUSED = "upa.pull.paused"
    SOURCE_SEALED = "upa.source.sealed"
    SOURCE_FAILED = "upa.source.failed"
    WATERMARK_OLD = "upa.watermark.old"
    ATTRIBUTE_UNCARRIED = "upa.attribute.uncarried"
    SOURCE_SHRANK = "upa.source.shrank"
    PLAN_EMPTY = "upa.plan.empty"
    PLAN_MADE = "upa.plan.made"
    PLAN_HELD = "upa.plan.held"
    HOLD_DECIDED = "upa.hold.decided"
    HOLD_EXPIRED = "upa.hold.expired"
    FILE_UPLOADED = "upa.file.uploaded"
    FILE_QUEUED = "upa.file.queued"
    FILE_POSTPONED = "upa.file.postponed"
    FILE_LOOKED_UP = "upa.file.looked_up"
    FILE_ARCHIVED = "upa.file.archived"
    FILE_SETTLED = "upa.file.settled"
    IMPORT_JOB_STATE = "upa.import_job.state"
    IMPORT_JOB_STALLED = "upa.import_job.stalled"
    IMPORT_JOB_ABANDONED = "upa.import_job.abandoned"
    IMPORT_JOB_ENDED_LATE = "upa.import_job.ended_late"
    CLEANED = "upa.clean.done"
    CLEAN_POSTPONED = "upa.clean.postponed"
    STRANGER_WRITTEN = "upa.profile.stranger_written"
    DRIFT_READ = "upa.drift.read"
    DRIFT_FOUND = "upa.drift.found"
    DRIFT_CONTESTED = "upa.drift.contested"
    DRIFT_POSTPONED = "upa.drift.postponed"
    FRESHNESS_MEASURED = "upa.freshness.measured"
    FRESHNESS_MISSED = "upa.freshness.missed"
    PERSON_ESCROWED = "upa.person.escrowed"
    PROPERTY_REFUSED = "upa.property.refused"
    PROPERTY_TAKEN = "upa.property.taken"
    ESCROW_OLD = "upa.escrow.old"
    LOAD_ANNOUNCED = "upa.individual.load"
    RUN_ENDED = "upa.run.ended"
    RUN_FAILED = "upa.run.failed"
    QUARANTINED = "upa.connector.quarantined"
    QUARANTINE_LEFT = "upa.connector.quarantine_left"
    SWITCHED_OFF = "upa.connector.switched_off"
    TRIGGER_FAILED = "upa.trigger.failed"
    WAKE_UP_LOST = "upa.wake_up.lost"
    WATCH_OVERDUE = "upa.watch.overdue"
    STEP_GIVEN_UP = "upa.step.given_up"
    CONTROLLED = "upa.connector.controlled"
    ALARM_RAISED = "upa.alarm.raised"
    ALARM_ENDED = "upa.alarm.ended"
    NOTIFICATION_FAILED = "upa.notification.failed"
    HOUSEKEEPING_DONE = "upa.housekeeping.done"


class Level(StrEnum):
    """The level of an event."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


Fields = Mapping[str, str | int | float | bool | None]
"""Ids and counts of an event, never a person's values."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; `fields` holds ids and counts, never a person's values."""

    name: EventName
    connector: str
    run: str = ""
    """The run; while a round is pulled, the round."""
    level: Level = Level.INFO
    fields: Fields = field(default_factory=dict)
    import_jobs: tuple[str, ...] = ()
    """Ids of the import jobs that it is about, where they are known."""
