"""Housekeeping polls the import jobs that were given up, and tells of holds and people that wait for long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.crash.scenarios import quick, settled
from tests.fakes import FakeImportJobs
from tests.support.mortal import Death
from tests.support.world import World
from upa_core.domain.bulk.import_job import ImportJob, JobState
from upa_core.domain.documents.connector_state import Debt
from upa_core.domain.documents.lane import Abandoned
from upa_core.domain.documents.runs import Counts, FileState, Hold, Run
from upa_core.domain.errors import UnavailableError
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.shadow import Shard
from upa_core.services.upkeep.housekeeping import HousekeepingResult, housekeeping
from upa_core.services.upkeep.watch_abandoned import watch_abandoned
from upa_core.state.change_people import change_people_between_runs
from upa_core.state.document import lane_of, state_of

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FOLDER = "https://contoso.sharepoint.com/sites/upa/Imports"


class GivenUp(World):
    """Three people whose import file was given up, at a service that a test moves."""

    def __init__(self) -> None:
        super().__init__(3)
        quick(self).sync(hours=1)
        run = self.state.last_run
        self.file = f"upa-hr-{run}-1.json"
        self.jobs = FakeImportJobs()
        self.entry = Abandoned("hr", run, self.file, 1, "u", f"{FOLDER}/{self.file}", (), self.now, self.now)

    def books(self, *entries: Abandoned) -> None:
        """Put import jobs on the books."""
        lane_of(self.store, self.connector).update(lambda lane: replace(lane, abandoned=entries))

    def job(self, number: int, state: JobState, folder: str = "") -> str:
        """Let the service know an import job of the file."""
        name = f"00000000-0000-4000-8000-{number:012d}"
        self.jobs.jobs[name] = ImportJob(name, state, 0, "", self.entry.source_uri, folder)
        return name

    def watch(self) -> int:
        """Poll them; return how many people are in doubt."""
        return watch_abandoned(replace(self.ports(), import_jobs=self.jobs), self.connector)

    def doubted(self) -> bool:
        """Return whether everybody's values are unknown."""
        cells = [set((self.shadow(person) or {}).values()) for person in self.people]
        assert len({one == {None} for one in cells}) == 1
        return cells[0] == {None}


@pytest.fixture
def world() -> GivenUp:
    return GivenUp()


def test_an_import_job_that_still_runs_is_polled_again_in_an_hour(world: GivenUp) -> None:
    """Nobody is in doubt for it, and nothing is owed."""
    world.books(replace(world.entry, jobs=(world.job(1, JobState.PROCESSING),)))
    assert world.watch() == 0
    (left,) = world.lane.abandoned

    assert (left.next_poll, left.since, world.doubted(), world.state.debts) == (world.now + HOUR, world.now, False, ())
    world.jobs.hooks.calls.clear()
    world.watch()
    assert world.jobs.hooks.calls == []


def test_one_that_ended_leaves_doubt_a_debt_and_an_event(world: GivenUp) -> None:
    """Its file and its log folder are ours to delete; a debt that is known is owed once."""
    folder = f"{FOLDER}/{world.file.removesuffix('.json')}-00000000-0000-4000-8000-000000000001-Logs"
    job = world.job(1, JobState.ERROR, folder)
    known = Debt(world.entry.source_uri, is_folder=False, since=world.now, tries=3)
    state_of(world.store, "hr").update(lambda state: replace(state, debts=(known,)))
    world.books(replace(world.entry, jobs=(job,)), replace(world.entry, connector="it", file="upa-it-1.json"))
    assert world.watch() == 3

    assert world.doubted()
    assert [one.connector for one in world.lane.abandoned] == ["it"]
    assert world.state.debts == (known, Debt(folder, is_folder=True, since=world.now))
    fields = {"file": world.file, "people": 3}
    (event,) = world.events.named(EventName.IMPORT_JOB_ENDED_LATE)
    assert event == Event(EventName.IMPORT_JOB_ENDED_LATE, "hr", world.entry.run, Level.WARNING, fields, (job,))


def test_the_file_of_one_that_ended_is_owed(world: GivenUp) -> None:
    """Without a log folder, the file alone."""
    world.books(replace(world.entry, jobs=(world.job(1, JobState.SUCCEEDED),)))
    world.watch()
    assert world.state.debts == (Debt(world.entry.source_uri, is_folder=False, since=world.now),)


