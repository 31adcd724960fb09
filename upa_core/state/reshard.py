"""Change the number of a connector's people shards at a full round, without losing a person."""

from __future__ import annotations

from dataclasses import replace

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, PeopleIndex
from upa_core.domain.documents.ids import run_id
from upa_core.domain.documents.storage_layout import shard_key
from upa_core.domain.errors import ConflictError
from upa_core.domain.people.shadow import Shard, group_members, shard_of, shards_for
from upa_core.ports.bundle import Ports
from upa_core.state.document import Stored, state_of
from upa_core.state.people import EscrowBook, People, book_of


def fit_shards(
    ports: Ports, connector: Connector, state: Stored[ConnectorState], people_expected: int
) -> Stored[ConnectorState]:
    """Adjust the shard count to `people_per_shard`, where it is off by more than a factor of two.

    The people are copied into a new generation first, under a name that nobody else uses; one conditional write of the
    state switches over, and only then the old generation is deleted. A crash leaves an unnamed generation, which
    housekeeping deletes.

    Raises `ConflictError` where a run began or the people were moved meanwhile.
    """
    index = state.value.people
    wanted = shards_for(people_expected, connector.limits.people_per_shard, connector.limits.shards_spread_over)
    if wanted == index.shards or (index.known and index.shards / 4 < wanted <= index.shards * 2):
        return state
    token = run_id(ports.clock.now(), ports.ids.token())
    fresh = PeopleIndex(index.generation + 1, wanted, index.known, token)
    moved_to = People(ports.store, connector, fresh)
    books = _copy(connector, People(ports.store, connector, index), moved_to)

    def switch(current: ConnectorState) -> ConnectorState:
        before = state.value
        same = (current.people, current.sequence, current.runs) == (index, before.sequence, before.runs)
        if not same or current.run is not None:
            raise ConflictError("the people were changed while they were being moved")
        return replace(current, people=fresh)

    moved = state_of(ports.store, connector.name).update(switch, state)
    moved_to.note(books)
    for shard in range(index.shards):
        ports.store.delete(shard_key(connector.name, index.folder, shard))
    return moved


def _copy(connector: Connector, old: People, fresh: People) -> dict[int, EscrowBook]:
    """Write the new generation group by group: each old shard's people go to a fixed set of new shards."""
    groups = min(old.index.shards, fresh.index.shards)
    books = {}
    for group in range(groups):
        parts: dict[int, Shard] = {}
        floor, lost = 0, False
        for number in group_members(group, groups, old.index.shards):
            shard = old.load(number).value
            floor, lost = max(floor, shard.floor), lost or shard.lost
            _distribute(shard, parts, connector, fresh.index.shards)
        if floor or lost:  # about people without an entry: copied to every new shard that may get such a person
            for number in group_members(group, groups, fresh.index.shards):
                part = parts.setdefault(number, Shard(connector.targets))
                part.floor, part.lost = floor, lost
        for number, shard in parts.items():
            fresh.save(number, Stored(shard, None))
            books[number] = book_of(shard)
    return books


def _distribute(source: Shard, parts: dict[int, Shard], connector: Connector, shards: int) -> None:
    def part(person: str) -> Shard:
        return parts.setdefault(shard_of(person, shards), Shard(connector.targets))

    for person, row in source.rows.items():
        part(person).rows[person] = row
    for person in source.escrow:
        part(person).escrow.adopt(source.escrow, person)
    for person, missed in source.missed.items():
        part(person).missed[person] = missed
    for person, declined in source.declined.items():
        part(person).declined[person] = declined
    for person, doubted in source.doubted.items():
        part(person).doubted[person] = doubted
    for person, ours in source.ours.items():
        part(person).ours[person] = ours
