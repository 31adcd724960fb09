"""Faults that last: the same step fails for ever, kills its process, or finds its archive copy lost or damaged.

Each lasts for a day, at one place of a scenario; what is given up meanwhile is sent again, and the oracle is met.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.crash.campaign import Tally
from tests.crash.scenarios import Scenario
from tests.support.mortal import CALLS, Death
from tests.support.world import World
from upa_core.domain.documents.storage_layout import Kind, parse
from upa_core.domain.errors import CorruptStateError
from upa_core.ports.bundle import Ports
from upa_core.services.upkeep.housekeeping import housekeeping

DAY = timedelta(days=1)
PLACES = (*(f"{port}.{name}" for port in ("library", "import_jobs") for name in CALLS[port]), "profiles.read")


class Faulty:
    """A port of which one call raises."""

    def __init__(self, port: Any, name: str, error: BaseException) -> None:
        self._port, self._name, self._error = port, name, error

    def __getattr__(self, name: str) -> Any:
        if name != self._name:
            return getattr(self._port, name)

        def fail(*_: Any, **__: Any) -> Any:
            raise self._error

        return fail


def _failing(place: str, error: BaseException) -> Callable[[World], Ports]:
    port, _, name = place.partition(".")

    def make(world: World) -> Ports:
        ports = world.ports()
        return replace(ports, **{port: Faulty(getattr(ports, port), name, error)})

    return make


def _damaged(change: Callable[[bytes], bytes | None]) -> Callable[[World], Ports]:
    """Lose or damage the archive's copy of every import file that is in flight."""

    def make(world: World) -> Ports:
        flight = world.lane.in_flight
        for key in list(world.store.blobs):
            found = parse(key)
            if flight is not None and found is not None and found.kind is Kind.IMPORT_FILE and found.run == flight.run:
                data = change(world.store.blobs[key])
                if data is None:
                    world.store.delete(key)
                else:
                    world.store.put(key, data)
        return world.ports()

    return make


FAULTS: Mapping[str, Callable[[World], Ports]] = {
    **{f"a raw exception from {place}": _failing(place, KeyError(place)) for place in PLACES},
    **{f"the process dies at {place}": _failing(place, Death(place)) for place in PLACES},
    "archive copy lost": _damaged(lambda _: None),
    "archive copy damaged": _damaged(lambda data: data[: len(data) // 2]),
}


def lasting_faults(scenario: Scenario, *, every: int = 1, most: int = 0) -> Tally:
    """Let each fault (or every N-th, or `most` of them) last for a day of a scenario."""
    tally, names = Tally(), list(FAULTS)
    for name in names[:: max(1, len(names) // most) if most else every]:
        try:
            wrong = live_through(scenario, FAULTS[name])
        except Exception as exc:  # noqa: BLE001 - whatever it is, it is what is looked for
            wrong = [f"{type(exc).__name__}: {exc}"]
        tally.add(f"{scenario.name}: {name}", wrong)
    return tally


def live_through(scenario: Scenario, fault: Callable[[World], Ports]) -> list[str]:
    """Let a fault last for a day of a scenario; return what is wrong days after it."""
    world = scenario.prepare()
    with suppress(Exception, Death):
        scenario.steps[0](world, fault(world))
    end = world.now + DAY
    while world.now < end:
        ports = fault(world)
        for work in (world.pull, world.far, lambda p: housekeeping(p, world.connector)):
            with suppress(Exception, Death):
                work(ports)
        world.sim.advance(1800)
    for step in scenario.steps:
        _step_in_the_end(world, step)
    world.settle_down(days=max(scenario.days, 3))
    return world.differences() + [f"left in the library: {name}" for name in world.library()]


def _step_in_the_end(world: World, step: Callable[[World, Ports], None]) -> None:
    """Take a step; a copy that was damaged at the end of the fault's day is given up within another day."""
    end = world.now + DAY
    while True:
        try:
            return step(world, world.ports())
        except CorruptStateError:
            if world.now > end:
                raise
        world.sim.advance(1800)
