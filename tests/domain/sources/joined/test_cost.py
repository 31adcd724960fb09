"""What a source costs is told in words before anything runs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from upa_core.domain.sources.contract import KeyPart
from upa_core.domain.sources.joined.cost import cost_of
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
