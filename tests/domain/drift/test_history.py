"""Since when a property differs, and how often it was changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from upa_core.domain.drift.compare import Verdict
from upa_core.domain.drift.history import after_read
from upa_core.domain.drift.record import KEPT, Difference

START = datetime(2026, 11, 22, tzinfo=UTC)


def read(
    before: Difference | None, verdict: Verdict, found: str = "X", *, day: int = 0, sequence: int = 1, old: str = "A"
) -> Difference | None:
    """Read on some day."""
    return after_read(before, verdict, old=old, found=found, sequence=sequence, now=START + timedelta(days=day))


def test_a_difference_that_stays_began_when_it_was_first_read() -> None:
    """It counts once."""
    one = read(read(None, "different"), "different", day=5)

    assert one is not None
    assert (one.since, one.seen, one.times) == (START, START + timedelta(days=5), 1)


def test_another_value_is_another_change() -> None:
    """And begins anew."""
    one = read(read(None, "different"), "different", "Y", day=5)

    assert one is not None
    assert (one.since, one.found, one.times) == (START + timedelta(days=5), "Y", 2)


def test_the_same_value_after_a_delivery_is_another_change() -> None:
    """In between it was right."""
    one = read(read(None, "different"), "different", sequence=2, day=1)

    assert one is not None
    assert one.times == 2


def test_a_difference_that_is_over_is_remembered_for_90_days() -> None:
    """Whoever changes the same again is told from it."""
    over = read(read(None, "different"), "equal", day=1)
    assert over is not None
    assert over.over == START + timedelta(days=1)
    again = read(over, "different", day=2)
    assert again is not None
    assert (again.times, again.over) == (2, None)

    assert read(over, "equal", day=1 + KEPT.days) == over
    assert read(over, "equal", day=2 + KEPT.days) is None


def test_what_isnt_settled_leaves_what_is_known() -> None:
    """Nothing is learnt from it."""
    one = read(None, "different")

    assert read(one, "unsettled", day=1) == one
    assert read(None, "unsettled") is None


def test_three_changes_are_somebody_or_something_else() -> None:
    """The third is told."""
    one = read(None, "different", "a")
    two = read(one, "different", "b")
    three = read(two, "different", "c")

    assert [bool(each and each.contested) for each in (one, two, three)] == [False, False, True]
