"""The ages of a batch's values: those of whom an answer names, those that count as accepted, and each person once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.crash.scenarios import quick, settled
from tests.support.ended import DELIVERED, NAMED, SPOILT, ended, refused, unresolved
from tests.support.tiny_route import TARGET, TwoRoutes
from tests.support.world import World
from upa_core.domain.documents.ad_hoc import AdHoc
from upa_core.domain.documents.lane import JobOutcome
from upa_core.services.deliver.settle import settle
from upa_core.services.health.freshness import freshness
from upa_core.state.document import freshness_of


def changed(*, apart: bool) -> World:
    """Return a world whose two people have changed, in one round or an hour apart, and are planned."""
    world = settled(2)
    for person in world.people:
        world.edit(person, department="new", jobTitle="new")
        if apart:
            world.pull()
            world.sim.advance(3600)
    world.pull()
    assert world.step().why == "planned"
    return world


def accepted(world: World) -> int:
    """Return how many values count as accepted, whatever their age."""
    return sum(freshness_of(world.store, "hr").load().value.accepted(world.now).values())


@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize("failed", [0, 1])
def test_whom_an_answer_names_waits_since_the_round_that_showed_their_change(failed: int, apart: bool) -> None:
    """Each by their own round, though one file held both; the other's values count as accepted."""
    world = changed(apart=apart)
    rounds = [one.started for one in world.state.sealed]
    before = accepted(world)
    settle(world.ports(), world.connector, ended(world, NAMED, lines=(unresolved(world.people[failed]),)))

    assert {person: one.since for person, one in world.escrow().items()} == {
        world.people[failed]: rounds[failed if apart else 0]
    }
    assert accepted(world) - before == 2


def test_what_is_sent_again_beside_a_refused_property_isnt_accepted_yet() -> None:
    """The answer doesn't confirm it; settling again counts nothing twice."""
    world = changed(apart=False)
    before = accepted(world)
    archive = ended(world, NAMED, lines=(refused(world.people[0], "UpaTitle"),))
    for _ in range(2):
        settle(world.ports(), world.connector, archive)

    assert accepted(world) - before == 2


@pytest.mark.parametrize(("job", "values"), [(DELIVERED, 4), (SPOILT, 0)])
def test_a_file_that_confirmed_nobody_has_no_accepted_value(job: JobOutcome, values: int) -> None:
    """An ad hoc run's values have no age at all."""
    world = changed(apart=True)
    before = accepted(world)
    settle(world.ports(), world.connector, ended(world, job))
    other = changed(apart=True)
    batch = other.state.run
    assert batch is not None
    freshness_of(other.store, "hr").update(lambda known: type(known)())
    settle(other.ports(), other.connector, ended(other, job), AdHoc("canary", "anna"))

    assert (accepted(world) - before, accepted(other)) == (values, 0)


@pytest.mark.parametrize("refuse", [True, False])
def test_a_person_whom_two_batches_name_is_new_and_waits_once(refuse: bool) -> None:
    """After the first of them has ended, whatever it said of them; nobody is counted twice, nor left out."""
    world = quick(TwoRoutes(3))
    if refuse:
        world.target.refused.add((world.people[0], TARGET))
    world.pull()
    counts = []
    while world.state.sealed:
        if world.state.run is not None:
            figures = freshness(world.ports(), world.connector).accepted
            counts.append((figures.people, figures.waiting_people))
        if world.step().kind != "again":
            world.sim.advance(timedelta(minutes=2).total_seconds())

    assert set(counts) == {(3, 3)}
