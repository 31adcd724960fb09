"""Sending, watching, archiving, settling: import jobs in all their states."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from tenant_sim import Fault
from tests.crash.rivals import Rival, beside
from tests.crash.scenarios import quick, settled
from tests.support.world import FOLDER, World, with_limits
from upa_core.domain.documents.connector_state import QuarantineReason
from upa_core.domain.errors import AccessDeniedError, ConflictError, RefusedError
from upa_core.domain.health.events import EventName, Level
from upa_core.domain.people.shadow import EscrowReason
from upa_core.services.deliver.archive import load_outcome
from upa_core.services.deliver.bulk.send import send
from upa_core.services.upkeep.housekeeping import housekeeping
from upa_core.state.document import lane_of


def changed(people: int = 3, **connector: object) -> World:
    """Return a settled world in which one person has changed."""
    world = settled(people, **connector)
    world.edit(world.people[0], department="B")
    return world


def last_outcome(world: World) -> object:
    name = world.queued()[-1]
    return load_outcome(world.ports(), "-".join(name.split("-")[2:4]), name)


def test_the_whole_way_of_a_slow_import_job_costs_at_most_25_polls() -> None:
    """An import job of 2.5 h is polled with a backoff, and its wait survives restarts."""
    world = settled()
    settings = world.sim.timer_job.settings
    settings.download_delay, settings.processing, settings.importing = 3600, 1800, 3600
    world.edit(world.people[0], department="B")
    before = len(world.events.named(EventName.IMPORT_JOB_STATE))
    world.sync()
    assert len(world.events.named(EventName.IMPORT_JOB_STATE)) - before <= 25
    assert world.differences() == []


def test_an_empty_guid_is_looked_up_by_the_files_name() -> None:
    """The import job that SharePoint didn't name is found and watched; nothing is queued again."""
    world = changed()
    world.sim.timer_job.plan("next", "empty_job_id")
    world.settle_down()
    assert (len(world.sim.jobs), world.differences()) == (2, [])


@pytest.mark.parametrize("fault", [{"drop": "after"}, {"status": 500}, {"drop": "before"}])
def test_silence_at_queue_time_is_looked_up_twice_minutes_apart(fault: dict[str, object]) -> None:
    """One that exists is found; only two misses minutes apart send the same bytes again."""
    world = changed()
    world.sim.faults.add(Fault(surface="admin", operation="*Queue*", times=1, **fault))  # type: ignore[arg-type]
    asked = world.now
    world.settle_down()
    jobs = world.sim.jobs[1:]
    assert (len(jobs), world.differences()) == (1, [])
    if fault != {"drop": "after"}:
        assert jobs[0].submitted_at - asked.timestamp() >= 10 * 60
        assert len(world.events.named(EventName.FILE_LOOKED_UP)) >= 3


def test_queue_calls_that_neither_answer_nor_are_listed_end_the_run_not_the_lane() -> None:
    """After two such calls the run fails, the file stays on the books as abandoned, and the next run goes on."""
    world = changed()
    world.sim.faults.add(Fault(surface="admin", operation="*Queue*", times=2, status=500))
    world.settle_down()
    assert world.differences() == []
    assert EventName.IMPORT_JOB_ABANDONED in world.events.names


def test_a_second_queue_call_that_is_throttled_for_ever_frees_the_lane() -> None:
    """With an earlier call unaccounted for, the run ends as abandoned after as many tries as any other."""
    world = changed()
    world.sim.faults.add(Fault(surface="admin", operation="*Queue*", times=1, status=500))
    world.sim.faults.add(Fault(surface="admin", operation="*Queue*", status=429))
    world.pull()
    world.drain(hours=4)
    assert world.lane.in_flight is None
    assert (len(world.lane.abandoned), world.state.retry is not None) == (1, True)
    world.sim.faults.clear()
    world.settle_down()
    assert world.differences() == []


def test_import_jobs_that_cant_be_listed_are_waited_out_and_told() -> None:
    """The list view threshold: a day passes before the same bytes are queued again, and an error says so."""
    world = changed()
    world.sim.faults.add(Fault(surface="admin", operation="*Queue*", times=1, status=500))
    ports = world.ports()

    class Refusing:
        def __getattr__(self, name: str) -> object:
            if name == "list":
                return self._refuse
            return getattr(ports.import_jobs, name)

        def _refuse(self) -> None:
            raise RefusedError("the attempted operation is prohibited: list view threshold")

    world.pull()
    blind = replace(ports, import_jobs=Refusing())  # type: ignore[arg-type]
    asked = world.now
    world.drain(blind, hours=40)
    jobs = world.sim.jobs[1:]
    assert len(jobs) == 1
    assert jobs[0].submitted_at - asked.timestamp() >= 24 * 3600
    assert any(event.level is Level.ERROR for event in world.events.named(EventName.FILE_LOOKED_UP))


