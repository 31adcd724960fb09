"""A property that SharePoint refuses for everybody is set aside, not the people; it comes back by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.world import MAPPINGS, World, with_limits
from upa_core.domain.documents.storage_layout import file_key
from upa_core.domain.health.events import EventName
from upa_core.domain.people.mapping import direct
from upa_core.services.admin.controls import reset
from upa_core.services.health.status import status
from upa_core.services.insight.explain import explain

PEOPLE = 12


def refused(people: int = PEOPLE, *, named: bool = True) -> World:
    """Return a tenant whose titles are all too long for their property, after the first runs."""
    world = World(people)
    world.sim.profiles.define("UpaTitle", max_length=1)
    world.sim.timer_job.settings.names_properties = named
    world.sync(full=True, hours=72)
    return world


def last_file(world: World) -> bytes:
    """Return the last import file, from the archive."""
    name = world.queued()[-1]
    blob = world.store.get(file_key(world.state.last_run, name))
    assert blob is not None
    return blob.data


def titles(world: World) -> set[str]:
    return {world.profile(person)["UpaTitle"] for person in world.people}


@pytest.mark.slow
@pytest.mark.parametrize("named", [True, False], ids=["named", "not named"])
def test_the_cause_is_named_once_and_nobody_waits_for_it(named: bool) -> None:
    """The other values arrive; nobody is in escrow; one event and the status name the property."""
    world = refused(named=named)
    (told,) = world.events.named(EventName.PROPERTY_REFUSED)
    (shown,) = status(world.ports(), world.connector)["refused_properties"]
    why = explain(world.ports(), world.connector, world.people[0]).waiting

    assert why.startswith("property refused: SharePoint refuses UpaTitle (")
    assert [world.profile(person)["UpaDepartment"] for person in world.people] == [f"D{n}" for n in range(PEOPLE)]
    assert (told.fields["property"], told.fields["people"]) == ("UpaTitle", PEOPLE)
    assert (shown["property"], shown["people"]) == ("UpaTitle", PEOPLE)
    assert (world.escrow(), titles(world)) == ({}, {""})


@pytest.mark.slow
def test_nothing_more_is_sent_for_it_until_something_changes() -> None:
    """Days without a change cost no import job; another property's change doesn't take the refused value along."""
    world = refused()
    before = len(world.queued())
    world.sync(hours=24)
    quiet = len(world.queued())
    world.edit(world.people[0], department="new")
    world.sync(hours=24)

    assert (quiet, len(world.queued())) == (before, before + 1)
    assert b"UpaTitle" not in last_file(world)
    assert world.profile(world.people[0])["UpaDepartment"] == "new"


@pytest.mark.slow
def test_a_full_round_tries_it_with_three_people() -> None:
    """What is still refused stays aside, and the three don't wait either."""
    world = refused()
    world.sync(full=True, hours=24)

    assert last_file(world).count(b"UpaTitle") == 3
    assert ([one.target for one in world.state.refused], world.escrow()) == (["UpaTitle"], {})


@pytest.mark.slow
def test_the_first_value_that_is_taken_brings_the_property_back_to_all() -> None:
    """A new value is tried at once; when it arrives, a full round sends the others, and nothing is held for it."""
    world = refused()
    world.sim.profiles.define("UpaTitle", max_length=40)
    world.edit(world.people[0], jobTitle="new")
    world.settle_down(days=1)

    assert titles(world) == {"new", *(f"T{n}" for n in range(1, PEOPLE))}
    assert (world.state.refused, world.escrow()) == ((), {})
    assert [told.fields["property"] for told in world.events.named(EventName.PROPERTY_TAKEN)] == ["UpaTitle"]


@pytest.mark.slow
def test_a_later_file_of_the_same_run_brings_it_back_too() -> None:
    """It was planned before the property was set aside; whom it reaches with a value proves that it isn't refused."""
    world = World(2 * PEOPLE)
    world.connector = with_limits(world.connector, max_pairs=PEOPLE * 4)
    world.sim.profiles.define("UpaTitle", max_length=1)
    world.pull(full=True)
    for _ in range(200):
        world.far()
        if world.state.refused:
            break
        world.sim.advance(600)
    assert world.state.run is not None
    world.sim.profiles.define("UpaTitle", max_length=40)
    world.settle_down(days=1)

    assert titles(world) == {f"T{n}" for n in range(2 * PEOPLE)}
    assert (world.state.refused, world.escrow()) == ((), {})


@pytest.mark.slow
def test_another_mapping_of_the_property_is_sent_to_all() -> None:
    """A corrected mapping needs no other word."""
    world = refused()
    shorter = direct("jobTitle", "UpaTitle", on_empty="clear", max_length=1, on_too_long="truncate")
    changed = [shorter if one.target == "UpaTitle" else one for one in MAPPINGS]
    world.connector = replace(world.connector, mappings=tuple(changed))
    world.settle_down()

    assert titles(world) == {"T"}
    assert (world.state.refused, world.escrow()) == ((), {})


def test_resetting_the_shadow_sends_it_again() -> None:
    """Whoever resends everything means refused properties too."""
    world = refused()
    reset(world.ports(), world.connector, "shadow", "admin")

    assert world.state.refused == ()


@pytest.mark.slow
def test_a_few_people_who_are_refused_have_values_of_their_own() -> None:
    """Nine people are no proof: each waits with the refused value."""
    world = refused(9)

    assert world.state.refused == ()
    assert world.waiting() == {(person, "UpaTitle") for person in world.people}


def test_one_person_who_is_taken_clears_the_property() -> None:
    """Eleven of twelve refused are eleven values."""
    world = World(PEOPLE)
    world.sim.profiles.define("UpaTitle", max_length=2)
    for person in world.people[1:]:
        world.sim.directory.edit(person, jobTitle="too long")
    world.sync(full=True, hours=5)

    assert world.state.refused == ()
    assert {person for person, target in world.waiting() if target == "UpaTitle"} == set(world.people[1:])
