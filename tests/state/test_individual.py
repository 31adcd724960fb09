"""Blocks of calls, reserved in storage by everybody who calls PeopleManager."""

from __future__ import annotations

from datetime import timedelta

from tests.support.world import World
from upa_core.domain.people_calls import Budget
from upa_core.state.individual import CallBudget


def budgets(count: int, **budget: object) -> tuple[World, list[CallBudget]]:
    world = World(individual=Budget(**budget))
    world.sim.advance(300 - world.sim.time() % 300)
    return world, [CallBudget(world.ports(), world.connector) for _ in range(count)]


def test_two_workers_share_one_budget() -> None:
    """Two workers together get what one would get, and not a call more."""
    _, (one, two) = budgets(2)
    made = [sum(worker.take(5) for _ in range(200)) * 5 for worker in (one, two)]

    assert sum(made) == 750
    assert min(made) >= 0
    assert (one.take(1), two.take(1)) == (False, False)


def test_what_is_left_of_a_block_goes_back() -> None:
    """A worker that ends gives back what it didn't use; others can use it."""
    _, (one, two) = budgets(2)
    one.take(5)
    one.close()

    assert sum(two.take(5) for _ in range(200)) * 5 == 745


def test_a_pause_holds_for_all() -> None:
    """After a throttle nobody gets calls until the pause is over; the second in a row is told."""
    world, (one, two) = budgets(2)
    one.take(5)
    told = [one.throttled(120), two.throttled(None)]
    refused = [one.take(1), two.take(1)]
    world.sim.advance(120)

    assert (told, refused) == ([1, 2], [False, False])
    assert one.take(1)
    one.answered()
    assert two.throttled(1) == 1


def test_it_tells_when_calls_are_there_again() -> None:
    """A used-up window renews at its end."""
    world, (one,) = budgets(1)
    while one.take(50):
        pass

    assert one.free_at() - world.time.now() == timedelta(minutes=5)