def test_a_throttled_queue_call_isnt_counted_against_the_budget() -> None:
    """429 surely queued nothing: the day's import jobs aren't used up by it."""
    world = changed()
    before = world.lane.jobs_total
    world.sim.faults.add(
        Fault(surface="admin", operation="*Queue*", times=3, status=429, headers={"Retry-After": "90"})
    )
    world.settle_down()
    assert (world.lane.jobs_total - before, world.differences()) == (1, [])


def test_partial_failure_is_success_and_escrow_with_the_rhythm() -> None:
    """The person without a profile waits, tried at 1, 6, 12 h and daily, and gets today's value without an alarm."""
    world = settled()
    absent = world.join(profile=False, department="first")
    world.sync(hours=1)
    entry = world.escrow()[absent]
    assert entry.reason is EscrowReason.PROFILE_NOT_CREATED
    assert world.state.retry is None
    assert entry.due is not None
    assert timedelta(minutes=50) < entry.due - world.now <= timedelta(hours=1)
    assert all(event.level is Level.INFO for event in world.events.named(EventName.PERSON_ESCROWED))
    for _ in range(6):
        housekeeping(world.ports(), world.connector)
        assert EventName.ESCROW_OLD not in world.events.names
        world.sim.advance(86_400)
        world.drain(hours=1)
    world.sim.advance(2 * 86_400)
    housekeeping(world.ports(), world.connector)
    assert EventName.ESCROW_OLD in world.events.names
    world.edit(absent, department="today")
    world.sim.profiles.create(absent)
    world.settle_down(days=2)
    assert world.profile(absent)["UpaDepartment"] == "today"
    assert world.escrow() == {}


def test_a_value_that_sharepoint_refuses_costs_one_person() -> None:
    """Too long for its property: that person is in escrow with its own reason, the rest is delivered."""
    world = settled()
    world.edit(world.people[0], department="x" * 41)
    world.edit(world.people[1], department="fine")
    world.sync()
    assert world.escrow()[world.people[0]].reason is EscrowReason.REFUSED_BY_SHAREPOINT
    assert world.profile(world.people[1])["UpaDepartment"] == "fine"


def test_a_late_log_is_waited_for() -> None:
    """On Error the log may come within 2 h; nobody is confirmed before."""
    world = settled()
    world.sim.timer_job.plan("next", log="late", log_delay=4000)
    absent = world.join(profile=False, department="x")
    world.edit(world.people[0], department="B")
    world.sync(hours=2)
    assert (list(world.escrow()), world.differences()) == ([absent], [])
    assert len(world.sim.jobs) == 2


def ended_with_two_logs() -> tuple[World, list[str]]:
    """Return a world whose import job has just ended, each of two people without a profile in a log of their own."""
    world = settled()
    absent = [world.join(profile=False, department="x") for _ in range(2)]
    world.edit(world.people[0], department="B")
    world.pull()
    world.far()
    while not world.sim.jobs[-1].state.terminal:
        world.sim.advance(10)
    (log,) = (file for file in world.sim.library.files(under=FOLDER) if "-Logs/" in file.path)
    first, second = log.content.splitlines(keepends=True)
    log.content = first
    world.sim.library.add_file(log.parent, f"{log.name}-2", second, overwrite=False)
    return world, absent


def test_all_files_of_the_log_folder_are_read() -> None:
    """A log in several files names people in each."""
    world, absent = ended_with_two_logs()
    world.drain(hours=0.3)
    assert sorted(world.escrow()) == sorted(absent)
    assert world.profile(world.people[0])["UpaDepartment"] == "B"
    assert len(world.sim.jobs) == 2


