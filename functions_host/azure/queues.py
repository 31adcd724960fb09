"""Queues of a storage account, as output bindings and tests use them; the listener is Microsoft's."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient, QueueServiceClient

from functions_host.errors import InvocationFailedError
from functions_host.settings import QueueOptions
from functions_host.triggers.queues import QueueMessage

SHOWN = 32
"""A request shows at most this many messages."""


class AzureQueues:
    """The app's queues; messages are encoded as host.json says."""

    def __init__(self, connection: str, options: QueueOptions) -> None:
        self._service = QueueServiceClient.from_connection_string(connection)
        self._base64 = options.base64

    def put(self, queue: str, body: str | bytes, *, delay: timedelta = timedelta(0)) -> str:
        """Add a message, making the queue where it is missing as the output binding does; return the message's id.

        Raises:
            InvocationFailedError: the queue doesn't take it.
        """
        data = body.encode() if isinstance(body, str) else body
        text = base64.b64encode(data).decode() if self._base64 else data.decode()
        client = self._service.get_queue_client(queue)
        try:
            try:
                return self._send(client, text, delay)
            except ResourceNotFoundError:
                self.create(queue)
                return self._send(client, text, delay)
        except HttpResponseError as exc:
            msg = f"queue '{queue}' doesn't take a message of {len(data)} bytes: {exc.reason}"
            raise InvocationFailedError(msg) from exc

    def messages(self, queue: str) -> list[QueueMessage]:
        """Return the first messages of a queue that aren't hidden, oldest first."""
        try:
            found = self._service.get_queue_client(queue).peek_messages(max_messages=SHOWN)
        except ResourceNotFoundError:
            return []
        now = datetime.now(UTC)
        return [
            QueueMessage(
                id=str(one.id),
                queue=queue,
                body=base64.b64decode(one.content) if self._base64 else str(one.content).encode(),
                inserted=one.inserted_on or now,
                expires=one.expires_on,
                visible=now,
                dequeue_count=int(one.dequeue_count or 0),
                receipt=None,
            )
            for one in found
        ]

    def create(self, queue: str) -> None:
        """Make a queue unless it is there."""
        try:
            self._service.create_queue(queue).close()
        except ResourceExistsError:
            return

    def close(self) -> None:
        """Close the connection."""
        self._service.close()

    def _send(self, client: QueueClient, text: str, delay: timedelta) -> str:
        return str(client.send_message(text, visibility_timeout=int(delay.total_seconds())).id)
