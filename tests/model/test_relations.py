"""The model test of a group and of managers: after each change, decision and death, profiles equal the oracle."""

from __future__ import annotations

import os

import pytest

from tests.model.relations import RelatedLife

LIVES = max(2, int(os.environ.get("UPA_MODEL_EXAMPLES", "0")) // 5)
STEPS = int(os.environ.get("UPA_MODEL_STEPS", "8"))


@pytest.mark.parametrize("seed", range(LIVES))
def test_after_each_change_each_profile_holds_what_group_and_managers_say(seed: int) -> None:
    """Members come, go and are all gone, managers change, vanish and are renamed, positions are void, the group is
    deleted or out of reach: nobody takes part who shouldn't, and nobody bears a stranger's manager."""
    seen = RelatedLife(seed).run(STEPS)
    print(f"life {seed}: {dict(seen)}")
    assert sum(seen.values()) >= STEPS
