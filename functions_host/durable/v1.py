"""azure-functions-durable 1.x: generators run on durabletask through an adapter of the context; clients use HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from durabletask.worker import TaskHubGrpcWorker

from functions_host.errors import AppError
from functions_host.worker.function import Function


class DurableV1:
    """Runs orchestrators of 1.x; entities are left aside."""

    def __init__(self, user_function: Callable[[str], Any]) -> None:
        self._user_function = user_function
        self._orchestrators: list[Callable[..., Any]] = []

    def add(self, name: str, function: Function) -> None:
        """Take an orchestrator."""
        body = getattr(self._user_function(function.name), "orchestrator_function", None)
        if body is None:
            msg = f"'{function.name}' is no orchestrator of azure-functions-durable"
            raise AppError(msg, "decorate it with `orchestration_trigger` of a `df.DFApp` or `df.Blueprint`")
        from functions_host.durable.context_v1 import adapt  # needs the SDK; an app without durable doesn't

        self._orchestrators.append(adapt(name, body))

    def make_worker(self, **options: Any) -> TaskHubGrpcWorker:
        """Return a worker that knows the adapted orchestrators."""
        worker = TaskHubGrpcWorker(**options)
        for orchestrator in self._orchestrators:
            worker.add_orchestrator(orchestrator)
        return worker

    def encode_input(self, value: Any) -> str:
        """Return JSON of JSON: the client of 1.x encodes twice."""
        return json.dumps(json.dumps(value))

    def client_address(self, http: str, grpc: str) -> str:  # noqa: ARG002 - 1.x has no use for gRPC
        """Return the HTTP address, which 1.x wants to end in a slash."""
        return f"{http}/"
