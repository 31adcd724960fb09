"""The events that the pipeline sends."""

from __future__ import annotations

from typing import Protocol

from upa_core.domain.health.events import Event


class Events(Protocol):
    """A sink of events; never raises, never blocks for long."""

    def emit(self, event: Event) -> None:
        """Record the event."""
