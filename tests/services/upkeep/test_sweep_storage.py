"""What is kept of runs, and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.crash.scenarios import settled
from tests.support.joined import JoinedWorld, row
from tests.support.world import NO_THRESHOLD, World
from upa_core.domain.connector import Retention
from upa_core.domain.documents.connector_keys import (
    connector_file_key,
    connector_files_prefix,
    named_file_key,
    probe_key,
)
from upa_core.domain.documents.lane import Abandoned, InFlight
from upa_core.domain.documents.rounds import Link, OpenRound, SealedRound
from upa_core.domain.documents.runs import Counts, Hold, Report, RoundEnd, Run, RunResult
from upa_core.domain.documents.storage_layout import (
    report_key,
    round_key,
    rounds_prefix,
    run_folder,
    shard_key,
    source_key,
)
from upa_core.domain.drift.keys import drift_key, drift_part_key
from upa_core.domain.plan.run_people import RunPeople, run_people_key, shards_key
from upa_core.services.admin.connector_files import digest_of
from upa_core.services.admin.controls import pause
from upa_core.services.pull.directory import pull_directory
from upa_core.services.upkeep.housekeeping import housekeeping
from upa_core.services.upkeep.sweep_storage import (
    sweep_drift,
    sweep_files,
    sweep_people,
    sweep_probes,
    sweep_runs,
    sweep_segments,
    sweep_sources,
)
from upa_core.state.document import lane_of, put_document, state_of

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


RUN = "20261001T000000Z-abcd"
OTHER = "20261001T000000Z-zzzz"


class Kept(World):
    """A connector whose archive a test writes itself."""

    def put(self, *keys: str) -> None:
        """Store blobs without a content that matters."""
        for key in keys:
            self.store.put(key, b"x")

    def report(self, run: str, status: RunResult = "success", connector: str = "hr") -> None:
        """Store a run's report."""
        report = Report(Report.VERSION, connector, run, self.now, self.now, status, (), Counts(), ())
        put_document(self.store, report_key(run), report)

    def left(self, run: str) -> list[str]:
        """Return what is left of a run."""
        return [key.removeprefix(run_folder(run)) for key in self.store.blobs if key.startswith(run_folder(run))]

    def sweep(self) -> int:
        return sweep_runs(self.ports(), self.connector)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.mark.parametrize(("status", "days"), [("success", 30), ("failed", 90), ("rejected", 30)])
def test_a_reported_run_is_kept_as_long_as_its_result_says(kept: Kept, status: RunResult, days: int) -> None:
    """Then all of it goes, in one sweep; another connector's stays."""
    for run, connector in ((RUN, "hr"), (OTHER, "it")):
        kept.report(run, status, connector)
        kept.put(f"{run_folder(run)}files/upa-{connector}-{run}-1.json", f"{run_folder(run)}intent.json")
    kept.sim.advance(days * DAY - 1)
    assert (kept.sweep(), len(kept.left(RUN))) == (0, 3)
    kept.sim.advance(1)
    assert (kept.sweep(), kept.left(RUN), len(kept.left(OTHER))) == (3, [], 3)


@pytest.mark.parametrize(("successes", "failures"), [(40, 90), (120, 90)])
def test_the_end_of_a_round_is_kept_as_long_as_the_longer_of_both(kept: Kept, successes: int, failures: int) -> None:
    """Whoever asked for it may look it up; another connector's stays."""
    retention = Retention(timedelta(days=successes), timedelta(days=failures))
    kept.connector = replace(kept.connector, retention=retention)
    for run, connector in ((RUN, "hr"), (OTHER, "it")):
        put_document(kept.store, round_key(run), RoundEnd(RoundEnd.VERSION, connector, run))
    kept.sim.advance(max(successes, failures) * DAY - 1)
    assert kept.sweep() == 0
    kept.sim.advance(1)
    assert (kept.sweep(), kept.left(RUN), len(kept.left(OTHER))) == (1, [], 1)


