"""The state directory: one SQLite database that survives `kill -9`, and the lock that keeps a second host out."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from functions_host.errors import StateLockedError

SCHEMA = """
CREATE TABLE IF NOT EXISTS message(
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, queue TEXT NOT NULL, body BLOB NOT NULL,
    inserted REAL NOT NULL, expires REAL, visible REAL NOT NULL, dequeued INTEGER NOT NULL DEFAULT 0, receipt TEXT);
CREATE INDEX IF NOT EXISTS message_due ON message(queue, visible);
CREATE TABLE IF NOT EXISTS timer(
    name TEXT PRIMARY KEY, schedule TEXT NOT NULL, last REAL, next REAL, updated REAL NOT NULL);
CREATE TABLE IF NOT EXISTS instance(id TEXT PRIMARY KEY, meta TEXT NOT NULL, events BLOB NOT NULL, failure BLOB);
CREATE TABLE IF NOT EXISTS entity(id TEXT PRIMARY KEY, state TEXT, pending BLOB NOT NULL);
"""


class Database:
    """One connection, shared by all threads under one lock; WAL, so that a killed process loses no commit."""

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(SCHEMA)

    def execute(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the statements inside one commit; may be nested."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()


class StateLock:
    """Held while a host runs; the operating system releases it when the process dies, however it dies."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir
        self._connection = sqlite3.connect(state_dir / "host.lock", isolation_level=None, timeout=0)
        try:
            self._connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as exc:
            self._connection.close()
            msg = f"another functions host (process {self._owner()}) runs on {state_dir}"
            raise StateLockedError(msg, "stop it, or give this one another --state directory") from exc
        (state_dir / "host.pid").write_text(str(os.getpid()), encoding="ascii")

    def release(self) -> None:
        """Let another host in."""
        self._connection.close()
        (self._state_dir / "host.pid").unlink(missing_ok=True)

    def _owner(self) -> str:
        try:
            return (self._state_dir / "host.pid").read_text(encoding="ascii")
        except OSError:
            return "unknown"


def to_unix(moment: datetime | None) -> float | None:
    """Return a moment in the database's form."""
    return None if moment is None else moment.timestamp()


def from_unix(value: float) -> datetime:
    """Return a stored moment, aware, in UTC."""
    return datetime.fromtimestamp(value, UTC)
