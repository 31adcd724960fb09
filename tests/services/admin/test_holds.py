"""Held plans: approved, rejected, or left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.crash.scenarios import settled
from tests.support.world import NO_THRESHOLD, World, with_limits
from upa_core.domain.documents.census import Census, Censuses
from upa_core.domain.documents.connector_state import PeopleIndex, RunRequest
from upa_core.domain.documents.quarantine import Quarantine, QuarantineReason
from upa_core.domain.documents.rounds import SealedRound, Segment
from upa_core.domain.documents.runs import Counts, Decision, Hold, Intent, Report, Retry, Run
from upa_core.domain.documents.storage_layout import censuses_key, decision_key, file_key, intent_key, report_key
from upa_core.domain.errors import RefusedError
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.services.admin.holds import Decided, approve, decided, lost_files, reject, sample
from upa_core.services.upkeep.housekeeping import housekeeping
from upa_core.state.document import censuses_of, get_document, put_document, state_of


def held_world(max_pairs: int = 500_000) -> World:
    """Return a world whose plan of three clears is held."""
    world = settled(threshold=replace(NO_THRESHOLD, clears_absolute=2))
    world.connector = with_limits(world.connector, max_pairs=max_pairs)
    for person in world.people[:3]:
        world.edit(person, jobTitle=None)
    world.sync()
    assert world.state.hold is not None
    return world


def test_a_sample_of_a_held_plan_begins_with_the_people_who_would_lose_a_value() -> None:
    """They are what a decision is about, and stay in where there is room for few."""
    world = settled(5, threshold=replace(NO_THRESHOLD, clears_absolute=0))
    for person in world.people:
        world.edit(person, department="B")
    world.edit(max(world.people), jobTitle=None)
    world.sync()
    hold = world.state.hold
    assert hold is not None

    assert [entry.person for entry in sample(world.ports(), hold, 1)] == [max(world.people)]
    assert [entry.clears for entry in sample(world.ports(), hold, 20)] == [True, False, False, False, False]


def test_approving_exports_exactly_the_frozen_plan_and_later_rounds_afterwards() -> None:
    """What changed during the hold is planned after the approved run."""
    world = held_world()
    hold = world.state.hold
    assert hold is not None
    world.edit(world.people[0], jobTitle="later")
    world.pull()
    approve(world.ports(), world.connector, hold.run.id, "anna")
    world.drain(hours=1)
    assert [job.source_uri.rpartition("-")[2] for job in world.sim.jobs] == ["1.json", "2.json", "3.json"]
    world.settle_down()
    assert world.profile(world.people[0])["UpaTitle"] == "later"
    assert world.profile(world.people[1])["UpaTitle"] == ""
    stored = get_document(world.store, decision_key(hold.run.id), Decision)
    assert stored is not None
    assert (stored.value.by, stored.value.decision) == ("anna", "approved")


def test_what_was_approved_doesnt_hold_the_next_plan() -> None:
    """The rolling window begins anew with an approval."""
    world = held_world()
    assert world.state.hold is not None
    approve(world.ports(), world.connector, world.state.hold.run.id, "anna")
    world.drain(hours=1)
    world.edit(world.people[5], jobTitle=None)
    world.settle_down()
    assert world.profile(world.people[5])["UpaTitle"] == ""


def test_rejected_values_stay_out_until_their_source_changes() -> None:
    """Neither a delta about something else nor a full round plans them; a new value at the source does."""
    world = held_world()
    assert world.state.hold is not None
    run = world.state.hold.run.id
    assert reject(world.ports(), world.connector, run, "bert") == 3
    world.edit(world.people[0], department="elsewhere")
    world.settle_down()
    world.pull(full=True)
    world.settle_down()
    assert [world.profile(p)["UpaTitle"] for p in world.people[:3]] == ["T0", "T1", "T2"]
    assert world.profile(world.people[0])["UpaDepartment"] == "elsewhere"
    world.edit(world.people[1], jobTitle="anew")
    world.settle_down()
    assert world.profile(world.people[1])["UpaTitle"] == "anew"
    world.edit(world.people[1], jobTitle=None)
    world.settle_down()
    assert world.profile(world.people[1])["UpaTitle"] == ""
    report = get_document(world.store, report_key(run), Report)
    assert report is not None
    assert report.value.status == "rejected"


def test_a_decision_is_made_once() -> None:
    """Nobody approves what was rejected, or decides about a run that isn't held."""
    world = held_world()
    assert world.state.hold is not None
    run = world.state.hold.run.id
    reject(world.ports(), world.connector, run, "bert")
    for decide in (approve, reject):
        with pytest.raises(RefusedError):
            decide(world.ports(), world.connector, run, "anna")


@pytest.mark.slow
def test_a_hold_that_nobody_decides_only_alerts() -> None:
    """After a week, and each week again."""
    world = held_world()
    for day in range(15):
        world.sim.advance(86_400)
        world.pull()
        housekeeping(world.ports(), world.connector)
        assert len(world.events.named(EventName.HOLD_EXPIRED)) == (day + 1) // 7
    assert world.state.hold is not None