def test_a_log_that_is_listed_and_cant_be_read_confirms_nobody() -> None:
    """Whom it names isn't known, so everybody in the file is sent again."""
    world, absent = ended_with_two_logs()
    ports = world.ports()

    class Secretive:
        def __getattr__(self, name: str) -> object:
            return getattr(ports.library, name)

        def download(self, url: str) -> bytes | None:
            if url.endswith("-2"):
                raise AccessDeniedError("no")
            return ports.library.download(url)

    while world.state.run is not None:
        if world.step(replace(ports, library=Secretive())).kind != "again":  # type: ignore[arg-type]
            world.sim.advance(60)
    assert all(set((world.shadow(person) or {"": None}).values()) <= {None} for person in absent)
    known = world.shadow(world.people[0])
    assert known is not None
    assert known["UpaDepartment"] is None
    assert world.state.retry is not None
    world.settle_down()
    assert world.differences() == []


@pytest.mark.parametrize("error", [1, 20, 21, 22, 23])
def test_every_error_is_planned_again_in_growing_pauses_and_never_looped(error: int) -> None:
    """Whatever ends an import job, nobody is confirmed, the rounds stay and the third failure in a row is told."""
    world = changed()
    for nth in range(2, 5):
        world.sim.timer_job.plan(nth, error=error, applied=0.0, log="none" if error == 1 else "normal")
    world.pull()
    world.drain(hours=30)
    begun = [job.submitted_at for job in world.sim.jobs[1:]]
    assert len(begun) == 4
    gaps = [after - before for before, after in itertools.pairwise(begun)]
    assert [gap >= pause * 3600 for gap, pause in zip(gaps, (0.25, 1, 6), strict=True)] == [True] * 3
    assert EventName.QUARANTINED in world.events.names
    assert (world.state.quarantine, world.differences(), world.library()) == (None, [], [])


def test_unexplained_failures_pause_longer_and_the_third_is_quarantine_which_a_success_ends() -> None:
    """InternalError without a log: retried after growing pauses, told once as quarantine, left by itself."""
    world = changed()
    for nth in range(2, 5):
        world.sim.timer_job.plan(nth, "internal_error")
    world.pull()
    world.drain(hours=30)
    assert [job.error.name for job in world.sim.jobs[1:]] == ["INTERNAL_ERROR"] * 3 + ["NO_ERROR"]
    begun = [job.submitted_at for job in world.sim.jobs[1:]]
    gaps = [after - before for before, after in itertools.pairwise(begun)]
    assert gaps == sorted(gaps)
    quarantined = world.events.named(EventName.QUARANTINED)
    assert [event.fields["reason"] for event in quarantined] == [QuarantineReason.TARGET_DOWN]
    assert EventName.QUARANTINE_LEFT in world.events.names
    assert (world.state.quarantine, world.differences()) == (None, [])


def test_after_an_unexplained_failure_the_next_files_are_half_as_long() -> None:
    """Whoever spoils a file is found by halving; the others are delivered on the way."""
    world = settled(8)
    for person in world.people:
        world.edit(person, department="B")
    world.sim.timer_job.plan("next", "internal_error")
    world.settle_down()
    assert world.differences() == []
    assert [len(job.outcome.writes) for job in world.sim.jobs[2:]] == [4, 4]


def test_an_import_job_that_never_starts_is_cancelled_after_a_day_and_sent_again() -> None:
    """Stalled is told at 6 h, given up at 24 h; what hadn't started is cancelled and nothing stays on the books."""
    world = changed()
    world.sim.timer_job.plan("next", "stuck_submitted")
    world.pull()
    world.drain(hours=7)
    assert EventName.IMPORT_JOB_STALLED in world.events.names
    world.settle_down(days=2)
    assert (world.lane.abandoned, world.differences(), world.library()) == ((), [], [])


def test_an_import_job_stuck_for_ever_wedges_nothing() -> None:
    """It is abandoned after a day; later runs go on, and after 30 days it is forgotten with a last doubt."""
    world = changed()
    world.sim.timer_job.plan("next", "stuck")
    world.pull()
    world.drain(hours=30)
    assert len(world.lane.abandoned) == 1
    world.edit(world.people[1], department="C")
    world.pull()
    world.drain(hours=6)
    assert world.profile(world.people[1])["UpaDepartment"] == "C"
    assert world.profile(world.people[0])["UpaDepartment"] == "B"
    world.settle_down(days=31)
    assert (world.lane.abandoned, world.library()) == ((), [])


