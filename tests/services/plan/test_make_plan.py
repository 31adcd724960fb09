"""Making a plan piece by piece."""

from __future__ import annotations

import pytest

from tests.support.world import World
from upa_core.services.admin.requests import request_people
from upa_core.services.plan import make_plan as module
from upa_core.services.plan.make_plan import make_plan
from upa_core.state.people import People


class Sink:
    """Keeps nothing."""

    def add(self, entries: object, left_out: object = ()) -> None:
        """Do nothing."""


def test_the_bound_of_people_read_again_is_of_the_plan_not_of_its_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven are due, in many shards; three are read, however few a piece holds."""
    world = World(60)
    world.settle_down()
    assert world.state.people.shards > 1
    request_people(world.ports(), world.connector, world.people[:7])
    bound = next(name for name in ("MAX_DUE", "MAX_DUE") if hasattr(module, name))
    monkeypatch.setattr(module, bound, 3)
    monkeypatch.setattr(module, "ONE_UNIT_SHARDS", 0)
    people = People(world.store, world.connector, world.state.people)
    result = make_plan(world.ports(), world.connector, people, (), Sink(), keep_books=False)

    assert result.counts.re_read == 3