def test_whoever_isnt_due_or_is_another_connectors_isnt_asked_for(world: GivenUp) -> None:
    """Nor is a file of the open run: it would be sent again."""
    job = world.job(1, JobState.SUCCEEDED)
    entry = replace(world.entry, jobs=(job,))
    others = replace(entry, connector="it"), replace(entry, next_poll=world.now + timedelta(seconds=1))
    for other in others:
        world.books(other)
        assert world.watch() == 0
        assert world.lane.abandoned == (other,)

    world.books(entry)
    file = FileState(world.file, 1, 3, 3, 1, "")
    run = Run(world.entry.run, world.now, (), (file,), Counts())
    state_of(world.store, "hr").update(lambda state: replace(state, run=run))
    assert (world.watch(), world.lane.abandoned) == (0, (entry,))
    run = replace(run, files=(replace(file, settled=True),))
    state_of(world.store, "hr").update(lambda state: replace(state, run=run))
    world.books(replace(entry, jobs=(world.job(2, JobState.PROCESSING),)))
    assert (world.watch(), world.lane.abandoned[0].next_poll) == (0, world.now + HOUR)


def test_a_queue_call_that_was_never_listed_is_waited_for_a_day(world: GivenUp) -> None:
    """After that its import job won't appear any more; one that is listed after all is waited for."""
    world.books(world.entry)
    world.sim.advance((DAY - timedelta(seconds=1)).total_seconds())
    assert (world.watch(), len(world.lane.abandoned)) == (0, 1)
    world.job(1, JobState.PROCESSING)
    world.sim.advance(HOUR.total_seconds())
    assert (world.watch(), len(world.lane.abandoned)) == (0, 1)
    world.jobs.jobs.clear()
    world.sim.advance(HOUR.total_seconds())
    assert (world.watch(), world.lane.abandoned) == (3, ())


@pytest.mark.parametrize(("queues", "left"), [(1, 0), (2, 1)])
def test_after_several_queue_calls_all_import_jobs_of_the_file_must_have_ended(
    world: GivenUp, queues: int, left: int
) -> None:
    """One that we don't know may still write; with one call there is one."""
    ended = world.job(1, JobState.SUCCEEDED)
    world.job(2, JobState.PROCESSING)
    world.books(replace(world.entry, jobs=(ended,), queues=queues))
    world.watch()

    assert len(world.lane.abandoned) == left


def test_one_that_the_service_forgot_is_over(world: GivenUp) -> None:
    """It isn't listed any more; another of the same file that runs is still waited for."""
    gone, runs = "00000000-0000-4000-8000-000000000009", world.job(1, JobState.PROCESSING)
    world.books(replace(world.entry, jobs=(gone, runs)))
    world.watch()
    assert len(world.lane.abandoned) == 1
    world.books(replace(world.entry, jobs=(gone,)))
    assert world.watch() == 3


def test_one_that_cant_be_polled_delays_no_other_until_thirty_days_have_passed(world: GivenUp) -> None:
    """Its error is raised afterwards; past the horizon its people are doubted once, whatever the service says."""
    bad, good = world.job(1, JobState.PROCESSING), world.job(2, JobState.PROCESSING)
    first = replace(world.entry, jobs=(bad,))
    second = replace(world.entry, file=f"upa-hr-{world.entry.run}-2.json", jobs=(good,))
    world.books(first, second)
    world.jobs.hooks.fail("get", UnavailableError("down"))
    with pytest.raises(UnavailableError):
        world.watch()
    assert [one.next_poll for one in world.lane.abandoned] == [world.now, world.now + HOUR]

    world.books(first)
    world.until(first.since + 30 * DAY)
    world.jobs.hooks.fail("get", UnavailableError("down"))
    assert (world.watch(), world.lane.abandoned) == (3, ())
    assert [one.url for one in world.state.debts] == [first.source_uri]


def test_log_folders_that_cant_be_asked_for_are_tried_again_before_the_horizon(world: GivenUp) -> None:
    """It stays on the books: its logs would be left in the library."""
    job = world.job(1, JobState.SUCCEEDED)
    entry = replace(world.entry, jobs=(job,))
    world.books(entry)
    asked = iter((None, UnavailableError("down")))
    get = world.jobs.get

    def once(name: str) -> ImportJob | None:
        if (error := next(asked, None)) is not None:
            raise error
        return get(name)

    world.jobs.get = once
    with pytest.raises(UnavailableError):
        world.watch()
    assert (world.lane.abandoned, world.state.debts) == ((entry,), ())


