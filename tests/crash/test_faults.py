"""Faults that last for a day are given up, and nothing is lost by it."""

from __future__ import annotations

import pytest

from tests.crash.faults import FAULTS, lasting_faults, live_through
from tests.crash.scenarios import SCENARIOS

FEW = (SCENARIOS[1],)
"""The whole campaign (`make crash`) takes every scenario and every fault."""


@pytest.mark.parametrize("scenario", FEW, ids=lambda scenario: scenario.name)
def test_a_lasting_fault_is_given_up_and_the_oracle_is_met(scenario: object) -> None:
    """A raw exception, a death, or a lost archive copy: hours later the lane goes on, and SharePoint is right."""
    tally = lasting_faults(scenario, most=3)

    assert 3 <= tally.tried < len(FAULTS)
    assert tally.failures == []


def test_whoever_stood_in_the_lost_part_of_an_import_gets_the_connectors_value_again() -> None:
    """The plan of an import doesn't know what the connector has confirmed: everybody is sent again."""
    scenario = next(one for one in SCENARIOS if one.name.startswith("import that overrides"))

    assert live_through(scenario, FAULTS["archive copy damaged"]) == []
