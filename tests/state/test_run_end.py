"""The end of a run as the state remembers it: what counts for the threshold, is retried, or leaves the outbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.clock import START
from tests.support.world import World
from upa_core.domain.documents.connector_state import ConnectorState, PeopleIndex
from upa_core.domain.documents.quarantine import QuarantineReason
from upa_core.domain.documents.rounds import SealedRound, Segment
from upa_core.domain.documents.runs import Counts, Exported, FileState, Hold, Run
from upa_core.domain.plan.threshold import WINDOW
from upa_core.state.run_end import after_delivery, after_failure, after_success, drop_segments

RUN = Run("run", START, ("r1",), (), Counts(people=9))
FILE = FileState("file", 1, 9, 9, 9, "", updated=5, cleared=2, settled=True, confirmed=True)


def sealed(name: str, **fields: Any) -> SealedRound:
    return SealedRound(name, "delta", "", START, START, (), "", (Segment(f"{name}/1", 1, 1),), **fields)


@pytest.mark.parametrize(
    ("run", "file", "counted"),
    [
        (RUN, FILE, (5, 2)),
        (RUN, replace(FILE, confirmed=False), (0, 2)),
        (replace(RUN, exempt=True), FILE, (0, 2)),
        (replace(RUN, approved=True), FILE, None),
        (RUN, replace(FILE, updated=0, cleared=0), None),
    ],
)
def test_what_a_file_counts_against_the_change_threshold(run: Run, file: FileState, counted: Any) -> None:
    """Its clears always, its updates where they arrived and weren't announced; nothing that somebody approved."""
    after = after_delivery(ConnectorState(), run, file, START)

    assert [(one.updated, one.cleared) for one in after.exported] == ([counted] if counted else [])


def test_changes_count_for_a_day() -> None:
    """Not a moment longer, whether another file is counted or a run ends."""
    young, old = (Exported(START - age, 1, 0) for age in (WINDOW - timedelta(seconds=1), WINDOW))
    state = ConnectorState(exported=(old, young))

    assert after_delivery(state, RUN, FILE, START).exported == (young, Exported(START, 5, 2))
    assert after_success(state, RUN, START).exported == (young,)


def test_the_third_failure_in_a_row_slows_a_connector_down() -> None:
    """By what the failures say; since when, and how many people the file held, is remembered for the next plan."""
    for opaque, reason in ((True, QuarantineReason.TARGET_DOWN), (False, QuarantineReason.TOO_MANY_FAILURES)):
        state, found = ConnectorState(run=RUN, sealed=(sealed("r1"),)), []
        for hours in range(4):
            now = START + timedelta(hours=hours)
            state = after_failure(replace(state, run=RUN), RUN, now, "why", opaque=opaque, people=hours)
            found.append(state.quarantine.reason if state.quarantine is not None else None)
            assert state.retry is not None
            assert (state.retry.failures, state.retry.since, state.retry.people) == (hours + 1, START, hours)
            assert state.retry.not_before > now

        assert found == [None, None, reason, reason]
        assert (state.run, [one.id for one in state.sealed]) == (None, ["r1"])


def test_a_success_leaves_what_isnt_its_own() -> None:
    """Its rounds leave the outbox and failures are forgotten; another run's hold stays, and people are counted anew
    by a full round alone."""
    held = Hold(replace(RUN, id="held"), START, "why")
    failed = after_failure(ConnectorState(people=PeopleIndex(known=100)), RUN, START, "why")
    state = replace(failed, run=RUN, hold=held, sealed=(sealed("r1"), sealed("r2")), last_run="before")
    after = after_success(state, RUN, START)

    assert (after.run, after.retry, after.hold, after.last_success) == (None, None, held, START)
    assert ([one.id for one in after.sealed], after.last_run, after.people.known) == (["r2"], "run", 100)
    assert after_success(state, replace(RUN, full=True), START).people.known == 9
    assert after_success(state, replace(RUN, id="held"), START).hold is None
    assert after_success(state, replace(RUN, rounds=()), START).last_run == "before"


def test_rows_of_a_source_outlive_the_round_that_named_them() -> None:
    """Its segments are part of its current rows; those of the directory's rounds go."""
    world = World()
    for name in ("r1", "r2"):
        world.store.put(f"{name}/1", b"x")
    drop_segments(world.ports(), [sealed("r1"), sealed("r2", source="hr")])

    assert ("r1/1" in world.store.blobs, "r2/1" in world.store.blobs) == (False, True)
