"""The effect of an export now on one person: the planner itself plans them, on a copy of their shard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from upa_core.domain.connector import Connector
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.shadow import Shard, shard_of
from upa_core.domain.plan.entry import Entry
from upa_core.domain.plan.planner import Planner
from upa_core.ports.bundle import Ports
from upa_core.services.plan.joins import row_today
from upa_core.state.document import state_of
from upa_core.state.people import People


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """The plan of one person."""

    entry: Entry | None
    """The changes that would be sent, None where there are none."""
    set_aside: bool = False
    """A value doesn't fit its mapping and isn't sent; with the policy `escrow_user`, nothing of the person is."""
    declined: int = 0
    """Values that aren't sent because an administrator rejected them."""


def shard_with(ports: Ports, connector: Connector, person: str, *, resend: bool = False, asked: bool = False) -> Shard:
    """Return a copy of the person's shard without anybody else; nothing is stored.

    With `resend`, every value is unknown and escrow is forgotten; rejected and doubted values stay. With `asked`,
    escrow is due now.
    Raises `CorruptStateError` for a shard that can't be read, `RetryLaterError` where the storage can't be reached.
    """
    index = state_of(ports.store, connector.name).load().value.people
    whole = People(ports.store, connector, index).load(shard_of(person, index.shards)).value
    own = Shard(whole.targets, floor=whole.floor, lost=whole.lost)
    if person in whole.declined:
        own.declined[person] = dict(whole.declined[person])
    if person in whole.doubted:
        own.doubted[person] = dict(whole.doubted[person])
    if not resend:
        if person in whole.rows:
            own.rows[person] = list(whole.rows[person])
        if person in whole.escrow:
            own.escrow.adopt(whole.escrow, person)
            if asked:
                own.escrow.ask(person, EscrowReason.REQUESTED, now=ports.clock.now(), sequence=0)
    if person in whole.ours:
        own.ours[person] = {target: list(mine) for target, mine in whole.ours[person].items()}
    return own


def plan_person(
    ports: Ports,
    connector: Connector,
    person: str,
    record: Mapping[str, Any],
    *,
    resend: bool = False,
    asked: bool = False,
) -> PersonPlan:
    """Plan one person with the attributes of `record`; nothing is stored.

    Six parameters: two are choices of the caller, as in `shard_with`.

    Raises:
        FatalError: a value is invalid and its mapping says `fail_run`; or the person's shard can't be read.
        RetryLaterError: the storage can't be reached.
    """
    shard = shard_with(ports, connector, person, resend=resend, asked=asked)
    row = row_today(ports, connector, person, record)
    plan = Planner(connector).plan(shard, [row], ended=(), gone=(), full_round="", now=ports.clock.now())
    entry = plan.entries[0] if plan.entries else None
    return PersonPlan(entry, set_aside=plan.counts.invalid > 0, declined=plan.counts.declined)


def never_sent(ports: Ports, connector: Connector, person: str) -> bool:
    """Return whether no file of this connector ever named a person.

    Raises as `plan_person`.
    """
    state = state_of(ports.store, connector.name).load().value
    shard = People(ports.store, connector, state.people).load(shard_of(person, state.people.shards)).value
    return shard.shadow(person) is None