def test_housekeeping_tells_what_it_did(world: GivenUp) -> None:
    """By number: debts left, people in doubt, orphans, blobs, parts that failed; further parts by name."""
    world.store.put("connectors/hr/doctor/probe-abcd", b"x")
    world.books(replace(world.entry, jobs=(world.job(1, JobState.SUCCEEDED),)))
    world.sim.advance(4 * 86_400)
    for number in range(2):
        world.store.put(f"connectors/hr/rounds/20261101T000000Z-abcd/{number:05d}-abcd", b"x")
    parts: Mapping[str, Any] = {"more": lambda *_: 7, "nothing": lambda *_: None}
    world.sim.advance(4 * 86_400)
    result = housekeeping(replace(world.ports(), import_jobs=world.jobs), world.connector, parts)

    assert isinstance(result, HousekeepingResult)
    assert (result.debts_left, result.doubted, result.orphans, result.failures) == (0, 3, 0, ())
    assert result.blobs >= 2
    (event,) = world.events.named(EventName.HOUSEKEEPING_DONE)[-1:]
    assert (event.level, event.fields) == (
        Level.INFO,
        {"debts": 0, "doubted": 3, "orphans": 0, "blobs": result.blobs, "failures": 0},
    )


def test_a_part_in_which_the_process_died_too_often_is_left_out_and_told(world: GivenUp) -> None:
    """The others are done for a week without it."""

    def die(*_: object) -> None:
        raise Death("out of memory")

    done: list[str] = []
    parts: Mapping[str, Any] = {"bad": die, "later": lambda *_: done.append("x")}
    deaths = 0
    while True:
        world.sim.advance(86_400)
        try:
            result = housekeeping(world.ports(), world.connector, parts)
        except Death:
            deaths += 1
            assert deaths < 10
            continue
        break
    (told,) = world.events.named(EventName.STEP_GIVEN_UP)

    assert (deaths > 1, result.failures, done) == (True, ("bad",), ["x"])
    assert told.fields == {"step": "housekeeping", "document": "bad", "instead": "it is left out for a week"}
    assert world.events.named(EventName.CLEAN_POSTPONED) == []


def test_an_outage_in_a_part_is_told_with_its_reason(world: GivenUp) -> None:
    """It is a warning: the next turn tries again."""

    def down(*_: object) -> None:
        raise UnavailableError("the library is down")

    result = housekeeping(world.ports(), world.connector, {"bad": down})
    assert result.failures == ("bad",)
    (event,) = world.events.named(EventName.CLEAN_POSTPONED)
    fields = {"part": "bad", "reason": "the library is down"}
    assert event == Event(EventName.CLEAN_POSTPONED, "hr", level=Level.WARNING, fields=fields)


def test_a_hold_is_told_of_after_a_week_and_each_week_again(world: GivenUp) -> None:
    """With its days and its reason; it stays as it is."""
    run = Run("20261122T101500Z-held", world.now, (), (), Counts())
    hold = Hold(run, world.now, "clears 3 people")
    state_of(world.store, "hr").update(lambda state: replace(state, hold=hold))
    told: list[int] = []
    for seconds in (7 * 86_400 - 1, 1, 7 * 86_400 - 1, 1):
        world.sim.advance(seconds)
        housekeeping(world.ports(), world.connector)
        told.append(len(world.events.named(EventName.HOLD_EXPIRED)))
    assert told == [0, 1, 1, 2]
    first = world.events.named(EventName.HOLD_EXPIRED)[0]
    fields = {"days": 7, "why": "clears 3 people"}
    assert first == Event(EventName.HOLD_EXPIRED, "hr", run.id, Level.WARNING, fields)
    assert world.state.hold == replace(hold, alerted=world.now)


def test_people_who_wait_for_a_week_are_told_by_reason(world: GivenUp) -> None:
    """At seven days; with how many they are and how long the first has waited."""
    since = world.now

    def wait(shard: Shard, person: str) -> None:
        for reason, people in ((EscrowReason.PROFILE_NOT_CREATED, world.people[:2]), (EscrowReason.NOT_KEPT, [])):
            if person in people:
                shard.put_in_escrow(person, reason, now=since, due=None)

    change_people_between_runs(world.ports(), world.connector, world.people, wait)
    world.sim.advance(7 * 86_400 - 1)
    housekeeping(world.ports(), world.connector)
    assert world.events.named(EventName.ESCROW_OLD) == []
    world.sim.advance(1)
    housekeeping(world.ports(), world.connector)
    fields = {"reason": "profile_not_created", "people": 2, "days": 7}
    assert world.events.named(EventName.ESCROW_OLD) == [
        Event(EventName.ESCROW_OLD, "hr", level=Level.WARNING, fields=fields)
    ]


def test_nobody_in_escrow_and_no_hold_are_told_of_nothing() -> None:
    """A connector at rest says only that house was kept."""
    world = settled(2)
    world.sim.advance(10 * 86_400)
    world.events.events.clear()
    housekeeping(world.ports(), world.connector)

    assert set(world.events.names) == {EventName.HOUSEKEEPING_DONE}
