"""Escrow by cause: told once, retried and given up for a cause or a person."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.crash.scenarios import settled
from tests.support.world import World
from upa_core.domain.documents.codec import to_json
from upa_core.domain.documents.connector_state import RefusedProperty
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.people.escrow_entry import WHOLE, EscrowEntry, EscrowReason
from upa_core.domain.people.shadow import Shard
from upa_core.domain.plan.refused import hash_of
from upa_core.services.admin.escrow import COLUMNS, Chosen, causes, entries, entry_json, give_up, retry, some_entries
from upa_core.state.change_people import change_people_between_runs
from upa_core.state.document import state_of

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


def test_giving_up_a_property_keeps_what_else_its_person_waits_for() -> None:
    """One person may wait for several properties, each for its own reason."""
    world = settled(1)
    person = world.people[0]

    def wait(shard: Shard, person: str) -> None:
        for target in ("UpaTitle", "UpaHired"):
            shard.escrow.put(person, target, EscrowEntry(EscrowReason.INVALID_VALUE, world.now, 1, None))

    change_people_between_runs(world.ports(), world.connector, [person], wait)
    assert give_up(world.ports(), world.connector, Chosen("UpaTitle"), "Ann") == 1

    assert [target for _, target, _ in entries(world.ports(), world.connector)] == ["UpaHired"]


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


def test_a_cause_has_the_first_start_the_next_try_and_the_most_tries() -> None:
    """Of all who wait for it; at most five are named, and who is never tried by itself hides no other's time."""
    world = settled(7)
    now = world.now
    dues = [None, now + timedelta(hours=5), now + timedelta(hours=2), *[None] * 4]

    def wait(shard: Shard, person: str) -> None:
        at = world.people.index(person)
        since = now - timedelta(days=at % 3)
        entry = EscrowEntry(EscrowReason.NOT_KEPT, since, 1 + at % 4, dues[at], detail="UpaTitle")
        shard.escrow.put(person, "UpaTitle", entry)

    change_people_between_runs(world.ports(), world.connector, world.people, wait)
    refused = RefusedProperty(
        "UpaCode", hash_of(world.connector.mappings[4]), now - timedelta(days=1), "run", 30, "too long"
    )
    state_of(world.store, "hr").update(lambda state: replace(state, refused=(refused,)))
    shared, one = causes(world.ports(), world.connector)

    assert (one.property, one.reason, one.detail, one.people) == ("UpaTitle", EscrowReason.NOT_KEPT, "", 7)
    assert (one.since, one.next_try, one.tries) == (now - timedelta(days=2), now + timedelta(hours=2), 4)
    assert (len(one.examples), len(set(one.examples)), one.everybody) == (5, 5, False)
    assert (shared.property, shared.reason, shared.detail) == (
        "UpaCode",
        EscrowReason.REFUSED_BY_SHAREPOINT,
        "too long",
    )
    assert (shared.people, shared.since, shared.next_try, shared.tries) == (30, now - timedelta(days=1), None, 1)
    assert (shared.examples, shared.everybody) == ((), True)


def test_what_is_chosen_keeps_a_newer_number_and_is_recorded() -> None:
    """A retry is newer than every file so far; a request that is newer still stays."""
    world = settled(2)

    def wait(shard: Shard, person: str) -> None:
        newer = 99 if person == world.people[0] else 0
        entry = EscrowEntry(EscrowReason.NOT_KEPT, world.now, 1, None, sequence=newer)
        shard.escrow.put(person, "UpaTitle", entry)

    change_people_between_runs(world.ports(), world.connector, world.people, wait)
    sequence = world.state.sequence
    world.waker.sent.clear()
    assert retry(world.ports(), world.connector, Chosen(reason="not_kept"), "Ann") == 2
    escrow = world.escrow()
    assert {person: (one.due, one.sequence) for person, one in escrow.items()} == {
        world.people[0]: (world.now, 99),
        world.people[1]: (world.now, sequence + 1),
    }
    assert world.waker.sent == [("export", "hr", "")]
    fields = {"control": "escrow retry", "by": "Ann", "people": 2}
    assert world.events.events[-1] == Event(EventName.CONTROLLED, "hr", level=Level.WARNING, fields=fields)
    before = len(world.events.events)
    assert give_up(world.ports(), world.connector, Chosen(people={"nobody"}), "Ann") == 0
    assert len(world.events.events) == before


def test_an_entry_is_told_with_all_that_is_known_of_it() -> None:
    """By the columns of the CSV; a try that nobody plans has no time."""
    world = settled(1)
    entry = EscrowEntry(EscrowReason.NOT_KEPT, world.now, 3, None, detail="hidden")
    told_entry = entry_json("p", "UpaTitle", entry, "ann@contoso.com")

    assert tuple(told_entry) == COLUMNS
    assert told_entry == {
        "person": "p",
        "user": "ann@contoso.com",
        "property": "UpaTitle",
        "reason": "not_kept",
        "since": to_json(world.now),
        "tries": 3,
        "due": None,
        "detail": "hidden",
    }
