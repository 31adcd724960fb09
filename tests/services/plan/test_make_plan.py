"""Making a plan piece by piece: who is read again, what the shards keep, and what a damaged round stops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.crash.scenarios import settled
from tests.support.joined import JoinedWorld, row
from tests.support.world import NO_THRESHOLD, World
from upa_core.domain.documents.connector_state import RefusedProperty
from upa_core.domain.documents.rounds import SealedRound
from upa_core.domain.documents.runs import Counts
from upa_core.domain.errors import ConflictError, CorruptStateError, PartlyReadError, UnavailableError
from upa_core.domain.people.changes import Row
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.plan.entry import Entry
from upa_core.domain.plan.refused import hash_of
from upa_core.domain.plan.tally import LeftOut
from upa_core.ports.bundle import Ports
from upa_core.services.admin.requests import request_people
from upa_core.services.plan import make_plan as module
from upa_core.services.plan.joins import Joins
from upa_core.services.plan.make_plan import PlanResult, make_plan
from upa_core.state.people import People


class Sink:
    """Keeps the entries by person."""

    def __init__(self) -> None:
        self.new: dict[str, dict[str, str]] = {}

    def add(self, entries: Sequence[Entry], left_out: Sequence[LeftOut] = ()) -> None:
        """Keep them."""
        assert not self.new.keys() & {entry.person for entry in entries}
        self.new |= {entry.person: dict(entry.new) for entry in entries}


def plan(
    world: World,
    *,
    ports: Ports | None = None,
    rounds: Sequence[SealedRound] | None = None,
    keep_books: bool = False,
    **options: Any,
) -> tuple[PlanResult, dict[str, dict[str, str]]]:
    """Plan the outbox; return the result, and the new values by person."""
    state, sink = world.state, Sink()
    people = People(world.store, world.connector, state.people)
    joins = Joins(world.store, world.connector, state.sources, state.keys)
    sealed = state.sealed if rounds is None else rounds
    made = make_plan(
        ports or world.ports(), world.connector, people, sealed, sink, keep_books=keep_books, joins=joins, **options
    )
    return made, sink.new


def unwritten(world: World) -> dict[str, bytes]:
    """Return the people shards as they are stored."""
    return {key: data for key, data in world.store.blobs.items() if "/people/" in key}


class Reading:
    """A directory that notes whom it is asked to read, and fails once it is told to."""

    def __init__(self, world: World, error: Exception | None = None) -> None:
        self._source, self._error = world.ports().source, error
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def read(self, ids: Sequence[str], select: Sequence[str]) -> Any:
        self.asked += ids
        if self._error is not None:
            raise self._error
        return self._source.read(ids, select)

    def ports(self, world: World) -> Ports:
        return replace(world.ports(), source=self)


def test_the_bound_of_people_read_again_is_of_the_plan_not_of_its_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven are due, in many shards; three are read, however few a piece holds."""
    world = World(60)
    world.settle_down()
    assert world.state.people.shards > 1
    request_people(world.ports(), world.connector, world.people[:7])
    monkeypatch.setattr(module, "MAX_DUE", 3)
    monkeypatch.setattr(module, "ONE_UNIT_SHARDS", 0)

    assert plan(world)[0].counts.re_read == 3