def test_a_plan_that_became_no_run_goes_after_three_days(kept: Kept) -> None:
    """It is known as ours by the name of an import file or a connector file, or by its table of people."""
    digest = "a" * 64
    mine = ("20261001T000000Z-aaaa", "20261001T000000Z-bbbb", "20261001T000000Z-cccc")
    theirs = ("20261001T000000Z-dddd", "20261001T000000Z-eeee", "20261001T000000Z-ffff", "20261001T000000Z-gggg")
    for (first, second, third), connector in ((mine, "hr"), (theirs[:3], "it")):
        kept.put(f"{run_folder(first)}plan/upa-{connector}-{first}-1.json", named_file_key(second, connector, digest))
        table = RunPeople(RunPeople.VERSION, connector, third, kept.now, 1, 0)
        put_document(kept.store, run_people_key(third), table)
    kept.put(shards_key(theirs[3]))  # it names nobody
    kept.sim.advance(3 * DAY - 1)
    assert kept.sweep() == 0
    kept.sim.advance(1)
    assert kept.sweep() == 3
    assert [len(kept.left(run)) for run in (*mine, *theirs)] == [0, 0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize("key", [report_key(RUN), run_people_key(RUN), round_key(RUN)])
def test_a_run_whose_owner_cant_be_read_is_kept(kept: Kept, key: str) -> None:
    """It may be another's."""
    kept.put(key)
    kept.sim.advance(200 * DAY)
    assert (kept.sweep(), len(kept.left(RUN))) == (0, 1)


def test_what_tells_whose_a_run_is_goes_last(kept: Kept) -> None:
    """A sweep that breaks off can go on: first what names nobody, then files by name, at last report and table."""
    kept.report(RUN)
    table = RunPeople(RunPeople.VERSION, "hr", RUN, kept.now, 1, 0)
    put_document(kept.store, run_people_key(RUN), table)
    named, intent = f"{run_folder(RUN)}files/upa-hr-{RUN}-1.json", f"{run_folder(RUN)}intent.json"
    kept.put(named, intent, shards_key(RUN))
    kept.sim.advance(30 * DAY)
    kept.store.hooks.calls.clear()
    kept.sweep()
    gone = kept.store.hooks.subjects("delete")

    assert set(gone[:2]) == {intent, shards_key(RUN)}
    assert gone[2] == named
    assert set(gone[3:]) == {report_key(RUN), run_people_key(RUN)}


def test_a_run_that_something_still_needs_is_kept(kept: Kept) -> None:
    """In the lane, given up, open, held, and the rounds of each, and those in the outbox."""
    names = [f"20261001T000000Z-aaa{letter}" for letter in "abcdefg"]
    lane_run, given_up, opened, its_round, held, held_round, sealed = names
    for run in names:
        kept.report(run)
    run = Run(opened, kept.now, (its_round,), (), Counts())
    hold = Hold(Run(held, kept.now, (held_round,), (), Counts()), kept.now, "why")
    waiting = SealedRound(sealed, "delta", "", kept.now, kept.now, (), "", ())
    document, lane = state_of(kept.store, "hr"), lane_of(kept.store, kept.connector)
    document.update(lambda state: replace(state, run=run, hold=hold, sealed=(waiting,)))
    flight = InFlight("hr", lane_run, f"upa-hr-{lane_run}-1.json", 1, "queued", kept.now)
    entry = Abandoned("hr", given_up, f"upa-hr-{given_up}-1.json", 1, "", "", (), kept.now, kept.now)
    lane.update(lambda known: replace(known, in_flight=flight, abandoned=(entry,)))
    kept.sim.advance(200 * DAY)
    assert kept.sweep() == 0

    document.update(lambda state: replace(state, run=None, hold=None, sealed=()))
    lane.update(lambda known: replace(known, in_flight=None, abandoned=()))
    assert kept.sweep() == 7


def test_a_connector_file_goes_when_no_run_names_it(kept: Kept) -> None:
    """After three days; the one in force and another connector's stay."""
    named, unnamed, young = ("1" * 64, "2" * 64, "3" * 64)
    in_force = digest_of(kept.connector_file)
    for digest in (named, unnamed, in_force):
        kept.put(connector_file_key("hr", digest))
    kept.put(connector_file_key("it", unnamed), named_file_key(RUN, "hr", named), named_file_key(RUN, "it", unnamed))
    kept.sim.advance(3 * DAY - 1)
    kept.put(connector_file_key("hr", young))
    assert sweep_files(kept.ports(), kept.connector) == 0
    kept.sim.advance(1)
    assert sweep_files(kept.ports(), kept.connector) == 1
    assert {key[-69:-5] for key in kept.store.blobs if key.startswith(connector_files_prefix("hr"))} == {
        named,
        young,
        in_force,
    }
    assert connector_file_key("it", unnamed) in kept.store.blobs


def test_what_reading_back_found_goes_ninety_days_after_the_last_read(kept: Kept) -> None:
    """The index and each partition."""
    kept.put(drift_key("hr"), drift_part_key("hr", 3), drift_key("it"))
    kept.sim.advance(90 * DAY - 1)
    assert sweep_drift(kept.ports(), kept.connector) == 0
    kept.sim.advance(1)
    assert sweep_drift(kept.ports(), kept.connector) == 2
    assert drift_key("it") in kept.store.blobs


def test_what_the_doctor_left_goes_after_three_days(kept: Kept) -> None:
    """It was interrupted; a probe at work is younger."""
    kept.put(probe_key("hr", "abcd"), probe_key("it", "abcd"))
    kept.sim.advance(3 * DAY - 1)
    assert sweep_probes(kept.ports(), kept.connector) == 0
    kept.sim.advance(1)
    assert sweep_probes(kept.ports(), kept.connector) == 1
    assert probe_key("it", "abcd") in kept.store.blobs


def test_only_shards_rows_and_segments_that_the_state_doesnt_name_go() -> None:
    """Those of today stay however old they are: shards, rounds in the outbox or open, rows of a source, keys."""
    world = JoinedWorld(3)
    world.deliver(row("E0", "0"), row("E8", "nobody's"))
    world.pull()
    world.hire("E7")
    pull_directory(world.ports(), world.connector)
    state = world.state
    opened = replace(state.sealed[-1].segments[0], key=f"{rounds_prefix('hr')}{RUN}/00001-open")
    reading = OpenRound(RUN, "delta", "", world.now, Link("u", "next"), (), "", segments=(opened,))
    state_of(world.store, "hr").update(lambda one: replace(one, open_round=reading))
    stray = (
        f"{rounds_prefix('hr')}{RUN}/00001-abcd",
        f"{rounds_prefix('hr', 'keys')}{RUN}/00001-abcd",
        source_key("hr", "hr", RUN, 1, "abcd"),
        shard_key("hr", "7-old", 0),
    )
    shard = shard_key("hr", state.people.folder, 0)
    for key in (*stray, opened.key, shard):
        world.store.put(key, b"x")
    before = set(world.store.blobs)
    sweeps = (sweep_segments, sweep_segments, sweep_sources, sweep_people)
    world.sim.advance(3 * DAY - 1)
    assert [sweep(world.ports(), world.connector) for sweep in sweeps] == [0, 0, 0, 0]
    world.sim.advance(40 * DAY)
    assert [sweep(world.ports(), world.connector) for sweep in sweeps] == [1, 0, 2, 1]
    assert before - set(world.store.blobs) == set(stray)
