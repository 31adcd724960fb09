"""Schedules of disaster, drawn from a seed: the triggers, the worker or both are killed, storage goes away."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import pytest

from tests.support.azure_stage import AzureStage, azure_stage, eventually, report

pytestmark = pytest.mark.long

BLOWS = ("engine", "worker", "both", "storage")
BLOWS_IN_A_SCHEDULE = 4
IN_FLIGHT_SHARE = 0.5
"""Of the blows after the first: they wait until an import job is in flight. The first always does."""
LONGEST_ABSENCE = 60.0
"""Of storage, in seconds of wall time."""


@pytest.mark.parametrize("seed", range(10))
def test_whatever_is_killed_nothing_is_lost_or_doubled(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the end every profile is right, each file became one import job, and storage names nothing that is due."""
    chance = random.Random(f"azure {seed}")
    with azure_stage(tmp_path, monkeypatch) as staged:
        began = time.monotonic()
        blows = [_strike(staged, chance, began, number) for number in range(BLOWS_IN_A_SCHEDULE)]
        staged.edit(5, "after all")
        eventually(lambda: staged.settled() and staged.wrong() == [], 600)
        ended = time.monotonic()
        staged.keep_house()
        eventually(lambda: staged.on.ports.library.items() == [], 240)
        report(
            test="kills",
            seed=seed,
            blows=blows,
            seconds=round(ended - began),
            longest=round(staged.longest_stand_still(began, ended)),
            files=len(staged.files_queued()),
        )
        assert set(staged.files_queued().values()) == {1}
        assert staged.messages("upa-pull-poison") == staged.messages("upa-export-poison") == []


def _strike(staged: AzureStage, chance: random.Random, began: float, number: int) -> str:
    """Wait for an import job in flight or only a little, kill something, and return what and when."""
    if number == 0 or chance.random() < IN_FLIGHT_SHARE:
        staged.edit(5, f"blow {number}")
        eventually(staged.in_flight, 300)
    threading.Event().wait(chance.uniform(0.5, 15))
    blow = chance.choice(BLOWS)
    moved = "in flight" if staged.in_flight() else "not in flight"
    at = f"{time.monotonic() - began:.0f} s, {moved}"
    match blow:
        case "engine":
            staged.kill_engine()
        case "worker":
            staged.kill_worker()
        case "both":
            staged.kill_both()
        case "storage":
            absence = chance.uniform(5, LONGEST_ABSENCE)
            with staged.storage_away():
                threading.Event().wait(absence)
            return f"{at}: storage away for {absence:.0f} s"
    return f"{at}: {blow}"
