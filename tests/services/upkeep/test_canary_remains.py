"""What a stopped canary leaves goes: by housekeeping, and when a person is forgotten."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.crash.scenarios import settled
from tests.support.world import World
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.documents.runs import Counts, Run
from upa_core.domain.documents.storage_layout import state_key
from upa_core.domain.errors import RefusedError
from upa_core.services.admin.forget import forget
from upa_core.services.upkeep.canary_remains import sweep_canary
from upa_core.services.upkeep.housekeeping import housekeeping
from upa_core.state.document import lane_of, state_of

NAME = "hr-canary"


def stopped(**state: Any) -> World:
    """Return a world with what a canary left that was stopped midway."""
    world = settled(3)
    state_of(world.store, NAME).update(lambda one: replace(one, sequence=1, **state))
    world.store.put(f"connectors/{NAME}/people/0-x/0000.json", world.people[0].encode(), if_absent=True)
    return world


def left(world: World) -> list[str]:
    return [key for key in world.store.blobs if key.startswith(f"connectors/{NAME}/")]


def test_leftovers_go_after_three_days() -> None:
    """Not before: a canary may still be flying. Afterwards the connector's housekeeping takes them."""
    world = stopped()
    world.sim.advance(2 * 86_400)
    housekeeping(world.ports(), world.connector)
    assert len(left(world)) == 2
    world.sim.advance(2 * 86_400)
    housekeeping(world.ports(), world.connector)

    assert left(world) == []
    assert world.state != ConnectorState()


@pytest.mark.parametrize(("days", "gone"), [(3, 3), (2.99, 0)])
def test_the_sweep_says_how_many_blobs_are_gone(days: float, gone: int) -> None:
    """Three days after its last change, and the state is the last of them: what breaks off can go on."""
    world = World()
    state = state_key(NAME)
    world.store.put(state, b"x")
    world.sim.advance(86_400)
    world.store.put(f"connectors/{NAME}/people/0-x/0000.json", b"x")
    world.store.put(f"connectors/{NAME}/zz.json", b"x")
    world.sim.advance(days * 86_400)
    world.store.hooks.calls.clear()

    assert sweep_canary(world.ports(), world.connector) == gone
    assert world.store.hooks.subjects("delete")[-1:] == ([state] if gone else [])


def test_a_canary_in_the_lane_stays() -> None:
    """While its import job is at SharePoint, its state says what it is about."""
    world = stopped()
    flight = InFlight(NAME, "r", "f", 1, "queued", world.now)
    lane_of(world.store, world.connector).update(lambda lane: replace(lane, in_flight=flight))
    world.sim.advance(4 * 86_400)
    sweep_canary(world.ports(), world.connector)

    assert len(left(world)) == 2


def test_forgetting_reaches_a_canarys_leftovers() -> None:
    """Nothing of the person is left under the canary's name either; one that is flying is finished first."""
    world = stopped()
    forget(world.ports(), world.connector, world.people[0], "Ann", also=[NAME])
    assert left(world) == []

    flying = stopped(run=Run("r", world.now, (), (), Counts()))
    with pytest.raises(RefusedError, match="on its way"):
        forget(flying.ports(), flying.connector, flying.people[0], "Ann", also=[NAME])