def test_what_was_exported_before_an_approval_counts_no_more() -> None:
    """An administrator has seen how much changes: the window of 24 h begins anew."""
    world = settled(threshold=replace(NO_THRESHOLD, clears_absolute=2))
    world.edit(world.people[0], jobTitle=None)
    world.sync(hours=3)
    assert [one.cleared for one in world.state.exported] == [1]
    for person in world.people[1:3]:
        world.edit(person, jobTitle=None)
    world.sync(hours=3)
    assert world.state.hold is not None
    approve(world.ports(), world.connector, world.state.hold.run.id, "anna")

    assert world.state.exported == ()


def test_an_approval_leaves_the_run_as_it_was_frozen_and_wakes_the_export() -> None:
    """Only the decision is new: who made it, and why the plan was held; approving again changes nothing."""
    world = held_world()
    hold = world.state.hold
    assert hold is not None
    quarantine = Quarantine(QuarantineReason.HOLD_EXPIRED, world.now, "nobody decides", probe="decision")
    before = state_of(world.store, "hr").update(lambda state: replace(state, quarantine=quarantine)).value
    world.waker.sent.clear()
    approve(world.ports(), world.connector, hold.run.id, "anna")
    run = replace(hold.run, approved=True)
    assert world.state == replace(before, run=run, hold=None, exported=(), quarantine=None)
    assert world.waker.sent == [("export", "hr", run.id)]
    fields = {"decision": "approved", "by": "anna", "why": hold.why}
    decided_event = Event(EventName.HOLD_DECIDED, "hr", run.id, Level.WARNING, fields)
    assert world.events.named(EventName.HOLD_DECIDED) == [decided_event]
    assert EventName.QUARANTINE_LEFT in world.events.names

    approve(world.ports(), world.connector, hold.run.id, "bert")
    assert world.events.named(EventName.HOLD_DECIDED) == [decided_event]
    stored = get_document(world.store, decision_key(run.id), Decision)
    assert stored is not None
    assert (stored.value.by, stored.value.why_held, stored.value.at) == ("anna", hold.why, world.now)
    with pytest.raises(RefusedError, match="isn't held"):
        approve(world.ports(), world.connector, "20261122T101500Z-other", "bert")


def test_a_decision_that_was_written_before_a_crash_counts() -> None:
    """The same one goes on; the opposite is refused and names who decided."""
    world = held_world()
    hold = world.state.hold
    assert hold is not None
    run = hold.run.id
    decision = Decision(Decision.VERSION, run, "rejected", "anna", world.now, hold.why)
    put_document(world.store, decision_key(run), decision)
    with pytest.raises(RefusedError, match=f"run {run} can't be approved: anna already rejected it"):
        approve(world.ports(), world.connector, run, "bert")
    assert world.state.hold == hold
    assert reject(world.ports(), world.connector, run, "bert") == 3


def test_what_was_decided_is_told_of_a_run_of_ours_that_isnt_held() -> None:
    """With the files of its plan; nothing of a run that waits, of another connector, or of no run."""
    world = held_world()
    hold = world.state.hold
    assert hold is not None
    run = hold.run.id
    assert decided(world.ports(), world.connector, run) is None
    assert decided(world.ports(), world.connector, "../state") is None
    reject(world.ports(), world.connector, run, "anna")

    assert decided(world.ports(), world.connector, run) == Decided("rejected", "", hold.run.files)
    assert decided(world.ports(), world.connect("it"), run) is None
    assert decided(world.ports(), world.connector, "20261122T101500Z-none") is None


def test_a_rejection_ends_the_run_and_wakes_the_export() -> None:
    """It is no success of anything, and no failure is forgotten for it."""
    world = held_world()
    hold = world.state.hold
    assert hold is not None
    retry = Retry(2, world.now, "down", "f", since=world.now)
    before = state_of(world.store, "hr").update(lambda state: replace(state, retry=retry)).value
    world.waker.sent.clear()
    world.sim.advance(60)
    reject(world.ports(), world.connector, hold.run.id, "bert")
    after = world.state

    assert (after.run, after.hold, after.sealed, after.requested) == (None, None, (), None)
    assert (after.last_success, after.retry, after.runs) == (before.last_success, retry, before.runs + 1)
    assert world.waker.sent == [("export", "hr", "")]
    report = get_document(world.store, report_key(hold.run.id), Report)
    assert report is not None
    assert report.value.why == f"rejected by bert: {hold.why}"
    assert {person: dict(new) for shard in world.shards() for person, new in shard.declined.items()} == {
        person: {"UpaTitle": ""} for person in world.people[:3]
    }


def test_of_a_plan_whose_files_are_damaged_only_the_others_are_declined() -> None:
    """What can't be read is planned again, and held again; it is told how many files that are."""
    world = held_world(max_pairs=1)
    hold = world.state.hold
    assert hold is not None
    first, *others = hold.run.files
    assert lost_files(world.ports(), hold) == 0
    world.store.put(file_key(hold.run.id, first.name), b"damaged")
    lost = sum(one.people for one in others)

    assert (lost_files(world.ports(), hold), len(sample(world.ports(), hold, 9))) == (1, lost)
    assert reject(world.ports(), world.connector, hold.run.id, "bert") == lost


