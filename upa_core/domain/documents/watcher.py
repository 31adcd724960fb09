"""Who watches the import file in the lane, by our own storage alone: the status of Durable Functions is never truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from upa_core.domain.documents.lane import InFlight
from upa_core.domain.pauses import LONGEST_PAUSE

OVERDUE_AFTER = timedelta(hours=1)
"""Polls are at most 15 minutes apart.

After an hour without a look the watcher is dead, whatever Durable Functions says.
"""
NOTE_EVERY = timedelta(minutes=30)
"""A look is stored at most this often: an import job of 2.5 h costs four writes."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A state of SharePoint's import job, and when it was first seen."""

    state: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Watcher:
    """The last look at one import file, and how often a watcher was started for it."""

    VERSION: ClassVar[int] = 1

    version: int = 1
    file: str = ""
    looked: datetime | None = None
    restarts: int = 0
    states: tuple[Seen, ...] = ()
    """States of the file's import job, as they followed each other."""

    def of(self, file: str) -> Watcher:
        """Return the watch of this file; an empty one where another file was watched."""
        return self if self.file == file else Watcher(file=file)

    @property
    def instance(self) -> str:
        """The orchestration's instance id: the file's name, with `~2` from the second start."""
        return f"{self.file}~{self.restarts + 1}" if self.restarts else self.file

    def saw(self, state: str, now: datetime) -> Watcher:
        """Return the watch after a look that found this state."""
        if self.states and self.states[-1].state == state:
            return self
        return replace(self, states=(*self.states, Seen(state, now)))

    def restarted(self, now: datetime) -> Watcher:
        """Return the watch under a new instance id, looked at now."""
        return replace(self, looked=now, restarts=self.restarts + 1)


def file_of(instance: str) -> str:
    """Return the import file that an instance id names."""
    return instance.partition("~")[0]


def last_look(flight: InFlight, watcher: Watcher, now: datetime) -> datetime | None:
    """Return the last moment for which a look at the file is known or announced; None where no moment is believable.

    A moment further ahead than any pause of ours was noted by a clock that was ahead.
    """
    looked = watcher.of(flight.file).looked
    moments = (flight.since, flight.asked, flight.queued, flight.ended, flight.not_before, looked)
    return max((one for one in moments if one is not None and one - now <= LONGEST_PAUSE), default=None)


def is_overdue(flight: InFlight, watcher: Watcher, now: datetime) -> bool:
    """Return whether nobody has looked at the file for longer than any watcher waits."""
    looked = last_look(flight, watcher, now)
    return looked is None or now - looked >= OVERDUE_AFTER
