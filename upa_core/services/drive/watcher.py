"""Make sure that somebody watches the import file in the lane, whatever Durable Functions says."""

from __future__ import annotations

from dataclasses import replace

from upa_core.domain.connector import Connector
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.documents.watcher import NOTE_EVERY, Watcher, is_overdue, last_look
from upa_core.domain.errors import ConflictError, UpaError
from upa_core.domain.health.events import EventName, Level
from upa_core.ports.bundle import Ports
from upa_core.services.drive.advance import advance_far
from upa_core.services.wake import wake
from upa_core.state.document import watcher_of
from upa_core.state.lane import emit


def note_look(ports: Ports, connector: Connector, flight: InFlight) -> None:
    """Note that the import job in the lane was polled just now; most polls need no write.

    Raises `RetryLaterError` where the storage can't be reached.
    """
    now = ports.clock.now()
    document = watcher_of(ports.store, connector)
    known = last_look(flight, Watcher(), now)
    if known is not None and now - known < NOTE_EVERY:
        return

    def noted(watcher: Watcher) -> Watcher:
        mine = watcher.of(flight.file)
        recent = mine.looked is not None and now - mine.looked < NOTE_EVERY and mine.looked <= now
        return watcher if recent else replace(mine, looked=now)

    document.update(noted)


def see_that_it_is_watched(ports: Ports, connector: Connector, flight: InFlight) -> None:
    """Wake the watcher of a file; after an hour without a poll, poll at once and start a new instance.

    The restart is noted first: whatever the poll's result, the timer's next one is an hour away.
    Raises `RetryLaterError` where the storage can't be reached.
    """
    now = ports.clock.now()
    document = watcher_of(ports.store, connector)
    read = document.load()
    watcher = read.value.of(flight.file)
    if is_overdue(flight, watcher, now):
        try:
            watcher = document.save(read, watcher.restarted(now)).value
        except ConflictError:  # another instance saw it too, and looks
            return
        emit(ports, EventName.WATCH_OVERDUE, flight, Level.WARNING, instance=watcher.instance)
        try:
            advance_far(ports, connector)
        except UpaError as exc:
            emit(ports, EventName.WATCH_OVERDUE, flight, Level.WARNING, instance=watcher.instance, reason=str(exc))
    wake(ports, ports.waker.watch, connector.name, watcher.instance)
