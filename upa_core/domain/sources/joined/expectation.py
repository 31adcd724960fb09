"""The time by which a source's next delivery is expected: so long after the last one, or a time of day.

A delivery counts for the deadline nearest to it. So a file of the evening before counts for the morning, and a file
that is three hours late counts for the deadline that it missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from upa_core.domain.language.time_zones import zone_of

DAY = timedelta(days=1)
WEEK = tuple(range(7))
"""Every day, Monday first."""


@dataclass(frozen=True, slots=True)
class ByTime:
    """A time of day in a time zone, on some days of the week."""

    at: time
    zone: str = "UTC"
    """IANA name, e.g. Europe/Berlin."""
    days: tuple[int, ...] = WEEK
    """0 is Monday; one at least."""

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Yield the deadlines later than a moment, in UTC, the next one first."""
        day = moment.astimezone(zone_of(self.zone)).date() - DAY
        while True:
            if day.weekday() in self.days and (deadline := self._on(day)) > moment:
                yield deadline
            day += DAY

    def _on(self, day: date) -> datetime:
        """Return the deadline of a day: the later moment where clocks are set and the time comes twice, or never."""
        zone = zone_of(self.zone)
        return max(datetime.combine(day, self.at, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1))


Expectation = timedelta | ByTime


def expected_after(expectation: Expectation, delivered: datetime) -> datetime:
    """Return when the next delivery is expected, in UTC."""
    if isinstance(expectation, timedelta):
        return delivered + expectation
    deadlines = expectation.after(delivered - 8 * DAY)
    before, next_one = next(deadlines), next(deadlines)
    while next_one <= delivered:
        before, next_one = next_one, next(deadlines)
    return next(deadlines) if next_one - delivered <= delivered - before else next_one


def first_expected(expectation: Expectation, since: datetime) -> datetime:
    """Return when the first delivery is expected of a source that is watched since then, in UTC."""
    return since + expectation if isinstance(expectation, timedelta) else next(expectation.after(since))


def missed(expectation: Expectation, expected: datetime, now: datetime) -> int:
    """Return how many deadlines have passed without a delivery; of a duration: days that have begun since."""
    if now <= expected:
        return 0
    if isinstance(expectation, timedelta):
        return 1 + (now - expected) // DAY
    return 1 + sum(1 for _ in _until(expectation.after(expected), now))


def _until(deadlines: Iterator[datetime], now: datetime) -> Iterator[datetime]:
    for deadline in deadlines:
        if deadline >= now:
            return
        yield deadline


def in_words(expectation: Expectation, expected: datetime) -> str:
    """Return a deadline for people, by the clock of the source's own zone."""
    zone = expectation.zone if isinstance(expectation, ByTime) else "UTC"
    return f"{expected.astimezone(zone_of(zone)):%Y-%m-%d %H:%M} {zone}"
