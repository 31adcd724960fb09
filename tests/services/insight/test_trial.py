"""A mapping on real people: what is looked at, counted and hidden."""

from __future__ import annotations

from dataclasses import replace

from tests.support.world import World
from upa_core.domain.people.mapping import direct
from upa_core.domain.people.scope import Clause, Scope
from upa_core.services.insight.trial import MOST_LOOKED_AT, try_mapping


def test_people_are_counted_by_what_comes_of_them() -> None:
    """Two have a department, one has none: nobody's shadow or state is touched."""
    world = World(3)
    world.edit(world.people[0], department=None)
    before = dict(world.store.blobs)
    trial = try_mapping(world.ports(), world.connector, direct("department", "X"), most=10)

    assert (len(trial.rows), trial.filled, trial.longest) == (3, 2, 2)
    assert world.store.blobs == before


def test_no_more_people_are_shown_than_were_asked_for() -> None:
    """The first in scope, in the order of the source."""
    trial = try_mapping(World(9).ports(), World(9).connector, direct("department", "X"), most=4)

    assert (len(trial.rows), trial.looked_at) == (4, 4)


def test_a_scope_that_holds_nobody_ends() -> None:
    """A bounded number of people is looked at, and none of them is in the result."""
    world = World(60)
    nobody = replace(world.connector, scope=Scope(((Clause("department", "EQUALS", "nowhere"),),)))
    trial = try_mapping(world.ports(), nobody, direct("department", "X"), most=1)

    assert trial.rows == []
    assert MOST_LOOKED_AT <= trial.looked_at <= 60
