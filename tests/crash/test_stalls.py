"""A worker that stalls before a set and sends it late leaves no older value behind."""

from __future__ import annotations

import pytest

from tests.crash.scenarios import SCENARIOS
from tests.crash.stalls import stalls
from tests.support.full import FULL


@pytest.mark.parametrize("name", ["both routes", "everybody read at once"])
def test_a_late_set_leaves_no_older_value(name: str) -> None:
    """Whoever finds the claim gone when it archives has everything that was sent looked at again.

    Also where users' edits are kept: what was sent late is ours, and gives way to the newer value.
    """
    scenario = next(one for one in SCENARIOS if one.name.startswith(name))
    tally = stalls(scenario, most=0 if FULL else 1)

    assert tally.tried >= 1
    assert tally.failures == []
