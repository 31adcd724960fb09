"""The step that an export returns: what stops a plan, until when, and what a plan becomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.crash.scenarios import settled
from tests.support.joined import JoinedWorld, row
from tests.support.world import NO_THRESHOLD, World
from tests.support.wrapped import Wrapped
from upa_core.domain.documents.connector_state import ConnectorState, RunRequest
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.documents.quarantine import QuarantineReason
from upa_core.domain.documents.rounds import SealedRound, Segment, Watermark
from upa_core.domain.documents.runs import Counts, Hold, Intent, Retry, Run, Urgent
from upa_core.domain.documents.storage_layout import intent_key
from upa_core.domain.errors import RefusedError
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.next_step import Step
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.domain.people.shadow import Shard
from upa_core.domain.plan.run_people import run_people_key
from upa_core.services.admin.requests import request_people
from upa_core.services.plan.commit_plan import still_due
from upa_core.services.plan.export import export, tomorrow
from upa_core.state.change_people import change_people_between_runs
from upa_core.state.document import get_document, lane_of, state_of

NOW = World().now
RUN = Run("20261122T101500Z-open", NOW, (), (), Counts())
SEALED = (SealedRound("r1", "delta", "", NOW, NOW, (), "", ()),)


def begin(world: World, **fields: Any) -> ConnectorState:
    """Set fields of the state, and return it."""
    return state_of(world.store, "hr").update(lambda state: replace(state, **fields)).value


@pytest.mark.parametrize(
    ("fields", "step"),
    [
        ({"run": RUN, "paused": True}, Step("again", "a run is open", run=RUN.id)),
        (
            {"urgent": Urgent(RUN, "p", NOW + timedelta(minutes=5)), "paused": True},
            Step("poll", "somebody is written at once", at=NOW + timedelta(minutes=5), run=RUN.id),
        ),
        ({"paused": True}, Step("idle", "paused")),
        ({"hold": Hold(RUN, NOW, "clears 3")}, Step("idle", "held: clears 3", run=RUN.id)),
        (
            {"retry": Retry(1, NOW + timedelta(hours=1), "down", World().connector.fingerprint)},
            Step("poll", "retry after a failed run (down)", at=NOW + timedelta(hours=1)),
        ),
        ({"sealed": ()}, Step("idle", "nothing is due")),
        ({}, Step("idle", "the configuration changed: waiting for its full round")),
        (
            {"watermark": Watermark("u", NOW, "other")},
            Step("idle", "the configuration changed: waiting for its full round"),
        ),
    ],
)
def test_what_stops_a_plan_is_told_with_its_time(fields: dict[str, Any], step: Step) -> None:
    """The first obstacle of all; nothing is stored for it."""
    world = World()
    before = begin(world, **{"sealed": SEALED, **fields})

    assert export(world.ports(), world.connector) == step
    assert world.state == before


def test_people_who_are_due_later_are_waited_for() -> None:
    """Nothing is planned before; the step says when."""
    world = settled(1)
    at = world.now + timedelta(hours=3)

    def wait(shard: Shard, person: str) -> None:
        shard.put_in_escrow(person, EscrowReason.NOT_KEPT, now=world.now, due=at)

    change_people_between_runs(world.ports(), world.connector, world.people, wait)
    assert export(world.ports(), world.connector) == Step("idle", "nothing is due", at=at)
    world.until(at)
    assert export(world.ports(), world.connector).kind == "again"


def ready(**connector: Any) -> World:
    """Return a tenant at rest with one changed person in the outbox."""
    world = settled(3, **connector)
    world.edit(world.people[0], department="B")
    world.pull()
    return world


def test_a_busy_lane_and_a_used_up_budget_stop_a_plan_until_then() -> None:
    """Another connector's import file for five minutes at a time, unless it is overdue; the budget until tomorrow."""
    world = ready()
    flight = InFlight("it", "r", "upa-it-r-1.json", 1, "queued", world.now)
    lane = lane_of(world.store, world.connector)
    lane.update(lambda one: replace(one, in_flight=flight))
    busy = Step("poll", "it has the lane", at=world.now + timedelta(minutes=5))
    assert export(world.ports(), world.connector) == busy

    lane.update(lambda one: replace(one, in_flight=None, day=f"{world.now:%Y-%m-%d}", jobs_today=500))
    midnight = datetime(2026, 11, 23, tzinfo=UTC)
    used = Step("poll", "the day's budget of import jobs is used up", at=midnight)
    assert export(world.ports(), world.connector) == used
    assert (tomorrow(midnight), tomorrow(midnight - timedelta(seconds=1))) == (midnight + timedelta(days=1), midnight)

    lane.update(lambda one: replace(one, in_flight=replace(flight, since=world.now - timedelta(hours=27)), day=""))
    assert export(world.ports(), world.connector).why == "planned"


