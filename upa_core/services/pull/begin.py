"""Why a round begins, its kind and its name."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, age_of
from upa_core.domain.documents.ids import run_id
from upa_core.domain.documents.rounds import Link, OpenRound, Watermark
from upa_core.domain.people.changes import RoundKind
from upa_core.ports.bundle import Ports


def is_void(connector: Connector, opened: OpenRound, now: datetime) -> bool:
    """Return whether an open round must begin again: the configuration changed, or its links are too old."""
    expires = connector.source.rules.positions_expire
    too_old = expires and age_of(opened.started, now) > connector.limits.token_max_age
    return too_old or opened.fingerprint != connector.fingerprint


def begin(
    ports: Ports, connector: Connector, state: ConnectorState, before: OpenRound | None, *, full: bool
) -> OpenRound:
    """Return the next round; nothing is written or read yet.

    Args:
        before: the open round that this one replaces, if any: a requested round keeps its name.
        full: somebody asks for a full round.
    """
    now = ports.clock.now()
    reason, announced = why_full(connector, state, now, asked=full)
    kind: RoundKind = "full" if reason else "delta"
    mark = state.watermark
    position = ports.source.begin(connector.select) if reason or mark is None else Link(mark.url, "delta")
    return OpenRound(
        id=_name(ports, state, before, now),
        requested=state.requested is not None or (before is not None and before.requested),
        announced=announced,
        kind=kind,
        reason=reason or "changes since the last round",
        started=now,
        position=position,
        inputs=connector.directory_inputs,
        fingerprint=connector.fingerprint,
    )


def why_full(connector: Connector, state: ConnectorState, now: datetime, *, asked: bool) -> tuple[str, bool]:
    """Return why a full round is due ("" where none is), and whether it is expected to change many values."""
    mark, limits = state.watermark, connector.limits
    if mark is None:
        return "there is no watermark", True
    rules = connector.source.rules
    if mark.fingerprint != connector.fingerprint:
        return _what_changed(connector, mark)
    if connector.secondaries and (state.keys is None or state.keys.header != connector.key_paths):
        return "the key index is missing", False
    if rules.positions_expire and age_of(mark.issued, now) > limits.token_max_age:
        return f"the watermark is older than {limits.token_max_age.days} days", rules.announces
    if asked or (state.requested is not None and state.requested.full):
        return "asked for", True
    if state.last_full is not None and age_of(state.last_full, now) > limits.full_round_every:
        return "the scheduled full round is due", False
    return "", False


def _what_changed(connector: Connector, mark: Watermark) -> tuple[str, bool]:
    """Return why a changed configuration needs a full round; an addition for matching alone changes no value."""
    without = replace(connector, secondaries=())
    unchanged = mark.decided == connector.decided if mark.decided else mark.fingerprint == without.fingerprint
    if unchanged and connector.secondaries:
        return "an attribute was added to match by", False
    return "the mapping, scope or selection changed", connector.source.rules.announces


def _name(ports: Ports, state: ConnectorState, before: OpenRound | None, now: datetime) -> str:
    """Return the name of the round: the id of the request; a requested round that begins again keeps it."""
    if before is not None and before.requested:
        return before.id
    return state.requested.id if state.requested is not None else run_id(now, ports.ids.token())
