"""What an export made now would do for one person: planned by the planner itself, on a copy of the person's shard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from upa_core.domain.connector import Connector
from upa_core.domain.people.changes import compile_projection
from upa_core.domain.people.shadow import shard_of
from upa_core.domain.plan.planner import Entry, Planner
from upa_core.ports.bundle import Ports
from upa_core.state.document import state_of
from upa_core.state.people import People


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """What the plan says of one person."""

    entry: Entry | None
    """What would be sent, None where nothing would."""
    set_aside: bool = False
    """A value doesn't fit its mapping, whose policy is `escrow_user`: nothing of the person is sent."""
    declined: int = 0
    """Values that aren't sent because an administrator rejected them."""


def plan_person(ports: Ports, connector: Connector, person: str, record: Mapping[str, Any]) -> PersonPlan:
    """Plan one person with the attributes of `record`; nothing is stored.

    Raises:
        FatalError: a value is invalid and its mapping says `fail_run`; or the person's shard can't be read.
        RetryLaterError: the storage can't be reached.

    """
    state = state_of(ports.store, connector.name).load().value
    shard = People(ports.store, connector, state.people).load(shard_of(person, state.people.shards)).value
    row = compile_projection(connector.inputs)(record)
    row[:2] = [person, 0]
    plan = Planner(connector).plan(
        shard, [row], ended=(), gone=(), full_round="", now=ports.clock.now(), sequence=state.sequence
    )
    entry = plan.entries[0] if plan.entries else None
    return PersonPlan(entry, set_aside=plan.counts.invalid > 0, declined=plan.counts.declined)
