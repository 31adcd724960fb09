"""Put a profile right: values that it lost become unknown and due, and the next plan sends them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.shadow import Shard


def put_right(
    shard: Shard, person: str, held: Mapping[str, str], single: Collection[str] = (), *, now: datetime, sequence: int
) -> None:
    """Make properties unknown and due: the profile holds another value than the confirmed one.

    It counts as a new change, for the change threshold too. Six parameters: whose properties, and the write's stamp.

    Args:
        shard: the person's shard.
        person: object id.
        held: confirmed values by property; a value that was settled again meanwhile is left alone.
        single: properties that are written singly: these values are noted as ours.
        now: this moment.
        sequence: a number newer than every batch planned so far.
    """
    cells = dict(zip(shard.targets, shard.shadow(person) or (), strict=False))
    drifted = {target: value for target, value in held.items() if cells.get(target) == value}
    if not drifted:
        return
    # A property that was confirmed empty isn't cleared because of drift: its mapping decides whether to clear.
    if kept := {target: value for target, value in drifted.items() if value}:
        shard.doubted[person] = shard.doubted.get(person, {}) | kept
        shard.keep_ours(person, {target: kept[target] for target in kept.keys() & set(single)}, kept, sequence)
    shard.settle(person, dict.fromkeys(drifted), sequence)
    for target in drifted:
        shard.put_in_escrow(person, EscrowReason.DRIFT, target, now=now, sequence=sequence, due=now)


def stamps_of(shard: Shard, person: str) -> dict[str, int]:
    """Return the number of the batch that settled each property of a person last, 0 for none."""
    row = shard.rows.get(person)
    if row is None:
        return {}
    stamps = row[-1] if isinstance(row[-1], list) else [row[-1]] * (len(row) - 1)
    return dict(zip(shard.targets, stamps, strict=True))
