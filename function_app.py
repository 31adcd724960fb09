"""The function app: triggers only. Each parses what came, calls one use case and answers with plain JSON.

Messages, timers and orchestrations are wake-ups, never truth: what is due is read from storage (docs/explanation).
"""

import sys

from upa_core.deployed import Refusing, wrong_python

WRONG_PYTHON = wrong_python()
"""Why nothing can run here, asked before a library is imported that may be compiled for another Python."""

try:
    import asyncio
    from datetime import datetime, timedelta
    from typing import List

    import azure.durable_functions as df
    import azure.functions as func

    from upa_core.lazily import LazyModule
except ImportError:
    if WRONG_PYTHON:
        sys.exit(WRONG_PYTHON)
    raise

triggers = Refusing(WRONG_PYTHON) if WRONG_PYTHON else LazyModule("upa_core.triggers")
"""Imported with the first use: the host waits for the index of every new worker, and not for the work."""

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
STORAGE = "AzureWebJobsStorage"
POLLS_BEFORE_FRESH_HISTORY = 25
Messages = func.Out[List[str]]


def sends_wake_ups(trigger):
    """Give a trigger both queues, as `pulls` and `exports`."""
    pulls = app.queue_output(arg_name="pulls", queue_name="upa-pull", connection=STORAGE)
    exports = app.queue_output(arg_name="exports", queue_name="upa-export", connection=STORAGE)
    return pulls(exports(trigger))


@app.timer_trigger(schedule="%UPA_SCHEDULE%", arg_name="timer", run_on_startup=False, use_monitor=True)
@sends_wake_ups
@app.durable_client_input(client_name="client")
async def pull_changes(timer: func.TimerRequest, pulls: Messages, exports: Messages, client) -> None:
    """Tick: pull every connector's changes, and wake whatever storage says is due."""
    await _hand_on(await asyncio.to_thread(triggers.tick), pulls, exports, client)


@app.queue_trigger(arg_name="message", queue_name="upa-pull", connection=STORAGE)
@sends_wake_ups
@app.durable_client_input(client_name="client")
async def continue_pull(message: func.QueueMessage, pulls: Messages, exports: Messages, client) -> None:
    """Go on pulling one connector, or begin the round that was asked for."""
    connector = triggers.connector_of(message.get_body())
    await _hand_on(await asyncio.to_thread(triggers.tick, connector), pulls, exports, client)


@app.queue_trigger(arg_name="message", queue_name="upa-export", connection=STORAGE)
@sends_wake_ups
@app.durable_client_input(client_name="client")
async def export_changes(message: func.QueueMessage, pulls: Messages, exports: Messages, client) -> None:
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
    try:
        await asyncio.to_thread(triggers.housekeeping)
    finally:  # a part that fails every day keeps no history
        finished = [df.OrchestrationRuntimeStatus[name] for name in ("Completed", "Failed", "Terminated")]
        await client.purge_instance_history_by(triggers.BEGINNING, triggers.history_end(), finished)


@app.route(route="runs", methods=["POST"])
@sends_wake_ups
async def start_run(req: func.HttpRequest, pulls: Messages, exports: Messages) -> func.HttpResponse:
    """Ask for a run of a connector, or of all; answers 202 with the address of its status."""
    return await _act("start_run", req, pulls, exports)


@app.route(route="runs", methods=["GET"])
async def list_runs(req: func.HttpRequest) -> func.HttpResponse:
    """List the newest ended runs."""
    return await _tell("list_runs", req)


@app.route(route="runs/{run}", methods=["GET"])
async def get_run(req: func.HttpRequest) -> func.HttpResponse:
    """Tell where a run stands."""
    return await _tell("get_run", req)


@app.route(route="runs/{run}/people", methods=["GET"])
async def get_run_people(req: func.HttpRequest) -> func.HttpResponse:
    """Tell whom a run was about, old → new and result."""
    return await _tell("get_run_people", req)


@app.route(route="status", methods=["GET"])
async def get_status(req: func.HttpRequest) -> func.HttpResponse:
    """Tell how every connector is."""
    return await _tell("get_status", req)


@app.route(route="users/{user}", methods=["GET"])
async def get_user(req: func.HttpRequest) -> func.HttpResponse:
    """Tell why a person has what they have."""
    return await _tell("get_user", req)


@app.route(route="holds/{run}", methods=["GET"])
async def get_hold(req: func.HttpRequest) -> func.HttpResponse:
    """Show a held plan with samples."""
    return await _tell("get_hold", req)


@app.route(route="holds/{run}/approve", methods=["POST"])
@sends_wake_ups
async def approve_hold(req: func.HttpRequest, pulls: Messages, exports: Messages) -> func.HttpResponse:
    """Let a held plan go on."""
    return await _act("approve_hold", req, pulls, exports)


@app.route(route="holds/{run}/reject", methods=["POST"])
@sends_wake_ups
async def reject_hold(req: func.HttpRequest, pulls: Messages, exports: Messages) -> func.HttpResponse:
    """End a held plan."""
    return await _act("reject_hold", req, pulls, exports)


@app.route(route="connectors/{connector}/pause", methods=["POST"])
@sends_wake_ups
async def pause_connector(req: func.HttpRequest, pulls: Messages, exports: Messages) -> func.HttpResponse:
    """Stop exporting."""
    return await _act("pause_connector", req, pulls, exports)


