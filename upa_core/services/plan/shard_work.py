"""The work of a plan in each people shard."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from upa_core.domain.people.changes import Merged, Row, spread
from upa_core.domain.people.shadow import shard_of
from upa_core.domain.plan.entry import Entry
from upa_core.domain.plan.tally import LeftOut
from upa_core.state.people import FEW_PEOPLE


class PlanSink(Protocol):
    """Takes the plan's entries as they are made."""

    def add(self, entries: Sequence[Entry], left_out: Sequence[LeftOut] = ()) -> None:
        """Take people's changes, one shard at a time, and the unsent values of its people."""


@dataclass(slots=True)
class ShardWork:
    """The work of a plan in one shard."""

    rows: list[Row] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def are_few(work: ShardWork) -> bool:
    """Return whether so few people are affected that they are decoded one by one."""
    return len(work.rows) + len(work.ended) + len(work.gone) + len(work.unread) <= FEW_PEOPLE


def by_shard_number(merged: Merged, gone: Iterable[str], unread: Iterable[str], shards: int) -> dict[int, ShardWork]:
    """Group people by the number of their shard."""
    rows = enumerate(spread(merged.rows, merged.rows.values(), shards))
    work = defaultdict(ShardWork, {shard: ShardWork(part) for shard, part in rows if part})
    for person in merged.ended:
        work[shard_of(person, shards)].ended.append(person)
    for person in gone:
        work[shard_of(person, shards)].gone.append(person)
    for person in unread:
        work[shard_of(person, shards)].unread.append(person)
    return dict(work)
