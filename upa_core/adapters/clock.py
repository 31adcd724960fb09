"""Clocks and random ids: wall time in Azure, scaled or stepped time in the demo and the tests."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta
from math import isfinite

from upa_core.domain.errors import ConfigError
from upa_core.ports.clock import Clock

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"


class WallClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Return the present in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the machine's monotonic seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(max(0.0, seconds))


class ScaledClock:
    """Time that runs `factor` times as fast as the machine's.

    It is a formula of the wall time alone, so processes that know the three numbers agree on the time.
    """

    def __init__(self, sim_epoch: float, wall_epoch: float, factor: float) -> None:
        """Let scaled time be `sim_epoch` when wall time is `wall_epoch` (both Unix seconds)."""
        if not (isfinite(sim_epoch) and isfinite(wall_epoch) and isfinite(factor) and factor > 0):
            raise ConfigError("a scaled clock needs finite epochs and a factor above 0")
        self._sim_epoch, self._wall_epoch, self._factor = sim_epoch, wall_epoch, factor

    def now(self) -> datetime:
        """Return the scaled present in UTC."""
        return datetime.fromtimestamp(self._sim_epoch + (time.time() - self._wall_epoch) * self._factor, UTC)

    def monotonic(self) -> float:
        """Return scaled monotonic seconds."""
        return time.monotonic() * self._factor

    def sleep(self, seconds: float) -> None:
        """Sleep `seconds / factor` of wall time."""
        time.sleep(max(0.0, seconds) / self._factor)


class SteppedClock:
    """Time that stands still until somebody sleeps; a sleep advances it at once."""

    def __init__(self, start: datetime, pace: float = 0.0) -> None:
        """Start at an aware moment; each slept second takes `pace` seconds of wall time (0: none)."""
        self._now = start.astimezone(UTC)
        self._pace = pace

    def now(self) -> datetime:
        """Return the clock's moment."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds of this clock."""
        return self._now.timestamp()

    def sleep(self, seconds: float) -> None:
        """Advance the clock."""
        seconds = max(0.0, seconds)
        self._now += timedelta(seconds=seconds)
        if self._pace:
            time.sleep(seconds * self._pace)


def clock_from(text: str) -> Clock:
    """Return the clock that a setting names: nothing or `wall`, or `scaled:<sim_epoch>:<wall_epoch>:<factor>`."""
    if text in ("", "wall"):
        return WallClock()
    kind, *numbers = text.split(":")
    try:
        if kind != "scaled":
            raise ValueError(kind)
        sim_epoch, wall_epoch, factor = (float(number) for number in numbers)
    except ValueError:
        raise ConfigError(
            "UPA_CLOCK isn't a clock: write wall, or scaled:<sim_epoch_unix>:<wall_epoch_unix>:<factor>"
        ) from None
    return ScaledClock(sim_epoch, wall_epoch, factor)


class RandomIds:
    """Implements the port `Ids` with the system's randomness."""

    def token(self) -> str:
        """Return four characters of `a-z2-7`."""
        return "".join(secrets.choice(_ALPHABET) for _ in range(4))
