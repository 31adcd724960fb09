"""Events as structured log records: the event's name is the message, its fields are `extra`."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from upa_core.domain.health.events import Event, Level

_LEVELS = {Level.INFO: logging.INFO, Level.WARNING: logging.WARNING, Level.ERROR: logging.ERROR}


class LogEvents:
    """Implements the port `Events` on the standard logging.

    Attributes are called `upa_<field>`, so that none can collide with an attribute of `LogRecord`.
    """

    def __init__(self, logger: logging.Logger | None = None) -> None:
        """Log to the given logger, `upa` by default."""
        self._logger = logger or logging.getLogger("upa")
        if self._logger.level == logging.NOTSET:
            self._logger.setLevel(logging.INFO)  # else the root's level would drop what silence alerts need

    def emit(self, event: Event) -> None:
        """Log the event."""
        extra: dict[str, Any] = {f"upa_{name}": value for name, value in event.fields.items()}
        extra |= {"upa_event": event.name.value, "upa_connector": event.connector, "upa_run": event.run}
        extra["upa_import_job"] = ",".join(event.import_jobs)
        with suppress(Exception):  # the port promises never to raise, and there is nowhere left to report it
            self._logger.log(_LEVELS[event.level], "%s", event.name.value, extra=extra)
