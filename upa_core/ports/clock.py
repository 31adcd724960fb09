"""Time and ids come from outside, so that a test or the demo can make its own."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The one source of time of the pipeline."""

    def now(self) -> datetime:
        """Return the present as an aware datetime in UTC."""

    def monotonic(self) -> float:
        """Return seconds that only grow, even if the machine's clock is set; only differences have a meaning."""

    def sleep(self, seconds: float) -> None:
        """Let `seconds` of this clock's time pass."""


class Ids(Protocol):
    """The pipeline's only source of randomness."""

    def token(self) -> str:
        """Return four characters of `a-z2-7`, so random that two runs of one second differ."""
