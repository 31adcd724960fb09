"""Held plans: approved, rejected, or left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.crash.scenarios import settled
from tests.support.world import NO_THRESHOLD, World
from upa_core.domain.documents.runs import Decision, Report
from upa_core.domain.documents.storage_layout import decision_key, report_key
from upa_core.domain.errors import RefusedError
from upa_core.domain.health.events import EventName
from upa_core.services.admin.holds import approve, reject, sample
from upa_core.services.upkeep.housekeeping import housekeeping
from upa_core.state.document import get_document


def held_world() -> World:
    """Return a world whose plan of three clears is held."""
    world = settled(threshold=replace(NO_THRESHOLD, clears_absolute=2))
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
