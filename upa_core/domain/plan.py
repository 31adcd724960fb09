"""The plan: per person and property, old → new; pure, one shard at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, cast

from upa_core.domain.changes import Row
from upa_core.domain.connector import Connector
from upa_core.domain.errors import FatalError
from upa_core.domain.mapping import Problem, compile_mappings
from upa_core.domain.people import EscrowReason, Shard
from upa_core.domain.scope import compile_scope
from upa_core.domain.state import Counts


class Entry(NamedTuple):
    """One person's changes: what the import file will say, and what the shadow said before (None: unknown)."""

    person: str
    new: Mapping[str, str]
    old: Mapping[str, str | None]

    @property
    def clears(self) -> bool:
        """True where a confirmed value would be cleared; clearing what is unknown isn't counted."""
        return any(value == "" and self.old[target] for target, value in self.new.items())

    @property
    def updates(self) -> bool:
        """True where a value would be set, or something unknown made sure of."""
        return any(value != "" or not self.old[target] for target, value in self.new.items())


def count_changes(entries: Sequence[Entry]) -> tuple[int, int]:
    """Return how many entries update and how many clear; only an empty value needs a closer look."""
    special = [entry for entry in entries if not entry.new or "" in entry.new.values()]
    updated = len(entries) - len(special) + sum(entry.updates for entry in special)
    return updated, sum(entry.clears for entry in special)


@dataclass(slots=True)
class ShardPlan:
    """What one shard comes to."""

    entries: list[Entry] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    changed: bool = False
    """True where the shard itself was changed (people ended, escrow, missed) and must be stored."""