def test_a_plan_becomes_a_run_with_its_intent() -> None:
    """The state names it in one write; the event has its numbers."""
    world = ready()
    before, rounds = world.state, tuple(one.id for one in world.state.sealed)
    step = export(world.ports(), world.connector)
    run = world.state.run
    assert run is not None
    (file,) = run.files

    assert step == Step("again", "planned", run=run.id)
    assert world.state == replace(before, run=run, sequence=before.sequence + 1, target=world.connector.target.lane)
    assert (run.started, run.rounds, run.full, run.exempt, run.tried) == (world.now, rounds, False, False, ())
    assert (run.targets, run.fingerprint) == (world.connector.targets, world.connector.fingerprint)
    assert (file.sequence, file.people) == (before.sequence + 1, 1)
    fields = {"updated": 1, "cleared": 0, "files": 1}
    assert world.events.events[-1] == Event(EventName.PLAN_MADE, "hr", run.id, fields=fields)
    intent = get_document(world.store, intent_key(run.id), Intent)
    assert intent is not None
    assert (intent.value.files, intent.value.rounds, intent.value.folder) == (run.files, rounds, "/sites/upa/Imports")
    assert intent.value.property_map == {target: target for target in run.targets}
    assert (intent.value.made, intent.value.counts) == (world.now, run.counts)


def test_a_plan_over_the_threshold_becomes_a_hold() -> None:
    """It names its files all the same; the number of the last file moves, so that no other plan takes it."""
    world = ready(threshold=replace(NO_THRESHOLD, updates_absolute=0))
    before = world.state
    step = export(world.ports(), world.connector)
    hold = world.state.hold
    assert hold is not None

    assert step == Step("idle", f"held: {hold.why}", run=hold.run.id)
    assert (hold.since, hold.kind, len(hold.run.files), world.state.run) == (world.now, "", 1, None)
    assert world.state.sequence == before.sequence + 1
    fields = {"why": hold.why, "updated": 1, "cleared": 0, "files": 1}
    assert world.events.events[-1] == Event(EventName.PLAN_HELD, "hr", hold.run.id, Level.WARNING, fields)


def test_a_plan_without_a_difference_ends_its_rounds() -> None:
    """With a report and the numbers of people; the next step can be taken at once."""
    world = settled(3)
    world.pull(full=True)
    runs = world.state.runs
    step = export(world.ports(), world.connector)

    assert (step.kind, step.why, world.state.last_run) == ("again", "no difference", step.run)
    assert (world.state.sealed, world.state.run, world.state.runs) == ((), None, runs + 1)
    assert world.events.events[-1] == Event(EventName.PLAN_EMPTY, "hr", step.run, fields={"people": 3})


def test_the_people_of_a_run_without_a_round_are_stored_too() -> None:
    """Whoever was asked for is listed like anybody else."""
    world = settled(3)
    world.edit(world.people[0], department="B")
    request_people(world.ports(), world.connector, [world.people[0]])
    step = export(world.ports(), world.connector)

    assert (step.why, run_people_key(step.run) in world.store.blobs) == ("planned", True)


