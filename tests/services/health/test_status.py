"""The status of a connector."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.crash.scenarios import quick, settled
from tests.support.world import NO_THRESHOLD, World
from upa_core.services.admin.controls import pause
from upa_core.services.health.status import status


def test_status_is_json_and_names_each_state() -> None:
    """One line on top: what, since when, why, what to do."""
    world = quick(World(4, threshold=replace(NO_THRESHOLD, clears_absolute=0)))
    world.join(profile=False, department="x")

    def told() -> dict[str, Any]:
        document = status(world.ports(), world.connector)
        json.dumps(document)
        return document

    assert told()["state"] == "starting"
    world.sync(hours=0.8)
    document = told()
    assert document["state"] == "healthy"
    assert document["escrow"]["by_reason"] == {"profile_not_created": 1}
    assert document["last_run"]["counts"]["exported"] == 4
    world.edit(world.people[0], jobTitle=None)
    world.sync(hours=0.2)
    assert (told()["state"], told()["held_plan"]["counts"]["cleared"]) == ("held", 1)
    pause(world.ports(), world.connector, "anna")
    assert told()["state"] == "paused"


@pytest.mark.slow
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
