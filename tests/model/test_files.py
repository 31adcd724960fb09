"""The model test of a joined file: after each delivery, change, decision and death, profiles equal the oracle."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.model.files import FileLife

LIVES = max(4, int(os.environ.get("UPA_MODEL_EXAMPLES", "0")) // 10)
STEPS = int(os.environ.get("UPA_MODEL_STEPS", "8"))


@pytest.mark.parametrize("seed", range(LIVES))
def test_after_each_file_each_profile_holds_what_the_oracle_says(seed: int, tmp_path: Path) -> None:
    """Good, cut, older and repeated files, an emptied column, numbers that change hands, deaths, approvals and
    rejections: nobody loses a value, nobody gets another's, and the figures of freshness are as their oracle says."""
    life = FileLife(seed, tmp_path)
    seen = life.run(STEPS)
    print(f"life {seed}: {dict(seen)}, freshness compared {life.fresh.compared}")
    assert sum(seen.values()) >= STEPS
    assert life.fresh.compared or life.died
