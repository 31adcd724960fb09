"""The documents of reading profiles back: the index, and the results of each partition of people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from upa_core.domain.drift.keys import drift_key, drift_part_key
from upa_core.domain.drift.record import DriftIndex, DriftPart
from upa_core.domain.people.changes import PARTITIONS
from upa_core.ports.store import Store
from upa_core.state.document import Document, Stored
from upa_core.state.drift.partitions import partition_of


def drift_of(store: Store, connector: str) -> Document[DriftIndex]:
    """Return the index of reading back; a damaged one is replaced by an empty one."""
    return Document(store, drift_key(connector), DriftIndex(), disposable=True)


def part_of(store: Store, connector: str, partition: int) -> Document[DriftPart]:
    """Return the results of a partition; damaged ones are empty, so that its people count as never read."""
    return Document(store, drift_part_key(connector, partition), DriftPart(), disposable=True)


def parts_of(store: Store, connector: str, first: int = 0) -> Iterator[tuple[int, Stored[DriftPart]]]:
    """Yield every partition of which something is stored, from `first` on."""
    for number in range(first, PARTITIONS):
        stored = part_of(store, connector, number).load()
        if stored.etag is not None:
            yield number, stored


def forget_reads(store: Store, connector: str, person: str) -> None:
    """Delete the results of a person; raises `ConflictError` where too many instances write."""

    def change(part: DriftPart) -> DriftPart:
        fresh = replace(part, reads=dict(part.reads), found=dict(part.found), unread=dict(part.unread))
        fresh.forget(person)
        return fresh

    part_of(store, connector, partition_of(person)).update(change)
