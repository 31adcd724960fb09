"""The shadow: what we know of people at SharePoint, stored in shards.

A shadow cell is a string (confirmed value), "" (confirmed empty) or None (unknown); no row means unknown throughout.
Every cell carries the sequence number of the file that settled it: an older file never overwrites a newer one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from upa_core.domain.people.changes import PARTITIONS, bucket
from upa_core.domain.people.escrow import Escrow
from upa_core.domain.people.escrow_entry import WHOLE, EscrowReason

MOST_OURS = 50
"""Values of ours that are remembered for one property: it may be sent often, and never be confirmed."""
ShadowRow = list[Any]
"""A person's cells, in the order of the shard's targets, then the stamp: a number for all cells, or a list of one each.

It is no object, because settling a million people makes and stores a million of them.
"""


@dataclass(slots=True)
class Shard:
    """The people of one shard."""

    targets: tuple[str, ...]
    rows: MutableMapping[str, ShadowRow] = field(default_factory=dict)
    """The shadow."""
    escrow: Escrow = field(default_factory=Escrow)
    missed: dict[str, str] = field(default_factory=dict)
    """Person → the first full round that didn't name them."""
    declined: dict[str, dict[str, str]] = field(default_factory=dict)
    """Person → property → the value that an administrator rejected; it isn't planned again while it stays the same."""
    floor: int = 0
    """Last file planned before somebody was forgotten: up to it, a late settle says nothing of people without entry."""
    dropped: bool = field(default=False, compare=False)
    """The stored shard has properties that aren't mapped any more: they are forgotten before they are mapped again."""
    writes: int = 0
    """How often it was stored: of two summaries of its escrow, the one with the higher number is newer."""
    doubted: dict[str, dict[str, str]] = field(default_factory=dict)
    """Person → property → the value confirmed before a doubt: it is sent again where the source gives no value."""
    ours: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """Person → property → values of ours, from single writes, that an unknown cell may hold; others are the user's."""
    lost: bool = False
    """The shard's contents were lost and aren't all known again: a value that is cleared may be there."""

    def shadow(self, person: str) -> Sequence[str | None] | None:
        """Return the person's cells, None where nothing is known."""
        row = self.rows.get(person)
        return None if row is None else row[:-1]

    def settle(self, person: str, values: Mapping[str, str | None], sequence: int) -> dict[str, int]:
        """Write the result of the batch `sequence`: confirmed values, or None for unknown.

        Older never beats newer: where something newer was settled before, nobody knows which of the two is there now.
        Returns what was overtaken, each with its newer stamp.
        """
        row = self.rows.get(person)
        if row is None:
            if sequence > self.floor and not set(values.values()) <= {None}:
                self.rows[person] = _fresh(self.targets, values, sequence)
                if person in self.ours:
                    self._forget_ours(person, [target for target, value in values.items() if value is not None])
            return {}
        stamps = row[-1] if isinstance(row[-1], list) else [row[-1]] * len(self.targets)
        before = self.doubted.get(person, {})
        overtaken = {}
        for at, target in enumerate(self.targets):
            if target not in values:
                continue
            newer = stamps[at] <= sequence
            if newer:
                row[at] = values[target]
                stamps[at] = sequence
                if values[target] is not None and person in self.ours:
                    self._forget_ours(person, [target])
            else:
                self._add_ours(person, target, [one for one in (row[at], values[target]) if one])
                row[at] = None
                overtaken[target] = stamps[at]
            if (value := values[target]) is not None and target in before:
                if newer:
                    del before[target]
                else:  # delivered while the doubt came: it is sent again where the source gives no value
                    before[target] = value
        row[-1] = _stamp(stamps)
        if not before:
            self.doubted.pop(person, None)
        return overtaken

    def keep_ours(self, person: str, values: Mapping[str, str], unsent: Collection[str], sequence: int) -> None:
        """Remember our values of properties that a batch wrote singly, before it is settled.

        Confirming a property forgets it.

        Args:
            person: object id.
            values: what the batch held of them.
            unsent: properties that were surely not sent.
            sequence: number of the batch.
        """
        if person not in self.rows and sequence <= self.floor:
            return
        cells = dict(zip(self.targets, self.shadow(person) or (), strict=False))
        for target, value in values.items():
            mine = [cells.get(target), None if target in unsent else value]
            self._add_ours(person, target, [one for one in mine if one])

    def _forget_ours(self, person: str, targets: Collection[str]) -> None:
        mine = self.ours[person]
        for target in targets:
            mine.pop(target, None)
        if not mine:
            del self.ours[person]

    def _add_ours(self, person: str, target: str, mine: Sequence[str]) -> None:
        known = self.ours.get(person, {}).get(target, [])
        both = list(dict.fromkeys([*known, *mine]))
        if both:
            self.ours.setdefault(person, {})[target] = both[-MOST_OURS:]

    def confirm(self, people: Mapping[str, Mapping[str, str]], sequence: int, now: datetime) -> None:
        """Settle people whose properties the batch `sequence`, ended at `now`, all confirmed; they leave escrow."""
        rows, ours, targets, strangers = self.rows, self.ours, [*self.targets], sequence > self.floor
        for person, values in people.items():
            if person in rows or not values:
                self._overtake(person, self.settle(person, values, sequence), now)
            elif strangers:
                if person in ours:
                    self._forget_ours(person, values)
                whole = [*values] == targets  # as lists, which are made sooner than tuples
                rows[person] = [*values.values(), sequence] if whole else _fresh(targets, values, sequence)
        if self.escrow or self.escrow.allowed:
            for person in self.escrow.careful() & people.keys():
                self.leave_escrow(person, people[person], sequence, now)

    def settle_partly(
        self,
        person: str,
        values: Mapping[str, str],
        refused: Mapping[str, tuple[EscrowReason, str]],
        confirmed: Collection[str],
        *,
        sequence: int,
        now: datetime,
        aside: Collection[str] = (),
    ) -> None:
        """Settle a person whom the answer names: refused properties wait, the unconfirmed others are sent without them.

        Eight parameters: the parts of one answer.

        Args:
            person: object id.
            values: what the batch held of them.
            refused: reason and detail by property; `*`: the answer names none.
            confirmed: properties that are confirmed all the same.
            sequence: number of the batch.
            now: when it ended.
            aside: properties that are refused for everybody: nobody waits for them.
        """
        known = {target: value if target in confirmed else None for target, value in values.items()}
        self._overtake(person, self.settle(person, known, sequence), now)
        self.escrow.release(person, aside, sequence)
        self.escrow.note_sent(person, values, confirmed)
        unsure = {*confirmed, *refused, *aside}
        stray = [target for target in values if target not in unsure]
        for target, (reason, detail) in refused.items():
            if target == WHOLE and reason is EscrowReason.REFUSED_BY_SHAREPOINT:
                self.escrow.refuse(person, stray, now=now, sequence=sequence, detail=detail)
                continue
            self.put_in_escrow(person, reason, target, now=now, sequence=sequence, detail=detail)
            if target == WHOLE:
                self.escrow.wait_for_person(person, values, now=now, sequence=sequence)
        if stray and WHOLE not in refused:
            self.escrow.send_without(person, stray, now=now, sequence=sequence)
        if confirmed:
            self.leave_escrow(person, confirmed, sequence, now)

    def _overtake(self, person: str, overtaken: Mapping[str, int], now: datetime) -> None:
        for target, sequence in overtaken.items():
            self.put_in_escrow(person, EscrowReason.OVERTAKEN, target, now=now, sequence=sequence, due=now)

    def make_unknown(self, person: str, single: Collection[str] = ()) -> None:
        """Forget what was confirmed of a person. The stamps stay, so that an older file still overwrites nothing.

        Of the properties `single`, written one by one, it is remembered that the values are ours.
        """
        row = self.rows.get(person)
        if row is not None:
            for target, cell in zip(self.targets, row[:-1], strict=True):
                if target in single and cell:
                    self._add_ours(person, target, [cell])
            row[:-1] = [None] * len(self.targets)

    def put_in_escrow(
        self,
        person: str,
        reason: EscrowReason,
        target: str = WHOLE,
        *,
        now: datetime,
        sequence: int = 0,
        detail: str = "",
        due: datetime | None = None,
    ) -> None:
        """Put a person or a property into escrow, or count one more failed try; a batch counts only once.

        Seven parameters: the fields of the entry, and whose it is.
        """
        self.escrow.count(person, reason, target, now=now, sequence=sequence, detail=detail, due=due)

    def leave_escrow(self, person: str, targets: Collection[str], sequence: int, now: datetime) -> None:
        """Remove from escrow what the batch `sequence` delivered, unless something newer put it there."""
        entries = self.escrow.of(person)
        row = self.rows.get(person)
        cells = zip(self.targets, row[:-1], _stamps(row), strict=True) if row is not None else ()
        sent = self.escrow.allowed.get(person, {}).keys() - targets
        unknown = {one for one, cell, stamp in cells if cell is None and (stamp or one in sent)} - entries.keys()
        self.escrow.deliver(person, targets, now=now, sequence=sequence, whole=not unknown)

    def doubt(
        self,
        person: str,
        values: Mapping[str, str | None],
        *,
        now: datetime,
        sequence: int,
        reason: EscrowReason = EscrowReason.IMPORT_JOB_ABANDONED,
    ) -> None:
        """Make properties unknown and the person due: nobody knows what a batch with these values left there.

        Properties that aren't this connector's are nothing to it.
        """
        values = {target: value for target, value in values.items() if target in self.targets}
        if not values:
            return
        cells = dict(zip(self.targets, self.shadow(person) or (), strict=False))
        held = {target: cell for target in values if (cell := cells.get(target)) is not None}
        if held:
            self.doubted[person] = self.doubted.get(person, {}) | held
        self.settle(person, dict.fromkeys(values), sequence)
        self.escrow.note_sent(person, {**values, **held}, ())
        self.escrow.ask(person, reason, now=now, sequence=sequence)

    def end(self, person: str, sequence: int = 0) -> bool:
        """Forget a person who left; return whether anything was known. `sequence`: the last file planned so far."""
        known = self.rows.pop(person, None) is not None
        self.floor = max(self.floor, sequence)
        known = self.escrow.drop(person) or known
        for book in (self.missed, self.declined, self.doubted, self.ours):
            known = book.pop(person, None) is not None or known
        return known

    def known(self) -> set[str]:
        """Return everybody of whom the shard holds anything."""
        return {*self.rows, *self.escrow, *self.missed, *self.declined}


