"""Runs and people that somebody asks for, and what became of each request."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.crash.scenarios import settled
from tests.support.world import World
from upa_core.domain.documents.connector_state import RunRequest
from upa_core.domain.documents.quarantine import Quarantine, QuarantineReason
from upa_core.domain.documents.rounds import Link, OpenRound, SealedRound
from upa_core.domain.documents.runs import Counts, Hold, Report, Retry, RoundEnd, Run
from upa_core.domain.documents.storage_layout import report_key, round_key
from upa_core.domain.errors import RefusedError
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.services.admin.requests import RunStatus, request_people, request_run, run_status
from upa_core.state.document import put_document, state_of

ROUND, RUN = "20261122T101500Z-aaaa", "20261122T101500Z-bbbb"


@pytest.fixture
def world() -> World:
    return World()


def begin(world: World, **fields: Any) -> None:
    """Set fields of the state."""
    state_of(world.store, "hr").update(lambda state: replace(state, **fields))


def test_requests_that_wait_become_one(world: World) -> None:
    """It keeps its id and its time, and is full if one of them is; each wakes the pull."""
    first = request_run(world.ports(), world.connector)
    at = world.now
    assert (world.state.requested, world.waker.sent) == (RunRequest(first, False, at), [("continue_pull", "hr", first)])
    world.sim.advance(60)
    for full, expected in ((False, False), (True, True), (False, True)):
        assert request_run(world.ports(), world.connector, full=full) == first
        assert world.state.requested == RunRequest(first, expected, at)
    assert len(world.waker.sent) == 4


@pytest.mark.parametrize(("hours", "moved"), [(1, True), (-1, False)])
def test_a_request_is_tried_at_once_after_a_failure(world: World, hours: int, moved: bool) -> None:
    """The failures so far still count."""
    retry = Retry(2, world.now + timedelta(hours=hours), "down", "f", since=world.now)
    begin(world, pull_retry=retry)
    request_run(world.ports(), world.connector)

    assert world.state.pull_retry == (replace(retry, not_before=world.now) if moved else retry)


def test_a_connector_that_is_switched_off_refuses_and_says_why(world: World) -> None:
    """In quarantine it is asked all the same."""
    off = datetime(2026, 11, 1, 8, 30, tzinfo=world.now.tzinfo)
    slow = Quarantine(QuarantineReason.CREDENTIALS, world.now, "no consent")
    begin(world, quarantine=slow)
    request_run(world.ports(), world.connector)
    begin(world, quarantine=replace(slow, off_since=off), requested=None)
    why = r"hr is switched off since 2026-11-01 08:30 UTC \(credentials: no consent\); when it is fixed: upa resume"
    with pytest.raises(RefusedError, match=why):
        request_run(world.ports(), world.connector)
    assert world.state.requested is None


def test_people_asked_for_are_due_now_under_a_newer_number() -> None:
    """Their id counts in any letter case; a file in flight doesn't answer the request."""
    world = settled(3)
    sequence = world.state.sequence
    world.waker.sent.clear()
    request_people(world.ports(), world.connector, [world.people[0].upper()])
    escrow = world.escrow()

    assert escrow.keys() == {world.people[0]}
    (entry,) = escrow.values()
    assert (entry.reason, entry.due, entry.sequence) == (EscrowReason.REQUESTED, world.now, sequence + 1)
    assert world.waker.sent == [("export", "hr", "")]


def test_a_round_is_followed_from_the_request_to_its_report(world: World) -> None:
    """By the id of the request at every step."""
    run = Run(RUN, world.now, (ROUND,), (), Counts())
    opened = OpenRound(ROUND, "delta", "", world.now, Link("u", "next"), (), "")
    sealed = SealedRound(ROUND, "delta", "", world.now, world.now, (), "", ())
    steps: list[tuple[str, dict[str, Any]]] = [
        ("requested", {"requested": RunRequest(ROUND, False, world.now)}),
        ("pulling", {"requested": None, "open_round": opened}),
        ("waiting", {"open_round": None, "sealed": (sealed,)}),
        ("exporting", {"run": run}),
        ("held", {"run": None, "hold": Hold(run, world.now, "why")}),
    ]
    assert run_status(world.ports(), world.connector, ROUND) is None
    for status, fields in steps:
        begin(world, **fields)
        assert run_status(world.ports(), world.connector, ROUND) == RunStatus(ROUND, "hr", status)
        known = run_status(world.ports(), world.connector, RUN)
        assert (known.status if known is not None else None) == (status if status in ("exporting", "held") else None)
        assert run_status(world.ports(), world.connector, "20261122T101500Z-cccc") is None

    begin(world, hold=None)
    report = Report(Report.VERSION, "hr", RUN, world.now, world.now, "no_change", (ROUND,), Counts(), ())
    put_document(world.store, report_key(RUN), report)
    put_document(world.store, round_key(ROUND), RoundEnd(RoundEnd.VERSION, "hr", RUN))
    assert run_status(world.ports(), world.connector, ROUND) == RunStatus(ROUND, "hr", "no_change", report)
    assert run_status(world.ports(), world.connector, RUN) == RunStatus(RUN, "hr", "no_change", report)
    assert run_status(world.ports(), world.connect("it"), RUN) is None


def test_a_run_of_several_rounds_is_found_by_each(world: World) -> None:
    """Not only by the first."""
    run = Run(RUN, world.now, (ROUND, "20261122T101500Z-cccc"), (), Counts())
    begin(world, run=run)
    for name in (RUN, *run.rounds):
        status = run_status(world.ports(), world.connector, name)
        assert status is not None
        assert status.status == "exporting"
