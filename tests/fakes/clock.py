"""Time and ids of the tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)


class FakeClock:
    """Time that stands until somebody sleeps or the test moves it; never really sleeps."""

    def __init__(self, start: datetime = START) -> None:
        self.moment = start
        self.slept: list[float] = []

    def now(self) -> datetime:
        """Return the moment the clock stands at."""
        return self.moment

    def monotonic(self) -> float:
        return self.now().timestamp()

    def sleep(self, seconds: float) -> None:
        """Advance the clock and remember by how much."""
        self.slept.append(seconds)
        self.advance(timedelta(seconds=max(0.0, seconds)))

    def advance(self, by: timedelta) -> None:
        """Move the clock."""
        self.moment += by


class CountingIds:
    """Ids that count up in the port's alphabet, so that a test's run ids repeat."""

    def __init__(self, first: int = 0) -> None:
        self._next = first

    def token(self) -> str:
        """Return the next number in base 32, four digits."""
        digits = "abcdefghijklmnopqrstuvwxyz234567"
        number, self._next = self._next, self._next + 1
        return "".join(digits[number >> shift & 31] for shift in (15, 10, 5, 0))
