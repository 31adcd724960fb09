"""The outbox: sealed rounds that wait to be settled."""

from __future__ import annotations

from dataclasses import replace

from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.rounds import SealedRound

MAX_ROUNDS = 48
"""Sealed rounds kept apart; in a long hold or pause later ones grow into the last, so that the state stays small."""


def with_round(state: ConnectorState, sealed: SealedRound) -> tuple[SealedRound, ...]:
    """Append a round to the outbox, or lengthen the last one by it."""
    last = state.sealed[-1] if state.sealed else None
    runs = (state.run, state.hold.run if state.hold is not None else None)
    taken = {round_id for run in runs if run is not None for round_id in run.rounds}
    if (
        last is None
        or len(state.sealed) < MAX_ROUNDS
        or sealed.kind == "full"
        or last.id in taken
        or last.requested
        or (last.kind, last.inputs, last.fingerprint) != (sealed.kind, sealed.inputs, sealed.fingerprint)
    ):
        return (*state.sealed, sealed)
    longer = replace(sealed, started=last.started, segments=(*last.segments, *sealed.segments))
    return (*state.sealed[:-1], longer)
