"""People whom a source no longer names: when their values are cleared, and when their row ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from upa_core.domain.people.changes import REMOVED, Row
from upa_core.domain.sources.joined.current_rows import MISSED, VALUES, Difference


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


def end_row(found: Difference, person: str) -> None:
    """End a row: its person has no value of the source any more, and is planned for that."""
    found.named.append([person, REMOVED])
    found.left += 1
    del found.after[person]


def end_empty(found: Difference, current: Mapping[str, Row]) -> None:
    """End rows that an offer names without any value: so it says that somebody left."""
    ended = {row[0] for row in found.named if row[1] != REMOVED and all(value is None for value in row[VALUES:])}
    found.named = [row for row in found.named if row[0] not in ended]
    for person in ended:
        if person in current:
            end_row(found, person)
        else:
            del found.after[person]


def name_newcomers(found: Difference, keys: Mapping[str, str], asked: Mapping[str, str]) -> None:
    """Plan whom the source was never asked about under today's key, and doesn't name: what was unknown is empty."""
    named = {row[0] for row in found.named}
    found.named += [
        [person, REMOVED]
        for person, key in keys.items()
        if person not in found.after and person not in named and asked.get(person) != key
    ]


def end_missing(found: Difference, missing: Missing) -> None:
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
