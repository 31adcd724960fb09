"""What each control of an administrator changes in the state, whom it wakes, and how it is recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.crash.scenarios import settled
from tests.support.world import World
from upa_core.domain.documents.census import Census, Censuses
from upa_core.domain.documents.connector_state import ConnectorState, PeopleIndex, RefusedProperty
from upa_core.domain.documents.quarantine import Quarantine, QuarantineReason
from upa_core.domain.documents.rounds import Link, OpenRound, Watermark
from upa_core.domain.documents.runs import Counts, Hold, Retry, Run, Urgent
from upa_core.domain.documents.sources import SourceState
from upa_core.domain.documents.storage_layout import censuses_key
from upa_core.domain.errors import RefusedError
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.shadow import Shard
from upa_core.services.admin.controls import Reset, approve_offers, go, pause, reset, resume
from upa_core.state.change_people import change_people_between_runs
from upa_core.state.document import put_document, state_of

PULL, EXPORT = ("continue_pull", "hr", ""), ("export", "hr", "")
RUN = "20261122T101500Z-open"


@pytest.fixture
def world() -> World:
    return World()


def begin(world: World, **fields: Any) -> ConnectorState:
    """Set fields of the state, and return it."""
    return state_of(world.store, "hr").update(lambda state: replace(state, **fields)).value


def recorded(world: World, control: str) -> bool:
    """Return whether the last event says who did what."""
    fields = {"control": control, "by": "Ann"}
    return world.events.events[-1] == Event(EventName.CONTROLLED, "hr", level=Level.WARNING, fields=fields)


def run(world: World) -> Run:
    """Return a run."""
    return Run(RUN, world.now, (), (), Counts())


def test_a_pause_is_of_whoever_asked_first(world: World) -> None:
    """Pausing again changes nothing; nobody is woken."""
    pause(world.ports(), world.connector, "Ann")
    first = world.now
    assert recorded(world, "pause")
    world.sim.advance(60)
    pause(world.ports(), world.connector, "Bert")

    assert world.state == ConnectorState(paused=True, paused_since=first, paused_by="Ann")
    assert world.waker.sent == []


def test_resuming_ends_the_pause_and_tries_what_failed_at_once(world: World) -> None:
    """What was switched off is on again; a try that is due already keeps its time."""
    now = world.now
    early, late = now - timedelta(hours=1), now + timedelta(hours=1)
    off = Quarantine(QuarantineReason.CREDENTIALS, now - timedelta(days=40), "no rights", off_since=early)
    retry, pull_retry = (Retry(3, moment, "down", "f", since=early) for moment in (late, early))
    begin(world, paused=True, paused_since=early, paused_by="Bert", quarantine=off, retry=retry, pull_retry=pull_retry)
    resume(world.ports(), world.connector, "Ann")
    state = world.state

    assert (state.paused, state.paused_since, state.paused_by) == (False, None, "")
    assert state.quarantine is not None
    assert (state.quarantine.off_since, state.quarantine.since) == (None, now)
    assert (state.retry, state.pull_retry) == (replace(retry, not_before=now), pull_retry)
    assert recorded(world, "resume")
    assert world.waker.sent == [PULL, EXPORT]


def test_go_is_said_to_the_mappings_of_today(world: World) -> None:
    """The export is woken: what waited in staging mode goes."""
    go(world.ports(), world.connector, "Ann")

    assert world.state == ConnectorState(released=True, released_to=world.connector.export_hash)
    assert (recorded(world, "go"), world.waker.sent) == (True, [EXPORT])


def test_a_reset_token_asks_for_a_full_round(world: World) -> None:
    """Nothing else is lost."""
    opened = OpenRound("r", "delta", "", world.now, Link("u", "next"), (), "")
    state = begin(world, watermark=Watermark("u", world.now, "f"), open_round=opened, sequence=7, run=run(world))
    reset(world.ports(), world.connector, "token", "Ann")

    assert world.state == replace(state, watermark=None, open_round=None)
    assert (recorded(world, "reset token"), world.waker.sent) == (True, [PULL])


def test_a_reset_quarantine_forgets_the_failures_so_far(world: World) -> None:
    """Both pulling and exporting are tried at once."""
    retry = Retry(3, world.now + timedelta(days=1), "down", "f", since=world.now)
    quarantine = Quarantine(QuarantineReason.TARGET_DOWN, world.now, "down")
    begin(world, retry=retry, pull_retry=retry, quarantine=quarantine, sequence=7)
    reset(world.ports(), world.connector, "quarantine", "Ann")

    assert world.state == ConnectorState(sequence=7)
    assert (recorded(world, "reset quarantine"), world.waker.sent) == (True, [PULL, EXPORT])


def test_a_reset_shadow_begins_an_empty_generation(world: World) -> None:
    """Files of before settle nothing in it; censuses are about the old one; the next round is full."""
    refused = RefusedProperty("UpaTitle", "m", world.now, RUN, 12)
    people, token = PeopleIndex(3, 4, 900, "old"), Watermark("u", world.now, "f")
    opened = OpenRound("r", "delta", "", world.now, Link("u", "next"), (), "")
    target = world.connector.target.lane
    begin(
        world, people=people, watermark=token, open_round=opened, sequence=7, target=target, refused=(refused,), runs=2
    )
    put_document(world.store, censuses_key("hr"), Censuses(rounds=(Census(world.now, 900),)))
    reset(world.ports(), world.connector, "shadow", "Ann")
    after = world.state.people

    assert world.state == ConnectorState(people=after, sequence=8, runs=2)
    assert (after.generation, after.shards, after.known, after.token not in ("", "old")) == (4, 1, 0, True)
    assert censuses_key("hr") not in world.store.blobs
    assert (recorded(world, "reset shadow"), world.waker.sent) == (True, [PULL])


@pytest.mark.parametrize(
    ("busy", "why"),
    [
        (lambda world: {"run": run(world)}, "while a run is open or held"),
        (lambda world: {"hold": Hold(run(world), world.now, "why")}, "while a run is open or held"),
        (lambda world: {"urgent": Urgent(run(world), "p", world.now)}, "while somebody is written"),
    ],
)
def test_a_shadow_isnt_reset_while_something_would_settle_into_it(
    world: World, busy: Callable[[World], dict[str, Any]], why: str
) -> None:
    """Its files would confirm values in the new generation."""
    before = begin(world, target=world.connector.target.lane, **busy(world))
    with pytest.raises(RefusedError, match=why):
        reset(world.ports(), world.connector, "shadow", "Ann")
    assert (world.state, world.events.events) == (before, [])


def test_a_run_for_another_tenant_goes_with_its_shadow(world: World) -> None:
    """Nothing of it can be delivered any more."""
    begin(world, target="fabrikam-admin.sharepoint.com", run=run(world), hold=Hold(run(world), world.now, "why"))
    reset(world.ports(), world.connector, "shadow", "Ann")

    assert (world.state.run, world.state.hold, world.state.target) == (None, None, "")


def test_a_reset_escrow_makes_everybody_in_it_due_and_nobody_else() -> None:
    """In every shard, newer than any file so far; what they wait for stays the same."""
    world = settled(20)
    assert world.state.people.shards > 2
    later = world.now + timedelta(days=3)

    def wait(shard: Shard, person: str) -> None:
        shard.put_in_escrow(person, EscrowReason.NOT_KEPT, now=world.now, due=later)

    waiting = world.people[::3]
    change_people_between_runs(world.ports(), world.connector, waiting, wait)
    sequence = world.state.sequence
    world.waker.sent.clear()
    reset(world.ports(), world.connector, "escrow", "Ann")
    escrow = world.escrow()

    assert escrow.keys() == set(waiting)
    assert {(one.reason, one.due, one.sequence > sequence) for one in escrow.values()} == {
        (EscrowReason.NOT_KEPT, world.now, True)
    }
    assert (recorded(world, "reset escrow"), world.waker.sent) == (True, [EXPORT])


@pytest.mark.parametrize("what", ["token", "shadow", "quarantine", "escrow"])
def test_each_reset_of_a_connector_at_rest_is_recorded(world: World, what: Reset) -> None:
    """Also where there is nothing to drop."""
    reset(world.ports(), world.connector, what, "Ann")
    assert recorded(world, f"reset {what}")


def test_held_offers_are_approved_together_or_not_at_all(world: World) -> None:
    """Each by the name under which it is held; they are read at once, whatever their pause."""
    later = world.now + timedelta(hours=6)
    hr = SourceState("hr", held="file 7", holds=("too_few",), failures=2, not_before=later)
    rooms = SourceState("rooms", held="file 1", holds=("a", "b"), failures=1, not_before=later)
    before = begin(world, sources=(hr, rooms, SourceState("phones")))
    with pytest.raises(RefusedError, match="nothing of phones is held"):
        approve_offers(world.ports(), world.connector, ["hr", "phones"], "Ann")
    assert (world.state, world.waker.sent) == (before, [])

    holds = approve_offers(world.ports(), world.connector, ["hr", "rooms"], "Ann")
    assert holds == {"hr": ("too_few",), "rooms": ("a", "b")}
    for one in (hr, rooms):
        approved = replace(one, approved=one.held, approved_by="Ann", failures=0, not_before=None)
        assert world.state.source(one.name) == approved
    assert (recorded(world, "approve what hr, rooms offers"), world.waker.sent) == (True, [PULL])
