"""One execution on the virtual clock: pending and outstanding work, for both lines of durable."""

from __future__ import annotations

import heapq
import itertools
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from functions_host.replay.outcome import Call, Execution, Outcome, OutstandingError, StuckError


@dataclass
class World:
    """The surroundings of an orchestrator, from start to end."""

    function: Callable[[Any], Any]
    activities: Mapping[str, Callable[[Any], Any]]
    start: datetime
    instance_id: str
    activity_time: timedelta
    events: list[tuple[datetime, str, Any]]
    limit: timedelta
    now: datetime
    outcome: Outcome


@dataclass(frozen=True)
class Ended:
    """The end of an execution: an output, or the input of the next one."""

    continued: bool
    value: Any


class Run(ABC):
    """One execution: its pending work."""

    def __init__(self, world: World, input_: Any) -> None:
        self._world = world
        self._pending: list[tuple[datetime, int, Any, Callable[[], None]]] = []
        self._order = itertools.count()
        self._outstanding: dict[int, str] = {}
        self._record = Execution(input_, world.now)
        world.outcome.executions.append(self._record)
        for when, name, data in world.events:
            if when >= world.now:
                self._at(when, None, partial(self._raise_event, name, json.dumps(data)))

    @abstractmethod
    def _history_size(self) -> int:
        """Return how many events a replay works through now."""

    @abstractmethod
    def _step(self) -> Ended | None:
        """Replay twice, process the new actions; None while it goes on.

        Raises:
            ReplayError: one of its kinds.
        """

    @abstractmethod
    def _begin_turn(self) -> None:
        """Note that the orchestrator's next turn begins now."""

    @abstractmethod
    def _raise_event(self, name: str, data: str) -> None:
        """Note an external event."""

    def to_its_end(self) -> Ended:
        """Run until it ends or continues as new."""
        while True:
            self._record.replays += 1
            self._record.history_size = self._history_size()
            ended = self._step()
            if ended is None:
                self._advance()
                continue
            if ended.continued and self._outstanding:
                names = ", ".join(sorted(self._outstanding.values()))
                msg = f"outstanding at continue_as_new: {names}"
                raise OutstandingError(msg)
            return ended

    def _perform(self, name: str, given: str | None) -> tuple[str | None, Exception | None]:
        """Call an activity, or the function in place of a sub-orchestrator; return its result as JSON, or its error."""
        value = json.loads(given) if given is not None else None
        result, error = None, None
        try:
            if name not in self._world.activities:
                msg = f"there is no activity '{name}'"
                raise LookupError(msg)
            result = json.dumps(self._world.activities[name](value))
        except Exception as exc:  # noqa: BLE001 - whatever an activity raises is its failure
            error = exc
        shown = None if error is None else f"{type(error).__name__}: {error}"
        self._world.outcome.calls.append(Call(name, value, self._world.now, shown))
        return result, error

    def _drop(self, task_id: int) -> None:
        self._outstanding.pop(task_id, None)
        self._pending = [entry for entry in self._pending if entry[2] != task_id]
        heapq.heapify(self._pending)

    def _at(self, when: datetime, task_id: int | None, action: Callable[[], None]) -> None:
        heapq.heappush(self._pending, (when, next(self._order), task_id, action))

    def _advance(self) -> None:
        """Move virtual time to the next pending event."""
        if not self._pending:
            msg = "it waits and nothing is outstanding; is an external event missing?"
            raise StuckError(msg)
        when, _, _, action = heapq.heappop(self._pending)
        self._world.now = max(self._world.now, when)
        if self._world.now - self._world.start > self._world.limit:
            msg = f"it still runs after {self._world.limit} of virtual time"
            raise StuckError(msg)
        self._begin_turn()
        action()
