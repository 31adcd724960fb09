"""A full round that names far fewer people than are known is in doubt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from upa_core.domain.documents.census import Census, counted, without_leavers
from upa_core.domain.plan.source_shrank import find_shrink

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def ago(days: float, people: int) -> Census:
    return Census(NOW - timedelta(days=days), people)


@pytest.mark.parametrize(("named", "doubted"), [(801, False), (800, False), (799, True), (0, True), (1200, False)])
def test_more_than_the_limit_is_too_much(named: int, doubted: bool) -> None:
    """A fifth may be missing, not one person more."""
    found = find_shrink(named, known=1000, censuses=(), limit=20.0, now=NOW)

    assert (found is not None) is doubted


def test_the_reason_tells_both_figures() -> None:
    """An administrator reads how many were named, how many were known, and the limit."""
    found = find_shrink(700, known=0, censuses=[ago(7, 1000)], limit=20.0, now=NOW)

    assert found is not None
    assert found.why == (
        "source_shrank: the full round names 700 people, the full round before named 1000 "
        "who weren't seen to leave: 30.0 % fewer; the limit is 20 %"
    )


@pytest.mark.parametrize(
    ("censuses", "since"),
    [
        ([ago(6, 1000), ago(3, 900), ago(1, 850)], "a full round of the last 7 days"),
        ([ago(28, 1000), ago(14, 900), ago(8, 850)], "a full round of the last 30 days"),
    ],
)
def test_small_losses_add_up(censuses: list[Census], since: str) -> None:
    """A tenth each time is within the limit, and a fourth of the people is gone after a week or a month."""
    found = find_shrink(750, known=850, censuses=censuses, limit=20.0, now=NOW)

    assert found is not None
    assert (found.known, found.since) == (1000, since)


def test_what_is_older_than_thirty_days_is_not_compared() -> None:
    """A loss spread over more than a month is a company that shrinks."""
    assert find_shrink(750, known=850, censuses=[ago(31, 1000), ago(1, 850)], limit=20.0, now=NOW) is None


def test_whoever_was_seen_to_leave_is_not_expected() -> None:
    """People whom the source removed by name are no loss."""
    censuses = without_leavers([ago(7, 1000)], 250)

    assert find_shrink(750, known=0, censuses=censuses, limit=20.0, now=NOW) is None


def test_no_limit_is_no_limit() -> None:
    """A connector may take any number for granted."""
    assert find_shrink(0, known=1000, censuses=[ago(1, 1000)], limit=None, now=NOW) is None


def test_one_census_a_day_is_kept_for_thirty_days() -> None:
    """The larger of a day's full rounds stays, so that a bad one doesn't hide what was known."""
    kept = counted([ago(31, 5), ago(2, 1000), ago(0.1, 990)], 900, NOW)

    assert [one.people for one in kept] == [1000, 990]
