"""Count a plan's values by the start of their wait, batch by batch, while the plan is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from upa_core.domain.documents.runs import FileState
from upa_core.domain.freshness.record import PlannedBatch, pack_runs
from upa_core.domain.plan.planner import Entry

Places = Sequence[tuple[Sequence[Entry], Sequence[tuple[int, int, int]]]]
"""The entries of each route, and their places: batch, number of the first in it, and how many."""


class _Growing:
    """A batch while it is filled."""

    def __init__(self) -> None:
        self.moments: dict[datetime, int] = {}
        """Moment → its number."""
        self.fresh: list[int] = []
        """Values of people who weren't in escrow, by number of the moment."""
        self.runs: list[tuple[int, int]] = []
        """Number of a moment, and how many values in a row count from it."""
        self.people = self.new = 0
        self.also: dict[int, list[int]] = {}

    def count(self, moment: datetime, values: int, *, waits: bool = False) -> None:
        code = self.moments.setdefault(moment, len(self.moments))
        if code == len(self.fresh):
            self.fresh.append(0)
        self.fresh[code] += 0 if waits else values
        if self.runs and self.runs[-1][0] == code:
            values += self.runs.pop()[1]
        self.runs.append((code, values))


class AgeBook:
    """The values of one plan, by batch."""

    def __init__(self, usual: datetime) -> None:
        """Begin; `usual` is the start of the wait of values without another moment."""
        self._usual = usual
        self._batches: dict[int, _Growing] = {}

    def add(self, places: Places) -> None:
        """Take people's changes as they were cut into batches; each person comes once."""
        seen: dict[str, int] = {}
        for part, runs in places:
            at = 0
            for number, _, count in runs:
                self._add(number, part[at : at + count], seen, several=len(places) > 1)
                at += count

    def planned(self, batches: Sequence[FileState]) -> dict[str, PlannedBatch]:
        """Return what is stored of each batch; `batches` in the order in which they were begun."""
        names = [one.name for one in batches]
        return {names[number]: _closed(growing, names) for number, growing in self._batches.items()}

    def _add(self, number: int, entries: Sequence[Entry], seen: dict[str, int], *, several: bool) -> None:
        batch = self._batches.setdefault(number, _Growing())
        fresh = [entry for entry in entries if not entry.waits]
        batch.people += len(fresh)
        batch.new += len(fresh) - sum([entry.known for entry in fresh])
        if not any(entry.since for entry in entries):
            batch.count(self._usual, sum([len(entry.new) for entry in entries]))
        else:
            for entry in entries:
                since = entry.since or {}
                for target in sorted(entry.new):
                    batch.count(since.get(target, self._usual), 1, waits=entry.waits)
        for entry in fresh if several else ():
            if entry.person in seen:
                both = batch.also.setdefault(seen[entry.person], [0, 0])
                both[0] += 1
                both[1] += not entry.known
            seen[entry.person] = number


def _closed(batch: _Growing, names: Sequence[str]) -> PlannedBatch:
    values = [0] * len(batch.moments)
    for code, count in batch.runs:
        values[code] += count
    return PlannedBatch(
        moments=tuple(batch.moments),
        values=tuple(values),
        fresh=tuple(batch.fresh),
        codes=pack_runs(batch.runs) if len(batch.moments) > 1 else "",
        people=batch.people,
        new=batch.new,
        also={names[number]: tuple(both) for number, both in batch.also.items()},
    )
