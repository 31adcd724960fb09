"""The index of escrow against shards that aren't what it was told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.crash.scenarios import settled
from tests.fakes.clock import START
from tests.support.world import World
from upa_core.domain.documents.connector_state import PeopleIndex, WaitingPeople
from upa_core.domain.documents.storage_layout import due_key, shard_key
from upa_core.domain.errors import ConflictError, CorruptStateError
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.shadow import Shard, shard_of
from upa_core.services.admin.controls import reset
from upa_core.services.admin.requests import request_people
from upa_core.state import people as module
from upa_core.state.document import Stored, get_document, put_document, shard_list_of
from upa_core.state.people import EscrowBook, EscrowIndex, People, ReasonBook, book_of


def test_a_shard_that_went_back_is_planned_once_and_noted_as_it_is() -> None:
    """Restored by an administrator, it has fewer writes than the index noted: no export without end."""
    world = settled(9)
    late = world.join(profile=False, department="late")
    index = world.state.people
    key = shard_key("hr", index.folder, shard_of(late, index.shards))
    before = world.store.get(key)
    assert before is not None
    world.sync(hours=1)
    assert late in world.escrow()
    world.store.put(key, before.data)
    world.sim.advance(3 * 3600)
    kinds = [world.step().kind for _ in range(4)]

    assert kinds[-1] == "idle"


@pytest.mark.parametrize("by", ["request", "reset escrow"])
def test_who_is_asked_for_while_their_file_is_in_flight_is_read_again_afterwards(by: str) -> None:
    """The file's values are older than the request, so that settling it doesn't answer it."""
    world = settled(9)
    person = world.people[0]
    world.edit(person, department="B")
    world.pull()
    world.far()
    request_people(world.ports(), world.connector, [person])
    if by == "reset escrow":
        reset(world.ports(), world.connector, "escrow", "anna")
    world.end_run()

    assert person in world.escrow()
    world.settle_down()
    assert world.escrow() == {}


def test_an_id_that_a_source_writes_in_another_case_is_the_same_person() -> None:
    """Who was asked for is answered, whatever the answer calls them."""
    world = settled(2)
    person = world.people[0]
    ports = world.ports()

    class Loud:
        def __getattr__(self, name: str) -> Any:
            return getattr(ports.source, name)

        def read(self, ids: list[str], select: Any) -> Any:
            return {
                one: row and {**row, "id": row["id"].upper()} for one, row in ports.source.read(ids, select).items()
            }

    request_people(world.ports(), world.connector, [person])
    kinds = [world.step(replace(ports, source=Loud())).kind for _ in range(3)]

    assert (kinds[-1], world.escrow()) == ("idle", {})


def test_two_who_make_a_lost_index_anew_both_read_it() -> None:
    """The one that is overtaken takes what the other made; nobody who only looks sees a conflict."""
    world = settled(3)
    late = world.join(profile=False, department="late")
    world.sync(hours=1)
    assert late in world.escrow()
    world.store.delete(due_key("hr"))

    class Overtaken:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.store, name)

        def put(self, *args: Any, **options: Any) -> str:
            _people(world.store).books()
            return world.store.put(*args, **options)

    def _people(store: Any) -> People:
        return People(store, world.connector, world.state.people)

    assert len(_people(Overtaken()).books()) == 1


def test_shards_are_kept_up_to_a_bound_and_then_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who settles reads them again: memory stays flat."""
    world = settled(9)
    people = People(world.store, world.connector, world.state.people)
    people.kept = {}
    people.load(0)
    assert list(people.kept) == [0]
    kept = people.kept[0]
    assert kept is not None
    monkeypatch.setattr(module, "MAX_KEPT", len(kept.data) - 1)
    people.load(0)

    assert people.kept is None


def shards_of(world: World, **index: Any) -> People:
    return People(world.store, world.connector, PeopleIndex(**index))


def test_the_summary_of_a_shard_counts_a_person_once_a_reason_since_the_oldest() -> None:
    """However many of their properties wait for it."""
    shard = Shard(("A", "B"))
    for person, target, hours in (("p", "A", 0), ("p", "B", -1), ("q", "A", 1)):
        moment = START + timedelta(hours=hours)
        shard.put_in_escrow(person, EscrowReason.REFUSED_BY_SHAREPOINT, target, now=moment, due=moment)
    book = book_of(shard)

    assert book.reasons == {"refused_by_sharepoint": ReasonBook(2, START - timedelta(hours=1))}
    assert book.due == START - timedelta(hours=1)


