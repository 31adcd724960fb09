"""A deployment in the middle of an import job, on the functions host: the app is swapped under what is under way.

The deployed app is unpacked from the deployment package, so that nothing of the checkout helps it; the new version says
in the orchestration's result that it was the one to end it. The platform's part (Azure replacing instances) is not
covered: docs/never-tried-live.md.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.infra.test_package import program
from tests.support.bicep_compiler import ROOT

if sys.version_info < (3, 13):
    pytest.skip("the worker library exists for Python 3.13 and newer only", allow_module_level=True)

from tenant_sim import TenantSim
from tenant_sim.people.seeding import seed_generated
from upa_cli.demo.oracle import differences
from upa_cli.demo.stage import CONNECTOR_FILE
from upa_core import bootstrap
from upa_core.adapters.clock import clock_from
from upa_core.domain.documents.watcher import file_of
from upa_core.state.document import lane_of, state_of

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
FACTOR = 600
IMPORT_JOB = {"download_delay": 3000.0, "processing": 600.0, "importing": 600.0}
"""Seconds; on the wall, 7 s: long enough to be swapped under."""

PYTHON = ".".join(map(str, sys.version_info[:2]))
WITHIN = 120.0
T = TypeVar("T")


class Quiet:
    """An event sink that keeps nothing."""

    def emit(self, event: object) -> None:
        """Do nothing."""


class Deployed:
    """A tenant, a place where an app is deployed, and the host that runs it."""

    def __init__(self, folder: Path) -> None:
        """Build the package, with the libraries that the tests run with."""
        self.folder, self.app = folder, folder / "app"
        program("build-package").build(self.app, config="blob:config/upa.yaml", python=PYTHON, libraries=False)
        self.formula = f"scaled:{START.timestamp():.0f}:{time.time()}:{FACTOR}"
        self.clock = clock_from(self.formula)
        self.sim = TenantSim(self.clock, seed="deployment")
        for name, seconds in IMPORT_JOB.items():
            setattr(self.sim.timer_job.settings, name, seconds)
        seed_generated(self.sim, 40)
        self.process: subprocess.Popen[str] | None = None
        self.base = ""

    def configure(self, served: Any) -> None:
        """Write the connector file and build our own view of the state."""
        file = self.folder / "upa.yaml"
        urls = served.urls.as_dict()
        certificate = served.certificate_file.resolve()
        text = CONNECTOR_FILE.format(
            client_id=served.client_id, certificate=certificate, tenant=served.tenant_id, **urls
        )
        file.write_text(text, encoding="utf-8")
        self.file = file
        self.environ = {"UPA_CONFIG": str(file), "UPA_STATE": f"folder:{self.folder / 'state'}"}
        app = bootstrap.build(self.environ, clock=self.clock, events=Quiet())
        self.connector = app.connectors["demo"]
        self.ports = app.ports(self.connector)

    def deploy_next_version(self) -> None:
        """Replace the app's files: the orchestrator signs its result, new orchestrations have another version."""
        triggers = self.app / "function_app.py"
        text = triggers.read_text(encoding="utf-8")
        assert text.count('return step["why"]') == 1
        triggers.write_text(text.replace('return step["why"]', 'return "v2: " + step["why"]'), encoding="utf-8")
        host = json.loads((self.app / "host.json").read_text(encoding="utf-8"))
        host["extensions"]["durableTask"]["defaultVersion"] = "2"
        (self.app / "host.json").write_text(json.dumps(host), encoding="utf-8")

    def start(self, state: str = "host") -> None:
        """Start a host on the app, with the host's state in this folder."""
        settings = {"UPA_SCHEDULE": "0 */30 * * * *", "UPA_HOUSEKEEPING_SCHEDULE": "0 30 3 * * *"}
        places = ["--app", str(self.app), "--state", str(self.folder / state), "--port", "0", "--json", "--no-keys"]
        process = subprocess.Popen(
            [sys.executable, "-m", "functions_host", *places],
            cwd=self.folder,
            env={**os.environ, **self.environ, **settings, "UPA_CLOCK": self.formula, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.process = process
        assert process.stdout is not None
        for line in process.stdout:
            said = json.loads(line) if line.startswith("{") else {}
            if said.get("event") == "started":
                self.base = said["base_url"]
                break
        threading.Thread(target=process.stdout.read, daemon=True).start()
        assert self.base, "the host didn't start"

    def kill(self) -> None:
        """Kill the host without warning."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            if self.process.stdout is not None:
                self.process.stdout.close()
            self.process = None

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask the host over HTTP."""
        data = json.dumps(body).encode() if body is not None else None
        with urllib.request.urlopen(f"{self.base}{path}", data) as answer:
            return json.load(answer)

    def orchestration(self, file: str) -> dict[str, Any]:
        """Return the status of the watcher of a file; an empty one before there is a watcher."""
        try:
            return self.ask(f"/runtime/webhooks/durabletask/instances/{file}")
        except urllib.error.HTTPError as exc:
            exc.close()
            return {"runtimeStatus": "", "output": ""}

    def watches(self, file: str) -> list[dict[str, Any]]:
        """Return the status of each orchestration that watches a file, or watched it."""
        found = self.ask("/runtime/webhooks/durabletask/instances")
        return [one for one in found if file_of(one["instanceId"]) == file]

    def in_flight(self) -> str:
        """Return the file whose import job is under way at SharePoint."""
        flight = lane_of(self.ports.store, self.connector).load().value.in_flight
        return flight.file if flight is not None and flight.jobs else ""

    def settled(self) -> bool:
        """Return whether a run went through and nothing is left to do."""
        state = state_of(self.ports.store, self.connector.name).load().value
        return state.last_success is not None and state.run is None and not state.sealed and not self.in_flight()


def eventually(condition: Callable[[], T]) -> T:
    """Return the condition's first true value."""
    pause, deadline = threading.Event(), time.monotonic() + WITHIN
    while not (value := condition()):
        assert time.monotonic() < deadline, "not in time"
        pause.wait(0.05)
    return value


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """The first version is deployed and runs."""
    here = Deployed(tmp_path)
    with here.sim.serve(directory=tmp_path / "tenant") as served:
        for name, value in served.environment().items():
            monkeypatch.setenv(name, value)
        here.configure(served)
        here.start()
        try:
            yield here
        finally:
            here.kill()


def delivered_once(here: Deployed) -> None:
    """Assert that every profile is right, and that SharePoint got exactly one file."""
    assert differences(here.sim, here.file, [START, here.clock.now()]) == []
    assert len(here.sim.timer_job.read_all()) == 1


def test_a_new_version_ends_the_orchestration_that_the_old_one_began(deployed: Deployed) -> None:
    """Swapped under a running watcher, the new code replays it, settles the import job, and nothing is sent twice."""
    deployed.ask("/api/runs", {"kind": "full"})
    file = eventually(deployed.in_flight)
    eventually(lambda: deployed.orchestration(file)["runtimeStatus"] == "Running")
    deployed.kill()

    deployed.deploy_next_version()
    deployed.start()
    eventually(deployed.settled)
    eventually(lambda: deployed.orchestration(file)["runtimeStatus"] == "Completed")

    assert deployed.orchestration(file)["output"].startswith("v2: ")
    delivered_once(deployed)


def test_a_deployment_that_loses_every_orchestration_loses_nothing(deployed: Deployed) -> None:
    """With an empty task hub and empty queues the next tick starts a watcher for what the state says is in flight.

    The import job goes on only when it is looked at: it can't end while no host runs, however long one takes to start.
    """
    deployed.sim.timer_job.settings.mode, deployed.sim.timer_job.settings.reads = "reads", 2
    deployed.ask("/api/runs", {"kind": "full"})
    file = eventually(deployed.in_flight)
    deployed.kill()

    deployed.deploy_next_version()
    deployed.start(state="another-host")
    eventually(deployed.settled)
    eventually(lambda: [one["runtimeStatus"] for one in deployed.watches(file)] == ["Completed"])

    assert deployed.watches(file)[0]["output"].startswith("v2: ")
    delivered_once(deployed)
