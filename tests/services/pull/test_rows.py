"""A secondary source: a row reaches the one person whose own key it bears, and nobody else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tenant_sim import Fault
from tests.support.joined import HR, JoinedWorld, row
from upa_core.domain.errors import RefusedError, UnavailableError
from upa_core.domain.health.events import EventName
from upa_core.services.pull import pull
from upa_core.state.reports import reports_of


@pytest.fixture
def world() -> JoinedWorld:
    """Return a tenant of three people at rest, each with a row."""
    made = JoinedWorld(3)
    made.settle_down()
    made.deliver(row("E0", "100"), row("E1", "101"), row("E2", "102"))
    made.settle_down()
    return made


def test_rows_reach_the_people_whose_key_they_bear(world: JoinedWorld) -> None:
    """Employee ids join the HR system to the directory."""
    assert [world.cost(person) for person in world.people] == ["100", "101", "102"]
    assert world.joined_differences() == []


def test_until_the_first_accepted_snapshot_nothing_is_said_of_its_properties() -> None:
    """Absent, never null: a property that would be cleared where it is empty is left as it is."""
    world = JoinedWorld(2)
    world.sim.profiles.set(world.people[0], "UpaCost", "by hand")
    world.settle_down()

    assert world.source.current is None
    assert [world.cost(person) for person in world.people] == ["by hand", ""]
    assert {(world.shadow(person) or {}).get("UpaCost") for person in world.people} == {None}


@pytest.mark.slow
def test_a_changed_row_reaches_the_profile_although_the_directory_didnt_change(world: JoinedWorld) -> None:
    """Only the person whose row differs is in the round."""
    world.deliver(row("E0", "100"), row("E1", "new"), row("E2", "102"))
    result = pull(world.ports(), world.connector)

    assert [(one.status, one.named) for one in result.sources] == [("sealed", 1)]
    world.settle_down()
    assert [world.cost(person) for person in world.people] == ["100", "new", "102"]


@pytest.mark.slow
def test_a_changed_person_is_planned_with_todays_row(world: JoinedWorld) -> None:
    """A round of the directory alone sends both parts; the cell that became empty is cleared."""
    world.deliver(row("E0", None), row("E1", "101"), row("E2", "102"))
    world.edit(world.people[0], department="changed")
    world.settle_down()

    assert world.cost(world.people[0]) == ""
    assert world.profile(world.people[0])["UpaDepartment"] == "changed"


def test_the_same_snapshot_again_does_nothing(world: JoinedWorld) -> None:
    """No row is read, no round is sealed."""
    before = world.source
    result = pull(world.ports(), world.connector)

    assert [one.status for one in result.sources] == ["nothing new"]
    assert replace(world.source, last_pull=None) == replace(before, last_pull=None)


def test_a_row_that_isnt_named_any_more_clears_nothing(world: JoinedWorld) -> None:
    """The last accepted row stays in force, and is marked as missing."""
    world.deliver(row("E0", "100"))
    world.settle_down()

    assert [world.cost(person) for person in world.people] == ["100", "101", "102"]
    world.edit(world.people[1], department="planned again")
    world.settle_down()
    assert world.cost(world.people[1]) == "101"


@pytest.mark.slow
@pytest.mark.parametrize("first", ["directory", "file"])
def test_an_employee_id_that_moves_never_brings_ones_row_to_the_other(world: JoinedWorld, first: str) -> None:
    """E1 moves from Bert to a newcomer, whose row changes as well, in either order of arrival."""
    bert = world.people[1]
    newcomer = world.hire(None)
    world.settle_down()

    def directory() -> None:
        world.renumber(bert, "E9")
        world.renumber(newcomer, "E1")

    def file() -> None:
        world.deliver(row("E0", "100"), row("E1", "the newcomer's"), row("E2", "102"), row("E9", "Bert's"))

    for step in (directory, file) if first == "directory" else (file, directory):
        step()
        world.settle_down()
        assert world.strangers() == []
    assert (world.cost(bert), world.cost(newcomer)) == ("Bert's", "the newcomer's")


def test_a_row_counts_once_somebody_has_its_key(world: JoinedWorld) -> None:
    """It waits by name until then, and the joiner needs no new snapshot."""
    world.deliver(row("E0", "100"), row("E1", "101"), row("E2", "102"), row("E7", "early"))
    world.settle_down()
    assert world.waiting() == {"E7": "unmatched"}

    person = world.hire("E7")
    world.settle_down()
    assert (world.cost(person), world.waiting()) == ("early", {})


def test_a_row_of_two_people_is_nobodys(world: JoinedWorld) -> None:
    """Nobody can tell whose it is."""
    world.renumber(world.people[2], "E1")
    world.deliver(row("E0", "100"), row("E1", "whose?"))
    world.settle_down()

    assert world.waiting() == {"E1": "ambiguous"}
    assert "whose?" not in [world.cost(person) for person in world.people]


@pytest.mark.slow
def test_two_different_rows_of_one_person_both_wait(world: JoinedWorld) -> None:
    """The last accepted row stays; two equal rows are one."""
    world.deliver(row("E0", "1"), row("E0", "2"), row("E1", "same"), row("E1", "same"))
    world.settle_down()

    assert world.waiting() == {"E0": "contradictory"}
    assert [world.cost(person) for person in world.people[:2]] == ["100", "same"]


@pytest.mark.slow
def test_an_offer_of_changes_leaves_the_other_rows_alone(world: JoinedWorld) -> None:
    """A query asked for what changed since the cursor says nothing of the others."""
    world.hr.change(row("E1", "changed"))
    world.settle_down()
    assert [world.cost(person) for person in world.people] == ["100", "changed", "102"]

    world.edit(world.people[2], department="planned")
    world.settle_down()
    assert world.cost(world.people[2]) == "102"


@pytest.mark.slow
@pytest.mark.parametrize(
    "error",
    [
        RefusedError("half a file"),
        UnavailableError(
            "gone",
        ),
    ],
)
def test_a_snapshot_that_breaks_off_changes_nothing(world: JoinedWorld, error: Exception) -> None:
    """Its rows so far count for nobody; the last accepted ones stay, and the source is tried again later."""
    before = world.source.current
    world.deliver(row("E0", "x"), row("E1", "y"))
    world.hr.broken = (1, error)
    result = pull(world.ports(), world.connector)

    assert [one.status for one in result.sources] == ["failed"]
    assert (world.source.current, world.state.sealed) == (before, ())
    assert EventName.SOURCE_FAILED in world.events.names
    assert pull(world.ports(), world.connector).sources[0].status == "paused"
    world.hr.broken = None
    world.settle_down(days=1)
    assert [world.cost(person) for person in world.people] == ["x", "y", "102"]


def test_a_source_that_fails_leaves_the_directory_alone(world: JoinedWorld) -> None:
    """The directory's round is sealed and exported all the same."""
    world.hr.broken = (0, UnavailableError("down"))
    world.deliver(row("E0", "x"))
    world.edit(world.people[0], department="meanwhile")
    world.sync()

    assert world.profile(world.people[0])["UpaDepartment"] == "meanwhile"
    assert world.cost(world.people[0]) == "100"


