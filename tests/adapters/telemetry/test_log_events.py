"""Events as log records."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from upa_core.adapters.telemetry.log_events import LogEvents
from upa_core.domain.health.events import Event, EventName, Level


@pytest.mark.parametrize(
    ("level", "number"), [(Level.INFO, logging.INFO), (Level.WARNING, logging.WARNING), (Level.ERROR, logging.ERROR)]
)
def test_event_is_one_record(caplog: pytest.LogCaptureFixture, level: Level, number: int) -> None:
    """The message is the event's name, its level the record's, its fields attributes of the record."""
    event = Event(EventName.PLAN_MADE, "hr", "run-1", level, {"people": 3, "name": "n", "message": "m", "args": None})
    with caplog.at_level(logging.INFO, logger="upa"):
        LogEvents().emit(event)
    record: Any = caplog.records[0]
    assert len(caplog.records) == 1

    assert (record.getMessage(), record.levelno) == ("upa.plan.made", number)
    assert (record.upa_connector, record.upa_run, record.upa_event) == ("hr", "run-1", "upa.plan.made")
    assert (record.upa_people, record.upa_name, record.upa_message) == (3, "n", "m")


def test_every_record_has_the_three_ids(caplog: pytest.LogCaptureFixture) -> None:
    """Connector, run and import jobs are attributes of every record, empty where there is none."""
    with caplog.at_level(logging.INFO, logger="upa"):
        LogEvents().emit(Event(EventName.FILE_QUEUED, "hr", "run-1", import_jobs=("a", "b")))
        LogEvents().emit(Event(EventName.ROUND_SEALED, "hr"))
    records: list[Any] = caplog.records
    ids = [(one.upa_connector, one.upa_run, one.upa_import_job) for one in records]

    assert ids == [("hr", "run-1", "a,b"), ("hr", "", "")]


def test_fields_do_not_hide_the_event(caplog: pytest.LogCaptureFixture) -> None:
    """A field called like the event's own doesn't replace it."""
    with caplog.at_level(logging.INFO, logger="upa"):
        LogEvents().emit(Event(EventName.PLAN_MADE, "hr", fields={"connector": "other", "event": "other"}))

    record: Any = caplog.records[0]
    assert record.upa_connector == "hr"
    assert record.upa_event == "upa.plan.made"


def test_emit_never_raises() -> None:
    """A broken logger doesn't break the pipeline."""

    class Broken(logging.Logger):
        def log(self, *_: Any, **__: Any) -> None:
            raise RuntimeError("broken")

    assert LogEvents(Broken("x")).emit(Event(EventName.PLAN_MADE, "hr")) is None


def test_an_information_event_is_logged_although_the_root_logger_is_quiet() -> None:
    """A logger without a level of its own takes INFO: the silence alert looks for these events."""
    seen: list[str] = []
    logger = logging.Logger("quiet")
    logger.parent = logging.Logger("root", logging.WARNING)
    handler = logging.Handler()
    handler.emit = lambda record: seen.append(record.getMessage())
    logger.parent.addHandler(handler)
    LogEvents(logger).emit(Event(EventName.RUN_ENDED, "demo"))

    assert seen == ["upa.run.ended"]
