"""An instance that stalls before it writes what it settled, and comes to it when everything has moved on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tests.crash.rivals import beside
from tests.crash.scenarios import settled
from tests.support.world import World
from upa_core.domain.people import EscrowReason
from upa_core.services.controls import reset


@dataclass
class Lagging:
    """A source whose replica doesn't know anybody yet."""

    source: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.source, name)

    def read(self, ids: Sequence[str], select: object) -> dict[str, None]:
        return dict.fromkeys(ids)


@dataclass
class Stalling:
    """A store before whose first write of a shard somebody else acts."""

    store: Any
    act: Callable[[], None]
    done: bool = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def put(self, key: str, data: bytes, **conditions: Any) -> str:
        if "/people/" in key and not self.done:
            self.done = True
            self.act()
        etag: str = self.store.put(key, data, **conditions)
        return etag


def _settle_late(world: World, rival: Callable[[], None]) -> None:
    ports = world.ports()
    stalling = Stalling(ports.store, rival)
    while not stalling.done:
        world.sim.advance(120)
        world.step(beside(ports, stalling))


def _in_flight() -> tuple[World, str]:
    world = settled(3)
    person = world.people[0]
    world.edit(person, department="B")
    world.pull()
    world.far()
    return world, person


def test_a_late_settling_takes_nobody_out_of_escrow_whom_a_newer_plan_put_there() -> None:
    """The newer value, which the source can't be asked for yet, is delivered later."""
    world, person = _in_flight()

    def rival() -> None:
        world.end_run()
        world.edit(person, department="C")
        world.pull()
        ports = world.ports()
        world.far(replace(ports, source=Lagging(ports.source)))  # type: ignore[arg-type]
        assert world.escrow()[person].reason is EscrowReason.NOT_READABLE_YET

    _settle_late(world, rival)
    world.settle_down(days=2)

    assert world.profile(person)["UpaDepartment"] == "C"
    assert world.differences() == []


def test_a_late_settling_doesnt_fill_a_shadow_that_was_reset() -> None:
    """Somebody resets the shadow after an edit by hand: the value is sent again, as the reset promises."""
    world, person = _in_flight()

    def rival() -> None:
        world.end_run()
        reset(world.ports(), world.connector, "shadow", "anna")
        world.sim.profiles.set(person, "UpaDepartment", "by hand")

    _settle_late(world, rival)
    world.settle_down(days=1)

    assert world.profile(person)["UpaDepartment"] == "B"
