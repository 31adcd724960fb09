"""Metrics as an OpenTelemetry reader sees them."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from tests.fakes import FakeClock, RecordingEvents
from tests.support.world import World
from upa_core.adapters.telemetry.metric_events import MetricEvents
from upa_core.domain.health.events import Event, EventName


@pytest.fixture
def reader() -> InMemoryMetricReader:
    return InMemoryMetricReader()


def _values(reader: InMemoryMetricReader) -> dict[str, float]:
    data = reader.get_metrics_data()
    assert data is not None
    metrics = [metric for part in data.resource_metrics for scope in part.scope_metrics for metric in scope.metrics]
    points = {metric.name: list(metric.data.data_points) for metric in metrics}
    return {
        name: sum(getattr(point, "value", getattr(point, "sum", 0)) for point in all_) for name, all_ in points.items()
    }


def test_a_run_is_counted_in_people_pages_and_jobs(reader: InMemoryMetricReader) -> None:
    """What a whole sync emits comes out as the metrics of the docs, with the connector as the only attribute."""
    world = World(6)
    provider = MeterProvider([reader], shutdown_on_exit=False)
    inner = world.events
    world.events = MetricEvents(inner, world.time, provider.get_meter("test"))
    world.sync()
    values = _values(reader)
    provider.shutdown()

    assert values["upa.people.exported"] == 6
    assert values["upa.records"] == 6
    assert values["upa.runs.ended"] == 1
    assert values["upa.import_jobs.queued"] == 1
    assert values["upa.run.hours"] > 0
    assert values["upa.latency.hours"] == pytest.approx(values["upa.run.hours"], abs=0.01)  # it is told in hundredths
    assert EventName.RUN_ENDED in inner.names


def test_what_is_held_postponed_and_switched_off_is_counted(reader: InMemoryMetricReader) -> None:
    """People of a held plan, calls that SharePoint put off, connectors that quarantine switched off."""
    provider = MeterProvider([reader], shutdown_on_exit=False)
    events = MetricEvents(RecordingEvents(), FakeClock(), provider.get_meter("test"))
    for name in (EventName.PLAN_HELD, EventName.FILE_POSTPONED, EventName.SWITCHED_OFF):
        events.emit(Event(name, "hr", fields={"updated": 3, "cleared": 4}))
    values = _values(reader)
    provider.shutdown()

    assert values == {
        "upa.plans.held": 1,
        "upa.people.held": 7,
        "upa.exports.throttled": 1,
        "upa.connectors.switched_off": 1,
    }


def test_telemetry_that_fails_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """The event is handed on before it is counted, and the log tells that it wasn't, without the error's text."""

    class Broken:
        def __getattr__(self, name: str) -> object:
            raise RuntimeError("no telemetry")

    inner = RecordingEvents()
    MetricEvents(inner, FakeClock(), Broken()).emit(Event(EventName.PLAN_HELD, "hr"))

    assert inner.names == [EventName.PLAN_HELD]
    assert caplog.messages == ["upa.plan.held isn't counted: RuntimeError"]