def test_one_abandoned_import_job_that_cant_be_read_keeps_no_other_waiting() -> None:
    """Each is polled for itself, and one that is refused for ever is forgotten with its last doubt all the same."""
    world = changed()
    for nth in (2, 3):
        world.sim.timer_job.plan(nth, hang="Processing", wake_after=26 * 3600)
    world.pull()
    world.drain(hours=60)
    world.sim.advance(12 * 3600)
    first, second = world.lane.abandoned
    ports = world.ports()

    class Partial:
        def __getattr__(self, name: str) -> object:
            return getattr(ports.import_jobs, name)

        def get(self, job: str) -> object:
            if job in first.jobs:
                raise RefusedError("no such import job")
            return ports.import_jobs.get(job)

    blind = replace(ports, import_jobs=Partial())  # type: ignore[arg-type]
    assert housekeeping(blind, world.connector).failures == ("abandoned import jobs",)
    assert world.lane.abandoned == (first,)
    assert second.file in {event.fields["file"] for event in world.events.named(EventName.IMPORT_JOB_ENDED_LATE)}
    world.sim.advance(31 * 86_400)
    assert housekeeping(blind, world.connector).failures == ()
    assert world.lane.abandoned == ()


def test_a_polling_that_is_refused_for_ever_wedges_nothing() -> None:
    """Even when the status can't be read at all, the lane is free again after a day."""
    world = changed()
    world.pull()
    world.far()
    world.sim.faults.add(Fault(surface="admin", status=403))
    world.drain(hours=26)
    assert world.lane.in_flight is None
    world.sim.faults.clear()
    world.settle_down()
    assert world.differences() == []


def test_a_file_that_somebody_replaced_confirms_nobody() -> None:
    """What lay in the library at the end wasn't what we wrote: everything in it is unknown and sent again."""
    world = changed()
    world.pull()
    world.far()
    flight = world.lane.in_flight
    assert flight is not None
    world.ports().library.upload(flight.upload, b'\xef\xbb\xbf{"value":[]}')
    world.settle_down()
    assert len(world.sim.jobs) == 3
    assert world.differences() == []


def test_a_log_that_lies_elsewhere_is_no_log() -> None:
    """A LogFolderUri of another host gets no token, and stops nothing."""
    world = settled()
    world.join(profile=False, department="x")
    world.pull()
    world.far()
    ports = world.ports()

    class Astray:
        def __getattr__(self, name: str) -> object:
            return getattr(ports.import_jobs, name)

        def get(self, job: str) -> object:
            found = ports.import_jobs.get(job)
            return found and replace(found, log_folder_uri=found.log_folder_uri and "https://evil.example/Logs")

    astray = replace(ports, import_jobs=Astray())  # type: ignore[arg-type]
    while world.state.run is not None:
        if world.step(astray).kind != "again":
            world.sim.advance(120)
    assert world.lane.in_flight is None
    assert world.state.retry is not None


def test_a_refused_upload_is_quarantine_and_leaves_no_debt() -> None:
    """Missing rights are told at once as what they are."""
    world = changed()
    world.sim.apps.client.revoke("sharepoint", "Sites.FullControl.All")
    world.tokens.refresh(world.sim.urls.sharepoint)
    world.sync()
    state = world.state
    assert state.quarantine is not None
    assert (state.quarantine.reason, state.debts, world.lane.in_flight) == (QuarantineReason.CREDENTIALS, (), None)


def test_a_property_that_people_may_edit_is_a_mapping_to_be_mended() -> None:
    """SharePoint refuses it when queueing: the run fails as quarantine, the rounds stay."""
    world = changed()
    world.sim.profiles.define("UpaDepartment", editable=True)
    world.sync()
    state = world.state
    assert state.quarantine is not None
    assert state.quarantine.reason is QuarantineReason.MAPPING
    assert "UpaDepartment" in state.quarantine.detail
    assert len(state.sealed) == 1


def test_two_connectors_share_the_lane_one_import_job_at_a_time() -> None:
    """The second waits for the first, whoever comes."""
    world = quick(World(3))
    one = world.connector
    other = world.connect("it", mappings=(replace(one.mappings[0], target="UpaCode"),))
    for connector in (one, other):
        world.connector = connector
        world.pull()
    world.connector = one
    world.far()
    world.connector = other
    step = world.far()
    assert (step.kind, len(world.sim.jobs)) == ("poll", 1)
    world.connector = one
    world.settle_down()
    world.connector = other
    world.settle_down()
    spans = sorted((job.submitted_at, job.ended_at or 0) for job in world.sim.jobs)
    assert len(spans) == 2
    assert spans[0][1] <= spans[1][0]