def _fresh(targets: Sequence[str], values: Mapping[str, str | None], sequence: int) -> ShadowRow:
    return [*map(values.get, targets), _stamp([sequence if target in values else 0 for target in targets])]


def _stamps(row: ShadowRow) -> list[int]:
    return row[-1] if isinstance(row[-1], list) else [row[-1]] * (len(row) - 1)


def _stamp(stamps: list[int]) -> int | list[int]:
    return stamps[0] if stamps and stamps.count(stamps[0]) == len(stamps) else stamps


def shards_for(people: int, per_shard: int, spread_over: int = 1) -> int:
    """Return the number of shards, a power of two, for at most `per_shard` people in a shard.

    A small tenant's people are spread over `spread_over` shards while a sixteenth of that is left for each: a day that
    changes a hundred people then reads and writes little more in a tenant of a million than in one of ten thousand.
    """
    count = 1
    while count * per_shard < people or (count < spread_over and count * (per_shard // 16) < people):
        count *= 2
    return count


def shard_of(person: str, shards: int) -> int:
    """Return the shard of a person; with 64 shards or more, a shard is within one partition."""
    return bucket(person) & (shards - 1)


def groups_of(shards: int) -> int:
    """Return the number of groups of a plan: each is a set of whole partitions and whole shards."""
    return min(PARTITIONS, shards)


def group_members(group: int, groups: int, of: int) -> Iterable[int]:
    """Yield the partitions (`of` = 64) or shards (`of` = shard count) of a group."""
    return range(group, of, groups)
