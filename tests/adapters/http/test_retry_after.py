"""The Retry-After header."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upa_core.adapters.http.retry_after import LONGEST, parse_retry_after

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("30", 30.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("-5", None),
        ("999999999", LONGEST),
        ("Sun, 22 Nov 2026 10:16:30 GMT", 90.0),
        ("Sun, 22 Nov 2026 10:14:00 GMT", None),
        ("Sun, 22 Nov 2026 10:16:30 -0000", 90.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST),
        (None, None),
        ("", None),
        ("soon", None),
        ("1e9", None),
        ("inf", None),
        ("nan", None),
        ("１２", None),
        ("Sun, 99 Nov 2026 10:16:30 GMT", None),
    ],
)
def test_forms(text: str | None, seconds: float | None) -> None:
    """Seconds and dates are read, past and negative ones can't be meant, garbage is no header."""
    assert parse_retry_after(text, NOW) == seconds


def test_longest_pause_is_a_day() -> None:
    """No pause is longer than a day."""
    assert LONGEST == 86_400


@given(st.text())
def test_any_text_is_a_pause_or_nothing(text: str) -> None:
    """Whatever a service writes, the result is None or a sane number of seconds."""
    pause = parse_retry_after(text, NOW)

    assert pause is None or 0 <= pause <= LONGEST


@given(st.integers(0, 80_000))
def test_date_and_seconds_agree(seconds: int) -> None:
    """A date so many seconds ahead is as long a pause as the number."""
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)

    assert parse_retry_after(date, NOW) == parse_retry_after(str(seconds), NOW)
