"""Since when each planned value waits: the round that first showed it, or its entry in escrow."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

from upa_core.domain.connector import Connector
from upa_core.domain.documents.rounds import SealedRound
from upa_core.domain.documents.runs import FileState, Run
from upa_core.domain.freshness.age_book import AgeBook
from upa_core.domain.freshness.record import PlannedRun
from upa_core.domain.people.changes import REMOVED, ROW_HEAD, Row, fill, overlay, remap
from upa_core.domain.people.escrow_entry import WHOLE
from upa_core.domain.people.mapping import compile_mappings
from upa_core.domain.people.shadow import Shard
from upa_core.domain.plan.entry import Entry
from upa_core.domain.plan.planner import ShardPlan
from upa_core.domain.sources.joined.merge import absent_bits
from upa_core.ports.bundle import Ports
from upa_core.state.document import freshness_of


class Dating:
    """Dates the values of one plan.

    Of an outbox of several rounds each person's rows are kept while their partition is planned: a value waits since the
    first round from which on every round's value of it differs from what SharePoint confirmed. A round without any
    attribute of a property shows nothing of it; an attribute that it leaves out counts as it is now.
    """

    def __init__(self, connector: Connector, rounds: Sequence[SealedRound], now: datetime) -> None:
        self._usual = min((one.started for one in rounds), default=now)
        self._single = len(rounds) <= 1
        self._inputs, self._now = connector.inputs, now
        self._connector = connector
        self.ages = AgeBook(self._usual)
        self._history: dict[str, list[tuple[SealedRound, Row]]] = {}
        self._named: dict[str, datetime] = {}
        self.unnamed: Collection[str] = ()
        """People of the present partitions who are planned only because they are due from escrow."""

    @cached_property
    def _reads(self) -> dict[str, int]:
        """The attributes of each property, as bits of a row's mask."""
        bit = {path: 1 << at for at, path in enumerate(self._inputs)}
        return {one.target: sum(bit[path] for path in set(one.inputs)) for one in self._connector.active}

    @cached_property
    def _joined(self) -> int:
        return absent_bits(self._inputs, self._connector.secondaries)

    @cached_property
    def _evaluate(self) -> Callable[[Row], Sequence[Any]]:
        return compile_mappings(self._connector.active, (*ROW_HEAD, *self._inputs))

    def begin(self) -> None:
        """Forget the previous partitions."""
        self._history.clear()
        self._named.clear()
        self.unnamed = ()

    def noting(self, sealed: SealedRound, rows: Iterable[Row]) -> Iterable[Row]:
        """Return a round's rows unchanged, and keep them where there are several rounds."""
        return rows if self._single else self._noted(sealed, rows)

    def _noted(self, sealed: SealedRound, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            if sealed.source:
                self._named[row[0]] = min(self._named.get(row[0], sealed.started), sealed.started)
            else:
                self._history.setdefault(row[0], []).append((sealed, row))
            yield row

    def date(self, plan: ShardPlan, shard: Shard, rows: Sequence[Row]) -> None:
        """Date the entries of a shard's plan, and what the plan has just put into escrow."""
        if self._single and not shard.escrow:
            return
        final = {} if self._single else {row[0]: row for row in rows}
        plan.entries = [self._dated(entry, shard, final) for entry in plan.entries]
        for person, target, waits in list(shard.escrow.entries()):
            if waits.since == self._now and not waits.sequence:
                targets = shard.targets if target == WHOLE else (target,)
                cells = dict(zip(shard.targets, shard.shadow(person) or (), strict=False))
                shown = self._shown(person, targets, cells, final)
                shard.escrow.put(person, target, replace(waits, since=min([waits.since, *shown.values()])))

    def store(self, ports: Ports, planned: Run, batches: Sequence[FileState]) -> None:
        """Store a run's values by the start of their wait; `batches` in the order in which they were begun."""
        made = PlannedRun(planned.rounds, *self.ages.planned(batches))
        document = freshness_of(ports.store, self._connector.name)
        document.update(lambda known: known.planned(planned.id, made, planned.started))

    def _dated(self, entry: Entry, shard: Shard, final: Mapping[str, Row]) -> Entry:
        waits = shard.escrow.of(entry.person)
        if self._single and not waits:
            return entry
        shown = self._shown(entry.person, tuple(entry.new), entry.old, final)
        since = {}
        for target in entry.new:
            known = waits.get(target) or waits.get(WHOLE)
            moments = [shown[target]] if target in shown else []
            moments += [known.since] if known is not None else []
            since[target] = min(moments, default=self._now)
        return entry._replace(since=since, waits=bool(waits))

    def _shown(
        self,
        person: str,
        targets: Sequence[str],
        cells: Mapping[str, str | None],
        final: Mapping[str, Row],
    ) -> dict[str, datetime]:
        """Return the round since which each property differs; none for a person whom no round names.

        Where no single round shows a difference, such as a value that is cleared with the scope, it is the oldest.
        """
        if self._single:
            return {} if person in self.unnamed else dict.fromkeys(targets, self._usual)
        history = self._history.get(person, [])
        named = self._named.get(person)
        moments = [sealed.started for sealed, _ in history] + ([named] if named is not None else [])
        if not moments:
            return {}
        found = self._folded(history, final.get(person), cells) if len(moments) > 1 else {}
        shown = {target: found.get(target, min(moments)) for target in targets}
        if named is not None:
            shown |= {one: min(at, named) for one, at in shown.items() if self._reads[one] & self._joined}
        return shown

    def _folded(
        self,
        history: Sequence[tuple[SealedRound, Row]],
        final: Row | None,
        cells: Mapping[str, str | None],
    ) -> dict[str, datetime]:
        shown: dict[str, datetime] = {}
        so_far: Row | None = None
        for sealed, found in history:
            row = remap(found, sealed.inputs, self._inputs)
            if row[1] == REMOVED:
                so_far, shown = None, {}
                continue
            so_far = row if sealed.kind == "full" else overlay(so_far, row)
            values = self._evaluate(fill(so_far, final) if final is not None else so_far)
            for (target, reads), value in zip(self._reads.items(), values, strict=True):
                if not reads & ~so_far[1]:
                    continue
                if value is not None and value != cells.get(target):
                    shown.setdefault(target, sealed.started)
                else:
                    shown.pop(target, None)
        return shown
