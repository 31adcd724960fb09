"""Judge the read values of one person, and store the result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from upa_core.domain.drift.compare import Verdict, compare
from upa_core.domain.drift.history import after_read
from upa_core.domain.drift.put_right import stamps_of
from upa_core.domain.drift.record import DriftPart, Unread, minute_of
from upa_core.domain.individual.compare import DateOrder
from upa_core.domain.people.mapping import Mapping as PropertyMapping
from upa_core.domain.people.shadow import Shard
from upa_core.services.drift.on_its_way import OnItsWay
from upa_core.services.drift.reader import Read

DRIFTED: tuple[Verdict, ...] = ("different", "empty")
"""The verdicts that count as drift."""


@dataclass(slots=True)
class Came:
    """The result of reading so far."""

    read: int = 0
    """People who were read, or found to be unreadable."""
    unreadable: int = 0
    found: int = 0
    """Properties that are newly found to differ."""
    repairs: int = 0
    """Properties that are sent again."""
    contested: set[str] = field(default_factory=set)
    """Properties that are newly found to be overwritten again and again."""
    stopped: Exception | None = None
    """The error that stopped it."""

    def add(self, other: Came) -> None:
        """Add the result of another reading."""
        self.read += other.read
        self.unreadable += other.unreadable
        self.found += other.found
        self.repairs += other.repairs
        self.contested |= other.contested
        self.stopped = other.stopped or self.stopped


class Judge:
    """Judges people who were read at one time."""

    def __init__(
        self, mappings: Iterable[PropertyMapping], order: DateOrder | None, on_its_way: OnItsWay, now: datetime
    ) -> None:
        self._mappings = {mapping.target: mapping for mapping in mappings}
        self._order, self._on_its_way, self._now = order, on_its_way, now
        self.came = Came()

    def person(self, part: DriftPart, shard: Shard, person: str, one: Read) -> dict[str, str]:
        """Store the result for a person; return the values to put right: property → confirmed value."""
        stamps = stamps_of(shard, person)
        part.reads[person] = (minute_of(self._now), max(stamps.values(), default=0))
        self.came.read += 1
        if one.why is not None:
            self.came.unreadable += 1
            held = part.unread.get(person)
            since = held.since if held is not None and held.why == one.why else self._now
            part.unread[person] = Unread(one.why, since, one.code)
            part.read_first(person, first=False)
            return {}
        part.unread.pop(person, None)
        cells = dict(zip(shard.targets, shard.shadow(person) or (), strict=True))
        verdicts = self._verdicts(person, cells, one.values)
        right = self._note(part, person, verdicts, cells, one.values, stamps)
        unsettled = any(verdict == "unsettled" and stamps[target] for target, verdict in verdicts.items())
        part.read_first(person, first=bool(right) or (unsettled and person in part.first))
        return right

    def _verdicts(self, person: str, cells: Mapping[str, str | None], shown: Mapping[str, str]) -> dict[str, Verdict]:
        """Judge each property; a difference that a batch on its way may explain isn't judged."""
        verdicts = {
            target: compare(self._mappings[target], cell, shown.get(target, ""), self._order)
            for target, cell in cells.items()
        }
        if all(verdict in ("equal", "unsettled") for verdict in verdicts.values()):
            return verdicts
        named = self._on_its_way.targets(person)
        return {target: "unsettled" if target in named else verdict for target, verdict in verdicts.items()}

    def _note(
        self,
        part: DriftPart,
        person: str,
        verdicts: Mapping[str, Verdict],
        cells: Mapping[str, str | None],
        shown: Mapping[str, str],
        stamps: Mapping[str, int],
    ) -> dict[str, str]:
        """Store the differences. Six parameters: the person, and what was known and read of each property."""
        known, right = dict(part.found.get(person, {})), {}
        for target, verdict in verdicts.items():
            before, old = known.pop(target, None), cells[target]
            after = after_read(
                before, verdict, old=old, found=shown.get(target, ""), sequence=stamps[target], now=self._now
            )
            if verdict in DRIFTED and after is not None:
                if before is None or after.times > before.times:
                    self.came.found += 1
                    if after.contested and not (before is not None and before.contested):
                        self.came.contested.add(target)
                if self._mappings[target].on_drift == "repair" and old is not None:
                    right[target] = old
                    self.came.repairs += 1
                    after = replace(after, repairs=after.repairs + 1)
            if after is not None:
                known[target] = after
        # A property that is no longer mapped remains in `known` and is removed with it.
        left = {target: one for target, one in known.items() if target in verdicts}
        if left:
            part.found[person] = left
        else:
            part.found.pop(person, None)
        return right
