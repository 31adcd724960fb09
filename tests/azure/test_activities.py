"""How long an activity is hidden: host.json's value brings cut-off work back, and doubles no long work [AZ-10]."""

from __future__ import annotations

import json
import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.azure_stage import report
from tests.support.host_process import APPS, ROOT, HostProcess, eventually

pytestmark = pytest.mark.long

SCHEDULES = {"TICK_SCHEDULE": "0 0 0 1 1 *", "SLOW_SCHEDULE": "0 0 0 1 1 *"}
CHOSEN = json.loads((ROOT / "host.json").read_text())["extensions"]["durableTask"]["storageProvider"][
    "workItemQueueVisibilityTimeout"
]
HOURS, MINUTES, SECONDS = (int(part) for part in CHOSEN.split(":"))
HIDDEN = timedelta(hours=HOURS, minutes=MINUTES, seconds=SECONDS).total_seconds()


@pytest.fixture
def host(start_host: Any, tmp_path: Path) -> HostProcess:
    """A host of the contract's app with the time that host.json chose."""
    document = json.loads((APPS / "contract" / "host.json").read_text())
    document["extensions"]["durableTask"]["storageProvider"]["workItemQueueVisibilityTimeout"] = CHOSEN
    app = tmp_path / "app"
    app.mkdir()
    (app / "host.json").write_text(json.dumps(document))
    (app / "function_app.py").symlink_to(APPS / "contract" / "function_app.py")
    started: HostProcess = start_host(app, settings=SCHEDULES)
    return started


def test_an_activity_longer_than_that_runs_once_while_its_worker_lives(host: HostProcess) -> None:
    """The extension hides its work item again and again: one begin, one end, and the result arrives."""
    lasts = HIDDEN * 1.7
    given = {"activity": "lasts", "input": {"seconds": lasts}}
    assert host.request("POST", "/api/start/calls/long", given)[0] == 200
    eventually(lambda: len(host.notes.lines("lasts")) >= 2, lasts + 60)
    assert host.orchestration("long")["output"] == "ended"
    assert [row["begin"] for row in host.notes.lines("lasts")] == [True, False]


def test_an_activity_that_a_crash_cut_off_runs_again_after_it(host: HostProcess) -> None:
    """The engine dies under it: the work item shows again after that time, not before, and the orchestration ends."""
    given = {"activity": "lasts", "input": {"seconds": 20}}
    assert host.request("POST", "/api/start/calls/cut", given)[0] == 200
    eventually(lambda: host.notes.lines("lasts"))
    # Before its history is stored, the orchestration itself would wait for its control message: 5 minutes.
    eventually(lambda: host.orchestrations()[0]["runtimeStatus"] == "Running")
    began = time.monotonic()
    os.kill(host.engine_process(), signal.SIGKILL)
    eventually(lambda: sum(row["begin"] for row in host.notes.lines("lasts")) == 2, HIDDEN + 60)
    waited = time.monotonic() - began
    eventually(lambda: host.orchestrations()[0]["runtimeStatus"] == "Completed", 120)
    report(test="activity cut off", hidden=HIDDEN, waited=round(waited), ended=round(time.monotonic() - began))
    assert HIDDEN - 5 <= waited <= HIDDEN + 30
    assert host.orchestrations()[0]["output"] == "ended"
