"""The timer's tick: it pulls if it is time, and wakes whatever is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.world import World
from upa_core.domain.errors import UnavailableError
from upa_core.domain.health.events import EventName, Level
from upa_core.services.drive import tick as tick_module
from upa_core.services.drive.tick import tick


def test_a_tick_pulls_in_the_connectors_rhythm_and_wakes_the_export_at_each_tick() -> None:
    """A lost wake-up costs one tick, also where nothing is pulled."""
    world = World(2, every=timedelta(hours=2))
    pulled = []
    for _ in range(2):
        world.waker.sent.clear()
        pulled.append(tick(world.ports(), world.connector))
        world.sim.advance(900)

        assert ("export", "hr", "") in world.waker.sent
    assert [one is not None for one in pulled] == [True, False]


@pytest.mark.parametrize(
    ("error", "level", "reason"),
    [
        (UnavailableError("down"), Level.WARNING, "down"),
        (UnavailableError(""), Level.WARNING, "UnavailableError"),
        (ValueError("a person's value"), Level.ERROR, "ValueError"),
    ],
)
def test_profiles_that_cant_be_read_back_stop_no_tick(
    error: Exception, level: Level, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told; of a defect of ours only its kind, since its text may hold a value."""

    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr(tick_module, "read_back", fail)
    world = World(1)

    assert tick(world.ports(), world.connector) is not None
    (event,) = world.events.named(EventName.DRIFT_POSTPONED)
    assert (event.level, event.fields) == (level, {"reason": reason})


def test_a_tick_reads_profiles_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the pull says."""
    world, read = World(1), []
    monkeypatch.setattr(tick_module, "read_back", lambda _, connector: read.append(connector.name))
    for connector in (world.connector, replace(world.connector, every=timedelta(hours=2))):
        tick(world.ports(), connector)

    assert read == ["hr", "hr"]
