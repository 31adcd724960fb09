"""Blocks of calls, reserved in storage by everybody who calls PeopleManager."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.world import World
from upa_core.domain.errors import ThrottledError
from upa_core.domain.people_calls import Budget, Part
from upa_core.state.individual import CallBudget, CountedProfiles, people_calls_of


def budgets(count: int, **budget: Any) -> tuple[World, list[CallBudget]]:
    world = World(individual=Budget(**budget))
    world.sim.advance(300 - world.sim.time() % 300)
    return world, [CallBudget(world.store, world.time, world.connector) for _ in range(count)]


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


def test_a_background_reader_takes_its_part_and_no_more() -> None:
    """A tenth of the share is granted in each window, and what isn't used goes back at the end."""
    world = World()
    world.sim.advance(300 - world.sim.time() % 300)
    with CallBudget(world.store, world.time, world.connector, part=Part("drift", 0.1)) as drift:
        made = sum(drift.take(20) for _ in range(9)) * 20
    with CallBudget(world.store, world.time, world.connector) as other:
        left = sum(other.take(5) for _ in range(200)) * 5

    assert (made, left) == (60, 690)


class Counting:
    """Profiles that are empty; a pause of the service can be set."""

    def __init__(self) -> None:
        self.reads = 0
        self.pause: float | None = None

    def properties(self, user_principal_name: str) -> dict[str, str] | None:
        self.reads += 1
        if self.pause is not None:
            raise ThrottledError("429", retry_after=self.pause)
        return {"UserName": user_principal_name}


def test_checks_take_their_reads_from_the_budget() -> None:
    """A read for a check is counted; where the share is used up it waits for the next five minutes, not longer."""
    world, (worker,) = budgets(1, share=1.0)
    inner = Counting()
    profiles = CountedProfiles(inner, world.store, world.time, world.connector)
    began = world.now
    found = [profiles.properties(f"p{number}@contoso.com") for number in range(31)]
    waited = world.now - began
    worker.throttled(900)
    with pytest.raises(ThrottledError, match="used up until"):
        profiles.properties("p@contoso.com")

    assert (len(found), inner.reads, waited) == (31, 31, timedelta(minutes=5))


def test_a_pause_that_a_check_meets_holds_for_all() -> None:
    """A throttle that a check's read meets is noted for everybody who calls PeopleManager."""
    world, (worker,) = budgets(1)
    inner = Counting()
    inner.pause = 120
    profiles = CountedProfiles(inner, world.store, world.time, world.connector)
    with pytest.raises(ThrottledError):
        profiles.properties("p@contoso.com")

    assert not worker.take(1)
    assert worker.free_at() - world.now == timedelta(seconds=120)


def in_window(world: World) -> int:
    return people_calls_of(world.store, world.connector).load().value.in_window


def ends_by(error: type[BaseException], budget: CallBudget) -> None:
    with budget:
        budget.take(5)
        raise error


def test_calls_go_back_after_an_error_and_are_lost_with_the_process() -> None:
    """Nobody knows what a process that died has sent. Closed twice, they go back once."""
    for error, left in ((ValueError, 5), (KeyboardInterrupt, 100)):
        world, (budget,) = budgets(1)
        with pytest.raises(error):
            ends_by(error, budget)
        assert in_window(world) == left
    budget.close()
    budget.close()

    assert in_window(world) == 5


def test_a_block_is_used_up_before_another_is_reserved() -> None:
    """More than a block is reserved where one person takes more; calls that weren't made are taken first."""
    world, (budget,) = budgets(1)
    taken = [budget.take(60), budget.take(40)]
    first = in_window(world)
    budget.put_back(30)
    taken.append(budget.take(30))
    again, made = in_window(world), budget.made

    assert (taken, first, again, made) == ([True] * 3, 100, 100, 100)
    assert budget.take(150)
    assert in_window(world) == 250


def test_one_person_may_take_more_than_an_unused_limit() -> None:
    """Or nobody would ever be served; several people may not."""
    _, (several,) = budgets(1, per_hour=3)
    _, (one,) = budgets(1, per_hour=3)

    assert (several.take(5), one.take(5, one=True)) == (False, True)


def test_it_tells_when_so_many_calls_are_there() -> None:
    """A few may be there now, though many aren't; a pause without a length is a minute."""
    world, (budget,) = budgets(1)
    while budget.take(50):
        pass
    budget.put_back(10)
    budget.close()

    assert budget.free_at(10) == world.now
    assert budget.free_at(20) - world.now == timedelta(minutes=5)
    budget.throttled(None)
    assert budget.free_at(1) - world.now == timedelta(minutes=1)


def test_a_check_waits_for_no_off_peak_hour() -> None:
    """Somebody waits for its answer."""
    world, _ = budgets(1, hours=(20, 5))
    began = world.now
    CountedProfiles(Counting(), world.store, world.time, world.connector).properties("p@contoso.com")

    assert world.now == began
