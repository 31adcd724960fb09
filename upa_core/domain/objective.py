"""The objective of freshness: which share of changes SharePoint should accept within how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Objective:
    """What a connector promises its people."""

    share: float = 95.0
    """Per cent of the changes."""
    within: timedelta = timedelta(hours=24)
    """From the round that first showed a change until SharePoint accepted it."""
