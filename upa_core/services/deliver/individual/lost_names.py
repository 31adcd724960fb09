"""User names that changed for many people at once: while none of the new ones is found, few are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from upa_core.domain.individual.answer import Fault, Reading
from upa_core.domain.individual.batch import Task

LOST: Final = 60
"""With this many known people in a row without a profile, SharePoint hasn't seen their new user names yet."""
STILL_READ: Final = 5
"""This many of them are still read in a batch: once one is found, everybody is read again."""
READ_AT_ONCE: Final = 20


class LostNames:
    """The known people in a row whose user name found no profile, and who of the next ones is read."""

    def __init__(self, in_a_row: int, *, begins: bool) -> None:
        """Go on from `in_a_row` people; `begins`: with a batch's first slice, of which a few are read in any case."""
        self.in_a_row = in_a_row
        self._still_read = STILL_READ if begins else 0

    def read_at_once(self) -> int:
        """Return how many are read together.

        The few are read alone: once one of them is found, everybody after them is read.
        """
        return STILL_READ if self.in_a_row >= LOST and self._still_read else READ_AT_ONCE

    def unread(self, group: Sequence[Task]) -> set[str]:
        """Return who isn't read: while no new user name is found, all known people but a few."""
        if self.in_a_row < LOST:
            return set()
        known = [task.person for task in group if task.known]
        read, self._still_read = self._still_read, max(0, self._still_read - len(known))
        return set(known[read:])

    def count(self, group: Sequence[Task], readings: Mapping[str, Reading]) -> None:
        """Count what was read of known people."""
        for task in group:
            if task.known and task.account in readings and not isinstance(readings[task.account], Fault):
                self.in_a_row = self.in_a_row + 1 if readings[task.account] is None else 0
