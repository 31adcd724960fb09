"""Two instances, a release that goes back, a message that is poison, a worker that is away: the pipeline goes on."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.azure_stage import (
    AzureStage,
    Witness,
    app_with,
    azure_stage,
    engine_process,
    eventually,
    is_gone,
    kill_app,
    log_of,
    report,
)
from tests.support.host_process import ROOT
from upa_cli.demo import engine as demo_engine
from upa_cli.demo.engine import HostEngine

pytestmark = pytest.mark.long

TURN = "Executing 'Functions.watch_import_job'"


@contextmanager
def second_instance(staged: AzureStage, patch: pytest.MonkeyPatch) -> Iterator[HostEngine]:
    """Run the function app once more on the same storage, under another name."""
    folder = staged.on.folder / "second"
    folder.mkdir()
    with patch.context() as named:
        named.setenv("FUNCTIONS_HOST_INSTANCE", "host-1")
        second = HostEngine(staged.on.ports, staged.on.connector, staged.on.environ, folder, Witness())
    try:
        yield second
    finally:
        second.stop()


def delivered(staged: AzureStage, began: float, test: str, files: int = 1) -> None:
    """Wait until everything is delivered; every profile is right, and each file became one import job."""
    eventually(lambda: staged.settled() and staged.wrong() == [], 600)
    ended = time.monotonic()
    longest = round(staged.longest_stand_still(began, ended))
    report(test=test, seconds=round(ended - began), longest=longest, files=len(staged.files_queued()))
    assert list(staged.files_queued().values()) == [1] * files


def test_of_two_instances_one_is_killed_and_the_other_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that holds the partition dies for good while an import job runs; the other one ends the run."""
    with azure_stage(tmp_path, monkeypatch) as staged, second_instance(staged, monkeypatch) as second:
        staged.on.sim.timer_job.settings.download_delay = 3600.0
        apps = {staged.on.folder: staged.app, second_folder(staged): second}
        eventually(staged.settled, 400)
        began, before = time.monotonic(), {folder: _turns(folder) for folder in apps}
        staged.edit(5, "two")

        def holders() -> list[Path]:
            return [folder for folder in apps if _turns(folder) > before[folder]]

        eventually(lambda: staged.in_flight() and holders(), 200)
        dead = holders()[-1]
        (survivor,) = (folder for folder in apps if folder != dead)
        done = _turns(survivor)
        kill_app(apps[dead])
        staged.app = apps[survivor]
        delivered(staged, began, "two instances", files=2)
        assert _turns(survivor) > done


def second_folder(staged: AzureStage) -> Path:
    """Return where the second instance keeps its log."""
    return staged.on.folder / "second"


def _turns(folder: Path) -> int:
    return sum(row.get("message", "").startswith(TURN) for row in log_of(folder))


def _newer(document: dict[str, Any]) -> None:
    document["extensions"]["durableTask"]["defaultVersion"] = "2"


def test_a_release_that_goes_back_ends_the_run_under_another_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newer release's orchestration stays as it is; a second instance of the file's watcher does its work."""
    newer = app_with(tmp_path / "newer", _newer)
    with azure_stage(tmp_path / "stage", monkeypatch, app=newer) as staged:
        staged.on.sim.timer_job.settings.download_delay = 3600.0
        began = time.monotonic()
        eventually(lambda: staged.in_flight() and "Running" in staged.orchestrations().values(), 200)
        (old,) = staged.orchestrations()
        staged.app.stop()
        monkeypatch.setattr(demo_engine, "APP", ROOT)
        staged.app.start()
        delivered(staged, began, "rollback")
        eventually(lambda: staged.orchestrations().get(f"{old}~2") == "Completed", 60)
        assert staged.orchestrations()[old] == "Running"


def test_a_poison_message_is_put_aside_and_the_run_behind_it_is_delivered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is no wake-up is tried five times, a minute apart, and lies in the poison queue as it was sent."""
    bad = '{"v": 2, "connector": "demo"}'
    with azure_stage(tmp_path, monkeypatch) as staged:
        began = time.monotonic()
        staged.send("upa-export", bad)
        delivered(staged, began, "poison")
        eventually(lambda: staged.messages("upa-export-poison") == [bad], 400)
        failed = "Executed 'Functions.export_changes' (Failed"
        assert sum(row.get("message", "").startswith(failed) for row in staged.log()) == 5


def test_a_worker_that_is_gone_for_a_minute_costs_no_more_than_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The triggers live on and reach nobody: what they start fails [AZ-13], and the next ticks do it again."""
    with azure_stage(tmp_path, monkeypatch) as staged:
        began = time.monotonic()
        eventually(staged.in_flight, 200)
        engine = engine_process(staged.app)
        holding = os.open(f"/proc/{engine}/fd/0", os.O_WRONLY)  # its standard input stays open, so it stays too
        try:
            staged.app.kill()
            threading.Event().wait(60)
            assert not is_gone(engine)
            os.kill(engine, signal.SIGKILL)
        finally:
            os.close(holding)
        eventually(lambda: is_gone(engine), 30)
        staged.app.start()
        delivered(staged, began, "worker away")
