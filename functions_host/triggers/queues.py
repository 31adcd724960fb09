"""Storage queues in SQLite: visibility, dequeue counts, poison queues; a kill loses no message."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions_host.clock import Clock
from functions_host.errors import InvocationFailedError
from functions_host.settings import QueueOptions
from functions_host.store import Database, from_unix, to_unix

POISON = "-poison"
TIME_TO_LIVE = timedelta(days=7)
LEASE = timedelta(minutes=10)
SELECT = "SELECT id, queue, body, inserted, expires, visible, dequeued, receipt FROM message WHERE {} ORDER BY number"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class QueueMessage:
    """A message as a queue holds it."""

    id: str
    queue: str
    body: bytes
    inserted: datetime
    expires: datetime | None
    visible: datetime
    dequeue_count: int
    receipt: str | None
    """Set while somebody works on it."""

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


class Queues:
    """All queues of the app."""

    def __init__(self, database: Database, clock: Clock, options: QueueOptions) -> None:
        self._db = database
        self._clock = clock
        self._options = options
        self._listeners: dict[str, list[threading.Event]] = {}
        # Nobody else holds the state directory, so a message's holder is dead: it is visible now, not in 10 minutes.
        self._db.execute("UPDATE message SET receipt = NULL, visible = 0 WHERE receipt IS NOT NULL")

    def put(self, queue: str, body: str | bytes, *, delay: timedelta = timedelta(0)) -> str:
        """Add a message and return its id.

        Raises:
            InvocationFailedError: the body is larger than a storage queue takes.
        """
        data = body.encode() if isinstance(body, str) else body
        if len(data) > self._options.largest_body:
            msg = f"a message of {len(data)} bytes is too large for queue '{queue}' ({self._options.largest_body})"
            raise InvocationFailedError(msg)
        now = self._clock.now()
        message_id = str(uuid.uuid4())
        self._insert(message_id, queue, data, now, now + TIME_TO_LIVE, now + delay)
        self._wake(queue)
        return message_id

    def lease(self, queue: str, count: int) -> list[QueueMessage]:
        """Take up to `count` visible messages, oldest first; each is hidden and its dequeue count goes up by one."""
        now = self._clock.now()
        leased = []
        with self._db.transaction():
            self._db.execute("DELETE FROM message WHERE expires <= ? AND receipt IS NULL", (to_unix(now),))
            rows = self._db.execute(
                "SELECT id FROM message WHERE queue = ? AND receipt IS NULL AND visible <= ? ORDER BY number LIMIT ?",
                (queue, to_unix(now), count),
            )
            for (message_id,) in rows:
                self._db.execute(
                    "UPDATE message SET receipt = ?, visible = ?, dequeued = dequeued + 1 WHERE id = ?",
                    (uuid.uuid4().hex, to_unix(now + LEASE), message_id),
                )
                leased.extend(self._read("id = ?", message_id))
        return leased

    def delete(self, message: QueueMessage) -> None:
        """Remove a processed message."""
        self._db.execute("DELETE FROM message WHERE id = ? AND receipt = ?", (message.id, message.receipt))

    def give_back(self, message: QueueMessage) -> None:
        """Make a message visible again after the visibility timeout."""
        visible = self._clock.now() + self._options.visibility_timeout
        self._db.execute(
            "UPDATE message SET receipt = NULL, visible = ? WHERE id = ? AND receipt = ?",
            (to_unix(visible), message.id, message.receipt),
        )
        self._wake(message.queue)

    def poison(self, message: QueueMessage) -> None:
        """Move a message to the poison queue, in one commit."""
        now = self._clock.now()
        with self._db.transaction():
            self.delete(message)
            self._insert(str(uuid.uuid4()), message.queue + POISON, message.body, now, None, now)
        self._wake(message.queue + POISON)

    def messages(self, queue: str) -> list[QueueMessage]:
        """Return the messages of a queue, hidden ones included, oldest first."""
        return self._read("queue = ?", queue)

    def names(self) -> list[str]:
        """Return the queues that hold messages."""
        return [name for (name,) in self._db.execute("SELECT DISTINCT queue FROM message ORDER BY queue")]

    def next_visible(self, queue: str) -> datetime | None:
        """Return when the next message that nobody works on becomes visible."""
        rows = self._db.execute("SELECT MIN(visible) FROM message WHERE queue = ? AND receipt IS NULL", (queue,))
        return None if rows[0][0] is None else from_unix(rows[0][0])

    def listen(self, queue: str, wake: threading.Event) -> None:
        """Set `wake` whenever a message comes into the queue."""
        self._listeners.setdefault(queue, []).append(wake)

    def _insert(self, message_id: str, queue: str, body: bytes, now: datetime, *times: datetime | None) -> None:
        self._db.execute(
            "INSERT INTO message(id, queue, body, inserted, expires, visible) VALUES(?, ?, ?, ?, ?, ?)",
            (message_id, queue, body, to_unix(now), *(to_unix(t) for t in times)),
        )

    def _read(self, where: str, value: str) -> list[QueueMessage]:
        rows = self._db.execute(SELECT.format(where), (value,))
        return [
            QueueMessage(
                id=row[0],
                queue=row[1],
                body=row[2],
                inserted=from_unix(row[3]),
                expires=None if row[4] is None else from_unix(row[4]),
                visible=from_unix(row[5]),
                dequeue_count=row[6],
                receipt=row[7],
            )
            for row in rows
        ]

    def _wake(self, queue: str) -> None:
        for wake in self._listeners.get(queue, ()):
            wake.set()


class QueueListener:
    """Feeds one queue trigger: batches, concurrency, retries and poison messages as in host.json."""

    def __init__(
        self,
        queues: Queues,
        queue: str,
        run: Callable[[QueueMessage], None],
        *,
        clock: Clock,
        options: QueueOptions,
    ) -> None:
        self._queues = queues
        self._queue = queue
        self._run = run
        self._clock = clock
        self._options = options
        self._wake = threading.Event()
        self._stopping = False
        self._running = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._listen, daemon=True, name=f"queue-{queue}")

    def start(self) -> None:
        """Begin to listen."""
        self._queues.listen(self._queue, self._wake)
        self._thread.start()

    def stop(self) -> None:
        """Take no new message; those in work go on."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def busy(self) -> bool:
        """Return whether a message is being worked on, or waits and is visible."""
        with self._lock:
            if self._running:
                return True
        visible = self._queues.next_visible(self._queue)
        return visible is not None and visible <= self._clock.now()

    def _listen(self) -> None:
        while not self._stopping:
            self._wake.clear()
            with self._lock:
                free = self._running <= self._options.new_batch_threshold
                batch = self._queues.lease(self._queue, self._options.batch_size) if free and not self._stopping else []
                self._running += len(batch)
            for message in batch:
                threading.Thread(target=self._work, args=(message,), daemon=True, name="queue-message").start()
            if not batch:
                self._clock.wait(self._queues.next_visible(self._queue) if free else None, self._wake)

    def _work(self, message: QueueMessage) -> None:
        most = self._options.max_dequeue_count
        try:
            if message.dequeue_count > most:  # whoever took it last died with it
                self._queues.poison(message)
                return
            self._run(message)
            self._queues.delete(message)
        except InvocationFailedError:
            if self._stopping:
                return  # stays leased, reappears at the next start
            if message.dequeue_count >= most:
                log.warning(
                    "Message has reached MaxDequeueCount of %s. Moving message to queue '%s%s'.",
                    most,
                    message.queue,
                    POISON,
                )
                self._queues.poison(message)
            else:
                self._queues.give_back(message)
        finally:
            with self._lock:
                self._running -= 1
            self._wake.set()
