"""The quick part: function apps start on Microsoft's triggers, and messages, timers and orchestrations reach them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.host_process import APPS, ROOT, eventually

SCHEDULES = {"TICK_SCHEDULE": "* * * * * *", "SLOW_SCHEDULE": "0 0 0 1 1 *"}


def test_a_message_a_timer_and_an_orchestration_run_on_microsoft_s_triggers(start_host: Any) -> None:
    """The message comes with its id, the timer every second, and the orchestration ends with its activity's result."""
    host = start_host(APPS / "contract", settings=SCHEDULES)
    sent = host.enqueue("texts", "hello")
    given = {"activity": "texted", "input": "x"}
    assert host.request("POST", "/api/start/calls/first", given)[0] == 200
    assert host.orchestration("first")["output"] == "str:x"
    eventually(lambda: host.notes.lines("text") and len(host.notes.lines("tick")) > 1)
    assert [(row["body"], row["id"]) for row in host.notes.lines("text")] == [("hello", sent)]
    host.stop()  # it would go on ticking beside the next test


def test_the_function_app_starts_on_microsoft_s_triggers_as_it_is(start_host: Any, tmp_path: Path) -> None:
    """It is indexed whole, its queues are listened to, and an orchestration of its own is invoked."""
    settings = {"UPA_SCHEDULE": "0 0 0 1 1 *", "UPA_HOUSEKEEPING_SCHEDULE": "0 0 0 1 1 *"}
    settings |= {"UPA_CONFIG": str(tmp_path / "absent.yaml"), "UPA_STATE": f"folder:{tmp_path / 'state'}"}
    host = start_host(ROOT, settings=settings)
    assert {"pull_changes", "continue_pull", "export_changes", "watch_import_job", "watch_step"} <= set(host.functions)
    host.enqueue("upa-export", json.dumps({"v": 1, "connector": "nobody", "run": "x"}))
    failed = "Executed 'Functions.export_changes' (Failed"
    eventually(lambda: failed in host.log_path.read_text(), 120)  # host.json lets half a minute pass between polls
