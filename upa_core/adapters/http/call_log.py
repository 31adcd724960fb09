"""The last calls of a process, and those that aren't stored yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from threading import Lock

from upa_core.domain.calls import KEPT, Call, CallService


class CallLog:
    """The last calls, oldest first; triggers of one process share it."""

    def __init__(self, length: int = KEPT) -> None:
        """Hold no call yet."""
        self._length, self._lock = length, Lock()
        self._calls: deque[Call] = deque(maxlen=length)
        self._new: dict[str, deque[Call]] = {}
        self.total = 0
        """Calls ever added."""

    def add(self, call: Call, connector: str = "", service: CallService = "") -> None:
        """Append a call; the oldest one goes when there are too many. One with a connector is also kept for `take`."""
        call = replace(call, service=service)
        with self._lock:
            self._calls.append(call)
            self.total += 1
            if connector:
                self._new.setdefault(connector, deque(maxlen=self._length)).append(call)

    def noting(self, connector: str, service: CallService) -> Callable[[Call], None]:
        """Return the function that a connector's service calls with each of its calls."""
        return partial(self.add, connector=connector, service=service)

    def since(self, total: int) -> Sequence[Call]:
        """Return the calls added since `total` had that value, as far as they are kept."""
        with self._lock:
            new = self.total - total
            return list(self._calls)[-new:] if new > 0 else []

    def take(self) -> Mapping[str, Sequence[Call]]:
        """Return the calls of each connector that weren't taken before."""
        with self._lock:
            taken, self._new = self._new, {}
        return {connector: list(calls) for connector, calls in taken.items()}
