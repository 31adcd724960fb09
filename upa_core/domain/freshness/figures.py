"""The figure "accepted", and whether the objective is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor

from upa_core.domain.freshness.record import Freshness, minutes_between
from upa_core.domain.freshness.waiting import OnItsWay, Waiting
from upa_core.domain.objective import Objective

USUAL_SHARE = 95.0
"""The shown age is the one within which this many per cent of the changes were accepted."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """How far SharePoint's accepted values are behind the directory."""

    people: int
    """People with values of ours in SharePoint, or who should have some."""
    waiting_people: int
    """Of them, people with a planned value that SharePoint hasn't accepted."""
    share: float | None
    """Per cent of the people without a waiting value, rounded down; None without people."""
    unplanned: int
    """Records of rounds that aren't planned yet: nobody knows which of them differ."""
    changes: int
    """Values accepted within the window."""
    p95_minutes: int | None
    """The minutes within which 95 % of them were accepted, from the round that first showed them."""
    counted_since: datetime | None
    waiting: tuple[Waiting, ...]
    """What waits, the oldest first."""

    @property
    def oldest(self) -> Waiting | None:
        """Return the longest wait."""
        return self.waiting[0] if self.waiting else None


@dataclass(frozen=True, slots=True)
class Kept:
    """The state of an objective."""

    objective: Objective
    late: int
    """Values accepted too late within the window, or waiting for too long; people in escrow are left out."""
    counted: int
    share: float | None
    """Per cent in time, rounded down; None where nothing was counted."""
    why: str
    """Why it is missed; "" where it is kept."""


def accepted(
    known: Freshness,
    held: int,
    escrow: tuple[int, int],
    planned: OnItsWay | None,
    waits: Sequence[Waiting],
    now: datetime,
) -> Accepted:
    """Compute the figure. Six parameters: each is a count from another place.

    Args:
        known: the stored document.
        held: people with values of ours in SharePoint.
        escrow: people in escrow, and how many of them have no value of ours in SharePoint.
        planned: the last plan's changes that aren't accepted.
        waits: all waiting changes.
        now: this moment.

    """
    waiting = escrow[0] + (planned.people if planned is not None else 0)
    people = held + escrow[1] + (planned.new if planned is not None else 0)
    ages = known.accepted(now)
    return Accepted(
        people=people,
        waiting_people=waiting,
        share=_per_cent(people - waiting, people),
        unplanned=sum(one.records for one in waits),
        changes=sum(ages.values()),
        p95_minutes=age_within(ages, USUAL_SHARE),
        counted_since=known.since,
        waiting=tuple(sorted(waits, key=lambda one: (one.since, one.where, one.why))),
    )


def age_within(ages: Mapping[int, int], share: float) -> int | None:
    """Return the least age within which `share` per cent of the values were accepted; None where there are none."""
    wanted, found = ceil(sum(ages.values()) * share / 100), 0
    for age, values in sorted(ages.items()):
        found += values
        if found >= wanted:
            return age
    return None


def keeps(
    objective: Objective, known: Freshness, planned: OnItsWay | None, waits: Sequence[Waiting], now: datetime
) -> Kept:
    """Judge an objective by the changes of the window, accepted or waiting.

    A waiting change counts once it is late. A round that waits too long for its plan misses the objective by itself:
    nobody knows how many changes it holds. Escrow has alarms of its own.
    """
    within = objective.within / timedelta(minutes=1)
    ages = known.accepted(now)
    waiting: Counter[int] = Counter()
    for moment, values in (planned.values if planned is not None else {}).items():
        waiting[minutes_between(moment, now)] += values
    overdue = sum(values for age, values in waiting.items() if age > within)
    late = sum(values for age, values in ages.items() if age > within) + overdue
    counted = sum(ages.values()) + overdue
    share = _per_cent(counted - late, counted)
    stuck = [one for one in waits if one.where in ("round", "pull") and now - one.since > objective.within]
    why = ""
    if share is not None and (counted - late) * 100 < objective.share * counted:
        in_time = f"{share:g} % of {counted:,} changes were accepted within {_span(objective.within)}"
        why = f"{in_time}, not {objective.share:g} %"
    if stuck:
        oldest = min(stuck, key=lambda one: one.since)
        why += f"{'; ' if why else ''}a round of {oldest.since:%Y-%m-%d %H:%M} UTC isn't planned: {oldest.why}"
    return Kept(objective, late, counted, share, why)


def _per_cent(part: int, whole: int) -> float | None:
    return floor(max(0, part) * 10_000 / whole) / 100 if whole > 0 else None


def _span(span: timedelta) -> str:
    return span_text(span / timedelta(minutes=1))


def span_text(minutes: float) -> str:
    """Write a span in its largest units: 45 min, 3.2 h, 2.5 d."""
    if minutes < 90:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.3g} h" if minutes < 48 * 60 else f"{minutes / 1440:.3g} d"