def test_the_list_of_shards_has_who_waits_and_who_is_new() -> None:
    """New is of whom SharePoint holds nothing; a shard where nobody waits isn't named."""
    world = World()
    people = shards_of(world, shards=2)
    read = people.load(0)
    read.value.settle("known", {"UpaTitle": "x"}, 1)
    for person in ("known", "new", "newer"):
        read.value.put_in_escrow(person, EscrowReason.REQUESTED, now=world.now)
    people.save(0, read)
    people.save(1, people.load(1))
    people.note({})
    listed = shard_list_of(world.store, "hr").load().value

    assert (listed.shards, listed.waiting) == ({"0": 1, "1": 0}, {"0": WaitingPeople(3, 2)})


def test_each_write_of_a_shard_is_counted_and_what_was_written_is_kept() -> None:
    """Settling writes over the kept version without reading it again; kept once, a shard is measured once."""
    world = World()
    people = shards_of(world)
    people.kept = {}
    for writes in (1, 2, 3):
        read = people.decode(0, people.kept.get(0))
        people.save(0, read)
        assert read.value.writes == writes
    kept = people.kept[0]

    assert kept == world.store.get(shard_key("hr", people.index.folder, 0))
    with pytest.raises(ConflictError):
        people.save(0, Stored(Shard(people.load(0).value.targets), None))


def test_shards_that_are_read_again_arent_kept_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is about what is in memory."""
    world = World()
    people = shards_of(world)
    people.save(0, people.load(0))
    people.kept = {}
    people.load(0)
    kept = people.kept[0]
    assert kept is not None
    monkeypatch.setattr(module, "MAX_KEPT", len(kept.data) + 1)
    people.load(0)

    assert people.kept is not None


def test_a_newer_summary_stays_and_one_without_escrow_goes() -> None:
    """Of two who note a shard, the one with more writes is right."""
    world = World()
    people = shards_of(world, shards=3)
    reasons = {"requested": ReasonBook(1, START)}
    people.note({0: EscrowBook(START, reasons, 5), 1: EscrowBook(START, reasons, 5)})
    shards_of(world, shards=3).note({0: EscrowBook(None, reasons, 4), 1: EscrowBook(None, {}, 6)})

    assert people.books() == {0: EscrowBook(START, reasons, 5)}
    assert [people.due_shards(START + timedelta(seconds=seconds)) for seconds in (-1, 0)] == [[], [0]]
    assert people.next_due() == START


@pytest.mark.parametrize("damage", ["lost", "damaged", "of other shards"])
def test_an_index_that_doesnt_describe_these_shards_is_made_anew(damage: str) -> None:
    """From all of them, the last one too."""
    world = World()
    people = shards_of(world, shards=3)
    for number in (0, 2):
        read = people.load(number)
        read.value.put_in_escrow(f"p{number}", EscrowReason.REQUESTED, now=world.now)
        people.save(number, read)
    if damage == "damaged":
        world.store.put(due_key("hr"), b"{")
    elif damage == "of other shards":
        put_document(world.store, due_key("hr"), EscrowIndex("other", books={"1": EscrowBook(START)}))

    assert sorted(people.books()) == [0, 2]
    stored = get_document(world.store, due_key("hr"), EscrowIndex)
    assert stored is not None
    assert (stored.value.folder, sorted(stored.value.books)) == (people.index.folder, ["0", "2"])


@pytest.mark.parametrize("listed", [True, False], ids=["listed", "no list"])
def test_a_lost_index_is_made_anew_from_the_shards_that_exist(listed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first run of a large tenant has none of a thousand; a list that is missing changes nothing."""
    world = World()
    people = shards_of(world, shards=1024)
    for number in (3, 700):
        read = people.load(number)
        read.value.put_in_escrow(f"p{number}", EscrowReason.REQUESTED, now=world.now)
        people.save(number, read)
    if listed:
        people.note({})

    asked: list[str] = []
    get = world.store.get
    monkeypatch.setattr(world.store, "get", lambda key: asked.append(key) or get(key))

    assert sorted(people.books()) == [3, 700]
    assert [key for key in asked if "/people/" in key] == [shard_key("hr", people.index.folder, n) for n in (3, 700)]


def test_a_lost_shard_is_told_when_the_index_is_made_anew() -> None:
    """The list names it: its people's escrow isn't forgotten in silence."""
    world = World()
    people = shards_of(world, shards=16)
    for number in (3, 7):
        people.save(number, people.load(number))
    people.note({})
    world.store.delete(shard_key("hr", people.index.folder, 7))

    with pytest.raises(CorruptStateError, match="is lost"):
        shards_of(world, shards=16).books()
