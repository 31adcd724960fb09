"""Where `:since` is a parameter, and how far a database was read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from upa_core.domain.errors import CorruptStateError, RefusedError
from upa_core.domain.sources.joined.since import Cursor, Highest, read_mark, split_at_since, write_mark

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "parts"),
    [
        ("SELECT 1", ["SELECT 1"]),
        ("a >= :since", ["a >= ", ""]),
        ("a >= :SINCE OR b >= :since)", ["a >= ", " OR b >= ", ")"]),
        ("a = ':since' AND b='it''s :since'", ["a = ':since' AND b='it''s :since'"]),
        ('":since" [:since] $$:since$$ $x$ :since $x$', ['":since" [:since] $$:since$$ $x$ :since $x$']),
        ("a -- :since\n>= :since /* :since */", ["a -- :since\n>= ", " /* :since */"]),
        ("a::since, :sinced", ["a::since, :sinced"]),
    ],
)
def test_only_outside_of_texts_names_and_comments_it_is_a_parameter(query: str, parts: list[str]) -> None:
    """A cast and a longer name are none either."""
    assert split_at_since(query) == parts


def test_each_kind_begins_its_lag_earlier() -> None:
    """A day whole days, a number its own lag, a text a second more, for fractions sort behind."""
    cursor = Cursor("at", timedelta(minutes=10), back=3)

    assert [
        cursor.begin(mark)
        for mark in (
            NOW,
            date(2026, 3, 1),
            7,
            Decimal(7),
            b"\0\7",
            b"\0\1",
            "2026-11-22 10:15:00.5",
            "2026-11-22T00:05:00Z",
        )
    ] == [
        NOW - timedelta(minutes=10),
        date(2026, 2, 28),
        4,
        4,
        b"\0\4",
        b"\0\0",
        "2026-11-22 10:04:59",
        "2026-11-21T23:54:59Z",
    ]
    with pytest.raises(RefusedError, match="column at holds text that is no time"):
        cursor.begin("v7")


def test_the_highest_is_never_later_than_the_question() -> None:
    """Of each kind that has a time; numbers have none."""
    naive = NOW.replace(tzinfo=None)
    for values, wanted in (
        ([NOW, NOW + timedelta(days=1), None], NOW),
        ([naive - timedelta(1), naive + timedelta(1)], naive),
        ([date(2027, 1, 1)], date(2026, 11, 22)),
        (["2026-11-22 09:00:00", "2099-01-01 00:00:00"], "2026-11-22 10:15:00"),
        ([3, 9, 4], 9),
        ([None], None),
    ):
        highest = Highest("at", NOW)
        highest.add(values)
        assert highest.value == wanted


def test_what_has_no_order_is_refused() -> None:
    """Fractions, truth values, and two kinds in one column."""
    for values in ([1.5], [True], [1, "2026-11-22"], [NOW, NOW.replace(tzinfo=None)]):
        with pytest.raises(RefusedError, match="cursor column at holds"):
            Highest("at", NOW).add(values)


def test_a_mark_is_remembered_with_its_kind() -> None:
    """It comes back as it was; anything else is told."""
    for value in (NOW, NOW.replace(tzinfo=None), date(2026, 1, 2), 7, Decimal("7.5"), b"\0\xff", "2026-11-22"):
        assert read_mark(write_mark(value)) == value
        assert type(read_mark(write_mark(value))) is type(value)
    for held in (["time", "x"], ["hour", "1"], 7, ["decimal", "x"]):
        with pytest.raises(CorruptStateError):
            read_mark(held)
