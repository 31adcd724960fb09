"""Values that differ and aren't sent, and values that are sent although nothing differs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from upa_core.domain.pauses import ANOTHER_DAY
from upa_core.domain.people.escrow import Escrow
from upa_core.domain.people.escrow_entry import WHOLE, EscrowReason
from upa_core.domain.people.shadow import Shard
from upa_core.domain.plan.tally import Tally


def leave_out_waiting(
    escrow: Escrow,
    person: str,
    new: dict[str, str],
    unsaid: Collection[str],
    tally: Tally,
    now: datetime,
    *,
    full_round: bool,
) -> dict[str, str]:
    """Remove values that wait in escrow and aren't due; a property that no longer differs leaves escrow.

    Seven parameters: what is known of the person, what is wanted, and when. `unsaid`: properties of which the source
    says nothing usable this time; their entries stay.
    """
    over = [target for target in escrow.of(person) if target not in unsaid and target not in new]
    if new or unsaid:
        over = [target for target in over if target != WHOLE]
    tally.changed = escrow.drop(person, over) or tally.changed
    out = escrow.held_back(person, new, now, full_round=full_round)
    tally.held_back += len(out)
    entries = escrow.of(person)
    for target in sorted(out):
        entry = entries.get(target) or entries[WHOLE]
        tally.leave(person, target, entry.reason.value, entry.detail, new[target])
    whole = entries.get(WHOLE)
    if whole is not None and whole.is_due(now) and not unsaid and set(out) == new.keys() <= entries.keys():
        tally.changed = escrow.drop(person, [WHOLE]) or tally.changed  # or it would be due, and planned, for ever
    return {target: value for target, value in new.items() if target not in out}


def let_wait(escrow: Escrow, person: str, sent: Collection[str], now: datetime, until: datetime | None = None) -> bool:
    """Let what is due and isn't sent wait, for a day by default: no source says what is wanted, or it is invalid.

    Otherwise it would be due, and planned, for ever. A request has been served. Returns whether anything changed.
    """
    entries, changed = escrow.of(person), False
    whole = entries.get(WHOLE)
    first = {WHOLE: whole} if whole is not None and whole.searching else dict(entries)
    for target, entry in first.items():
        if not entry.is_due(now) or target in sent or (target == WHOLE and sent):
            continue
        changed = True
        if entry.reason is EscrowReason.REQUESTED and target == WHOLE:
            escrow.drop(person, [WHOLE])
        else:
            escrow.put(person, target, replace(entry, due=until or now + ANOTHER_DAY))
    return changed


def leave_unread(shard: Shard, person: str, tally: Tally, now: datetime) -> None:
    """Let somebody wait whom a round names incompletely and whom a read didn't find, with everything of theirs."""
    shard.put_in_escrow(person, EscrowReason.NOT_READABLE_YET, now=now)
    let_wait(shard.escrow, person, (), now, shard.escrow[person][WHOLE].due)
    tally.leave(person, WHOLE, EscrowReason.NOT_READABLE_YET.value)
    tally.changed = True


def leave_out_declined(
    declined: dict[str, dict[str, str]],
    person: str,
    today: Mapping[str, str | None],
    new: dict[str, str],
    tally: Tally,
    *,
    silent: Collection[str] = (),
) -> dict[str, str]:
    """Remove values that an administrator rejected; a source that has changed since ends the rejection.

    Six parameters: what is known of the person, and what is wanted. `silent`: properties of which no source says
    anything now, for want of a row or of a place in the scope: their rejections stay.
    """
    no = declined[person]
    still = {target: value for target, value in no.items() if target in silent or today.get(target) == value}
    if still != no:
        tally.changed = True
        if still:
            declined[person] = still
        else:
            del declined[person]
    out = {target for target, value in still.items() if new.get(target) == value}
    tally.declined += len(out)
    for target in out:
        tally.leave(person, target, "declined", value=new[target])
    return {target: value for target, value in new.items() if target not in out}


def add_doubted(
    shard: Shard, person: str, wanted: Sequence[str | None], cells: Sequence[str | None], tally: Tally
) -> list[str | None]:
    """Add values that were confirmed before a doubt and that the source doesn't give; drop doubts that ended."""
    unknown = {target for target, cell in zip(shard.targets, cells, strict=True) if cell is None}
    still = {target: value for target, value in shard.doubted[person].items() if target in unknown}
    if still != shard.doubted[person]:
        tally.changed = True
        if still:
            shard.doubted[person] = still
        else:
            del shard.doubted[person]
    pairs = zip(shard.targets, wanted, strict=True)
    return [still.get(target) if value is None else value for target, value in pairs]
