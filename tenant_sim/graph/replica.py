"""Reads of single users from a replica that may lag behind, as delta does [GR-16]."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tenant_sim.graph.directory import Directory


class Replica:
    """The directory as `GET /users/{id}` sees it: `lag_s` seconds ago.

    ASSUMED [GR-46]: single reads lag like delta does, for a time that nobody documents.
    """

    def __init__(self, directory: Directory, now: Callable[[], float]) -> None:
        self._directory, self._now = directory, now
        self.lag_s = 0.0

    def record(self, slot: int) -> dict[str, Any] | None:
        """Return the record of a live user as it was before the lag; None if the replica doesn't have the user yet."""
        if not self.lag_s:
            return self._directory.record(slot)
        log = self._directory.log
        n = log.last(slot, log.visible_at(self._now() - self.lag_s))
        row = None if n is None else log.records[n]
        if row is None:
            return None
        values = {k: v for k, v in self._directory.rows.unpack(row).items() if v is not None}
        return {"id": self._directory.ids[slot], **values}
