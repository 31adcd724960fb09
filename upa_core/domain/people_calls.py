"""How many calls of PeopleManager we may make: a share of the limit that everybody in the tenant uses [SP-64]."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar

WINDOW = timedelta(minutes=5)
LIMITS = ((1_000, 3_000), (5_000, 6_000), (15_000, 9_000), (50_000, 12_000))
"""Licences up to a number, and the calls in 5 minutes that they allow."""
LARGEST = 15_000


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits in a connector file."""

    share: float = 25.0
    """Per cent of the tenant's limit."""
    licences: int = 0
    """Licences of the tenant; 0: not given, so the smallest limit applies."""
    per_hour: int | None = None
    per_day: int | None = None
    hours: tuple[int, int] | None = None
    """Off-peak hours in UTC, from and until; (20, 5) crosses midnight. None: at any time."""
    one_geo: bool = False
    """The tenant has one geo: the geo of a profile needn't be read."""

    @property
    def per_window(self) -> int:
        """Calls in 5 minutes."""
        limit = next((calls for most, calls in LIMITS if self.licences <= most), LARGEST)
        return max(1, int(limit * self.share / 100))

    def open_at(self, now: datetime) -> bool:
        """Return whether calls may be made at this hour."""
        if self.hours is None:
            return True
        start, end = self.hours
        return start <= now.hour < end if start < end else now.hour >= start or now.hour < end

    def opens(self, now: datetime) -> datetime:
        """Return when calls may be made next: now, or at the next full hour that allows them."""
        at = now
        while not self.open_at(at):
            at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        return at

    def calls_for(self, properties: int) -> int:
        """Return the most calls that one person costs: three reads, a read of the geo, a set for each property."""
        return properties + 3 + (not self.one_geo)


@dataclass(frozen=True, slots=True)
class Part:
    """The part of the share that one user of it may take; the whole share by default."""

    name: str = ""
    """The user's name, such as `drift`; "" isn't counted separately."""
    most: float = 1.0
    """Part of the calls in 5 minutes: 0.1 is a tenth of the share."""
    any_hour: bool = False
    """Off-peak hours don't apply: somebody waits for the answer."""

    def room(self, budget: Budget, taken: int) -> int:
        """Return how many calls of a window are left to this part, when `taken` are taken."""
        return max(0, int(budget.per_window * self.most) - taken)


WHOLE_SHARE = Part()


@dataclass(frozen=True, slots=True)
class PeopleCalls:
    """The stored calls of a tenant that were reserved, by window, hour and day (all UTC)."""

    VERSION: ClassVar[int] = 1

    version: int = 1
    window: str = ""
    in_window: int = 0
    hour: str = ""
    in_hour: int = 0
    day: str = ""
    in_day: int = 0
    not_before: datetime | None = None
    """The service asked for a pause until then."""
    throttled: int = 0
    """How often in a row it asked."""
    lost_names: int = 0
    """People in a row with a known profile whose user name finds none: their names were changed."""
    parts: dict[str, int] = field(default_factory=dict[str, int])
    """The calls of this window by part, for parts that may take less than the whole share."""

    def reserve(
        self, wanted: int, budget: Budget, now: datetime, part: Part = WHOLE_SHARE, *, least: int = 0
    ) -> tuple[PeopleCalls, int]:
        """Reserve at most `wanted` calls; return the document to store, and how many calls are reserved, perhaps none.

        `least`: what one person takes. An unused limit that is smaller is passed once, or nobody would be served.
        """
        is_open = part.any_hour or budget.open_at(now)
        if not is_open or (self.not_before is not None and now < self.not_before):
            return self, 0
        fresh = self._turned(now)
        rooms = [max(limit - used, 0 if used else least) for limit, used in fresh._limits(budget)]
        if part.most < 1:
            rooms.append(part.room(budget, fresh._taken(part)))
        granted = max(0, min(*rooms, wanted))
        return fresh._plus(granted, part), granted

    def give_back(self, calls: int, now: datetime, part: Part = WHOLE_SHARE) -> PeopleCalls:
        """Return the document after calls that were reserved and not made; those of an earlier window are lost."""
        fresh = self._turned(now)
        same_window = fresh.window == self.window
        return fresh._plus(-min(calls, fresh.in_window), part) if same_window else fresh

    def free_at(self, budget: Budget, now: datetime, part: Part = WHOLE_SHARE, *, least: int = 1) -> datetime:
        """Return when this many calls can be reserved again: now, or when a limit renews."""
        at = max(now, self.not_before or now)
        for _ in range(4):
            at = at if part.any_hour else budget.opens(at)
            turned = self._turned(at)
            if budget.per_day is not None and _is_used(turned.in_day, budget.per_day, least):
                at = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            elif budget.per_hour is not None and _is_used(turned.in_hour, budget.per_hour, least):
                at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            elif _is_used(turned.in_window, budget.per_window, least) or turned._is_over(budget, part, least):
                at = window_of(at) + WINDOW
            else:
                break
        return at

    def throttle(self, pause: float, now: datetime) -> PeopleCalls:
        """Return the document after the service asked for a pause, in seconds."""
        until = max(now + timedelta(seconds=pause), self.not_before or now)
        return replace(self, not_before=until, throttled=self.throttled + 1)

    def answered(self) -> PeopleCalls:
        """Return the document after the service answered again."""
        return replace(self, throttled=0, not_before=None) if self.throttled else self

    def _turned(self, now: datetime) -> PeopleCalls:
        window, hour, day = window_of(now).isoformat(), now.strftime("%Y-%m-%dT%H"), now.date().isoformat()
        return replace(
            self,
            window=window,
            in_window=self.in_window if window == self.window else 0,
            parts=self.parts if window == self.window else {},
            hour=hour,
            in_hour=self.in_hour if hour == self.hour else 0,
            day=day,
            in_day=self.in_day if day == self.day else 0,
        )

    def _limits(self, budget: Budget) -> Iterator[tuple[int, int]]:
        """Yield each limit and the calls used of it."""
        yield budget.per_window, self.in_window
        if budget.per_hour is not None:
            yield budget.per_hour, self.in_hour
        if budget.per_day is not None:
            yield budget.per_day, self.in_day

    def _is_over(self, budget: Budget, part: Part, least: int) -> bool:
        return part.most < 1 and part.room(budget, self._taken(part)) < max(1, least) and bool(self._taken(part))

    def _taken(self, part: Part) -> int:
        return self.parts.get(part.name, 0)

    def _plus(self, calls: int, part: Part) -> PeopleCalls:
        parts = self.parts
        if part.name and calls:
            parts = {**parts, part.name: max(0, self._taken(part) + calls)}
        return replace(
            self,
            in_window=self.in_window + calls,
            in_hour=self.in_hour + calls,
            in_day=self.in_day + calls,
            parts=parts,
        )


