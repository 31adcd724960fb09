"""The sample app on the host: indexing, timer to queue to orchestration, activities, HTTP, durable client."""

from importlib.metadata import version

import pytest

ON_1 = version("azure-functions-durable").startswith("1.")
on_1_alone = pytest.mark.skipif(not ON_1, reason="about what azure-functions-durable 1.x itself says and throws")
on_2_alone = pytest.mark.skipif(ON_1, reason="azure-functions-durable 1.x has neither gRPC nor built-in functions")


def test_every_function_is_indexed_with_its_trigger(host):
    """The real worker reports each function with the trigger that its decorator names."""
    triggers = {
        name: next(b["type"] for b in bindings if b["type"].endswith("Trigger"))
        for name, bindings in host.functions.items()
    }
    orchestrators = ["watch", "catches", "fails", "waits", "clocked", "parent", "child"]
    assert {name: kind for name, kind in triggers.items() if not name.startswith("BuiltIn__")} == {
        "tick": "timerTrigger",
        **dict.fromkeys(["submit", "fragile", "hang", "split"], "queueTrigger"),
        **dict.fromkeys(["hello", "hello_everybody", "boss", "echo", "crash", "start", "manage"], "httpTrigger"),
        **dict.fromkeys(["poll", "archive", "delete", "explode", "double"], "activityTrigger"),
        **dict.fromkeys(orchestrators, "orchestrationTrigger"),
    }


def test_bindings_are_those_that_azure_would_get(host):
    """A timer with a queue output is indexed with schedule, queue and connection as written."""
    assert host.functions["tick"] == [
        {"direction": "OUT", "type": "queue", "name": "job", "queueName": "jobs", "connection": "AzureWebJobsStorage"},
        {
            "direction": "IN",
            "type": "timerTrigger",
            "name": "timer",
            "schedule": "%TICK_SCHEDULE%",
            "runOnStartup": False,
            "useMonitor": True,
        },
    ]


def test_timer_to_queue_to_orchestration(start_host):
    """A timer's queue output starts, through a queue trigger and the durable client, an orchestration that ends."""
    host = start_host(settings={"SAMPLE_JOB": '{"job": "a", "pause_s": 0.05}'})
    host.fire_timer("tick")
    assert host.wait_idle(30)
    found = host.orchestration("job-a")
    assert found["output"] == {"job": "a", "polls": 5, "archived": "archive/a"}
    assert found["customStatus"] == {"polls": 5, "state": "done"}
    assert [row["n"] for row in host.notes.lines("poll")] == [0, 1, 2, 3, 4]
    assert host.queue("jobs") == []


def test_invoke_runs_an_activity_and_returns_its_value(host):
    """An activity can be run by hand and returns JSON."""
    assert host.invoke("double", 21) == 42


def test_an_exception_in_a_function_fails_the_invocation(host, host_error):
    """The worker's error type and message come back."""
    with pytest.raises(host_error, match="RuntimeError: kaboom") as caught:
        host.invoke("explode", "kaboom")
    assert caught.value.kind == "InvocationFailedError"


def test_an_exception_in_an_activity_reaches_the_orchestrator(host):
    """The orchestrator catches an exception that names activity and error."""
    host.start_orchestration("catches", "kaboom", "catches-1")
    found = host.orchestration("catches-1")
    assert found["output"]["message"].endswith("Activity function 'explode' failed: RuntimeError: kaboom")


@on_1_alone
def test_1_throws_a_plain_exception_with_the_bare_message(host):
    """With durable 1.x a failed activity is an Exception whose message begins with the activity."""
    host.start_orchestration("catches", "kaboom", "catches-plain")
    assert host.orchestration("catches-plain")["output"] == {
        "type": "Exception",
        "message": "Activity function 'explode' failed: RuntimeError: kaboom",
    }


@on_2_alone
def test_2_is_told_apart_by_its_bindings(host):
    """With durable 2.x every durable binding asks for gRPC, and the SDK adds two functions of its own."""
    durable = [
        binding
        for bindings in host.functions.values()
        for binding in bindings
        if binding["type"] in ("orchestrationTrigger", "activityTrigger", "durableClient")
    ]
    assert {str(binding["durableRequiresGrpc"]).lower() for binding in durable} == {"true"}
    added = {name for name in host.functions if name.startswith("BuiltIn__")}
    assert added == {"BuiltIn__HttpActivity", "BuiltIn__HttpPollOrchestrator"}


@on_2_alone
def test_2_runs_entities(start_host):
    """Signals to an entity go through the real worker, and its state outlives a kill."""
    host = start_host("counting")
    for number in (3, 4):
        assert host.request("POST", f"/api/add/{number}")[0] == 200
    assert host.wait_idle(20)
    host.kill()
    host = start_host("counting", state=host.state)
    assert host.request("GET", "/api/total")[2] == "7"


def test_an_exception_without_a_message_is_a_failure_too(host):
    """An activity that raises with an empty message does not count as completed with null."""
    host.start_orchestration("catches", "", "catches-2")
    found = host.orchestration("catches-2")
    assert "Activity function 'explode' failed: RuntimeError:" in found["output"]["message"]


def test_an_uncaught_activity_failure_fails_the_orchestration(host):
    """The status is Failed and the output names orchestrator and activity."""
    host.start_orchestration("fails", None, "fails-1")
    found = host.orchestration("fails-1")
    assert found["runtimeStatus"] == "Failed"
    assert found["output"].startswith("Orchestrator function 'fails' failed: ")
    assert found["output"].endswith("Activity function 'explode' failed: RuntimeError: on purpose")


def test_unknown_names_are_refused_with_the_known_ones(host, host_error):
    """Asking for a function that isn't there lists those that are."""
    with pytest.raises(host_error, match="choose one of: tick"):
        host.fire_timer("tock")


def test_one_message_for_each_element_of_a_list(host):
    """A list set on a queue output becomes one message for each element."""
    host.enqueue("split", "a,b,c")
    assert host.wait_idle(20, orchestrations=False)
    assert [message["text"] for message in host.queue("parts")] == ["a", "b", "c"]


def test_disabled_functions_do_not_run(start_host):
    """AzureWebJobs.<name>.Disabled takes a function off the routes."""
    host = start_host("impatient", settings={"AzureWebJobs.off.Disabled": "true"})
    assert host.request("GET", "/quick")[0] == 200
    assert host.request("GET", "/off")[0] == 404
    status, _, _ = host.request("GET", "/blob")
    assert status == 500, "an output binding that isn't run here fails the invocation instead of being dropped"


def test_a_disabled_timer_can_be_fired_by_hand(start_host):
    """It keeps no schedule, but runs when told to."""
    host = start_host(settings={"AzureWebJobs.tick.Disabled": "1", "SAMPLE_POLLS": "0"})
    assert host.next_run("tick") == "None"
    host.fire_timer("tick")
    assert host.wait_idle(20)
    assert len(host.notes.lines("tick")) == 1


def test_function_timeout_fails_the_invocation(start_host):
    """A function that runs longer than functionTimeout is reported as failed and left behind."""
    host = start_host("impatient")
    assert host.request("GET", "/stuck")[0] == 500
    assert host.request("GET", "/patient")[0] == 500
    assert host.abandoned() == 2
    assert host.request("GET", "/quick")[2] == "quick"