ROUNDS = ("20261122T090000Z-aaaa", "20261122T091500Z-aaaa")


def doubted_world() -> tuple[World, Hold, list[str]]:
    """Return a world with a hold about a full round of five people, a later round, and the segments of both."""
    world = World()
    rounds, keys = [], []
    for number, kind in enumerate(("full", "delta")):
        segment = Segment(f"connectors/hr/rounds/{ROUNDS[number]}/00001-abcd", 5, 1)
        world.store.put(segment.key, b"x")
        keys.append(segment.key)
        rounds.append(SealedRound(ROUNDS[number], kind, "", world.now, world.now, (), "", (segment,)))
    run = Run("20261122T101500Z-held", world.now, ROUNDS[:1], (), Counts(people=5), full=True)
    hold = Hold(run, world.now, "source_shrank: 5 of 10", kind="source_shrank")
    quarantine = Quarantine(QuarantineReason.HOLD_EXPIRED, world.now, "nobody decides", probe="decision")
    intent = Intent(Intent.VERSION, "hr", run.id, "", {}, "", ROUNDS[:1], (), run.counts, world.now)
    put_document(world.store, intent_key(run.id), intent)
    people = PeopleIndex(known=10)
    fields = {"sealed": tuple(rounds), "hold": hold, "people": people, "quarantine": quarantine}
    state_of(world.store, "hr").update(lambda state: replace(state, **fields))
    earlier = Censuses(rounds=(Census(world.now, 10),))
    put_document(world.store, censuses_key("hr"), earlier)
    return world, hold, keys


def test_accepting_a_smaller_round_makes_it_the_one_to_compare_with() -> None:
    """Its run ends with nothing to send; its segments go, those of later rounds stay."""
    world, hold, (first, second) = doubted_world()
    approve(world.ports(), world.connector, hold.run.id, "anna")
    state = world.state
    report = get_document(world.store, report_key(hold.run.id), Report)
    assert report is not None

    assert (state.run, state.hold, [one.id for one in state.sealed]) == (None, None, [ROUNDS[1]])
    assert (state.people.known, state.quarantine, state.last_run) == (5, None, hold.run.id)
    assert censuses_of(world.store, "hr").load().value.rounds == (Census(world.now, 5),)
    assert (report.value.status, report.value.rounds) == ("no_change", ROUNDS[:1])
    assert (first in world.store.blobs, second in world.store.blobs) == (False, True)
    known = decided(world.ports(), world.connector, hold.run.id)
    assert known == Decided("approved", "source_shrank", ())


def test_rejecting_a_smaller_round_reads_everybody_again() -> None:
    """Its number of people counts for nothing; a request that waits becomes one for a full round."""
    for waiting in (None, RunRequest("asked", False, World().now)):
        world, hold, (first, second) = doubted_world()
        document = state_of(world.store, "hr")
        before = document.load()
        document.save(before, replace(before.value, requested=waiting))
        assert reject(world.ports(), world.connector, hold.run.id, "bert") == 0
        state = world.state

        assert (state.hold, [one.id for one in state.sealed], state.people.known) == (None, [ROUNDS[1]], 10)
        assert state.requested is not None
        assert (state.requested.full, state.requested.at) == (True, world.now)
        assert waiting is None or state.requested.id == "asked"
        assert (state.quarantine, state.last_success) == (None, None)
        assert censuses_of(world.store, "hr").load().value.rounds == (Census(world.now, 10),)
        assert (first in world.store.blobs, second in world.store.blobs) == (False, True)
        assert world.waker.sent == [("continue_pull", "hr", "")]


def test_rejecting_a_plan_for_its_changes_counts_its_people() -> None:
    """The changes were refused, not the round: the next full round is compared with what this one named."""
    world, hold, _ = doubted_world()
    plan = replace(hold, kind="", run=replace(hold.run, counts=Counts(people=12)))
    state_of(world.store, "hr").update(lambda state: replace(state, hold=plan))
    reject(world.ports(), world.connector, hold.run.id, "bert")

    assert censuses_of(world.store, "hr").load().value.rounds == (Census(world.now, 12),)


def test_a_sample_comes_file_by_file() -> None:
    """No further file is read once there are enough people."""
    world = held_world(max_pairs=1)
    hold = world.state.hold
    assert hold is not None
    assert len(hold.run.files) > 1
    first = hold.run.files[0].people
    world.store.hooks.calls.clear()
    assert len(sample(world.ports(), hold, first)) == first
    read = {key for key in world.store.hooks.subjects("get") if "/files/" in key}
    assert read == {file_key(hold.run.id, hold.run.files[0].name)}
    assert len(sample(world.ports(), hold, 99)) == 3
    assert len(sample(world.ports(), hold, first + 1)) == first + 1
