"""Count a plan's values by the start of their wait, batch by batch, while the plan is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from upa_core.domain.documents.runs import FileState
from upa_core.domain.freshness.record import PlannedBatch, Shared, pack_runs
from upa_core.domain.plan.batch import columns
from upa_core.domain.plan.entry import Entry

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
        self.groups: list[tuple[int, int]] = []
        """Number of a group, and how many people in a row belong to it."""

    def count(self, moment: datetime, values: int, *, waits: bool = False) -> None:
        code = self.moments.setdefault(moment, len(self.moments))
        if code == len(self.fresh):
            self.fresh.append(0)
        self.fresh[code] += 0 if waits else values
        if self.runs and self.runs[-1][0] == code:
            values += self.runs.pop()[1]
        self.runs.append((code, values))

    def place(self, group: int, people: int) -> None:
        if self.groups and self.groups[-1][0] == group:
            people += self.groups.pop()[1]
        self.groups.append((group, people))


class AgeBook:
    """The values of one plan, by batch."""

    def __init__(self, usual: datetime) -> None:
        """Begin; `usual` is the start of the wait of values without another moment."""
        self._usual = usual
        self._batches: dict[int, _Growing] = {}
        self._groups: dict[tuple[int, ...], list[int]] = {}
        """People by the numbers of the batches that name them, where several do: how many aren't in escrow, and how
        many of them are new. Each group's number is its place."""

    def add(self, places: Places) -> None:
        """Take people's changes as they were cut into batches; each person comes once."""
        pieces = []
        for part, runs in places:
            at = 0
            for number, _, count in runs:
                pieces.append((number, part[at : at + count]))
                at += count
        groups = self._grouped(pieces) if len(places) > 1 else {}
        for number, entries in pieces:
            self._add(number, entries, groups)

    def planned(self, batches: Sequence[FileState]) -> tuple[dict[str, PlannedBatch], tuple[Shared, ...]]:
        """Return what is stored of each batch, and of people in several; `batches` as they were begun."""
        names = [one.name for one in batches]
        shared = tuple(Shared(tuple(names[n] for n in of), *counts) for of, counts in self._groups.items())
        return {names[number]: _closed(growing) for number, growing in self._batches.items()}, shared

    def _grouped(self, pieces: Sequence[tuple[int, Sequence[Entry]]]) -> dict[str, int]:
        """Count who is in several batches, and return the number of each one's group."""
        of: dict[str, tuple[int, ...]] = {}
        for number, entries in pieces:
            for entry in entries:
                of[entry.person] = (*of.get(entry.person, ()), number)
        found: dict[str, int] = {}
        for _, entries in pieces:
            for entry in entries:
                batches = of[entry.person]
                if len(batches) > 1 and entry.person not in found:
                    counts = self._groups.setdefault(batches, [0, 0])
                    counts[0] += not entry.waits
                    counts[1] += not (entry.waits or entry.known)
                    found[entry.person] = list(self._groups).index(batches) + 1
        return found

    def _add(self, number: int, entries: Sequence[Entry], groups: Mapping[str, int]) -> None:
        batch = self._batches.setdefault(number, _Growing())
        new, known, since, waits = columns(entries, "new", "known", "since", "waits")
        if groups:
            for entry in entries:
                batch.place(groups.get(entry.person, 0), 1)
        else:
            batch.place(0, len(entries))
        if groups or any(waits):
            known = tuple(one.known for one in entries if not (one.waits or one.person in groups))
        batch.people += len(known)
        batch.new += known.count(False)
        if not any(since):
            batch.count(self._usual, sum(map(len, new)))
        else:
            for entry in entries:
                moments = entry.since or {}
                for target in sorted(entry.new):
                    batch.count(moments.get(target, self._usual), 1, waits=entry.waits)


def _closed(batch: _Growing) -> PlannedBatch:
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
        groups=pack_runs(batch.groups) if any(group for group, _ in batch.groups) else "",
    )
