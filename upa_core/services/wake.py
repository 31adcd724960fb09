"""Send wake-ups; one that can't be sent is reported and dropped, since nothing depends on them."""

from __future__ import annotations

from collections.abc import Callable

from upa_core.domain.documents.ids import parse_file_name
from upa_core.domain.documents.watcher import file_of
from upa_core.domain.errors import UpaError
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.ports.bundle import Ports


def wake(ports: Ports, call: Callable[[str, str], None], connector: str, subject: str) -> None:
    """Call one of the waker's methods; if the wake-up is lost, the next tick of the timer finds the work."""
    try:
        call(connector, subject)
    except UpaError as exc:
        name = file_of(subject)
        file = parse_file_name(name)
        fields = {"reason": str(exc), "file": name if file is not None else ""}
        run = file[1] if file is not None else subject
        ports.events.emit(Event(EventName.WAKE_UP_LOST, connector, run, Level.WARNING, fields))
