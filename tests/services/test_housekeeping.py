"""Housekeeping, previews, explanations and status."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import timedelta

from tests.crash.scenarios import quick, settled
from tests.fakes import MemoryStore
from tests.support.world import NO_THRESHOLD, World, with_limits
from tests.support.wrapped import Wrapped
from upa_core.domain.connector import Retention
from upa_core.domain.documents.keys import run_folder
from upa_core.domain.errors import AccessDeniedError
from upa_core.domain.health.events import EventName
from upa_core.domain.plan.planner import Entry
from upa_core.services.admin.controls import pause
from upa_core.services.health.status import status
from upa_core.services.insight.explain import explain
from upa_core.services.insight.preview import preview
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


def test_a_preview_writes_nothing_anywhere() -> None:
    """Old → new of everything that is due, read from the source, without a trace in storage or at SharePoint."""
    world = settled(threshold=replace(NO_THRESHOLD, clears_absolute=0))
    world.edit(world.people[0], department="B", jobTitle=None)
    world.join(department="new")
    before, calls = world.store.blobs, len(world.sim.jobs)
    seen: list[Entry] = []

    class Sink:
        def add(self, entries: list[Entry]) -> None:
            seen.extend(entries)

    shown = preview(world.ports(), world.connector, sink=Sink(), most=1)
    assert world.store.blobs == before
    assert (len(world.sim.jobs), world.library()) == (calls, [])
    assert (shown.pulled, shown.import_jobs, shown.complete, len(shown.entries)) == ("sealed", 1, False, 1)
    assert shown.held.startswith("clears of 1")
    first = next(entry for entry in seen if entry.person == world.people[0])
    assert first.new == {"UpaDepartment": "B", "UpaTitle": ""}
    assert first.old == {"UpaDepartment": "D0", "UpaTitle": "T0"}
    assert preview(world.ports(), world.connector, source=False).import_jobs == 0


def test_a_full_preview_of_a_new_connector_counts_everybody() -> None:
    """Before anything was ever pulled."""
    world = quick(World(5))
    shown = preview(world.ports(), world.connector, full=True)
    assert (shown.counts.people, shown.counts.updated, world.store.blobs) == (5, 5, {})


def test_why_tells_a_persons_way_through_the_pipeline() -> None:
    """Plans old → new with their results, what is confirmed, why somebody waits."""
    world = settled()
    world.edit(world.people[0], department="B")
    absent = world.join(profile=False, department="x")
    world.sync(hours=0.8)
    told = explain(world.ports(), world.connector, world.people[0].upper())
    assert [one.changes["UpaDepartment"] for one in told.timeline] == [(None, "D0"), ("D0", "B")]
    assert "doesn't name the person" in told.timeline[-1].result
    assert told.known["UpaDepartment"] == "B"
    waiting = explain(world.ports(), world.connector, absent)
    assert waiting.escrow is not None
    assert waiting.timeline[-1].result.startswith("IdentityNotResolvable")
    assert waiting.known["UpaDepartment"] is None


def test_a_folder_that_no_run_made_leaves_the_timeline_whole() -> None:
    """What an administrator puts among the runs, under a name that tells no moment, is passed over."""
    world = settled()
    world.store.put("runs/2026/11/notes/report.json", b"{}")

    assert len(explain(world.ports(), world.connector, world.people[0]).timeline) == 1


def test_status_is_json_and_names_each_state() -> None:
    """One line on top: what, since when, why, what to do."""
    world = quick(World(4, threshold=replace(NO_THRESHOLD, clears_absolute=0)))
    world.join(profile=False, department="x")

    def told() -> dict[str, object]:
        document = status(world.ports(), world.connector)
        json.dumps(document)
        return document

    assert told()["state"] == "starting"
    world.sync(hours=0.8)
    document = told()
    assert document["state"] == "healthy"
    assert document["escrow"]["by_reason"] == {"profile_not_created": 1}  # type: ignore[index]
    assert document["last_run"]["counts"]["exported"] == 4  # type: ignore[index]
    world.edit(world.people[0], jobTitle=None)
    world.sync(hours=0.2)
    assert (told()["state"], told()["held_plan"]["counts"]["cleared"]) == ("held", 1)  # type: ignore[index]
    pause(world.ports(), world.connector, "anna")
    assert told()["state"] == "paused"


def test_status_of_a_stalled_import_job_and_of_a_failure() -> None:
    """A stuck import job shows as stalled, a failed run as degraded with its next try."""
    world = settled()
    world.sim.timer_job.plan("next", "stuck")
    world.edit(world.people[0], department="B")
    world.pull()
    world.drain(hours=7)
    assert status(world.ports(), world.connector)["state"] == "stalled"
    world.end_run()
    document = status(world.ports(), world.connector)
    assert (document["state"], document["failures_in_a_row"]) == ("degraded", 1)
    assert len(document["abandoned_jobs"]) == 1


def test_people_by_the_hundred_go_through_small_shards() -> None:
    """Planning group by group, over many shards and segments, gives what planning in one piece gives."""
    world = quick(World(300))
    world.connector = with_limits(world.connector, segment_rows=50)
    world.sim.delta.options.page_size = 50
    world.settle_down()
    assert world.state.people.shards == 128
    assert world.differences() == []
    world.store = copy_of(world)
    for person in world.people[::7]:
        world.edit(person, department="moved")
    world.pull(full=True)
    world.settle_down()
    assert world.differences() == []


def test_more_shards_remember_how_old_a_file_may_be_to_tell_of_strangers() -> None:
    """Who was forgotten before people were moved stays forgotten, whatever a stalled instance settles afterwards."""
    world = settled(2)
    world.sim.directory.remove(world.people[0])
    world.sync()
    floor = max(shard.floor for shard in world.shards())
    for number in range(14):
        world.join(department=f"N{number}")
    world.pull(full=True)
    world.settle_down()
    assert floor > 0
    assert len(world.shards()) > 1
    assert {shard.floor for shard in world.shards()} == {floor}


def copy_of(world: World) -> MemoryStore:
    """Return the storage as a restart finds it."""
    return world.store.copy()


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
