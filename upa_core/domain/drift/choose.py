"""Whom to read next: people whose import ended unexplained first, then those who were read longest ago."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from upa_core.domain.drift.record import DriftPart, PartTotals, minute_of
from upa_core.domain.drift_share import REST
from upa_core.domain.people.changes import PARTITIONS


def due_before(now: datetime, campaign: datetime | None) -> int:
    """Return a minute: people who were last read before it are due.

    `campaign`: when an administrator asked to read everybody. Otherwise a day lies between two reads of a person.
    """
    day = minute_of(now - REST) + 1
    return day if campaign is None else max(day, minute_of(campaign))


def people_due(part: DriftPart, people: Iterable[str], before: int, most: int) -> list[str]:
    """Return the people of a partition who are due, in the order in which they are read, `most` at most."""
    first = set(part.first)
    due = [(person not in first, part.last(person), person) for person in people if part.last(person) < before]
    return [person for _, _, person in sorted(due)[: max(0, most)]]


def next_part(parts: Mapping[str, PartTotals], before: int, skip: Iterable[int] = ()) -> int | None:
    """Return the partition to read next; None where nobody is due in any.

    Partitions with people to be read first come first, then the one with the oldest read. A partition that isn't in the
    index was never read.
    """
    left = set(range(PARTITIONS)) - set(skip)
    unseen = PartTotals()
    order = sorted((not _of(parts, n, unseen).first, _of(parts, n, unseen).oldest, n) for n in left)
    for _, oldest, number in order:
        if oldest < before:
            return number
    return None


def _of(parts: Mapping[str, PartTotals], number: int, unseen: PartTotals) -> PartTotals:
    return parts.get(str(number), unseen)