def test_values_that_arent_sent_are_listed_of_a_round_without_a_file() -> None:
    """A value that doesn't fit its type: nothing goes, and the run says whose it is."""
    world = settled(3)
    world.edit(world.people[0], employeeHireDate="soon")
    world.pull()
    step = export(world.ports(), world.connector)

    assert (step.why, run_people_key(step.run) in world.store.blobs) == ("no difference", True)


def test_a_rival_that_planned_first_leaves_the_second_idle() -> None:
    """It says so and changes nothing."""
    world = ready()
    stale = state_of(world.store, "hr").load()
    export(world.ports(), world.connector)
    planned = world.state
    step = export(world.ports(), world.connector, stale)

    assert step == Step("idle", "another instance is exporting (the outbox was planned by somebody else)")
    assert world.state == planned


@pytest.mark.parametrize("first", [True, False])
def test_an_error_in_planning_counts_only_where_nobody_planned_meanwhile(*, first: bool) -> None:
    """What another instance has planned is no failure; alone it slows the connector down, and is raised."""
    world = ready()
    ports = world.ports()

    def read(*_: object) -> object:
        if first:
            begin(world, runs=world.state.runs + 1)
        raise RefusedError("no rights")

    refusing = replace(ports, source=Wrapped(ports.source, read=read))
    if first:
        step = export(refusing, world.connector)
        assert step == Step("idle", "another instance is exporting (no rights)")
        assert (world.state.quarantine, world.state.retry) == (None, None)
    else:
        runs = world.state.runs
        with pytest.raises(RefusedError):
            export(refusing, world.connector)
        assert world.state.quarantine is not None
        assert (world.state.quarantine.reason, world.state.quarantine.detail) == (QuarantineReason.MAPPING, "no rights")
        assert world.state.retry is not None
        assert (world.state.retry.failures, world.state.runs, len(world.state.sealed)) == (1, runs, 1)
        assert EventName.QUARANTINED in world.events.names


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ({}, True),
        ({"sealed": (*SEALED, replace(SEALED[0], id="r2"))}, True),
        ({"sealed": ()}, False),
        ({"sealed": (replace(SEALED[0], id="r2"),)}, False),
        ({"run": RUN}, False),
        ({"hold": Hold(RUN, NOW, "")}, False),
        ({"sequence": 8}, False),
        ({"runs": 3}, False),
        ({"paused": True, "last_pull": NOW}, True),
    ],
)
def test_planned_work_is_due_as_long_as_nobody_planned_it(fields: dict[str, Any], due: bool) -> None:
    """A round that was sealed meanwhile doesn't matter; a plan without a difference does."""
    before = ConnectorState(sealed=SEALED, sequence=7, runs=2)
    assert still_due(before, replace(before, **fields)) is due


def test_too_many_rows_of_another_source_ask_for_a_full_round_once() -> None:
    """Nobody is read again for each; where one was asked for already, nothing is asked twice."""
    world = JoinedWorld(3)
    world.deliver(*(row(f"E{n}", "1") for n in range(3)))
    world.settle_down()
    many = SealedRound("r9", "delta", "", NOW, NOW, (), "", (Segment("k", 10_001, 1),), source="hr")
    begin(world, sealed=(many,))
    world.waker.sent.clear()
    step = export(world.ports(), world.connector)
    asked = world.state.requested

    assert step == Step("idle", "rows of 10001 people changed: they are planned with the next full round")
    assert asked is not None
    assert (asked.full, asked.at, world.waker.sent) == (True, world.now, [("continue_pull", "hr", "")])
    assert export(world.ports(), world.connector) == step
    assert (world.state.requested, len(world.waker.sent)) == (RunRequest(asked.id, True, asked.at), 1)
