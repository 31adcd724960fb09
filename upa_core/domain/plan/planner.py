"""The plan: per person and property, old → new; pure, one shard at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from types import MappingProxyType
from typing import cast

from upa_core.domain.connector import USER_NAME, Connector
from upa_core.domain.documents.runs import INDIVIDUAL, Counts
from upa_core.domain.errors import FatalError
from upa_core.domain.language.values import as_person_or_nobody
from upa_core.domain.people.changes import ROW_HEAD, Row
from upa_core.domain.people.escrow_entry import UNANSWERED, WHOLE, EscrowReason
from upa_core.domain.people.mapping import Problem, compile_mappings
from upa_core.domain.people.scope import compile_scope
from upa_core.domain.people.shadow import ShadowRow, Shard
from upa_core.domain.plan.entry import Entry, count_changes
from upa_core.domain.plan.left_out import add_doubted, leave_out_declined, leave_out_waiting, leave_unread, let_wait
from upa_core.domain.plan.refused import Aside
from upa_core.domain.plan.tally import LeftOut, Tally
from upa_core.domain.sources.joined.merge import absent_bits

_NOTHING: Mapping[str, str | None] = {}
_new_of, _again_of = (itemgetter(Entry._fields.index(field)) for field in ("new", "again"))
_NO_VALUES: Mapping[str, Sequence[str]] = MappingProxyType({})


@dataclass(slots=True)
class ShardPlan:
    """The plan of one shard."""

    entries: list[Entry] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    changed: bool = False
    """True where the shard itself changed (people ended, escrow, missed) and must be stored."""
    missed: Collection[str] = ()
    """Known people whom a full round doesn't name; whether that counts is decided when the whole round is known."""
    left_out: Sequence[LeftOut] = ()


