"""Two ways to run the same use cases in the demo: a plain loop here, or the function app in its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from upa_cli.demo.narration import Narrator
from upa_cli.work.runner import run_to_the_end
from upa_core.domain.connector import Connector
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.ports.bundle import Ports
from upa_core.state.document import lane_of, state_of

_IN_WHEEL = Path(__file__).parents[1] / "app"
APP = _IN_WHEEL if _IN_WHEEL.is_dir() else Path(__file__).parents[2]
"""The folder of function_app.py: a wheel carries it, a checkout has it at its root."""
SCHEDULE = "0 */30 * * * *"
STARTS_WITHIN = 60.0
STOPS_WITHIN = 10.0
RUN_WITHIN = 120.0
LOOK_AGAIN = 0.1
"""Seconds of wall time."""


class EngineError(Exception):
    """The function app didn't do what the demo asked for; the text says what happened."""


class Engine(Protocol):
    """Runs the connector until nothing is due."""

    base_url: str
    """The address of the function app; empty where there is none."""
    key: str
    """The function key that it needs; empty where it needs none."""

    def run(self, *, full: bool) -> None:
        """Ask for a run, and return when everything in it is settled."""

    def wait_for_delivery(self) -> None:
        """Wait until the pipeline delivers the people in escrow who are due."""

    def stop(self) -> None:
        """Stop everything in the background; stopping again does nothing."""


class LoopEngine:
    """`upa run`: a plain loop on the stepped clock."""

    base_url = key = ""

    def __init__(self, ports: Ports, connector: Connector) -> None:
        """Run this connector."""
        self._ports, self._connector = ports, connector

    def run(self, *, full: bool) -> None:
        """Pull and do what is due; sleep through import jobs."""
        run_to_the_end(self._ports, self._connector, full=full)

    def wait_for_delivery(self) -> None:
        """Sleep until escrow is due and run."""
        self._ports.clock.sleep(3600)
        self.run(full=False)

    def stop(self) -> None:
        """Nothing runs in the background."""


def start_host(arguments: Sequence[str], environ: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start the functions host in a process of its own; standard output and errors are one stream of text."""
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "functions_host", *arguments],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


class HostEngine:
    """The function app under the functions host: runs begin over HTTP; timers, queues, orchestrations do the rest."""

    def __init__(
        self,
        ports: Ports,
        connector: Connector,
        environ: dict[str, str],
        folder: Path,
        tell: Narrator,
        *,
        keyed: bool = False,
    ) -> None:
        """Start the host and wait until it listens; with `keyed` it asks for its function key.

        Raises `EngineError` with the host's own last line where it doesn't come up.

        Seven parameters: the parts of the demo's stage.
        """
        self._ports, self._connector, self._tell = ports, connector, tell
        self._folder = folder
        schedules = {"UPA_SCHEDULE": SCHEDULE, "UPA_HOUSEKEEPING_SCHEDULE": "0 30 3 * * *"}
        self._environ = {**os.environ, **environ, **schedules}
        self.base_url = self.key = ""
        self._keyed = keyed
        self._reader: threading.Thread | None = None
        self.start()

    def start(self) -> None:
        """Start the host, or start it again with the state of the last one."""
        if self._reader is not None:
            self._reader.join()
        self._last = self.base_url = ""
        self._up = threading.Event()
        places = ["--app", str(APP), "--state", str(self._folder / "host"), "--port", "0"]
        places += [] if self._keyed else ["--no-keys"]
        self._process = start_host([*places, "--json"], self._environ)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._up.wait(STARTS_WITHIN)
        if not self.base_url:
            self.stop()
            why = self._last or "no output"
            raise EngineError(f"the functions host didn't start: {why} (see {self._folder / 'host.log'})")
        if self._keyed:
            stored = json.loads((self._folder / "host" / "keys.json").read_text(encoding="utf-8"))
            self.key = str(stored["default"])

    def kill(self) -> None:
        """Kill the host like a power failure: without a message, without a write."""
        self._process.kill()

    def run(self, *, full: bool) -> None:
        """Ask for a run over HTTP, and wait until its rounds are settled."""
        body = json.dumps({"kind": "full" if full else "delta"}).encode()
        with self._open("/api/runs", body) as answer:
            run = json.load(answer)["runs"][0]["id"]
            self._tell.line(f"POST /api/runs: {answer.status}, run {run}")
        self._until(lambda: self._ended(run), f"run {run} to end")

    def wait_for_delivery(self) -> None:
        """Wait for a tick of the timer that finds escrow due, and for its results."""
        before = state_of(self._ports.store, self._connector.name).load().value.runs
        self.wait_until_settled(before + 1)

    def wait_until_settled(self, runs: int) -> None:
        """Wait until this many runs have ended and nothing is in flight; only the timer helps."""
        self._until(lambda: self._settled(runs), f"run number {runs} to be settled")

    def stop(self) -> None:
        """Stop the host."""
        self._process.terminate()
        if self._reader is not None:
            self._reader.join(STOPS_WITHIN)
            self._process.kill()
            self._reader.join()

    def _open(self, path: str, body: bytes | None = None) -> Any:
        headers = {"x-functions-key": self.key} if self.key else {}
        request = urllib.request.Request(f"{self.base_url}{path}", body, headers)  # noqa: S310 - loopback
        return urllib.request.urlopen(request)  # noqa: S310

    def _ended(self, run: str) -> bool:
        with self._open(f"/api/runs/{run}") as answer:
            return json.load(answer)["status"] in (
                "complete",
                "partly",
                "failed",
                "no_change",
                "held",
            ) and self._settled(0)

    def _settled(self, runs: int) -> bool:
        state = state_of(self._ports.store, self._connector.name).load().value
        lane = lane_of(self._ports.store, self._connector).load().value
        return state.run is None and not state.sealed and lane.in_flight is None and state.runs >= runs

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + RUN_WITHIN
        while not holds():
            if self._process.poll() is not None:
                raise EngineError(f"the functions host ended while the demo waited for {what}: {self._last}")
            if time.monotonic() > deadline:
                raise EngineError(f"waited {RUN_WITHIN:.0f} s for {what}")
            time.sleep(LOOK_AGAIN)

    def _read(self) -> None:
        """Turn the host's output into narration."""
        with self._process:
            self._read_lines(self._process.stdout or ())
        self._up.set()

    def _read_lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            with (self._folder / "host.log").open("a", encoding="utf-8") as log:
                log.write(line)
            self._last = line.strip()
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if said.get("event") == "started":
                self.base_url = said["base_url"]
                self._tell.functions([(f["name"], f["trigger"]) for f in said["functions"]])
                self._up.set()
            elif said.get("event") == "error":
                self._last = said["message"]
            elif said.get("event") == "log":
                self._hear(said)

    def _hear(self, said: dict[str, Any]) -> None:
        extra = {name.removeprefix("upa_"): value for name, value in said.get("extra", {}).items()}
        if "event" in extra:
            level = Level(said["level"].lower()) if said["level"] in ("WARNING", "ERROR") else Level.INFO
            self._tell.emit(Event(EventName(extra["event"]), extra["connector"], extra["run"], level, extra))
        elif said["message"].startswith("Executing 'Functions."):
            self._tell.function(said["message"].split("'")[1].removeprefix("Functions."))
