"""Escrow: who waits to be retried, by person and property; which properties are suspected where an answer names none.

Delivering a property releases its own entry and no other; what waits isn't sent before it is due.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, KeysView, Mapping
from dataclasses import replace
from datetime import datetime

from upa_core.domain.pauses import escrow_due
from upa_core.domain.people.escrow_entry import HOLDS_BACK, MOST_TRIES, STOPS, WHOLE, EscrowEntry, EscrowReason, digest


class Escrow:
    """The entries of one shard."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[str, EscrowEntry]] = {}
        self.allowed: dict[str, dict[str, str]] = {}
        """Person → property → digest of a sent, unconfirmed value: the refused one; to resend it is no new change."""

    def __bool__(self) -> bool:
        """Return whether anybody waits."""
        return bool(self._entries)

    def __eq__(self, other: object) -> bool:
        """Return whether two escrows hold the same entries."""
        return isinstance(other, Escrow) and (self._entries, self.allowed) == (other._entries, other.allowed)

    __hash__ = None  # type: ignore[assignment]

    def __contains__(self, person: object) -> bool:
        """Return whether a person waits, or one of their properties."""
        return person in self._entries

    def __iter__(self) -> Iterator[str]:
        """Yield everybody who waits."""
        return iter(self._entries)

    def __len__(self) -> int:
        """Count people."""
        return len(self._entries)

    def __getitem__(self, person: str) -> Mapping[str, EscrowEntry]:
        """Return a person's entries by property; raises `KeyError` for somebody who doesn't wait."""
        return self._entries[person]

    def keys(self) -> KeysView[str]:
        """Return everybody who waits."""
        return self._entries.keys()

    def of(self, person: str) -> Mapping[str, EscrowEntry]:
        """Return a person's entries by property; none for a person who doesn't wait."""
        return self._entries.get(person, {})

    def entries(self) -> Iterator[tuple[str, str, EscrowEntry]]:
        """Yield each (person, property, entry)."""
        for person, entries in self._entries.items():
            for target, entry in entries.items():
                yield person, target, entry

    def put(self, person: str, target: str, entry: EscrowEntry) -> None:
        """Add or replace an entry."""
        self._entries.setdefault(person, {})[target] = entry

    def drop(self, person: str, targets: Iterable[str] | None = None) -> bool:
        """Remove entries, all of a person where no properties are given; return whether there were any."""
        if targets is None:
            return (self.allowed.pop(person, None) is not None) | (self._entries.pop(person, None) is not None)
        entries = self._entries.get(person, {})
        dropped = [entries.pop(target, None) for target in targets]
        if person in self._entries and not entries:
            self.drop(person)
        return any(entry is not None for entry in dropped)

    def drop_due(self, person: str, now: datetime) -> bool:
        """Remove the due entries of a person whom the source doesn't know; return whether there were any."""
        return self.drop(person, [target for target, entry in self.of(person).items() if entry.is_due(now)])

    def adopt(self, other: Escrow, person: str) -> None:
        """Copy the entries of a person from another shard."""
        self._entries[person] = dict(other.of(person))
        if person in other.allowed:
            self.allowed[person] = dict(other.allowed[person])

    def ask(self, person: str, reason: EscrowReason, *, now: datetime, sequence: int) -> None:
        """Make everything of a person due now; a person who doesn't wait yet gets an entry for `reason`."""
        if person not in self._entries:
            self.put(person, WHOLE, EscrowEntry(reason, now, 0, now))
        for target, entry in self._entries[person].items():
            self._entries[person][target] = replace(entry, due=now, sequence=max(sequence, entry.sequence))

    def careful(self) -> Collection[str]:
        """Return the people who need the long way of planning: something of theirs was sent, waits or is suspected."""
        return self._entries.keys() | self.allowed.keys()

    def due(self, now: datetime) -> Iterator[str]:
        """Yield the people with a due entry; while a refused property is searched for, the search's entry decides."""
        for person, entries in self._entries.items():
            if any(entry.is_due(now) for entry in _first(entries)):
                yield person

    def next_due(self) -> datetime | None:
        """Return when the first entry is due, None where none is."""
        first = (entry for entries in self._entries.values() for entry in _first(entries))
        return min((entry.due for entry in first if entry.due is not None), default=None)

    # -- the answer to a batch -----------------------------------------------------------------------------------------

    def count(
        self,
        person: str,
        reason: EscrowReason,
        target: str = WHOLE,
        *,
        now: datetime,
        sequence: int = 0,
        detail: str = "",
        due: datetime | None = None,
    ) -> None:
        """Put a person or a property into escrow, or count one more failed try; a batch counts only once.

        Eight parameters: the fields of the entry.
        """
        before = self.of(person).get(target)
        if before is not None and sequence and before.sequence >= sequence:
            return
        again = before is not None and before.reason == reason
        since, tries = before.since if before is not None else now, before.tries + 1 if before and again else 1
        known = target != WHOLE and reason in HOLDS_BACK  # another try alone doesn't help, and others go first
        over = target != WHOLE and reason in STOPS and tries >= MOST_TRIES
        due = due or (None if over else escrow_due(since, now, tries + known))
        self.put(person, target, EscrowEntry(reason, since, tries, due, sequence, detail))

    def refuse(self, person: str, sent: Collection[str], *, now: datetime, sequence: int, detail: str) -> None:
        """Record that one of the properties sent was refused and the answer doesn't say which.

        What was known to be refused is blamed again. Otherwise all of them are suspected; a single one is it.
        """
        before = self.of(person).get(WHOLE)
        if before is not None and before.sequence >= sequence:
            return
        reason = EscrowReason.REFUSED_BY_SHAREPOINT
        entries = self.of(person)
        if any(entry.sequence >= sequence for target, entry in entries.items() if target in sent):
            return
        blamed = [target for target in sent if target in entries and entries[target].reason in HOLDS_BACK]
        kept = set(before.suspected) | set(before.kept_back) if before is not None else set()
        if blamed or len(sent) == 1:
            for target in blamed or sent:
                self.count(person, reason, target, now=now, sequence=sequence, detail=detail)
            suspected: set[str] = set()
            kept |= set(sent) if blamed else set()
            kept -= set(blamed or sent)
        else:
            suspected = set(sent)
            kept -= suspected
        self._search(person, before, suspected, kept, now=now, sequence=sequence, detail=detail)

    def send_without(self, person: str, targets: Collection[str], *, now: datetime, sequence: int) -> None:
        """Make properties due that were sent together with a refused one: nobody knows whether they arrived."""
        before = self.of(person).get(WHOLE)
        if before is not None and before.sequence >= sequence:
            return
        suspected = set(before.suspected) - set(targets) if before is not None else set()
        kept = {*targets, *(before.kept_back if before is not None else ())}
        detail = before.detail if before is not None else ""
        self._search(person, before, suspected, kept, now=now, sequence=sequence, detail=detail)

    def wait_for_person(self, person: str, targets: Iterable[str], *, now: datetime, sequence: int) -> None:
        """Let properties that were tried, and are still due, wait as long as their person, who was refused as a whole.

        Otherwise they would be due for ever, and the person planned again at once. What waited for the budget has had
        its turn, and waits no more by itself.
        """
        entries, whole = self.of(person), self.of(person)[WHOLE]
        for target in set(targets) & entries.keys():
            entry = entries[target]
            if not entry.is_due(now) or entry.sequence >= sequence:
                continue
            if entry.reason is EscrowReason.OVER_BUDGET:
                self.drop(person, [target])
            else:
                self.put(person, target, replace(entry, due=whole.due, sequence=sequence))

    def deliver(self, person: str, targets: Collection[str], *, now: datetime, sequence: int, whole: bool) -> None:
        """Remove the entries of what a batch delivered, unless something newer made them.

        Args:
            person: object id.
            targets: properties that are confirmed.
            now: when the batch ended.
            sequence: number of the batch.
            whole: nothing sent is unknown. Otherwise a person who waited for a profile is due: now there is one.
        """
        known = {target: one for target, one in self.allowed.get(person, {}).items() if target not in targets}
        self.release(person, targets, sequence)
        self._deliver_whole(person, targets, now=now, sequence=sequence, whole=whole)
        if person not in self._entries:
            self.allowed.pop(person, None)
            if known:  # a property that is set aside: the refused value is still known
                self.allowed[person] = known

    def release(self, person: str, targets: Collection[str], sequence: int) -> None:
        """Remove the entries of properties, unless something newer than the batch `sequence` made them."""
        entries = self.of(person)
        self.drop(person, [one for one in targets if one in entries and entries[one].sequence <= sequence])

    def _deliver_whole(
        self, person: str, targets: Collection[str], *, now: datetime, sequence: int, whole: bool
    ) -> None:
        before = self.of(person).get(WHOLE)
        if before is None or before.sequence > sequence:
            return
        if before.searching:
            suspected, kept = set(before.suspected) - set(targets), set(before.kept_back) - set(targets)
            if (suspected, kept) != (set(before.suspected), set(before.kept_back)):
                self._search(person, before, suspected, kept, now=now, sequence=sequence, detail=before.detail)
        elif whole:
            self.drop(person, [WHOLE])
        elif before.reason is EscrowReason.PROFILE_NOT_CREATED:
            self.put(person, WHOLE, replace(before, due=now, sequence=sequence))

    def _search(
        self,
        person: str,
        before: EscrowEntry | None,
        suspected: set[str],
        kept: set[str],
        *,
        now: datetime,
        sequence: int,
        detail: str,
    ) -> None:
        """Store which properties are still suspected.

        If only one is left, it is set aside and the search continues among the others.

        Eight parameters: the entry before and after.
        """
        reason = EscrowReason.REFUSED_BY_SHAREPOINT
        since, tries = (before.since, before.tries + 1) if before is not None else (now, 1)
        if before is not None and len(suspected) == 1:
            self.count(person, reason, *suspected, now=now, sequence=sequence, detail=detail)
            suspected = set()
        if not suspected and not kept:
            self.drop(person, [WHOLE])
            return
        due = escrow_due(since, now, tries)
        found = tuple(sorted(suspected)), tuple(sorted(kept))
        self.put(person, WHOLE, EscrowEntry(reason, since, tries, due, sequence, detail, *found))

    # -- what a plan may send ----------------------------------------------------------------------------------------

    def note_sent(self, person: str, values: Mapping[str, str | None], confirmed: Collection[str]) -> None:
        """Remember which values of a person were sent and aren't confirmed."""
        left = {
            target: digest(value) for target, value in values.items() if value is not None and target not in confirmed
        }
        known = {target: one for target, one in self.allowed.get(person, {}).items() if target not in confirmed}
        for target, entry in self.of(person).items():
            if entry.reason in STOPS and target in left and known.get(target, left[target]) != left[target]:
                self.put(person, target, replace(entry, tries=0))  # another value has its own tries
        if known | left:
            self.allowed[person] = known | left

    def was_allowed(self, person: str, values: Mapping[str, str]) -> bool:
        """Return whether all of these values were sent before and only wait to be confirmed."""
        known = self.allowed.get(person)
        return known is not None and all(known.get(target) == digest(value) for target, value in values.items())

    def held_back(self, person: str, values: Mapping[str, str], now: datetime, *, full_round: bool) -> set[str]:
        """Return the properties whose new values aren't sent this time.

        Not what waits and isn't due; where it is being found out which property is refused, half of the suspected ones,
        and what is known to be refused or was kept back. A value that is another than the refused one goes at once.
        """
        entries, known = self.of(person), self.allowed.get(person, {})

        def same(target: str) -> bool:
            return target not in known or target not in values or known[target] == digest(values[target])

        out: set[str] = set()
        whole = entries.get(WHOLE)
        searching = whole is not None and whole.searching
        if whole is not None and searching:
            due = whole.is_due(now, full_round=full_round)
            out = whole.left_out(lambda one: one in values and same(one), due=due)
        for target, entry in entries.items():
            waits = searching or not entry.is_due(now, full_round=full_round)
            if target != WHOLE and entry.reason in HOLDS_BACK and waits and same(target):
                out.add(target)
        return out & values.keys()


def _first(entries: Mapping[str, EscrowEntry]) -> Collection[EscrowEntry]:
    whole = entries.get(WHOLE)
    return [whole] if whole is not None and whole.searching else entries.values()
