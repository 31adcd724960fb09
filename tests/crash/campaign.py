"""Die at every port call, before and after its effect, and see that nothing is lost.

No wake-up is ever delivered: after a death everything is found in storage, or, where it is doubled, found twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.crash.run_people import disagreements
from tests.crash.scenarios import Scenario
from tests.support.branches import Branch, live
from tests.support.mortal import BEFORE, DOUBLED, WAYS, Death, Fate
from tests.support.world import World
from upa_core.domain.documents.storage_layout import file_key
from upa_core.services.deliver.archive import load_outcome
from upa_core.services.upkeep.housekeeping import housekeeping

SAYS = " => "
"""Parts a point from what went wrong there."""


@dataclass
class Tally:
    """Points tried and what went wrong."""

    tried: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, where: str, wrong: list[str]) -> None:
        """Count one more point, and what was wrong there."""
        self.tried += 1
        self.failures += [f"{where}{SAYS}{what}" for what in wrong[:3]]

    @property
    def passed(self) -> int:
        """Count the points at which nothing went wrong."""
        return self.tried - len({failure.partition(SAYS)[0] for failure in self.failures})


def points(scenario: Scenario) -> list[str]:
    """Return every port call that the scenario makes when nobody dies."""
    fate = Fate()
    world = run(scenario, fate)
    wrong = verdict(world)
    if wrong:
        raise AssertionError(f"{scenario.name} fails without any death: {wrong}")
    return fate.calls


def run(scenario: Scenario, fate: Fate) -> World:
    """Take the scenario's steps; after a death, restart from storage and go on with the step that was interrupted."""
    world = scenario.prepare()
    ports = world.ports(fate)
    for step in scenario.steps:
        try:
            step(world, ports)
        except Death:
            ports = world.ports()
            if fate.doubled:
                world.far(ports)
                world.far(world.ports())
            step(world, ports)
    world.settle_down(days=scenario.days)
    return world


def verdict(world: World) -> list[str]:
    """Return what the promise (at least once, full values, idempotent) forbids and happened all the same."""
    wrong = world.differences()
    wrong += [f"left in the library: {name}" for name in world.library()]
    for name, times in Counter(world.queued()).items():
        if times > 1:
            wrong.append(f"{name} was queued {times} times")
    ports = world.ports()
    for name in set(world.queued()):
        parts = name.removesuffix(".json").split("-")
        run_id = "-".join(parts[2:4])
        file = "-".join(parts[:5]) + ".json"
        if load_outcome(ports, run_id, file) is None:
            wrong.append(f"{file} has no archive")
        if world.store.get(file_key(run_id, file)) is None:
            wrong.append(f"{file} isn't in the archive")
    return wrong + disagreements(world) + _litter(world)


def _litter(world: World) -> list[str]:
    """A week later, nothing that no state names is left."""
    world.sim.advance(8 * 86_400)
    housekeeping(world.ports(), world.connector)
    index = world.state.people
    wrong = [f"litter: {key}" for key in world.store.blobs if "/rounds/" in key]
    current = f"/people/{index.folder}/"
    return wrong + [f"litter: {key}" for key in world.store.blobs if "/people/" in key and current not in key]


def deaths(calls: list[str], every: int, offset: int = 0) -> Iterator[tuple[int, str]]:
    """Yield which call to die at and how."""
    for number, place in enumerate((at, way) for at in range(1, len(calls) + 1) for way in WAYS):
        if number % every == offset % every:
            yield place


def campaign(scenario: Scenario, *, every: int = 1, offset: int = 0, most: int = 0, forks: bool = False) -> Tally:
    """Die at each (or every N-th) point of a scenario, or at `most` of them, evenly spread.

    Each death has a world of its own, or with `forks` a copy of one world (quicker; in a process without threads).
    """
    tally = Tally()
    calls = points(scenario)
    every = max(every, len(calls) * len(WAYS) // most) if most else every
    if every % len(WAYS) == 0:
        every += 1  # each way of dying must have its turn
    chosen = list(deaths(calls, every, offset))
    found = _in_copies(scenario, chosen) if forks else {place: _in_a_new_world(scenario, *place) for place in chosen}
    for at, way in chosen:
        where = f"{scenario.name}: died {way} call {at}, {calls[at - 1]}"
        tally.add(where, found.get((at, way), ["never came there"]))
    return tally


def _in_copies(scenario: Scenario, chosen: list[Branch]) -> dict[Branch, list[str]]:
    wanted: dict[int, list[str]] = {}
    for at, way in chosen:
        wanted.setdefault(at, []).append(way)
    return live(wanted, lambda branches: verdict(run(scenario, Fate(branches=branches))))


def _in_a_new_world(scenario: Scenario, at: int, way: str) -> list[str]:
    try:
        return verdict(run(scenario, Fate(at=at, after=way != BEFORE, doubled=way == DOUBLED)))
    except Exception as exc:  # noqa: BLE001 - whatever it is, it is what the campaign looks for
        return [f"{type(exc).__name__}: {exc}"]
