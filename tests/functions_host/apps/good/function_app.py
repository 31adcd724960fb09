"""A function app that uses every trigger and binding that the functions host runs."""

import json
import logging
import os
from datetime import UTC, datetime
from typing import List

import azure.durable_functions as df
import azure.functions as func
import orchestrators
from notes import note

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)


@app.timer_trigger(schedule="%TICK_SCHEDULE%", arg_name="timer", run_on_startup=False, use_monitor=True)
@app.queue_output(arg_name="job", queue_name="jobs", connection="AzureWebJobsStorage")
def tick(timer: func.TimerRequest, job: func.Out[str]) -> None:
    note("tick", past_due=timer.past_due)
    logging.getLogger("sample").info("ticked", extra={"past_due": timer.past_due})
    job.set(os.environ.get("SAMPLE_JOB", '{"job": "ticked", "pause_s": 60}'))


@app.queue_trigger(arg_name="message", queue_name="jobs", connection="AzureWebJobsStorage")
@app.durable_client_input(client_name="client")
async def submit(message: func.QueueMessage, client) -> None:
    job = json.loads(message.get_body())
    note("submit", job=job["job"], dequeued=message.dequeue_count)
    status = await client.get_status("job-" + job["job"])
    if status and status.runtime_status.name in ("Pending", "Running"):
        return
    await client.start_new("watch", instance_id="job-" + job["job"], client_input=job)


@app.queue_trigger(arg_name="message", queue_name="fragile", connection="AzureWebJobsStorage")
def fragile(message: func.QueueMessage) -> None:
    body = message.get_body().decode()
    note("fragile", body=body, dequeued=message.dequeue_count)
    if body == "fail":
        raise ValueError("told to fail")


@app.queue_trigger(arg_name="message", queue_name="hang", connection="AzureWebJobsStorage")
async def hang(message: func.QueueMessage) -> None:
    import asyncio

    note("hang", dequeued=message.dequeue_count)
    if message.dequeue_count == 1:
        await asyncio.Event().wait()


@app.queue_trigger(arg_name="message", queue_name="split", connection="AzureWebJobsStorage")
@app.queue_output(arg_name="parts", queue_name="parts", connection="AzureWebJobsStorage")
def split(message: func.QueueMessage, parts: func.Out[List[str]]) -> None:
    """Annotated typing.List: the worker refuses list[str] on a binding."""
    parts.set(message.get_body().decode().split(","))


@app.route(route="hello/{name:alpha}", methods=["GET"])
def hello(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("hello " + req.route_params["name"], headers={"X-Sample": "yes"})


@app.route(route="hello/everybody", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def hello_everybody(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("hello everybody")


@app.route(route="boss", auth_level=func.AuthLevel.ADMIN)
def boss(req: func.HttpRequest) -> str:
    return "boss"


@app.route(route="echo", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
def echo(req: func.HttpRequest, context: func.Context) -> func.HttpResponse:
    seen = {"body": req.get_body().decode(), "query": dict(req.params), "function": context.function_name}
    return func.HttpResponse(json.dumps(seen), status_code=201, mimetype="application/json")


@app.route(route="crash", auth_level=func.AuthLevel.ANONYMOUS)
def crash(req: func.HttpRequest) -> func.HttpResponse:
    logging.warning("about to crash")
    raise RuntimeError("crashed on purpose")


@app.route(route="start/{name}/{id}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client) -> func.HttpResponse:
    given = json.loads(req.get_body() or b"null")
    instance_id = await client.start_new(
        req.route_params["name"], instance_id=req.route_params["id"], client_input=given
    )
    return client.create_check_status_response(req, instance_id)


@app.route(route="manage/{verb}/{id}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@app.durable_client_input(client_name="client")
async def manage(req: func.HttpRequest, client) -> func.HttpResponse:
    instance_id = req.route_params["id"]
    given = json.loads(req.get_body() or b"null")
    match req.route_params["verb"]:
        case "status":
            status = await client.get_status(instance_id, show_input=True)
            answer = {"there": bool(status), **(status.to_json() if status else {})}
        case "event":
            answer = await client.raise_event(instance_id, "go", given)
        case "terminate":
            answer = await client.terminate(instance_id, "enough")
        case "purge":
            answer = (await client.purge_instance_history(instance_id)).instances_deleted
        case "purge_by":
            since = datetime(2020, 1, 1, tzinfo=UTC)
            done = [df.OrchestrationRuntimeStatus.Completed]
            answer = (await client.purge_instance_history_by(since, runtime_status=done)).instances_deleted
        case "list":
            answer = [one.instance_id for one in await client.get_status_all()]
    return func.HttpResponse(json.dumps(answer), mimetype="application/json")


@app.activity_trigger(input_name="asked")
def poll(asked: dict) -> str:
    note("poll", job=asked["job"], n=asked["n"])
    return "done" if asked["n"] >= int(os.environ.get("SAMPLE_POLLS", "4")) else "running"


@app.activity_trigger(input_name="job")
def archive(job: str) -> str:
    note("archive", job=job)
    return f"archive/{job}"


@app.activity_trigger(input_name="job")
def delete(job: str) -> None:
    note("delete", job=job)


@app.activity_trigger(input_name="message")
def explode(message: str) -> str:
    if message:
        raise RuntimeError(message)
    raise RuntimeError


@app.activity_trigger(input_name="number")
def double(number: int) -> int:
    return number * 2


for orchestrator in (
    orchestrators.watch,
    orchestrators.catches,
    orchestrators.fails,
    orchestrators.waits,
    orchestrators.clocked,
    orchestrators.parent,
    orchestrators.child,
):
    app.orchestration_trigger(context_name="context")(orchestrator)
