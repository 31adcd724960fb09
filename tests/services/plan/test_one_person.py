"""One person planned by the planner itself: what `upa sync-user --dry-run` shows is what a run would do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.crash.scenarios import settled
from tests.support.joined import JoinedWorld, row
from tests.support.world import MAPPINGS, World
from upa_core.domain.errors import FatalError
from upa_core.domain.people.mapping import direct
from upa_core.domain.people.shadow import Shard
from upa_core.services.plan.one_person import PersonPlan, plan_person
from upa_core.state.change_people import change_people_between_runs


def planned(world: World, **attributes: object) -> PersonPlan:
    """Return the plan of the first person, whose attributes are today's with these changes."""
    person = world.people[0]
    record = dict(world.ports().source.read([person], world.connector.select)[person] or {})
    return plan_person(world.ports(), world.connector, person, record | attributes)


def test_what_differs_from_the_shadow_would_be_sent_and_nothing_is_stored() -> None:
    """Old and new value of the one property that changed."""
    world = settled(2)
    before = world.store.blobs
    entry = planned(world, department="B").entry

    assert entry is not None
    assert (entry.old, entry.new) == ({"UpaDepartment": "D0"}, {"UpaDepartment": "B"})
    assert planned(world) == PersonPlan(None)
    assert world.store.blobs == before


def test_a_value_that_sets_the_person_aside_sends_none_of_their_others() -> None:
    """`escrow_user`: the department isn't sent either."""
    world = settled(2)
    typed = direct("employeeHireDate", "UpaHired", type="date", on_invalid="escrow_user")
    others = tuple(one for one in MAPPINGS if one.target != "UpaHired")
    world.connector = replace(world.connector, mappings=(*others, typed))

    assert planned(world, department="B", employeeHireDate="soon") == PersonPlan(None, set_aside=True)


def test_a_value_that_fails_the_run_is_told_as_the_run_would() -> None:
    """`fail_run`: nobody would be sent."""
    world = settled(2)
    typed = direct("employeeHireDate", "UpaHired", type="date", on_invalid="fail_run")
    others = tuple(one for one in MAPPINGS if one.target != "UpaHired")
    world.connector = replace(world.connector, mappings=(*others, typed))

    with pytest.raises(FatalError, match="UpaHired"):
        planned(world, employeeHireDate="soon")


def test_a_rejected_value_isnt_sent_and_a_doubted_one_is() -> None:
    """What an administrator rejected stays; what was confirmed before a doubt goes again."""
    world = settled(2)
    person = world.people[0]

    def reject(shard: Shard, one: str) -> None:
        shard.declined[one] = {"UpaDepartment": "B"}

    def doubt(shard: Shard, one: str) -> None:
        shard.doubt(one, {"UpaDepartment": "D0"}, now=world.now, sequence=99)

    change_people_between_runs(world.ports(), world.connector, [person], reject)
    assert planned(world, department="B") == PersonPlan(None, declined=1)
    change_people_between_runs(world.ports(), world.connector, [person], doubt)
    entry = planned(world, department=None).entry
    assert entry is not None
    assert entry.new == {"UpaDepartment": "D0"}


def test_one_person_is_planned_with_the_joined_row_of_today() -> None:
    """What a secondary source gave is neither cleared nor forgotten when one person is planned from the directory."""
    world = JoinedWorld(2)
    world.settle_down()
    world.deliver(row("E0", "100"), row("E1", "101"))
    world.settle_down()
    person = world.people[0]
    record = world.ports().source.read([person], world.connector.select)[person]
    assert record is not None

    assert plan_person(world.ports(), world.connector, person, record).entry is None
    again = plan_person(world.ports(), world.connector, person, record, resend=True).entry
    assert again is not None
    assert again.new["UpaCost"] == "100"


def test_what_no_source_has_said_of_one_person_is_absent() -> None:
    """Before the first accepted snapshot a property that would be cleared where it is empty isn't in the plan."""
    world = JoinedWorld(1)
    world.settle_down()
    person = world.people[0]
    record = world.ports().source.read([person], world.connector.select)[person]
    assert record is not None
    entry = plan_person(world.ports(), world.connector, person, record, resend=True).entry

    assert entry is not None
    assert "UpaCost" not in entry.new
