"""Events reach the log whatever the root logger's level is."""

from __future__ import annotations

import logging

from upa_core.adapters.telemetry.log_events import LogEvents
from upa_core.domain.health.events import Event, EventName


def test_an_information_event_is_logged_although_the_root_logger_is_quiet() -> None:
    """A logger without a level of its own takes INFO: the silence alert looks for these events."""
    seen: list[str] = []
    logger = logging.Logger("quiet")
    logger.parent = logging.Logger("root", logging.WARNING)
    handler = logging.Handler()
    handler.emit = lambda record: seen.append(record.getMessage())  # type: ignore[method-assign]
    logger.parent.addHandler(handler)
    LogEvents(logger).emit(Event(EventName.RUN_ENDED, "demo"))

    assert seen == ["upa.run.ended"]
