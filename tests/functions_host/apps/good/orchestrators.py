"""Orchestrators of the sample app, in the subset that runs on durable 1.x and 2.x."""

from datetime import timedelta

from azure.durable_functions import RetryOptions


def watch(context):
    """Poll a job until it is done, continuing as new every few polls; then archive and delete."""
    job = context.get_input()
    polls, here = job.get("polls", 0), 0
    while True:
        state = yield context.call_activity_with_retry("poll", RetryOptions(1000, 3), {"job": job["job"], "n": polls})
        polls, here = polls + 1, here + 1
        context.set_custom_status({"polls": polls, "state": state})
        if state == "done":
            break
        yield context.create_timer(context.current_utc_datetime + timedelta(seconds=job.get("pause_s", 60)))
        if here >= job.get("polls_per_run", 3):
            context.continue_as_new({**job, "polls": polls})
            return None
    archived = yield context.call_activity("archive", job["job"])
    yield context.call_activity("delete", job["job"])
    return {"job": job["job"], "polls": polls, "archived": archived}


def catches(context):
    """Call an activity that fails and return what was caught."""
    try:
        value = yield context.call_activity("explode", context.get_input())
    except Exception as exc:  # noqa: BLE001 - the point of the sample
        return {"type": type(exc).__name__, "message": str(exc)}
    return {"completed with": value}


def fails(context):
    """Call an activity that fails and let it."""
    yield context.call_activity("explode", "on purpose")


def waits(context):
    """Wait for an event, but an hour at most."""
    timer = context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    event = context.wait_for_external_event("go")
    first = yield context.task_any([timer, event])
    if first == event:
        timer.cancel()
        return {"event": event.result, "cancelled": timer.is_cancelled}
    return "timeout"


def clocked(context):
    """Sleep an hour of the orchestration's time and say when it was before and after."""
    before = context.current_utc_datetime
    yield context.create_timer(before + timedelta(hours=1))
    return [before.isoformat(), context.current_utc_datetime.isoformat(), str(context.new_guid())]


def parent(context):
    """Call a child with retry and fan out over doubles."""
    child = yield context.call_sub_orchestrator("child", context.get_input())
    doubles = yield context.task_all([context.call_activity("double", n) for n in range(child)])
    return doubles


def child(context):
    """Return the input plus one, after an hour."""
    yield context.create_timer(context.current_utc_datetime + timedelta(hours=1))
    return context.get_input() + 1
