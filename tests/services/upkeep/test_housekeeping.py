"""Housekeeping as a whole: one part that fails stops no other, and the library stays as it was."""

from __future__ import annotations

import os
from dataclasses import replace

from tests.crash.scenarios import settled
from upa_core.domain.health.events import EventName
from upa_core.services.upkeep.housekeeping import housekeeping


def test_the_library_stays_bounded() -> None:
    """After a hundred runs with failures (`UPA_LIBRARY_RUNS` asks for more) nothing is left lying."""
    world = settled(3)
    world.join(profile=False, department="x")
    for number in range(int(os.environ.get("UPA_LIBRARY_RUNS", "100"))):
        world.edit(world.people[0], department=f"B{number}")
        world.sync(hours=0.5)
        assert len(world.library()) <= 2
    world.settle_down()
    assert world.library() == []


def test_a_part_that_fails_doesnt_stop_the_others() -> None:
    """Housekeeping reports what it couldn't do and does the rest."""
    world = settled()
    ports = world.ports()

    class Broken:
        def __getattr__(self, name: str) -> object:
            if name == "items":
                raise_later(name)
            return getattr(ports.library, name)

    def raise_later(name: str) -> None:
        from upa_core.domain.errors import UnavailableError

        raise UnavailableError(name)

    result = housekeeping(replace(ports, library=Broken()), world.connector)  # type: ignore[arg-type]
    assert result.failures == ("library",)
    assert EventName.HOUSEKEEPING_DONE in world.events.names
