"""When a delivery is expected: after a while, or by a time of day, also where clocks are set."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upa_core.domain.sources.joined.expectation import (
    WEEK,
    ByTime,
    expected_after,
    first_expected,
    in_words,
    missed,
)

BERLIN = ByTime(time(6), "Europe/Berlin")
WORKDAYS = ByTime(time(6), "Europe/Berlin", (0, 1, 2, 3, 4))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}Z")


@pytest.mark.parametrize(
    ("expectation", "delivered", "expected"),
    [
        (26 * HOUR, "2026-11-22T04:00", "2026-11-23T06:00"),
        (BERLIN, "2026-11-22T04:30", "2026-11-23T05:00"),  # half an hour before the deadline of its day
        (BERLIN, "2026-11-22T08:00", "2026-11-23T05:00"),  # three hours late
        (BERLIN, "2026-11-21T21:00", "2026-11-23T05:00"),  # the evening before
        (BERLIN, "2026-11-22T05:00", "2026-11-23T05:00"),  # at the deadline
        (WORKDAYS, "2026-11-20T04:30", "2026-11-23T05:00"),  # Friday: Monday is next
        (WORKDAYS, "2026-11-22T20:00", "2026-11-24T05:00"),  # Sunday evening counts for Monday
        (ByTime(time(6), "Europe/Berlin", (2,)), "2026-11-18T05:30", "2026-11-25T05:00"),
        (ByTime(time(6)), "2026-11-22T05:30", "2026-11-23T06:00"),
    ],
)
def test_a_delivery_counts_for_the_deadline_nearest_to_it(
    expectation: ByTime | timedelta, delivered: str, expected: str
) -> None:
    """The next one is the deadline after that."""
    assert expected_after(expectation, at(delivered)) == at(expected)


@pytest.mark.parametrize(
    ("local", "days"),
    [
        (time(6), ["2026-03-28T05:00", "2026-03-29T04:00", "2026-03-30T04:00"]),  # summer time from the 29th
        (time(2, 30), ["2026-03-28T01:30", "2026-03-29T01:30", "2026-03-30T00:30"]),  # 02:30 doesn't come: 03:30
        (time(0), ["2026-03-28T23:00", "2026-03-29T22:00", "2026-03-30T22:00"]),
    ],
)
def test_clocks_are_set_forward(local: time, days: list[str]) -> None:
    """The time of day stays the same; a time that the clock leaves out is an hour later."""
    deadlines = ByTime(local, "Europe/Berlin").after(at("2026-03-27T23:30"))

    assert list(islice(deadlines, 3)) == [at(one) for one in days]


@pytest.mark.parametrize(
    ("local", "days"),
    [
        (time(6), ["2026-10-24T04:00", "2026-10-25T05:00", "2026-10-26T05:00"]),
        (time(2, 30), ["2026-10-24T00:30", "2026-10-25T01:30", "2026-10-26T01:30"]),  # twice: the second one
    ],
)
def test_clocks_are_set_back(local: time, days: list[str]) -> None:
    """A time that comes twice is a deadline once, the second time: nobody is late too early."""
    deadlines = ByTime(local, "Europe/Berlin").after(at("2026-10-23T23:00"))

    assert list(islice(deadlines, 3)) == [at(one) for one in days]


def test_a_source_that_never_delivered_is_expected_by_the_next_deadline() -> None:
    """From when it is watched on."""
    assert first_expected(BERLIN, at("2026-11-22T04:59")) == at("2026-11-22T05:00")
    assert first_expected(BERLIN, at("2026-11-22T05:00")) == at("2026-11-23T05:00")
    assert first_expected(26 * HOUR, at("2026-11-22T05:00")) == at("2026-11-23T07:00")


def test_missed_deadlines_are_counted() -> None:
    """None at the deadline itself; then one a day, on the days that are named."""
    friday = at("2026-11-20T05:00")
    moments = [timedelta(0), timedelta(seconds=1), DAY, DAY + HOUR, 3 * DAY, 3 * DAY + HOUR, 4 * DAY + HOUR]

    assert [missed(BERLIN, friday, friday + more) for more in moments] == [0, 1, 1, 2, 3, 4, 5]
    assert [missed(WORKDAYS, friday, friday + more) for more in moments] == [0, 1, 1, 1, 1, 2, 3]
    assert [missed(26 * HOUR, friday, friday + more) for more in moments] == [0, 1, 2, 2, 4, 4, 5]


def test_a_deadline_is_shown_by_the_sources_own_clock() -> None:
    """With its zone."""
    assert in_words(BERLIN, at("2026-07-01T04:00")) == "2026-07-01 06:00 Europe/Berlin"
    assert in_words(26 * HOUR, at("2026-07-01T04:00")) == "2026-07-01 04:00 UTC"


@pytest.mark.slow
@given(
    st.times(timezones=st.none()).map(lambda one: one.replace(second=0, microsecond=0)),
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]),
    st.sets(st.sampled_from(WEEK), min_size=1),
    st.datetimes(datetime(2011, 1, 1), datetime(2030, 1, 1)).map(lambda one: one.replace(tzinfo=UTC)),  # noqa: DTZ001
)
def test_whoever_delivers_a_little_before_each_deadline_is_never_late(
    clock: time, zone: str, days: set[int], begin: datetime
) -> None:
    """In every zone, on all days, through each change of clocks; whoever is silent misses the very next deadline."""
    expectation = ByTime(clock, zone, tuple(sorted(days)))
    first, second, third = islice(expectation.after(begin), 3)
    delivered = first - timedelta(minutes=20)

    assert first < second < third
    assert expected_after(expectation, delivered) == second
    assert missed(expectation, second, second) == 0
    assert missed(expectation, second, second + timedelta(minutes=1)) == 1
    assert missed(expectation, second, third + timedelta(minutes=1)) == 2
