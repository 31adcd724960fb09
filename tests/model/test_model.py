"""The model test: random lives of a tenant end with SharePoint equal to the oracle."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import TenantLife

PHASES = [Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if os.environ.get("UPA_MODEL_SHRINK") else [])]
"""Shrinking a life takes long: it is done on demand."""
EXAMPLES = int(os.environ.get("UPA_MODEL_EXAMPLES", "15"))
STEPS = int(os.environ.get("UPA_MODEL_STEPS", "25"))


def test_every_life_ends_with_sharepoint_equal_to_the_oracle() -> None:
    """Edits, joins, leaves, restores, faults, deaths, hands and clock jumps lose and corrupt nothing."""
    TenantLife.schedules = TenantLife.steps = 0
    run_state_machine_as_test(
        TenantLife,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
            phases=PHASES,
        ),
    )
    print(f"model schedules {TenantLife.schedules}, steps {TenantLife.steps}")
