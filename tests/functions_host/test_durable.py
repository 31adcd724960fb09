"""Durable orchestrations: the client in functions, the management addresses, and the clock."""

import json
import time
from datetime import datetime, timedelta
from importlib.metadata import version

import pytest

ON_1 = version("azure-functions-durable").startswith("1.")


def encoded(value):
    """Return what arrives of what a durable client sends: that of 1.x encodes twice, and Azure decodes once."""
    return json.dumps(value) if ON_1 else value


INSTANCES = "/runtime/webhooks/durabletask/instances"


@pytest.fixture
def call(host):
    """Return a function that sends a management request with the system key."""

    def send(method, path, body=None):
        return host.request(method, path, body, {"x-functions-key": host.keys()["system"]})

    return send


def manage(host, verb, instance_id, body=None):
    """Ask the sample app to use its durable client."""
    return host.request("POST", f"/api/manage/{verb}/{instance_id}", body)


def test_http_start_gives_addresses_that_work(host, call):
    """The check status response points to the instance; the addresses carry the system key."""
    status, headers, links = host.request("POST", "/api/start/catches/links-1", "x")
    assert status == 202
    assert headers["Location"] == links["statusQueryGetUri"]
    assert links["id"] == "links-1"
    host.orchestration("links-1")
    path = links["statusQueryGetUri"].removeprefix(host.base_url)
    found = host.request("GET", path)[2]
    assert (found["name"], found["instanceId"], found["runtimeStatus"]) == ("catches", "links-1", "Completed")
    assert found["input"] == encoded("x")


def test_starting_a_running_instance_again_is_refused(host):
    """The client raises on the 409 that Azure gives; the HTTP function fails."""
    assert host.request("POST", "/api/start/waits/twice")[0] == 202
    assert host.request("POST", "/api/start/waits/twice")[0] == 500
    assert manage(host, "event", "twice", "now")[0] == 200
    assert host.orchestration("twice")["output"] == {"event": encoded("now"), "cancelled": True}


def test_a_duplicate_start_over_http_is_409(host, call):
    """The management address says so in Azure's words."""
    start = "/runtime/webhooks/durabletask/orchestrators/waits/dup"
    assert call("POST", start, {"a": 1})[0] == 202
    host.orchestration("dup", until=("Running",))
    status, _, body = call("POST", start, {"a": 1})
    assert (status, body) == (409, {"Message": "An Orchestration instance with the status Running already exists."})


def test_a_finished_instance_is_replaced(host):
    """The same id can be used again once the first instance has ended."""
    for word in ("one", "two"):
        assert host.request("POST", "/api/start/catches/again", word)[0] == 202
        assert word in host.orchestration("again")["output"]["message"]


def test_an_unknown_orchestrator_is_named(host, call):
    """Starting what isn't there lists what is."""
    status, _, body = call("POST", "/runtime/webhooks/durabletask/orchestrators/nobody")
    assert status == 400
    assert "'nobody' doesn't exist, is disabled, or is not an orchestrator function" in body["ExceptionMessage"]
    assert host.request("POST", "/api/start/nobody/x")[0] == 500


def test_client_status_of_nobody_is_false(host):
    """get_status of an unknown instance is a status that counts as false."""
    assert manage(host, "status", "never-started")[2] == {"there": False}


def test_client_status_shows_input_and_state(host):
    """get_status decodes what the host says."""
    host.request("POST", "/api/start/waits/shown", {"deep": [1, None, "é"]})
    host.orchestration("shown", until=("Running",))
    found = manage(host, "status", "shown")[2]
    assert (found["runtimeStatus"], found["input"], found["name"]) == (
        "Running",
        encoded({"deep": [1, None, "é"]}),
        "waits",
    )
    assert manage(host, "terminate", "shown")[0] == 200


def test_terminate_ends_an_instance_with_the_reason(host):
    """The reason becomes the output."""
    host.request("POST", "/api/start/waits/stop-me")
    assert manage(host, "terminate", "stop-me")[0] == 200
    found = host.orchestration("stop-me")
    assert (found["runtimeStatus"], found["output"]) == ("Terminated", "enough")
    assert manage(host, "terminate", "stop-me")[0] == 200, "terminating what has ended does nothing (410)"


@pytest.mark.skipif(not ON_1, reason="azure-functions-durable 2.x is told nothing by durabletask's backend")
def test_1_raises_where_there_is_nobody_to_reach(host):
    """An event to what has ended, or terminating what never was, is an error to the client of 1.x."""
    host.request("POST", "/api/start/waits/ended")
    assert manage(host, "terminate", "ended")[0] == 200
    host.orchestration("ended")
    assert manage(host, "event", "ended", 1)[0] == 500
    assert manage(host, "terminate", "nobody")[0] == 500


def test_purge_forgets_one_finished_instance(host, call):
    """A running instance is not purged, a finished one is, once."""
    host.request("POST", "/api/start/waits/purge-me")
    host.orchestration("purge-me", until=("Running",))
    assert call("DELETE", f"{INSTANCES}/purge-me")[0] == 412
    manage(host, "terminate", "purge-me")
    host.orchestration("purge-me")
    assert [manage(host, "purge", "purge-me")[2] for _ in range(2)] == [1, 0]
    assert manage(host, "status", "purge-me")[2] == {"there": False}


