"""Since when planned values wait, and how old they are when they are accepted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from tests.crash.scenarios import quick
from tests.support.joined import JoinedWorld, row
from tests.support.world import MAPPINGS, NO_THRESHOLD, World
from upa_core.domain.freshness.record import Freshness, minutes_between
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.services.admin.holds import approve, reject
from upa_core.state.document import freshness_of

HOUR = 3600


def known(world: World) -> Freshness:
    return freshness_of(world.store, "hr").load().value


def pulled(world: World) -> datetime:
    """Pull, and return when that round began."""
    world.pull()
    return world.state.sealed[-1].started


def planned(world: World) -> list[datetime]:
    """Plan the outbox, and return since when each value of its only batch waits, by person and property."""
    world.pull()
    while (run := world.state.run) is None:
        world.step()
    return list(known(world).runs[run.id].batches[run.files[0].name].each())


def failing(world: World) -> None:
    """Go on until the run has failed, and no further."""
    for _ in range(500):
        if world.state.retry is not None:
            return
        if world.step().kind != "again":
            world.sim.advance(120)
    raise AssertionError("the run never failed")


def test_a_value_waits_since_the_first_round_that_showed_it(world: World) -> None:
    """Of two rounds in the outbox each value counts from its own; a change that is confirmed in between isn't one."""
    world.edit(world.people[0], department="new")
    first = pulled(world)
    world.sim.advance(HOUR)
    world.edit(world.people[0], jobTitle="new")
    second = pulled(world)
    world.sim.advance(HOUR)

    assert planned(world) == [first, second]


def test_a_value_that_went_back_in_between_waits_since_it_differs_for_good(world: World) -> None:
    """The round that showed it before it went back doesn't count."""
    moments = []
    for text in ("new", "D1", "new"):
        world.edit(world.people[1], department=text)
        moments.append(pulled(world))
        world.sim.advance(HOUR)

    assert planned(world) == moments[2:]


def test_a_value_that_changes_again_while_it_waits_counts_from_the_first_change(world: World) -> None:
    """The profile has been behind since then."""
    world.edit(world.people[1], department="new")
    first = pulled(world)
    world.sim.advance(HOUR)
    world.edit(world.people[1], department="newer")
    world.pull()

    assert planned(world) == [first]


def test_a_full_round_that_shows_no_difference_makes_nothing_older(world: World) -> None:
    """It names everybody; the change counts from the round that brought it."""
    world.edit(world.people[0], department="other")
    world.pull(full=True)
    world.sim.advance(HOUR)
    world.edit(world.people[1], department="new")
    second = pulled(world)
    moments = planned(world)

    assert sorted(moments)[-1] == second
    assert len(set(moments)) == 2


def test_a_row_of_another_source_waits_since_the_snapshot_that_changed_it() -> None:
    """Of two snapshots in the outbox; what the directory changed meanwhile counts from its own round."""
    world = quick(JoinedWorld(3))
    world.deliver(row("E0", "100"), row("E1", "101"), row("E2", "102"))
    world.settle_down()
    world.deliver(row("E0", "new"), row("E1", "101"), row("E2", "102"))
    first = pulled(world)
    world.sim.advance(HOUR)
    world.deliver(row("E0", "new"), row("E1", "new"), row("E2", "102"))
    world.edit(world.people[2], jobTitle="new")
    second = pulled(world)
    world.sim.advance(HOUR)

    assert first < second
    assert sorted(planned(world)) == [first, second, second]


def test_ages_count_from_the_round_to_the_end_of_the_import_job(world: World) -> None:
    """In whole minutes, each value once, however often the settling is repeated."""
    before = sum(known(world).accepted(world.now).values())
    world.edit(world.people[0], department="new", jobTitle="new")
    began = pulled(world)
    world.sim.advance(5 * HOUR)
    world.drain(hours=12)
    ages = known(world).accepted(world.now)
    age = minutes_between(began, world.state.last_success or began)

    assert sum(ages.values()) == before + 2
    assert ages[max(ages)] == 2
    assert 300 < max(ages) <= age


def test_who_goes_into_escrow_waits_since_the_round_and_is_as_old_when_the_profile_comes(world: World) -> None:
    """The batch dates the entry; a later try counts its values from there, and they are accepted as old as that."""
    person = world.join(profile=False, department="late")
    began = pulled(world)
    world.sim.advance(HOUR)
    world.drain(hours=1)
    entry = world.escrow()[person]
    world.sim.advance(20 * HOUR)
    world.sim.profiles.create(person)
    world.drain(hours=48)

    assert (entry.reason, entry.since) == (EscrowReason.PROFILE_NOT_CREATED, began)
    assert person not in world.escrow()
    assert max(known(world).accepted(world.now)) > 21 * 60


def test_what_the_plan_itself_puts_into_escrow_waits_since_the_round() -> None:
    """A value that doesn't fit its type."""
    mappings = tuple(replace(one, type="date") if one.target == "UpaCode" else one for one in MAPPINGS)
    world = quick(World(2, mappings=mappings))
    world.settle_down()
    world.edit(world.people[0], onPremisesExtensionAttributes={"extensionAttribute1": "no date"})
    began = pulled(world)
    world.sim.advance(HOUR)
    world.drain(hours=1)

    assert world.escrow()[world.people[0]].since == began


def test_a_failed_run_counts_nothing_and_its_values_wait_on(world: World) -> None:
    """Planned again, they count from the same round."""
    world.sim.timer_job.plan("next", "internal_error")
    world.edit(world.people[0], department="new")
    began = pulled(world)
    before = known(world).days
    failing(world)
    failed = known(world)
    states = [one.state for one in failed.runs[world.state.last_run].batches.values()]
    world.drain(hours=12)

    assert (failed.days, states) == (before, ["unknown"])
    assert world.state.last_success is not None
    assert max(known(world).accepted(world.now)) <= minutes_between(began, world.state.last_success)


@pytest.mark.parametrize("yes", [True, False])
def test_a_held_plan_counts_from_the_round_once_it_is_approved(yes: bool) -> None:
    """Rejected, it counts nothing: nobody waits for it any more."""
    world = quick(World(4))
    world.settle_down()
    world.connector = replace(world.connector, threshold=replace(NO_THRESHOLD, updates_absolute=1))
    for person in world.people:
        world.edit(person, department="new")
    world.pull()
    world.far()
    before = sum(known(world).accepted(world.now).values())
    world.sim.advance(30 * HOUR)
    assert world.state.hold is not None
    (approve if yes else reject)(world.ports(), world.connector, world.state.hold.run.id, "anna")
    world.drain(hours=12)
    ages = known(world).accepted(world.now)

    assert sum(ages.values()) - before == (4 if yes else 0)
    assert (max(ages) > 30 * 60) is yes
