"""What is kept of runs, and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.crash.scenarios import settled
from tests.support.world import NO_THRESHOLD, World
from upa_core.domain.documents.storage_layout import rounds_prefix, run_folder
from upa_core.services.admin.controls import pause
from upa_core.services.upkeep.housekeeping import housekeeping
from upa_core.services.upkeep.sweep_storage import sweep_segments

DAY = 86_400


def keep_house(world: World) -> int:
    return housekeeping(world.ports(), world.connector).orphans


@pytest.mark.slow
def test_archives_leave_by_their_retention() -> None:
    """Successes are kept 30 days, failures 90; then their whole folder goes."""
    world = settled()
    good = world.state.last_run
    world.sim.timer_job.plan("next", "internal_error")
    world.edit(world.people[0], department="B")
    world.pull()
    world.far()
    world.end_run()
    bad = world.state.last_run
    world.settle_down()

    def kept(run: str) -> bool:
        return any(key.startswith(run_folder(run)) for key in world.store.blobs)

    pause(world.ports(), world.connector, "anna")
    for days, expected in ((29, (True, True)), (2, (False, True)), (58, (False, True)), (3, (False, False))):
        world.sim.advance(days * DAY)
        keep_house(world)
        assert (kept(good), kept(bad)) == expected


def test_a_plan_that_lost_its_race_is_swept() -> None:
    """A run's folder that no state names and that has no report leaves after days."""
    world = settled()
    stray = "20261122T101500Z-stry"
    world.store.put(f"{run_folder(stray)}files/upa-hr-{stray}-4.json", b"x")
    world.store.put(f"{run_folder(stray)}files/upa-it-{stray}-4.json", b"x")
    other = "20261122T101500Z-othr"
    world.store.put(f"{run_folder(other)}files/upa-it-{other}-4.json", b"x")
    keep_house(world)
    assert any(stray in key for key in world.store.blobs)
    world.sim.advance(4 * DAY)
    keep_house(world)
    assert not any(stray in key for key in world.store.blobs)
    assert any(other in key for key in world.store.blobs)


def test_a_run_that_stays_open_for_weeks_is_kept() -> None:
    """Retention goes by reports, not by the age of a run that isn't over."""
    world = settled(threshold=replace(NO_THRESHOLD, clears_absolute=0))
    world.edit(world.people[0], jobTitle=None)
    world.sync()
    hold = world.state.hold
    assert hold is not None
    world.sim.advance(timedelta(days=120).total_seconds())
    keep_house(world)
    assert any(key.startswith(run_folder(hold.run.id)) for key in world.store.blobs)


def test_a_segment_that_nobody_names_yet_is_left_for_three_days() -> None:
    """A puller that is slow to seal may still name it."""
    world = settled()
    world.store.put(f"{rounds_prefix('hr')}20261122T101500Z-slow/0-abcd", b"x")
    swept = []
    for seconds in (0, 3 * DAY - 1, 1):
        world.sim.advance(seconds)
        swept.append(sweep_segments(world.ports(), world.connector))

    assert swept == [0, 0, 1]


def test_a_moment_in_a_name_counts_beside_the_stores_own() -> None:
    """Whatever the store says of its age, what was named a day ago is young."""
    world = settled()
    tomorrow = f"{world.now + timedelta(days=2):%Y%m%dT%H%M%SZ}"
    world.store.put(f"{rounds_prefix('hr')}{tomorrow}-slow/0-abcd", b"x")
    world.sim.advance(4 * DAY)
    swept = sweep_segments(world.ports(), world.connector)
    world.sim.advance(DAY)

    assert (swept, sweep_segments(world.ports(), world.connector)) == (0, 1)
