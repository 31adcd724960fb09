"""The count of import jobs against the day's budget."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.clock import START
from upa_core.domain.documents.lane import InFlight, Lane

TODAY = START.date().isoformat()


def test_a_call_that_queued_nothing_is_taken_back_today() -> None:
    """Both counts go down by one."""
    assert Lane(day=TODAY, jobs_today=3, jobs_total=9).uncount_job(START) == Lane(day=TODAY, jobs_today=2, jobs_total=8)


def test_a_call_of_yesterday_is_taken_back_from_the_total_only() -> None:
    """Yesterday's count is no longer anybody's budget."""
    before = Lane(day=TODAY, jobs_today=3, jobs_total=9)

    assert before.uncount_job(START + timedelta(days=1)) == Lane(day=TODAY, jobs_today=3, jobs_total=8)


@pytest.mark.parametrize("days", [0, 1])
def test_a_count_never_falls_below_zero(days: int) -> None:
    """Whatever a lane of an older release holds."""
    assert Lane(day=TODAY).uncount_job(START + timedelta(days=days)) == Lane(day=TODAY)


@pytest.mark.parametrize(("held", "overdue"), [(timedelta(hours=26), True), (timedelta(hours=26, seconds=-1), False)])
def test_a_lane_is_taken_over_after_twenty_six_hours(held: timedelta, overdue: bool) -> None:
    """Nobody gives an import job more than a day; the rest is for the log."""
    file = InFlight("other", "run", "file.json", 1, "queued", since=START)

    assert file.overdue(START + held) is overdue


@pytest.mark.parametrize(("day", "today"), [(TODAY, 4), ((START - timedelta(days=1)).date().isoformat(), 1), ("", 1)])
def test_an_import_job_counts_against_its_day(day: str, today: int) -> None:
    """A new day begins with it; the total goes on."""
    counted = Lane(day=day, jobs_today=3, jobs_total=9).count_job(START)

    assert counted == Lane(day=TODAY, jobs_today=today, jobs_total=10)
