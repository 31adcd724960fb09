"""Repair what is damaged in storage by giving up what it held: values become unknown and are sent again."""

from __future__ import annotations

from dataclasses import replace

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.storage_layout import shard_key
from upa_core.domain.errors import ConflictError, CorruptStateError
from upa_core.domain.people.shadow import Shard
from upa_core.ports.bundle import Ports
from upa_core.state.document import Stored, state_of
from upa_core.state.people import People

_TRIES = 8


def repair_people(ports: Ports, connector: Connector) -> int:
    """Replace people shards that can't be read by empty ones, and have a full round follow; returns how many.

    Lost is what they held: values that SharePoint confirmed (sent again), escrow (found again), declined values
    (offered again).
    """
    return _walk(ports, connector, doubting=False)


def doubt_everybody(ports: Ports, connector: Connector) -> int:
    """Make every value of everybody unknown, and have a full round send them again; as `repair_people`."""
    return _walk(ports, connector, doubting=True)


def full_round_next(state: ConnectorState) -> ConnectorState:
    """Return the state without its watermark: the next round is full, and names everybody anew."""
    return replace(state, watermark=None, open_round=None)


def _walk(ports: Ports, connector: Connector, *, doubting: bool) -> int:
    document = state_of(ports.store, connector.name)
    state = document.update(full_round_next).value
    people = People(ports.store, connector, state.people)
    return sum(_repaired(ports, connector, people, n, doubting=doubting) for n in range(state.people.shards))


def _repaired(ports: Ports, connector: Connector, people: People, number: int, *, doubting: bool) -> bool:
    """Repair one shard; returns whether it couldn't be read."""
    for _ in range(_TRIES):
        lost = False
        try:
            stored = people.load(number)
        except CorruptStateError:
            lost = True
            blob = ports.store.get(shard_key(connector.name, people.index.folder, number))
            stored = Stored(Shard(connector.targets), blob.etag if blob is not None else None)
        for person in stored.value.rows if doubting else ():
            stored.value.make_unknown(person)
        if not lost and not doubting:
            return False
        try:
            people.save(number, stored)
        except ConflictError:
            continue
        return lost
    raise ConflictError(f"shard {number} is being written by too many at once")
