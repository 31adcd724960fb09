"""The model test: random lives of a tenant end with SharePoint equal to the oracle."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import TenantLife
from tests.model.seams import SeamsLife

PHASES = [Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if os.environ.get("UPA_MODEL_SHRINK") else [])]
"""Shrinking a life takes long: it is done on demand."""
EXAMPLES = int(os.environ.get("UPA_MODEL_EXAMPLES", "8"))
STEPS = int(os.environ.get("UPA_MODEL_STEPS", "25"))


LIVES = {TenantLife: EXAMPLES, SeamsLife: max(1, int(os.environ.get("UPA_MODEL_EXAMPLES", "5")) // 5)}
"""Lives, and how many of each kind."""


@pytest.mark.parametrize("life", LIVES)
def test_every_life_ends_with_sharepoint_equal_to_the_oracle(life: type[TenantLife]) -> None:
    """Edits, joins, leaves, restores, faults, deaths, hands and clock jumps lose and corrupt nothing; nor do a third
    route and a second source beside them."""
    life.schedules = life.steps = life.compared = 0
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=LIVES[life],
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
            phases=PHASES,
        ),
    )
    assert life.compared > EXAMPLES or not life.watches_freshness
    print(f"{life.__name__}: schedules {life.schedules}, steps {life.steps}, freshness compared {life.compared}")
