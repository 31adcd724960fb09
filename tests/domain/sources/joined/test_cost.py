"""What a source costs is told in words before anything runs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from upa_core.domain.sources.contract import KeyPart
from upa_core.domain.sources.joined.cost import calls_a_day, cost_of
from upa_core.domain.sources.joined.secondary import Secondary

KEY = (KeyPart("id", "id"),)


@pytest.mark.parametrize(
    ("secondary", "words"),
    [
        (Secondary("a", KEY), ()),
        (Secondary("a", KEY, kind="group"), ("1 call at each pull", "every 7 days 2, and 1 for each 500 members")),
        (Secondary("a", KEY, kind="group", nested="include"), ("at each pull 1 call, and 1 for each 999 members",)),
        (Secondary("a", KEY, kind="manager"), ("1 for each 20 people", "every 7 days 1 for each 999 users")),
    ],
)
def test_each_kind_says_its_calls(secondary: Secondary, words: tuple[str, ...]) -> None:
    """A file and a query ask Graph for nothing."""
    told = cost_of(secondary, timedelta(days=7))

    assert all(word in told for word in words)
    assert bool(told) == bool(words)
    assert not words or "every 6:00:00" in cost_of(secondary, timedelta(hours=6)) or secondary.nested == "include"


@pytest.mark.parametrize(
    ("secondary", "calls"),
    [
        (Secondary("a", KEY), 0),
        (Secondary("a", KEY, kind="group"), 96 + (2 + 10) / 7),
        (Secondary("a", KEY, kind="group", nested="include"), 96 * (1 + 6)),
        (Secondary("a", KEY, kind="manager"), 96 + (1 + 101) / 7),
    ],
)
def test_a_day_without_changes_is_counted(secondary: Secondary, calls: float) -> None:
    """5,000 members, 100,000 people, a pull every quarter of an hour, everybody once a week."""
    found = calls_a_day(secondary, 5_000, 100_000, pulls=96, full_every=timedelta(days=7))

    assert found == pytest.approx(calls)
