"""Events and wake-ups, kept for the test to read."""

from __future__ import annotations

from upa_core.domain.health.events import Event, EventName


class RecordingEvents:
    """Implements `Events`."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        """Keep the event."""
        self.events.append(event)

    @property
    def names(self) -> list[EventName]:
        """The names of all events, in order."""
        return [event.name for event in self.events]

    def named(self, name: EventName) -> list[Event]:
        """Return the events of one name."""
        return [event for event in self.events if event.name == name]


class RecordingWaker:
    """Implements `Waker`; what is sent stays in `sent` until a test delivers, doubles or drops it."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []

    def continue_pull(self, connector: str, run: str) -> None:
        """Keep the wake-up."""
        self.sent.append(("continue_pull", connector, run))

    def export(self, connector: str, run: str) -> None:
        """Keep the wake-up."""
        self.sent.append(("export", connector, run))

    def watch(self, connector: str, instance: str) -> None:
        """Keep the wake-up."""
        self.sent.append(("watch", connector, instance))
