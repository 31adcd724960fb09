"""Clocks: movable wall time, a stepped one, and one that several processes share by a formula."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Anything that returns an aware UTC time."""

    def now(self) -> datetime:
        """Return the present."""


class MovableClock:
    """Wall time plus an offset; `advance` and `set` move it. The default."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return wall time plus the offset."""
        return datetime.now(UTC) + self._offset

    def advance(self, seconds: float) -> None:
        """Go forward."""
        with self._lock:
            self._offset += timedelta(seconds=seconds)

    def set(self, moment: datetime) -> None:
        """Make it `moment` now."""
        with self._lock:
            self._offset = moment - datetime.now(UTC)


class ManualClock:
    """Time that stands still until it is moved: for tests that step through hours."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the moment that was set last."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Go forward."""
        self._now += timedelta(seconds=seconds)

    def set(self, moment: datetime) -> None:
        """Make it `moment`."""
        self._now = moment


class ScaledClock:
    """Simulated time that runs `factor` times as fast as the wall, by a formula several processes can share."""

    def __init__(self, sim_epoch: float, wall_epoch: float, factor: float) -> None:
        self.sim_epoch, self.wall_epoch, self.factor = sim_epoch, wall_epoch, factor

    def now(self) -> datetime:
        """Return sim_epoch + (wall - wall_epoch) * factor."""
        return datetime.fromtimestamp(self.sim_epoch + (time.time() - self.wall_epoch) * self.factor, UTC)

    @property
    def formula(self) -> str:
        """The text that `parse_clock` reads back."""
        return f"scaled:{self.sim_epoch!r}:{self.wall_epoch!r}:{self.factor!r}"


def parse_clock(text: str) -> Clock:
    """Read `wall` or `scaled:<sim_epoch_unix>:<wall_epoch_unix>:<factor>`."""
    if text in ("", "wall"):
        return MovableClock()
    kind, *numbers = text.split(":")
    if kind == "scaled" and len(numbers) == 3:
        try:
            sim_epoch, wall_epoch, factor = map(float, numbers)
        except ValueError:
            pass
        else:
            return ScaledClock(sim_epoch, wall_epoch, factor)
    raise ValueError(f"not a clock: {text!r}; write 'wall' or 'scaled:<sim_epoch_unix>:<wall_epoch_unix>:<factor>'")


def parse_time(text: str) -> datetime:
    """Read an ISO time; without a zone it is UTC."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def iso(moment: datetime | float) -> str:
    """Write a time as Graph and SharePoint do: seconds and Z."""
    if not isinstance(moment, datetime):
        moment = datetime.fromtimestamp(moment, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
