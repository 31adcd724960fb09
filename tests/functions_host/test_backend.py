"""What durabletask 1.12's in-memory backend does wrong for a host, and that ours does it right.

Each upstream defect is shown on upstream as well: when one of those tests fails, the pin moved and a fix can go.
"""

import importlib.metadata
import inspect
import json
import logging
import socket
import threading
from datetime import UTC, datetime, timedelta

import psutil
import pytest
from durabletask import task
from durabletask.client import TaskHubGrpcClient
from durabletask.testing import InMemoryOrchestrationBackend
from durabletask.worker import TaskHubGrpcWorker

from functions_host.clock import SteppedClock
from functions_host.durable.backend import SqliteBackend
from functions_host.store import Database

START = datetime(2026, 3, 1, 8, 0, 0, tzinfo=UTC)
QUIET = logging.getLogger("tests.quiet")
QUIET.setLevel(logging.CRITICAL)


class Hub:
    """A backend with a worker and a client."""

    def __init__(self, backend, functions):
        self.backend = backend
        address = backend.start()
        self.worker = TaskHubGrpcWorker(host_address=address, logger=QUIET)
        for function in functions:
            add = self.worker.add_orchestrator if inspect.isgeneratorfunction(function) else self.worker.add_activity
            add(function)
        self.worker.start()
        self.client = TaskHubGrpcClient(host_address=address, logger=QUIET)

    def start(self, name, input_=None, instance_id=None):
        """Start an orchestration."""
        return self.client.schedule_new_orchestration(name, input=input_, instance_id=instance_id)

    def output(self, instance_id, timeout=20):
        """Return the output of an orchestration that completes."""
        state = self.client.wait_for_orchestration_completion(instance_id, timeout=timeout)
        assert state.runtime_status.name == "COMPLETED", state.failure_details
        return json.loads(state.serialized_output)

    def close(self):
        """Stop everything."""
        self.client.close()
        self.worker.stop()
        self.backend.stop()


@pytest.fixture
def clock():
    """A clock that is stepped by hand."""
    return SteppedClock(START)


@pytest.fixture
def ours(tmp_path, clock):
    """Return a function that starts our backend on the same database each time."""
    opened = []

    def start(*functions):
        database = Database(tmp_path / "state.db")
        hub = Hub(SqliteBackend(database, clock), functions)
        opened.append((hub, database))
        return hub

    yield start
    for hub, database in opened:
        hub.close()
        database.close()


@pytest.fixture
def upstream():
    """Return a function that starts upstream's backend."""
    opened = []

    def start(*functions):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        opened.append(Hub(InMemoryOrchestrationBackend(port=port), functions))
        return opened[-1]

    yield start
    for hub in opened:
        hub.close()


@pytest.fixture(params=["ours", "upstream"])
def either(request):
    """Our backend, then upstream's."""
    return request.getfixturevalue(request.param), request.param


def boom(_context, _input):
    """Fail without a message."""
    raise RuntimeError


def ok(_context, value):
    """Return the input."""
    return value


def call_boom(context, _input):
    """Return what the activity that fails without a message comes to."""
    try:
        value = yield context.call_activity(boom)
    except task.TaskFailedError as exc:
        return f"failed: {exc.details.message}"
    return f"completed: {value}"


def race_then_again(context, run):
    """Leave a timer of 10 s behind at continue-as-new; the next run waits 60 s or for an event."""
    timer = context.create_timer(timedelta(seconds=10 if run == 0 else 60))
    event = context.wait_for_external_event("go")
    first = yield task.when_any([timer, event])
    if run == 0:
        context.continue_as_new(1)
        return None
    return "event" if first is event else "timer"


def one_child(context, _input):
    """Return what the child returns."""
    value = yield context.call_sub_orchestrator(sleeper, input=7)
    return value


def sleeper(context, value):
    """Sleep an hour."""
    yield context.create_timer(timedelta(hours=1))
    return value


def clock_reader(context, _input):
    """Return the time as seen before and after a timer."""
    before = context.current_utc_datetime
    yield context.create_timer(timedelta(hours=1))
    return [before.isoformat(), context.current_utc_datetime.isoformat()]


def test_the_pin_is_the_version_that_was_mended():
    """The subclass overrides private methods of 1.12."""
    assert importlib.metadata.version("durabletask").startswith("1.12.")


def test_upstream_listens_everywhere_ours_on_loopback(either):
    """Defect 1: add_insecure_port('[::]:port')."""
    start, which = either
    hub = start(ok)
    port = hub.backend._port
    listening = {
        c.laddr.ip for c in psutil.Process().net_connections() if c.laddr and c.laddr.port == port and not c.raddr
    }
    assert listening <= ({"127.0.0.1", "::ffff:127.0.0.1"} if which == "ours" else {"::"})
    assert listening


def test_a_failure_without_a_message_is_a_failure(either):
    """Defect 2: an empty error message counts as completed with null."""
    start, which = either
    hub = start(call_boom, boom)
    output = hub.output(hub.start("call_boom"))
    assert output == ("failed: builtins.RuntimeError" if which == "ours" else "completed: None")


