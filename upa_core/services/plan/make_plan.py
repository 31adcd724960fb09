"""Make the plan of everything that is due: sealed rounds merged in their order, and people due from escrow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from upa_core.domain.connector import Connector
from upa_core.domain.documents.census import Census
from upa_core.domain.documents.connector_state import RefusedProperty
from upa_core.domain.documents.rounds import SealedRound
from upa_core.domain.documents.runs import Counts
from upa_core.domain.errors import CorruptStateError, PartlyReadError, RetryLaterError
from upa_core.domain.people.changes import PARTITIONS, Merged, Row, compile_projection, fill
from upa_core.domain.people.shadow import Shard, group_members, groups_of
from upa_core.domain.plan.carriers import Carriers
from upa_core.domain.plan.missed_by_full_round import note_missed
from upa_core.domain.plan.planner import Planner
from upa_core.domain.plan.refused import Aside, still_refused
from upa_core.domain.plan.source_shrank import Shrunk, find_shrink
from upa_core.ports.bundle import Ports
from upa_core.services.plan.dating import Dating
from upa_core.services.plan.joins import Joins, needed_bits
from upa_core.services.plan.over_budget import BudgetFilter
from upa_core.services.plan.shard_work import PlanSink, ShardWork, are_few, by_shard_number
from upa_core.state.document import Stored
from upa_core.state.people import EscrowBook, People, book_of
from upa_core.state.rows.segments import SegmentReader, rows_of

ONE_UNIT_ROWS = 20_000
"""An outbox of at most this many rows is planned in one piece, so that re-reads share their batches."""
ONE_UNIT_SHARDS = 64
"""And only while at most this many shards hold people due from escrow: memory stays flat."""
MAX_DUE = 10_000
"""People due from escrow who are read again for one plan; the others stay due for the next plan."""
MAX_AT_ONCE = 128
"""Shards that are in memory at a time, some 1 MB each."""


@dataclass(slots=True)
class PlanResult:
    """The result of planning."""

    counts: Counts = field(default_factory=Counts)
    full_round: str = ""  # the one in the plan, if there is one
    carriers: Carriers | None = None
    """The inputs that nobody has, where the plan is of a full round that names somebody."""
    emptied: Counter[str] = field(default_factory=Counter)
    """By property, the people whose confirmed value would be cleared."""
    shrunk: Shrunk | None = None
    """The full round names far fewer people than are known: it doesn't count as missing anybody."""


def make_plan(
    ports: Ports,
    connector: Connector,
    people: People,
    rounds: Sequence[SealedRound],
    sink: PlanSink,
    *,
    keep_books: bool,
    sequence: int = 0,
    censuses: Sequence[Census] = (),
    refused: Sequence[RefusedProperty] = (),
    joins: Joins | None = None,
    see: Callable[[Iterable[Row]], None] | None = None,
    check: Callable[[], None] = lambda: None,
    cut: BudgetFilter | None = None,
    dating: Dating | None = None,
) -> PlanResult:
    """Plan the rounds and the escrow that is due, group by group so that memory stays flat.

    Thirteen parameters: the rounds, the people, the joined rows, and the differences of an export and a preview.

    Args:
        keep_books: store what the plan itself changes in the shards (people ended or missed, escrow of invalid values).
            It is true whatever becomes of the plan, and repeating it changes nothing.
        sequence: number of the last import file planned so far.
        censuses: what full rounds named before.
        refused: properties that SharePoint refused for everybody.
        joins: what other sources say of people.
        see: looks at people's rows as they are planned.
        check: raises `ConflictError` where this is no longer due: nothing is changed that somebody else has planned.
        cut: what of single writes goes in this run; None: all of it.
        dating: tells since when values wait.

    """
    joins = joins or Joins(ports.store, connector, ())
    planning = _Planning(
        ports, connector, people, rounds, sink, joins, keep_books=keep_books, sequence=sequence, check=check
    )
    planning.leave_alone(refused)
    planning.see, planning.cut, planning.dating = see, cut, dating or planning.dating
    return planning.run(censuses)


