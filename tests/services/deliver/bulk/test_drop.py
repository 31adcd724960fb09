"""A run that an administrator drops."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.hooks import Call, nothing
from tests.support.ended import delivery_of, planned
from tests.support.world import World
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.lane import InFlight
from upa_core.domain.documents.quarantine import Quarantine, QuarantineReason
from upa_core.domain.documents.runs import Hold, Report, Run
from upa_core.domain.documents.storage_layout import report_key
from upa_core.domain.errors import RefusedError
from upa_core.domain.health.events import EventName
from upa_core.services.deliver.bulk.drop import drop_hold, drop_run
from upa_core.state.document import get_document, lane_of, state_of


def in_lane(world: World, **fields: Any) -> Run:
    """Put the open run's file into the lane; return the run."""
    on = delivery_of(world)
    known: dict[str, Any] = {"connector": "hr", "run": on.run.id, "phase": "queueing", "source_uri": "uri", **fields}
    place = InFlight(file=on.file.name, sequence=1, since=world.now, **known)
    lane_of(world.store, world.connector).update(lambda lane: replace(lane, in_flight=place))
    return on.run


@pytest.mark.parametrize(("sent", "alive"), [({}, False), ({"queues": 1}, True), ({"jobs": ("job",)}, True)])
def test_an_import_job_that_may_run_stays_on_the_books_and_its_file_in_the_library(
    sent: dict[str, Any], alive: bool
) -> None:
    """A queue call without an answer is one too. A file that nobody reads is owed."""
    world = planned(2)
    run = in_lane(world, **sent)

    assert drop_run(world.ports(), world.connector, run.id, "anna") == alive
    assert [one.run for one in world.lane.abandoned] == ([run.id] if alive else [])
    assert [debt.url for debt in world.state.debts] == ([] if alive else ["uri"])
    assert world.lane.in_flight is None


@pytest.mark.parametrize("other", [{"connector": "sales"}, {"run": "another"}])
def test_a_file_of_somebody_else_keeps_its_place(other: dict[str, Any]) -> None:
    """Of another connector, or of another run of this one."""
    world = planned(2)
    run = in_lane(world, jobs=("job",), **other)

    assert not drop_run(world.ports(), world.connector, run.id, "anna")
    assert (world.lane.in_flight is not None, world.lane.abandoned, world.state.debts) == (True, (), ())
    assert world.state.run is None


def test_a_dropped_run_is_reported_as_failed_and_its_rounds_stay() -> None:
    """By whom is said."""
    world = planned(2)
    run = delivery_of(world).run
    drop_run(world.ports(), world.connector, run.id, "anna")
    report = get_document(world.store, report_key(run.id), Report)

    assert report is not None
    assert (report.value.status, report.value.why) == ("failed", "dropped by anna")
    assert [one.id for one in world.state.sealed] == list(run.rounds)


def test_nothing_but_the_named_run_is_dropped() -> None:
    """Neither another open one, nor another held one; what another instance began meanwhile stays."""
    world = planned(2)
    run = delivery_of(world).run
    hold = Hold(replace(run, id="held"), world.now, "why")
    state_of(world.store, "hr").update(lambda state: replace(state, hold=hold))
    with pytest.raises(RefusedError, match="isn't open"):
        drop_run(world.ports(), world.connector, "another", "anna")
    with pytest.raises(RefusedError, match="isn't held"):
        drop_hold(world.ports(), world.connector, run.id, "anna")
    began = replace(run, id="newer")

    def overtake(call: Call) -> None:
        if call.subject == report_key(run.id):
            world.store.hooks.before = nothing
            state_of(world.store, "hr").update(lambda state: replace(state, run=began))

    world.store.hooks.before = overtake
    drop_run(world.ports(), world.connector, run.id, "anna")

    assert (world.state.run, world.state.hold) == (began, hold)


def test_a_held_run_that_is_dropped_leaves_its_work_to_the_next_plan() -> None:
    """The export is woken, and waiting for a decision is over; another quarantine stays."""
    world = planned(2)
    run = delivery_of(world).run

    def held(quarantine: Quarantine) -> ConnectorState:
        hold = Hold(run, world.now, "why")
        changed = state_of(world.store, "hr").update(
            lambda state: replace(state, run=None, hold=hold, quarantine=quarantine)
        )
        world.waker.sent.clear()
        drop_hold(world.ports(), world.connector, run.id, "anna")
        return changed.value

    expired = Quarantine(QuarantineReason.HOLD_EXPIRED, world.now, "", "decision")
    before = held(expired)
    assert (world.state.hold, world.state.quarantine, world.state.runs) == (None, None, before.runs + 1)
    assert world.waker.sent == [("export", "hr", "")]
    refused = Quarantine(QuarantineReason.CREDENTIALS, world.now, "")
    held(refused)
    assert world.state.quarantine == refused
    assert world.events.named(EventName.CONTROLLED)[-1].run == run.id
