"""What a profile shows against what was sent, by type."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upa_core.domain.individual.compare import holds, order_of


@pytest.mark.parametrize(
    ("kind", "wanted", "shown", "told"),
    [
        ("string", "a", "a", True),
        ("string", "a", "A", False),
        ("string", "", None, True),
        ("string", "", "a", False),
        ("string", "a", "", False),
        ("integer", "7", "7", True),
        ("integer", "7", "007", True),
        ("integer", "7", "seven", False),
        ("boolean", "True", "true", True),
        ("boolean", "True", "False", False),
        ("person", "i:0#.f|membership|a@b", "I:0#.F|MEMBERSHIP|A@B", True),
        ("strings", '["a","b, c"]', "a|b, c", True),
        ("strings", '["a","b"]', "b|a", False),
        ("strings", '["a"]', "A", False),
        ("terms", '["Python","C#"]', "python|c#", True),
        ("terms", '["Python"]', "Python|C#", False),
        ("terms", '["R&D","Big  data"]', "R\uff06d|big data", True),
        ("terms", '["R&D"]', "R and D", False),
        ("strings", '["R&D"]', "R\uff06D", False),
        ("strings", "", "", True),
        ("date", "", "1/1/2000 12:00:00 AM", False),
    ],
)
def test_values_by_type(kind: str, wanted: str, shown: str | None, told: bool) -> None:
    """Texts and lists are compared exactly, terms, people and booleans in any letter case, numbers by value.

    Terms are compared in the spelling of the term store.
    """
    assert holds(kind, wanted, shown) is told


@pytest.mark.parametrize(
    ("wanted", "shown", "told"),
    [
        ("2026-11-25 10:15:29", "11/25/2026 10:15:00 AM", True),
        ("2026-11-25 10:15:30", "11/25/2026 10:16:00 AM", True),
        ("2026-11-25 23:59:45", "11/26/2026 12:00:00 AM", True),
        ("2026-11-25 10:15:29", "11/25/2026 10:15:29 AM", True),
        ("2026-11-25 10:15:29", "11/25/2026 10:16:00 AM", False),
        ("2026-11-25 10:15:29", "11/25/2026 10:15:28 AM", False),
    ],
)
def test_a_time_is_held_to_the_minute(wanted: str, shown: str, told: bool) -> None:
    """SharePoint's dates are rounded to the minute: what was rounded holds, another second or minute doesn't."""
    assert holds("datetime", wanted, shown, "mdy") is told


@pytest.mark.parametrize(
    ("shown", "order", "told"),
    [
        ("11/5/2026 12:00:00 AM", "mdy", True),
        ("11/5/2026 12:00:00 AM", "dmy", False),
        ("11/5/2026 12:00:00 AM", None, None),
        ("05.11.2026 00:00:00", "dmy", True),
        ("2026/11/05 0:00:00", "ymd", True),
        ("2026-11-05 00:00:00", None, True),
        ("5/25/2026 12:00:00 AM", None, False),
        ("yesterday", None, None),
        ("yesterday", "mdy", False),
    ],
)
def test_dates_are_days(shown: str, order: str | None, told: bool | None) -> None:
    """A day is found in the order of the caller's language; without that order only what is the same in all is told."""
    assert holds("date", "2026-11-05", shown, order) is told


def test_a_day_that_reads_alike_in_all_orders() -> None:
    """5 May is told without knowing the order."""
    assert holds("date", "2026-05-05", "5/5/2026 12:00:00 AM") is True


@pytest.mark.parametrize(
    ("shown", "told"), [("2/8/2019 7:53:37 PM", True), ("2/8/2019 7:53:37 AM", False), ("2/8/2019 19:53:37", True)]
)
def test_times_count_where_they_were_sent(shown: str, told: bool) -> None:
    """A date-time is compared to the second, by the twelve-hour clock too."""
    assert holds("datetime", "2019-02-08 19:53:37", shown, "mdy") is told


def test_a_format_of_ones_own_is_a_text() -> None:
    """A date in another format than ISO is the same only as the same text; otherwise nobody knows."""
    assert (holds("date", "05.11.26", "05.11.26"), holds("date", "05.11.26", "11/5/2026")) == (True, None)


@given(st.dates(min_value=datetime(1900, 1, 1).date(), max_value=datetime(2079, 1, 1).date()))  # noqa: DTZ001
def test_every_day_in_every_order(day: date) -> None:
    """Whatever the day, its own form is the same and the next day's isn't."""
    text = day.isoformat()
    shown = {
        "mdy": f"{day.month}/{day.day}/{day.year} 12:00:00 AM",
        "dmy": f"{day.day:02}.{day.month:02}.{day.year} 00:00:00",
        "ymd": f"{day.year}-{day.month:02}-{day.day:02} 00:00:00",
    }
    for order, one in shown.items():
        assert holds("date", text, one, order) is True
        assert holds("date", "2080-01-01", one, order) is False


def test_the_order_is_learnt_from_a_known_day() -> None:
    """22 November tells the order; 5 May doesn't."""
    day = datetime(2026, 11, 22)  # noqa: DTZ001

    assert [order_of(t, day) for t in ("11/22/2026 12:00:00 AM", "22.11.2026 00:00:00", "2026-11-22 0:00:00")] == [
        "mdy",
        "dmy",
        "ymd",
    ]
    assert order_of("5/5/2026 12:00:00 AM", datetime(2026, 5, 5)) is None  # noqa: DTZ001
    assert order_of("something", day) is None
