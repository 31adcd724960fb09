"""What we know of people at SharePoint: the shadow, and escrow; stored in shards.

A shadow cell is a string (confirmed value), "" (confirmed empty) or None (unknown); no row means unknown throughout.
Every cell carries the sequence number of the file that settled it: an older file never overwrites a newer one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from upa_core.domain.people.changes import PARTITIONS, bucket
from upa_core.domain.timetable import escrow_due


class EscrowReason(StrEnum):
    """Why a person waits to be retried."""

    PROFILE_NOT_CREATED = "profile_not_created"
    """SharePoint can't resolve the identity: there is no profile yet (or none ever, for a disabled account)."""
    INVALID_VALUE = "invalid_value"
    """A value doesn't fit its mapping's declared type; nothing of the person is sent."""
    REFUSED_BY_SHAREPOINT = "refused_by_sharepoint"
    """The import job's log names the person with another kind of line."""
    REQUESTED = "requested"
    """An administrator asked for this person now."""
    NOT_READABLE_YET = "not_readable_yet"
    """A round names the person without every value, and a read of them finds nobody: a replica lags, or they left."""
    IMPORT_JOB_ABANDONED = "import_job_abandoned"
    """An import job that was given up ended after all: what it wrote is unknown."""
    OTHER_PERSON = "other_person"
    """The account name leads to somebody else's profile: nothing is written singly until SharePoint has caught up."""
    USER_EDITED = "user_edited"
    """The profile holds what somebody else wrote, and the mapping says to keep that."""
    NOT_KEPT = "not_kept"
    """A value was accepted singly, and something else or nothing is read back: hidden by the user, or not kept."""
    NOT_WRITTEN = "not_written"
    """A single write wasn't made: denied, given up, or the profile couldn't be read."""
    OVER_BUDGET = "over_budget"
    """The budget of single writes was used up; the person is planned anew when it renews."""


@dataclass(frozen=True, slots=True)
class EscrowEntry:
    """One person in escrow."""

    reason: EscrowReason
    since: datetime
    tries: int
    due: datetime | None
    """None: not before the next full round."""
    sequence: int = 0
    """Number of the import file that put or kept them here; 0: a plan did."""
    detail: str = ""
    """The log's kind of line, or the property; never a value."""


ShadowRow = list[Any]
"""A person's cells, aligned with the shard's targets, and behind them the stamp: one number where all cells have the
same, else a list of one for each. No object: settling a million people makes and stores a million of them."""


