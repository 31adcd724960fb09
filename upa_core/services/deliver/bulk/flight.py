"""An import file in the target tenant's lane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from upa_core.domain.documents.lane import InFlight, Lane
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.next_step import Step
from upa_core.services.deliver.delivery import Delivery
from upa_core.state.lane import emit, move


@dataclass(frozen=True, slots=True)
class Flight(Delivery):
    """An import file of the open run, and its place in the lane as it was read."""

    place: InFlight

    def moved(self, to: InFlight, also: Callable[[Lane], Lane] = lambda lane: lane) -> Flight:
        """Write its progress; raises `ConflictError` where another instance moved it."""
        if to != self.place:
            move(self.ports, self.connector, self.place, to, also)
        return replace(self, place=to)

    def tell(self, name: EventName, level: Level = Level.INFO, **fields: str | int | float | None) -> None:
        """Emit an event about the file."""
        emit(self.ports, name, self.place, level, **fields)

    def again(self, why: str) -> Step:
        """Return the step that says: more can be done at once."""
        return Step("again", why, run=self.place.run, file=self.place.file)
