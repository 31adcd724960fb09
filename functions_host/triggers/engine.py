"""The interface of triggers: the embedded ones, or Microsoft's in `functions_host.azure`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Protocol

from functions_host.http_types import DurableAddresses
from functions_host.triggers.queues import QueueMessage


class MessageQueues(Protocol):
    """The queues of the app."""

    def put(self, queue: str, body: str | bytes, *, delay: timedelta = timedelta(0)) -> str:
        """Add a message and return its id.

        Raises:
            InvocationFailedError: the queue doesn't take it.
        """
        ...

    def messages(self, queue: str) -> list[QueueMessage]:
        """Return the messages of a queue, oldest first; Azure shows neither hidden ones nor more than 32."""
        ...


class TriggerEngine(DurableAddresses, Protocol):
    """Runs the functions of one app when their time, message or orchestration comes."""

    @property
    def failed(self) -> int:
        """How many orchestrations failed since the start, apart from failed invocations."""
        ...

    def start(self, base_url: str) -> None:
        """Make durable clients work; `base_url` is where the HTTP front answers."""
        ...

    def listen(self) -> None:
        """Begin to trigger."""
        ...

    def pause(self) -> None:
        """Trigger nothing new; running work goes on."""
        ...

    def stop(self) -> None:
        """End; the next engine on the same state continues unfinished work."""
        ...

    def client_binding(self) -> str:
        """Return what a durable client parameter receives."""
        ...

    def fire_timer(self, name: str) -> None:
        """Fire a timer by hand and wait for it.

        Raises:
            InvocationFailedError: the function failed.
        """
        ...

    def next_run(self, name: str) -> datetime | None:
        """Return when a timer fires next; None for one that keeps no schedule."""
        ...

    def orchestrations(self) -> list[dict[str, Any]]:
        """Return every orchestration as the status query shows it, oldest first."""
        ...

    def start_orchestration(self, name: str, input_: Any, instance_id: str | None) -> str:
        """Start an orchestration and return its instance id.

        Raises:
            UnknownFunctionError: there is no such orchestrator.
        """
        ...

    def busy(self, *, orchestrations: bool) -> bool:
        """Return whether there is something to do now; with `orchestrations`, an unfinished one counts too."""
        ...
