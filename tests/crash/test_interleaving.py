"""Two instances at every conditional write and read: one wins, the other leaves no trace."""

from __future__ import annotations

import os

import pytest

from tests.crash.rivals import RIVALS, Place, Rival, beside, interleavings
from tests.crash.scenarios import SCENARIOS, SHORT, Scenario
from tests.support.world import World
from upa_core.domain.people.shadow import Shard
from upa_core.state.change_people import change_people_between_runs

MOST = int(os.environ.get("UPA_INTERLEAVINGS", "3"))
"""Conditional writes, and half as many reads, a scenario, more or less; `make crash` takes all."""
CASES = [
    (scenario, place, list(RIVALS)[(number + turn) % len(RIVALS)])
    for number, scenario in enumerate(SHORT)
    for turn, place in enumerate(("conditional write", "read"))
]
"""Each scenario meets one rival at its writes and the other at its reads; `make crash` lets it meet both at both."""


@pytest.mark.parametrize(("scenario", "place", "rival"), CASES, ids=lambda one: getattr(one, "name", one))
def test_an_overtaken_instance_leaves_no_trace(scenario: Scenario, place: Place, rival: str) -> None:
    """Whatever conditional write or read others come before, at once or for two days, each file is queued once and the
    oracle is met."""
    most = int((MOST if place == "conditional write" else (MOST + 1) // 2) * scenario.short) or 1
    tally = interleavings(scenario, most=most, place=place, rivals={rival: RIVALS[rival]})
    assert tally.tried >= min(most, 2)
    assert tally.failures == []


def test_a_stalled_puller_cant_move_the_watermark_back() -> None:
    """Of two instances that read the same round, the one that comes late seals nothing and names no segment."""
    world = SCENARIOS[1].prepare()
    sealed_first: list[object] = []

    def overtake() -> None:
        world.pull(world.ports())
        sealed_first.append(world.state)

    plain = world.ports()
    rival = Rival(plain.store, 2, overtake)  # a segment is written first, then the seal
    assert world.pull(beside(plain, rival)) == "superseded"
    assert sealed_first == [world.state]


def test_a_change_between_runs_isnt_lost_while_people_are_being_moved() -> None:
    """A rejection, a request or a doubt that falls between the copy and the switch of shards is in the new shards."""
    for at in range(1, 30):
        world = next(s for s in SCENARIOS if s.name == "more shards").prepare()
        world.pull(full=True)
        reached: list[int] = []

        def decline(world: World = world, reached: list[int] = reached) -> None:
            reached.append(world.state.people.shards)
            change_people_between_runs(world.ports(), world.connector, ["ghost"], _decline)

        plain = world.ports()
        rival = Rival(plain.store, at, decline)
        world.far(beside(plain, rival))
        if not reached:
            break
        world.settle_down()
        assert any("ghost" in shard.declined for shard in world.shards()), f"before conditional write {at}"
        assert world.state.people.shards > 1
    assert at > 5


def _decline(shard: Shard, person: str) -> None:
    shard.declined[person] = {"UpaTitle": "no"}
