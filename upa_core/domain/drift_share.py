"""The calls of PeopleManager per day for reading profiles back, and the days in which everybody is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from upa_core.domain.people_calls import LIMITS, WINDOW, Budget

REST = timedelta(hours=24)
"""Nobody is read twice within this time, even if calls are left."""
WINDOWS_A_DAY = timedelta(days=1) // WINDOW
TICK = timedelta(minutes=15)
"""The timer's rhythm by default; each tick reads once."""
_LEAST_PART, _FULL_PART = 0.5, 0.9


@dataclass(frozen=True, slots=True)
class DriftShare:
    """The share of the connector's calls that reading back may take, in per cent."""

    share: float = 10.0
    """In the background, day by day."""
    full_share: float = 50.0
    """While everybody is read at once (`upa drift --full`)."""

    def per_cent(self, *, full: bool) -> float:
        """Return the share that applies now."""
        return self.full_share if full else self.share

    def window_part(self, *, full: bool) -> float:
        """Return the part of the calls in 5 minutes that one tick may take: the rest is left for writes."""
        return max(_LEAST_PART, self.per_cent(full=full) / 100) if not full else max(_FULL_PART, self.full_share / 100)


def day_of(budget: Budget) -> int:
    """Return the calls that the whole budget holds in a day, off-peak hours included."""
    moment = datetime(2026, 1, 1)  # noqa: DTZ001 - only its hour counts
    hours = sum(budget.open_at(moment.replace(hour=hour)) for hour in range(24))
    calls = budget.per_window * (WINDOWS_A_DAY // 24) * hours
    if budget.per_hour is not None:
        calls = min(calls, budget.per_hour * hours)
    return calls if budget.per_day is None else min(calls, budget.per_day)


def calls_a_day(budget: Budget, share: DriftShare, *, full: bool = False, rhythm: timedelta = TICK) -> float:
    """Return how many people can be read in a day, one call each.

    `rhythm`: how often the timer ticks; each tick reads once, within a part of one window of 5 minutes.
    """
    ticks = timedelta(days=1) / max(rhythm, WINDOW)
    a_tick = budget.per_window * share.window_part(full=full)
    return min(day_of(budget) * share.per_cent(full=full) / 100, a_tick * ticks)


def days_for(people: int, calls: float) -> int | None:
    """Return the days in which this many people are read, at least one; None where they never are."""
    return max(1, ceil(people / calls)) if calls > 0 else None


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of reading back for a tenant, in calls of PeopleManager."""

    people: int
    limit: int
    """The tenant's limit in 5 minutes."""
    a_day: int
    """Calls a day in the background."""
    per_cent: float
    """Percent of the calls that the tenant's limit allows in a day."""
    days: int
    """Everybody is read within this number of days."""
    full_days: float
    """Days that `upa drift --full` takes."""


def costs(tenants: Iterable[tuple[int, int]], share: DriftShare | None = None) -> list[Cost]:
    """Return the cost by default settings for tenants, each given by people and licences (0: not known)."""
    share, found = share or DriftShare(), []
    for people, licences in tenants:
        budget = Budget(licences=licences)
        limit = Budget(share=100.0, licences=licences).per_window
        possible = calls_a_day(budget, share)
        made = min(float(people), possible)
        days, full = days_for(people, possible), people / calls_a_day(budget, share, full=True)
        per_cent = made / (limit * WINDOWS_A_DAY) * 100
        found.append(Cost(people, limit, round(made), round(per_cent, 2), days or 0, round(full, 1)))
    return found


SHOWN = ((1_000, 0), (100_000, 0), (100_000, LIMITS[-1][0] + 1), (1_000_000, 0), (1_000_000, LIMITS[-1][0] + 1))
"""The tenants of the table in the documentation: people and licences."""
