"""The outbox: sealed rounds that no run has settled yet, and the request for a full round that one may need."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, RunRequest
from upa_core.domain.documents.ids import run_id
from upa_core.domain.documents.rounds import SealedRound
from upa_core.domain.plan.round_rules import full_round_comes
from upa_core.ports.bundle import Ports
from upa_core.state.document import state_of

MAX_ROUNDS = 48
"""Sealed rounds that are stored one by one; during a long hold or pause, later rounds are merged into the last one."""


def with_round(state: ConnectorState, sealed: SealedRound) -> tuple[SealedRound, ...]:
    """Return the outbox with one more round: appended, or merged into the last one."""
    last = state.sealed[-1] if state.sealed else None
    runs = (state.run, state.hold.run if state.hold is not None else None)
    taken = {round_id for run in runs if run is not None for round_id in run.rounds}
    if (
        last is None
        or len(state.sealed) < MAX_ROUNDS
        or sealed.kind == "full"
        or last.id in taken
        or last.requested
        or (last.source, last.kind, last.inputs, last.fingerprint)
        != (sealed.source, sealed.kind, sealed.inputs, sealed.fingerprint)
    ):
        return (*state.sealed, sealed)
    longer = replace(sealed, started=last.started, segments=(*last.segments, *sealed.segments))
    return (*state.sealed[:-1], longer)


def ask_for_full_round(ports: Ports, connector: Connector) -> None:
    """Ask for a full round, once; an existing request is turned into one for a full round."""
    now, fresh = ports.clock.now(), run_id(ports.clock.now(), ports.ids.token())
    state_of(ports.store, connector.name).update(lambda state: asking_for_full_round(state, fresh, now))


def asking_for_full_round(state: ConnectorState, fresh: str, now: datetime) -> ConnectorState:
    """Return the state with a request for a full round; `fresh`: the id of a new request."""
    if full_round_comes(state):
        return state
    before = state.requested
    wanted = RunRequest(fresh, full=True, at=now) if before is None else replace(before, full=True)
    return replace(state, requested=wanted)
