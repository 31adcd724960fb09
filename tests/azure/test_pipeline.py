"""The pipeline on Microsoft's triggers: the function app as it is, state in storage, the tenant simulated."""

from __future__ import annotations

import io
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.support.azure_stage import (
    app_clock,
    azure_stage,
    eventually,
    on_microsoft_s_triggers,
    place_of_state,
    report,
)
from tests.support.azurite import Azurite
from upa_cli.demo import story
from upa_cli.demo.stage import stage

pytestmark = pytest.mark.long


def test_the_demo_s_story_runs_to_its_end(
    own_storage: Azurite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """600 of 600 profiles are right after hires, edits, a joiner, a leaver and a lost value."""
    on_microsoft_s_triggers(monkeypatch, "*/20 * * * * *")
    staged = partial(stage, clock_text=app_clock(), place=place_of_state(own_storage))
    monkeypatch.setattr(story, "stage", staged)
    told = io.StringIO()
    began = time.monotonic()
    good = story.tell(
        Console(file=told, width=200), folder=tmp_path, feed=None, mapping=None, people=600, keep=False, host=True
    )
    report(test="story", seconds=round(time.monotonic() - began))
    assert good, told.getvalue()
    assert "All 600 profiles equal the oracle" in told.getvalue()


def test_a_run_and_a_difference_on_wall_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a clock of the app's own: durable timers, polls and ticks keep the time that Azure keeps."""
    with azure_stage(tmp_path, monkeypatch, wall_time=True) as staged:
        began = time.monotonic()
        eventually(staged.settled, 300)
        staged.edit(5, "wall")
        eventually(lambda: staged.settled(2), 300)
        report(test="wall time", seconds=round(time.monotonic() - began), longest=_longest(staged, began))
        assert staged.wrong() == []
        assert set(staged.files_queued().values()) == {1}
        assert len(staged.files_queued()) == 2


def _longest(staged: Any, began: float) -> float:
    return round(staged.longest_stand_still(began, time.monotonic()))
