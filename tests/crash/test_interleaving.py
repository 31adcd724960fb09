"""Two instances at every conditional write: one wins, the other leaves no trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.crash.campaign import verdict
from tests.crash.scenarios import SCENARIOS, Scenario
from tests.support.world import World
from upa_core.domain.people import Shard
from upa_core.ports.bundle import Ports
from upa_core.services.people_changes import change_people_between_runs

CONTESTED = ("full run", "delta run", "multi-file export", "partial failure", "resync", "more shards")


class Rival:
    """A store that lets another instance do everything that is due just before the n-th conditional write."""

    def __init__(self, store: Any, at: int, act: Callable[[], None]) -> None:
        self._store, self._at, self._act = store, at, act
        self.writes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def put(self, key: str, data: bytes, *, if_match: str | None = None, if_absent: bool = False) -> str:
        if if_match is not None or if_absent:
            self.writes += 1
            if self.writes == self._at:
                self._act()
        etag: str = self._store.put(key, data, if_match=if_match, if_absent=if_absent)
        return etag


def contested(scenario: Scenario, at: int) -> tuple[World, int]:
    """Take the scenario's steps while a second instance overtakes the first at its `at`-th conditional write."""
    world = scenario.prepare()

    def overtake() -> None:
        world.pull(world.ports())
        world.far(world.ports())

    plain = world.ports()
    rival = Rival(plain.store, at, overtake)
    ports = Ports(**{**{name: getattr(plain, name) for name in Ports.__slots__}, "store": rival})
    for step in scenario.steps:
        step(world, ports)
    world.settle_down(days=scenario.days)
    return world, rival.writes


@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if s.name in CONTESTED], ids=lambda scenario: scenario.name)
def test_an_overtaken_instance_leaves_no_trace(scenario: Scenario) -> None:
    """Whichever conditional write another instance comes before, each file is queued once and the oracle is met."""
    _, writes = contested(scenario, 0)
    assert writes > 3
    for at in range(1, writes + 1, max(1, writes // 16)):
        world, _ = contested(scenario, at)
        assert verdict(world) == [], f"overtaken at conditional write {at}"
        assert max(Counter(world.queued()).values(), default=0) <= 1


def test_a_stalled_puller_cant_move_the_watermark_back() -> None:
    """Of two instances that read the same round, the one that comes late seals nothing and names no segment."""
    world = SCENARIOS[1].prepare()
    sealed_first: list[object] = []

    def overtake() -> None:
        world.pull(world.ports())
        sealed_first.append(world.state)

    plain = world.ports()
    rival = Rival(plain.store, 2, overtake)  # a segment is written first, then the seal
    ports = Ports(**{**{name: getattr(plain, name) for name in Ports.__slots__}, "store": rival})
    assert world.pull(ports) == "superseded"
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
        world.far(Ports(**{**{name: getattr(plain, name) for name in Ports.__slots__}, "store": rival}))
        if not reached:
            break
        world.settle_down()
        assert any("ghost" in shard.declined for shard in world.shards()), f"before conditional write {at}"
        assert world.state.people.shards > 1
    assert at > 5


def _decline(shard: Shard, person: str) -> None:
    shard.declined[person] = {"UpaTitle": "no"}
