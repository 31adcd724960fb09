"""What is due on the clock: actions in the order of their times, run before each request and each read."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count


class Schedule:
    """A heap of (time, action).

    Nothing runs by itself: `run_due` is called before every request and every read of state, so that an observer
    outside sees no difference.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._heap: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = count()
        self._running = False

    def at(self, moment: float, action: Callable[[float], None]) -> None:
        """Run `action(moment)` once the clock has reached `moment`."""
        heapq.heappush(self._heap, (moment, next(self._order), action))

    def run_due(self) -> None:
        """Run everything due, earliest first; actions may schedule more."""
        if self._running:
            return
        self._running = True
        try:
            while self._heap and self._heap[0][0] <= self._now():
                moment, _, action = heapq.heappop(self._heap)
                action(moment)
        finally:
            self._running = False

    def next_at(self) -> float | None:
        """When the next action is due."""
        return self._heap[0][0] if self._heap else None
