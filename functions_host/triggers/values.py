"""Values of triggers: the input of a function, its return value, and its settings filled in."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from functions_host.errors import InvocationFailedError, UnknownFunctionError
from functions_host.settings import resolve
from functions_host.triggers.invoker import Invoker
from functions_host.worker.function import Function
from functions_host.worker.protos import TypedData

BY_HAND = "This function was programmatically called via the host APIs."


def setting(text: str) -> str:
    """Replace `%NAME%` by app settings."""
    return resolve(text, os.environ)


def schedule_of(function: Function) -> str:
    """Return a timer's schedule."""
    return setting(str(function.trigger["schedule"]))


def queue_of(function: Function) -> str:
    """Return a queue trigger's queue."""
    return setting(str(function.trigger["queueName"]))


def disabled(function: Function) -> bool:
    """Return whether an app setting keeps the function from being triggered."""
    return os.environ.get(f"AzureWebJobs.{function.name}.Disabled", "").lower() in ("true", "1")


def name_of(function: Function) -> str:
    """Return the name by which orchestrations call an orchestrator, an entity or an activity."""
    members = {"orchestrationTrigger": "orchestration", "entityTrigger": "entityName", "activityTrigger": "activity"}
    return str(function.trigger.get(members[function.kind]) or function.name)


def run_by_hand(invoker: Invoker, function: Function, value: Any) -> Any:
    """Run a function by hand with its trigger's value, and return its result.

    Raises:
        UnknownFunctionError: its trigger can't be given by hand.
        InvocationFailedError: it failed.
    """
    if function.kind == "queueTrigger":
        text = value if isinstance(value, (str, bytes)) else json.dumps(value)
        body = text if isinstance(text, bytes) else text.encode()
        metadata = queue_metadata("by-hand", 1)
        returned = invoker.invoke(function, queue_data(body), reason=BY_HAND, metadata=metadata)
    elif function.kind in ("orchestrationTrigger", "entityTrigger", "httpTrigger"):
        msg = f"'{function.name}' ({function.kind}) can't be run by hand"
        raise UnknownFunctionError(msg, "send a request to its address, or start it through a durable client")
    else:
        returned = invoker.invoke(function, TypedData(json=json.dumps(value)), reason=BY_HAND)
    return decode(returned)


def run_activity(invoker: Invoker, function: Function, value: Any) -> Any:
    """Run an activity with an input and return its result, both plain JSON.

    Raises:
        InvocationFailedError: it failed.
    """
    try:
        return decode(invoker.invoke(function, TypedData(json=json.dumps(value)), reason="(null)"))
    except InvocationFailedError as exc:
        msg = f"Activity function '{name_of(function)}' failed: {exc}"
        raise InvocationFailedError(msg, exc.stack) from exc


def decode(value: TypedData | None) -> Any:
    """Return a function's return value as plain JSON."""
    if value is None or value.value is None:
        return None
    return json.loads(value.value) if value.kind == "json" else value.value


def queue_data(body: bytes) -> TypedData:
    """Return a message's body for the worker: text, or bytes where it is no text."""
    try:
        return TypedData(string=body.decode("utf-8"))
    except UnicodeDecodeError:
        return TypedData(bytes=body)


def queue_metadata(
    message_id: str, dequeue_count: int, others: Mapping[str, TypedData] | None = None
) -> dict[str, TypedData]:
    """Return the trigger metadata of a queue message."""
    return {
        "Id": TypedData(string=message_id),
        "DequeueCount": TypedData(json=str(dequeue_count)),
        **(others or {}),
    }
