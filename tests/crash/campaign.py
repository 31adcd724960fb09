"""Die at every port call, before and after its effect, and see that nothing is lost.

No wake-up is ever delivered: after a death everything is found in storage, or, where it is doubled, found twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.crash.scenarios import Scenario
from tests.support.mortal import Death, Fate
from tests.support.world import World
from upa_core.domain.documents.storage_layout import file_key
from upa_core.services.deliver.archive import load_outcome
from upa_core.services.upkeep.housekeeping import housekeeping

SAYS = " => "
"""Parts a point from what went wrong there."""
VARIANTS = ("before", "after", "after, wake-up doubled")


@dataclass
class Tally:
    """Points tried and what went wrong."""

    tried: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def passed(self) -> int:
        """Count the points at which nothing went wrong."""
        return self.tried - len({failure.partition(SAYS)[0] for failure in self.failures})


def points(scenario: Scenario) -> list[str]:
    """Return every port call that the scenario makes when nobody dies."""
    fate = Fate()
    world = run(scenario, fate, doubled=False)
    wrong = verdict(world)
    if wrong:
        raise AssertionError(f"{scenario.name} fails without any death: {wrong}")
    return fate.calls


def run(scenario: Scenario, fate: Fate, *, doubled: bool) -> World:
    """Take the scenario's steps; after a death, restart from storage and go on with the step that was interrupted."""
    world = scenario.prepare()
    ports = world.ports(fate)
    for step in scenario.steps:
        try:
            step(world, ports)
        except Death:
            ports = world.ports()
            if doubled:
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
    return wrong + _litter(world)


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
    number = 0
    for at in range(1, len(calls) + 1):
        for variant in VARIANTS:
            if number % every == offset % every:
                yield at, variant
            number += 1


def campaign(scenario: Scenario, *, every: int = 1, offset: int = 0, most: int = 0) -> Tally:
    """Die at each (or every N-th) point of a scenario, or at `most` of them, evenly spread."""
    tally = Tally()
    calls = points(scenario)
    every = max(every, len(calls) * len(VARIANTS) // most) if most else every
    if every % len(VARIANTS) == 0:
        every += 1  # each way of dying must have its turn
    for at, variant in deaths(calls, every, offset):
        tally.tried += 1
        where = f"{scenario.name}: died {variant} call {at}, {calls[at - 1]}"
        try:
            wrong = verdict(run(scenario, Fate(at=at, after=variant != "before"), doubled="doubled" in variant))
        except Exception as exc:  # noqa: BLE001 - whatever it is, it is what the campaign looks for
            wrong = [f"{type(exc).__name__}: {exc}"]
        tally.failures += [f"{where}{SAYS}{what}" for what in wrong[:3]]
    return tally
