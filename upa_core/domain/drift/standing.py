"""The progress of reading back, and the days within which everybody is read: the facts for status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from upa_core.domain.connector import Connector
from upa_core.domain.drift.record import Campaign, DriftIndex, moment_at
from upa_core.domain.drift.totals import DriftTotals, add_up
from upa_core.domain.drift_share import TICK, DriftShare, calls_a_day, days_for
from upa_core.domain.people.changes import PARTITIONS


@dataclass(frozen=True, slots=True)
class Standing:
    """The progress of reading back."""

    on: bool
    """True where it runs in the background."""
    people: int
    days: int | None
    """Everybody is read within this number of days; None where nobody is read."""
    read: int
    """People who were read or tried at least once."""
    oldest: datetime | None
    """The oldest read of all people who were read."""
    newest: datetime | None
    totals: DriftTotals
    trouble: str
    campaign: Campaign | None
    left: int
    """People whom the campaign still has to read."""
    ends: datetime | None
    """When the campaign is expected to end."""

    @property
    def sentence(self) -> str:
        """The progress in one line."""
        if self.campaign is not None and self.campaign.ended is None:
            done = max(0, self.people - self.left)
            how = "paused" if self.campaign.paused else f"done by about {self.ends:%Y-%m-%d %H:%M} UTC"
            return f"{done:,} of {self.people:,} profiles read anew, {how}"
        if not self.on:
            return "profiles aren't read back: drift: {} at the connector turns it on"
        if self.trouble:
            return self.trouble
        return f"everybody read within {self.days} day{'s' * (self.days != 1)}"


def standing(connector: Connector, index: DriftIndex, known: int, now: datetime) -> Standing:
    """Return the progress of reading back; `known`: people that the last full round counted."""
    totals, share = add_up(index.parts.values()), connector.drift or DriftShare()
    looked_at = len(index.parts) >= PARTITIONS
    people = totals.people if looked_at else max(known, totals.people)
    rhythm = timedelta(seconds=index.rhythm) if index.rhythm else TICK
    one, left, ends = index.campaign, 0, None
    if one is not None and one.ended is None:
        left = totals.behind + max(0, people - totals.people)
        full = calls_a_day(connector.individual, share, full=True, rhythm=rhythm)
        ends = now + timedelta(days=left / full) if full else None
    return Standing(
        on=connector.drift is not None,
        people=people,
        days=days_for(people, calls_a_day(connector.individual, share, rhythm=rhythm)),
        read=totals.people - totals.never,
        oldest=moment_at(totals.oldest) if totals.oldest else None,
        newest=moment_at(totals.newest) if totals.newest else None,
        totals=totals,
        trouble=index.trouble,
        campaign=one,
        left=left,
        ends=ends,
    )