@app.route(route="connectors/{connector}/resume", methods=["POST"])
@sends_wake_ups
async def resume_connector(req: func.HttpRequest, pulls: Messages, exports: Messages) -> func.HttpResponse:
    """Export again."""
    return await _act("resume_connector", req, pulls, exports)


@app.route(route="connectors/{connector}/go", methods=["POST"])
@sends_wake_ups
async def go_live(req: func.HttpRequest, pulls: Messages, exports: Messages) -> func.HttpResponse:
    """End staging mode."""
    return await _act("go_live", req, pulls, exports)


@app.route(route="connectors/{connector}/declined", methods=["GET"])
async def list_declined(req: func.HttpRequest) -> func.HttpResponse:
    """Tell whose values aren't sent because an administrator rejected them."""
    return await _tell("list_declined", req)


@app.route(route="connectors/{connector}/drift", methods=["GET"])
async def get_drift(req: func.HttpRequest) -> func.HttpResponse:
    """Tell what profiles hold that SharePoint didn't get from us."""
    return await _tell("get_drift", req)


@app.route(route="connectors/{connector}/calls", methods=["GET"])
async def list_calls(req: func.HttpRequest) -> func.HttpResponse:
    """Tell the last calls at Graph and SharePoint."""
    return await _tell("list_calls", req)


@app.route(route="connectors/{connector}/jobs", methods=["GET"])
async def list_jobs(req: func.HttpRequest) -> func.HttpResponse:
    """Tell SharePoint's import jobs."""
    return await _tell("list_jobs", req)


@app.route(route="connectors/{connector}/freshness", methods=["GET"])
async def get_freshness(req: func.HttpRequest) -> func.HttpResponse:
    """Tell how fresh profiles are: what SharePoint accepted, and what was read back."""
    return await _tell("get_freshness", req)


@app.route(route="connectors/{connector}/declined/lift", methods=["POST"])
@sends_wake_ups
async def lift_declined(req: func.HttpRequest, pulls: Messages, exports: Messages) -> func.HttpResponse:
    """Take rejections back."""
    return await _act("lift_declined", req, pulls, exports)


@app.route(route="connectors/{connector}/users/{user}/sync", methods=["POST"])
@sends_wake_ups
async def sync_user_now(req: func.HttpRequest, pulls: Messages, exports: Messages) -> func.HttpResponse:
    """Write one person at once."""
    return await _act("sync_user_now", req, pulls, exports)


@app.route(route="connectors/{connector}/escrow", methods=["GET"])
async def list_escrow(req: func.HttpRequest) -> func.HttpResponse:
    """Tell why something waits, each cause once."""
    return await _tell("list_escrow", req)


@app.route(route="connectors/{connector}/escrow/retry", methods=["POST"])
@sends_wake_ups
async def retry_escrow(req: func.HttpRequest, pulls: Messages, exports: Messages) -> func.HttpResponse:
    """Make what waits due now."""
    return await _act("retry_escrow", req, pulls, exports)


@app.route(route="connectors/{connector}/escrow/give-up", methods=["POST"])
@sends_wake_ups
async def give_up_escrow(req: func.HttpRequest, pulls: Messages, exports: Messages) -> func.HttpResponse:
    """Take what waits out of escrow."""
    return await _act("give_up_escrow", req, pulls, exports)


@app.route(route="openapi.json", methods=["GET"])
async def get_openapi(req: func.HttpRequest) -> func.HttpResponse:
    """Describe this API."""
    return _response(await asyncio.to_thread(triggers.openapi))


@app.route(route="ui", methods=["GET"])
async def status_page(req: func.HttpRequest) -> func.HttpResponse:
    """Show the status page."""
    return _response(await asyncio.to_thread(triggers.status_page, _request(req)))


@app.route(route="health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def health(req: func.HttpRequest) -> func.HttpResponse:
    """Tell that the app answers, and nothing else; a package of another Python says so."""
    return func.HttpResponse(WRONG_PYTHON, status_code=503) if WRONG_PYTHON else func.HttpResponse(status_code=204)


async def _hand_on(wakes, pulls: Messages, exports: Messages, client) -> None:
    """Send wake-ups on: hand-overs and exports as messages, watchers as orchestrations."""
    _send(wakes, pulls, exports)
    await triggers.start_watchers(wakes.watches, client)


def _send(wakes, pulls: Messages, exports: Messages) -> None:
    for queue, messages in ((pulls, wakes.pulls), (exports, wakes.exports)):
        if messages:
            queue.set(messages)


async def _tell(operation: str, req: func.HttpRequest) -> func.HttpResponse:
    return _response((await asyncio.to_thread(triggers.http, operation, _request(req)))[0])


async def _act(operation: str, req: func.HttpRequest, pulls, exports) -> func.HttpResponse:
    answer, wakes = await asyncio.to_thread(triggers.http, operation, _request(req))
    _send(wakes, pulls, exports)
    return _response(answer)


def _request(req: func.HttpRequest):
    headers = {name.lower(): value for name, value in req.headers.items()}
    return triggers.Request(req.url, dict(req.route_params), dict(req.params), headers, req.get_body())


def _response(answer) -> func.HttpResponse:
    return func.HttpResponse(answer.text, status_code=answer.status, mimetype=answer.kind, headers={**answer.headers})
