"""Repair damaged documents by giving up their contents: values become unknown and are sent again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.storage_layout import lane_key, shard_key, state_key
from upa_core.domain.errors import ConflictError, CorruptStateError
from upa_core.domain.people.shadow import Shard
from upa_core.ports.bundle import Ports
from upa_core.state.document import Stored, lane_of, state_of
from upa_core.state.people import People

_TRIES = 8


def repair_people(ports: Ports, connector: Connector) -> int:
    """Replace damaged people shards by empty ones, and ask for a full round; return how many.

    Their contents are lost: values that SharePoint confirmed (sent again; clears count, since the values may be there),
    escrow (found again), declined values (offered again).
    """
    return _walk(ports, connector, doubting=False)


def people_damaged(ports: Ports, connector: Connector) -> bool:
    """Return whether a people shard can't be read; nothing is changed."""
    index = state_of(ports.store, connector.name).load().value.people
    people = People(ports.store, connector, index)
    for number in range(index.shards):
        try:
            people.load(number)
        except CorruptStateError:
            return True
    return False


def doubt_everybody(ports: Ports, connector: Connector) -> int:
    """Make every value of everybody unknown, and let a full round send them again; returns as `repair_people`."""
    return _walk(ports, connector, doubting=True)


def repair_lane(ports: Ports, connector: Connector) -> bool:
    """Replace a damaged lane by an empty one; return whether it was damaged.

    These are lost: the import job in flight, those given up, and the number queued today. Values that they may still
    write are unknown: everybody is sent again, and a file that was queued is looked for before it is queued again.
    """
    return _emptied(ports, connector, lane_key(connector.target.lane), lambda: lane_of(ports.store, connector).load())


def repair_state(ports: Ports, connector: Connector) -> bool:
    """Delete a damaged state; return whether it was damaged.

    These are lost: the watermark, the outbox, the open run, a hold, a pause, and the end of staging. The next round is
    full, and everybody is sent again.
    """
    try:
        state_of(ports.store, connector.name).load()
    except CorruptStateError:
        ports.store.delete(state_key(connector.name))
        return True
    return False


def _emptied(ports: Ports, connector: Connector, key: str, load: Callable[[], object]) -> bool:
    try:
        load()
    except CorruptStateError:
        doubt_everybody(ports, connector)
        ports.store.delete(key)
        return True
    return False


def full_round_next(state: ConnectorState) -> ConnectorState:
    """Return the state without its watermark: the next round is full and names everybody again.

    Secondary sources are read again as well; until then their attributes are absent.
    """
    sources = tuple(replace(one, cursor="", current=None) for one in state.sources)
    return replace(state, watermark=None, open_round=None, keys=None, sources=sources)


def _walk(ports: Ports, connector: Connector, *, doubting: bool) -> int:
    document = state_of(ports.store, connector.name)
    state = document.update(full_round_next).value
    people = People(ports.store, connector, state.people)
    return sum(_repaired(ports, connector, people, n, doubting=doubting) for n in range(state.people.shards))


def _repaired(ports: Ports, connector: Connector, people: People, number: int, *, doubting: bool) -> bool:
    """Repair one shard; return whether it was damaged."""
    for _ in range(_TRIES):
        lost = False
        try:
            stored = people.load(number)
        except CorruptStateError:
            lost = True
            blob = ports.store.get(shard_key(connector.name, people.index.folder, number))
            stored = Stored(Shard(connector.targets, lost=True), blob.etag if blob is not None else None)
        for person in stored.value.rows if doubting else ():
            stored.value.make_unknown(person, connector.single)
        if not lost and not doubting:
            return False
        try:
            people.save(number, stored)
        except ConflictError:
            continue
        return lost
    raise ConflictError(f"shard {number} is being written by too many at once")
