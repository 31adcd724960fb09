"""The crash test, bounded: most scenarios, every so many points; `python -m tests.crash` tries them all."""

from __future__ import annotations

import os

import pytest

from tests.crash.campaign import campaign
from tests.crash.scenarios import SHORT, Scenario

MOST = int(os.environ.get("UPA_CRASH_POINTS", "6"))
"""Deaths a scenario."""


@pytest.mark.parametrize("scenario", SHORT, ids=lambda scenario: scenario.name)
def test_a_death_at_any_call_loses_nothing_and_queues_nothing_twice(scenario: Scenario) -> None:
    """After a death SharePoint equals the oracle, the archive is whole, the library clean, no file queued twice."""
    most = max(1, int(MOST * scenario.short))
    tally = campaign(scenario, most=most)
    print(f"{scenario.name}: crash points tried {tally.tried}, failed {len(tally.failures)}")
    assert tally.tried >= min(most, 6)
    assert tally.failures == []