def test_a_stalled_pull_of_a_source_loses(world: JoinedWorld) -> None:
    """Whoever sealed first wins; the other's rows are named by nothing."""
    world.deliver(row("E0", "first"))
    stalled = world.ports()
    look = world.hr.look

    def late(cursor: str, approved: str = "") -> object:
        found = look(cursor, approved)
        world.hr.look = look
        world.pull()
        return found

    world.hr.look = late
    result = pull(stalled, world.connector)

    assert [one.status for one in result.sources] == ["superseded"]
    assert len([one for one in world.state.sealed if one.source]) == 1


def test_no_row_is_read_before_the_key_index_is_there() -> None:
    """The index comes with the first full round; a source pulled before it would match nobody."""
    world = JoinedWorld(1)
    world.deliver(row("E0", "100"))
    world.sim.faults.add(Fault(surface="graph", status=503))
    result = pull(world.ports(), world.connector)

    assert (result.status, [one.status for one in result.sources]) == ("paused", ["waiting"])
    assert [call.operation for call in world.hr.hooks.calls] == []


def test_an_attribute_added_only_to_match_by_doesnt_exempt_its_full_round() -> None:
    """Mappings and scope are the same: a full round that changes much would be a surprise."""
    world = JoinedWorld(2, mappings=JoinedWorld().connector.mappings[:5], secondaries=())
    world.settle_down()
    world.connector = replace(world.connector, secondaries=(HR,))
    world.pull()

    assert [(one.kind, one.announced) for one in world.state.sealed] == [("full", False)]


def test_other_columns_are_read_anew(world: JoinedWorld) -> None:
    """A mapping of another column makes the same snapshot new, and its full round is announced."""
    mapping = replace(world.connector.mappings[-1], expression=type(world.connector.mappings[-1].expression)("hr.site"))  # type: ignore[call-arg]
    world.connector = replace(world.connector, mappings=(*world.connector.mappings[:-1], mapping))
    world.deliver(row("E0", "100", site="Berlin"), row("E1", "101", site="Bonn"))
    world.settle_down()

    assert [world.cost(person) for person in world.people] == ["Berlin", "Bonn", "102"]


@pytest.mark.slow
def test_damaged_rows_are_read_anew_and_say_nothing_until_then(world: JoinedWorld) -> None:
    """No value is made of them; planning is given up after some tries, and everything is found again."""
    current = world.source.current
    assert current is not None
    key = current.segments[0].key
    world.store.put(key, world.store.blobs[key].replace(b"101", b"666"))
    world.edit(world.people[1], department="planned")
    world.settle_down(days=3)

    assert [world.cost(person) for person in world.people] == ["100", "101", "102"]
    assert world.profile(world.people[1])["UpaDepartment"] == "planned"


STORED = (
    "\t",
    "\r",
    "\n",
    "\r\n",
    "\x7f",
    "\x85",
    "\xa0",
    "\u2028",
    "\u2029",
    "\ufeff",
    "\ufdd0",
    "\U0001fffe",
    "\u200d",
    "\ue000",
)
NOT_STORED = ("\x01", "\x07", "\x0b", "\x0c", "\x1f", "\ufffe", "\uffff", "\ud800")


def test_every_sign_in_a_value_is_carried_exactly_or_refused_by_name() -> None:
    """None is dropped or changed on the way; a value with a sign that can't be stored is no value, and is counted."""
    signs = (*STORED, *NOT_STORED)
    world = JoinedWorld(len(signs))
    world.deliver(*(row(f"E{at}", f"x{sign}y") for at, sign in enumerate(signs)))
    world.settle_down()
    held = {sign: world.cost(person) for sign, person in zip(signs, world.people, strict=True)}

    assert held == {sign: f"x{sign}y" if sign in STORED else "" for sign in signs}
    assert [one.counts.invalid for one in reports_of(world.store, world.connector.name)] == [len(NOT_STORED)]
