"""Current rows: the last accepted row of each person, and what a new snapshot changes of them.

A current row is `[person, 0, key, missed, value, value, …]`; `missed` is the number of the first snapshot in a row
that didn't name it, 0 where the last one did. A row of nobody is `[key, 0, why, missed, value, value, …]`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from upa_core.domain.people.changes import REMOVED, Row
from upa_core.domain.sources.joined.key_index import KeyIndex

HEADER = ("@key", "@missed")
"""What a current row holds before its values."""
KEY, MISSED, VALUES = 2, 3, 4
"""Places in a current row."""

Waiting = Literal["unmatched", "ambiguous", "contradictory"]
"""Why a row is nobody's: no person has its key, several have, or two different rows name one person."""


def propose(index: KeyIndex, key: str, missed: int, values: Sequence[object]) -> tuple[str, Row]:
    """Return whom a row is proposed for and the row; "" and a row of nobody where that isn't one person."""
    people = index.people_of(key)
    if len(people) == 1:
        return people[0], [people[0], 0, key, missed, *values]
    why: Waiting = "ambiguous" if people else "unmatched"
    return "", [key, 0, why, missed, *values]


@dataclass(slots=True)
class Difference:
    """What one partition of a snapshot changes."""

    named: list[Row] = field(default_factory=list)
    """Rows that are new or whose values, or key, changed: their people are planned."""
    noted: list[Row] = field(default_factory=list)
    """Rows that are only marked as missing, or are nobody's any more."""
    waiting: list[Row] = field(default_factory=list)
    """Rows that contradict each other, as rows of nobody."""
    after: dict[str, Row] = field(default_factory=dict)
    """The partition's current rows once the snapshot is accepted."""


def compare(
    current: Mapping[str, Row],
    incoming: Iterable[Row],
    keys: Mapping[str, str],
    *,
    snapshot: int,
    complete: bool,
    moved: bool = False,
) -> Difference:
    """Compare what a source names now with the current rows, of one partition.

    Six parameters: both sides of the comparison and what the source promised.

    Args:
        current: current rows by person.
        incoming: rows proposed for people.
        keys: the key of every person of the partition, "" for none; who isn't there has left.
        snapshot: number of the snapshot.
        complete: the source named everybody it has; what it didn't name is missing.
        moved: the rows are the current ones, proposed anew: what isn't proposed here lies elsewhere now.

    """
    found = Difference(after=dict(current))
    named, contradictory = _by_person(incoming, keys, found)
    for person, row in named.items():
        held = current.get(person)
        if held is None or (held[KEY], held[VALUES:]) != (row[KEY], row[VALUES:]):
            found.named.append(row)
        elif held[MISSED] != row[MISSED]:
            found.noted.append(row)
        found.after[person] = row
    for person in current.keys() - named.keys() - contradictory:
        held = current[person]
        if moved or keys.get(person) != held[KEY]:
            found.noted.append([person, REMOVED])
            del found.after[person]
        elif complete and not held[MISSED]:
            missing = [*held[:MISSED], snapshot, *held[VALUES:]]
            found.noted.append(missing)
            found.after[person] = missing
    return found


def _by_person(incoming: Iterable[Row], keys: Mapping[str, str], found: Difference) -> tuple[dict[str, Row], set[str]]:
    """Return the one row of each person, and of whom there are several that differ: none of those counts."""
    named: dict[str, Row] = {}
    contradictory: set[str] = set()
    for row in incoming:
        person = row[0]
        if keys.get(person) != row[KEY]:
            found.waiting.append(of_nobody(row, "unmatched"))
            continue
        before = named.setdefault(person, row)
        if bool(before[MISSED]) != bool(row[MISSED]):  # what the last snapshot named beats what it didn't
            named[person] = row if before[MISSED] else before
        elif before[VALUES:] != row[VALUES:]:
            contradictory.add(person)
            found.waiting.append(of_nobody(row, "contradictory"))
    found.waiting += [of_nobody(named.pop(person), "contradictory") for person in contradictory]
    return named, contradictory


def of_nobody(row: Row, why: Waiting) -> Row:
    """Return a current row as one that waits."""
    return [row[KEY], 0, why, *row[MISSED:]]
