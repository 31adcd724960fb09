"""A functions host in a process of its own for the tests, and what its sample app noted down."""

import contextlib
import http.client
import json
import sqlite3
import subprocess
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support import quick_start

ROOT = Path(__file__).parents[2]
APPS = ROOT / "tests" / "functions_host" / "apps"
DRIVER = ROOT / "tests" / "functions_host" / "host_driver.py"


def eventually(condition, timeout=30.0):
    """Return the condition's first true value; fail when none comes in time."""
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            pytest.fail(f"not within {timeout} s: {condition}")
        pause.wait(0.02)


class HostError(Exception):
    """What the host's process answered with an error."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class HostProcess:
    """A FunctionsHost in another process; its methods are the host's, plus `advance`, `now`, `kill` and HTTP."""

    def __init__(self, app, state, *, clock="real", **options):
        arguments = {"app_dir": str(app), "state_dir": str(state), "clock": clock, **options}
        self.state = Path(state)
        self.notes = Log(self.state.with_suffix(".notes"))
        self.log_path = self.state.with_suffix(".log")
        self._log = self.log_path.open("a")
        environ = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(Path.home())}
        self.process = quick_start.start(DRIVER, [json.dumps(arguments)], environ, ROOT, self._log)
        try:
            started = self._answer()
        except BaseException:
            self.stop()
            raise
        self.base_url = started["base_url"]
        self.functions = started["functions"]

    def __getattr__(self, name):
        def call(*args, **kwargs):
            self.process.stdin.write(json.dumps([name, args, kwargs]) + "\n")
            self.process.stdin.flush()
            return self._answer()

        return call

    def _answer(self):
        for line in self.process.stdout:
            if line.startswith("@"):
                answer = json.loads(line[1:])
                if "error" in answer:
                    raise HostError(answer["error"], answer["message"])
                return answer["value"]
        raise AssertionError(f"the host's process ended:\n{self.log_path.read_text()}")

    def request(self, method, path, body=None, headers=None):
        """Send a request; return status, headers and body (JSON decoded where it is JSON)."""
        where = urlsplit(self.base_url)
        connection = http.client.HTTPConnection(where.hostname, where.port, timeout=30)
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        try:
            connection.request(method, path, data, headers or {})
            response = connection.getresponse()
            text = response.read().decode()
            found = dict(response.headers)
            if response.headers.get_content_type() == "application/json":
                return response.status, found, json.loads(text)
            return response.status, found, text
        finally:
            connection.close()

    def orchestration(self, instance_id, *, until=("Completed", "Failed", "Terminated")):
        """Wait until an orchestration has come to one of these states and return it."""

        def found():
            rows = {row["instanceId"]: row for row in self.orchestrations()}
            row = rows.get(instance_id)
            return row if row and row["runtimeStatus"] in until else None

        return eventually(found)

    def knows_timer(self, timer):
        """Return whether the next occurrence of a timer is stored yet."""
        if (self.state / "timers").is_dir():
            return any((self.state / "timers").glob(f"**/*{timer}*"))
        with (
            contextlib.closing(sqlite3.connect(self.state / "state.db")) as database,
            contextlib.suppress(sqlite3.Error),
        ):
            return bool(database.execute("SELECT 1 FROM timer WHERE name = ?", (timer,)).fetchone())
        return False

    def make_overdue(self, timer, by):
        """Put the next occurrence of a timer into the past, as the stopped host's state has it."""
        timers = self.state / "timers"
        for path in timers.glob(f"**/*{timer}*") if timers.is_dir() else ():
            status = json.loads(path.read_text())
            then = (datetime.now(UTC) - by).isoformat()
            missed = (datetime.fromisoformat(status["Next"]) - by).isoformat()  # another hour: another schedule's past
            path.write_text(json.dumps({**status, "Last": then, "Next": missed, "LastUpdated": then}))
            return
        with contextlib.closing(sqlite3.connect(self.state / "state.db", isolation_level=None)) as database:
            changed = database.execute("UPDATE timer SET next = next - ? WHERE name = ?", (by.total_seconds(), timer))
            assert changed.rowcount == 1, f"no status of {timer}"

    def kill(self):
        """End it with SIGKILL."""
        self.process.kill()
        self.stop()

    def begin_to_stop(self):
        """Let it end when it has nothing under way."""
        if not self.process.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()

    def stop(self):
        """End it well."""
        self.begin_to_stop()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self._log.close()
        text = self.log_path.read_text()
        for sign in ("Exception in thread", "Exception ignored", "was never awaited", "Unclosed", "Warning:"):
            assert sign not in text, text


@contextlib.contextmanager
def hosts(folders):
    """Give a function that starts a host of a sample app, in a new folder or on a state; all are stopped at the end."""
    running = []

    def start(app, state=None, *, hub="SampleHub", settings=None, **options):
        state = state or folders.mktemp("state") / "state"
        sample = {
            "TICK_SCHEDULE": "0 0 0 1 1 *",
            "SAMPLE_HUB": hub,
            "SAMPLE_LOG": str(state.with_suffix(".notes")),
        }
        host = HostProcess(app, state, settings={**sample, **(settings or {})}, **options)
        running.append(host)
        return host

    try:
        yield start
    finally:
        for host in running:
            host.begin_to_stop()
        for host in running:
            host.stop()


class Log:
    """What the sample app noted down."""

    def __init__(self, path):
        self.path = path

    def lines(self, kind=None):
        """Return the notes of a kind."""
        if not self.path.exists():
            return []
        rows = [json.loads(line) for line in self.path.read_text().splitlines()]
        return [row for row in rows if kind in (None, row["kind"])]
