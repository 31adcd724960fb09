"""Whoever is asked why nothing moves gives the same answer."""

from __future__ import annotations

from dataclasses import replace

from tests.crash.scenarios import settled
from tests.support.world import NO_THRESHOLD, World
from upa_core.services.admin.controls import pause
from upa_core.services.drive.due import what_is_due
from upa_core.services.health.status import status
from upa_core.services.insight.explain import explain


def answers(world: World) -> tuple[str, str, object, bool]:
    """Return what export, explain, status and the tick say."""
    waiting = explain(world.ports(), world.connector, world.people[0]).waiting
    due = what_is_due(world.ports(), world.connector).export
    return world.step().why, waiting, status(world.ports(), world.connector)["state"], due


def test_a_held_plan_in_a_pause_in_staging_mode_has_one_answer() -> None:
    """Held comes before staging mode, and a pause before both; nothing is woken for it."""
    world = settled(threshold=replace(NO_THRESHOLD, clears_absolute=0))
    world.edit(world.people[0], jobTitle=None)
    world.sync(hours=0.2)
    world.edit(world.people[1], department="B")
    world.pull()
    world.connector = replace(world.connector, staging=True)

    held = "held: clears of 1 people in 24 h; the limit is 0: UpaTitle of 1 people"
    assert answers(world) == (held, held, "held", False)
    pause(world.ports(), world.connector, "anna")
    assert answers(world) == ("paused", "paused", "paused", False)


def test_a_report_of_a_newer_release_hides_no_other() -> None:
    """After a rollback the timeline and the status show what this release can read."""
    world = settled()
    person, last = world.people[0], world.state.last_run
    world.edit(person, department="B")
    world.sync(hours=0.8)
    newest = f"runs/2026/11/{world.state.last_run}/report.json"
    assert world.state.last_run != last
    world.store.put(newest, world.store.blobs[newest].replace(b'"version":1', b'"version":9'))

    assert len(explain(world.ports(), world.connector, person).timeline) == 1
    assert status(world.ports(), world.connector)["last_run"] is None


def test_other_connectors_runs_dont_count_among_those_looked_through() -> None:
    """Another connector's many runs push none of ours out of the timeline."""
    world = settled()
    ours = f"runs/2026/11/{world.state.last_run}/report.json"
    other = "20261130T101500Z-othr"
    theirs = world.store.blobs[ours].replace(b'"connector":"hr"', b'"connector":"it"')
    world.store.put(f"runs/2026/11/{other}/report.json", theirs)

    assert len(explain(world.ports(), world.connector, world.people[0], runs=1).timeline) == 1
