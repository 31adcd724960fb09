"""Why a person's profile holds what it holds."""

from __future__ import annotations

from datetime import timedelta

from tests.crash.scenarios import settled
from upa_core.services.insight.explain import explain


def test_why_tells_a_persons_way_through_the_pipeline() -> None:
    """Plans old → new with their results, what is confirmed, why somebody waits."""
    world = settled()
    world.edit(world.people[0], department="B")
    absent = world.join(profile=False, department="x")
    world.sync(hours=0.8)
    told = explain(world.ports(), world.connector, world.people[0].upper())
    assert [one.changes["UpaDepartment"] for one in told.timeline] == [(None, "D0"), ("D0", "B")]
    assert "accepted (import job" in told.timeline[-1].result
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


def test_the_last_runs_are_looked_at_and_told_oldest_first() -> None:
    """Of three runs, with room for two, the first is left out."""
    world = settled()
    for value in ("B", "C"):
        world.sim.advance(timedelta(hours=1).total_seconds())
        world.edit(world.people[0], department=value)
        world.settle_down()
    told = explain(world.ports(), world.connector, world.people[0], runs=2)

    assert [one.changes["UpaDepartment"][1] for one in told.timeline] == ["B", "C"]
