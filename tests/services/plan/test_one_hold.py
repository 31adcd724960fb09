"""An emptied source is one hold, however many attributes it had and however many rounds tell of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.fakes import FakeRowSource
from tests.support.joined import HR, JOINED, JoinedWorld, row
from tests.support.world import World
from upa_core.domain.connector import ChangeThreshold
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.errors import RefusedError
from upa_core.domain.health.events import EventName
from upa_core.domain.people.mapping import direct
from upa_core.services.admin import holds
from upa_core.services.admin.controls import approve_offers
from upa_core.state.document import state_of

NOTHING = {"jobTitle": None, "onPremisesExtensionAttributes": {"extensionAttribute1": None}}
Decide = Callable[..., object]


def _delivered() -> World:
    """Return a world of twelve people whose titles and codes were delivered."""
    world = World(12, threshold=ChangeThreshold())
    for person in world.people:
        world.edit(person, onPremisesExtensionAttributes={"extensionAttribute1": "C"})
    world.sync()
    return world


def _full_round(world: World) -> None:
    world.sim.advance(7 * 86_400)
    world.pull(full=True)
    world.drain(hours=1)


def _decide(world: World, decision: Decide) -> None:
    assert world.state.hold is not None
    decision(world.ports(), world.connector, world.state.hold.run.id, "Ann")
    world.settle_down()


def _holds(world: World) -> int:
    return len(world.events.named(EventName.PLAN_HELD))


@pytest.mark.parametrize("decision", [holds.approve, holds.reject])
def test_two_emptied_attributes_ask_for_one_decision(decision: Decide) -> None:
    """The clears of both, a change meanwhile, and the full rounds in which nobody carries them are one hold."""
    world = _delivered()
    for person in world.people:
        world.edit(person, **NOTHING)
    world.pull()
    world.drain(hours=1)
    world.edit(world.people[0], department="new")
    world.pull()
    _full_round(world)
    _decide(world, decision)
    _full_round(world)
    world.settle_down()

    assert (world.state.hold, _holds(world)) == (None, 1)


def test_a_hold_names_each_attribute_that_was_emptied() -> None:
    """Whether people were emptied one by one or nobody carries the attributes any more."""
    world = _delivered()
    for person in world.people:
        world.edit(person, **NOTHING)
    world.pull()
    world.drain(hours=1)
    assert world.state.hold is not None
    assert world.state.hold.why.endswith(": UpaCode of 12 people, UpaTitle of 12 people")


def _with_two_sources() -> JoinedWorld:
    """Return a world of twelve people with a cost center of one system and a grade of another."""
    pay = replace(HR, name="pay")
    mappings = (*JOINED, direct("pay.grade", "UpaGrade", on_empty="clear"))
    world = JoinedWorld(12, mappings=mappings, secondaries=(HR, pay), threshold=ChangeThreshold())
    world.sim.profiles.define("UpaGrade", "string", max_length=40)
    world.rows["pay"] = FakeRowSource()
    _deliver(world, "100", "A")
    world.settle_down()
    while world.state.hold is not None:
        _decide(world, holds.approve)
    world.sim.advance(25 * 3600)
    return world


def _deliver(world: JoinedWorld, cost: str, grade: str) -> None:
    world.deliver(*(row(f"E{n}", cost) for n in range(12)))
    pay = world.rows["pay"]
    assert isinstance(pay, FakeRowSource)
    pay.deliver(*({"number": f"E{n}", "grade": grade} for n in range(12)))


def test_two_emptied_sources_are_one_hold_that_names_both() -> None:
    """What two systems deliver empty on one day is one plan to decide about."""
    world = _with_two_sources()
    before = _holds(world)
    _deliver(world, "", "")
    world.pull()
    world.drain(hours=12)

    assert world.state.hold is not None
    assert world.state.hold.why.endswith(": UpaCost of 12 people, UpaGrade of 12 people")
    assert _holds(world) == before + 1


def test_held_files_of_several_sources_are_approved_together_or_not_at_all() -> None:
    """One write approves them, so that one tick reads both and one plan has both."""
    world = _with_two_sources()

    def hold(*names: str) -> None:
        def change(state: ConnectorState) -> ConnectorState:
            for name in names:
                state = state.with_source(replace(state.source(name), held="f", holds=("column_collapsed",)))
            return state

        state_of(world.store, "hr").update(change)

    hold("hr")
    with pytest.raises(RefusedError, match="nothing of pay is held"):
        approve_offers(world.ports(), world.connector, ["hr", "pay"], "Ann")
    assert world.state.source("hr").approved == ""
    hold("pay")

    held = ("column_collapsed",)
    assert approve_offers(world.ports(), world.connector, ["hr", "pay"], "Ann") == {"hr": held, "pay": held}
    assert (world.state.source("hr").approved, world.state.source("pay").approved_by) == ("f", "Ann")


@pytest.mark.slow
def test_what_is_emptied_while_a_plan_is_held_is_one_further_plan() -> None:
    """A held plan stays what was looked at: those who were emptied afterwards, round by round, are held once more."""
    world = _delivered()
    for person in world.people[:6]:
        world.edit(person, **NOTHING)
    world.pull()
    world.drain(hours=1)
    for person in world.people[6:]:
        world.edit(person, **NOTHING)
        world.pull()
        world.drain(hours=1)
    assert _holds(world) == 1
    _decide_and_wait(world)
    assert _holds(world) == 2
    _decide(world, holds.approve)
    _full_round(world)

    assert (world.state.hold, _holds(world)) == (None, 2)


def _decide_and_wait(world: World) -> None:
    assert world.state.hold is not None
    holds.approve(world.ports(), world.connector, world.state.hold.run.id, "Ann")
    world.drain(hours=12)
