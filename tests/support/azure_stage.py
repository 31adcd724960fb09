"""The demo's stage on Microsoft's triggers: state in Azurite, the tenant simulated, and everything can be killed."""

from __future__ import annotations

import io
import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient
from rich.console import Console

from tenant_sim.control.calls import Call
from tenant_sim.people.seeding import seed_generated
from tests.support import azurite
from tests.support.azure_triggers import PROGRAM
from tests.support.host_process import ROOT
from upa_cli.demo import engine as demo_engine
from upa_cli.demo import stage as demo_stage
from upa_cli.demo.engine import HostEngine
from upa_cli.demo.narration import Narrator
from upa_cli.demo.oracle import differences
from upa_cli.demo.stage import Stage
from upa_core.domain.health.events import Event
from upa_core.state.document import lane_of, state_of

FACTOR = 60
TICK_EVERY = 20
"""Seconds of wall time: twenty minutes of the app's."""
BEHIND = timedelta(days=20)
"""So far is the app's clock behind the wall's at the start; at 60 times its speed it stays behind for eight hours."""
IMPORT = {"download_delay": 300.0, "processing": 300.0, "importing": 600.0}
"""Seconds of the app's clock: twenty of wall time, in which there is time to kill."""
SHAREPOINT = ("sharepoint", "admin")


class Witness(Narrator):
    """Remembers the names of events, the function app's among them."""

    def __init__(self) -> None:
        super().__init__(Console(file=io.StringIO()))
        self.events: Counter[str] = Counter()

    def emit(self, event: Event) -> None:
        """Print nothing."""
        self.events[event.name.value] += 1


@dataclass
class AzureStage:
    """A tenant, an Azurite and a function app on Microsoft's triggers."""

    on: Stage
    storage: azurite.Azurite
    app: HostEngine
    witness: Witness
    looked: list[float] = field(default_factory=list)
    """When SharePoint was called, in monotonic seconds."""

    # ------------------------------------------------------------------ what happens to it

    def kill_engine(self, app: HostEngine | None = None) -> None:
        """SIGKILL Microsoft's triggers; the functions host starts them again."""
        process = engine_process(app or self.app)
        if process:
            os.kill(process, signal.SIGKILL)

    def kill_worker(self) -> None:
        """SIGKILL the functions host and start it again; Microsoft's triggers see it and stop by themselves."""
        engine = engine_process(self.app)
        self.app.kill()
        eventually(lambda: not engine or is_gone(engine), 300)
        self.app.start()

    def kill_both(self) -> None:
        """SIGKILL the functions host and the triggers, and start both again."""
        kill_app(self.app)
        self.app.start()

    @contextmanager
    def storage_away(self) -> Iterator[None]:
        """Let storage answer nobody until the block ends."""
        os.kill(self.storage.process_id, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.storage.process_id, signal.SIGCONT)

    def edit(self, count: int, text: str) -> None:
        """Give the first people another cost center."""
        for number, user in enumerate(sorted(self.on.sim.directory.users(), key=lambda one: str(one["id"]))[:count]):
            changed = {**(user.get("employeeOrgData") or {}), "costCenter": f"{text}-{number}"}
            self.on.sim.directory.patch(user["id"], {"employeeOrgData": changed})

    def ask_for_run(self, kind: str = "full") -> None:
        """Ask for a run over HTTP."""
        body = json.dumps({"kind": kind}).encode()
        urlopen(Request(f"{self.app.base_url}/api/runs", body, method="POST")).close()

    def keep_house(self) -> None:
        """Run housekeeping, which pays the debts of cleaning that a kill left."""
        with suppress(URLError, ConnectionError):
            urlopen(Request(f"{self.app.base_url}/admin/functions/housekeeping", b'{"input": ""}')).close()

    # ------------------------------------------------------------------ what is seen of it

    def settled(self, runs: int = 1) -> bool:
        """Return whether so many runs have ended and our own storage names nothing that is due."""
        state = state_of(self.on.ports.store, self.on.connector.name).load().value
        lane = lane_of(self.on.ports.store, self.on.connector).load().value
        return state.run is None and not state.sealed and lane.in_flight is None and state.runs >= runs

    def in_flight(self) -> bool:
        """Return whether an import job runs."""
        flight = lane_of(self.on.ports.store, self.on.connector).load().value.in_flight
        return flight is not None and flight.phase == "queued"

    def wrong(self) -> list[Any]:
        """Return where profiles differ from what the directory says now."""
        return list(differences(self.on.sim, self.on.connector_file, [self.on.clock.now()]))

    def files_queued(self) -> Counter[str]:
        """Count the import jobs of each file."""
        return Counter(str(job.source_uri) for job in self.on.sim.jobs)

    def messages(self, queue: str) -> list[str]:
        """Return the visible messages of a queue; none where there is no queue."""
        with QueueClient.from_connection_string(self.storage.connection, queue) as client:
            try:
                return [str(message.content) for message in client.peek_messages(32)]
            except ResourceNotFoundError:
                return []

    def send(self, queue: str, text: str) -> None:
        """Put a message into a queue."""
        with QueueClient.from_connection_string(self.storage.connection, queue) as client:
            client.send_message(text)

    def orchestrations(self) -> dict[str, str]:
        """Return the runtime status of each orchestration."""
        with urlopen(f"{self.app.base_url}/runtime/webhooks/durabletask/instances") as answer:
            return {one["instanceId"]: one["runtimeStatus"] for one in json.load(answer)}

    def log(self) -> list[dict[str, Any]]:
        """Return what the functions host printed, the last line only if it is whole."""
        return log_of(self.on.folder)

    def longest_stand_still(self, since: float, until: float) -> float:
        """Return the longest time in which nobody called SharePoint, in seconds of wall time."""
        moments = [since, *(at for at in self.looked if since < at < until), until]
        return max(later - earlier for earlier, later in pairwise(moments))


