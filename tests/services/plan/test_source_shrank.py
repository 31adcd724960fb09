"""A full round that names far fewer people than are known ends nobody: its plan waits for a decision."""

from __future__ import annotations

from dataclasses import replace

from tests.support.world import NO_THRESHOLD, World
from upa_core.domain.health.events import EventName
from upa_core.services.admin.holds import approve, reject
from upa_core.services.insight.preview import preview

LIMIT = replace(NO_THRESHOLD, shrink_percent=20.0)


def shrunk(withheld: float = 0.5, people: int = 10) -> World:
    """Return a world whose full rounds leave people out without a word, and whose first such round was planned."""
    world = World(people, threshold=LIMIT)
    world.sync()
    world.sim.delta.options.withheld = withheld
    again(world)
    return world


def again(world: World) -> None:
    world.sim.advance(7 * 86_400)
    world.pull(full=True)
    world.drain(hours=6)


def known(world: World) -> int:
    return sum(world.shadow(person) is not None for person in world.people)


def test_the_plan_is_held_with_both_figures() -> None:
    """The first such round is told and held, even where no value differs."""
    world = shrunk()
    hold = world.state.hold

    assert hold is not None
    assert (hold.kind, hold.run.files) == ("source_shrank", ())
    assert hold.why.startswith("source_shrank: the full round names 5 people, the full round before named 10 ")
    told = world.events.named(EventName.SOURCE_SHRANK)
    assert [one.fields for one in told] == [{"named": 5, "known": 10, "limit_percent": 20.0}]


def test_nobody_is_missed_or_ended_meanwhile() -> None:
    """However many such rounds come, the shadow of everybody stays."""
    world = shrunk()
    again(world)
    again(world)

    assert known(world) == 10
    assert not any(shard.missed for shard in world.shards())


def test_what_upa_plan_shows_is_held_too() -> None:
    """A look before the run tells the same."""
    world = World(10, threshold=LIMIT)
    world.sync()
    world.sim.delta.options.withheld = 0.5

    assert preview(world.ports(), world.connector, full=True).held.startswith("source_shrank")


def test_approving_accepts_the_smaller_number() -> None:
    """The next full rounds are compared with it, and the second that misses somebody ends them."""
    world = shrunk()
    assert world.state.hold is not None
    approve(world.ports(), world.connector, world.state.hold.run.id, "anna")
    assert (world.state.hold, world.state.run, world.state.people.known) == (None, None, 5)
    again(world)
    assert (world.state.hold, known(world)) == (None, 10)
    again(world)

    assert (world.state.hold, known(world)) == (None, 5)


def test_approving_exports_what_the_round_changes() -> None:
    """The values of those who are named go out as they were frozen."""
    world = World(10, threshold=LIMIT)
    world.sync()
    world.sim.delta.options.withheld = 0.5
    named = [person for person in world.people if world.sim.directory.slot_of(person) * 0.6180339887498949 % 1 >= 0.5]
    world.edit(named[0], department="new")
    world.pull(full=True)
    world.drain(hours=6)
    assert world.profile(named[0])["UpaDepartment"] != "new"
    assert world.state.hold is not None
    approve(world.ports(), world.connector, world.state.hold.run.id, "anna")
    world.drain(hours=12)

    assert world.profile(named[0])["UpaDepartment"] == "new"


def test_rejecting_reads_everybody_again_and_declines_nothing() -> None:
    """The round isn't believed: once the source is whole again, its values arrive."""
    world = World(10, threshold=LIMIT)
    world.sync()
    world.sim.delta.options.withheld = 0.5
    for person in world.people:
        world.edit(person, department="new")
    world.pull(full=True)
    world.drain(hours=6)
    assert world.state.hold is not None
    assert reject(world.ports(), world.connector, world.state.hold.run.id, "anna") == 0
    world.sim.delta.options.withheld = 0.0
    world.settle_down()

    assert {world.profile(person)["UpaDepartment"] for person in world.people} == {"new"}
    assert (world.state.people.known, known(world)) == (10, 10)


def test_rejecting_holds_again_while_the_source_is_short() -> None:
    """A source that still names half of the people is doubted again."""
    world = shrunk()
    assert world.state.hold is not None
    reject(world.ports(), world.connector, world.state.hold.run.id, "anna")
    world.pull()
    world.drain(hours=6)

    assert world.state.hold is not None
    assert world.state.hold.kind == "source_shrank"


def test_people_who_leave_by_name_are_no_loss() -> None:
    """Whoever the source removes by name is ended at once, and the next full round is compared without them."""
    world = World(10, threshold=LIMIT)
    world.sync()
    for person in world.people[:5]:
        world.sim.directory.remove(person)
    world.sync()
    again(world)

    assert (world.state.hold, world.state.people.known) == (None, 5)


def test_small_losses_add_up() -> None:
    """A tenth at a time is believed; when more than a fifth is gone within the month, the plan is held."""
    world = World(20, threshold=LIMIT)
    world.sync()
    for share in (0.05, 0.15):
        world.sim.delta.options.withheld = share
        again(world)
        assert world.state.hold is None
    world.sim.delta.options.withheld = 0.3
    again(world)

    assert world.state.hold is not None
    assert "a full round of the last 30 days named 20" in world.state.hold.why
