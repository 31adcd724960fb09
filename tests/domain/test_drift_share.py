"""What reading back costs, and within how many days everybody is read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from upa_core.domain.drift_share import SHOWN, DriftShare, calls_a_day, costs, day_of, days_for
from upa_core.domain.people_calls import Budget


@pytest.mark.parametrize(
    ("budget", "calls"),
    [
        (Budget(), 750 * 288),
        (Budget(licences=100_000), 3750 * 288),
        (Budget(hours=(20, 5)), 750 * 12 * 9),
        (Budget(per_hour=100), 2400),
        (Budget(per_hour=100, hours=(20, 5)), 900),
        (Budget(per_day=1000), 1000),
    ],
)
def test_a_day_holds_what_the_budget_allows_in_its_open_hours(budget: Budget, calls: int) -> None:
    """The share of the limit in 288 windows, an hour's and a day's limit, and no more."""
    assert day_of(budget) == calls


def test_reading_back_takes_its_share_of_a_day() -> None:
    """A tenth by default, half of it when everybody is read at once."""
    assert calls_a_day(Budget(), DriftShare()) == 21_600
    assert calls_a_day(Budget(), DriftShare(), full=True) == 750 * 0.9 * 96


def test_a_slow_rhythm_reads_fewer() -> None:
    """Each tick takes at most half of one window: the others are left to whoever writes."""
    assert calls_a_day(Budget(), DriftShare(), rhythm=timedelta(hours=1)) == 375 * 24


@pytest.mark.parametrize(("people", "calls", "days"), [(0, 10.0, 1), (10, 10.0, 1), (11, 10.0, 2), (5, 0.0, None)])
def test_days_are_rounded_up(people: int, calls: float, days: int | None) -> None:
    """Nobody is ever read without calls."""
    assert days_for(people, calls) == days


def test_costs_of_three_tenants() -> None:
    """Small tenants are read daily; a million people take ten days, within a fortieth of the tenant's limit."""
    found = {(one.people, one.limit): (one.a_day, one.per_cent, one.days) for one in costs(SHOWN)}

    assert found == {
        (1_000, 3_000): (1_000, 0.12, 1),
        (100_000, 3_000): (21_600, 2.5, 5),
        (100_000, 15_000): (100_000, 2.31, 1),
        (1_000_000, 3_000): (21_600, 2.5, 47),
        (1_000_000, 15_000): (108_000, 2.5, 10),
    }


def test_the_table_in_the_documentation_is_what_the_code_works_out() -> None:
    """Calls a day of tenants of 1,000, 100,000 and 1,000,000 people."""
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "find-drift.md").read_text(encoding="utf-8")
    rows = [
        f"| {one.people:,} | {one.limit:,} | {one.a_day:,} | {one.per_cent} % | {one.days} | {one.full_days} |"
        for one in costs(SHOWN)
    ]

    assert "\n".join(rows) in page