class Planner:
    """Scope and mappings of a connector, compiled once per run."""

    def __init__(self, connector: Connector) -> None:
        self._mappings = connector.active
        self._targets = connector.targets
        header = (*ROW_HEAD, *connector.inputs)
        self._evaluate = compile_mappings(self._mappings, header)
        self._propose = compile_mappings(self._mappings, header, by_target=True)
        self._in_scope = compile_scope(connector.scope, header) if connector.scope.groups else None
        self._clears_out_of_scope = connector.scope.out_of_scope == "clear"
        self._unknown: list[str | None] = [None] * len(self._targets)
        self._account = header.index(USER_NAME) if INDIVIDUAL in {one.route for one in self._mappings} else None
        self._unproven = frozenset(mapping.target for mapping in self._mappings if mapping.unproven)
        self._joined = absent_bits(connector.inputs, connector.secondaries)
        bit = {path: 1 << at for at, path in enumerate(connector.inputs)}
        self.aside = Aside()
        self._reads = [sum(bit[path] for path in set(mapping.inputs)) for mapping in self._mappings]
        self._scope_reads = sum(bit[path] for path in set(connector.scope.inputs))
        self._presence = bit[connector.primary.presence] if connector.primary is not None else 0

    def plan(
        self,
        shard: Shard,
        rows: Sequence[Row],
        *,
        ended: Iterable[str],
        gone: Iterable[str],
        unread: Collection[str] = (),
        full_round: str,
        now: datetime,
        sequence: int = 0,
    ) -> ShardPlan:
        """Plan the people of one shard and update the shard.

        Eight parameters: who is planned, who is ended, and the moment; each is a fact of its own.

        Args:
            rows: complete rows: absent is only what no row of a secondary source tells. A property that reads it is
                left alone, and so is a person whose scope depends on it.
            ended: people who left the directory at some point; those with a row came back since.
            gone: people who were due from escrow and whom the source doesn't know.
            unread: people whom a round names incompletely and whom a read didn't find.
            full_round: the full round among the rounds that the rows come from, if any.
            sequence: number of the last import file planned so far.

        Raises:
            FatalError: a value is invalid and its mapping says `fail_run`.
        """
        result = ShardPlan()
        left = sum(shard.end(person, sequence) for person in ended)
        for person in gone:
            result.changed = shard.escrow.drop_due(person, now) or result.changed
        result.changed = result.changed or left > 0
        tally = Tally()
        for person in unread:
            leave_unread(shard, person, tally, now)
        seen = {row[0] for row in rows}.union(unread)
        result.entries = self._entries(shard, rows, tally, now, full_round=bool(full_round))
        result.left_out = tally.left_out(shard)
        if full_round:
            result.missed = shard.known() - seen
            if shard.lost and not shard.escrow and all(entry.old for entry in result.entries):
                shard.lost, tally.changed = False, True
        for person in seen & shard.missed.keys():
            del shard.missed[person]
            tally.changed = True
        result.changed = result.changed or tally.changed
        updated, cleared = count_changes(result.entries)
        result.counts = Counts(
            people=len(seen),
            unchanged=tally.unchanged,
            out_of_scope=tally.out_of_scope,
            invalid=tally.invalid,
            clear_unsupported=tally.clear_unsupported,
            declined=tally.declined,
            held_back=tally.held_back,
            again=sum(map(_again_of, result.entries)),
            ended=left,
            cleared=cleared,
            updated=updated,
            pairs=sum(map(len, map(_new_of, result.entries))),
        )
        return result

    def _entries(
        self, shard: Shard, rows: Iterable[Row], tally: Tally, now: datetime, *, full_round: bool
    ) -> list[Entry]:
        """Plan each person; the two commonest cases are written out here, because this loop takes most of the time."""
        entries: list[Entry] = []
        known, evaluate, propose, joined = shard.rows, self._evaluate, self._propose, self._joined
        careful, waiting, unchanged = shard.escrow.careful(), bool(shard.escrow), 0
        plain = bool(self._targets) and self._in_scope is None and not shard.declined and not shard.doubted
        plain = plain and self._account is None and not (self.aside or shard.lost)
        easy = plain and not joined and not careful
        for row in rows:
            person = row[0]
            held = known.get(person)
            if easy or (plain and not (joined and row[1] & joined) and person not in careful):
                if held is None:
                    if new := propose(row):
                        entries.append(Entry(person, new, _NOTHING))
                        continue
                elif evaluate(row) == held[:-1]:
                    unchanged += 1
                    if waiting:
                        tally.changed = shard.escrow.drop(person) or tally.changed
                    continue
            cells = self._unknown if held is None else held[:-1]
            entry = self._person(shard, row, cells, tally, now, full_round=full_round)
            if person in shard.escrow and let_wait(shard.escrow, person, entry.new if entry is not None else (), now):
                tally.changed = True
            if entry is not None:
                entries.append(entry)
        tally.unchanged += unchanged
        return entries

    def _person(
        self, shard: Shard, row: Row, cells: Sequence[str | None], tally: Tally, now: datetime, *, full_round: bool
    ) -> Entry | None:
        """Plan one person. Eight parameters: the person and the shard."""
        person, unsaid, silent = row[0], set[str](), frozenset[str]()
        absent = row[1] & self._joined
        if absent & self._presence:  # no row of the source names them: they take no part
            tally.out_of_scope, tally.changed = tally.out_of_scope + 1, shard.escrow.drop(person) or tally.changed
            return None
        if absent & self._scope_reads:
            tally.unchanged += 1
            return None
        if self._in_scope is not None and not self._in_scope(row):
            tally.out_of_scope += 1
            wanted, silent = self._out_of_scope(shard.rows.get(person)), frozenset(self._targets)
        else:
            desired = self._evaluate(row)
            if absent:
                desired = [None if reads & absent else item for item, reads in zip(desired, self._reads, strict=True)]
                unsaid = {target for target, reads in zip(self._targets, self._reads, strict=True) if reads & absent}
                silent = frozenset(unsaid)
            judged: Sequence[str | Problem | None] | None = desired
            if Problem in map(type, desired):
                judged, invalid = self._judge(person, desired, shard, tally, now)
                unsaid |= invalid
            if judged is None:
                return None
            wanted = cast("list[str | None]", judged)
        if person in shard.doubted:
            wanted = add_doubted(shard, person, wanted, cells, tally)
        new = {
            target: value
            for target, value, cell in zip(self._targets, wanted, cells, strict=True)
            if value is not None and value != cell and target not in self._unproven
        }
        if person in shard.declined:
            today = dict(zip(self._targets, wanted, strict=True))
            new = leave_out_declined(shard.declined, person, today, new, tally, silent=silent)
        new = self.aside.leave_out(shard.escrow, person, new, tally, full_round=full_round)
        if person in shard.escrow:
            new = leave_out_waiting(shard.escrow, person, new, unsaid, tally, now, full_round=full_round)
        if not new:
            tally.unchanged += 1
            return None
        account = as_person_or_nobody(row[self._account]) if self._account is not None else ""
        again = shard.escrow.was_allowed(person, new)
        sent = shard.ours.get(person, _NO_VALUES)
        held = dict(zip(self._targets, cells, strict=True)) if (known := cells is not self._unknown) else {}
        old = {target: held[target] for target in new} if known else _NOTHING
        whole = shard.escrow.of(person).get(WHOLE)
        silent_write = whole.detail if whole is not None and whole.detail.startswith(UNANSWERED) else ""
        return Entry(person, new, old, account, sent, again, shard.lost, known, unanswered=silent_write)

    def _out_of_scope(self, held: ShadowRow | None) -> list[str | None]:
        """Clear the values that are there, and unknown ones with a stamp: a file sent them, so they may be there."""
        if not self._clears_out_of_scope or held is None:
            return self._unknown
        *cells, stamp = held
        stamps = stamp if isinstance(stamp, list) else [stamp] * len(cells)
        return [
            "" if (cell or (cell is None and sent)) and mapping.can_clear else None
            for cell, sent, mapping in zip(cells, stamps, self._mappings, strict=True)
        ]

    def _judge(
        self, person: str, desired: Sequence[str | Problem | None], shard: Shard, tally: Tally, now: datetime
    ) -> tuple[list[str | None] | None, set[str]]:
        """Apply each problem's policy; return what is wanted (None: set the person aside) and what is invalid.

        An invalid value waits by itself; the others are sent, unless its mapping says `escrow_user`.
        """
        wanted: list[str | None] = []
        invalid: set[str] = set()
        aside = False
        for mapping, item in zip(self._mappings, desired, strict=True):
            if not isinstance(item, Problem):
                wanted.append(item)
                continue
            wanted.append(None)
            if item.kind == "clear_unsupported":
                tally.clear_unsupported += 1
            elif item.policy == "fail_run":
                raise FatalError(f"{mapping.target}: {item.reason} (on_invalid: fail_run); person {person}")
            elif item.policy in ("escrow_value", "escrow_user"):
                tally.invalid += not invalid
                invalid.add(mapping.target)
                reason, target = EscrowReason.INVALID_VALUE, mapping.target
                shard.put_in_escrow(person, reason, target, now=now, detail=target)
                tally.leave(person, target, reason.value, item.reason)
                tally.changed = True
                aside = aside or item.policy == "escrow_user"
        return (None if aside else wanted), invalid
