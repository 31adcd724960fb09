"""What storage is asked in a day, counted from its own log: idle, by a tick, by a run and by each look of a run."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.support.azure_requests import requests_in
from tests.support.azure_stage import AzureStage, app_with, azure_stage, eventually, report

pytestmark = pytest.mark.long

NEVER = "0 0 0 1 1 *"
IDLE_FOR = 60.0 * float(os.environ.get("UPA_IDLE_MINUTES", "4"))
"""Seconds of wall time; the reference's table was counted over ten minutes."""
Counts = Counter[tuple[str, str]]


@pytest.mark.parametrize("seconds", [10, 30])
def test_an_idle_day_and_a_day_with_runs(seconds: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request has a name; the engine's own polling is what an idle app costs, its state is asked for nothing."""
    interval = f"00:00:{seconds}"  # of both; host.json polls its own queues less often than Durable's

    def poll_so(document: dict[str, Any]) -> None:
        document["extensions"]["queues"]["maxPollingInterval"] = interval
        document["extensions"]["durableTask"]["storageProvider"]["maxQueuePollingInterval"] = interval

    app = app_with(tmp_path / "app", poll_so)
    log = tmp_path / "requests.log"
    with azure_stage(tmp_path / "stage", monkeypatch, app=app, wall_time=True, schedule=NEVER, requests=log) as staged:
        staged.ask_for_run()
        eventually(staged.settled, 300)
        threading.Event().wait(75)  # until the pauses between polls have grown to their longest
        idle = _counted(log, IDLE_FOR)
        tick = _beyond(idle, log, lambda: _tick(staged))
        short, few = _run(staged, idle, log, "short", 10.0)
        long, many = _run(staged, idle, log, "long", 150.0)
    for name, counts in (("idle", idle), ("tick", tick), ("short", short), ("long", long)):
        rows = [[kind, service, count] for (kind, service), count in sorted(counts.items())]
        report(
            test="transactions", interval=seconds, what=name, looks={"short": few, "long": many}.get(name), rows=rows
        )
    assert [key for key in idle + tick + short + long if key[0] == "unknown"] == []
    assert many > few
    assert sum(count for (kind, _), count in idle.items() if kind == "the app's state") == 0
    a_day = sum(idle.values()) / IDLE_FOR * 86_400
    assert a_day < (85_000 if seconds == 10 else 60_000)


def _counted(log: Path, wait: float) -> Counts:
    before = requests_in(log)
    threading.Event().wait(wait)
    return requests_in(log) - before


def _beyond(idle: Counts, log: Path, act: Callable[[], None]) -> Counts:
    """Return what something asks for, and an idle app doesn't in that time."""
    before, began = requests_in(log), time.monotonic()
    act()
    share = (time.monotonic() - began) / IDLE_FOR
    found = requests_in(log) - before
    return Counter({key: max(round(count - idle[key] * share), 0) for key, count in found.items()})


def _tick(staged: AzureStage) -> None:
    urlopen(Request(f"{staged.app.base_url}/admin/functions/pull_changes", b'{"input": ""}')).close()
    threading.Event().wait(45)


def _run(staged: AzureStage, idle: Counts, log: Path, text: str, download: float) -> tuple[Counts, int]:
    """Return what a run with a few changes asks for, and how often its import job was looked at."""
    staged.on.sim.timer_job.settings.download_delay = download
    staged.edit(5, text)
    before, runs = _looks(staged), staged.witness.events["upa.run.ended"]

    def run() -> None:
        staged.ask_for_run("delta")
        # Seen by the app's own words: a look into storage would be counted.
        eventually(lambda: staged.witness.events["upa.run.ended"] > runs, 500)
        threading.Event().wait(15)

    return _beyond(idle, log, run), _looks(staged) - before


def _looks(staged: AzureStage) -> int:
    return sum(row.get("message", "").startswith("Executed 'Functions.watch_step'") for row in staged.log())
