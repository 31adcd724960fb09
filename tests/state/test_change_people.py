"""Changes of people while others change or move them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.hooks import Call, nothing
from tests.support.world import World
from upa_core.domain.documents.connector_state import PeopleIndex
from upa_core.domain.documents.runs import Counts, Run
from upa_core.domain.errors import ConflictError
from upa_core.domain.people.shadow import Shard
from upa_core.state.change_people import change_people, change_people_between_runs, next_sequence
from upa_core.state.document import state_of
from upa_core.state.people import People

RUN, ANOTHER = "20261122T101500Z-aaaa", "20261122T101500Z-bbbb"
PEOPLE = [f"person-{number}" for number in range(300)]


def open_run(world: World, run: str, **fields: Any) -> None:
    made = Run(run, world.now, (), (), Counts())
    state_of(world.store, "hr").update(lambda state: replace(state, run=made, **fields))


def deliver(shard: Shard, person: str) -> None:
    shard.settle(person, {"UpaTitle": person}, 1)


def deliver_all(shard: Shard, people: Any) -> None:
    for person in people:
        deliver(shard, person)


def delivered(world: World) -> list[str]:
    return sorted(person for shard in world.shards() for person in shard.rows)


def test_everybody_is_changed_however_many_shards_hold_them() -> None:
    """More than are held at a time."""
    world = World()
    open_run(world, RUN, people=PeopleIndex(shards=128))
    change_people(world.ports(), world.connector, dict.fromkeys(PEOPLE), deliver_all, RUN)

    assert delivered(world) == sorted(PEOPLE)


@pytest.mark.parametrize("state", ["ended", "another"])
def test_a_run_that_somebody_else_ended_changes_nobody(state: str) -> None:
    """Another run may be open by now."""
    world = World()
    if state == "another":
        open_run(world, ANOTHER)
    with pytest.raises(ConflictError, match="was ended"):
        change_people(world.ports(), world.connector, dict.fromkeys(PEOPLE), deliver_all, RUN)

    assert delivered(world) == []


def overtaken(world: World, change: Any) -> None:
    """Let somebody act right before the first shard is written."""

    def first(call: Call) -> None:
        if call.operation == "put" and "/people/" in call.subject:
            world.store.hooks.before = nothing
            change()

    world.store.hooks.before = first


@pytest.mark.parametrize("between", [True, False])
def test_people_who_were_moved_meanwhile_are_changed_where_they_are_now(between: bool) -> None:
    """In the generation of shards that the state names."""
    world = World()
    open_run(world, RUN)
    moved = PeopleIndex(1, 2)
    overtaken(world, lambda: state_of(world.store, "hr").update(lambda state: replace(state, people=moved)))
    if between:
        change_people_between_runs(world.ports(), world.connector, PEOPLE[:9], deliver)
    else:
        change_people(world.ports(), world.connector, dict.fromkeys(PEOPLE[:9]), deliver_all, RUN)

    assert world.state.people == moved
    assert delivered(world) == sorted(PEOPLE[:9])


def test_only_a_shard_that_somebody_else_wrote_is_changed_again_on_what_they_wrote() -> None:
    """Nothing of theirs is lost, and the index knows what was written in the end."""
    world = World()
    open_run(world, RUN, people=PeopleIndex(shards=2))
    people, seen = People(world.store, world.connector, world.state.people), []

    def theirs() -> None:
        read = people.load(0)
        read.value.settle("theirs", {"UpaTitle": "x"}, 1)
        people.save(0, read)

    def change(shard: Shard, part: Any) -> None:
        seen.append(sorted(part))
        deliver_all(shard, part)

    overtaken(world, theirs)
    change_people(world.ports(), world.connector, dict.fromkeys(PEOPLE[:9]), change, RUN)

    assert delivered(world) == sorted([*PEOPLE[:9], "theirs"])
    assert len(seen) == 3
    assert seen[2] in seen[:2]


def test_a_change_between_runs_has_a_plan_that_is_being_made_start_again() -> None:
    """It takes a number: what was planned from the state before isn't due any more. So does who asks for one."""
    world = World()
    before = world.state.sequence
    change_people_between_runs(world.ports(), world.connector, PEOPLE[:1], deliver)
    after = world.state.sequence

    assert (before, after, next_sequence(world.ports(), world.connector)) == (0, 1, 2)
    assert world.state.sequence == 2
