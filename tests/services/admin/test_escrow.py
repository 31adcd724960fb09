"""Escrow by cause: told once, retried and given up for a cause or a person."""

from __future__ import annotations

import pytest

from tests.crash.scenarios import settled
from tests.support.world import World
from upa_core.domain.people.escrow_entry import WHOLE, EscrowReason
from upa_core.services.admin.escrow import Chosen, causes, entries, give_up, retry, some_entries

LONG = "x" * 41


def waiting_world() -> World:
    """Return a world in which two titles were refused, a date is invalid, and somebody has no profile."""
    world = settled(5)
    for person in world.people[:2]:
        world.edit(person, jobTitle=LONG)
    world.edit(world.people[2], employeeHireDate="not a date")
    world.join(profile=False, department="nobody yet")
    world.sync(hours=2)
    return world


def told(world: World) -> dict[tuple[str, EscrowReason], int]:
    """Return people by property and reason."""
    return {(one.property, one.reason): one.people for one in causes(world.ports(), world.connector)}


def test_each_cause_is_told_once() -> None:
    """Two people with one refused property are one cause, with when it is tried next; most people come first."""
    world = waiting_world()
    found = causes(world.ports(), world.connector)

    assert told(world) == {
        ("UpaTitle", EscrowReason.REFUSED_BY_SHAREPOINT): 2,
        ("UpaHired", EscrowReason.INVALID_VALUE): 1,
        (WHOLE, EscrowReason.PROFILE_NOT_CREATED): 1,
    }
    assert (found[0].property, set(found[0].examples)) == ("UpaTitle", set(world.people[:2]))
    assert found[0].next_try is not None
    assert all(one.todo for one in found)


def test_a_property_refused_for_everybody_is_one_cause() -> None:
    """Nobody waits for it, and it is told first, as everybody's."""
    world = settled(12)
    for person in world.people:
        world.edit(person, jobTitle=LONG)
    world.sync(hours=2)
    first, *others = causes(world.ports(), world.connector)

    assert (first.property, first.everybody, first.people, others) == ("UpaTitle", True, 12, [])


def test_retrying_a_cause_makes_its_entries_due_and_no_others() -> None:
    """What waits for another reason keeps its time."""
    world = waiting_world()
    people = retry(world.ports(), world.connector, Chosen("UpaTitle", "refused_by_sharepoint"), "Ann")
    due = {one.property: one.next_try == world.now for one in causes(world.ports(), world.connector)}

    assert people == 2
    assert due == {"UpaTitle": True, "UpaHired": False, WHOLE: False}
    assert any("escrow retry" in str(event.fields) for event in world.events.events)


def test_giving_up_reaches_a_cause_or_a_person() -> None:
    """One person's entry goes, then the rest of the cause; the others stay."""
    world = waiting_world()
    one = give_up(world.ports(), world.connector, Chosen(people={world.people[0]}), "Ann")
    left = told(world)
    rest = give_up(world.ports(), world.connector, Chosen("UpaTitle"), "Ann")

    assert (one, left["UpaTitle", EscrowReason.REFUSED_BY_SHAREPOINT], rest) == (1, 1, 1)
    assert set(told(world)) == {("UpaHired", EscrowReason.INVALID_VALUE), (WHOLE, EscrowReason.PROFILE_NOT_CREATED)}
    assert give_up(world.ports(), world.connector, Chosen("Other"), "Ann") == 0


@pytest.mark.slow
def test_a_cause_bears_sharepoints_own_words_and_is_chosen_by_them() -> None:
    """Two texts of one property and reason are two causes; what is chosen by one text leaves the other alone."""
    world = waiting_world()
    world.sim.profiles.define("UpaTitle", multi_value=True)
    world.edit(world.people[3], jobTitle="Chief")
    world.sync(hours=2)
    refused = [one for one in causes(world.ports(), world.connector) if one.property == "UpaTitle"]
    few = next(one for one in refused if one.people == 1)

    assert {one.detail for one in refused} == {
        "GenericError: The length of the value of property 'UpaTitle' exceeds … characters.",
        "GenericError: Property 'UpaTitle' is multi-valued and cannot be imported.",
    }
    assert give_up(world.ports(), world.connector, Chosen("UpaTitle", few.reason.value, detail=few.detail), "Ann") == 1
    assert told(world)[("UpaTitle", EscrowReason.REFUSED_BY_SHAREPOINT)] == 2


def test_entries_come_in_parts_of_whole_shards() -> None:
    """Each entry once, whatever the size of a part; the last part says that it is the last."""
    world = waiting_world()
    found, first = [], 0
    while first is not None:
        part, first = some_entries(world.ports(), world.connector, first, 1)
        found += part

    assert found == list(entries(world.ports(), world.connector))
    assert len(found) == 4
