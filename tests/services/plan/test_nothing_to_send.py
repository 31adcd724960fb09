"""People who are due and of whom nothing can be sent now: they are planned once, not without a pause."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.crash.scenarios import quick
from tests.support.joined import JoinedWorld, row
from tests.support.world import World
from upa_core.domain.people.escrow_entry import WHOLE, EscrowEntry, EscrowReason
from upa_core.domain.people.mapping import direct
from upa_core.services.admin.requests import request_people
from upa_core.state.change_people import change_people_between_runs


def wait(world: World, person: str, target: str, reason: EscrowReason) -> None:
    """Put a person into escrow, due now."""
    entry = EscrowEntry(reason, world.now, 1, world.now)
    change_people_between_runs(
        world.ports(), world.connector, [person], lambda shard, one: shard.escrow.put(one, target, entry)
    )


def steps(world: World) -> int:
    """Count what is done at once, up to 20."""
    return next((n for n in range(1, 20) if world.step().kind != "again"), 20)


@pytest.mark.parametrize("number", ["E9", None], ids=["no row", "no key"])
@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (WHOLE, EscrowReason.PROFILE_NOT_CREATED),
        (WHOLE, EscrowReason.REQUESTED),
        ("UpaCost", EscrowReason.REFUSED_BY_SHAREPOINT),
        ("UpaCost", EscrowReason.OVERTAKEN),
    ],
)
def test_somebody_without_a_row_is_planned_once(target: str, reason: EscrowReason, number: str | None) -> None:
    """The joined source says nothing of them: they wait for a day, and their row brings its value at once."""
    world = quick(JoinedWorld(2))
    world.deliver(row("E0", "C0"), row("E1", "C1"))
    world.sync()
    person = world.people[0]
    world.renumber(person, number)
    world.sync(hours=2)
    wait(world, person, target, reason)
    done, due = steps(world), [entry.due for entry in world.escrow().values()]
    world.renumber(person, "E1")
    world.renumber(world.people[1], "E7")
    world.sync(hours=30)

    assert done == 2
    assert due == ([] if reason is EscrowReason.REQUESTED else [due[0]])
    assert all(one is not None and one - world.now < timedelta(days=1) for one in due)
    assert world.cost(person) == "C1"


@pytest.mark.parametrize("policy", ["escrow_value", "escrow_user"])
def test_somebody_with_an_invalid_value_who_is_asked_for_is_planned_once(policy: Any) -> None:
    """`upa sync-user` of a person whose only difference doesn't fit its mapping."""
    mapping = direct("department", "UpaDepartment", max_length=5, on_invalid=policy)
    world = quick(World(1, mappings=(mapping,)))
    world.sync()
    world.edit(world.people[0], department="far too long")
    world.sync(hours=0.2)
    request_people(world.ports(), world.connector, world.people)

    assert steps(world) == 2
    assert {entry.reason for entry in world.escrow().values()} == {EscrowReason.INVALID_VALUE}
