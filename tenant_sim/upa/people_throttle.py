"""PeopleManager's limit: one bucket of 5 minutes for the whole tenant, all apps together [SP-64]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

WINDOW_S = 300
LIMITS = ((1_000, 3_000), (5_000, 6_000), (15_000, 9_000), (50_000, 12_000))
"""Licences up to, calls in 5 minutes [SP-64]."""
LARGEST = 15_000


@dataclass
class PeopleThrottle:
    """Calls of PeopleManager in the current 5 minutes.

    ASSUMED [SP-118]: a ProcessQuery request counts once for each method; refused calls count too.
    """

    now: Callable[[], float]
    licences: Callable[[], int]
    enabled: bool = False
    limit: int | None = None
    """Overrides the limit that follows from the number of licences."""
    others_per_minute: float = 0.0
    """Calls that another app makes, evenly."""
    window: int = -1
    used: int = 0
    refused: int = 0
    """Calls that were answered 429 so far."""

    def charge(self, calls: int) -> int | None:
        """Take calls from the bucket; seconds to wait where there aren't so many left."""
        if not self.enabled or not calls:
            return None
        now = self.now()
        window = int(now // WINDOW_S)
        if window != self.window:
            self.window, self.used = window, 0
        self.used += calls
        others = self.others_per_minute * (now - window * WINDOW_S) / 60
        if self.used + others <= self._limit():
            return None
        self.refused += calls
        return max(1, round((window + 1) * WINDOW_S - now))

    def _limit(self) -> int:
        if self.limit is not None:
            return self.limit
        licences = self.licences()
        return next((limit for most, limit in LIMITS if licences <= most), LARGEST)
