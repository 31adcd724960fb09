"""The stored results of reading profiles back: when each person was read, what differed, who couldn't be read and why.

People are in the same 64 partitions as everywhere. Moments of reads are minutes since 1970: a million people
take some 60 bytes each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal

from upa_core.domain.drift.compare import Verdict

KEPT = timedelta(days=90)
"""A past difference is kept this long, so that the same change by the same person is recognised."""
OFTEN = 3
"""A property that was changed this often is written by somebody or something else."""

Why = Literal[
    "not_in_directory", "no_user_name", "no_profile", "no_object_id", "other_person", "same_user_name", "refused"
]
"""Why a person couldn't be read.

not_in_directory: Entra doesn't know them any more. no_object_id: the profile doesn't say whose it is. other_person: the
user name leads to another person's profile. same_user_name: two people have it today. refused: SharePoint refused this
one person.
"""


def minute_of(moment: datetime) -> int:
    """Return a moment as minutes since 1970."""
    return int(moment.timestamp() // 60)


def moment_at(minute: int) -> datetime:
    """Return the moment of a minute since 1970."""
    return datetime.fromtimestamp(minute * 60, UTC)


@dataclass(frozen=True, slots=True)
class Difference:
    """A property of a person that differs, or once differed."""

    verdict: Verdict
    old: str
    """The value that SharePoint had confirmed."""
    found: str
    since: datetime
    """When this value was first read."""
    seen: datetime
    """When it was last read."""
    sequence: int
    """Number of the batch that had confirmed the old value."""
    times: int = 1
    """How often somebody changed the property, as far as we have read it."""
    repairs: int = 0
    """How often it was sent again because of this."""
    over: datetime | None = None
    """When the profile was read with the right value again; None: it still differs."""

    @property
    def contested(self) -> bool:
        """Return whether somebody or something else writes the property again and again."""
        return self.times >= OFTEN


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a person can't be read, and since when."""

    why: Why
    since: datetime
    code: str = ""
    """SharePoint's name of the refusal."""


@dataclass(slots=True)
class DriftPart:
    """The stored results of one partition of people."""

    VERSION: ClassVar[int] = 1

    version: int = 1
    reads: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Person → minute of the last try, and the highest batch number in their shadow at that time."""
    found: dict[str, dict[str, Difference]] = field(default_factory=dict)
    """Person → property → the difference, also one that is over."""
    unread: dict[str, Unread] = field(default_factory=dict)
    """Person → why the last try failed."""
    first: tuple[str, ...] = ()
    """People who are read before others: their import ended unexplained, or they were repaired."""

    def last(self, person: str) -> int:
        """Return the minute of a person's last read or try, 0 for a person who was never read."""
        return self.reads.get(person, (0,))[0]

    def everybody(self) -> set[str]:
        """Return everybody in these results."""
        return {*self.reads, *self.found, *self.unread, *self.first}

    def read_first(self, person: str, *, first: bool) -> None:
        """Read a person before others, or no longer."""
        if first != (person in self.first):
            others = (one for one in self.first if one != person)
            self.first = (*others, person) if first else tuple(others)

    def forget(self, person: str) -> bool:
        """Delete everything about a person; return whether there was anything."""
        known = person in self.first
        self.read_first(person, first=False)
        for book in (self.reads, self.found, self.unread):
            known = book.pop(person, None) is not None or known
        return known


@dataclass(frozen=True, slots=True)
class PropertyTotals:
    """How many people differ in one property."""

    different: int = 0
    empty: int = 0
    edited: int = 0
    untold: int = 0
    contested: int = 0
    """Of the people who differ, or did, those whose property somebody or something else writes again and again."""
    since: datetime | None = None
    """The oldest difference."""


@dataclass(frozen=True, slots=True)
class PartTotals:
    """The index's summary of one partition."""

    people: int = 0
    never: int = 0
    """People who were never read and never tried."""
    oldest: int = 0
    """Minute of the oldest read; 0 where a person was never read."""
    newest: int = 0
    first: int = 0
    behind: int = 0
    """While everybody is read at once: people who are still to be read."""
    unreadable: dict[str, int] = field(default_factory=dict)
    """People by reason."""
    different: int = 0
    """People with a value that differs (different or empty)."""
    properties: dict[str, PropertyTotals] = field(default_factory=dict)
    equal: int | None = None
    """People who were read without a difference; None: summed up by a release that didn't count them."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """Reading everybody at once: an administrator begins it, every tick continues it."""

    began: datetime
    by: str
    people: int
    """People known when it began."""
    paused: bool = False
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class DriftIndex:
    """The stored progress of reading back: a tick reads it first."""

    VERSION: ClassVar[int] = 1

    version: int = 1
    credit: float = 0.0
    """Calls that may be made now."""
    credited: datetime | None = None
    """When the credit was last brought up to date."""
    rhythm: float = 0.0
    """Seconds between the last two slices; 0: fewer than two so far."""
    more: bool = False
    """People were still due when the last slice ended."""
    claimed_until: datetime | None = None
    """Another instance may read until this moment."""
    claim: str = ""
    parts: dict[str, PartTotals] = field(default_factory=dict)
    date_order: str = ""
    """The order of dates as profiles show them to us."""
    last_run: str = ""
    """The last run whose unexplained imports were noted."""
    campaign: Campaign | None = None
    trouble: str = ""
    """Why nothing could be read last time, "" where it could."""
    not_before: datetime | None = None
    """The pause after that error."""

    @property
    def full(self) -> Campaign | None:
        """Return the campaign that is running: not ended, not paused."""
        one = self.campaign
        return one if one is not None and one.ended is None and not one.paused else None