class _Planning:
    def __init__(
        self,
        ports: Ports,
        connector: Connector,
        people: People,
        rounds: Sequence[SealedRound],
        sink: PlanSink,
        joins: Joins,
        *,
        keep_books: bool,
        sequence: int,
        check: Callable[[], None],
    ) -> None:
        """Keep them. Eight parameters: see `make_plan`."""
        self._ports = ports
        self._connector = connector
        self._people = people
        self._rounds = rounds
        readers = [(r, [SegmentReader(ports.store, segment) for segment in r.segments]) for r in rounds]
        self._directory = [(r, one) for r, one in readers if not r.source]
        self._named_by = [(r, one) for r, one in readers if r.source]
        self._joins = joins
        self._sink = sink
        self._keep_books = keep_books
        self._sequence = sequence
        self._check = check
        self.cut: BudgetFilter | None = None
        self.dating = Dating(connector, (), ports.clock.now())
        self._checked = False
        """Since the last shard was read."""
        connector = ports.prepared(connector)
        self._planner = Planner(connector)
        self._project = compile_projection(connector.inputs)
        self._ends_unnamed = connector.source.rules.ends_unnamed
        self._now = ports.clock.now()
        self._due_shards = set(people.due_shards(self._now))
        self._books: dict[int, EscrowBook] = {}
        self._needed = needed_bits(connector)
        self._result = PlanResult()
        self._carriers = Carriers.of(connector)
        self._due_read = 0
        self._missed: dict[int, Collection[str]] = {}
        """Known people whom the full round doesn't name, by shard."""
        self.see: Callable[[Iterable[Row]], None] | None = None

    def leave_alone(self, refused: Sequence[RefusedProperty]) -> None:
        """Plan without the properties that SharePoint refuses for everybody, except for a few tries."""
        self._planner.aside = Aside(one.target for one in still_refused(self._connector, refused))

    def run(self, censuses: Sequence[Census]) -> PlanResult:
        groups = groups_of(shards := self._people.index.shards)
        if sum(r.rows for r in self._rounds) <= ONE_UNIT_ROWS and len(self._due_shards) <= ONE_UNIT_SHARDS:
            self._unit(range(PARTITIONS), range(shards))
        else:
            for group in range(groups):
                partitions = group_members(group, groups, PARTITIONS)
                self._unit(list(partitions), list(group_members(group, groups, shards)))
        if self._result.full_round:
            self._judge_missed(censuses)
        if self._keep_books:
            self._people.note(self._books)
        if self._result.full_round and self._result.counts.people:
            self._result.carriers = self._carriers
        return self._result

    def _judge_missed(self, censuses: Sequence[Census]) -> None:
        """Note whom the full round didn't name, unless it names so few that the round itself is in doubt."""
        self._result.shrunk = find_shrink(
            self._result.counts.people,
            known=self._people.index.known,
            censuses=censuses,
            limit=self._connector.threshold.shrink_percent,
            now=self._now,
        )
        if self._result.shrunk is not None:
            return
        ended = 0
        for number, missed in self._missed.items():
            stored = self._people.load(number)
            changed, left = note_missed(stored.value, missed, self._result.full_round, self._sequence)
            ended += left
            if changed and self._keep_books:
                self._check()
                self._people.save(number, stored)
                self._books[number] = book_of(stored.value)
        self._result.counts = self._result.counts.plus(Counts(ended=ended, absent=ended))

    def _unit(self, partitions: Sequence[int], shards: Iterable[int]) -> None:
        merged, members = self._merge(partitions), set(shards)
        self._result.full_round = merged.full_round or self._result.full_round
        loaded = {shard: self._people.load(shard) for shard in sorted(self._due_shards & members)}
        waiting = {person for stored in loaded.values() for person in stored.value.escrow.due(self._now)}
        due = sorted(waiting - merged.rows.keys() - merged.ended)[: MAX_DUE - self._due_read]
        self._due_read += len(due)
        self.dating.unnamed = set(due)
        named = {row[0] for r, one in self._named_by for row in self.dating.noting(r, rows_of(one, partitions))}
        named -= merged.rows.keys() | merged.ended | set(due)
        gone, unread = self._complete(merged, due, sorted(named))
        self._joins.lay(merged.rows, partitions)
        if self.see is not None:
            self.see(merged.rows.values())
        if merged.full_round and self._carriers.uncarried:
            self._carriers.see(merged.rows.values())
        by_shard = by_shard_number(merged, gone, unread, self._people.index.shards)
        touched = members if merged.full_round else members & (by_shard.keys() | loaded.keys())
        if not merged.full_round and len(touched) <= MAX_AT_ONCE:
            loaded |= self._people.load_all({n: are_few(by_shard[n]) for n in sorted(touched - loaded.keys())})
        self._checked = False
        for shard in sorted(touched):
            work = by_shard.get(shard) or ShardWork()
            self._shard(shard, loaded.pop(shard, None), work, merged.full_round)

    def _merge(self, partitions: Sequence[int]) -> Merged:
        self.dating.begin()
        merged, unreadable = Merged(), False
        newest_full = max((at for at, (sealed, _) in enumerate(self._directory) if sealed.kind == "full"), default=0)
        for at, (sealed, readers) in enumerate(self._directory):
            try:
                rows = self.dating.noting(sealed, rows_of(readers, partitions))
                merged.add(sealed.id, sealed.kind, rows, sealed.inputs, self._connector.inputs)
            except CorruptStateError:
                if at >= newest_full:  # an older full round needs little: the newer one names everybody again
                    raise
                unreadable = True
        merged.ended.update(merged.rows if unreadable else ())  # a person who left and came back starts unknown
        return merged

    def _complete(self, merged: Merged, due: Sequence[str], named: Sequence[str]) -> tuple[set[str], set[str]]:
        """Read people again: with unnamed attributes, due from escrow, or with a changed row of another source.

        Returns people unknown to the source: those who were due, and those whom it names and can't read, or not yet.
        """
        ids = [*merged.incomplete(self._needed), *due, *named]
        gone, unread = set[str](), set[str]()
        if not ids:
            return gone, unread
        if self._joins.know_the_directory:
            return self._joins.complete(merged, ids), unread
        try:
            records = self._ports.source.read(ids, self._connector.select)
        except RetryLaterError as exc:
            if isinstance(exc, PartlyReadError) and (exc.found or len(exc.unread) == 1):
                records = exc.found
                unread |= set(exc.unread)
            elif len(ids) == len(due) and self._rounds:  # they stay due, and the rounds don't wait for them
                return gone, unread
            else:
                raise
        for person in ids:
            record = records.get(person)
            row = merged.rows.pop(person, None)
            if person in unread:
                continue
            if record is None:
                (gone if row is None else unread).add(person)
                continue
            known = self._project(record)
            known[0] = person
            merged.rows[person] = fill(row if row is not None else known, known)
        self._result.counts = self._result.counts.plus(Counts(re_read=len(ids)))
        return gone, unread

    def _shard(self, number: int, stored: Stored[Shard] | None, work: ShardWork, full_round: str) -> None:
        if stored is None:
            stored, self._checked = self._people.load(number, few=not full_round and are_few(work)), False
        if self.cut is not None:
            self.cut.judge_again(stored.value)
        plan = self._planner.plan(
            stored.value,
            work.rows,
            ended=work.ended,
            gone=work.gone,
            unread=work.unread,
            full_round=full_round if self._ends_unnamed else "",
            now=self._now,
            sequence=self._sequence,
        )
        if full_round and self._carriers.uncarried:
            self._carriers.count(plan.entries)
        if self.cut is not None:
            self.cut.fit(plan, stored.value)
        for entry in plan.entries if plan.counts.cleared else ():
            self._result.emptied.update(entry.emptied)
        self.dating.date(plan, stored.value, work.rows)
        self._sink.add(plan.entries, plan.left_out)
        if plan.missed:
            self._missed[number] = plan.missed
        self._result.counts = self._result.counts.plus(plan.counts)
        if (plan.changed or (full_round and stored.value.dropped)) and self._keep_books:
            if not self._checked:
                self._check()
                self._checked = True
            self._people.save(number, stored)
        if plan.changed or number in self._due_shards:
            self._books[number] = book_of(stored.value)
