"""What functions may rely on, whoever triggers them: the embedded triggers and Microsoft's keep one contract.

Its facts of Microsoft's are [AZ-11], [AZ-12] and [AZ-14].
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.azurite import Azurite
from tests.support.host_process import APPS, HostProcess, eventually

ENDED = ("Completed", "Failed", "Terminated")
NEVER = "0 0 0 1 1 *"
SCHEDULES = {"TICK_SCHEDULE": NEVER, "SLOW_SCHEDULE": NEVER}


@pytest.fixture(scope="module", params=["embedded", pytest.param("azure", marks=pytest.mark.long)])
def start(request: pytest.FixtureRequest, start_host: Any) -> Callable[..., HostProcess]:
    """Return a function that starts a host of the contract's app on one kind of triggers."""

    def begin(app: Path = APPS / "contract", **more: Any) -> HostProcess:
        settings = {**SCHEDULES, **more.pop("settings", {})}
        return start_host(app, triggers=request.param, settings=settings, **more)

    return begin


@pytest.fixture(scope="module")
def host(start: Any) -> Iterator[HostProcess]:
    """A host that the tests of one kind of triggers share."""
    return start()


@pytest.fixture
def name() -> str:
    """A name that no other test has."""
    return f"n{uuid.uuid4().hex[:12]}"


def texts(host: Any, mark: str) -> list[dict[str, Any]]:
    """Return what was noted of messages that hold the mark."""
    return [row for row in host.notes.lines("text") if mark in row["body"]]


def manage(host: Any, verb: str, instance: str, body: Any = None) -> Any:
    """Use the durable client through the app; return status and answer."""
    status, _, answer = host.request("POST", f"/api/manage/{verb}/{instance}", body)
    return status, answer


def begin(host: Any, orchestrator: str, instance: str, given: Any = None, query: str = "") -> int:
    """Start an orchestration through the app's client; return the status."""
    status, _, _ = host.request("POST", f"/api/start/{orchestrator}/{instance}{query}", given)
    return int(status)


def until_in(host: Any, instance: str, *states: str) -> dict[str, Any]:
    """Wait until an orchestration is in one of the states."""

    def look() -> dict[str, Any] | None:
        _, found = manage(host, "status", instance)
        return found if found.get("runtimeStatus") in states else None

    found: dict[str, Any] = eventually(look)
    return found


def over_http(host: Any, instance: str, given: Any) -> tuple[str, Any]:
    """Start an orchestration that returns its input at the management address; return how it ended."""
    key = {"x-functions-key": host.keys()["system"]}
    path = f"/runtime/webhooks/durabletask/orchestrators/gives/{instance}"
    assert host.request("POST", path, given, headers=key)[0] == 202
    found = until_in(host, instance, *ENDED)
    return found["runtimeStatus"], found["output"]


def test_a_message_comes_once_with_its_id(host: Any, name: str) -> None:
    """The function sees the body as it was sent, dequeue count 1 and the id that sending returned."""
    body = f"plain é {name}"
    sent = host.enqueue("texts", body)
    eventually(lambda: texts(host, name))
    assert host.wait_idle(20, orchestrations=False)
    assert [(row["body"], row["dequeued"], row["id"]) for row in texts(host, name)] == [(body, 1, sent)]


def test_a_message_that_failed_comes_again_with_a_higher_count(host: Any, name: str) -> None:
    """Three failures, then it is worked off and no poison message is left."""
    host.enqueue("texts", json.dumps({"name": name, "fail": 3}))
    eventually(lambda: len(texts(host, name)) == 4)
    assert host.wait_idle(20, orchestrations=False)
    assert [row["dequeued"] for row in texts(host, name)] == [1, 2, 3, 4]
    assert not any(name in message["text"] for message in host.queue("texts-poison"))


def test_a_message_that_always_fails_is_poison_after_five(host: Any, name: str) -> None:
    """It is tried five times and lies in the poison queue with its body unchanged."""
    body = json.dumps({"name": name, "fail": 99})
    host.enqueue("texts", body)
    eventually(lambda: any(message["text"] == body for message in host.queue("texts-poison")))
    assert [row["dequeued"] for row in texts(host, name)] == [1, 2, 3, 4, 5]


def test_a_delayed_message_is_not_seen_before(host: Any, name: str) -> None:
    """A message sent with a delay comes when that is over."""
    began = datetime.now(UTC)
    host.enqueue_later("texts", name, 2)
    eventually(lambda: texts(host, name))
    assert datetime.now(UTC) - began >= timedelta(seconds=2)


