"""Cut a plan's single writes to the calls that the budget allows in two hours; the other people wait for the budget.

A run must end, or later changes would wait behind it. People over the budget are planned again when it is their turn,
from the values of that time. A turn has two hours of calls: nobody is read again before their calls can be made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from upa_core.domain.connector import Connector
from upa_core.domain.documents.runs import Counts, Report
from upa_core.domain.documents.storage_layout import report_key
from upa_core.domain.health.events import Event, EventName, Fields
from upa_core.domain.people.escrow_entry import EscrowEntry, EscrowReason
from upa_core.domain.people.shadow import Shard
from upa_core.domain.people_calls import Load, Slot, load_of, turns
from upa_core.domain.plan.entry import Entry
from upa_core.domain.plan.planner import ShardPlan
from upa_core.ports.bundle import Ports
from upa_core.state.document import get_document
from upa_core.state.individual import people_calls_of

SPAN: Final = timedelta(hours=2)


class BudgetFilter:
    """The single writes of one plan."""

    def __init__(self, ports: Ports, connector: Connector, run: str) -> None:
        self._ports, self._connector, self._run = ports, connector, run
        self._single = connector.single
        self._budget = connector.individual
        self._now = ports.clock.now()
        self._turns: Iterator[Slot] | None = None
        """None: not asked yet. The first is this run's."""
        self._left = 0
        """Calls that this run can still make."""
        self._turn: Slot | None = None
        """The turn of whoever is put off now."""
        self._room = 0
        """Calls that are left in it."""
        self._passed: dict[str, bool] = {}
        self.people = self.properties = self.over = 0
        """People with single writes, their properties, and the people who have to wait."""

    def judge_again(self, shard: Shard) -> None:
        """Make people due whom an unsent plan had postponed: the change threshold stopped that plan.

        A write that an earlier run postponed is no new change when it is planned again.
        """
        for person, target, entry in list(shard.escrow.entries()):
            if entry.reason is EscrowReason.OVER_BUDGET and entry.detail and not self._has_passed(entry.detail):
                shard.escrow.allowed.get(person, {}).pop(target, None)
                shard.escrow.put(person, target, replace(entry, due=self._now, detail=""))

    def fit(self, plan: ShardPlan, shard: Shard) -> None:
        """Keep this run's part of a plan; postpone the other single writes in the shard, by property."""
        if not self._single:
            return
        kept: list[Entry] = []
        before = self.over
        for entry in plan.entries:
            single = entry.new.keys() & self._single
            if not single or self._take(len(single)):
                kept.append(entry)
                continue
            self._put_off(entry, single, shard)
            left = {target: value for target, value in entry.new.items() if target not in single}
            if left:
                kept.append(entry._replace(new=left, old={one: old for one, old in entry.old.items() if one in left}))
        plan.entries = kept
        if self.over > before:
            plan.changed = True
            plan.counts = plan.counts.plus(Counts(over_budget=self.over - before))

    def load(self) -> Load:
        """Return the cost of all single writes, and their expected end."""
        return load_of(self.people, self.properties, self._budget, self._now)

    def announce(self) -> None:
        """Emit an event about a load that the budget doesn't allow in two hours, with the calculation."""
        if self.over:
            load = self.load()
            fields: Fields = {"people": load.people, "over": self.over, "calls": load.calls, "load": str(load)}
            self._ports.events.emit(Event(EventName.LOAD_ANNOUNCED, self._connector.name, self._run, fields=fields))

    def _take(self, properties: int) -> bool:
        self.people += 1
        self.properties += properties
        if self._turns is None:
            calls = people_calls_of(self._ports.store, self._connector).load().value
            used = calls.in_day if calls.day == self._now.date().isoformat() else 0
            self._turns = turns(SPAN, self._budget, self._now, used)
            self._left = next(self._turns).calls
        cost = self._budget.calls_for(properties)
        first = self.people - self.over == 1
        if self._left <= 0 or (cost > self._left and not first):
            return False
        self._left -= cost
        return True

    def _put_off(self, entry: Entry, single: set[str], shard: Shard) -> None:
        self.over += 1
        due = self._turn_of(self._budget.calls_for(len(single)))
        for target in single:
            before = shard.escrow.of(entry.person).get(target)
            if before is None or before.reason is EscrowReason.OVER_BUDGET:
                before = EscrowEntry(EscrowReason.OVER_BUDGET, before.since if before else self._now, 0, None)
                before = replace(before, detail=self._run)
            shard.escrow.put(entry.person, target, replace(before, due=due))
        shard.escrow.note_sent(entry.person, {target: entry.new[target] for target in single}, ())

    def _turn_of(self, cost: int) -> datetime:
        """Return when somebody of this cost in calls has their turn; a cost above a whole turn has one to itself."""
        if self._turn is None or (cost > self._room and self._room < self._turn.calls):
            assert self._turns is not None  # somebody had no room in this run
            self._turn = next(self._turns)
            self._room = self._turn.calls
        self._room -= cost
        return self._turn.at

    def _has_passed(self, run: str) -> bool:
        if run not in self._passed:
            report = get_document(self._ports.store, report_key(run), Report)
            self._passed[run] = report is not None and report.value.status != "rejected"
        return self._passed[run]
