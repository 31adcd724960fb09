"""The function app under the functions host needs the worker library, which exists for Python 3.13 and newer."""

from __future__ import annotations

import io
import json
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tenant_sim.people.seeding import seed_generated
from tests.support import quick_start
from upa_cli.demo import engine as demo_engine
from upa_cli.demo import stage as demo_stage
from upa_cli.demo.engine import HostEngine
from upa_cli.demo.narration import Narrator
from upa_cli.demo.stage import Stage
from upa_core.domain.health.events import Event

NEED_THE_WORKER = ["test_app.py", "test_disturbances.py", "test_orchestrator.py", "test_survival.py"]
collect_ignore_glob = [] if sys.version_info >= (3, 13) else NEED_THE_WORKER

OFTEN = "0 */10 * * * *"
QUICK = {"download_delay": 60.0, "processing": 30.0, "importing": 60.0}
"""Seconds of the demo's clock: what is waited for here is the host, not SharePoint."""
PEOPLE = 40

QuickStage = Callable[..., AbstractContextManager[Stage]]
Until = Callable[[Callable[[], bool]], None]


class Witness(Narrator):
    """Remembers the events of the pipeline."""

    def __init__(self) -> None:
        super().__init__(Console(file=io.StringIO()))
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def of(self, name: str) -> list[Event]:
        """Return the events of that name."""
        return [event for event in self.events if event.name.value == name]


class Host:
    """What the functions host of a stage wrote and keeps, seen from outside."""

    def __init__(self, on: Stage) -> None:
        assert isinstance(on.engine, HostEngine)
        self.engine = on.engine
        self._folder = on.folder

    def log(self) -> list[dict[str, Any]]:
        """Return its lines, the last only if it is whole."""
        text = (self._folder / "host.log").read_text(encoding="utf-8")
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines() if line.startswith("{")]

    def lines(self, beginning: str) -> list[dict[str, Any]]:
        """Return the log's records whose message begins so."""
        return [row for row in self.log() if row.get("message", "").startswith(beginning)]

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Meddle with its queues, behind its back."""
        with closing(sqlite3.connect(self._folder / "host" / "state.db", timeout=30)) as database, database:
            return database.execute(statement, values).fetchall()

    def queued(self, queue: str) -> list[str]:
        """Return the messages of a queue."""
        rows = self.sql("SELECT body FROM message WHERE queue = ? ORDER BY number", queue)
        return [body.decode() if isinstance(body, bytes) else body for (body,) in rows]


@pytest.fixture
def until() -> Until:
    """Return a function that waits for a condition, and fails where it doesn't come."""

    def wait(holds: Callable[[], bool], timeout: float = 60.0) -> None:
        deadline = time.monotonic() + timeout
        pause = threading.Event()
        while not holds():
            if time.monotonic() > deadline:
                pytest.fail(f"not within {timeout} s")
            pause.wait(0.05)

    return wait


@pytest.fixture
def quick_stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> QuickStage:
    """Return the demo's stage with people on it, a tick every ten minutes and quick import jobs."""
    monkeypatch.setattr(demo_engine, "SCHEDULE", OFTEN)
    monkeypatch.setattr(demo_engine, "start_host", quick_start.start_host)

    @contextmanager
    def build(narrator: Narrator, *, time_budget: str = "", page_size: int = 0) -> Iterator[Stage]:
        if time_budget:
            limits = f"    limits:\n      time_budget: {time_budget}\n"
            text = demo_stage.CONNECTOR_FILE.replace("    threshold:\n", f"{limits}    threshold:\n")
            monkeypatch.setattr(demo_stage, "CONNECTOR_FILE", text)
        with demo_stage.stage(tmp_path, narrator, host=True) as on:
            for name, seconds in QUICK.items():
                setattr(on.sim.timer_job.settings, name, seconds)
            if page_size:
                on.sim.delta.options.page_size = page_size
            seed_generated(on.sim, PEOPLE)
            yield on

    return build


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
def host_of() -> Callable[[Stage], Host]:
    """Return a function that looks at the host of a stage."""
    return Host