class Planner:
    """Scope and mappings of a connector, compiled once per run."""

    def __init__(self, connector: Connector) -> None:
        self._mappings = connector.active
        self._targets = connector.targets
        self._evaluate = compile_mappings(self._mappings, connector.inputs)
        self._in_scope = compile_scope(connector.scope, connector.inputs)
        self._clears_out_of_scope = connector.scope.out_of_scope == "clear"
        self._unknown: list[str | None] = [None] * len(self._targets)
        self._nothing: Mapping[str, str | None] = dict.fromkeys(self._targets)

    def plan(
        self,
        shard: Shard,
        rows: Iterable[Row],
        *,
        ended: Iterable[str],
        gone: Iterable[str],
        unread: Iterable[str] = (),
        full_round: str,
        now: datetime,
        sequence: int = 0,
    ) -> ShardPlan:
        """Plan the people of one shard and bring its books up to date.

        Args:
            rows: complete rows (nothing absent).
            ended: people who left the directory at some point; those with a row came back since.
            gone: people who were due from escrow and whom the source doesn't know.
            unread: people whom a round names incompletely and whom a read didn't find.
            full_round: the full round among the rounds that the rows come from, if any.
            sequence: number of the last import file planned so far.

        Raises:
            FatalError: a value is invalid and its mapping says `fail_run`.

        """
        result = ShardPlan()
        left = sum(shard.end(person, sequence) for person in ended)
        for person in gone:
            entry_due = due.due if (due := shard.escrow.get(person)) is not None else None
            if entry_due is not None and entry_due <= now:
                del shard.escrow[person]
                result.changed = True
        result.changed = result.changed or left > 0
        tally = _Tally()
        seen = set(unread)
        for person in seen:
            shard.put_in_escrow(person, EscrowReason.NOT_READABLE_YET, now=now)
            tally.changed = True
        for row in rows:
            seen.add(row[0])
            entry = self._person(shard, row, tally, now)
            if entry is not None:
                result.entries.append(entry)
        if full_round:
            left += _count_missed(shard, seen, full_round, tally, sequence)
        for person in seen & shard.missed.keys():
            del shard.missed[person]
            tally.changed = True
        result.changed = result.changed or tally.changed
        updated, cleared = count_changes(result.entries)
        result.counts = Counts(
            people=len(seen),
            unchanged=tally.unchanged,
            out_of_scope=tally.out_of_scope,
            invalid=tally.invalid,
            clear_unsupported=tally.clear_unsupported,
            declined=tally.declined,
            ended=left,
            cleared=cleared,
            updated=updated,
            pairs=sum(len(entry.new) for entry in result.entries),
        )
        return result

    def _person(self, shard: Shard, row: Row, tally: _Tally, now: datetime) -> Entry | None:
        person, values = row[0], row[2:]
        cells = shard.cells.get(person, self._unknown)
        if not self._in_scope(values):
            tally.out_of_scope += 1
            wanted = self._out_of_scope(cells)
        else:
            desired = self._evaluate(values)
            if desired == cells and not shard.declined:
                tally.unchanged += 1
                tally.changed = shard.escrow.pop(person, None) is not None or tally.changed
                return None
            if Problem in map(type, desired):
                judged = self._judge(person, desired, shard, tally, now)
                if judged is None:
                    return None
                wanted = judged
            else:
                wanted = cast("list[str | None]", desired)
        new = {
            target: value
            for target, value, cell in zip(self._targets, wanted, cells, strict=True)
            if value is not None and value != cell
        }
        if shard.declined and person in shard.declined:
            new = self._without_declined(shard, person, wanted, new, tally)
        if not new:
            tally.unchanged += 1
            tally.changed = shard.escrow.pop(person, None) is not None or tally.changed
            return None
        if cells is self._unknown:
            return Entry(person, new, self._nothing if len(new) == len(self._targets) else dict.fromkeys(new))
        old = dict(zip(self._targets, cells, strict=True))
        return Entry(person, new, {target: old[target] for target in new})

    def _without_declined(
        self, shard: Shard, person: str, wanted: Sequence[str | None], new: dict[str, str], tally: _Tally
    ) -> dict[str, str]:
        """Leave out what an administrator rejected; a source that changed since then revokes the rejection."""
        no = shard.declined[person]
        today = dict(zip(self._targets, wanted, strict=True))
        still = {target: value for target, value in no.items() if today.get(target) == value}
        if still != no:
            tally.changed = True
            if still:
                shard.declined[person] = still
            else:
                del shard.declined[person]
        tally.declined += len(still.keys() & new.keys())
        return {target: value for target, value in new.items() if target not in still}

    def _out_of_scope(self, cells: Sequence[str | None]) -> list[str | None]:
        if not self._clears_out_of_scope:
            return self._unknown
        return [
            "" if cell and mapping.type == "string" else None
            for cell, mapping in zip(cells, self._mappings, strict=True)
        ]

    def _judge(
        self, person: str, desired: Sequence[str | Problem | None], shard: Shard, tally: _Tally, now: datetime
    ) -> list[str | None] | None:
        """Apply each problem's policy; None: the person is set aside."""
        wanted: list[str | None] = []
        for mapping, item in zip(self._mappings, desired, strict=True):
            if not isinstance(item, Problem):
                wanted.append(item)
                continue
            wanted.append(None)
            if item.kind == "clear_unsupported":
                tally.clear_unsupported += 1
            elif item.policy == "fail_run":
                raise FatalError(f"{mapping.target}: {item.reason} (on_invalid: fail_run); person {person}")
            elif item.policy == "escrow_user":
                tally.invalid += 1
                shard.put_in_escrow(person, EscrowReason.INVALID_VALUE, now=now, detail=mapping.target)
                tally.changed = True
                return None
        return wanted


@dataclass(slots=True)
class _Tally:
    """Counts of one shard while it is planned."""

    unchanged: int = 0
    out_of_scope: int = 0
    invalid: int = 0
    clear_unsupported: int = 0
    declined: int = 0
    changed: bool = False


def _count_missed(shard: Shard, seen: set[str], full_round: str, tally: _Tally, sequence: int) -> int:
    """Note whom the full round didn't name; the second one in a row ends them. Returns how many ended."""
    left = 0
    for person in shard.known() - seen:
        first = shard.missed.get(person)
        if first is None:
            shard.missed[person] = full_round
        elif first == full_round:
            continue
        else:
            left += shard.end(person, sequence)
        tally.changed = True
    return left