def test_a_lane_that_a_dead_connector_holds_is_taken_over_and_its_owner_learns_of_it() -> None:
    """After 26 h another connector goes on; the owner's file is given up, not queued a second time."""
    world = quick(World(3))
    one = world.connector
    other = world.connect("it", mappings=(replace(one.mappings[0], target="UpaCode"),))
    world.pull()
    world.far()
    world.sim.advance(27 * 3600)
    world.connector = other
    world.pull()
    world.drain(hours=3)
    assert world.lane.in_flight is None
    assert [entry.connector for entry in world.lane.abandoned] == ["hr"]
    world.connector = one
    world.settle_down()
    names = world.queued()
    assert len(names) == len(set(names))
    assert world.differences(world_rules(world)) == []


def world_rules(world: World) -> list[object]:
    """Leave out the property that another connector writes."""
    from tests.support.world import RULES

    return [rule for rule in RULES if rule.target != "UpaCode"]


def test_a_duplicated_wake_up_finds_nothing_to_do() -> None:
    """Calling again at every step queues nothing twice and waits where it waited."""
    world = changed()
    world.pull()
    for _ in range(4):
        first, second = world.far(), world.far(world.ports())
        assert (first.kind, second.kind) == ("poll", "poll")
    assert len(world.sim.jobs) == 2


def test_a_stalled_sender_doesnt_take_the_lane_for_a_file_that_others_sent() -> None:
    """That the lane is free, as it was when it was read, doesn't tell that nobody was in it meanwhile."""
    world = changed()
    world.pull()
    assert world.step().why == "planned"
    ports = world.ports()
    rival = Rival(ports.store, 1, lambda: world.drain(hours=3))
    with pytest.raises(ConflictError):
        send(beside(ports, rival), world.connector)
    assert (world.lane.in_flight, len(world.sim.jobs)) == (None, 2)


def test_the_next_file_isnt_delayed_by_one_that_cant_be_deleted() -> None:
    """Deleting is a debt, paid when the lock is gone; meanwhile runs go on."""
    world = changed()
    world.connector = with_limits(world.connector)
    fault = world.sim.faults.add(Fault(surface="sharepoint", operation="*elete*", status=423))
    world.sync(hours=2)
    assert fault.fired > 0
    assert len(world.state.debts) == 1
    world.edit(world.people[1], department="C")
    world.sync(hours=2)
    assert world.profile(world.people[1])["UpaDepartment"] == "C"
    world.sim.faults.clear()
    world.settle_down()
    assert (world.state.debts, world.library()) == ((), [])


def test_the_lane_is_one_document_for_the_tenant() -> None:
    """Connectors of one tenant read the same lane."""
    world = settled(1)
    other = world.connect("it")
    assert lane_of(world.store, other).load().value.jobs_total == 1


def test_what_is_retained_for_days_is_tried_ever_more_rarely() -> None:
    """Debts that can't be paid cost a few calls a day, not one at every turn, and are paid in the end."""
    world = changed()
    fault = world.sim.faults.add(Fault(surface="sharepoint", operation="*elete*", status=423))
    world.sync(hours=2)
    for _ in range(7 * 24):
        housekeeping(world.ports(), world.connector)
        world.sim.advance(3600)
    assert fault.fired <= 20
    world.sim.faults.clear()
    world.settle_down()
    assert world.library() == []


def test_an_import_job_that_turns_up_late_beside_its_second_queueing_is_watched_too() -> None:
    """Of two import jobs of one file both are awaited, so that the slower can't write behind our back."""
    world = changed()
    world.sim.faults.add(Fault(surface="admin", operation="*Queue*", times=1, drop="after"))
    world.sim.timer_job.plan("next", slow=100.0)
    ports = world.ports()
    listed = ports.import_jobs.list
    hidden = [0, 0]

    class Late:
        def __getattr__(self, name: str) -> object:
            return getattr(ports.import_jobs, name)

        def list(self) -> object:
            if hidden:
                hidden.pop()
                return []
            return listed()

    world.pull()
    world.drain(replace(ports, import_jobs=Late()), hours=6)  # type: ignore[arg-type]
    first, second = world.sim.jobs[1:]
    assert first.source_uri == second.source_uri
    outcome = last_outcome(world)
    assert [job.id for job in outcome.jobs] == [second.job_id, first.job_id]  # type: ignore[attr-defined]
    assert world.differences() == []
