"""A worker that stands still before each set of a profile, beyond its claim, while others go on, and then sends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.crash.campaign import Tally, verdict
from tests.crash.scenarios import Scenario
from tests.support.single import SingleWorld
from tests.support.world import World
from upa_core.domain.errors import ConflictError, RetryLaterError

STALL = 400.0
"""Seconds, more than a claim lasts."""


class Stalling:
    """Single profiles whose n-th write comes late."""

    def __init__(self, port: Any, at: int, act: Callable[[], None]) -> None:
        self._port, self._at, self._act = port, at, act
        self.writes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    def write(self, *arguments: Any) -> Any:
        self.writes += 1
        if self.writes == self._at:
            self._act()
        return self._port.write(*arguments)


def _others_go_on(world: World) -> None:
    world.sim.advance(STALL)
    world.far(world.ports())
    for number, person in enumerate(world.people[:2]):
        if world.sim.directory.find(person) is not None:
            world.edit(person, department=f"newest {number}")
    world.pull(world.ports())
    world.drain(world.ports(), hours=3)


def _stalled(scenario: Scenario, at: int) -> tuple[World, int]:
    world = scenario.prepare()
    assert isinstance(world, SingleWorld)
    ports = world.ports()
    route: Any = ports.routes["individual"]
    late = Stalling(route.profiles, at, lambda: _others_go_on(world))
    route.profiles = late
    for step in scenario.steps:
        try:
            step(world, ports)
        except (ConflictError, RetryLaterError):
            step(world, world.ports())
    world.settle_down(days=max(1, scenario.days))
    return world, late.writes


def stalls(scenario: Scenario, *, every: int = 1, most: int = 0) -> Tally:
    """Stall before each write (or every N-th, or `most` of them); scenarios without single writes have none."""
    tally = Tally()
    if not isinstance(scenario.prepare(), SingleWorld):
        return tally
    _, writes = _stalled(scenario, 0)
    for at in range(1, writes + 1, max(1, writes // most) if most else every):
        try:
            wrong = verdict(_stalled(scenario, at)[0])
        except Exception as exc:  # noqa: BLE001 - whatever it is, it is what is looked for
            wrong = [f"{type(exc).__name__}: {exc}"]
        tally.add(f"{scenario.name}: stalled before write {at}", wrong)
    return tally
