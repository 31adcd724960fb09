"""Totals of one partition, and of all partitions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from upa_core.domain.drift.record import Difference, DriftPart, PartTotals, PropertyTotals, minute_of

_SHOWN = ("different", "empty", "edited", "untold")


def sum_up(part: DriftPart, people: Collection[str], now: datetime, campaign: datetime | None) -> PartTotals:
    """Return the totals of a partition, of the people known now."""
    minutes = [part.last(person) for person in people]
    begun = minute_of(campaign) if campaign is not None else 0
    open_ones = {person: [one for one in found.values() if one.over is None] for person, found in part.found.items()}
    return PartTotals(
        people=len(minutes),
        never=minutes.count(0),
        oldest=min(minutes, default=minute_of(now)),
        newest=max(minutes, default=0),
        first=len(part.first),
        behind=sum(minute < begun for minute in minutes),
        unreadable=dict(sorted(Counter(one.why for one in part.unread.values()).items())),
        different=sum(any(one.verdict in ("different", "empty") for one in found) for found in open_ones.values()),
        properties=dict(sorted(_by_property(part.found.values()).items())),
        equal=sum(part.last(one) > 0 and one not in part.unread and not open_ones.get(one) for one in people),
    )


def _by_property(people: Iterable[Mapping[str, Difference]]) -> dict[str, PropertyTotals]:
    found: dict[str, PropertyTotals] = {}
    for person in people:
        for target, one in person.items():
            before = found.get(target, PropertyTotals())
            found[target] = _plus(before, _of(one))
    return {target: one for target, one in found.items() if one != PropertyTotals()}


def _of(one: Difference) -> PropertyTotals:
    contested = int(one.contested)
    if one.over is not None:
        return PropertyTotals(contested=contested)
    counts = {verdict: int(one.verdict == verdict) for verdict in _SHOWN}
    return PropertyTotals(**counts, contested=contested, since=one.since)


def _plus(one: PropertyTotals, other: PropertyTotals) -> PropertyTotals:
    moments = [moment for moment in (one.since, other.since) if moment is not None]
    return PropertyTotals(
        different=one.different + other.different,
        empty=one.empty + other.empty,
        edited=one.edited + other.edited,
        untold=one.untold + other.untold,
        contested=one.contested + other.contested,
        since=min(moments, default=None),
    )


@dataclass(frozen=True, slots=True)
class DriftTotals:
    """Totals of all partitions."""

    people: int = 0
    never: int = 0
    oldest: int = 0
    """Minute of the oldest read, 0 where nobody was read yet."""
    newest: int = 0
    behind: int = 0
    different: int = 0
    unreadable: dict[str, int] = field(default_factory=dict)
    properties: dict[str, PropertyTotals] = field(default_factory=dict)
    equal: int | None = 0
    """People who were read without a difference; None where not everybody was counted so."""

    @property
    def contested(self) -> tuple[str, ...]:
        """The properties that somebody or something else writes."""
        return tuple(sorted(target for target, one in self.properties.items() if one.contested))

    @property
    def differing(self) -> tuple[str, ...]:
        """The properties in which a person differs."""
        return tuple(sorted(target for target, one in self.properties.items() if one.different or one.empty))


def add_up(parts: Iterable[PartTotals]) -> DriftTotals:
    """Return the totals of all partitions in the index."""
    listed = [one for one in parts if one.people]
    unreadable: Counter[str] = Counter()
    properties: dict[str, PropertyTotals] = {}
    for one in listed:
        unreadable.update(one.unreadable)
        for target, totals in one.properties.items():
            properties[target] = _plus(properties.get(target, PropertyTotals()), totals)
    return DriftTotals(
        people=sum(one.people for one in listed),
        never=sum(one.never for one in listed),
        oldest=min((one.oldest for one in listed if one.oldest), default=0),
        newest=max((one.newest for one in listed), default=0),
        behind=sum(one.behind for one in listed),
        different=sum(one.different for one in listed),
        unreadable=dict(sorted(unreadable.items())),
        properties=dict(sorted(properties.items())),
        equal=None if any(one.equal is None for one in listed) else sum(one.equal or 0 for one in listed),
    )
