"""Faults that last for a day are given up, and nothing is lost by it."""

from __future__ import annotations

import pytest

from tests.crash.faults import FAULTS, lasting_faults
from tests.crash.scenarios import SCENARIOS

FEW = (SCENARIOS[1],)
"""The whole campaign (`make crash`) takes every scenario and every fault."""


@pytest.mark.parametrize("scenario", FEW, ids=lambda scenario: scenario.name)
def test_a_lasting_fault_is_given_up_and_the_oracle_is_met(scenario: object) -> None:
    """A raw exception, a death, or a lost archive copy: hours later the lane goes on, and SharePoint is right."""
    tally = lasting_faults(scenario, most=3)

    assert 3 <= tally.tried < len(FAULTS)
    assert tally.failures == []
