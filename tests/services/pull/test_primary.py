"""A file that is the source itself: its rows say who takes part, the directory only whose profile it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes import FakeRowSource
from tests.support.alone import AloneWorld
from tests.support.joined import row
from tests.support.world import NO_THRESHOLD
from upa_core.domain.connector import ChangeThreshold
from upa_core.domain.language.expressions import Constant
from upa_core.domain.people.mapping import Mapping
from upa_core.domain.sources.contract import KeyPart
from upa_core.services.insight.preview import preview
from upa_core.services.insight.scope_view import ScopeView


@pytest.fixture
def world() -> AloneWorld:
    """Return four people at rest, of whom a row names three."""
    made = AloneWorld(4)
    made.deliver(row("E0", "100"), row("E1", "101"), row("E2", "102"))
    made.settle_down()
    return made


def test_rows_reach_profiles_and_nobody_else_takes_part(world: AloneWorld) -> None:
    """Who isn't named gets nothing, and no attribute of the directory is read but the key's."""
    assert [world.cost(person) for person in world.people] == ["100", "101", "102", ""]
    assert world.connector.select == (
        *("accountEnabled", "deletedDateTime", "employeeId", "id", "userPrincipalName", "userType"),
    )
    assert {person for shard in world.shards() for person in shard.rows} == set(world.people[:3])


def test_the_same_file_again_and_an_edit_in_the_directory_send_nothing(world: AloneWorld) -> None:
    """What the file doesn't say changes nothing."""
    jobs = len(world.queued())
    world.edit(world.people[0], department="other", jobTitle="other")
    world.settle_down()

    assert len(world.queued()) == jobs


def test_a_changed_row_asks_the_directory_for_nobody(world: AloneWorld) -> None:
    """The key index tells whose row it is: one page of the delta is all that Graph is asked for."""
    world.deliver(row("E0", "100"), row("E1", "new"), row("E2", "102"))
    world.sim.calls.reset()
    world.sync()

    assert world.cost(world.people[1]) == "new"
    asked = [call.operation for call in world.sim.calls.of("graph")]
    assert asked == ["users.delta"]


def test_who_leaves_the_directory_leaves_our_books(world: AloneWorld) -> None:
    """Shadow and escrow end; a row of theirs waits for nobody."""
    world.sim.directory.remove(world.people[1])
    world.settle_down()
    world.deliver(row("E0", "0"), row("E1", "1"), row("E2", "2"))
    world.settle_down()

    assert world.shadow(world.people[1]) is None
    assert world.waiting() == {"E1": "unmatched"}
    assert [world.cost(world.people[n]) for n in (0, 2)] == ["0", "2"]


@pytest.mark.slow
def test_who_has_no_profile_yet_waits_in_escrow(world: AloneWorld) -> None:
    """And gets the row's value of that day."""
    person = world.hire("E9", profile=False)
    world.deliver(row("E0", "100"), row("E1", "101"), row("E2", "102"), row("E9", "early"))
    world.settle_down()
    assert set(world.escrow()) == {person}
    world.sim.profiles.create(person)
    world.settle_down(days=2)

    assert (world.cost(person), world.escrow()) == ("early", {})


@pytest.mark.parametrize(
    ("match", "rows"),
    [
        ((KeyPart("key", "id"),), lambda w, n: {"key": w.people[n].upper()}),
        ((KeyPart("key", "userPrincipalName"),), lambda w, n: {"key": f" P{n}@{w.sim.tenant_domain.upper()}"}),
        ((KeyPart("key", "mail"),), lambda w, n: {"key": f"M{n}@Contoso.example"}),
        (
            (KeyPart("company", "companyName"), KeyPart("key", "employeeId", 4)),
            lambda w, n: {"company": f"C{n % 2}", "key": str(n // 2)},
        ),
    ],
)
def test_people_are_found_by_any_key(match, rows) -> None:
    """Object id, user name and mail in any letter case, or several columns together; the file goes by object id."""
    world = AloneWorld(0, match=match)
    world.hr.match = match
    world.people = [
        world.hire(f"{n // 2:04d}", mail=f"m{n}@contoso.example", companyName=f"C{n % 2}") for n in range(4)
    ]
    world.hr.deliver(*({**rows(world, n), "cost": f"of {n}"} for n in range(4)))
    world.settle_down()

    assert [world.cost(person) for person in world.people] == [f"of {n}" for n in range(4)]


def test_a_constant_goes_only_to_whom_a_row_names(world: AloneWorld) -> None:
    """A mapping that reads no column doesn't reach the rest of the directory."""
    badge = Mapping("UpaTitle", Constant("has a badge"))
    world.connector = replace(world.connector, mappings=(*world.connector.mappings, badge))
    world.settle_down()

    held = [world.sim.profiles.get(person).get("UpaTitle", "") for person in world.people]
    assert held == ["has a badge"] * 3 + [""]


def test_the_threshold_counts_the_people_of_the_file() -> None:
    """Half of a small file in a large directory is half, not next to nothing."""
    world = AloneWorld(20)
    world.deliver(*(row(f"E{n}", "1") for n in range(4)))
    world.settle_down()
    world.connector = replace(world.connector, threshold=replace(NO_THRESHOLD, updates_percent=30.0))
    world.sim.advance(25 * 3600)
    world.deliver(row("E0", "2"), row("E1", "2"), row("E2", "1"), row("E3", "1"))
    world.sync()

    assert world.state.hold is not None
    assert "2 people in 24 h, 50.0 % of 4" in world.state.hold.why


def test_no_file_round_is_exempt_from_the_threshold() -> None:
    """Not even the first: that rows are new is no reason to believe them."""
    world = AloneWorld(4)
    world.connector = replace(world.connector, threshold=ChangeThreshold())
    world.deliver(*(row(f"E{n}", "1") for n in range(4)))
    world.sync()

    assert world.state.hold is not None
    assert world.state.hold.why.startswith("updates of 4 people")


def test_the_plan_tells_who_isnt_named(world: AloneWorld) -> None:
    """In and out of scope are told with what the rows say, also for whom only a row has changed."""
    view = ScopeView()
    world.deliver(row("E0", "changed"), row("E1", "101"), row("E2", "102"))
    preview(world.ports(), world.connector, full=True, view=view)

    assert view.inside == set(world.people[:3])
    assert view.outside == {world.people[3]: "not named by a row of hr"}


@pytest.mark.slow
def test_a_damaged_key_index_is_made_anew(world: AloneWorld) -> None:
    """Until then the directory itself is asked; nobody is lost."""
    keys = world.state.keys
    assert keys is not None
    world.store.delete(keys.segments[0].key)
    world.deliver(row("E0", "a"), row("E1", "b"), row("E2", "c"))
    world.settle_down(days=3)

    assert [world.cost(person) for person in world.people] == ["a", "b", "c", ""]


def test_a_fake_without_rows_is_no_source() -> None:
    """Until the first file nothing is said of anybody."""
    world = AloneWorld(2)
    world.rows["hr"] = FakeRowSource()
    world.settle_down()

    assert world.queued() == []
