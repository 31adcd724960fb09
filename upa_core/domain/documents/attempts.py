"""How often a step failed on a document.

A step that fails again and again is given up; an outage is no reason to give up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

MAX_FAILURES = 4
"""Failures of one step on one document before it is given up; deaths of the process are counted apart."""
LEAST_TIME = timedelta(hours=6)
"""Least time between the first and the last of these failures: a bad deployment is rolled back sooner."""
DEAD_AFTER = timedelta(hours=1)
"""A step that began this long ago and never ended has died: no invocation lasts half as long."""
FORGOTTEN_AFTER = timedelta(days=7)
"""Older failures don't count any more."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One step on one document."""

    step: str
    document: str
    last: datetime
    """When it last began or failed."""
    failures: int = 0
    since: datetime | None = None
    """When the first failure happened."""
    deaths: int = 0
    dying_since: datetime | None = None
    """When the first step that died had begun."""
    begun: datetime | None = None
    """When it began; None where it has ended."""

    def failed(self, now: datetime) -> Attempt:
        """Return the attempt with one more failure."""
        return replace(self, last=now, begun=None, failures=self.failures + 1, since=self.since or now)

    def began(self, now: datetime) -> Attempt:
        """Return the attempt with a new beginning; an earlier beginning that never ended counts as a death."""
        if self.begun is None:
            return replace(self, last=now, begun=now)
        if now - self.begun < DEAD_AFTER:
            return self
        dying = self.dying_since or self.begun
        return replace(self, last=now, begun=now, deaths=self.deaths + 1, dying_since=dying)

    def is_spent(self, now: datetime) -> bool:
        """Return whether it failed, or died, often enough and over a time longer than any short outage."""
        counts = ((self.failures, self.since), (self.deaths, self.dying_since))
        return any(n >= MAX_FAILURES and since is not None and now - since >= LEAST_TIME for n, since in counts)


@dataclass(frozen=True, slots=True)
class Attempts:
    """The steps of a connector that failed, or that read a document which may kill the process; names no person."""

    VERSION: ClassVar[int] = 1

    version: int = 1
    entries: tuple[Attempt, ...] = ()

    def of(self, step: str, document: str, now: datetime) -> Attempt:
        """Return the attempts of a step on a document."""
        for one in self.entries:
            if (one.step, one.document) == (step, document) and timedelta(0) <= now - one.last < FORGOTTEN_AFTER:
                return one
        return Attempt(step, document, now)

    def having(self, attempt: Attempt, *, alone: bool = False) -> Attempts:
        """Return these with one attempt replaced; failures that are old enough are dropped.

        Args:
            alone: the step is taken on this document alone; that it began on others, and didn't fail, is over.
        """
        kept = [
            one
            for one in self.entries
            if (one.step, one.document) != (attempt.step, attempt.document)
            and attempt.last - one.last < FORGOTTEN_AFTER
            and not (alone and one.step == attempt.step and not one.failures and not one.deaths)
        ]
        worth = [one for one in (*kept, attempt) if one.begun or one.failures or one.deaths]
        return replace(self, entries=tuple(worth))
