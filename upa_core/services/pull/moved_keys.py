"""Whether changed keys in the directory affect a row of a source: if not, no row is matched again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from upa_core.domain.documents.sources import CurrentRows, KeyRows
from upa_core.domain.people.changes import PARTITIONS, REMOVED, ROW_HEAD, Row, bucket
from upa_core.domain.sources.joined.current_rows import KEY
from upa_core.domain.sources.joined.secondary import Secondary, compile_key_of
from upa_core.ports.store import Store
from upa_core.state.rows.current_rows import RowSet


def key_places(secondary: Secondary, header: Sequence[str]) -> list[int]:
    """Return the positions of a source's key attributes in rows of the key index."""
    return [header.index(part.to) + len(ROW_HEAD) for part in secondary.match]


def has_moved(store: Store, secondary: Secondary, held: CurrentRows, keys: KeyRows) -> bool:
    """Return whether a changed key has moved away from its row, or to a row that waits, since the rows were matched.

    Raises `CorruptStateError` where a segment is missing or damaged.
    """
    stamps = [segment.key for segment in keys.segments]
    if held.matched not in stamps:
        return True
    places = key_places(secondary, keys.header)
    changed = _changed(RowSet(store, keys.segments[stamps.index(held.matched) + 1 :]), places)
    if not changed:
        return False
    of = compile_key_of(secondary.match, places)
    waiting = {row[0] for row in RowSet(store, held.waiting).rows()}
    current, all_keys = RowSet(store, held.segments), RowSet(store, keys.segments)
    by_partition: dict[int, list[str]] = defaultdict(list)
    for person in changed:
        by_partition[bucket(person) % PARTITIONS].append(person)
    for number, people in by_partition.items():
        rows, records = current.partition(number), all_keys.partition(number)
        for person in people:
            key = of(records[person]) if person in records else ""
            row = rows.get(person)
            if (row is not None and row[KEY] != key) or key in waiting:
                return True
    return False


def _changed(changes: RowSet, places: Sequence[int]) -> set[str]:
    """Return the people whose keys changed, also those who left."""
    found: set[str] = set()

    def names_a_key(row: Row) -> bool:
        return row[1] == REMOVED or not all(row[1] >> (place - len(ROW_HEAD)) & 1 for place in places)

    for number in range(PARTITIONS):
        found |= {row[0] for row in changes.every(number) if names_a_key(row)}
    return found
