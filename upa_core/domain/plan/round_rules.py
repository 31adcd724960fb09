"""What a plan's rounds decide: whether updates are exempt from the threshold, and whether a full round comes first."""

from __future__ import annotations

from collections.abc import Sequence

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState
from upa_core.domain.documents.rounds import SealedRound

MAX_NAMED = 10_000
"""People who are read again for one plan because their row of another source changed; more are planned by a full round.
"""


def updates_are_exempt(connector: Connector, rounds: Sequence[SealedRound]) -> bool:
    """Return whether updates are exempt from the threshold: an announced full round, and no round of rows with it."""
    announced = any(one.announced and one.kind == "full" for one in rounds)
    return announced and all(connector.rules_of(one.source).announces for one in rounds)


def full_round_first(connector: Connector, rounds: Sequence[SealedRound]) -> int:
    """Return how many people the rows of other sources name, if they are too many to be read again; else 0.

    Nobody is read again where a file or a query is the connector's own source.
    """
    if connector.primary is not None:
        return 0
    if any(one.kind == "full" and not one.source for one in rounds):
        return 0
    named = sum(one.rows for one in rounds if one.source)
    return named if named > MAX_NAMED else 0


def full_round_comes(state: ConnectorState) -> bool:
    """Return whether a full round was asked for already, or is being pulled."""
    asked = state.requested is not None and state.requested.full
    return asked or (state.open_round is not None and state.open_round.kind == "full")
