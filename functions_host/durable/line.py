"""The differences between the two lines of azure-functions-durable, as one interface.

1.x replays JSON history in the SDK and talks HTTP to the extension; 2.x, on durabletask, replays protobuf work items
and talks gRPC.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from durabletask.worker import TaskHubGrpcWorker

from functions_host.worker.function import Function
from functions_host.worker.protos import TypedData

Call = Callable[[Function, TypedData], TypedData | None]


class DurableLine(Protocol):
    """How orchestrators and entities are run, and the address for clients."""

    def add(self, name: str, function: Function) -> None:
        """Take an orchestrator or an entity of that name.

        Raises:
            AppError: it isn't one of this line.
        """
        ...

    def make_worker(self, **options: Any) -> TaskHubGrpcWorker:
        """Return a worker for the backend that runs what was added; activities are registered with it as they are."""
        ...

    def encode_input(self, value: Any) -> str:
        """Return an orchestration's input as this line's client sends it."""
        ...

    def client_address(self, http: str, grpc: str) -> str:
        """Return the `rpcBaseUrl` of a client binding, from the addresses of HTTP and of the backend's gRPC."""
        ...