def test_a_timer_left_behind_at_continue_as_new_is_dead(ours, clock, eventually):
    """Defect 3: ids restart with each run, and a timer of the last run completes a task of the next."""
    hub = ours(race_then_again)
    hub.start("race_then_again", 0, "race")
    eventually(lambda: hub.backend._timers)
    hub.client.raise_orchestration_event("race", "go")
    eventually(lambda: hub.backend.instance("race").input == "1" and len(hub.backend._timers) == 2)
    clock.advance(timedelta(seconds=15))
    eventually(lambda: len(hub.backend._timers) == 1)
    clock.advance(timedelta(seconds=44))
    state = hub.client.get_orchestration_state("race")
    assert state.runtime_status.name == "RUNNING", "59 s of 60 are over; the timer of 10 s was the last run's"
    clock.advance(timedelta(seconds=1))
    assert hub.output("race") == "timer"


def quick_race_then_again(context, run):
    """As race_then_again, in tenths of seconds."""
    timer = context.create_timer(timedelta(seconds=0.5 if run == 0 else 600))
    event = context.wait_for_external_event("go")
    first = yield task.when_any([timer, event])
    if run == 0:
        context.continue_as_new(1)
        return None
    return "event" if first is event else "timer"


def test_upstream_fires_the_timer_of_the_last_run(upstream):
    """Defect 3 on upstream: the half-second timer of run 0 ends run 1, which waits ten minutes."""
    hub = upstream(quick_race_then_again)
    hub.start("quick_race_then_again", 0, "race")
    hub.client.wait_for_orchestration_start("race", timeout=10)
    hub.client.raise_orchestration_event("race", "go")
    assert hub.output("race") == "timer"


def test_an_activity_left_behind_at_continue_as_new_is_dead(ours, eventually):
    """The same for activities: a late result is not taken for that of the next run's first task."""
    held, seen = threading.Event(), []

    def slow(_context, run):
        seen.append(run)
        if run == 0:
            assert held.wait(20)
        return f"result of run {run}"

    def again(context, run):
        work = context.call_activity(slow, input=run)
        event = context.wait_for_external_event("go")
        if run == 0:
            yield task.when_any([work, event])
            context.continue_as_new(1)
            return None
        yield context.wait_for_external_event("read")
        value = yield work
        return value

    hub = ours(again, slow)
    hub.start("again", 0, "a")
    eventually(lambda: seen == [0])
    hub.client.raise_orchestration_event("a", "go")
    eventually(lambda: hub.backend.instance("a").input == "1" and seen == [0, 1])
    held.set()
    eventually(lambda: not hub.backend._activities)
    hub.client.raise_orchestration_event("a", "read")
    assert hub.output("a") == "result of run 1"


def test_upstream_gives_a_sub_orchestration_up_after_30_seconds():
    """Defect 4, read in upstream's source (waiting for it takes half a minute)."""
    source = inspect.getsource(InMemoryOrchestrationBackend._wait_for_state)
    assert "timeout if timeout else 30.0" in source


def test_no_thread_waits_for_timers_or_children(ours, clock, eventually):
    """Defects 4 and 5: forty parents whose children sleep need no thread each, so none can give up."""
    hub = ours(one_child, sleeper)
    before = set(threading.enumerate())
    ids = [hub.start("one_child") for _ in range(40)]
    eventually(lambda: len(hub.backend._timers) == 40)
    names = [thread.name for thread in set(threading.enumerate()) - before]
    assert not [name for name in names if "watch" in name or "fire_timer" in name]
    clock.advance(timedelta(hours=1))
    assert {hub.output(instance_id) for instance_id in ids} == {7}


def test_upstream_sleeps_in_a_thread_for_every_timer(upstream, eventually):
    """Defect 5 on upstream."""
    hub = upstream(quick_race_then_again)
    for number in range(5):
        hub.start("quick_race_then_again", 1, f"sleep-{number}")
    eventually(lambda: len([t for t in threading.enumerate() if "fire_timer" in t.name]) >= 5)


def test_time_is_the_clocks(ours, clock, eventually):
    """Orchestrators, timers and status all show the host's clock."""
    hub = ours(clock_reader)
    hub.start("clock_reader", None, "c")
    eventually(lambda: hub.backend._timers)
    clock.advance(timedelta(hours=1))
    assert hub.output("c") == ["2026-03-01T08:00:00", "2026-03-01T09:00:00"]
    instance = hub.backend.instance("c")
    assert (instance.created_at, instance.completed_at) == (START, START + timedelta(hours=1))


def test_state_is_read_back(ours, clock, eventually):
    """A second backend on the database goes on where the first was."""
    first = ours(one_child, sleeper)
    first.start("one_child", None, "p")
    eventually(lambda: first.backend._timers)
    first.worker.stop()
    first.backend.stop()
    clock.advance(timedelta(hours=2))
    second = ours(one_child, sleeper)
    assert second.output("p") == 7
    assert second.backend.instance("p").created_at == START


def test_a_terminated_instance_stays_terminated(ours, clock, eventually):
    """Its timer fires into nothing, also after a restart."""
    first = ours(sleeper)
    first.start("sleeper", 1, "t")
    eventually(lambda: first.backend._timers)
    first.client.terminate_orchestration("t", output="bye")
    first.client.wait_for_orchestration_completion("t", timeout=10)
    first.worker.stop()
    first.backend.stop()
    second = ours(sleeper)
    clock.advance(timedelta(hours=2))
    eventually(lambda: not second.backend.busy())
    assert second.client.get_orchestration_state("t").runtime_status.name == "TERMINATED"


def test_purged_instances_are_gone_from_disk(ours, tmp_path, clock):
    """Purging deletes the row."""
    hub = ours(call_boom, boom)
    hub.output(hub.start("call_boom", None, "x"))
    hub.client.purge_orchestration("x")
    database = Database(tmp_path / "state.db")
    assert database.execute("SELECT id FROM instance") == []
    database.close()
