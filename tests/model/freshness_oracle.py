"""What the figures of freshness must be, told by what storage held at each write of the state, in the plainest way.

The oracle watches every write. It reads rounds, import files and archives by itself, and knows since when each value
waits: from the first round in the outbox from which on every round says something else than what was confirmed, or from
when its person began to wait.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.fakes.hooks import Call
from tests.support.world import RULES, World
from upa_cli.demo.oracle import Rule
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.rounds import SealedRound
from upa_core.domain.documents.runs import BULK, INDIVIDUAL, FileState, Run
from upa_core.domain.documents.storage_layout import file_key, outcome_key, state_key
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.people.changes import PARTITIONS
from upa_core.domain.people.shadow import Shard
from upa_core.services.health.freshness import freshness
from upa_core.state.document import freshness_of, state_of
from upa_core.state.people import People
from upa_core.state.rows.segments import SegmentReader, rows_of

WHOLE = "*"
Value = tuple[str, str]
"""Person and property."""


@dataclass
class Planned:
    """One batch as it was planned."""

    run: Run
    file: FileState
    values: dict[Value, str]
    since: dict[Value, datetime]
    fresh: set[str]
    """People who weren't in escrow."""
    settled: bool = False
    accepted: set[Value] = field(default_factory=set)


class FreshnessOracle:
    """Watches one tenant."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rounds: dict[str, tuple[SealedRound, list[Any]]] = {}
        self.batches: dict[str, Planned] = {}
        self.kept: dict[Value, datetime] = {}
        """Since when what waits in escrow does, where a batch put it there."""
        self.ages: Counter[tuple[str, int]] = Counter()
        self.open: Run | None = None
        self.compared = 0
        world.store.hooks.after = self._saw

    def _saw(self, call: Call) -> None:
        if (call.operation, call.subject) == ("put", state_key("hr")):
            self.store = self.world.store.copy()
            self._look(state_of(self.store, "hr").load().value)

    def _look(self, state: ConnectorState) -> None:
        for sealed in state.sealed:
            if sealed.id not in self.rounds:
                readers = [SegmentReader(self.store, segment) for segment in sealed.segments]
                self.rounds[sealed.id] = (sealed, list(rows_of(readers, range(PARTITIONS))))
        run = state.run or (state.hold.run if state.hold is not None else None)
        shards = self._shards(state)
        waiting = {(person, target) for shard in shards for person, target, _ in shard.escrow.entries()}
        for before in (self.open, run):
            for file in before.files if before is not None else ():
                batch = self.batches.get(file.name)
                now = run.file(file.name) if run is not None and run.id == before.id else None
                over = now.settled if now is not None else outcome_key(before.id, file.name) in self.store.blobs
                if batch is not None and not batch.settled and over:
                    self._settled(batch, shards)
        self.kept = {value: moment for value, moment in self.kept.items() if value in waiting}
        if run is not None and run.ad_hoc is None and not any(one.name in self.batches for one in run.files):
            for file in run.files:
                self.batches[file.name] = self._planned(state, run, file, shards)
        self.open = run

    def _shards(self, state: ConnectorState) -> list[Shard]:
        people = People(self.store, self.world.connector, state.people)
        found = []
        for number in range(state.people.shards):
            try:
                found.append(people.load(number).value)
            except CorruptStateError:
                continue
        return found

    # -- since when --------------------------------------------------------------------------------------------------

    def _planned(self, state: ConnectorState, run: Run, file: FileState, shards: list[Shard]) -> Planned:
        values = _values(self.store.blobs[file_key(run.id, file.name)], file.route)
        outbox = [self.rounds[one.id] for one in state.sealed if one.id in run.rounds]
        cells = {p: dict(zip(shard.targets, shard.shadow(p), strict=True)) for shard in shards for p in shard.rows}
        escrow = {(p, target): entry for shard in shards for p, target, entry in shard.escrow.entries()}
        since = {}
        for person, target in values:
            moments = _shown(person, target, outbox, cells.get(person, {}).get(target))
            key = next((one for one in ((person, target), (person, WHOLE)) if one in escrow), None)
            moments += [self.kept.get(key, escrow[key].since)] if key is not None else []
            since[person, target] = min(moments, default=run.started)
        waits = {person for person, _ in escrow}
        return Planned(run, file, values, since, {person for person, _ in values} - waits)

    def _settled(self, batch: Planned, shards: list[Shard]) -> None:
        key = outcome_key(batch.run.id, batch.file.name)
        batch.settled = True
        ended = datetime.fromisoformat(json.loads(self.store.blobs[key])["ended"])
        of = {person: shard for shard in shards for person in {*shard.rows, *shard.escrow}}
        for (person, target), value in batch.values.items():
            shard = of.get(person)
            row = shard.rows.get(person) if shard is not None else None
            if row is not None:
                at = shard.targets.index(target)
                stamp = row[-1][at] if isinstance(row[-1], list) else row[-1]
                if (row[at], stamp) == (value, batch.file.sequence):
                    batch.accepted.add((person, target))
                    age = -(-(ended - batch.since[person, target]).total_seconds() // 60)
                    self.ages[ended.date().isoformat(), int(age)] += 1
        for person in {one for one, _ in batch.values}:
            own = {target: moment for (one, target), moment in batch.since.items() if one == person}
            for target, entry in (of[person].escrow.of(person) if person in of else {}).items():
                moment = min(own.values()) if target == WHOLE else own.get(target)
                if entry.sequence == batch.file.sequence and moment is not None:
                    self.kept[person, target] = min(moment, self.kept.get((person, target), moment))

    # -- what the figures must be ------------------------------------------------------------------------------------

    def wrong(self) -> list[str]:
        """Return where the figures differ from the oracle; nothing where a death left the books half written."""
        world = self.world
        self.store = world.store.copy()
        state, known = state_of(self.store, "hr").load().value, freshness_of(self.store, "hr").load().value
        shards = self._shards(state)
        books = {name: one.state != "planned" for run in known.runs.values() for name, one in run.batches.items()}
        if any(books[name] != one.settled for name, one in self.batches.items() if name in books):
            return []
        self.compared += 1
        found = []
        first = min(known.days, default="")
        told = {(day, int(age)): values for day, ages in known.days.items() for age, values in ages.items()}
        meant = {(day, age): values for (day, age), values in self.ages.items() if day >= first}
        if told != meant:
            found.append(f"ages {sorted(set(told.items()) ^ set(meant.items()))}")
        escrow = {(p, target): entry.since for shard in shards for p, target, entry in shard.escrow.entries()}
        found += [
            f"{value} waits since {escrow[value]}, not {moment}"
            for value, moment in self.kept.items()
            if value in escrow and escrow[value] != moment
        ]
        figure = freshness(world.ports(), world.connector).accepted
        waits = {person for person, _ in escrow}
        planned = self._on_its_way(state)
        sent = {person for batch in planned for person, _ in batch.values}
        rows = {person for shard in shards for person in shard.rows}
        counted = (figure.people, figure.waiting_people)
        if counted != (len(rows | waits | sent), len(waits | sent)):
            found.append(f"{counted} people, waiting, not {len(rows | waits | sent)}, {len(waits | sent)}")
        taken = {name for batch in planned for name in batch.run.rounds}
        moments = list(escrow.values())
        moments += [at for batch in planned for (person, _), at in batch.since.items() if person in batch.fresh]
        moments += [one.started for one in state.sealed if one.rows and one.id not in taken]
        opened = state.open_round
        moments += [opened.started] if opened is not None and any(one.rows for one in opened.segments) else []
        oldest = figure.oldest.since if figure.oldest is not None else None
        if oldest != min(moments, default=None):
            found.append(f"the oldest waits since {oldest}, not {min(moments, default=None)}")
        return found

    def _on_its_way(self, state: ConnectorState) -> list[Planned]:
        run = state.hold.run if state.hold is not None else state.run
        name = run.id if run is not None else state.last_run if state.retry is not None else ""
        batches = [one for one in self.batches.values() if one.run.id == name]
        return [one for one in batches if not (one.settled and self._confirmed(one))]

    def _confirmed(self, batch: Planned) -> bool:
        run = freshness_of(self.store, "hr").load().value.runs.get(batch.run.id)
        return run is not None and run.batches[batch.file.name].state == "accepted"


def _values(content: bytes, route: str) -> dict[Value, str]:
    """Read a batch of any route."""
    if route == BULK:
        people = json.loads(content.decode("utf-8-sig"))["value"]
        return {(one["IdName"], name): text for one in people for name, text in one.items() if name != "IdName"}
    lines = [json.loads(line) for line in content.splitlines() if line]
    lines, at = (lines[1:], 2) if route == INDIVIDUAL else (lines, 1)
    return {(line[0], name): text for line in lines for name, text in line[at].items()}


def _shown(person: str, target: str, outbox: list[tuple[SealedRound, list[Any]]], cell: str | None) -> list[datetime]:
    """Return since which round a value differs; the oldest that names the person where no single one shows it."""
    named = [sealed.started for sealed, rows in outbox for row in rows if row[0] == person]
    rule = next((one for one in RULES if one.target == target), None)
    if rule is None:  # what another source gives counts from whichever round named the person first
        return [min(named)] if named else []
    since: datetime | None = None
    value, is_told = None, False
    for sealed, rows in ((one, held) for one, held in outbox if not one.source):
        at = list(sealed.inputs).index(".".join(rule.source))
        for row in (one for one in rows if one[0] == person):
            if row[1] == -1:
                since, is_told = None, False
                continue
            if sealed.kind == "full" or not row[1] >> at & 1:
                value, is_told = row[at + 2], True
            if is_told:
                text = _text(rule, value)
                since = (since or sealed.started) if text is not None and text != cell else None
    return [since or min(named)] if named else []


def _text(rule: Rule, value: Any) -> str | None:
    if value is None or value == "":
        return rule.default or ("" if rule.clears and rule.kind == "string" else None)
    return value[:10] if rule.kind == "date" else str(value)
