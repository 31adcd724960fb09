"""Reads of single users from a replica that may lag behind (graph.md A2: replication delays)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .directory import Directory


class Replica:
    """The directory as `GET /users/{id}` sees it: `lag_s` seconds ago.

    ASSUMED: read-lag: single reads lag like delta does, for a time that nobody documents.
    """

    def __init__(self, directory: Directory, now: Callable[[], float]) -> None:
        self._directory, self._now = directory, now
        self.lag_s = 0.0

    def record(self, slot: int) -> dict[str, Any]:
        """Return the record of a live user, as old as the lag makes it."""
        if not self.lag_s:
            return self._directory.record(slot)
        log = self._directory.log
        for n in range(log.visible_at(self._now() - self.lag_s) - 1, -1, -1):
            raw = log.records[n]
            if log.slots[n] == slot and raw is not None:
                values = {k: v for k, v in self._directory.rows.unpack(raw).items() if v is not None}
                return {"id": self._directory.ids[slot], **values}
        return self._directory.record(slot)
