"""Orphans in the library: what nobody needs is deleted, what is somebody's stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.crash.scenarios import settled
from tests.fakes import FakeLibrary
from tests.support.world import World
from tests.support.wrapped import Wrapped
from upa_core.domain.connector import Retention
from upa_core.domain.documents.connector_state import Debt
from upa_core.domain.documents.lane import Abandoned, InFlight
from upa_core.domain.documents.runs import Counts, Hold, Run
from upa_core.domain.documents.storage_layout import file_key
from upa_core.domain.errors import AccessDeniedError
from upa_core.services.upkeep.housekeeping import housekeeping
from upa_core.services.upkeep.sweep_library import sweep_library
from upa_core.state.document import lane_of, state_of

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


@pytest.mark.parametrize("busy", ["in flight", "given up", "open", "held", "owed", ""])
def test_nothing_that_something_still_needs_is_an_orphan(busy: str) -> None:
    """By the run of the file, or by its address; otherwise it is deleted."""
    world = World()
    run = "20261001T000000Z-abcd"
    library = FakeLibrary(world.time)
    name = f"upa-hr-{run}-1.json"
    library.upload(name, b"x")
    world.store.put(file_key(run, name), b"x")
    state, lane = state_of(world.store, "hr"), lane_of(world.store, world.connector)
    planned = Run(run, world.now, (), (), Counts())
    fields: dict[str, dict[str, Any]] = {
        "open": {"run": planned},
        "held": {"hold": Hold(planned, world.now, "why")},
        "owed": {"debts": (Debt(library.url_of(name), is_folder=False, since=world.now),)},
    }
    state.update(lambda one: replace(one, **fields.get(busy, {})))
    flight = InFlight("hr", run, name, 1, "queued", world.now) if busy == "in flight" else None
    entry = Abandoned("hr", run, name, 1, "", "", (), world.now, world.now)
    lane.update(lambda one: replace(one, in_flight=flight, abandoned=(entry,) if busy == "given up" else ()))
    ports = replace(world.ports(), library=library)
    world.sim.advance(7 * DAY - 1)
    assert sweep_library(ports, world.connector) == 0
    world.sim.advance(1)

    assert sweep_library(ports, world.connector) == (0 if busy else 1)
    assert len(library.files) == (1 if busy else 0)


def test_only_what_bears_our_name_in_its_own_form_is_an_orphan() -> None:
    """A folder is one of logs, a file isn't; another connector's and a run that our storage doesn't know stay."""
    world = World()
    run, other = "20261001T000000Z-abcd", "20261001T000000Z-none"
    job = "5f05e38c-bd0e-49ec-8c9c-c4cfe370248c"
    library = FakeLibrary(world.time)
    ours = [f"upa-hr-{run}-1.json", f"upa-hr-{run}-2.json"]
    stays = [f"upa-it-{run}-1.json", f"upa-hr-{other}-1.json", "report.json", f"upa-hr-{run}-1-{job}-Logs"]
    for name in (*ours, *stays):
        library.upload(name, b"x")
    for connector in ("hr", "it"):
        world.store.put(file_key(run, f"upa-{connector}-{run}-1.json"), b"x")
    library.add_file(library.url_of(f"upa-hr-{run}-3-{job}-Logs/ImportProfileProperties-1.log"), b"x")
    library.add_file(library.url_of(f"upa-hr-{run}-4.json/file.txt"), b"x")
    world.sim.advance(8 * DAY)

    assert sweep_library(replace(world.ports(), library=library), world.connector) == 3
    assert sorted(url.rpartition("/Imports/")[2] for url in library.files) == sorted(
        (*stays, f"upa-hr-{run}-4.json/file.txt")
    )
