"""The same request sent twice has its effect once."""

from __future__ import annotations

import pytest

from tests.support.mortal import Death
from tests.support.world import World
from upa_core.domain.http import ProblemError, Response
from upa_core.http_api.idempotency import forget_old_requests, once


def _die() -> Response:
    raise Death


def test_a_request_whose_worker_died_is_taken_over_after_a_minute() -> None:
    """Until then it may be at work; whoever repeats it later does it, and is remembered."""
    world = World()
    asked = []

    def act() -> Response:
        asked.append(1)
        return Response(202, {"run": len(asked)}, {})

    with pytest.raises(Death):
        once(world.ports(), "k", b"{}", _die)
    world.sim.advance(59)
    with pytest.raises(ProblemError, match="repeat it in a minute"):
        once(world.ports(), "k", b"{}", act)
    world.sim.advance(1)
    answers = [once(world.ports(), "k", b"{}", act).body for _ in range(2)]

    assert (answers, asked) == ([{"run": 1}] * 2, [1])


def test_a_request_is_remembered_for_a_day_and_then_forgotten() -> None:
    """Nothing stays in storage of a request that nobody may repeat any more."""
    world = World()
    once(world.ports(), "k", b"{}", lambda: Response(202, {}, {}))
    world.sim.advance(86_399)
    early = forget_old_requests(world.ports(), world.connector)
    world.sim.advance(1)

    assert (early, forget_old_requests(world.ports(), world.connector)) == (0, 1)
    assert list(world.store.list("requests/")) == []
