"""Whom to read next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from upa_core.domain.drift.choose import due_before, next_part, people_due
from upa_core.domain.drift.record import DriftPart, PartTotals, minute_of
from upa_core.domain.people.changes import PARTITIONS

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
AGO = {days: minute_of(NOW - timedelta(days=days)) for days in (0, 1, 2, 3)}


def test_whoever_was_read_longest_ago_comes_first() -> None:
    """Somebody never read before all; nobody within a day of the last read."""
    part = DriftPart(reads={"a": (AGO[2], 0), "b": (AGO[3], 0), "c": (AGO[0], 0)})

    assert people_due(part, "abcd", due_before(NOW, None), 9) == ["d", "b", "a"]
    assert people_due(part, "abcd", due_before(NOW, None), 1) == ["d"]


def test_people_whose_import_ended_unexplained_come_before_others() -> None:
    """Whenever those were read."""
    part = DriftPart(reads={"a": (AGO[2], 0), "b": (AGO[3], 0)}, first=("a",))

    assert people_due(part, "ab", due_before(NOW, None), 9) == ["a", "b"]


def test_when_everybody_is_read_at_once_only_the_beginning_counts() -> None:
    """Whoever was read since then is done."""
    began = NOW - timedelta(hours=2)
    part = DriftPart(reads={"a": (minute_of(began) - 1, 0), "b": (minute_of(began), 0)})

    assert people_due(part, "ab", due_before(NOW, began), 9) == ["a"]


def test_partitions_are_gone_through_by_their_oldest_read() -> None:
    """Those with people to be read first come before; one that was never looked at is the oldest."""
    rested = {str(n): PartTotals(people=1, oldest=AGO[0]) for n in range(PARTITIONS)}
    before = due_before(NOW, None)
    old = PartTotals(people=1, oldest=AGO[3])

    assert next_part(rested, before) is None
    assert next_part({**rested, "7": old}, before) == 7
    assert next_part({**rested, "7": old, "9": PartTotals(people=1, oldest=AGO[2], first=1)}, before) == 9
    assert next_part({**rested, "7": old}, before, skip=[7]) is None
    assert next_part({one: each for one, each in rested.items() if one != "5"}, before) == 5
