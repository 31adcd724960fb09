"""The last calls of a process, without addresses, bodies and people: evidence for a support case."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

LENGTH = 200
"""Calls kept; older ones are forgotten."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request and the status it got."""

    at: datetime
    label: str
    """Method, host and call, fit for a message."""
    status: int | None
    """HTTP status, None where no answer came."""
    request_id: str
    """The service's own id of the request, "" where it named none."""
    client_request_id: str = ""
    """Our id of the request, which the service was told."""


class CallLog:
    """The last `LENGTH` calls, oldest first."""

    def __init__(self, length: int = LENGTH) -> None:
        """Begin without a call."""
        self._calls: deque[Call] = deque(maxlen=length)
        self.total = 0
        """Calls ever added."""

    def add(self, call: Call) -> None:
        """Append a call; the oldest one goes when there are too many."""
        self._calls.append(call)
        self.total += 1

    def since(self, total: int) -> Sequence[Call]:
        """Return the calls that were added after `total` had this number, as far as they are kept."""
        new = self.total - total
        return list(self._calls)[-new:] if new > 0 else []
