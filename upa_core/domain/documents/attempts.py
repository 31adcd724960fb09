"""How often a step failed on a document: what fails again and again is given up, never an outage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

MAX_FAILURES = 4
"""Failures of one step on one document before it is given up; deaths of the process count alone."""
LEAST_TIME = timedelta(hours=6)
"""Between the first of them and the last: a bad deployment is taken back sooner."""
DEAD_AFTER = timedelta(hours=1)
"""A step that began so long ago and never ended has died: no invocation lasts half as long."""
FORGOTTEN_AFTER = timedelta(days=7)
"""Failures that are older begin to count anew."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One step on one document."""

    step: str
    document: str
    last: datetime
    """When it last began or failed."""
    failures: int = 0
    since: datetime | None = None
    """When the first failure was."""
    deaths: int = 0
    dying_since: datetime | None = None
    """When the first step that died had begun."""
    begun: datetime | None = None
    """When it began, where it hasn't ended."""

    def failed(self, now: datetime) -> Attempt:
        """Return it after an exception."""
        return replace(self, last=now, begun=None, failures=self.failures + 1, since=self.since or now)

    def began(self, now: datetime) -> Attempt:
        """Return it as it begins; one that began long ago and never ended has died."""
        if self.begun is None:
            return replace(self, last=now, begun=now)
        if now - self.begun < DEAD_AFTER:
            return self
        dying = self.dying_since or self.begun
        return replace(self, last=now, begun=now, deaths=self.deaths + 1, dying_since=dying)

    def is_spent(self, now: datetime) -> bool:
        """Tell whether it failed, or died, often enough over a time that no outage of a moment takes."""
        counts = ((self.failures, self.since), (self.deaths, self.dying_since))
        return any(n >= MAX_FAILURES and since is not None and now - since >= LEAST_TIME for n, since in counts)


@dataclass(frozen=True, slots=True)
class Attempts:
    """A connector's steps that failed, or are at work on what may kill them; names no person."""

    VERSION: ClassVar[int] = 1

    version: int = 1
    entries: tuple[Attempt, ...] = ()

    def of(self, step: str, document: str, now: datetime) -> Attempt:
        """Return what is known of a step on a document."""
        for one in self.entries:
            if (one.step, one.document) == (step, document) and timedelta(0) <= now - one.last < FORGOTTEN_AFTER:
                return one
        return Attempt(step, document, now)

    def having(self, attempt: Attempt, *, alone: bool = False) -> Attempts:
        """Return them with one replaced; failures that are old enough are dropped.

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
