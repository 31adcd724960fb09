"""The stored document of freshness: the age of changes when SharePoint accepted them, and the values of the last plans.

A change is one value of one person. Its age counts from the round that first showed it. The document is bounded: whole
minutes of eight days, and for the last runs the number of values in each batch, by the start of their wait.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil
from types import MappingProxyType
from typing import ClassVar, Literal

from upa_core.domain.documents.codec import added
from upa_core.domain.plan.run_rows import pack_codes, unpack_codes

WINDOW = timedelta(days=7)
"""Changes accepted within this time are counted: today and the days before."""
KEPT_RUNS = 8
MOST_AGES = 300
"""The most different ages of a day; with more, ages are rounded up."""
_COARSER = (5, 30, 120, 720)
MOST_OF_A_CODE = 0xFFFF


@dataclass(frozen=True, slots=True)
class PlannedBatch:
    """One batch of a run, as its plan counted it."""

    moments: tuple[datetime, ...]
    """The starts of its values' waits."""
    values: tuple[int, ...]
    """The number of values of each."""
    fresh: tuple[int, ...]
    """Of these, the values of people who weren't in escrow."""
    codes: str = added("")
    """With several moments, the moment of each value; values are ordered by person and property name."""
    people: int = 0
    """People whom no other batch of the run names, and who weren't in escrow when they were planned."""
    new: int = 0
    """Of those, people without any value in SharePoint yet."""
    groups: str = added("")
    """With people whom several batches name: the number of each person's group, in the batch's order; 0: in none."""
    state: Literal["planned", "accepted", "unknown"] = "planned"
    """accepted: everybody is accepted or waits in escrow; unknown: nobody is confirmed, all is planned again."""

    def each(self) -> Iterator[datetime]:
        """Yield the start of each value's wait, in the batch's order."""
        if not self.codes:
            for moment, values in zip(self.moments, self.values, strict=True):
                for _ in range(values):
                    yield moment
            return
        runs = unpack_codes(self.codes)
        for code, times in zip(runs[::2], runs[1::2], strict=True):
            for _ in range(times):
                yield self.moments[code]

    def grouped(self) -> Iterator[tuple[int, int]]:
        """Yield the place of each person whom several batches name, and the number of their group."""
        runs, at = unpack_codes(self.groups) if self.groups else (), 0
        for group, times in zip(runs[::2], runs[1::2], strict=True):
            if group:
                yield from ((place, group) for place in range(at, at + times))
            at += times

    def counted(self) -> Counter[datetime]:
        """Return the number of values by the start of their wait."""
        return Counter(dict(zip(self.moments, self.values, strict=True)))


def pack_runs(runs: Sequence[tuple[int, int]]) -> str:
    """Encode the moments of values for storage: number of the moment, and how many values in a row."""
    parts: list[int] = []
    for code, times in runs:
        for at in range(0, times, MOST_OF_A_CODE):
            parts += [code, min(MOST_OF_A_CODE, times - at)]
    return pack_codes(parts)


@dataclass(frozen=True, slots=True)
class Shared:
    """People whom the same several batches of a run name: each is counted once, here or in escrow."""

    batches: tuple[str, ...]
    waiting: int
    """People who aren't in escrow; counted anew whenever one of the batches is settled."""
    new: int
    """Of them, people of whom SharePoint holds nothing."""


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A run's rounds, and its batches by name."""

    rounds: tuple[str, ...]
    batches: dict[str, PlannedBatch]
    shared: tuple[Shared, ...] = added(())
    """Group number 1 is the first."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """The document."""

    VERSION: ClassVar[int] = 1

    version: int = 1
    since: datetime | None = None
    """When counting began; None: nothing was planned yet."""
    days: dict[str, dict[str, int]] = field(default_factory=dict)
    """UTC day on which SharePoint accepted → age in minutes, rounded up → values."""
    runs: dict[str, PlannedRun] = field(default_factory=dict)
    """The last runs by id."""

    def planned(self, run: str, made: PlannedRun, now: datetime) -> Freshness:
        """Return the document with a run that was planned now."""
        kept = {name: self.runs[name] for name in sorted(self.runs)[-(KEPT_RUNS - 1) :] if name != run}
        return replace(self, since=self.since or now, runs={**kept, run: made})

    def batch(self, run: str, file: str) -> PlannedBatch | None:
        """Return a batch of one of the last runs, None where it isn't known."""
        known = self.runs.get(run)
        return known.batches.get(file) if known is not None else None

    def settled(
        self,
        run: str,
        file: str,
        *,
        confirmed: bool,
        accepted: Mapping[datetime, int],
        ended: datetime,
        groups: Mapping[int, tuple[int, int]] = MappingProxyType({}),
    ) -> Freshness:
        """Return the document with a settled batch counted; the same batch counts once.

        Six parameters: each a fact about the batch.

        Args:
            run: its run.
            file: its name.
            confirmed: whether the answer confirms anybody.
            accepted: the number of accepted values, by the start of their wait.
            ended: when the batch ended.
            groups: by number of a group, how many of its people aren't in escrow now, and of how many of them
                SharePoint holds nothing.

        """
        before = self.batch(run, file)
        if before is None or before.state != "planned":
            return self
        batch = replace(before, state="accepted" if confirmed else "unknown")
        batches = {**self.runs[run].batches, file: batch}
        shared = list(self.runs[run].shared)
        for number, (waiting, new) in groups.items():
            shared[number - 1] = replace(shared[number - 1], waiting=waiting, new=new)
        runs = {**self.runs, run: replace(self.runs[run], batches=batches, shared=tuple(shared))}
        day = ended.date().isoformat()
        ages = Counter({int(age): values for age, values in self.days.get(day, {}).items()})
        for moment, values in accepted.items():
            if values:
                ages[minutes_between(moment, ended)] += values
        days = {**self.days, day: _bounded(ages)} if ages else dict(self.days)
        first = _first_day(max(datetime.fromisoformat(one).date().isoformat() for one in [*days, day]))
        return replace(self, runs=runs, days={one: held for one, held in sorted(days.items()) if one >= first})

    def accepted(self, now: datetime) -> Counter[int]:
        """Return the values that were accepted within the window, by age in minutes."""
        first = (now - WINDOW).date().isoformat()
        found: Counter[int] = Counter()
        for day, ages in self.days.items():
            if day >= first:
                found.update({int(age): values for age, values in ages.items()})
        return found


def minutes_between(moment: datetime, ended: datetime) -> int:
    """Return an age in minutes, rounded up; never negative, even if clocks differ."""
    return max(0, ceil((ended - moment).total_seconds() / 60))


def _first_day(last: str) -> str:
    return (datetime.fromisoformat(last) - WINDOW - timedelta(days=1)).date().isoformat()


def _bounded(ages: Counter[int]) -> dict[str, int]:
    for step in _COARSER:
        if len(ages) <= MOST_AGES:
            break
        rounded: Counter[int] = Counter()
        for age, values in ages.items():
            rounded[-(-age // step) * step] += values
        ages = rounded
    return {str(age): values for age, values in sorted(ages.items())}
