"""The watching orchestration, run by durable's own executor, of whichever line is installed, on a virtual clock."""

from __future__ import annotations

import importlib.util
import sys
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from functions_host.replay.outcome import OrchestratorFailedError
from functions_host.replay.run_all import Replay

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def app() -> ModuleType:
    spec = importlib.util.spec_from_file_location("function_app_under_test", ROOT / "function_app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _watch(app: ModuleType, step: Any) -> Any:
    return Replay(app.watch_import_job, {"watch_step": step})


def test_a_day_of_polling_keeps_its_history_bounded(app: ModuleType) -> None:
    """24 h of polls every quarter of an hour end with the file settled, in executions of at most 25 polls each."""
    seen = []

    def step(spec: dict[str, str]) -> dict[str, Any]:
        seen.append(spec)
        if len(seen) > 96:
            return {"done": True, "at": None, "why": "settled"}
        at = replay.now + timedelta(minutes=15)
        return {"done": False, "at": at.isoformat(), "why": "Processing"}

    replay = _watch(app, step)
    outcome = replay.run({"connector": "demo", "file": "upa-demo-1.json"})

    assert outcome.output == "settled"
    assert outcome.virtual_time >= timedelta(hours=24)
    assert outcome.continued == 96 // 25
    assert outcome.longest_history < 25 * 9
    assert seen[-1] == {"connector": "demo", "file": "upa-demo-1.json"}


def test_a_step_in_the_past_is_waited_for_a_second_at_least(app: ModuleType) -> None:
    """A poll that is overdue doesn't turn the orchestration into a busy loop."""
    answers = [{"done": False, "at": "2020-01-01T00:00:00Z", "why": "late"}] * 3
    answers.append({"done": True, "at": None, "why": "settled"})
    outcome = _watch(app, lambda _: answers.pop(0)).run({"connector": "demo", "file": "f"})

    assert outcome.virtual_time >= timedelta(seconds=3)


def test_an_activity_that_fails_is_tried_again_and_then_fails_the_orchestration(app: ModuleType) -> None:
    """Five attempts 30 s apart; after that the orchestration fails, and the next tick starts another."""
    tries = []

    def step(_: dict[str, str]) -> dict[str, Any]:
        tries.append(1)
        raise RuntimeError("storage can't be reached")

    with pytest.raises(OrchestratorFailedError):
        _watch(app, step).run({"connector": "demo", "file": "f"})

    assert len(tries) == 5


def test_an_activity_that_raises_is_called_again_and_the_orchestration_goes_on(app: ModuleType) -> None:
    """Two failures cost two pauses of the retry; what the third attempt returns is obeyed."""
    answers: list[Any] = [OSError("gone"), OSError("gone"), {"done": True, "at": None, "why": "settled"}]

    def step(_: dict[str, str]) -> dict[str, Any]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)

    outcome = _watch(app, step).run({"connector": "demo", "file": "f"})

    assert outcome.output == "settled"
    assert [call.error for call in outcome.calls] == ["OSError: gone", "OSError: gone", None]
    assert outcome.virtual_time >= timedelta(seconds=60)
