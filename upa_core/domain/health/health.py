"""A connector's health in one line: how it is, since when, why, and what to do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, age_of
from upa_core.domain.documents.lane import Lane
from upa_core.domain.documents.quarantine import Quarantine, QuarantineReason
from upa_core.domain.documents.runs import Retry
from upa_core.domain.gates import closed_gate
from upa_core.domain.health.notification_log import NotificationLog
from upa_core.domain.pauses import STALLED_AFTER

Condition = Literal["healthy", "degraded", "held", "quarantined", "staging", "paused", "stalled", "starting"]

DECIDE = "look at the held plan, then press Approve or Reject"
DOCTOR = "upa doctor in a terminal; the next tick tries again"


@dataclass(frozen=True, slots=True)
class Health:
    """A connector's health."""

    condition: Condition
    since: datetime | None
    """None where the facts don't show it."""
    why: str = ""
    todo: str = ""
    """What to do; it names commands."""
    on_page: str = ""
    """The same for a reader of the page: it names buttons, and a command only where the page has no button."""


def health(connector: Connector, state: ConnectorState, lane: Lane, now: datetime, log: NotificationLog) -> Health:
    """Return the health; the condition that stops most is first. `log` holds the last tick's error and the alarms."""
    one = state.quarantine
    gate = closed_gate(connector, state, now)
    closed = gate.name if gate is not None else None
    if one is not None and closed == "off":
        return _quarantined(one, state)
    if closed == "paused":
        by = state.paused_by or "an administrator"
        return Health("paused", state.paused_since, f"paused by {by}", "upa resume", "press Resume")
    if state.hold is not None and (one is None or one.probe != "decision"):
        return Health("held", state.hold.since, state.hold.why, _decide(state.hold.run.id), DECIDE)
    if one is not None:
        return _quarantined(one, state)
    if closed == "staging":
        why = "mappings, scope or source changed" if state.released else "everything but export"
        here = "upa plan in a terminal, then press Go live"
        return Health("staging", None, f"staging mode: {why}", "upa plan, then upa go", here)
    flight = lane.in_flight
    if flight is not None and flight.connector == connector.name and age_of(flight.since, now) >= STALLED_AFTER:
        why, todo = "SharePoint has had the import job for hours", "nothing: it is given up after 24 h"
        return Health("stalled", flight.since, why, todo, todo)
    if state.retry is not None:
        one_try = state.retry
        todo = f"it tries again at {_at(one_try.not_before)}"
        return Health("degraded", one_try.since, one_try.why, todo, todo)
    if log.trouble:
        return Health("degraded", None, log.trouble, "upa doctor; the next tick tries again", DOCTOR)
    escrow = log.samples[-1].escrow if log.samples else 1
    if state.last_outcome == "failed" and escrow:
        why = (
            f"the last run reached nobody: {escrow} people in escrow" if log.samples else "the last run reached nobody"
        )
        return Health("degraded", None, why, "upa escrow list", "open Escrow")
    mark = state.watermark
    if mark is not None and age_of(mark.issued, now) >= connector.limits.token_warn_age:
        todo = "see whether the timer runs"
        return Health("degraded", mark.issued, "the source hasn't been read for days", todo, todo)
    if mark is None:
        opened = state.open_round
        since = opened.started if opened is not None else None
        return Health("starting", since, "the first full round isn't complete", "wait", "wait")
    alarm = log.urgent
    if alarm is not None:
        return Health("degraded", alarm.since, f"{alarm.title}: {alarm.detail}", alarm.todo, alarm.todo)
    return Health("healthy", None)


def next_probe(state: ConnectorState) -> datetime | None:
    """Return when a quarantine is probed next; None: never without an administrator."""
    one = state.quarantine
    if one is None or one.off_since is not None or one.probe == "decision":
        return None
    failed: Retry | None = state.pull_retry if one.probe == "pull" else state.retry
    return failed.not_before if failed is not None else None


def _quarantined(one: Quarantine, state: ConnectorState) -> Health:
    why = f"{one.reason.value}: {one.detail}"
    if one.off_since is not None:
        why = f"switched off at {_at(one.off_since)} after 28 days of {why}"
        todo, here = "fix it (upa doctor), then upa resume", "fix it (upa doctor in a terminal), then press Switch on"
        if one.probe == "decision" and state.hold is not None:
            todo, here = _decide(state.hold.run.id), DECIDE
        return Health("quarantined", one.since, why, todo, here)
    if one.probe == "decision" and state.hold is not None:
        return Health(
            "quarantined", one.since, why, f"{_decide(state.hold.run.id)}; {_until(one)}", f"{DECIDE}; {_until(one)}"
        )
    probe = next_probe(state)
    tried = f"it is tried again at {_at(probe)}" if probe is not None else "it is tried again with the next change"
    doctor = "upa doctor --probe" if one.reason is QuarantineReason.MAPPING else "upa doctor"
    todo = f"fix it ({doctor}); {tried}, or at once by upa resume; {_until(one)}"
    here = f"fix it ({doctor} in a terminal); {tried}, or at once by Try now; {_until(one)}"
    return Health("quarantined", one.since, why, todo, here)


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _until(one: Quarantine) -> str:
    return f"switched off after {_at(one.off_after)}"


def _decide(run: str) -> str:
    return f"upa hold show, then upa hold approve {run} or upa hold reject {run}"