def test_each_element_of_an_output_is_a_message(host: Any, name: str) -> None:
    """A list set on a queue output becomes one message an element, and the next function gets them."""
    parts = [f"{name}-{number}" for number in range(3)]
    host.enqueue("texts", json.dumps({"parts": parts}))
    eventually(lambda: len([row for row in host.notes.lines("part") if name in row["body"]]) == 3)
    assert sorted(row["body"] for row in host.notes.lines("part") if name in row["body"]) == parts


def test_an_activity_can_send_messages(host: Any, name: str) -> None:
    """The queue output of an activity reaches the queue, and its result the orchestrator."""
    begin(host, "calls", name, {"activity": "sends", "input": name})
    assert until_in(host, name, *ENDED)["output"] == "sent"
    eventually(lambda: [row for row in host.notes.lines("part") if row["body"] == name])


@pytest.mark.parametrize("given", [{"a": [1, None, "é", 1.5, True]}, {"date": "2026-01-02T03:04:05Z"}], ids=str)
def test_an_activity_gets_and_gives_json_unchanged(host: Any, name: str, given: Any) -> None:
    """Nothing of the input or the output is read as something else on its way, dates least of all."""
    begin(host, "calls", name, {"activity": "same", "input": given})
    assert until_in(host, name, *ENDED)["output"] == given


@pytest.mark.parametrize("given", ["abc", "", "12", "é"], ids=repr)
def test_an_activity_gets_text_as_text(host: Any, name: str, given: str) -> None:
    """A string stays a string, also one that looks like a number."""
    begin(host, "calls", name, {"activity": "texted", "input": given})
    assert until_in(host, name, *ENDED)["output"] == f"str:{given}"


def test_an_input_over_45_kb_arrives_whole(host: Any, name: str) -> None:
    """What the extension moves to a blob is the same to orchestrator, activity and client."""
    given = {"text": "é" * 60_000}
    begin(host, "calls", name, {"activity": "same", "input": given})
    assert until_in(host, name, *ENDED)["output"] == given


def test_the_status_shows_input_state_and_custom_status(host: Any, name: str) -> None:
    """A running orchestration shows what it was given and what it said of itself."""
    assert begin(host, "waits", name, {"deep": [1, None]}) == 200
    eventually(lambda: manage(host, "status", name)[1].get("customStatus"))
    found = until_in(host, name, "Running")
    assert (found["name"], found["customStatus"]) == ("waits", {"waits": True})
    assert found["input"] == '{"deep": [1, null]}', "the client of 1.x encodes it twice, the status decodes it once"
    assert manage(host, "terminate", name)[0] == 200


def test_an_unknown_id_has_no_status(host: Any, name: str) -> None:
    """The client's status of nobody is false."""
    assert manage(host, "status", name) == (200, {"there": False})


def test_a_running_id_cannot_be_started_again(host: Any, name: str) -> None:
    """The client raises, the first run goes on and ends with its event."""
    begin(host, "waits", name)
    until_in(host, name, "Running")
    assert begin(host, "waits", name) == 500
    assert manage(host, "event", name, "now")[0] == 200
    assert until_in(host, name, *ENDED)["output"] == '"now"', "the client of 1.x encodes an event twice"


def test_the_management_address_refuses_a_running_id_with_409(host: Any, name: str) -> None:
    """The words are the extension's."""
    begin(host, "waits", name)
    until_in(host, name, "Running")
    key = {"x-functions-key": host.keys()["system"]}
    status, _, body = host.request(
        "POST", f"/runtime/webhooks/durabletask/orchestrators/waits/{name}", {"a": 1}, headers=key
    )
    assert (status, body) == (409, {"Message": "An Orchestration instance with the status Running already exists."})
    manage(host, "terminate", name)


@pytest.mark.parametrize("first", ["calls", "raises"])
def test_an_ended_id_can_be_started_again(host: Any, name: str, first: str) -> None:
    """Completed or failed, the id is free, and the new run has its own input and output."""
    begin(host, first, name, {"activity": "texted", "input": "one"})
    until_in(host, name, *ENDED)
    assert begin(host, "calls", name, {"activity": "texted", "input": "two"}) == 200
    eventually(lambda: manage(host, "status", name)[1].get("output") == "str:two")


def test_a_failure_names_the_exception_and_keeps_the_custom_status(host: Any, name: str) -> None:
    """The state is Failed, the output holds the text, and what was said before the failure stays."""
    begin(host, "raises", name)
    found = until_in(host, name, *ENDED)
    assert (found["runtimeStatus"], found["customStatus"]) == ("Failed", {"before": "the end"})
    assert found["output"].startswith("Orchestrator function 'raises' failed: ")
    assert "on purpose" in found["output"]


