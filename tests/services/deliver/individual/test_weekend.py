"""A company's user names are changed in a weekend: one grouped cause, few calls, and no alarm before a day is over."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any, get_args

import pytest

from tests.crash.scenarios import quick
from tests.services.deliver.individual.test_slices import TEXT, charged
from tests.support.full import FULL
from tests.support.single import SingleWorld
from tests.support.world import with_limits
from upa_core.domain.documents.connector_state import PeopleIndex
from upa_core.domain.documents.storage_layout import shard_key
from upa_core.domain.health.alarms import Occasion
from upa_core.domain.health.events import EventName
from upa_core.domain.next_step import Step
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.shadow import Shard, shard_of, shards_for
from upa_core.domain.people_calls import Budget
from upa_core.services.health.notify import Alerting, notify
from upa_core.state.document import state_of
from upa_core.state.shard_codec import encode_shard

PEOPLE = 60_000 if FULL else 80
RHYTHM = timedelta(hours=1 if FULL else 3)
SYNC = timedelta(hours=30)
"""After so long SharePoint has seen the new names; whoever waits is tried again an hour, 7, 19 and 43 hours after."""
ALERTING = Alerting(frozenset(get_args(Occasion)), timedelta(hours=26))


def confirmed(people: int) -> SingleWorld:
    """Return a tenant whose people are all confirmed, without having been written one by one."""
    world = quick(SingleWorld(0, mappings=(TEXT,), individual=Budget(licences=60_000)))
    world.sim.profiles.keep_history = False
    world.sim.delta.options.page_size = 500
    world.connector = with_limits(world.connector, segment_rows=2_000, people_per_shard=500)
    world.people = [world.join(department=f"D{n}") for n in range(people)]
    index = PeopleIndex(0, shards_for(people, 500, 1), people, "x")
    shards = [Shard(world.connector.targets) for _ in range(index.shards)]
    for n, person in enumerate(world.people):
        world.sim.profiles.set(person, "UpaDepartment", f"D{n}")
        shards[shard_of(person, index.shards)].settle(person, {"UpaDepartment": f"D{n}"}, 1)
    for number, shard in enumerate(shards):
        world.store.put(shard_key("hr", index.folder, number), encode_shard(shard))
    state_of(world.store, "hr").update(lambda state: replace(state, people=index, sequence=1, last_success=world.now))
    world.pull()
    world.drain()
    assert world.escrow() == {}
    return world


def renamed(people: int) -> SingleWorld:
    """Return a tenant in which everybody got a new user name and another department just now."""
    world = confirmed(people)
    world.sim.accounts.lag_s = SYNC.total_seconds()
    world.sim.advance(300)
    for n, person in enumerate(world.people):
        world.sim.directory.edit(person, userPrincipalName=f"new{n}@contoso.com", department=f"D{n} new")
    world.sim.advance(300)
    return world


def look(world: SingleWorld) -> None:
    """Do what the timer does in some hours, notifications too."""
    end = world.now + RHYTHM
    world.pull()
    world.drain(until=end - timedelta(seconds=1))
    notify(world.ports(), world.connector, ALERTING)
    world.until(end)


@pytest.mark.slow
@pytest.mark.full
def test_new_user_names_of_a_whole_company_are_one_cause() -> None:
    """Until SharePoint has seen them: one reason for all, hundreds of calls at most, no alarm in the first day.

    Then they are delivered by themselves. In full 60,000 people.
    """
    world = renamed(PEOPLE)
    began, calls = world.now, charged(world)
    while world.now - began < timedelta(hours=24):
        look(world)
    first_day, reasons = sum(calls), Counter(entry.reason for entry in world.escrow().values())
    raised = [one.fields for one in world.events.named(EventName.ALARM_RAISED)]
    print(f"{PEOPLE} new user names: {first_day} calls in the first day; {dict(reasons)}; alarms {raised}")
    while world.escrow() and world.now - began < timedelta(hours=72):
        look(world)
    right = sum(world.profile(one)["UpaDepartment"] == f"D{n} new" for n, one in enumerate(world.people))
    hours = (world.now - began) / timedelta(hours=1)
    print(f"{right} delivered {hours:.0f} hours after the change, {sum(calls)} calls in all")

    assert first_day < 1_700
    assert raised == []
    assert set(reasons) <= {EscrowReason.USER_NAME_CHANGED, EscrowReason.OVER_BUDGET}
    assert reasons[EscrowReason.USER_NAME_CHANGED] >= min(PEOPLE, 30_000)
    assert (right, world.escrow()) == (PEOPLE, {})


def test_an_hour_costs_what_is_tried_and_not_what_waits() -> None:
    """With a budget for a third of the people: each is read again at their own turns, and an idle hour reads nobody.

    A turn that found no profile was due for ever: the same people were planned and settled without a pause.
    """
    world = renamed(90)
    world.connector = replace(world.connector, individual=Budget(share=0.17, one_geo=True))  # 30 people in 2 hours
    steps, step, began = count(), world.step, world.now
    read: list[int] = []

    def counted(*args: Any) -> Step:
        assert next(steps) < 500, "the same people are planned again and again"
        return step(*args)

    world.step = counted
    for hour in range(24):
        world.sim.calls.reset()
        before = len(world.events.named(EventName.PLAN_MADE))
        end = began + timedelta(hours=hour + 1)
        world.pull()
        world.drain(until=end - timedelta(seconds=1))
        world.until(end)
        read.append(world.sim.calls.counts().get("graph users.get", 0))
        assert len(world.events.named(EventName.PLAN_MADE)) - before <= 3

    assert (max(read), sum(read), read.count(0)) == (60, 4 * 90 - 30, 14)
    assert {entry.reason for entry in world.escrow().values()} == {EscrowReason.USER_NAME_CHANGED}
