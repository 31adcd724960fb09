"""One invocation from trigger to outputs: logs as Core Tools do, enforces functionTimeout, carries outputs out."""

from __future__ import annotations

import concurrent.futures
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta

from functions_host.errors import InvocationFailedError, StoppingError
from functions_host.triggers.engine import MessageQueues
from functions_host.worker.function import Function
from functions_host.worker.protos import TypedData
from functions_host.worker.python_worker import PythonWorker

log = logging.getLogger("functions_host.invocations")


class Invoker:
    """Invokes functions through the worker."""

    def __init__(
        self,
        worker: PythonWorker,
        queues: MessageQueues,
        *,
        timeout: timedelta | None,
        resolve: Callable[[str], str],
    ) -> None:
        self._worker = worker
        self._queues = queues
        self._timeout = None if timeout is None else timeout.total_seconds()
        self._resolve = resolve
        self._lock = threading.Lock()
        self._running: set[str] = set()
        self.client_binding: Callable[[], str] = lambda: "{}"
        self.abandoned = 0
        """Invocations that ran out of time; their threads can't be killed and may still run."""
        self.failed = 0

    def busy(self) -> bool:
        """Return whether an invocation is under way."""
        with self._lock:
            return bool(self._running)

    def drain(self, grace: float = 5.0) -> None:
        """Give running invocations some time to end."""
        deadline = time.monotonic() + grace
        while self.busy() and time.monotonic() < deadline:
            time.sleep(0.02)

    def invoke(
        self,
        function: Function,
        value: TypedData,
        *,
        reason: str,
        metadata: Mapping[str, TypedData] | None = None,
        details: str = "",
        traceparent: str = "",
    ) -> TypedData | None:
        """Run a function to its end and carry out its outputs; return `$return`, unless a binding takes it.

        Six parameters: the parts of one invocation.

        Raises:
            InvocationFailedError: it failed, ran out of time, or has a binding that isn't run here.
        """
        invocation_id = str(uuid.uuid4())
        name = f"Functions.{function.name}"
        log.info("Executing '%s' (Reason='%s', Id=%s)", name, reason, invocation_id)
        if details:
            log.info("Trigger Details: %s", details)
        started = time.monotonic()
        with self._lock:
            self._running.add(invocation_id)
        try:
            returned = self.call(function, value, invocation_id, metadata, traceparent)
        except InvocationFailedError as exc:
            with self._lock:
                self.failed += 1
            log.error("Executed '%s' (Failed, Id=%s, Duration=%sms)", name, invocation_id, _ms(started))
            log.error("Exception while executing function: %s. %s\n%s", name, exc, exc.stack.rstrip())
            raise
        finally:
            with self._lock:
                self._running.discard(invocation_id)
        log.info("Executed '%s' (Succeeded, Id=%s, Duration=%sms)", name, invocation_id, _ms(started))
        return returned

    def call(
        self,
        function: Function,
        value: TypedData,
        invocation_id: str = "",
        metadata: Mapping[str, TypedData] | None = None,
        traceparent: str = "",
    ) -> TypedData | None:
        """Run a function as `invoke` does, without log lines and without counting: the caller does both.

        Raises:
            InvocationFailedError: as `invoke` does.
        """
        invocation_id = invocation_id or str(uuid.uuid4())
        missing = function.not_run_here()
        if missing:
            msg = f"binding {', '.join(missing)} is not run by this host"
            raise InvocationFailedError(msg)
        data = {str(function.trigger["name"]): value}
        data.update({name: TypedData(string=self.client_binding()) for name in function.clients})
        try:
            future = self._worker.invoke(function.name, invocation_id, data, metadata, traceparent)
        except RuntimeError as exc:
            msg = "the host is shutting down"
            raise StoppingError(msg) from exc
        try:
            returned, outputs = future.result(self._timeout)
        except concurrent.futures.TimeoutError as exc:
            future.cancel()
            with self._lock:
                self.abandoned += 1
            msg = (
                f"Timeout value of {timedelta(seconds=self._timeout or 0)} exceeded by function "
                f"'Functions.{function.name}' (Id: '{invocation_id}'); abandoned."
            )
            raise InvocationFailedError(msg) from exc
        except concurrent.futures.CancelledError as exc:
            msg = "the host is shutting down"
            raise StoppingError(msg) from exc
        binding = function.output("$return")
        if returned is not None and binding is not None and binding["type"] != "http":
            outputs = {**outputs, "$return": returned}
            returned = None
        for name, data_out in outputs.items():
            target = function.output(name)
            if target is not None and target["type"] == "queue":
                queue = self._resolve(str(target["queueName"]))
                for body in _queue_bodies(data_out):
                    self._queues.put(queue, body)
        return returned


def _queue_bodies(data: TypedData) -> list[str | bytes]:
    """Return the messages of an output: one, or one for each element of a list."""
    if data is None or data.value is None:
        return []
    if data.kind != "json":
        return [data.value if isinstance(data.value, bytes) else str(data.value)]
    value = json.loads(data.value)
    items = value if isinstance(value, list) else [value]
    return [_body(item) for item in items]


def _body(item: object) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, dict) and set(item) == {"id", "body"}:  # func.QueueMessage
        return str(item["body"])
    return json.dumps(item)


def _ms(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