def test_an_activity_s_failure_fails_its_orchestrator(host: Any, name: str) -> None:
    """The output names both functions and the exception."""
    begin(host, "calls", name, {"activity": "flaky", "input": {"name": name, "fail": 9}})
    found = until_in(host, name, *ENDED)
    assert found["runtimeStatus"] == "Failed"
    assert found["output"].startswith("Orchestrator function 'calls' failed: ")
    assert "Activity function 'flaky' failed: " in found["output"]
    assert "RuntimeError: not yet" in found["output"]


def test_an_activity_is_tried_as_often_as_asked(host: Any, name: str) -> None:
    """Twice a failure, then a success: the orchestrator gets the third result."""
    begin(host, "retries", name, {"name": name, "fail": 2})
    assert until_in(host, name, *ENDED)["output"] == 3


def test_retries_end(host: Any, name: str) -> None:
    """After three tries the failure is the orchestrator's."""
    begin(host, "retries", name, {"name": name, "fail": 9})
    assert until_in(host, name, *ENDED)["runtimeStatus"] == "Failed"
    assert sum(row["name"] == name for row in host.notes.lines("flaky")) == 3


def test_a_durable_timer_waits_as_long_as_asked(host: Any, name: str) -> None:
    """It is late by little, and early by less than the second in which storage queues count."""
    begin(host, "naps", name, 2)
    before, after = (datetime.fromisoformat(text) for text in until_in(host, name, *ENDED)["output"])
    assert timedelta(seconds=1) < after - before < timedelta(seconds=12)


def test_continue_as_new_keeps_the_id_and_takes_the_new_input(host: Any, name: str) -> None:
    """Three runs under one id; the status shows the last run's input and custom status."""
    begin(host, "counts", name, {"left": 2, "runs": 1})
    found = until_in(host, name, *ENDED)
    assert (found["output"], json.loads(found["input"])) == (3, {"left": 0, "runs": 3})
    assert found["customStatus"] == {"left": 0, "runs": 3}


def test_a_suspended_orchestration_waits_until_resumed(host: Any, name: str) -> None:
    """An event that comes meanwhile is handled afterwards, and the id can't be started."""
    begin(host, "waits", name)
    until_in(host, name, "Running")
    assert manage(host, "suspend", name)[0] == 200
    until_in(host, name, "Suspended")
    assert begin(host, "waits", name) == 500
    manage(host, "event", name, "kept")
    assert manage(host, "resume", name)[0] == 200
    assert until_in(host, name, *ENDED)["output"] == '"kept"'


def test_a_terminated_orchestration_has_the_reason_as_output(host: Any, name: str) -> None:
    """And its id can be started again."""
    begin(host, "waits", name)
    until_in(host, name, "Running")
    assert manage(host, "terminate", name)[0] == 200
    found = until_in(host, name, *ENDED)
    assert (found["runtimeStatus"], found["output"]) == ("Terminated", "enough")
    assert begin(host, "waits", name) == 200
    until_in(host, name, "Running")
    manage(host, "terminate", name)


def test_purge_takes_what_has_ended_and_leaves_what_runs(host: Any, name: str) -> None:
    """One by one: a running instance stays, an ended one is forgotten."""
    begin(host, "waits", name)
    until_in(host, name, "Running")
    assert manage(host, "purge", name)[0] == 500, "the client raises on 412"
    assert manage(host, "status", name)[1]["runtimeStatus"] == "Running"
    manage(host, "terminate", name)
    until_in(host, name, *ENDED)
    assert manage(host, "purge", name) == (200, 1)
    assert manage(host, "status", name) == (200, {"there": False})


def test_purge_by_time_and_state(start: Any, name: str) -> None:
    """It counts what it takes: completed and failed ones of that time, never a running one."""
    host = start()
    for kind, instance in (("calls", "c1"), ("raises", "f1"), ("waits", "w1")):
        begin(host, kind, f"{name}-{instance}", {"activity": "texted", "input": "x"})
    until_in(host, f"{name}-c1", *ENDED)
    until_in(host, f"{name}-f1", *ENDED)
    now = datetime.now(UTC)
    long_ago = [str(now - timedelta(days=9)), str(now - timedelta(days=8))]
    assert manage(host, "purge_by", "-", long_ago)[1] == 0
    assert manage(host, "purge_by", "-", [str(now - timedelta(days=1)), str(now + timedelta(days=1))])[1] == 2
    assert [one["instanceId"] for one in host.orchestrations()] == [f"{name}-w1"]


