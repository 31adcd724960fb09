"""Find the effects of changed keys: rows of a source that they move, and people whom a source must be asked about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from upa_core.domain.documents.sources import CurrentRows, KeyRows
from upa_core.domain.people.changes import PARTITIONS, REMOVED, ROW_HEAD, Row, bucket
from upa_core.domain.sources.joined.current_rows import KEY
from upa_core.domain.sources.joined.secondary import Secondary, compile_key_of
from upa_core.ports.store import Store
from upa_core.state.rows.asked import Asked
from upa_core.state.rows.current_rows import RowSet


def key_places(secondary: Secondary, header: Sequence[str]) -> list[int]:
    """Return the positions of a source's key attributes in rows of the key index."""
    return [header.index(part.to) + len(ROW_HEAD) for part in secondary.match]


def keys_of(secondary: Secondary, header: Sequence[str], rows: Mapping[str, Row]) -> dict[str, str]:
    """Return each person's key, from rows of the key index."""
    of = compile_key_of(secondary.match, key_places(secondary, header))
    return {person: of(row) for person, row in rows.items()}


def has_moved(store: Store, secondary: Secondary, held: CurrentRows, keys: KeyRows) -> bool:
    """Return whether a changed key has moved away from its row, or to a row that waits, since the rows were matched.

    A key that several people had counts too, where one of them has another key now: the others may have its row.
    Where a person without a row has no value, a row of somebody else counts as well: nobody knows whose it is now.
    Raises `CorruptStateError` where a segment is missing or damaged.
    """
    stamps = [segment.key for segment in keys.segments]
    if held.matched not in stamps:
        return True
    places, since = key_places(secondary, keys.header), stamps.index(held.matched) + 1
    changed = _changed(RowSet(store, keys.segments[since:]), places)
    if not changed:
        return False
    of = compile_key_of(secondary.match, places)
    waiting = {row[0]: row[2] for row in RowSet(store, held.waiting).rows()}
    current, all_keys = RowSet(store, held.segments), RowSet(store, keys.segments)
    earlier = RowSet(store, keys.segments[:since] if "ambiguous" in waiting.values() else ())
    shared = secondary.leaves and [part.to for part in secondary.match] != ["id"]  # somebody else may get their key
    taken = {row[KEY] for row in current.rows()} if shared else set()
    by_partition: dict[int, list[str]] = defaultdict(list)
    for person in changed:
        by_partition[bucket(person) % PARTITIONS].append(person)
    for number, people in by_partition.items():
        rows, records, before = current.partition(number), all_keys.partition(number), earlier.partition(number)
        for person in people:
            key = of(records[person]) if person in records else ""
            row, old = rows.get(person), of(before[person]) if person in before else ""
            if (key in taken if row is None else row[KEY] != key) or key in waiting:
                return True
            if old != key and waiting.get(old) == "ambiguous":
                return True
    return False


def newcomers(store: Store, secondary: Secondary, held: CurrentRows, keys: KeyRows) -> list[Row]:
    """Return rows that name the people without a row whose key the source wasn't asked about (`leave`).

    Raises as `has_moved`.
    """
    asked, current, everybody = (
        Asked(store, secondary, held),
        RowSet(store, held.segments),
        RowSet(store, keys.segments),
    )
    before = asked.known.segments if asked.known is not None else ()
    partitions = set(range(PARTITIONS))
    if before and keys.segments[: len(before)] == before:
        changed = _changed(RowSet(store, keys.segments[len(before) :]), key_places(secondary, keys.header))
        partitions = {bucket(person) % PARTITIONS for person in changed}
    of = compile_key_of(secondary.match, key_places(secondary, keys.header))
    found: list[Row] = []
    for number in sorted(partitions):
        rows, known = current.partition(number), asked.keys(number)
        records = everybody.partition(number).items()
        found += [[p, REMOVED] for p, row in records if p not in rows and known.get(p) != of(row)]
    return found


def _changed(changes: RowSet, places: Sequence[int]) -> set[str]:
    """Return the people whose keys changed, also those who left."""
    found: set[str] = set()

    def names_a_key(row: Row) -> bool:
        return row[1] == REMOVED or not all(row[1] >> (place - len(ROW_HEAD)) & 1 for place in places)

    for number in range(PARTITIONS):
        found |= {row[0] for row in changes.every(number) if names_a_key(row)}
    return found
