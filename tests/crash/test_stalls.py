"""A worker that stalls before a set and sends it late leaves no older value behind."""

from __future__ import annotations

from tests.crash.scenarios import SCENARIOS
from tests.crash.stalls import stalls
from tests.support.full import FULL


def test_a_late_set_leaves_no_older_value() -> None:
    """Whoever finds the claim gone when it archives has everything that was sent looked at again."""
    scenario = next(one for one in SCENARIOS if one.name.startswith("both routes"))
    tally = stalls(scenario, most=0 if FULL else 2)

    assert tally.tried >= 2
    assert tally.failures == []
