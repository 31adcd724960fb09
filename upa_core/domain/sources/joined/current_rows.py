"""Current rows: the last accepted row of each person, and the changes in a new snapshot.

A current row is `[person, 0, key, missed, value, value, …]`; `missed` is 0 where the last snapshot named the person,
else the number of the first day on which one didn't (only days with an accepted snapshot are numbered). A row of nobody
is `[key, 0, why, missed, value, value, …]`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from upa_core.domain.people.changes import REMOVED, Row
from upa_core.domain.sources.joined.key_index import KeyIndex
from upa_core.domain.sources.joined.secondary import ROW_KEY

HEADER = (ROW_KEY, "@missed")
"""The items of a current row before its values."""
KEY, MISSED, VALUES = 2, 3, 4
"""Positions in a current row."""

Waiting = Literal["unmatched", "ambiguous", "contradictory"]
"""Why a row matches nobody: no person has its key, several have, or two different rows name one person."""


def propose(index: KeyIndex, key: str, missed: int, values: Sequence[object]) -> tuple[str, Row]:
    """Return whom a row is proposed for, and the row; "" and a row of nobody where nobody, or several, match."""
    people = index.people_of(key)
    if len(people) == 1:
        return people[0], [people[0], 0, key, missed, *values]
    why: Waiting = "ambiguous" if people else "unmatched"
    return "", [key, 0, why, missed, *values]


@dataclass(slots=True)
class Difference:
    """The changes of a snapshot in one partition."""

    named: list[Row] = field(default_factory=list)
    """Rows that are new, or whose values or key changed: their people are planned."""
    noted: list[Row] = field(default_factory=list)
    """Rows that are only marked as missing, or that now match nobody."""
    waiting: list[Row] = field(default_factory=list)
    """Rows that contradict each other, as rows of nobody."""
    after: dict[str, Row] = field(default_factory=dict)
    """The partition's current rows after the snapshot is accepted."""
    missing: int = 0
    """People whom the last snapshots didn't name."""
    overdue: int = 0
    """People whose values will be cleared once an administrator allows it."""
    left: int = 0
    """People whose row ended although they are in the directory as before."""


@dataclass(frozen=True, slots=True)
class Missing:
    """The policy for people whom a snapshot doesn't name."""

    day: int
    """Number of the day, among the days on which a snapshot was accepted."""
    clear_after: int = 0
    """Days after which their values are cleared; 0: never."""
    allowed: bool = False
    """An administrator has allowed the first clear; until then these people are only counted."""
    asked: Mapping[str, str] | None = None
    """Their row ends (`leave`): the key under which the source was last asked about each person; None: another rule."""
    asked_now: bool = True
    """The source was asked about everybody just now; False: its rows only follow keys that moved."""


def compare(
    current: Mapping[str, Row],
    incoming: Iterable[Row],
    keys: Mapping[str, str],
    missing: Missing,
    *,
    complete: bool,
    moved: bool = False,
    void: frozenset[str] = frozenset(),
) -> Difference:
    """Compare the rows that a source names now with the current rows, in one partition.

    Seven parameters: two sets of rows, the keys that decide between them, and what kind of comparison it is.

    Args:
        current: the last accepted row of each person.
        incoming: rows as they were proposed; several of one person contradict each other unless they are equal.
        keys: the key of everybody in the directory, as the index has it now.
        missing: what becomes of whom it doesn't name.
        complete: it is a snapshot of which every row counts: who isn't in it is missing.
        moved: the rows are the current ones, proposed anew: what isn't proposed here lies elsewhere now.
        void: keys whose rows contradict each other although one of them was proposed.
    """
    found = Difference(after=dict(current))
    named, contradictory = _by_person(incoming, keys, found, void)
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
            (found.noted if missing.asked is None or person not in keys else found.named).append([person, REMOVED])
            del found.after[person]
        elif complete and missing.asked is not None:
            _leave(found, person)
        elif complete and not held[MISSED]:
            row = [*held[:MISSED], missing.day, *held[VALUES:]]
            found.noted.append(row)
            found.after[person] = row
    if missing.asked is not None:
        _end_empty(found, current)
        if missing.asked_now:
            _name_newcomers(found, keys, missing.asked)
    _end_missing(found, missing)
    return found


def _leave(found: Difference, person: str) -> None:
    """End a row: its person has no value of the source any more, and is planned for that."""
    found.named.append([person, REMOVED])
    found.left += 1
    del found.after[person]


def _end_empty(found: Difference, current: Mapping[str, Row]) -> None:
    """End rows that an offer names without any value: so it says that somebody left."""
    ended = {row[0] for row in found.named if row[1] != REMOVED and all(value is None for value in row[VALUES:])}
    found.named = [row for row in found.named if row[0] not in ended]
    for person in ended:
        if person in current:
            _leave(found, person)
        else:
            del found.after[person]


def _name_newcomers(found: Difference, keys: Mapping[str, str], asked: Mapping[str, str]) -> None:
    """Plan whom the source was never asked about under today's key, and doesn't name: what was unknown is empty."""
    named = {row[0] for row in found.named}
    found.named += [
        [person, REMOVED]
        for person, key in keys.items()
        if person not in found.after and person not in named and asked.get(person) != key
    ]


def _end_missing(found: Difference, missing: Missing) -> None:
    """Remove the values of people who have been missing long enough; only count the people where nobody allowed it."""
    over: dict[str, Row] = {}
    for person, row in found.after.items():
        if not row[MISSED]:
            continue
        found.missing += 1
        if (
            missing.clear_after
            and missing.day - row[MISSED] + 1 >= missing.clear_after
            and any(value is not None for value in row[VALUES:])
        ):
            over[person] = [*row[:VALUES], *[None] * len(row[VALUES:])]
    if not missing.allowed:
        found.overdue = len(over)
        return
    found.after |= over
    found.noted = [row for row in found.noted if row[0] not in over]
    found.named = [row for row in found.named if row[0] not in over] + list(over.values())


def _by_person(
    incoming: Iterable[Row], keys: Mapping[str, str], found: Difference, void: frozenset[str]
) -> tuple[dict[str, Row], set[str]]:
    """Return the one row of each person, and the people with several rows that differ: none of those rows counts."""
    named: dict[str, Row] = {}
    contradictory: set[str] = set()
    for row in incoming:
        person = row[0]
        if keys.get(person) != row[KEY]:
            found.waiting.append(of_nobody(row, "unmatched" if row[KEY] not in void else "contradictory"))
            continue
        if row[KEY] in void:
            contradictory.add(person)
        before = named.setdefault(person, row)
        if bool(before[MISSED]) != bool(row[MISSED]):  # a row of the last snapshot is preferred
            named[person] = row if before[MISSED] else before
        elif before[VALUES:] != row[VALUES:]:
            contradictory.add(person)
            found.waiting.append(of_nobody(row, "contradictory"))
    found.waiting += [of_nobody(named.pop(person), "contradictory") for person in contradictory]
    return named, contradictory


def of_nobody(row: Row, why: Waiting) -> Row:
    """Return a current row as a waiting row of nobody."""
    return [row[KEY], 0, why, *row[MISSED:]]