@dataclass(slots=True)
class Shard:
    """The people of one shard."""

    targets: tuple[str, ...]
    rows: MutableMapping[str, ShadowRow] = field(default_factory=dict)
    """The shadow."""
    escrow: dict[str, EscrowEntry] = field(default_factory=dict)
    missed: dict[str, str] = field(default_factory=dict)
    """Person → the full round that was the first not to name them."""
    declined: dict[str, dict[str, str]] = field(default_factory=dict)
    """Person → property → the value an administrator rejected; not planned again while it stays the same."""
    floor: int = 0
    """Number of the last file planned before somebody was forgotten here: a file up to it, settled late by a stalled
    instance, tells nothing of people without an entry."""
    dropped: bool = field(default=False, compare=False)
    """What is stored holds properties that are mapped no more: they must be forgotten before they are mapped again."""
    writes: int = 0
    """Times it was stored: tells which of two summaries of its escrow is the newer."""
    doubted: dict[str, dict[str, str]] = field(default_factory=dict)
    """Person → property → what was confirmed before a doubt: delivered again where the source has nothing to say."""

    def shadow(self, person: str) -> Sequence[str | None] | None:
        """Return the person's cells, None where nothing at all is known."""
        row = self.rows.get(person)
        return None if row is None else row[:-1]

    def settle(self, person: str, values: Mapping[str, str | None], sequence: int) -> None:
        """Write what the file `sequence` leaves: confirmed values, or None for unknown; a newer file's cells stay."""
        row = self.rows.get(person)
        if row is None:
            if sequence > self.floor and not set(values.values()) <= {None}:
                self.rows[person] = _fresh(self.targets, values, sequence)
            return
        stamps = row[-1] if isinstance(row[-1], list) else [row[-1]] * len(self.targets)
        before = self.doubted.get(person, {})
        for at, target in enumerate(self.targets):
            if target not in values:
                continue
            newer = stamps[at] <= sequence
            if newer:
                row[at] = values[target]
                stamps[at] = sequence
            if (value := values[target]) is not None and target in before:
                if newer:
                    del before[target]
                else:  # delivered while the doubt came: what is there again, where the source has nothing to say
                    before[target] = value
        row[-1] = _stamp(stamps)
        if not before:
            self.doubted.pop(person, None)

    def confirm(self, people: Mapping[str, Mapping[str, str]], sequence: int) -> None:
        """Settle people of whom the file `sequence` confirmed everything; they leave escrow."""
        rows, targets, strangers = self.rows, self.targets, sequence > self.floor
        for person, values in people.items():
            if person in rows or not values:
                self.settle(person, values, sequence)
            elif strangers:
                whole = tuple(values) == targets
                rows[person] = [*values.values(), sequence] if whole else _fresh(targets, values, sequence)
        if self.escrow:
            for person in self.escrow.keys() & people.keys():
                self.leave_escrow(person, sequence)

    def make_unknown(self, person: str) -> None:
        """Forget what was confirmed of a person; the stamps stay, and an older file still overwrites nothing."""
        row = self.rows.get(person)
        if row is not None:
            row[:-1] = [None] * len(self.targets)

    def put_in_escrow(
        self,
        person: str,
        reason: EscrowReason,
        *,
        now: datetime,
        sequence: int = 0,
        detail: str = "",
        due: datetime | None = None,
    ) -> None:
        """Put a person into escrow, or count another failed try; the same file counts once.

        Six parameters: the fields of the entry.
        """
        before = self.escrow.get(person)
        if before is not None and sequence and before.sequence >= sequence:
            return
        again = before is not None and before.reason == reason
        since, tries = (before.since, before.tries + 1) if before is not None and again else (now, 1)
        due = due or escrow_due(since, now, tries)
        self.escrow[person] = EscrowEntry(reason, since, tries, due, sequence, detail)

    def leave_escrow(self, person: str, sequence: int) -> None:
        """Take a person out of escrow whom the file `sequence` delivered, unless something newer put them there."""
        before = self.escrow.get(person)
        if before is not None and before.sequence <= sequence:
            del self.escrow[person]

    def doubt(self, person: str, targets: Iterable[str], *, now: datetime, sequence: int) -> None:
        """Make properties unknown and the person due: an import job given up earlier has ended after all."""
        targets = tuple(targets)
        cells = dict(zip(self.targets, self.shadow(person) or (), strict=False))
        held = {target: cell for target in targets if (cell := cells.get(target)) is not None}
        if held:
            self.doubted[person] = self.doubted.get(person, {}) | held
        self.settle(person, dict.fromkeys(targets), sequence)
        before = self.escrow.get(person) or EscrowEntry(EscrowReason.IMPORT_JOB_ABANDONED, now, 0, now)
        self.escrow[person] = replace(before, due=now, sequence=max(sequence, before.sequence))

    def end(self, person: str, sequence: int = 0) -> bool:
        """Forget a person who left; True where something was known. `sequence`: the last file planned so far."""
        known = self.rows.pop(person, None) is not None
        self.floor = max(self.floor, sequence)
        for book in (self.escrow, self.missed, self.declined, self.doubted):
            known = book.pop(person, None) is not None or known
        return known

    def known(self) -> set[str]:
        """Return everyone the shard holds anything of."""
        return self.rows.keys() | self.escrow.keys() | self.missed.keys() | self.declined.keys()

    def next_due(self) -> datetime | None:
        """Return when the first person in escrow is due, None where nobody is."""
        return min((entry.due for entry in self.escrow.values() if entry.due is not None), default=None)


def _fresh(targets: Sequence[str], values: Mapping[str, str | None], sequence: int) -> ShadowRow:
    return [*map(values.get, targets), _stamp([sequence if target in values else 0 for target in targets])]


def _stamp(stamps: list[int]) -> int | list[int]:
    return stamps[0] if stamps and stamps.count(stamps[0]) == len(stamps) else stamps


def shards_for(people: int, per_shard: int, spread_over: int = 1) -> int:
    """Return the shard count, a power of two, that keeps shards at `per_shard` people at most.

    A small tenant's people are spread over `spread_over` shards while a sixteenth of that is left for each: a day that
    changes a hundred people then reads and writes little more in a tenant of a million than in one of ten thousand.
    """
    count = 1
    while count * per_shard < people or (count < spread_over and count * (per_shard // 16) < people):
        count *= 2
    return count


def shard_of(person: str, shards: int) -> int:
    """Return the shard a person lives in; with 64 shards or more a shard lies within one partition."""
    return bucket(person) & (shards - 1)


def groups_of(shards: int) -> int:
    """Return into how many groups a plan falls: each a set of whole partitions and whole shards."""
    return min(PARTITIONS, shards)


def group_members(group: int, groups: int, of: int) -> Iterable[int]:
    """Yield the partitions (`of` = 64) or shards (`of` = shard count) that belong to a group."""
    return range(group, of, groups)
