"""How many calls of PeopleManager we make: a share of the limit that everybody in the tenant uses [SP-64]."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil
from typing import ClassVar

WINDOW = timedelta(minutes=5)
LIMITS = ((1_000, 3_000), (5_000, 6_000), (15_000, 9_000), (50_000, 12_000))
"""Licences up to, calls in 5 minutes."""
LARGEST = 15_000


@dataclass(frozen=True, slots=True)
class Budget:
    """What a connector file allows."""

    share: float = 25.0
    """Per cent of the tenant's limit."""
    licences: int = 0
    """Licences of the tenant; 0: not told, so the smallest limit counts."""
    per_hour: int | None = None
    per_day: int | None = None
    hours: tuple[int, int] | None = None
    """Off-peak hours in UTC, from and until; (20, 5) goes over midnight. None: at any time."""

    @property
    def per_window(self) -> int:
        """Calls in 5 minutes."""
        limit = next((calls for most, calls in LIMITS if self.licences <= most), LARGEST)
        return max(1, int(limit * self.share / 100))

    def open_at(self, now: datetime) -> bool:
        """Tell whether calls may be made at this hour."""
        if self.hours is None:
            return True
        start, end = self.hours
        return start <= now.hour < end if start < end else now.hour >= start or now.hour < end

    def opens(self, now: datetime) -> datetime:
        """Return when calls may be made next: now, or the next full hour at which they may."""
        at = now
        while not self.open_at(at):
            at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        return at

    def within(self, span: timedelta) -> int:
        """Return how many calls a span of open hours holds at most."""
        calls = self.per_window * ceil(span / WINDOW)
        if self.per_hour is not None:
            calls = min(calls, self.per_hour * ceil(span / timedelta(hours=1)))
        return calls if self.per_day is None else min(calls, self.per_day * ceil(span / timedelta(days=1)))


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the share that somebody may take at most; the whole share by default."""

    name: str = ""
    """Who takes it, such as `drift`; "" isn't counted apart."""
    most: float = 1.0
    """Of the calls in 5 minutes: 0.1 is a tenth of the share."""
    any_hour: bool = False
    """Off-peak hours don't hold: somebody waits for the answer."""

    def room(self, budget: Budget, taken: int) -> int:
        """Return how many calls of a window are left to it, where so many are taken."""
        return max(0, int(budget.per_window * self.most) - taken)


WHOLE_SHARE = Part()


@dataclass(frozen=True, slots=True)
class PeopleCalls:
    """The stored document of a tenant: calls that were reserved, by window, hour and day (all UTC)."""

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
    """Times in a row that it asked."""
    parts: dict[str, int] = field(default_factory=dict[str, int])
    """Of the calls in this window, those of whoever may take a part only, by name."""

    def reserve(self, wanted: int, budget: Budget, now: datetime, part: Part = WHOLE_SHARE) -> tuple[PeopleCalls, int]:
        """Take at most so many calls; returns the document to be stored, and how many there are, perhaps none."""
        is_open = part.any_hour or budget.open_at(now)
        if not is_open or (self.not_before is not None and now < self.not_before):
            return self, 0
        fresh = self._turned(now)
        rooms = [budget.per_window - fresh.in_window, part.room(budget, fresh._taken(part)), wanted]
        if budget.per_hour is not None:
            rooms.append(budget.per_hour - fresh.in_hour)
        if budget.per_day is not None:
            rooms.append(budget.per_day - fresh.in_day)
        granted = max(0, min(rooms))
        return fresh._plus(granted, part), granted

    def give_back(self, calls: int, now: datetime, part: Part = WHOLE_SHARE) -> PeopleCalls:
        """Return calls that were reserved and not made; those of a window that is over are gone."""
        fresh = self._turned(now)
        same_window = fresh.window == self.window
        return fresh._plus(-min(calls, fresh.in_window), part) if same_window else fresh

    def free_at(self, budget: Budget, now: datetime, part: Part = WHOLE_SHARE) -> datetime:
        """Return when calls can be reserved again: now, or the moment at which a limit renews."""
        at = max(now, self.not_before or now)
        for _ in range(4):
            at = at if part.any_hour else budget.opens(at)
            turned = self._turned(at)
            if budget.per_day is not None and turned.in_day >= budget.per_day:
                at = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            elif budget.per_hour is not None and turned.in_hour >= budget.per_hour:
                at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            elif turned.in_window >= budget.per_window or not part.room(budget, turned._taken(part)):
                at = window_of(at) + WINDOW
            else:
                break
        return at

    def throttle(self, pause: float, now: datetime) -> PeopleCalls:
        """Note that the service asked for a pause of so many seconds."""
        until = max(now + timedelta(seconds=pause), self.not_before or now)
        return replace(self, not_before=until, throttled=self.throttled + 1)

    def answered(self) -> PeopleCalls:
        """Note that the service answers again."""
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


def window_of(moment: datetime) -> datetime:
    """Return when the 5 minutes of a moment began."""
    return moment.replace(minute=moment.minute - moment.minute % 5, second=0, microsecond=0)


def calls_for(properties: int) -> int:
    """Return the calls that one person costs at most: two reads, a set for each property, a read-back."""
    return properties + 3


@dataclass(frozen=True, slots=True)
class Load:
    """What a plan's individual part costs, with its arithmetic."""

    people: int
    calls: int
    per_window: int
    ends: datetime

    def __str__(self) -> str:
        """Say it as an administrator can check it."""
        each = self.calls / self.people if self.people else 0
        return (
            f"{self.people:,} people × {each:.1f} calls = {self.calls:,} calls of PeopleManager, "
            f"at {self.per_window:,} in 5 minutes done by about {self.ends:%Y-%m-%d %H:%M} UTC"
        )


def load_of(people: int, properties: int, budget: Budget, now: datetime) -> Load:
    """Work out what so many people with so many properties in all cost, and when they would be done."""
    calls = people * calls_for(0) + properties
    left, at = calls, budget.opens(now)
    used_in_hour: dict[str, int] = {}
    used_in_day: dict[str, int] = {}
    while left > 0:
        at = budget.opens(at)
        hour, day = at.strftime("%Y-%m-%dT%H"), at.date().isoformat()
        room = budget.per_window
        if budget.per_hour is not None:
            room = min(room, budget.per_hour - used_in_hour.get(hour, 0))
        if budget.per_day is not None:
            room = min(room, budget.per_day - used_in_day.get(day, 0))
        taken = max(0, min(room, left))
        used_in_hour[hour] = used_in_hour.get(hour, 0) + taken
        used_in_day[day] = used_in_day.get(day, 0) + taken
        left -= taken
        at += WINDOW * min(1.0, taken / budget.per_window) if left <= 0 else WINDOW
    return Load(people, calls, budget.per_window, at)
