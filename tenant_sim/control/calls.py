"""The log of calls: what was asked of the tenant, in order."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Call:
    """One answered (or dropped) request."""

    time: datetime
    surface: str
    operation: str
    status: int
    """0 when the answer never reached the caller."""
    app: str = ""
    """App id of the token, if there was one."""


class Calls:
    """Calls in order, the last `keep` of them in detail and all of them counted."""

    def __init__(self, keep: int = 100_000) -> None:
        self._calls: deque[Call] = deque(maxlen=keep)
        self._counts: Counter[str] = Counter()
        self._status: Counter[str] = Counter()

    def record(self, call: Call) -> None:
        """Note one call."""
        self._calls.append(call)
        self._counts[f"{call.surface} {call.operation}"] += 1
        self._status[f"{call.surface} {call.operation} {call.status}"] += 1

    def counts(self, *, by_status: bool = False) -> dict[str, int]:
        """Count calls by "surface operation" (and status)."""
        return dict(sorted((self._status if by_status else self._counts).items()))

    def of(self, surface: str | None = None, operation: str | None = None) -> list[Call]:
        """Pick calls by surface and operation."""
        return [c for c in self._calls if surface in (None, c.surface) and operation in (None, c.operation)]

    def reset(self) -> None:
        """Forget all calls."""
        self._calls.clear()
        self._counts.clear()
        self._status.clear()

    def __iter__(self) -> Iterator[Call]:
        return iter(list(self._calls))

    def __len__(self) -> int:
        return sum(self._counts.values())
