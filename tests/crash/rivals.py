"""Two instances at every conditional write and read: another one comes in between, and the first goes on unaware."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal

from tests.crash.campaign import Tally, verdict
from tests.crash.scenarios import Scenario
from tests.support.branches import Branch, Branches, live
from tests.support.world import World
from upa_core.ports.bundle import Ports
from upa_core.services.upkeep.housekeeping import housekeeping

TWO_DAYS = timedelta(days=2)


Place = Literal["conditional write", "read"]


class Rival:
    """A store that lets another instance act just before the n-th conditional write, or the n-th read."""

    def __init__(self, store: Any, at: int, act: Callable[[], None], place: Place = "conditional write") -> None:
        self._store, self._at, self._act, self._place = store, at, act, place
        self.places = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def put(self, key: str, data: bytes, *, if_match: str | None = None, if_absent: bool = False) -> str:
        if if_match is not None or if_absent:
            self._meet("conditional write")
        etag: str = self._store.put(key, data, if_match=if_match, if_absent=if_absent)
        return etag

    def get(self, key: str) -> Any:
        self._meet("read")
        return self._store.get(key)

    def read_range(self, key: str, start: int, length: int) -> Any:
        self._meet("read")
        return self._store.read_range(key, start, length)

    def _meet(self, place: Place) -> None:
        if place == self._place:
            self.places += 1
            self._come(self.places)

    def _come(self, number: int) -> None:
        if number == self._at:
            self._act()


class Rivals(Rival):
    """A store where the life is copied at places, each copy overtaken there by the rival that its branch is named
    after."""

    def __init__(self, store: Any, world: World, branches: Branches, place: Place) -> None:
        super().__init__(store, 0, lambda: None, place)
        self._world, self._branches = world, branches

    def _come(self, number: int) -> None:
        if name := self._branches.at(number):
            RIVALS[name](self._world)


def beside(ports: Ports, store: Any) -> Ports:
    """Return the ports with another store."""
    return Ports(**{**{name: getattr(ports, name) for name in Ports.__slots__}, "store": store})


def _overtake(world: World) -> None:
    """Do everything that is due now."""
    world.pull(world.ports())
    world.far(world.ports())


def _two_days(world: World) -> None:
    """Do everything that is due while the first instance hangs for two days."""
    world.pull(world.ports())
    world.drain(world.ports(), hours=48)
    world.until(world.now + TWO_DAYS)
    housekeeping(world.ports(), world.connector)


RIVALS: Mapping[str, Callable[[World], None]] = {"overtaken": _overtake, "stalled for two days": _two_days}


def contested(
    scenario: Scenario, act: Callable[[World], None], at: int, place: Place = "conditional write"
) -> tuple[World, int]:
    """Take the scenario's steps while a second instance acts before the `at`-th conditional write (or read) of it."""
    world = scenario.prepare()
    rival = Rival(world.ports().store, at, lambda: act(world), place)
    return _live(scenario, world, rival), rival.places


def _live(scenario: Scenario, world: World, store: Rival) -> World:
    ports = beside(world.ports(), store)
    for step in scenario.steps:
        step(world, ports)
    world.settle_down(days=scenario.days)
    return world


def interleavings(
    scenario: Scenario,
    *,
    every: int = 1,
    most: int = 0,
    place: Place = "conditional write",
    rivals: Mapping[str, Callable[[World], None]] = RIVALS,
    forks: bool = False,
) -> Tally:
    """Let each rival act before each (or every N-th) place, or before `most` of them, evenly spread.

    Each has a world of its own, or with `forks` a copy of one world (in a process without threads).
    """
    tally = Tally()
    _, places = contested(scenario, lambda _: None, 0, place)
    chosen = range(1, places + 1, max(1, places // most) if most else every)
    found = _in_copies(scenario, {at: list(rivals) for at in chosen}, place) if forks else {}
    for name, act in rivals.items():
        for at in chosen:
            wrong = found.get((at, name), ["never came there"]) if forks else _in_a_new_world(scenario, act, at, place)
            tally.add(f"{scenario.name}: {name} at {place} {at}", wrong)
    return tally


def _in_copies(scenario: Scenario, wanted: Mapping[int, Sequence[str]], place: Place) -> dict[Branch, list[str]]:
    def life(branches: Branches) -> list[str]:
        world = scenario.prepare()
        return verdict(_live(scenario, world, Rivals(world.ports().store, world, branches, place)))

    return live(wanted, life)


def _in_a_new_world(scenario: Scenario, act: Callable[[World], None], at: int, place: Place) -> list[str]:
    try:
        return verdict(contested(scenario, act, at, place)[0])
    except Exception as exc:  # noqa: BLE001 - whatever it is, it is what is looked for
        return [f"{type(exc).__name__}: {exc}"]
