"""A people shard that is missing was lost: it is told, and never read as an empty one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.crash.scenarios import settled
from tests.support.world import NO_THRESHOLD, World
from upa_core.domain.documents.connector_keys import shard_list_key
from upa_core.domain.documents.connector_state import WaitingPeople
from upa_core.domain.documents.storage_layout import Kind, parse, people_prefix, shard_key
from upa_core.domain.errors import CorruptStateError
from upa_core.domain.people.shadow import Shard, shard_of
from upa_core.services.admin.controls import reset
from upa_core.services.admin.repair import people_damaged, repair_people
from upa_core.state.document import Stored, shard_list_of
from upa_core.state.people import People, book_of
from upa_core.state.shards_there import ShardsThere

EMPTY = {"department": None, "jobTitle": None, "employeeType": None}
"""What a mapping with `on_empty: clear` reads, without a value."""


def shard_of_person(world: World, person: str) -> str:
    index = world.state.people
    return shard_key("hr", index.folder, shard_of(person, index.shards))


def stored_shards(world: World) -> set[str]:
    """Return the numbers of the shards that are stored."""
    prefix = people_prefix("hr", world.state.people.folder)
    keys = [key for key in world.store.blobs if key.startswith(prefix)]
    return {str(int(key.rpartition("/")[2].removesuffix(".json"))) for key in keys}


def listed(world: World) -> dict[str, int]:
    """Return the shards that the list names, if it is about today's generation."""
    found = shard_list_of(world.store, "hr").load().value
    return found.shards if found.folder == world.state.people.folder else {}


def lose(world: World, person: str) -> str:
    """Delete the shard of a person; returns its key."""
    key = shard_of_person(world, person)
    world.store.delete(key)
    return key


def go_on(world: World, hours: int) -> list[str]:
    """Let the time pass, and return what was told of shards that can't be read."""
    told = []
    for _ in range(hours * 4):
        try:
            world.pull()
            world.far()
        except CorruptStateError as exc:
            told.append(str(exc))
        world.sim.advance(900)
    return told


def test_the_list_names_the_shards_that_are_stored_and_counts_their_people() -> None:
    """Also once people have come and have left."""
    world = settled(12)
    world.sim.directory.remove(world.people[0])
    world.join(department="new")
    world.settle_down()
    shards = dict(enumerate(world.shards()))

    assert set(listed(world)) == stored_shards(world)
    assert listed(world) == {number: len(shards[int(number)].rows) for number in listed(world)}


def test_a_lost_shard_is_an_error_that_names_it_and_nothing_is_planned_from_it() -> None:
    """Read as empty, it would take declined values and escrow away without a word."""
    world = settled(5)
    key = lose(world, world.people[0])
    world.edit(world.people[0], department="changed")
    jobs = len(world.sim.jobs)
    told = go_on(world, 1)

    assert told
    assert all(f"{key} is lost" in text for text in told)
    assert (len(world.sim.jobs), key in world.store.blobs) == (jobs, False)


def test_a_shard_that_is_brought_back_in_time_goes_on_as_if_nothing_was() -> None:
    """No full round, and nothing is sent again."""
    world = settled(5)
    data = world.store.blobs[shard_of_person(world, world.people[0])]
    key = lose(world, world.people[0])
    world.edit(world.people[0], department="changed")
    full = world.state.last_full
    go_on(world, 1)
    world.store.put(key, data)
    world.settle_down()

    assert (world.differences(), world.state.last_full) == ([], full)


@pytest.mark.slow
def test_a_shard_that_stays_lost_is_given_up_and_a_full_round_finds_out_what_it_held() -> None:
    """After six hours, by itself."""
    world = settled(5)
    full = world.state.last_full
    assert full is not None
    lose(world, world.people[0])
    world.edit(world.people[0], department="changed")
    go_on(world, 9)
    world.settle_down()

    assert world.differences() == []
    assert world.state.last_full is not None
    assert world.state.last_full > full
    assert set(listed(world)) == stored_shards(world)


def test_a_lost_shard_is_given_up_by_command() -> None:
    """As a damaged one is."""
    world = settled(5)
    lose(world, world.people[0])

    assert people_damaged(world.ports(), world.connector)
    assert repair_people(world.ports(), world.connector) == 1
    assert not people_damaged(world.ports(), world.connector)
    assert world.state.watermark is None


ONE_CLEAR = replace(NO_THRESHOLD, clears_absolute=1)


def repaired(world: World) -> None:
    """Lose every shard, and give it up."""
    for person in world.people:
        lose(world, person)
    assert repair_people(world.ports(), world.connector) > 0


def unknown(world: World) -> None:
    """Make every value unknown on purpose."""
    reset(world.ports(), world.connector, "shadow", "anna")


@pytest.mark.parametrize(
    ("harm", "held"),
    [
        (repaired, "clears of 4 people in 24 h; the limit is 1: UpaCode of 3 people, UpaTitle of 2 people"),
        (unknown, ""),
    ],
)
def test_clears_of_what_a_lost_shard_held_count_against_the_threshold(
    harm: Callable[[World], object], held: str
) -> None:
    """What it held may be there: the full round isn't exempt from the limit on clears, as one after a reset is."""
    world = settled(4, threshold=ONE_CLEAR)
    for person in world.people[:2]:
        world.sim.directory.edit(person, **EMPTY)
    harm(world)
    world.pull(full=True)
    world.far()

    assert (world.state.hold.why if world.state.hold is not None else "") == held
    assert bool(world.state.hold) == (world.state.run is None)