def test_an_orchestration_of_a_newer_version_is_left_waiting(host: Any, name: str) -> None:
    """`Reject`: it can be neither started again nor purged here; one that never ran can be ended."""
    assert begin(host, "versioned", f"{name}-own") == 200
    assert until_in(host, f"{name}-own", *ENDED)["output"] == "2"
    assert begin(host, "versioned", name, None, "?version=3") == 200
    begin(host, "naps", f"{name}-later", 3)
    until_in(host, f"{name}-later", *ENDED)
    assert manage(host, "status", name)[1]["runtimeStatus"] == "Pending"
    assert begin(host, "versioned", name) == 500
    assert manage(host, "purge", name)[0] == 500
    assert manage(host, "terminate", name)[0] == 200
    assert until_in(host, name, *ENDED)["runtimeStatus"] == "Terminated"
    assert begin(host, "versioned", name) == 200
    assert until_in(host, name, "Completed")["output"] == "2"


def test_after_a_rollback_what_the_newer_release_began_runs_for_ever(start: Any, name: str, tmp_path: Path) -> None:
    """It stays Running: to terminate it is accepted and does nothing, and it can be neither purged nor started."""
    settings = {"SAMPLE_HUB": f"Back{name}"}
    host = start(settings=settings)
    begin(host, "waits", name)
    until_in(host, name, "Running")
    host.begin_to_stop()
    host.stop()
    again = start(app=_older(tmp_path / "older"), settings=settings, state=host.state)
    assert manage(again, "terminate", name)[0] == 200
    begin(again, "naps", f"{name}-later", 3)
    until_in(again, f"{name}-later", *ENDED)
    assert manage(again, "status", name)[1]["runtimeStatus"] == "Running"
    assert manage(again, "purge", name)[0] == 500
    assert begin(again, "waits", name) == 500
    assert begin(again, "waits", f"{name}~2") == 200, "another id goes on"
    until_in(again, f"{name}~2", "Running")


def _older(folder: Path) -> Path:
    """Make a folder with the contract's app, whose host.json names the version before."""
    folder.mkdir()
    (folder / "function_app.py").symlink_to(APPS / "contract" / "function_app.py")
    text = (APPS / "contract" / "host.json").read_text()
    (folder / "host.json").write_text(text.replace('"defaultVersion": "2"', '"defaultVersion": "1"'))
    return folder


@pytest.mark.parametrize("given", [{"a": 1}, None, '{"in": "text"}'], ids=repr)
def test_an_input_that_comes_over_http_is_an_object_or_json_in_a_string(host: Any, name: str, given: Any) -> None:
    """That is what 1.x reads; the app's client sends the second."""
    assert over_http(host, name, given) == ("Completed", json.loads(given) if isinstance(given, str) else given)


@pytest.mark.parametrize("given", [12, [1], "plain"], ids=repr)
def test_another_input_that_comes_over_http_fails_the_orchestrator(host: Any, name: str, given: Any) -> None:
    """1.x cannot read it, and the orchestration ends with that reason."""
    state, output = over_http(host, name, given)
    assert state == "Failed"
    assert output.startswith("Orchestrator function 'gives' failed: ")


def test_a_timer_can_be_run_by_hand(host: Any) -> None:
    """It isn't past due."""
    before = len(host.notes.lines("tick"))
    host.fire_timer("tick")
    assert [row["past_due"] for row in host.notes.lines("tick")[before:]] == [False]


def test_a_timer_does_not_overlap_itself(start: Any, own_storage: Azurite) -> None:
    """A run of a second and a half on a schedule of a second: the next begins when the last has ended."""
    host = start(settings={"SLOW_SCHEDULE": "* * * * * *", "AzureWebJobsStorage": own_storage.connection})
    eventually(lambda: len(host.notes.lines("slow")) >= 6)
    ends = [row["end"] for row in host.notes.lines("slow")][:6]
    assert ends == [False, True] * 3


def test_an_occurrence_missed_while_no_host_ran_is_past_due(start: Any, own_storage: Azurite) -> None:
    """The schedule's past outlives the host; the missed occurrence comes at the start, once."""
    settings = {"TICK_SCHEDULE": "0 0 */6 * * *", "AzureWebJobsStorage": own_storage.connection}

    host = start(settings=settings)
    eventually(lambda: host.knows_timer("tick"))
    host.begin_to_stop()
    host.stop()
    host.make_overdue("tick", timedelta(days=1))
    again = start(settings=settings, state=host.state)
    eventually(lambda: again.notes.lines("tick"))
    assert [row["past_due"] for row in again.notes.lines("tick")] == [True]
