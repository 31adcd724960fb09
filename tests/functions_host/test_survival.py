"""kill -9 at any moment, restart, and it goes on: messages, timers, orchestrations."""

import importlib.metadata
import json

import pytest


def start_job(host, **fields):
    """Put a job into the queue that starts an orchestration."""
    host.enqueue("jobs", json.dumps({"job": "k", **fields}))


def test_an_orchestration_survives_kills(start_host, eventually):
    """Killed after every other poll and restarted, it ends with the right result; archive and delete ran."""
    settings = {"SAMPLE_POLLS": "7"}
    host = start_host(settings=settings)
    start_job(host, pause_s=0.2)
    notes = host.notes
    for polls in (2, 4, 6):
        eventually(lambda n=polls: len(notes.lines("poll")) >= n)
        host.kill()
        host = start_host(state=host.state, settings=settings)
    found = host.orchestration("job-k")
    assert found["output"] == {"job": "k", "polls": 8, "archived": "archive/k"}
    assert {row["n"] for row in host.notes.lines("poll")} == set(range(8))
    assert len({row["pid"] for row in host.notes.lines("poll")}) > 1
    assert len(host.notes.lines("archive")) >= 1
    assert len(host.notes.lines("delete")) >= 1


def test_a_message_in_work_reappears(start_host, eventually):
    """Killed while a function has the message, the next host runs it again with a higher dequeue count."""
    host = start_host()
    host.enqueue("hang", "x")
    eventually(lambda: host.notes.lines("hang"))
    host.kill()
    host = start_host(state=host.state)
    eventually(lambda: len(host.notes.lines("hang")) == 2)
    assert [row["dequeued"] for row in host.notes.lines("hang")] == [1, 2]
    eventually(lambda: host.queue("hang") == [])


def test_a_poison_message_survives(start_host, eventually):
    """What was given up stays in the poison queue."""
    host = start_host()
    host.enqueue("fragile", "fail")
    eventually(lambda: host.queue("fragile-poison"))
    assert [row["dequeued"] for row in host.notes.lines("fragile")] == [1, 2, 3]
    host.kill()
    host = start_host(state=host.state)
    assert [m["text"] for m in host.queue("fragile-poison")] == ["fail"]
    assert host.wait_idle(10)
    assert len(host.notes.lines("fragile")) == 3


def test_a_timer_that_was_missed_while_down_fires_past_due(start_host, eventually):
    """The schedule's status outlives the process."""
    settings = {"TICK_SCHEDULE": "0 0 * * * *"}
    host = start_host(clock="stepped:2026-03-01T08:30:00+00:00", settings=settings)
    host.kill()
    host = start_host(state=host.state, clock="stepped:2026-03-01T10:30:00+00:00", settings=settings)
    eventually(lambda: host.notes.lines("tick"))
    assert [row["past_due"] for row in host.notes.lines("tick")] == [True]
    eventually(lambda: host.next_run("tick") == "2026-03-01 11:00:00+00:00")  # written after the run


def test_a_durable_timer_that_came_due_while_down_fires(start_host):
    """The orchestration goes on at the restart, with the time of the restart."""
    host = start_host(clock="stepped:2026-03-01T08:00:00+00:00")
    host.start_orchestration("clocked", None, "down")
    host.orchestration("down", until=("Running",))
    host.kill()
    host = start_host(state=host.state, clock="stepped:2026-03-01T12:00:00+00:00")
    assert host.orchestration("down")["output"][:2] == ["2026-03-01T08:00:00+00:00", "2026-03-01T12:00:00+00:00"]


def test_a_sub_orchestration_reports_to_its_parent_after_a_restart(start_host):
    """The link between child and parent is found again."""
    host = start_host(clock="stepped:2026-03-01T08:00:00+00:00")
    host.start_orchestration("parent", 2, "family")
    host.orchestration("family", until=("Running",))
    assert not host.wait_idle(0.5)
    host.kill()
    host = start_host(state=host.state, clock="stepped:2026-03-01T12:00:00+00:00")
    assert host.orchestration("family")["output"] == [0, 2, 4]


def test_an_event_raised_before_the_kill_is_not_lost(start_host):
    """Events are written before the call that raises them returns."""
    host = start_host()
    host.request("POST", "/api/start/waits/ev")
    host.orchestration("ev", until=("Running",))
    assert host.request("POST", "/api/manage/event/ev", 5)[0] == 200
    host.kill()
    host = start_host(state=host.state)
    first_line = importlib.metadata.version("azure-functions-durable").startswith("1.")
    assert host.orchestration("ev")["output"]["event"] == ("5" if first_line else 5), "the client of 1.x encodes twice"


@pytest.mark.parametrize("number", range(4))
def test_killed_at_any_moment_everything_is_worked_off(start_host, eventually, number):
    """Ten jobs, killed a little later each time: all end, each message is worked off, none is poison."""
    settings = {"SAMPLE_POLLS": "2"}
    host = start_host(settings=settings)
    for job in range(10):
        host.enqueue("jobs", json.dumps({"job": f"{job}", "pause_s": 0.01}))
    eventually(lambda: len(host.notes.lines()) >= 1 + number * 9)
    host.kill()
    host = start_host(state=host.state, settings=settings)
    assert host.wait_idle(60)
    assert host.queue("jobs") == host.queue("jobs-poison") == []
    assert {one["runtimeStatus"] for one in host.orchestrations()} == {"Completed"}
    assert len(host.orchestrations()) == 10
