"""The clock of timers, durable timers and queue visibility: real, scaled, or stepped by hand.

`functionTimeout` is not on it: code burns real seconds, whatever the clock says.
"""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from functions_host.errors import SettingsError

LONGEST_NAP = 30.0  # seconds; wall clocks get set, so no wait trusts them for longer


class Clock(Protocol):
    """Tells the time and waits for it."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...

    def wait(self, until: datetime | None, wake: threading.Event) -> None:
        """Block until the time is reached or `wake` is set; may return early, callers look again."""
        ...


class RealClock:
    """Wall time."""

    def now(self) -> datetime:
        """Return wall time in UTC."""
        return datetime.now(UTC)

    def wait(self, until: datetime | None, wake: threading.Event) -> None:
        """Wait for wall time, in naps of at most half a minute."""
        left = LONGEST_NAP if until is None else (until - self.now()).total_seconds()
        if left > 0:
            wake.wait(min(left, LONGEST_NAP))


class ScaledClock:
    """Time that runs `factor` times as fast: now = sim_epoch + (wall - wall_epoch) * factor."""

    def __init__(self, sim_epoch: float, wall_epoch: float, factor: float) -> None:
        if not factor > 0:
            msg = f"the clock's factor must be above 0, not {factor}"
            raise SettingsError(msg, "use scaled:<sim_epoch_unix>:<wall_epoch_unix>:<factor>")
        self._sim_epoch = datetime.fromtimestamp(sim_epoch, UTC)
        self._wall_epoch = wall_epoch
        self._factor = factor

    @property
    def factor(self) -> float:
        """How many times as fast as the wall's it runs."""
        return self._factor

    def now(self) -> datetime:
        """Return the scaled time in UTC."""
        return self._sim_epoch + timedelta(seconds=(time.time() - self._wall_epoch) * self._factor)

    def wait(self, until: datetime | None, wake: threading.Event) -> None:
        """Wait for scaled time, in naps of at most half a minute of wall time."""
        left = LONGEST_NAP if until is None else (until - self.now()).total_seconds() / self._factor
        if left > 0:
            wake.wait(min(left, LONGEST_NAP))


class SteppedClock:
    """Time that moves only when told to; for tests."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._lock = threading.Lock()
        self._waiting: list[threading.Event] = []

    def now(self) -> datetime:
        """Return the time that was last set."""
        with self._lock:
            return self._now

    def advance(self, by: timedelta) -> None:
        """Move on and wake everybody who waits."""
        with self._lock:
            self._now += by
            waiting = list(self._waiting)
        for wake in waiting:
            wake.set()

    def wait(self, until: datetime | None, wake: threading.Event) -> None:
        """Wait for `advance` or `wake`."""
        with self._lock:
            if until is not None and until <= self._now:
                return
            self._waiting.append(wake)
        try:
            wake.wait(LONGEST_NAP)
        finally:
            with self._lock:
                self._waiting.remove(wake)


def clock_from(spec: str | None = None) -> Clock:
    """Return the clock that `spec`, else the environment's `UPA_CLOCK`, names; else wall time.

    Raises:
        SettingsError: the text is neither `real` nor `scaled:<sim_epoch_unix>:<wall_epoch_unix>:<factor>`.
    """
    text = (spec if spec is not None else os.environ.get("UPA_CLOCK", "")).strip()
    if text in ("", "real"):
        return RealClock()
    kind, *parts = text.split(":")
    try:
        if kind != "scaled":
            raise ValueError(kind)
        sim_epoch, wall_epoch, factor = (float(part) for part in parts)
        clock = ScaledClock(sim_epoch, wall_epoch, factor)
        clock.now()  # fails when the calendar doesn't reach that far
    except (ValueError, OverflowError) as exc:
        msg = f"can't read the clock {text!r}"
        raise SettingsError(msg, "use real or scaled:<sim_epoch_unix>:<wall_epoch_unix>:<factor>") from exc
    return clock
