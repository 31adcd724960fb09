"""One activity of the orchestration that watches a file."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.support.world import World
from upa_core.domain.documents.lane import InFlight
from upa_core.services.drive.watch_file import watch_file
from upa_core.state.document import lane_of


def in_lane(**fields: Any) -> World:
    world = World()
    known: dict[str, Any] = {"phase": "queued", "since": world.now, **fields}
    flight = InFlight("hr", "run", "file", 1, **known)
    lane_of(world.store, world.connector).update(lambda lane: replace(lane, in_flight=flight))
    return world


def test_a_file_that_isnt_in_the_lane_any_more_is_done_with() -> None:
    """Though another one is there; the export is woken for what comes next."""
    for world in (in_lane(), World()):
        watched = watch_file(world.ports(), world.connector, "earlier")

        assert (watched.done, watched.at) == (True, None)
        assert ("export", "hr", "") in world.waker.sent


def test_a_file_that_must_wait_is_watched_until_its_moment() -> None:
    """The orchestration sleeps until then."""
    at = World().now + timedelta(minutes=9)
    world = in_lane(not_before=at)
    watched = watch_file(world.ports(), world.connector, "file")

    assert (watched.done, watched.at) == (False, at)
    assert world.waker.sent == []
