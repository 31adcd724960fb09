"""The lane as it is stored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.world import World
from upa_core.domain.documents.lane import InFlight, Lane
from upa_core.state.document import lane_of
from upa_core.state.lane import take_over


@pytest.mark.parametrize("asked", [True, False])
def test_a_lane_that_is_taken_over_leaves_an_import_job_on_the_books_where_one_may_run(asked: bool) -> None:
    """A file that was never queued can't be imported: nobody waits for it."""
    world = World()
    since = world.now - timedelta(hours=26)
    flight = InFlight("gone", "run", "file.json", 1, "queueing" if asked else "uploaded", since)
    document = lane_of(world.store, world.connector)
    document.update(lambda _: Lane(in_flight=InFlight(**{**_fields(flight), "asked": since if asked else None})))

    assert take_over(world.ports(), world.connector, document.load())
    assert world.lane.in_flight is None
    assert [entry.file for entry in world.lane.abandoned] == (["file.json"] if asked else [])


def _fields(flight: InFlight) -> dict[str, Any]:
    return {name: getattr(flight, name) for name in InFlight.__slots__}
