"""Two ways to run the same use cases in the demo: a plain loop here, or the function app in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from upa_cli.demo.narration import Narrator
from upa_cli.runner import run_to_the_end
from upa_core.domain.connector import Connector
from upa_core.domain.events import Event, EventName, Level
from upa_core.ports.bundle import Ports
from upa_core.services.documents import lane_of, state_of

APP = Path(__file__).parents[2]
SCHEDULE = "0 */30 * * * *"
STARTS_WITHIN = 60.0
RUN_WITHIN = 120.0
LOOK_AGAIN = 0.1
"""Seconds of wall time."""


class EngineError(Exception):
    """The function app didn't do what the demo asked for; the text says what was seen."""


class Engine(Protocol):
    """Runs the connector to the end of what is due."""

    def run(self, *, full: bool) -> None:
        """Ask for a run and come back when everything it brings has been settled."""

    def wait_for_delivery(self) -> None:
        """Let the pipeline deliver by itself what escrow makes due."""

    def stop(self) -> None:
        """End what runs in the background; stopping again does nothing."""


class LoopEngine:
    """`upa run`: a plain loop on the stepped clock."""

    def __init__(self, ports: Ports, connector: Connector) -> None:
        """Run this connector."""
        self._ports, self._connector = ports, connector

    def run(self, *, full: bool) -> None:
        """Pull and do what is due, sleeping through import jobs."""
        run_to_the_end(self._ports, self._connector, full=full)

    def wait_for_delivery(self) -> None:
        """Sleep until escrow is due and run."""
        self._ports.clock.sleep(3600)
        self.run(full=False)

    def stop(self) -> None:
        """Nothing runs in the background."""


class HostEngine:
    """The function app under the functions host: runs begin over HTTP; timers, queues, orchestrations do the rest."""

    def __init__(
        self, ports: Ports, connector: Connector, environ: dict[str, str], folder: Path, tell: Narrator
    ) -> None:
        """Start the host and wait until it listens.

        Raises `EngineError` with the host's own last line where it doesn't come up.
        """
        self._ports, self._connector, self._tell = ports, connector, tell
        self._last = ""
        self._base = ""
        self._up = threading.Event()
        places = ["--app", str(APP), "--state", str(folder / "host")]
        self._log = (folder / "host.log").open("w", encoding="utf-8")
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "functions_host", *places, "--json", "--no-keys"],
            cwd=APP,
            env={**os.environ, **environ, "UPA_SCHEDULE": SCHEDULE, "UPA_HOUSEKEEPING_SCHEDULE": "0 30 3 * * *"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._up.wait(STARTS_WITHIN)
        if not self._base:
            self.stop()
            raise EngineError(
                f"the functions host didn't start: {self._last or 'no output'} (see {folder / 'host.log'})"
            )

    def run(self, *, full: bool) -> None:
        """Ask for a run over HTTP, and wait until its rounds are settled."""
        body = json.dumps({"kind": "full" if full else "delta"}).encode()
        request = urllib.request.Request(f"{self._base}/api/runs", body, method="POST")  # noqa: S310 - loopback
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            run = json.load(answer)["runs"][0]["id"]
            self._tell.line(f"POST /api/runs: {answer.status}, run {run}")
        self._until(lambda: self._ended(run), f"run {run} to end")

    def wait_for_delivery(self) -> None:
        """Wait for a tick of the timer that finds escrow due, and for what it brings."""
        before = state_of(self._ports.store, self._connector.name).load().value.runs
        self._until(lambda: self._settled(before), "the timer to deliver what is in escrow")

    def stop(self) -> None:
        """Stop the host."""
        if self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(5)
        self._log.close()

    def _ended(self, run: str) -> bool:
        with urllib.request.urlopen(f"{self._base}/api/runs/{run}") as answer:  # noqa: S310 - loopback
            return json.load(answer)["status"] in ("success", "failed", "no_change", "held") and self._settled(-1)

    def _settled(self, runs_before: int) -> bool:
        state = state_of(self._ports.store, self._connector.name).load().value
        lane = lane_of(self._ports.store, self._connector).load().value
        return state.run is None and not state.sealed and lane.in_flight is None and state.runs > runs_before

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + RUN_WITHIN
        while not holds():
            if self._process.poll() is not None:
                raise EngineError(f"the functions host ended while the demo waited for {what}: {self._last}")
            if time.monotonic() > deadline:
                raise EngineError(f"waited {RUN_WITHIN:.0f} s for {what}")
            time.sleep(LOOK_AGAIN)

    def _read(self) -> None:
        """Turn the host's lines into narration."""
        for line in self._process.stdout or ():
            self._log.write(line)
            self._log.flush()
            self._last = line.strip()
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if said.get("event") == "started":
                self._base = said["base_url"]
                self._tell.functions([(f["name"], f["trigger"]) for f in said["functions"]])
                self._up.set()
            elif said.get("event") == "error":
                self._last = said["message"]
            elif said.get("event") == "log":
                self._hear(said)
        self._up.set()

    def _hear(self, said: dict[str, Any]) -> None:
        extra = {name.removeprefix("upa_"): value for name, value in said.get("extra", {}).items()}
        if "event" in extra:
            level = Level(said["level"].lower()) if said["level"] in ("WARNING", "ERROR") else Level.INFO
            self._tell.emit(Event(EventName(extra["event"]), extra["connector"], extra["run"], level, extra))
        elif said["message"].startswith("Executing 'Functions."):
            self._tell.function(said["message"].split("'")[1].removeprefix("Functions."))
