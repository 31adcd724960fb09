"""A function app for the contract that the embedded triggers and Microsoft's both keep."""

import json
import os
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import List

import azure.durable_functions as df
import azure.functions as func

app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
STORAGE = "AzureWebJobsStorage"


def note(kind, **fields):
    """Append a line to the file that SAMPLE_LOG names."""
    with Path(os.environ["SAMPLE_LOG"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"kind": kind, **fields}) + "\n")


@app.timer_trigger(schedule="%TICK_SCHEDULE%", arg_name="timer", run_on_startup=False, use_monitor=True)
def tick(timer: func.TimerRequest) -> None:
    note("tick", past_due=timer.past_due)


@app.timer_trigger(schedule="%SLOW_SCHEDULE%", arg_name="timer", run_on_startup=False)
def slow(timer: func.TimerRequest) -> None:
    note("slow", end=False)
    threading.Event().wait(1.5)
    note("slow", end=True)


@app.queue_trigger(arg_name="message", queue_name="texts", connection=STORAGE)
@app.queue_output(arg_name="parts", queue_name="parts", connection=STORAGE)
def texts(message: func.QueueMessage, parts: func.Out[List[str]]) -> None:
    """Note a message; fail as often as it says; send each part on."""
    body = message.get_body().decode()
    note("text", body=body, dequeued=message.dequeue_count, id=message.id)
    given = json.loads(body) if body.startswith("{") else {}
    if message.dequeue_count <= given.get("fail", 0):
        raise ValueError("told to fail")
    if "parts" in given:
        parts.set(given["parts"])


@app.queue_trigger(arg_name="message", queue_name="parts", connection=STORAGE)
def part(message: func.QueueMessage) -> None:
    note("part", body=message.get_body().decode())


@app.route(route="start/{name}/{id}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client) -> func.HttpResponse:
    given = json.loads(req.get_body() or b"null")
    where = req.route_params
    version = req.params.get("version")
    more = {"version": version} if version else {}
    return func.HttpResponse(await client.start_new(where["name"], where["id"], given, **more))


@app.route(route="manage/{verb}/{id}", methods=["POST"])
@app.durable_client_input(client_name="client")
async def manage(req: func.HttpRequest, client) -> func.HttpResponse:
    instance = req.route_params["id"]
    match req.route_params["verb"]:
        case "status":
            status = await client.get_status(instance, show_input=True)
            answer = {"there": bool(status), **(status.to_json() if status else {})}
        case "event":
            answer = await client.raise_event(instance, "go", json.loads(req.get_body()))
        case "terminate":
            answer = await client.terminate(instance, "enough")
        case "suspend":
            answer = await client.suspend(instance, "wait")
        case "resume":
            answer = await client.resume(instance, "go on")
        case "purge":
            answer = (await client.purge_instance_history(instance)).instances_deleted
        case "purge_by":
            since, until = (datetime.fromisoformat(text) for text in json.loads(req.get_body()))
            done = [df.OrchestrationRuntimeStatus.Completed, df.OrchestrationRuntimeStatus.Failed]
            answer = (await client.purge_instance_history_by(since, until, done)).instances_deleted
    return func.HttpResponse(json.dumps(answer), mimetype="application/json")


@app.activity_trigger(input_name="given")
def same(given: dict) -> dict:
    return given


@app.activity_trigger(input_name="text")
def texted(text: str) -> str:
    return f"{type(text).__name__}:{text}"


@app.activity_trigger(input_name="given")
@app.queue_output(arg_name="parts", queue_name="parts", connection=STORAGE)
def sends(given: str, parts: func.Out[str]) -> str:
    parts.set(given)
    return "sent"


@app.activity_trigger(input_name="given")
def flaky(given: dict) -> int:
    """Fail as often as told, counted by the notes."""
    note("flaky", name=given["name"])
    rows = [json.loads(line) for line in Path(os.environ["SAMPLE_LOG"]).read_text().splitlines()]
    count = sum(row["kind"] == "flaky" and row["name"] == given["name"] for row in rows)
    if count <= given["fail"]:
        raise RuntimeError("not yet")
    return count


@app.activity_trigger(input_name="given")
def lasts(given: dict) -> str:
    note("lasts", begin=True)
    threading.Event().wait(given["seconds"])
    note("lasts", begin=False)
    return "ended"


@app.orchestration_trigger(context_name="context")
def calls(context: df.DurableOrchestrationContext):
    """Call the activity that the input names, with the rest of it."""
    given = context.get_input()
    result = yield context.call_activity(given["activity"], given["input"])
    return result


@app.orchestration_trigger(context_name="context")
def retries(context: df.DurableOrchestrationContext):
    given = context.get_input()
    count = yield context.call_activity_with_retry("flaky", df.RetryOptions(1000, 3), given)
    return count


@app.orchestration_trigger(context_name="context")
def raises(context: df.DurableOrchestrationContext):
    context.set_custom_status({"before": "the end"})
    yield context.create_timer(context.current_utc_datetime + timedelta(milliseconds=10))
    raise ValueError("on purpose")


@app.orchestration_trigger(context_name="context")
def waits(context: df.DurableOrchestrationContext):
    """Say that it waits, wait for an event, return it."""
    context.set_custom_status({"waits": True})
    event = yield context.wait_for_external_event("go")
    return event


@app.orchestration_trigger(context_name="context")
def naps(context: df.DurableOrchestrationContext):
    """Sleep, and say when it was before and after, and with which version."""
    before = context.current_utc_datetime
    yield context.create_timer(before + timedelta(seconds=context.get_input()))
    return [before.isoformat(), context.current_utc_datetime.isoformat()]


@app.orchestration_trigger(context_name="context")
def versioned(context: df.DurableOrchestrationContext):
    return context.version
    yield


@app.orchestration_trigger(context_name="context")
def counts(context: df.DurableOrchestrationContext):
    """Count down, a run at a time."""
    given = context.get_input()
    context.set_custom_status(given)
    yield context.create_timer(context.current_utc_datetime + timedelta(milliseconds=100))
    if given["left"] == 0:
        return given["runs"]
    context.continue_as_new({"left": given["left"] - 1, "runs": given["runs"] + 1})
    return None


@app.orchestration_trigger(context_name="context")
def gives(context: df.DurableOrchestrationContext):
    """Return the input."""
    return context.get_input()
    yield
