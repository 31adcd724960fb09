"""The append-only log of directory changes, in columns: cheap for a million people, exact for delta."""

from __future__ import annotations

from array import array
from enum import IntEnum


class Kind(IntEnum):
    """What happened to a user."""

    CREATE = 0
    EDIT = 1
    REMOVE = 2
    """Soft: restorable for 30 days."""
    PURGE = 3
    RESTORE = 4


class ChangeLog:
    """Entries numbered from 0: time, user (by slot), kind, record after it, names of the attributes it touched."""

    def __init__(self) -> None:
        self.times = array("d")
        self.slots = array("q")
        self.kinds = bytearray()
        self.records: list[bytes | None] = []
        self.touched: list[frozenset[str] | None] = []

    def __len__(self) -> int:
        return len(self.kinds)

    def append(
        self, moment: float, slot: int, kind: Kind, record: bytes | None, touched: frozenset[str] | None = None
    ) -> int:
        """Add an entry and return its number."""
        self.times.append(moment)
        self.slots.append(slot)
        self.records.append(record)
        self.touched.append(touched)
        self.kinds.append(kind)  # last: the log is as long as this column
        return len(self.kinds) - 1

    def last(self, slot: int, upto: int) -> int | None:
        """Find a user's last entry before number `upto`."""
        return next((n for n in range(min(upto, len(self)) - 1, -1, -1) if self.slots[n] == slot), None)

    def visible_at(self, moment: float) -> int:
        """Return how many entries the answering replica has; the last of them is from `moment` at the latest."""
        end = len(self.times)
        while end and self.times[end - 1] > moment:
            end -= 1
        return end
