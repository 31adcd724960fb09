"""Current rows: the last accepted row of each person, and what a new snapshot changes of them.

A current row is `[person, 0, key, missed, value, value, …]`; `missed` is 0 where the last snapshot named the person,
else the number of the first day on which one didn't (only days with an accepted snapshot are numbered). A row of nobody
is `[key, 0, why, missed, value, value, …]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from upa_core.domain.people.changes import Row
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


def of_nobody(row: Row, why: Waiting) -> Row:
    """Return a current row as a waiting row of nobody."""
    return [row[KEY], 0, why, *row[MISSED:]]