def _is_used(used: int, limit: int, least: int) -> bool:
    return bool(used) and limit - used < max(1, least)


def window_of(moment: datetime) -> datetime:
    """Return the start of the 5 minutes that hold a moment."""
    return moment.replace(minute=moment.minute - moment.minute % 5, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Slot:
    """A number of calls, and the moment from which they can be made."""

    at: datetime
    calls: int


def slots(calls: int, budget: Budget, now: datetime, used_today: int = 0) -> Iterator[Slot]:
    """Yield when this many calls can be made: window by window, within the limits of hours and days."""
    left, at = calls, now
    in_hour: dict[str, int] = {}
    in_day = {now.date().isoformat(): used_today}
    while left > 0:
        at = budget.opens(at)
        hour, day = at.strftime("%Y-%m-%dT%H"), at.date().isoformat()
        room = min(budget.per_window, left)
        if budget.per_hour is not None:
            room = min(room, budget.per_hour - in_hour.get(hour, 0))
        if budget.per_day is not None:
            room = min(room, budget.per_day - in_day.get(day, 0))
        taken = max(0, room)
        if taken:
            yield Slot(at, taken)
        in_hour[hour] = in_hour.get(hour, 0) + taken
        in_day[day] = in_day.get(day, 0) + taken
        left -= taken
        at += WINDOW


def turns(span: timedelta, budget: Budget, now: datetime, used_today: int = 0) -> Iterator[Slot]:
    """Yield spans, each with the calls that fit into it.

    The first begins at the next open hour, each other one with the first call that can be made after the one before.
    """
    calls, start = 0, budget.opens(now)
    for slot in slots(10**9, budget, now, used_today):
        if slot.at >= start + span:
            yield Slot(start, calls)
            calls, start = 0, slot.at
        calls += slot.calls


@dataclass(frozen=True, slots=True)
class Load:
    """The cost of a plan's individual part, with the calculation."""

    people: int
    calls: int
    per_window: int
    ends: datetime

    def __str__(self) -> str:
        """The cost in words that an administrator can check."""
        each = self.calls / self.people if self.people else 0
        return (
            f"{self.people:,} people × {each:.1f} calls = {self.calls:,} calls of PeopleManager, "
            f"at {self.per_window:,} in 5 minutes done by about {self.ends:%Y-%m-%d %H:%M} UTC"
        )


def load_of(people: int, properties: int, budget: Budget, now: datetime) -> Load:
    """Return the cost of this many people with this many properties in all, and when they would be done."""
    calls = people * budget.calls_for(0) + properties
    end = budget.opens(now)
    for slot in slots(calls, budget, now):
        end = slot.at + WINDOW * min(1.0, slot.calls / budget.per_window)
    return Load(people, calls, budget.per_window, end)
