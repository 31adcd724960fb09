"""People of the shadow, by partition."""

from __future__ import annotations

from collections.abc import Iterator

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import PeopleIndex
from upa_core.domain.people.changes import PARTITIONS, bucket
from upa_core.domain.people.shadow import ShadowRow, Shard, group_members
from upa_core.ports.store import Store
from upa_core.state.people import People


def partition_of(person: str) -> int:
    """Return the partition of a person."""
    return bucket(person) & (PARTITIONS - 1)


def shards_of(index: PeopleIndex, partition: int) -> list[int]:
    """Return the people shards that hold people of a partition."""
    if index.shards >= PARTITIONS:
        return list(group_members(partition, PARTITIONS, index.shards))
    return [partition & (index.shards - 1)]


def people_of(people: People, partition: int) -> dict[str, tuple[int, ShadowRow]]:
    """Return everybody of a partition in the shadow: their shard's number, and their current row.

    Raises `CorruptStateError` for a damaged shard.
    """
    stored = people.load_all(dict.fromkeys(shards_of(people.index, partition), False))
    mixed = people.index.shards < PARTITIONS
    return {
        person: (number, row)
        for number, shard in stored.items()
        for person, row in shard.value.rows.items()
        if not mixed or partition_of(person) == partition
    }


def whole_shadow(store: Store, connector: Connector, index: PeopleIndex) -> Iterator[tuple[int, Shard]]:
    """Yield each people shard, one at a time."""
    people = People(store, connector, index)
    for number in range(index.shards):
        yield number, people.load(number).value
