"""What of a plan's changes updates and what clears."""

from __future__ import annotations

import pytest

from upa_core.domain.plan.entry import Entry, count_changes


@pytest.mark.parametrize(
    ("entry", "counted"),
    [
        (Entry("p", {"City": "Rome"}, {}), (1, 0)),
        (Entry("p", {"City": ""}, {}), (1, 0)),
        (Entry("p", {"City": ""}, {"City": "Rome"}), (0, 1)),
        (Entry("p", {"City": ""}, {}, lost=True), (0, 1)),
        (Entry("p", {"City": "", "State": "x"}, {"City": "Rome"}), (1, 1)),
        (Entry("p", {"City": "Bern"}, {"City": "Rome"}), (1, 0)),
    ],
)
def test_clearing_is_counted_where_a_value_is_or_may_be_there(entry: Entry, counted: tuple[int, int]) -> None:
    """An unknown value that is emptied is an update, among others too."""
    plain = Entry("q", {"City": "Rome"}, {})

    assert count_changes([entry]) == counted
    assert count_changes([plain, entry]) == (counted[0] + 1, counted[1])
