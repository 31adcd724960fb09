"""A plan before a decision: weighted samples, and the people in whom two plans differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from upa_core.domain.plan.run_rows import KINDS
from upa_core.services.insight.run_people import RunPeopleView, RunPerson, Wanted
from upa_core.state.run_people.reader import RunReader


@dataclass(frozen=True, slots=True)
class Difference:
    """The people in whom two plans differ."""

    people: tuple[str, ...]
    """Some of them, by object id."""
    complete: bool


def sample(view: RunPeopleView, counts: Mapping[str, int], most: int) -> list[RunPerson]:
    """Return at most `most` people of a plan: each property and kind gets its share, clears first.

    `counts`: people by label, as the run's table has them. Each label with people is represented while there is room.
    """
    labels = [
        (kind, target, people)
        for kind in KINDS
        for label, people in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        for target in [label.partition(":")[2]]
        if label.startswith(f"{kind}:") and people
    ]
    total = sum(people for _, _, people in labels)
    found: dict[str, None] = {}
    for at, (kind, target, people) in enumerate(labels, 1):
        left = most - len(found)
        room = min(left, max(1, min(left - (len(labels) - at), round(most * people / total))))
        if room <= 0:
            break
        page = view.page(Wanted(kind=kind, property=target), limit=min(1000, room + len(found)))
        fresh = [one.person for one in page.people if one.person not in found]
        found |= dict.fromkeys(fresh[:room])
    chosen = [one for person in found for one in view.page(Wanted(person=person)).people]
    return sorted(chosen, key=lambda one: not any(value.kind == "cleared" for value in one.values))


def compare(one: RunReader, other: RunReader, *, most: int = 1000) -> Difference:
    """Return in whom two plans differ; only the shards that differ are read.

    Raises `CorruptStateError` where they can't be read.
    """
    mine, theirs = one.table, other.table
    if mine.hash == theirs.hash:
        return Difference((), complete=True)
    shards = mine.digests.keys() | theirs.digests.keys()
    if mine.shards == theirs.shards:
        shards = {shard for shard in shards if mine.digests.get(shard) != theirs.digests.get(shard)}
    numbers = {int(shard) for shard in shards}
    before, after = dict(_changes(one, numbers)), dict(_changes(other, numbers))
    people = sorted(person for person in before.keys() | after.keys() if before.get(person) != after.get(person))
    return Difference(tuple(islice(people, most)), complete=len(people) <= most)


def _changes(reader: RunReader, shards: set[int]) -> Iterable[tuple[str, Any]]:
    """Yield the planned changes of everybody in some shards, and of their neighbours."""
    extents = [one for one in reader.table.blocks if not shards.isdisjoint(one.shards)]
    for _, rows in reader.blocks(extents):
        for person, new, old, _, _ in rows:
            if new:
                yield person, (new, {target: old.get(target) for target in new})
