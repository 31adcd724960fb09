"""The function app: triggers only. Each parses what came, calls one use case and answers with plain JSON.

Messages, timers and orchestrations are wake-ups, never truth: what is due is read from storage (docs/explanation).
"""

import asyncio
import json
from datetime import datetime, timedelta
from typing import List

import azure.durable_functions as df
import azure.functions as func

from upa_core import triggers

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)

STORAGE = "AzureWebJobsStorage"
POLLS_BEFORE_FRESH_HISTORY = 25


@app.timer_trigger(schedule="%UPA_SCHEDULE%", arg_name="timer", run_on_startup=False, use_monitor=True)
@app.queue_output(arg_name="pulls", queue_name="upa-pull", connection=STORAGE)
@app.queue_output(arg_name="exports", queue_name="upa-export", connection=STORAGE)
@app.durable_client_input(client_name="client")
async def pull_changes(
    timer: func.TimerRequest, pulls: func.Out[List[str]], exports: func.Out[List[str]], client
) -> None:
    """Tick: pull every connector's changes, and wake whatever storage says is due."""
    await _hand_on(await asyncio.to_thread(triggers.tick), pulls, exports, client)


@app.queue_trigger(arg_name="message", queue_name="upa-pull", connection=STORAGE)
@app.queue_output(arg_name="pulls", queue_name="upa-pull", connection=STORAGE)
@app.queue_output(arg_name="exports", queue_name="upa-export", connection=STORAGE)
@app.durable_client_input(client_name="client")
async def continue_pull(
    message: func.QueueMessage, pulls: func.Out[List[str]], exports: func.Out[List[str]], client
) -> None:
    """Go on pulling one connector, or begin the round that was asked for."""
    connector = triggers.connector_of(message.get_body())
    await _hand_on(await asyncio.to_thread(triggers.tick, connector), pulls, exports, client)


@app.queue_trigger(arg_name="message", queue_name="upa-export", connection=STORAGE)
@app.queue_output(arg_name="pulls", queue_name="upa-pull", connection=STORAGE)
@app.queue_output(arg_name="exports", queue_name="upa-export", connection=STORAGE)
@app.durable_client_input(client_name="client")
async def export_changes(
    message: func.QueueMessage, pulls: func.Out[List[str]], exports: func.Out[List[str]], client
) -> None:
    """Plan what is sealed, upload and queue the next import file."""
    connector = triggers.connector_of(message.get_body())
    await _hand_on(await asyncio.to_thread(triggers.export, connector), pulls, exports, client)


@app.orchestration_trigger(context_name="context")
def watch_import_job(context: df.DurableOrchestrationContext):
    """Obey the step that watching returns: wait until its time, look again, end when the file is settled."""
    spec = context.get_input()
    retry = df.RetryOptions(30_000, 5)
    for _ in range(POLLS_BEFORE_FRESH_HISTORY):
        step = yield context.call_activity_with_retry("watch_step", retry, spec)
        context.set_custom_status({"why": step["why"], "next": step["at"]})
        if step["done"]:
            return step["why"]
        at = datetime.fromisoformat(step["at"])
        yield context.create_timer(max(at, context.current_utc_datetime + timedelta(seconds=1)))
    context.continue_as_new(spec)
    return None


@app.activity_trigger(input_name="spec")
@app.queue_output(arg_name="exports", queue_name="upa-export", connection=STORAGE)
def watch_step(spec: dict, exports: func.Out[str]) -> dict:
    """Poll, archive, settle, clean: whatever is due for one import file."""
    step, message = triggers.watch_step(spec["connector"], spec["file"])
    if message is not None:
        exports.set(message)
    return step


@app.timer_trigger(schedule="%UPA_HOUSEKEEPING_SCHEDULE%", arg_name="timer", run_on_startup=False, use_monitor=True)
@app.durable_client_input(client_name="client")
async def housekeeping(timer: func.TimerRequest, client) -> None:
    """Pay debts, sweep orphans, keep retention, purge the history of finished orchestrations."""
    before = await asyncio.to_thread(triggers.housekeeping)
    finished = [df.OrchestrationRuntimeStatus.Completed, df.OrchestrationRuntimeStatus.Failed]
    await client.purge_instance_history_by(triggers.BEGINNING, before, finished)


@app.route(route="runs", methods=["POST"])
@app.queue_output(arg_name="pulls", queue_name="upa-pull", connection=STORAGE)
@app.queue_output(arg_name="exports", queue_name="upa-export", connection=STORAGE)
async def start_run(
    req: func.HttpRequest, pulls: func.Out[List[str]], exports: func.Out[List[str]]
) -> func.HttpResponse:
    """Ask for a run of a connector, or of all; answers 202 with the address of its status."""
    answer, wakes = await asyncio.to_thread(triggers.start_run, req.get_body(), req.url)
    _send(wakes, pulls, exports)
    return _json(answer)


@app.route(route="runs/{id}", methods=["GET"])
async def get_run(req: func.HttpRequest) -> func.HttpResponse:
    """Tell where a run stands."""
    return _json(await asyncio.to_thread(triggers.get_run, req.route_params["id"]))


@app.route(route="status", methods=["GET"])
async def get_status(req: func.HttpRequest) -> func.HttpResponse:
    """Tell how every connector is."""
    return _json(await asyncio.to_thread(triggers.get_status))


@app.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def health(req: func.HttpRequest) -> func.HttpResponse:
    """Tell that the app answers, and nothing else."""
    return func.HttpResponse(status_code=204)


async def _hand_on(wakes, pulls: func.Out[List[str]], exports: func.Out[List[str]], client) -> None:
    """Send wake-ups on: hand-overs and exports as messages, watchers as orchestrations named by their file."""
    _send(wakes, pulls, exports)
    for connector, file in wakes.watches:
        status = await client.get_status(file)
        if status is None or status.runtime_status is None or status.runtime_status.value not in triggers.ALIVE:
            await client.start_new("watch_import_job", file, {"connector": connector, "file": file})


def _send(wakes, pulls: func.Out[List[str]], exports: func.Out[List[str]]) -> None:
    if wakes.pulls:
        pulls.set(wakes.pulls)
    if wakes.exports:
        exports.set(wakes.exports)


def _json(answer) -> func.HttpResponse:
    return func.HttpResponse(
        json.dumps(answer.body, ensure_ascii=False),
        status_code=answer.status,
        mimetype="application/json",
        headers=answer.headers,
    )
