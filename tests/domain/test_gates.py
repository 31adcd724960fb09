"""Why nothing moves: the gates in their order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.clock import START
from tests.support.world import World
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.quarantine import Quarantine, QuarantineReason
from upa_core.domain.documents.runs import Counts, Hold, Retry, Run
from upa_core.domain.gates import closed_for_all, closed_gate

CONNECTOR = replace(World().connector, staging=True)
RUN = Run("20261122T101500Z-7f3k", START, (), (), Counts())
OFF = Quarantine(QuarantineReason.CREDENTIALS, START, "401", off_since=START)
LATER = START + timedelta(hours=1)
ALL = ConnectorState(
    quarantine=OFF,
    paused=True,
    hold=Hold(RUN, START, "clears of 9 people"),
    retry=Retry(1, LATER, "it failed", CONNECTOR.fingerprint),
)
OPENED = [
    ("off", {}),
    ("paused", {"quarantine": None}),
    ("held", {"paused": False}),
    ("staging", {"hold": None}),
    ("retry", {"released": True}),
    (None, {"retry": None}),
]


@pytest.mark.parametrize("opened", range(len(OPENED)), ids=[str(name) for name, _ in OPENED])
def test_the_first_closed_gate_is_named(opened: int) -> None:
    """Off, paused, held, staging, retry: with each gate opened in turn the next one shows."""
    state = ALL
    for _, changes in OPENED[: opened + 1]:
        state = replace(state, **changes)
    gate = closed_gate(CONNECTOR, state, START)

    assert (gate.name if gate is not None else None) == OPENED[opened][0]


def test_a_failed_run_is_tried_again_when_its_time_has_come_or_the_configuration_changed() -> None:
    """The gate opens by itself, and tells when."""
    state = ConnectorState(released=True, retry=ALL.retry)
    gate = closed_gate(CONNECTOR, state, START)

    assert gate is not None
    assert gate.until == LATER
    assert closed_gate(CONNECTOR, state, LATER) is None
    assert (
        closed_gate(replace(CONNECTOR, mappings=CONNECTOR.mappings[:1]), replace(state, released_to=""), START) is None
    )


def test_an_open_run_is_stopped_by_the_first_two_gates_alone() -> None:
    """A hold, staging mode and a retry are about the next plan."""
    shut = [closed_for_all(replace(ALL, **changes)) for changes in ({}, {"quarantine": None})]

    assert [gate.name for gate in shut if gate is not None] == ["off", "paused"]
    assert closed_for_all(replace(ALL, quarantine=None, paused=False)) is None
