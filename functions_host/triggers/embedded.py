"""The embedded triggers: timers, queues and orchestrations by this package alone, with their state in SQLite."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from functions_host.clock import Clock
from functions_host.durable.api import DurableApi, describe
from functions_host.durable.engine import FINISHED, DurableEngine
from functions_host.durable.line import DurableLine
from functions_host.http_types import Answer, Request
from functions_host.settings import HostConfig
from functions_host.store import Database
from functions_host.triggers.cron import parse_schedule
from functions_host.triggers.invoker import Invoker
from functions_host.triggers.queues import QueueListener, QueueMessage, Queues
from functions_host.triggers.timers import Timer
from functions_host.triggers.values import (
    disabled,
    name_of,
    queue_data,
    queue_metadata,
    queue_of,
    run_activity,
    schedule_of,
)
from functions_host.worker.function import Function
from functions_host.worker.protos import TypedData


class EmbeddedEngine:
    """Triggers functions on the host's clock; a disabled function keeps no schedule, but can be fired by hand."""

    def __init__(
        self,
        functions: Sequence[Function],
        invoker: Invoker,
        queues: Queues,
        *,
        database: Database,
        clock: Clock,
        config: HostConfig,
        line: DurableLine,
        system_key: str,
    ) -> None:
        """Keep them. Eight parameters: the parts of the host that the triggers work with."""
        self._invoker, self._queues, self._db, self._clock = invoker, queues, database, clock
        self._config, self._system_key = config, system_key
        # Azure guards the client's own address by being the only one on the machine; here it is unguessable instead.
        self.rpc_path = f"/durabletask-{secrets.token_urlsafe(16)}"
        self._durable = DurableEngine(database, clock, config, line)
        self._api = DurableApi(self._durable, config.hub_name, system_key, self.rpc_path)
        active = [function for function in functions if not disabled(function)]
        self._timers = {f.name: self._timer(f) for f in functions if f.kind == "timerTrigger"}
        self._scheduled = [self._timers[f.name] for f in active if f.name in self._timers]
        self._listeners = [self._listener(f) for f in active if f.kind == "queueTrigger"]
        for function in active:
            self._add_durable(function)

    @property
    def failed(self) -> int:
        """How many orchestrations failed since the start."""
        return self._durable.failed

    def start(self, base_url: str) -> None:
        """Load the orchestrations of the last run."""
        self._base_url = base_url
        self._durable.start()

    def listen(self) -> None:
        """Listen to the queues and keep the schedules."""
        for listener in self._listeners:
            listener.start()
        for timer in self._scheduled:
            timer.start()

    def pause(self) -> None:
        """Take no new message and fire no timer."""
        for timer in reversed(self._scheduled):
            timer.stop()
        for listener in reversed(self._listeners):
            listener.stop()

    def stop(self) -> None:
        """Stop the orchestrations."""
        self._durable.stop()

    def client_binding(self) -> str:
        """Return what a durable client parameter receives."""
        return self._api.client_binding(self._base_url)

    def answer(self, request: Request, path: list[str], *, from_client: bool) -> Answer:
        """Answer a request to a durable address."""
        return self._api.answer(request, path, from_client=from_client)

    def fire_timer(self, name: str) -> None:
        """Fire a timer by hand; waits for a run that is under way.

        Raises:
            InvocationFailedError: the function failed.
        """
        self._timers[name].fire_now()

    def next_run(self, name: str) -> datetime | None:
        """Return when a timer fires next."""
        status = self._timers[name].status()
        return status.next if status else None

    def orchestrations(self) -> list[dict[str, Any]]:
        """Return every orchestration as the status query shows it, oldest first."""
        return [describe(instance) for instance in self._durable.instances()]

    def start_orchestration(self, name: str, input_: Any, instance_id: str | None) -> str:
        """Start an orchestration and return its instance id.

        Raises:
            UnknownFunctionError: there is no such orchestrator.
        """
        return self._durable.start_by_hand(name, instance_id, input_)

    def busy(self, *, orchestrations: bool) -> bool:
        """Return whether a message, a timer or an orchestration can be worked on now."""
        return (
            any(listener.busy() for listener in self._listeners)
            or any(timer.busy() for timer in self._timers.values())
            or self._durable.busy()
            or (orchestrations and any(one["runtimeStatus"] not in FINISHED for one in self.orchestrations()))
        )

    def _timer(self, function: Function) -> Timer:
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

    def _listener(self, function: Function) -> QueueListener:
        queue = queue_of(function)

        def run(message: QueueMessage) -> None:
            details = (
                f"MessageId: {message.id}, DequeueCount: {message.dequeue_count}, "
                f"InsertedOn: {message.inserted.isoformat()}"
            )
            reason = f"New queue message detected on '{queue}'."
            data = queue_data(message.body)
            self._invoker.invoke(function, data, reason=reason, metadata=_metadata(message), details=details)

        return QueueListener(self._queues, queue, run, clock=self._clock, options=self._config.queues)

    def _add_durable(self, function: Function) -> None:
        """Register an orchestrator, entity or activity; ignore any other function."""
        match function.kind:
            case "orchestrationTrigger":
                self._durable.add_orchestrator(name_of(function), function)
            case "entityTrigger":
                self._durable.add_entity(name_of(function), function)
            case "activityTrigger":
                self._durable.add_activity(
                    name_of(function), lambda value: run_activity(self._invoker, function, value)
                )


def _metadata(message: QueueMessage) -> dict[str, TypedData]:
    others = {
        "PopReceipt": TypedData(string=message.receipt or ""),
        "InsertionTime": TypedData(json=json.dumps(message.inserted.isoformat())),
        "NextVisibleTime": TypedData(json=json.dumps(message.visible.isoformat())),
    }
    if message.expires is not None:
        others["ExpirationTime"] = TypedData(json=json.dumps(message.expires.isoformat()))
    return queue_metadata(message.id, message.dequeue_count, others)


def _truth(value: Any, *, default: bool) -> bool:
    return default if value is None else str(value).lower() == "true"
