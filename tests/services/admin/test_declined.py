"""Rejected isn't for ever: declined values are listed, and lifted."""

from __future__ import annotations

from tests.services.admin.test_holds import held_world
from tests.support.world import World
from upa_core.services.admin.declined import all_declined, declined_of, lift
from upa_core.services.admin.holds import reject


def rejected() -> World:
    world = held_world()
    assert world.state.hold is not None
    reject(world.ports(), world.connector, world.state.hold.run.id, "bert")
    world.drain(hours=3)
    return world


def test_declined_values_are_listed_by_person() -> None:
    """Whoever had a value in the rejected plan is named, with property and value."""
    world = rejected()

    assert dict(all_declined(world.ports(), world.connector)) == {p: {"UpaTitle": ""} for p in world.people[:3]}
    assert declined_of(world.ports(), world.connector, world.people[2:5]) == {world.people[2]: {"UpaTitle": ""}}


def test_a_lifted_value_is_sent() -> None:
    """The source needn't change: after lifting, the value that Entra has is planned and arrives; the others stay."""
    world = rejected()
    assert lift(world.ports(), world.connector, [world.people[0].upper()], "anna") == 1
    world.settle_down()

    assert [world.profile(p)["UpaTitle"] for p in world.people[:3]] == ["", "T1", "T2"]
    assert {person for person, _ in all_declined(world.ports(), world.connector)} == set(world.people[1:3])


def test_lifting_is_recorded_and_finds_only_who_has_any() -> None:
    """Somebody without a declined value is no lift, and makes no record."""
    world = rejected()
    before = len(world.events.events)

    assert lift(world.ports(), world.connector, [world.people[7]], "anna") == 0
    assert len(world.events.events) == before
    lift(world.ports(), world.connector, world.people[:2], "anna")
    told = [one.fields for one in world.events.events if one.name == "upa.connector.controlled"]
    assert told[-1]["control"] == "lift declined values of 2 people"
