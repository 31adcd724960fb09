"""A run's single writes are what the budget bears in two hours; the rest waits, is announced, and comes in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.crash.scenarios import quick
from tests.support.single import SingleWorld
from tests.support.world import NO_THRESHOLD
from upa_core.domain.documents.individual_keys import people_calls_key, proof_key
from upa_core.domain.documents.runs import Report
from upa_core.domain.health.events import EventName
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.mapping import direct
from upa_core.domain.people.shadow import Shard
from upa_core.domain.people_calls import Budget
from upa_core.domain.plan.entry import Entry
from upa_core.domain.plan.planner import ShardPlan
from upa_core.services.admin.holds import approve, reject
from upa_core.services.insight.preview import preview
from upa_core.services.plan.over_budget import BudgetFilter
from upa_core.state.document import get_document
from upa_core.state.individual import people_calls_of

SINGLE = direct("department", "UpaDepartment", route="individual", on_user_edit="overwrite")
BULK = direct("jobTitle", "UpaTitle")
FOUR = Budget(per_hour=20, one_geo=True)
"""Of people with one property: five an hour, and 15 in the two hours from 10:15, which touch three."""


def crowd(people: int = 25, **options: Any) -> SingleWorld:
    """More people than the budget bears in two hours."""
    return quick(SingleWorld(people, **{"mappings": (SINGLE, BULK), "individual": FOUR, **options}))


def arrived(world: SingleWorld) -> int:
    return sum(world.profile(person)["UpaDepartment"] == f"D{n}" for n, person in enumerate(world.people))


def reports(world: SingleWorld) -> Iterator[Report]:
    """Yield the reports of all runs."""
    for blob in world.store.list("runs/"):
        if blob.key.endswith("/report.json") and (stored := get_document(world.store, blob.key, Report)) is not None:
            yield stored.value


def test_whoever_is_over_waits_by_property_and_the_rest_goes() -> None:
    """Fifteen go in this run with their single value; everybody's bulk value goes; the others wait for the budget."""
    world = crowd()
    world.pull()
    assert world.step().why == "planned"
    run = world.state.run
    assert run is not None
    waiting = world.waiting()
    told = world.events.named(EventName.LOAD_ANNOUNCED)

    assert [(file.route, file.people) for file in run.files] == [("bulk", 25), ("individual", 15)]
    assert {target for _, target in waiting} == {"UpaDepartment"}
    assert (len(waiting), run.counts.over_budget, run.counts.updated) == (10, 10, 25)
    assert {entry.reason for entry in world.escrow().values()} == {EscrowReason.OVER_BUDGET}
    assert [(one.fields["people"], one.fields["over"], one.fields["calls"]) for one in told] == [(25, 10, 100)]
    assert "done by about" in str(told[0].fields["load"])


@pytest.mark.slow
def test_in_the_end_everybody_is_delivered_with_the_values_of_then() -> None:
    """When the budget renews they are planned anew: a value that changed meanwhile is the one that arrives."""
    world = crowd()
    world.sync(hours=1)
    first = arrived(world)
    last = world.people[-1]
    world.edit(last, department="later")
    world.settle_down(days=1)

    assert 0 < first <= 10
    assert arrived(world) == 24
    assert world.escrow() == {}
    assert world.profile(last)["UpaDepartment"] == "later"


def test_whoever_is_over_again_has_waited_since_the_first_time() -> None:
    """How long somebody waits isn't begun anew with each run that has no room for them."""
    world = crowd(40)
    world.pull()
    world.step()
    first = again = world.escrow()
    while len(again) == len(first):
        world.sync(hours=1)
        again = world.escrow()

    assert 0 < len(again) < len(first)
    assert {entry.since for entry in again.values()} == {entry.since for entry in first.values()}


def test_a_load_that_nobody_has_to_wait_for_is_not_announced() -> None:
    """What fits into two hours is sent without a word."""
    world = crowd(4)
    world.sync()

    assert world.events.named(EventName.LOAD_ANNOUNCED) == []
    assert arrived(world) == 4


