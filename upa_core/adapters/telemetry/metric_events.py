"""Events counted as OpenTelemetry metrics; the worker exports them [AZ-2]."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from upa_core.domain.documents.ids import moment_of
from upa_core.domain.health.events import Event, EventName
from upa_core.ports.clock import Clock
from upa_core.ports.events import Events

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter

_log = logging.getLogger(__name__)
_COUNTS = ("exported", "escrowed", "cleared", "updated")
_ONCE = {
    EventName.PLAN_HELD: "upa.plans.held",
    EventName.PULL_PAUSED: "upa.pulls.throttled",
    EventName.FILE_POSTPONED: "upa.exports.throttled",
    EventName.RUN_FAILED: "upa.runs.failed",
    EventName.RUN_ENDED: "upa.runs.ended",
    EventName.FILE_QUEUED: "upa.import_jobs.queued",
    EventName.IMPORT_JOB_STALLED: "upa.import_jobs.stalled",
    EventName.QUARANTINED: "upa.quarantines",
    EventName.SWITCHED_OFF: "upa.connectors.switched_off",
}


_MEASURED = {
    "share_percent": "upa.freshness.accepted_percent",
    "waiting_people": "upa.freshness.waiting_people",
    "p95_hours": "upa.freshness.p95_hours",
    "oldest_hours": "upa.freshness.oldest_hours",
    "read_back_percent": "upa.freshness.read_back_percent",
}
"""The values measured hourly; an unknown value has no point."""


class MetricEvents:
    """Implements `Events`: passes each event on, and counts it. The connector is the only attribute: few series."""

    def __init__(self, inner: Events, clock: Clock, meter: Meter | None = None) -> None:
        """Count with this meter, else with the process's own, looked up at the first event."""
        self._inner, self._clock, self._meter = inner, clock, meter
        self._made: dict[str, Any] = {}

    def emit(self, event: Event) -> None:
        """Pass the event on and count it; an error of telemetry stops nothing."""
        self._inner.emit(event)
        try:
            self._count(event)
        except Exception as error:  # noqa: BLE001 - telemetry never stops anything
            _log.warning("%s isn't counted: %s", event.name.value, type(error).__name__)

    def _count(self, event: Event) -> None:
        labels = {"connector": event.connector}
        if event.name in _ONCE:
            self._counter(_ONCE[event.name]).add(1, labels)
        if event.name in (EventName.RUN_ENDED, EventName.RUN_FAILED):
            for name in _COUNTS:
                self._counter(f"upa.people.{name}").add(int(event.fields.get(name) or 0), labels)
        if event.name is EventName.RUN_ENDED and (began := moment_of(event.run)) is not None:
            hours = max(0.0, (self._clock.now() - began).total_seconds()) / 3600
            self._histogram("upa.run.hours").record(hours, labels)
        if event.name is EventName.RUN_ENDED and event.fields.get("latency_hours") is not None:
            self._histogram("upa.latency.hours").record(float(event.fields["latency_hours"] or 0), labels)
        if event.name is EventName.PLAN_HELD:
            held = int(event.fields.get("updated") or 0) + int(event.fields.get("cleared") or 0)
            self._counter("upa.people.held").add(held, labels)
        if event.name is EventName.ROUND_SEALED:
            self._counter("upa.pages").add(int(event.fields.get("pages") or 0), labels)
            self._counter("upa.records").add(int(event.fields.get("rows") or 0), labels)
        if event.name is EventName.IMPORT_JOB_STATE and "age_minutes" in event.fields:
            self._histogram("upa.import_job.minutes").record(float(event.fields["age_minutes"] or 0), labels)

        if event.name is EventName.FRESHNESS_MEASURED:
            for field, name in _MEASURED.items():
                if (measured := event.fields.get(field)) is not None:
                    self._gauge(name).set(float(measured), labels)

    def _counter(self, name: str) -> Any:
        return self._made.setdefault(name, None) or self._make(name, "create_counter")

    def _gauge(self, name: str) -> Any:
        return self._made.setdefault(name, None) or self._make(name, "create_gauge")

    def _histogram(self, name: str) -> Any:
        return self._made.setdefault(name, None) or self._make(name, "create_histogram")

    def _make(self, name: str, kind: str) -> Any:
        if self._meter is None:
            from opentelemetry.metrics import get_meter  # vendor imports are lazy

            self._meter = get_meter("upa")
        self._made[name] = getattr(self._meter, kind)(name)
        return self._made[name]
