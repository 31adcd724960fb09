"""A full round that names far fewer people than are known: a lost right or half an answer looks as if people left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from upa_core.domain.documents.census import KEPT, Census

SOURCE_SHRANK = "source_shrank"
"""The kind of such a hold."""
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Shrunk:
    """The two numbers of people, and the limit that they exceed."""

    named: int
    """People that the full round names."""
    known: int
    """People that an earlier round named, without those who were seen to leave since."""
    since: str
    """Which earlier round, in words."""
    limit: float
    """Percent."""

    @property
    def why(self) -> str:
        """The reason for the hold, with both numbers."""
        lost = (self.known - self.named) * 100 / self.known
        return (
            f"{SOURCE_SHRANK}: the full round names {self.named} people, {self.since} named {self.known} "
            f"who weren't seen to leave: {lost:.1f} % fewer; the limit is {self.limit:g} %"
        )


def find_shrink(
    named: int, *, known: int, censuses: Sequence[Census], limit: float | None, now: datetime
) -> Shrunk | None:
    """Compare a full round with the last one, the largest of 7 days and the largest of 30: small losses add up.

    Args:
        named: people that the full round names.
        known: people that the last full round named, for connectors whose censuses aren't counted yet.
        censuses: of the last 30 days, oldest first.
        limit: percent of the people known that may be missing; None: any number.
        now: this moment.

    Returns the first comparison that passes the limit, None where none does.
    """
    if limit is None:
        return None
    recent = [one for one in censuses if now - one.at < KEPT]
    week = [one.people for one in recent if now - one.at < _WEEK]
    bases = [
        (recent[-1].people if recent else known, "the full round before"),
        (max(week, default=0), "a full round of the last 7 days"),
        (max((one.people for one in recent), default=0), "a full round of the last 30 days"),
    ]
    for base, since in bases:
        if named * 100 < base * (100 - limit):
            return Shrunk(named, base, since, limit)
    return None