@pytest.mark.slow
def test_the_threshold_counts_a_person_before_the_cut_and_once() -> None:
    """The whole load is judged; once it has passed, what was put off is no new change."""
    world = crowd(threshold=replace(NO_THRESHOLD, updates_absolute=30))
    world.settle_down(days=1)
    assert (world.state.hold, arrived(world)) == (None, 25)
    for n, person in enumerate(world.people):
        world.edit(person, department=f"E{n}")
    world.connector = replace(world.connector, threshold=replace(NO_THRESHOLD, updates_absolute=20))
    world.sim.advance(90_000)
    world.sync()
    hold = world.state.hold
    assert hold is not None
    assert "25 people" in hold.why
    approve(world.ports(), world.connector, hold.run.id, "Ann")
    world.settle_down(days=1)

    assert world.state.hold is None
    assert all(world.profile(person)["UpaDepartment"] == f"E{n}" for n, person in enumerate(world.people))


@pytest.mark.slow
def test_what_a_rejected_plan_put_off_is_judged_again() -> None:
    """After a rejection those who were over are held again: they never passed the threshold."""
    world = crowd(mappings=(SINGLE,), threshold=replace(NO_THRESHOLD, updates_absolute=5))
    world.settle_down(days=1)
    world.sim.advance(90_000)
    for n, person in enumerate(world.people):
        world.edit(person, department=f"E{n}")
    world.sync(hours=1)
    hold = world.state.hold
    assert hold is not None
    reject(world.ports(), world.connector, hold.run.id, "Ann")
    world.drain(hours=6)
    again = world.state.hold

    assert again is not None
    assert (arrived(world), again.run.id != hold.run.id, "10 people" in again.why) == (25, True, True)


def test_the_plan_says_what_it_costs() -> None:
    """A look at the plan has the arithmetic of all of it, and stores nothing."""
    world = crowd()
    found = preview(world.ports(), world.connector)

    assert found.load is not None
    assert (found.load.people, found.load.calls) == (25, 100)
    assert world.escrow() == {}


@pytest.mark.slow
def test_whoever_waits_is_read_again_once() -> None:
    """Each two hours have the people whom their calls allow: the others aren't read again to be put off again."""
    world = crowd(65)
    world.pull()
    world.step()
    turns = Counter(entry.due for entry in world.escrow().values())
    world.sim.calls.reset()
    world.settle_down(days=1)
    again = sum(report.counts.re_read for report in reports(world))

    assert sorted(turns.values()) == [10] * 5
    assert min(two - one for one, two in pairwise(sorted(filter(None, turns)))) == timedelta(hours=2)
    assert (arrived(world), again) == (65, 50)


@pytest.mark.parametrize("key", [people_calls_key, proof_key])
def test_a_damaged_note_of_the_route_stops_nothing(key: Callable[[str], str]) -> None:
    """Calls that can't be read are counted anew; proofs that can't be read prove nothing, and bulk goes on."""
    world = crowd(3)
    world.sync(hours=6)
    world.store.put(key(world.connector.target.lane), b'{"version":')
    for person in world.people:
        world.edit(person, department="new", jobTitle="new")
    world.sync(hours=6)

    assert all(world.profile(person)["UpaTitle"] == "new" for person in world.people)
    if key is people_calls_key:
        assert all(world.profile(person)["UpaDepartment"] == "new" for person in world.people)


@pytest.mark.parametrize(("used", "day", "sent"), [(12, 0, 0), (12, -1, 3), (8, 0, 1), (7, 0, 1)])
def test_calls_of_today_are_gone_and_those_of_yesterday_are_not(used: int, day: int, sent: int) -> None:
    """Of twelve a day each person takes four: who has no call left waits, the first one too."""
    world = crowd(3, mappings=(SINGLE,), individual=Budget(per_day=12, one_geo=True))
    today = (world.now + timedelta(days=day)).date().isoformat()
    people_calls_of(world.store, world.connector).update(lambda calls: replace(calls, day=today, in_day=used))
    cut = BudgetFilter(world.ports(), world.connector, "run")
    entries = [Entry(person, {"UpaDepartment": "B"}, {}) for person in world.people]
    plan = ShardPlan(entries=list(entries))
    shard = Shard(world.connector.targets)
    cut.fit(plan, shard)

    assert plan.entries == entries[:sent]
    assert (cut.people, cut.properties, cut.over, plan.counts.over_budget) == (3, 3, 3 - sent, 3 - sent)
    assert set(shard.escrow) == set(world.people[sent:])