def test_a_joiner_without_a_value_is_no_clear_once_what_was_lost_is_known_again() -> None:
    """The next full round finds everybody known."""
    world = settled(4)
    repaired(world)
    world.settle_down()
    assert any(shard.lost for shard in world.shards())
    world.pull(full=True)
    world.settle_down()
    assert not any(shard.lost for shard in world.shards())
    world.connector = replace(world.connector, threshold=ONE_CLEAR)
    for _ in range(3):
        world.join(department="new")
    world.settle_down()

    assert (world.state.hold, world.differences()) == (None, [])


def test_people_who_are_moved_stay_in_doubt() -> None:
    """Every shard that they may fall into says so."""
    world = settled(2)
    repaired(world)
    world.settle_down()
    assert all(shard.lost for shard in world.shards())
    for number in range(14):
        world.join(department=f"N{number}")
    world.pull(full=True)
    while world.state.run is None:
        world.step()

    assert world.state.people.shards > 1
    assert all(shard.lost for shard in world.shards())


def test_a_state_without_a_list_works_and_gets_one_when_something_is_written() -> None:
    """That of a release that kept none: every shard that is there is on it."""
    world = settled(12)
    world.store.delete(shard_list_key("hr"))
    world.edit(world.people[0], department="changed")
    world.settle_down()

    assert world.differences() == []
    assert set(listed(world)) == stored_shards(world)
    key = lose(world, world.people[5])
    with pytest.raises(CorruptStateError, match=key):
        People(world.store, world.connector, world.state.people).load(
            shard_of(world.people[5], world.state.people.shards)
        )


@pytest.mark.parametrize("data", [b"", b"{", b'{"version":9,"folder":"x","shards":{}}', b'{"version":1,"shards":[]}'])
def test_a_list_that_cant_be_read_is_made_anew(data: bytes) -> None:
    """It is a notice, not the truth."""
    world = settled(3)
    world.store.put(shard_list_key("hr"), data)
    world.edit(world.people[0], department="changed")
    world.settle_down()

    assert (world.differences(), set(listed(world))) == ([], stored_shards(world))


def test_shards_that_were_left_for_more_of_them_arent_lost() -> None:
    """The list is about today's generation; who still works on the old one isn't told of a loss."""
    world = settled(2)
    before = People(world.store, world.connector, world.state.people)
    before.load(0)
    for number in range(14):
        world.join(department=f"N{number}")
    world.pull(full=True)
    world.settle_down()

    assert set(listed(world)) == stored_shards(world)
    assert before.load(0) == Stored(Shard(world.connector.targets), None)


def test_a_shard_that_is_written_for_the_first_time_meanwhile_isnt_lost() -> None:
    """It is looked for again once the list names it."""
    world = settled(2)
    index = world.state.people
    free = next(number for number in range(index.shards + 1) if str(number) not in listed(world))
    index = replace(index, shards=max(index.shards, free + 1))

    class Overtaken:
        def __init__(self) -> None:
            self.done = False

        def __getattr__(self, name: str) -> Any:
            return getattr(world.store, name)

        def get(self, key: str) -> Any:
            found = world.store.get(key)
            if key == shard_key("hr", index.folder, free) and not self.done:
                self.done = True
                other = People(world.store, world.connector, index)
                other.save(free, Stored(Shard(world.connector.targets, floor=7), None))
                other.note({free: book_of(Shard(world.connector.targets))})
            return found

    assert People(Overtaken(), world.connector, index).load(free).value.floor == 7


def test_every_shard_is_of_the_kind_that_is_listed() -> None:
    """The key of a shard is taken apart as one."""
    world = settled(3)
    found = [parse(shard_key("hr", world.state.people.folder, int(number))) for number in listed(world)]

    assert {one.kind for one in found if one is not None} == {Kind.PEOPLE_SHARD}


def test_what_a_shard_held_is_known_until_it_is_counted_again() -> None:
    """A write that doesn't count its people changes nothing of that; who waits is as the last write says."""
    world = World()
    for people, waiting in ((5, WaitingPeople(2, 1)), (None, WaitingPeople(3, 0))):
        there = ShardsThere(world.store, "hr", "1")
        there.note(0, people, waiting)
        there.add()
    listed = shard_list_of(world.store, "hr").load().value

    assert (listed.shards, listed.waiting) == ({"0": 5}, {"0": WaitingPeople(3, 0)})


def test_a_list_of_moved_people_says_nothing_of_the_shards_before() -> None:
    """Also to whoever has read the list before; who waited in them isn't counted twice."""
    world = World()
    old, new = (ShardsThere(world.store, "hr", folder) for folder in "12")
    old.note(0, 5, WaitingPeople(2, 1))
    old.add()
    before = old.has(0)
    new.note(1, 5, WaitingPeople(1, 1))
    new.add()

    assert (before, old.has(0), new.has(1)) == (True, False, True)
    assert shard_list_of(world.store, "hr").load().value.waiting == {"1": WaitingPeople(1, 1)}
