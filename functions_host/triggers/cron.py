"""NCRONTAB, the six-field schedule of timer triggers: {second} {minute} {hour} {day} {month} {day-of-week}.

Follows the NCrontab library that Azure uses, where it differs from cron: days of month and of week must *both*
match, `5/15` means from 5 to the end in steps of 15 (`5/1`, `5/0`, `5/-2`: of 1), a range written backwards is
swapped, Sunday is 0 alone, a name is any beginning of it, the first that fits (`j` is January). Not followed:
what never fires (30 February) is refused instead of being silent for ever, a number has at most four digits, and of
several seconds none is left out when a later minute begins (NCrontab goes on from the second at which it was asked).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from functions_host.errors import SettingsError

MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
LAST_YEAR = 9999


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()


FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, MONTHS),
    _Field("day of week", 0, 6, DAYS),
)


class Schedule(Protocol):
    """When a timer fires."""

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first occurrence after `moment`; None when there is none any more."""
        ...


@dataclass(frozen=True)
class CronSchedule:
    """A parsed NCRONTAB expression."""

    text: str
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    def matches(self, moment: datetime) -> bool:
        """Return whether the schedule fires in this second."""
        return self._day_fits(moment) and (
            moment.hour in self.hours and moment.minute in self.minutes and moment.second in self.seconds
        )

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first occurrence after `moment`, in UTC."""
        start = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        year, month = start.year, start.month
        earliest = (start.hour, start.minute, start.second)
        day = start.day
        # 29 February on a given weekday comes round within 40 years, centuries included.
        while year <= min(LAST_YEAR, start.year + 40):
            if month in self.months:
                for candidate in (d for d in self.days if d >= day):
                    try:
                        date = datetime(year, month, candidate, tzinfo=UTC)
                    except ValueError:
                        break  # the month has no such day
                    if not self._day_fits(date):
                        continue
                    floor = earliest if (year, month, candidate) == (start.year, start.month, start.day) else (0, 0, 0)
                    at = self._time_from(floor)
                    if at is not None:
                        return date.replace(hour=at[0], minute=at[1], second=at[2])
            day = 1
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        return None

    def _day_fits(self, date: datetime) -> bool:
        weekday = (date.weekday() + 1) % 7
        return date.month in self.months and date.day in self.days and weekday in self.weekdays

    def _time_from(self, floor: tuple[int, int, int]) -> tuple[int, int, int] | None:
        """Return the first time of day that is not before `floor`."""
        for hour in (h for h in self.hours if h >= floor[0]):
            minute_floor = floor[1] if hour == floor[0] else 0
            for minute in (m for m in self.minutes if m >= minute_floor):
                second_floor = floor[2] if (hour, minute) == floor[:2] else 0
                second = next((s for s in self.seconds if s >= second_floor), None)
                if second is not None:
                    return hour, minute, second
        return None


@dataclass(frozen=True)
class IntervalSchedule:
    """A constant interval, written as a TimeSpan (`01:30:00`)."""

    every: timedelta

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the moment one interval later."""
        return moment + self.every


def parse_schedule(text: str) -> Schedule:
    """Read an NCRONTAB expression (six fields, or five: second 0) or a TimeSpan.

    Raises:
        SettingsError: with the field that can't be read.
    """
    text = " ".join(part for part in text.split(" ") if part)
    if re.fullmatch(r"\d+:\d\d:\d\d", text):
        hours, minutes, seconds = (int(part) for part in text.split(":"))
        every = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        if not every:
            raise _bad(text, "the interval is zero")
        return IntervalSchedule(every)
    parts = text.split(" ")
    if len(parts) == 5:
        parts = ["0", *parts]
    if len(parts) != 6:
        raise _bad(text, f"{len(parts)} fields")
    values = (_parse_field(part, field, text) for part, field in zip(parts, FIELDS, strict=True))
    schedule = CronSchedule(text, *values)
    if schedule.next_after(datetime(2000, 1, 1, tzinfo=UTC)) is None:
        raise _bad(text, "it never fires")
    return schedule


def _parse_field(text: str, field: _Field, whole: str) -> tuple[int, ...]:
    found: set[int] = set()
    for item in text.split(","):
        body, slash, step_text = item.partition("/")
        if slash and not _is_number(step_text.removeprefix("-")):
            raise _bad(whole, f"step {step_text!r} in {field.name}")
        step = max(int(step_text), 1) if slash else 1
        first_text, dash, last_text = body.partition("-")
        if body == "*":
            first, last = field.low, field.high
        elif dash:
            first, last = sorted(_number(part, field, whole) for part in (first_text, last_text))
        else:
            first = _number(body, field, whole)
            last = field.high if slash else first
        found.update(range(first, last + 1, step))
    return tuple(sorted(found))


def _number(text: str, field: _Field, whole: str) -> int:
    lowered = text.lower()
    for index, full in enumerate(field.names):
        if lowered and full.startswith(lowered):
            return field.low + index
    if _is_number(text) and field.low <= int(text) <= field.high:
        return int(text)
    raise _bad(whole, f"{text!r} as {field.name} ({field.low} to {field.high})")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 4


def _bad(text: str, why: str) -> SettingsError:
    msg = f"can't read the schedule {text!r}: {why}"
    return SettingsError(msg, "write six fields: second minute hour day month day-of-week, e.g. 0 */5 * * * *")
