"""NCRONTAB: what Azure's timer triggers understand, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions_host.errors import SettingsError
from functions_host.triggers.cron import CronSchedule, parse_schedule

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)  # a Sunday
moments = st.integers(946684800, 4102444800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 */5 * * * *", "2026-11-22 12:05:00"),
        ("30 */5 * * * *", "2026-11-22 12:00:30"),
        ("0 0 * * * *", "2026-11-22 13:00:00"),
        ("0 0 */2 * * *", "2026-11-22 14:00:00"),
        ("0 0 9-17 * * *", "2026-11-22 13:00:00"),
        ("0 30 9 * * *", "2026-11-23 09:30:00"),
        ("0 30 9 * * 1-5", "2026-11-23 09:30:00"),
        ("0 30 9 * * MON-FRI", "2026-11-23 09:30:00"),
        ("0 30 9 * * saturday", "2026-11-28 09:30:00"),
        ("0 30 9 * Jan Mon", "2027-01-04 09:30:00"),
        ("0 5,8,10 * * * *", "2026-11-22 12:05:00"),
        ("*/10 * * * * *", "2026-11-22 12:00:10"),
        ("5/20 * * * * *", "2026-11-22 12:00:05"),
        ("0 0 0 31 * *", "2026-12-31 00:00:00"),
        ("0 5/1 12 * * *", "2026-11-22 12:05:00"),
        ("5/0 * * * * *", "2026-11-22 12:00:05"),
        ("0 5/-2 * * * *", "2026-11-22 12:05:00"),
        ("0 0 0 * 1/1 *", "2026-11-23 00:00:00"),
        ("0 0 0 * j *", "2027-01-01 00:00:00"),
        ("0 0 0 * m m", "2027-03-01 00:00:00"),
        ("0 0 0 * * th", "2026-11-26 00:00:00"),
        ("0 0 0 29 2 *", "2028-02-29 00:00:00"),
        ("0 0 0 29 2 1", "2044-02-29 00:00:00"),
        ("0 0 12 * * *", "2026-11-23 12:00:00"),
        ("*/5 * * * *", "2026-11-22 12:05:00"),
        ("0 17-9 * * * *", "2026-11-22 12:09:00"),
        ("00:01:30", "2026-11-22 12:01:30"),
        ("24:00:00", "2026-11-23 12:00:00"),
    ],
)
def test_next_occurrence(text, expected):
    """The first occurrence after Sunday 22 November 2026, noon."""
    assert parse_schedule(text).next_after(NOON) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_days_of_month_and_week_must_both_match():
    """Unlike cron, the 13th on a Friday is Friday the 13th."""
    schedule = parse_schedule("0 0 0 13 * 5")
    assert schedule.next_after(NOON) == datetime(2027, 8, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "* * * *",
        "* * * * * * *",
        "60 * * * * *",
        "* 60 * * * *",
        "* * 24 * * *",
        "* * * 0 * *",
        "* * * * 13 *",
        "* * * * * 7",
        "a * * * * *",
        "*/x * * * * *",
        "1- * * * * *",
        "-1 * * * * *",
        "1,,2 * * * * *",
        "0 0 0 30 2 *",
        "0 0 0 * * Sun.",
        "0\t0 0 * * *",
        "00:00:00",
        "² * * * * *",
    ],
)
def test_what_can_not_be_read_is_refused(text):
    """The message quotes the schedule and shows the six fields."""
    with pytest.raises(SettingsError) as caught:
        parse_schedule(text)
    assert repr(text) in str(caught.value)
    assert "second minute hour day month day-of-week" in caught.value.one_line()


def field(low, high):
    """Return a strategy for the text of one field."""
    number = st.integers(low, high).map(str)
    pair = st.tuples(number, number).map("-".join)
    step = st.tuples(st.one_of(st.just("*"), number, pair), st.integers(1, 20).map(str)).map("/".join)
    return st.lists(st.one_of(st.just("*"), number, pair, step), min_size=1, max_size=3).map(",".join)


texts = st.tuples(
    field(0, 59), field(0, 59), field(0, 23), st.one_of(st.just("*"), field(1, 28)), field(1, 12), field(0, 6)
).map(" ".join)


def parsed(text):
    """Return the schedule, or None if it never fires (Monday the 13th of nothing)."""
    try:
        return parse_schedule(text)
    except SettingsError:
        return None


@given(texts, moments)
def test_the_next_occurrence_matches_and_is_later(text, moment):
    """What comes next is after the moment, fits the schedule, and has no fraction of a second."""
    schedule = parsed(text)
    if schedule is not None:
        following = schedule.next_after(moment)
        assert following > moment
        assert schedule.matches(following)
        assert following.microsecond == 0


@given(texts, moments)
def test_no_occurrence_is_left_out(text, moment):
    """Second by second, nothing between a moment and the next occurrence fits (the nearest 300 s are tried)."""
    schedule = parsed(text)
    if isinstance(schedule, CronSchedule):
        following = schedule.next_after(moment)
        second = moment.replace(microsecond=0) + timedelta(seconds=1)
        for _ in range(300):
            if second >= following:
                break
            assert not schedule.matches(second)
            second += timedelta(seconds=1)


@given(texts, moments)
def test_occurrences_come_in_order(text, moment):
    """A later moment never has an earlier next occurrence."""
    schedule = parsed(text)
    if schedule is not None:
        first = schedule.next_after(moment)
        assert schedule.next_after(first - timedelta(seconds=1)) == first
        assert schedule.next_after(first) > first