def test_a_plan_in_pieces_is_the_plan_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is lost or planned twice, whatever its size; people who are due are planned beside the rounds."""
    world = settled(20)
    for number, person in enumerate(world.people[:12]):
        world.edit(person, department=f"B{number}", jobTitle=None if number % 2 else "new")
    request_people(world.ports(), world.connector, world.people[10:14])
    world.pull()
    whole, entries = plan(world)
    monkeypatch.setattr(module, "ONE_UNIT_ROWS", 0)
    pieces, same = plan(world)

    assert entries == same
    assert len(entries) == 12
    assert pieces.counts == whole.counts
    assert whole.counts == Counts(people=14, unchanged=2, updated=12, cleared=6, re_read=14, pairs=24)
    assert pieces.emptied == whole.emptied == {"UpaTitle": 6}


def test_only_who_isnt_named_by_the_directory_is_read_for_a_changed_row() -> None:
    """Neither who changed there too, nor who has left; a person due from escrow is read once."""
    world = JoinedWorld(4)
    world.deliver(*(row(f"E{n}", f"{n}") for n in range(4)))
    world.settle_down()
    changed, left, due, rest = world.people
    request_people(world.ports(), world.connector, [due])
    world.edit(changed, department="new", jobTitle="x", employeeType="y", employeeHireDate="2026-01-01T00:00:00Z")
    world.edit(changed, onPremisesExtensionAttributes={"extensionAttribute1": "c"})
    world.sim.directory.remove(left)
    world.deliver(*(row(f"E{n}", f"new {n}") for n in range(4)))
    world.pull()
    source = Reading(world)
    result, entries = plan(world, ports=source.ports(world))

    assert sorted(source.asked) == sorted([due, rest])
    assert (result.counts.re_read, result.counts.ended) == (2, 1)
    assert {person: new["UpaCost"] for person, new in entries.items()} == {
        changed: "new 0",
        due: "new 2",
        rest: "new 3",
    }


def test_a_plan_that_keeps_no_books_writes_nothing() -> None:
    """A look beforehand changes neither shards nor escrow; the plan itself stores who left, once it is still due."""
    world = settled(4)
    world.sim.directory.remove(world.people[0])
    world.edit(world.people[1], employeeHireDate="soon")
    world.pull()
    before, checks = unwritten(world), []
    plan(world, check=lambda: checks.append(1))
    assert (unwritten(world), checks) == (before, [])

    plan(world, keep_books=True, check=lambda: checks.append(1))
    assert world.shadow(world.people[0]) is None
    assert world.escrow()[world.people[1]].reason is EscrowReason.INVALID_VALUE
    assert len(checks) == 1


@pytest.mark.parametrize("full", [False, True])
def test_what_somebody_else_has_planned_changes_no_shard(*, full: bool) -> None:
    """The check comes before the first write after a shard was read."""
    world = settled(4)
    world.sim.directory.remove(world.people[0])
    world.pull(full=full)
    before = unwritten(world)

    def gone() -> None:
        raise ConflictError("planned by somebody else")

    with pytest.raises(ConflictError):
        plan(world, keep_books=True, check=gone)
    assert unwritten(world) == before


def test_shards_read_together_are_checked_once_and_shards_read_alone_each() -> None:
    """A shard may have changed since the last check only where it was read after it."""
    checks: list[bool] = []
    world = settled(20)
    assert world.state.people.shards > 2
    for person in world.people:
        world.sim.directory.remove(person)
    world.pull()
    plan(world, keep_books=True, check=lambda: checks.append(False))
    assert len(checks) == 1

    world = settled(20)
    for person in world.people:
        world.sim.directory.remove(person)
    world.pull(full=True)
    plan(world, keep_books=True, check=lambda: checks.append(True))
    assert checks.count(True) > 1


def damaged(world: World, number: int) -> None:
    """Damage a round of the outbox."""
    for segment in world.state.sealed[number].segments:
        world.store.put(segment.key, b"damaged")


@pytest.mark.parametrize("kind", ["delta", "full"])
def test_a_damaged_round_before_a_full_one_costs_nobody_anything(kind: str) -> None:
    """The full round names everybody; who left and came back in between starts unknown, so everybody does."""
    world = settled(3)
    world.edit(world.people[0], department="B")
    world.pull(full=kind == "full")
    world.pull(full=True)
    assert [one.kind for one in world.state.sealed] == [kind, "full"]
    damaged(world, 0)
    result, entries = plan(world)

    assert result.counts.people == 3
    assert entries.keys() == set(world.people)
    assert all(new["UpaDepartment"] for new in entries.values())


@pytest.mark.parametrize("kinds", [("delta",), ("full",), ("full", "delta"), ("full", "full")])
def test_a_damaged_newest_full_round_or_one_after_it_stops_the_plan(kinds: tuple[str, ...]) -> None:
    """What it named is in no other round."""
    world = settled(3)
    for at, kind in enumerate(kinds):
        world.edit(world.people[0], department=f"B{at}")
        world.pull(full=kind == "full")
    damaged(world, len(kinds) - 1)

    with pytest.raises(CorruptStateError):
        plan(world)


def test_who_is_due_and_cant_be_read_stays_due_and_the_rounds_go_without_them() -> None:
    """Alone in the outbox they wait for the next try; a round that needs to be read again waits too."""
    world = settled(3)
    request_people(world.ports(), world.connector, [world.people[0]])
    down = Reading(world, UnavailableError("down")).ports(world)
    with pytest.raises(UnavailableError):
        plan(world, ports=down)

    world.edit(world.people[1], department="B", jobTitle="t", employeeType="y", employeeHireDate="2026-01-01T00:00:00Z")
    world.edit(world.people[1], onPremisesExtensionAttributes={"extensionAttribute1": "c"})
    world.pull()
    result, entries = plan(world, ports=down, keep_books=True)
    assert (entries.keys(), result.counts.re_read) == ({world.people[1]}, 0)
    assert world.escrow().keys() == {world.people[0]}

    world.join(department="needs to be read")
    world.pull()
    with pytest.raises(UnavailableError):
        plan(world, ports=down)


def test_of_people_read_in_part_the_others_are_planned() -> None:
    """One who can't be read waits in escrow; two or more without anybody who can are Graph's trouble."""
    world = settled(4)
    bad, good, worse, _ = world.people
    request_people(world.ports(), world.connector, [bad, good])
    world.edit(good, department="B")
    record = world.ports().source.read([good], world.connector.select)
    partly = PartlyReadError("one", record, (bad,))
    result, entries = plan(world, ports=Reading(world, partly).ports(world), keep_books=True)

    assert ({p: new["UpaDepartment"] for p, new in entries.items()}, result.counts.re_read) == ({good: "B"}, 2)
    assert world.escrow()[bad].reason is EscrowReason.NOT_READABLE_YET
    request_people(world.ports(), world.connector, [worse])
    for unread, fails in (((worse,), False), ((worse, bad), True)):
        source = Reading(world, PartlyReadError("nobody", {}, unread)).ports(world)
        if fails:
            with pytest.raises(PartlyReadError):
                plan(world, ports=source)
        else:
            plan(world, ports=source)


def test_a_full_round_says_what_nobody_has_and_whom_it_misses() -> None:
    """A delta round says neither: it names only who changed."""
    world = settled(4)
    world.edit(world.people[0], department="B")
    world.pull()
    result, _ = plan(world)
    assert (result.full_round, result.carriers, result.shrunk) == ("", None, None)

    world.pull(full=True)
    result, _ = plan(world)
    assert result.full_round == world.state.sealed[-1].id
    assert result.carriers is not None
    assert set(result.carriers.nobodys) >= {"employeeType", "employeeHireDate"}
    assert "department" not in result.carriers.nobodys


@pytest.mark.parametrize("limit", [None, 20.0])
def test_whom_a_full_round_misses_is_noted_unless_it_names_far_too_few(limit: float | None) -> None:
    """A round in doubt is no evidence about anybody; the books are only kept by a plan that keeps them."""
    world = settled(4, threshold=replace(NO_THRESHOLD, shrink_percent=limit))
    slot = world.sim.directory.slot_of(world.people[0])
    assert slot is not None
    world.sim.directory.status[slot] = 2  # gone without a tombstone
    world.sim.delta.options.first_round_tombstones = False
    world.pull(full=True)
    before = unwritten(world)
    plan(world)
    assert unwritten(world) == before
    result, _ = plan(world, keep_books=True)

    assert (result.shrunk is not None) is (limit is not None)
    missed = [person for shard in world.shards() for person in shard.missed]
    assert missed == ([world.people[0]] if limit is None else [])
    assert (result.counts.ended, result.counts.absent) == (0, 0)
    again, _ = plan(world, rounds=[replace(world.state.sealed[-1], id="20261201T000000Z-next")], keep_books=True)
    assert (again.counts.ended, again.counts.absent) == ((1, 1) if limit is None else (0, 0))


def test_whom_a_plan_puts_into_escrow_is_in_the_index_of_who_is_due() -> None:
    """A look beforehand notes nobody; the plan itself does, so that the next tick finds them."""
    world = settled(4)
    for person in world.people[:2]:
        world.edit(person, employeeHireDate="soon")
    world.pull()
    people = People(world.store, world.connector, world.state.people)
    for keep_books, waiting in ((False, 0), (True, 2)):
        plan(world, keep_books=keep_books)
        books = people.books().values()
        assert sum(book.reasons["invalid_value"].people for book in books if book.reasons) == waiting


def test_a_property_that_is_refused_for_everybody_isnt_planned() -> None:
    """But for a few tries; the others go."""
    world = settled(9)
    for person in world.people:
        world.edit(person, department="B", jobTitle="new")
    world.pull()
    mapping = next(one for one in world.connector.active if one.target == "UpaTitle")
    refused = RefusedProperty("UpaTitle", hash_of(mapping), world.now, "run", 9)
    _, entries = plan(world, refused=[refused])

    assert sum("UpaDepartment" in new for new in entries.values()) == 9
    assert 0 < sum("UpaTitle" in new for new in entries.values()) < 9


def test_rows_are_seen_as_they_are_planned() -> None:
    """With what other sources say of them, re-read where they lacked something."""
    world = JoinedWorld(2)
    world.deliver(row("E0", "100"), row("E1", "101"))
    world.settle_down()
    world.deliver(row("E0", "new"), row("E1", "101"))
    world.pull()
    seen: list[Row] = []
    plan(world, see=seen.extend)
    at = world.connector.inputs.index("hr.cost") + 2

    assert [(one[0], one[at]) for one in seen] == [(world.people[0], "new")]