def test_purge_by_time_and_status(start_host):
    """purge_instance_history_by takes the completed and leaves failed and running ones."""
    host = start_host()
    for name, instance_id in (("catches", "c1"), ("catches", "c2"), ("fails", "f1"), ("waits", "w1")):
        host.request("POST", f"/api/start/{name}/{instance_id}", "x")
    for instance_id in ("c1", "c2", "f1"):
        host.orchestration(instance_id)
    assert manage(host, "purge_by", "-")[2] == 2
    assert manage(host, "purge_by", "-")[2] == 0
    assert sorted(manage(host, "list", "-")[2]) == ["f1", "w1"]


def test_suspended_instances_wait_until_resumed(host, call):
    """An event that comes in the meantime is handled afterwards."""
    host.request("POST", "/api/start/waits/pause")
    host.orchestration("pause", until=("Running",))
    assert call("POST", f"{INSTANCES}/pause/suspend?reason=lunch")[0] == 202
    host.orchestration("pause", until=("Suspended",))
    assert call("POST", f"{INSTANCES}/pause/raiseEvent/go", 7)[0] == 202
    assert call("POST", f"{INSTANCES}/pause/resume")[0] == 202
    assert host.orchestration("pause")["output"]["event"] == 7


def test_restart_runs_again_with_the_same_input(host, call):
    """Restarting gives a new instance with the old input."""
    host.request("POST", "/api/start/catches/base", "once more")
    host.orchestration("base")
    status, _, links = call("POST", f"{INSTANCES}/base/restart?restartWithNewInstanceId=true")
    assert status == 202
    assert "once more" in host.orchestration(links["id"])["output"]["message"]


def test_history_can_be_shown(host, call):
    """showHistory lists what happened, scheduling folded into completion."""
    host.request("POST", "/api/start/catches/story", "x")
    host.orchestration("story")
    found = call("GET", f"{INSTANCES}/story?showHistory=true&showInput=false")[2]
    assert [event["EventType"] for event in found["historyEvents"]] == [
        "ExecutionStarted",
        "TaskFailed",
        "ExecutionCompleted",
    ]
    assert found["input"] is None


def test_instances_are_listed_by_prefix_and_status(start_host):
    """The list can be narrowed and comes in pages."""
    host = start_host()
    key = {"x-functions-key": host.keys()["system"]}
    for number in range(3):
        host.request("POST", f"/api/start/catches/list-{number}", "x")
        host.orchestration(f"list-{number}")
    host.request("POST", "/api/start/waits/other")
    path = f"{INSTANCES}?instanceIdPrefix=list-&runtimeStatus=Completed&top=2"
    _, headers, rows = host.request("GET", path, headers=key)
    assert [row["instanceId"] for row in rows] == ["list-0", "list-1"]
    token = headers["x-ms-continuation-token"]
    rows = host.request("GET", path, headers={**key, "x-ms-continuation-token": token})[2]
    assert [row["instanceId"] for row in rows] == ["list-2"]


def test_the_client_address_is_not_guessable(host):
    """Only who was given the client binding can use the inner address, which asks for no key."""
    assert host.request("GET", "/durabletask/instances")[0] == 404


def test_durable_timers_keep_the_hosts_clock(start_host):
    """A timer of an hour fires when the clock has moved an hour, and the orchestrator sees that time."""
    host = start_host(clock="stepped:2026-03-01T08:00:00+00:00")
    host.start_orchestration("clocked", None, "an-hour")
    host.orchestration("an-hour", until=("Running",))
    assert not host.wait_idle(0.3), "it waits for its timer"
    host.advance(3599)
    assert not host.wait_idle(0.3)
    host.advance(1)
    before, after, _guid = host.orchestration("an-hour")["output"]
    assert (before, after) == ("2026-03-01T08:00:00+00:00", "2026-03-01T09:00:00+00:00")
    assert host.orchestration("an-hour")["createdTime"] == "2026-03-01T08:00:00Z"


def test_an_hour_takes_a_second_at_factor_3600(start_host):
    """On a scaled clock the same orchestration is through in about a second of wall time."""
    host = start_host(clock=f"scaled:1800000000:{time.time()}:3600")
    host.start_orchestration("clocked", None, "fast")
    before, after, _guid = host.orchestration("fast")["output"]
    slept = datetime.fromisoformat(after) - datetime.fromisoformat(before)
    assert timedelta(hours=1) <= slept < timedelta(hours=2)
    assert host.process.poll() is None


def test_sub_orchestrations_and_fan_out(start_host):
    """A child that takes longer than 30 s of anything reports to its parent, which fans out."""
    host = start_host(clock=f"scaled:1800000000:{time.time()}:36000")
    host.start_orchestration("parent", 4, "family")
    assert host.orchestration("family")["output"] == [0, 2, 4, 6, 8]
