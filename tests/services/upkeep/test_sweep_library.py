"""Orphans in the library: what nobody needs is deleted, what is somebody's stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.crash.scenarios import settled
from tests.support.world import World
from tests.support.wrapped import Wrapped
from upa_core.domain.connector import Retention
from upa_core.domain.errors import AccessDeniedError
from upa_core.services.upkeep.housekeeping import housekeeping

DAY = 86_400


def keep_house(world: World) -> int:
    return housekeeping(world.ports(), world.connector).orphans


def test_an_orphan_is_swept_after_a_week_and_another_deployments_files_never() -> None:
    """Deleted is what bears our name and whose run is in our storage; a stranger's run and other names stay."""
    world = settled()
    run = world.state.last_run
    ours = f"upa-hr-{run}-1-9.json"
    names = [ours, "upa-hr-20260101T000000Z-zzzz-1.json", f"upa-it-{run}-1.json", "report.json"]
    for name in names:
        world.ports().library.upload(name, b"x")
    world.sim.library.add_folder(
        f"/sites/upa/Imports/upa-hr-{run}-1-5f05e38c-bd0e-49ec-8c9c-c4cfe370248c-Logs", "System Account"
    )
    world.sim.advance(6.9 * DAY)
    assert keep_house(world) == 0
    world.sim.advance(0.2 * DAY)
    assert keep_house(world) == 2
    assert world.library() == sorted(names[1:])


def test_an_orphan_is_swept_before_a_short_retention_takes_its_run() -> None:
    """Where archives are kept for two days only, what a crash left in the library doesn't outlive the proof of it."""
    world = settled()
    world.connector = replace(world.connector, retention=Retention(timedelta(days=2), timedelta(days=2)))
    world.ports().library.upload(f"upa-hr-{world.state.last_run}-1-9.json", b"x")
    for _ in range(3):
        world.sim.advance(DAY)
        keep_house(world)
    assert not any(key.startswith("runs/") for key in world.store.blobs)
    assert world.library() == []


@pytest.mark.slow
def test_what_is_held_in_flight_or_owed_is_no_orphan() -> None:
    """An open run's file isn't touched however old it is."""
    world = settled()
    world.sim.timer_job.plan("next", "stuck")
    world.edit(world.people[0], department="B")
    world.pull()
    world.drain(hours=30)
    assert len(world.lane.abandoned) == 1
    world.sim.advance(9 * DAY)
    assert keep_house(world) == 0
    assert len(world.library()) == 1


def test_one_orphan_that_cant_be_deleted_keeps_no_other() -> None:
    """A retention label answers in the tenant's language; the sweep says so and goes on."""
    world = settled(3)
    ports = world.ports()
    for number in (7, 8, 9):
        ports.library.upload(f"upa-hr-{world.state.last_run}-{number}.json", b"x")
    world.sim.advance(9 * 86_400)

    def delete_file(url: str) -> bool:
        if url.endswith("-7.json"):
            raise AccessDeniedError("403")
        return ports.library.delete_file(url)

    result = housekeeping(replace(ports, library=Wrapped(ports.library, delete_file=delete_file)), world.connector)

    assert [name[-7:] for name in world.library()] == ["-7.json"]
    assert "library" in result.failures