@contextmanager
def azure_stage(
    folder: Path,
    patch: pytest.MonkeyPatch,
    *,
    people: int = 40,
    wall_time: bool = False,
    app: Path | None = None,
    schedule: str = f"*/{TICK_EVERY} * * * * *",
    requests: Path | None = None,
) -> Iterator[AzureStage]:
    """Set up a tenant with people, an Azurite of its own and the function app on Microsoft's triggers.

    Args:
        folder: where everything keeps its files.
        patch: undone at the end of the test.
        people: in the directory.
        wall_time: the app has no clock of its own; else one that is 60 times as fast as the wall's.
        app: the folder of function_app.py and host.json.
        schedule: of the tick, on wall time.
        requests: a file for the requests that storage gets.
    """
    on_microsoft_s_triggers(patch, schedule)
    if app is not None:
        patch.setattr(demo_engine, "APP", app)
    clock = "" if wall_time else app_clock()
    with ExitStack() as stack:
        storage = stack.enter_context(azurite.running(requests))
        place = place_of_state(storage)
        witness = Witness()
        on = stack.enter_context(demo_stage.stage(folder, witness, host=True, clock_text=clock, place=place))
        for name, seconds in IMPORT.items():
            setattr(on.sim.timer_job.settings, name, seconds / FACTOR if wall_time else seconds)
        assert isinstance(on.engine, HostEngine)
        staged = AzureStage(on, storage, on.engine, witness)
        _watch_calls(on, staged.looked)
        seed_generated(on.sim, people)
        yield staged


def app_with(folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Make a folder with the function app as it is, and its host.json changed."""
    folder.mkdir()
    document = json.loads((ROOT / "host.json").read_text())
    change(document)
    (folder / "host.json").write_text(json.dumps(document))
    (folder / "function_app.py").symlink_to(ROOT / "function_app.py")
    return folder


def on_microsoft_s_triggers(patch: pytest.MonkeyPatch, schedule: str) -> None:
    """Let the demo's functions host use Microsoft's triggers, tick by this schedule and be waited for longer."""
    patch.setattr(demo_engine, "SCHEDULE", schedule)
    patch.setattr(demo_engine, "STARTS_WITHIN", 400.0)
    patch.setattr(demo_engine, "STOPS_WITHIN", 45.0)
    patch.setattr(demo_engine, "RUN_WITHIN", 600.0)
    patch.setenv("FUNCTIONS_HOST_TRIGGERS", "azure")
    patch.setenv("AZURE_TRIGGERS_PROGRAM", str(PROGRAM))


def place_of_state(storage: azurite.Azurite) -> dict[str, str]:
    """Make the container of our state, as a deployment does; return the setting that leads there."""
    with BlobServiceClient.from_connection_string(storage.connection) as service:
        service.create_container("upa").close()
    return {"AzureWebJobsStorage": storage.connection}


def app_clock() -> str:
    """Return the app's clock: 60 times as fast as the wall's, and far behind it."""
    now = datetime.now(UTC)
    return f"scaled:{(now - BEHIND).timestamp():.0f}:{now.timestamp()}:{FACTOR}"


def engine_process(app: HostEngine) -> int:
    """Return the process id of a functions host's triggers; 0 where there are none now."""
    tasks = Path(f"/proc/{app._process.pid}/task")
    with suppress(OSError):
        for children in tasks.glob("*/children"):
            for child in children.read_text().split():
                if "azure-triggers" in Path(f"/proc/{child}/cmdline").read_text():
                    return int(child)
    return 0


def kill_app(app: HostEngine) -> None:
    """SIGKILL a functions host and its triggers: the host first, or it would start the triggers again."""
    engine = engine_process(app)
    app.kill()
    if engine:
        os.kill(engine, signal.SIGKILL)


def is_gone(process: int) -> bool:
    """Return whether a process has ended, whoever has yet to be told."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def log_of(folder: Path) -> list[dict[str, Any]]:
    """Return what the functions host of a folder printed, the last line only if it is whole."""
    path = folder / "host.log"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines() if line.startswith("{")]


def eventually(holds: Callable[[], Any], timeout: float) -> None:
    """Wait for a condition, seconds of wall time, and fail where it doesn't come."""
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {timeout} s")
        pause.wait(0.2)


def report(**row: Any) -> None:
    """Append a row of what was seen to the file that UPA_AZURE_REPORT names, if it does."""
    named = os.environ.get("UPA_AZURE_REPORT")
    if named:
        Path(named).parent.mkdir(parents=True, exist_ok=True)
        with Path(named).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def _watch_calls(on: Stage, looked: list[float]) -> None:
    record = on.sim.calls.record

    def seen(call: Call) -> None:
        record(call)
        if call.surface in SHAREPOINT:
            looked.append(time.monotonic())

    on.sim.calls.record = seen
