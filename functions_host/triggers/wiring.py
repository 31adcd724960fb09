"""Turns a function's trigger into what runs it: a timer, a queue listener, a durable function, a call by hand."""

from __future__ import annotations

import json
import os
from typing import Any

from functions_host.clock import Clock
from functions_host.durable.engine import DurableEngine
from functions_host.errors import InvocationFailedError, UnknownFunctionError
from functions_host.settings import HostConfig, resolve
from functions_host.store import Database
from functions_host.triggers.cron import parse_schedule
from functions_host.triggers.invoker import Invoker
from functions_host.triggers.queues import QueueListener, QueueMessage, Queues
from functions_host.triggers.timers import Timer
from functions_host.worker.function import Function
from functions_host.worker.protos import TypedData

BY_HAND = "This function was programmatically called via the host APIs."


def setting(text: str) -> str:
    """Put app settings in for `%NAME%`."""
    return resolve(text, os.environ)


def schedule_of(function: Function) -> str:
    """Return a timer's schedule."""
    return setting(str(function.trigger["schedule"]))


def queue_of(function: Function) -> str:
    """Return a queue trigger's queue."""
    return setting(str(function.trigger["queueName"]))


def disabled(function: Function) -> bool:
    """Tell whether an app setting keeps the function from being triggered."""
    return os.environ.get(f"AzureWebJobs.{function.name}.Disabled", "").lower() in ("true", "1")


class Triggers:
    """Makes triggers work."""

    def __init__(
        self, invoker: Invoker, queues: Queues, *, database: Database, clock: Clock, config: HostConfig
    ) -> None:
        self._invoker = invoker
        self._queues = queues
        self._db = database
        self._clock = clock
        self._config = config

    def timer(self, function: Function) -> Timer:
        """Return the timer of a timer trigger."""

        def fire(info: dict[str, Any]) -> None:
            reason = f"Timer fired at {self._clock.now().isoformat()}"
            self._invoker.invoke(function, TypedData(json=json.dumps(info)), reason=reason)

        text = schedule_of(function)
        return Timer(
            function.name,
            text,
            parse_schedule(text),
            fire,
            database=self._db,
            clock=self._clock,
            use_monitor=_truth(function.trigger.get("useMonitor"), default=True),
            run_on_startup=_truth(function.trigger.get("runOnStartup"), default=False),
        )

    def listener(self, function: Function) -> QueueListener:
        """Return the listener of a queue trigger."""
        queue = queue_of(function)

        def run(message: QueueMessage) -> None:
            details = (
                f"MessageId: {message.id}, DequeueCount: {message.dequeue_count}, "
                f"InsertedOn: {message.inserted.isoformat()}"
            )
            reason = f"New queue message detected on '{queue}'."
            data = _queue_data(message.body)
            self._invoker.invoke(function, data, reason=reason, metadata=_metadata(message), details=details)

        return QueueListener(self._queues, queue, run, clock=self._clock, options=self._config.queues)

    def add_durable(self, engine: DurableEngine, function: Function) -> None:
        """Register an orchestrator, entity or activity; others are none of the engine's business."""
        match function.kind:
            case "orchestrationTrigger":
                engine.add_orchestrator(str(function.trigger.get("orchestration") or function.name), function)
            case "entityTrigger":
                engine.add_entity(str(function.trigger.get("entityName") or function.name), function)
            case "activityTrigger":
                name = str(function.trigger.get("activity") or function.name)
                engine.add_activity(name, lambda value: self._activity(function, name, value))

    def run(self, function: Function, value: Any) -> Any:
        """Run a function by hand with its trigger's value, and return what it returned.

        Raises:
            UnknownFunctionError: its trigger can't be given by hand.
            InvocationFailedError: it failed.
        """
        if function.kind == "queueTrigger":
            text = value if isinstance(value, (str, bytes)) else json.dumps(value)
            body = text if isinstance(text, bytes) else text.encode()
            returned = self._invoker.invoke(function, _queue_data(body), reason=BY_HAND, metadata=_metadata())
        elif function.kind in ("orchestrationTrigger", "entityTrigger", "httpTrigger"):
            msg = f"'{function.name}' ({function.kind}) can't be run by hand"
            raise UnknownFunctionError(msg, "send a request to its address, or start it through a durable client")
        else:
            returned = self._invoker.invoke(function, TypedData(json=json.dumps(value)), reason=BY_HAND)
        return _decode(returned)

    def _activity(self, function: Function, name: str, value: Any) -> Any:
        try:
            return _decode(self._invoker.invoke(function, TypedData(json=json.dumps(value)), reason="(null)"))
        except InvocationFailedError as exc:
            msg = f"Activity function '{name}' failed: {exc}"
            raise InvocationFailedError(msg, exc.stack) from exc


def _decode(value: TypedData | None) -> Any:
    if value is None or value.value is None:
        return None
    return json.loads(value.value) if value.kind == "json" else value.value


def _queue_data(body: bytes) -> TypedData:
    try:
        return TypedData(string=body.decode("utf-8"))
    except UnicodeDecodeError:
        return TypedData(bytes=body)


def _metadata(message: QueueMessage | None = None) -> dict[str, TypedData]:
    """Return the trigger metadata of a queue message."""
    if message is None:
        return {"Id": TypedData(string="by-hand"), "DequeueCount": TypedData(json="1")}
    values = {
        "Id": TypedData(string=message.id),
        "DequeueCount": TypedData(json=str(message.dequeue_count)),
        "PopReceipt": TypedData(string=message.receipt or ""),
        "InsertionTime": TypedData(json=json.dumps(message.inserted.isoformat())),
        "NextVisibleTime": TypedData(json=json.dumps(message.visible.isoformat())),
    }
    if message.expires is not None:
        values["ExpirationTime"] = TypedData(json=json.dumps(message.expires.isoformat()))
    return values


def _truth(value: Any, *, default: bool) -> bool:
    return default if value is None else str(value).lower() == "true"
