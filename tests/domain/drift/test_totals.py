"""Sums of what was read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from upa_core.domain.drift.record import Difference, DriftPart, Unread, minute_of
from upa_core.domain.drift.totals import DriftTotals, add_up, sum_up

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
OLD = NOW - timedelta(days=3)


def part() -> DriftPart:
    """Return a partition with each kind of finding."""
    return DriftPart(
        reads={"a": (minute_of(OLD), 3), "b": (minute_of(NOW), 3), "c": (minute_of(NOW), 3)},
        found={
            "a": {
                "X": Difference("different", "A", "B", OLD, NOW, 3, times=3),
                "Y": Difference("empty", "A", "", NOW, NOW, 3),
            },
            "b": {"X": Difference("different", "A", "B", NOW, NOW, 3, over=NOW)},
        },
        unread={"c": Unread("no_profile", OLD)},
        first=("a",),
    )


def test_a_partition_is_summed_up_for_everybody_known_now() -> None:
    """People never read, the oldest read, who differs in what."""
    totals = sum_up(part(), ["a", "b", "c", "d"], NOW, campaign=NOW)

    assert (totals.people, totals.never, totals.oldest, totals.newest) == (4, 1, 0, minute_of(NOW))
    assert (totals.first, totals.behind, totals.different) == (1, 2, 1)
    assert totals.unreadable == {"no_profile": 1}
    assert totals.properties["X"].different == 1
    assert totals.properties["X"].since == OLD
    assert totals.properties["X"].contested == 1


def test_partitions_add_up() -> None:
    """An empty one adds nothing, and its oldest read isn't one."""
    one = sum_up(part(), ["a", "b", "c"], NOW, None)
    whole = add_up([one, one, sum_up(DriftPart(), [], NOW, None)])

    assert (whole.people, whole.different, whole.oldest) == (6, 2, minute_of(OLD))
    assert whole.unreadable == {"no_profile": 2}
    assert (whole.contested, whole.differing) == (("X",), ("X", "Y"))
    assert add_up([]) == DriftTotals()
