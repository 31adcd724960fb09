"""Alarms: notices to an administrator, judged from facts alone. Pure; no person's value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from upa_core.domain.documents.connector_state import ConnectorState, age_of
from upa_core.domain.documents.lane import Lane
from upa_core.domain.documents.quarantine import Quarantine
from upa_core.domain.health.source_standing import standing_of, troubles
from upa_core.domain.pauses import STALLED_AFTER
from upa_core.domain.plan.refused import CORRECT_MAPPING, why_refused
from upa_core.domain.sources.joined.secondary import Secondary

Occasion = Literal[
    "failed",
    "held",
    "quarantined",
    "escrow_growing",
    "certificate",
    "token_age",
    "silence",
    "recovered",
    "import_job_stalled",
    "deletions_unpaid",
    "source",
    "drift",
    "freshness",
    "single_writes",
]
"""The subjects of notifications about a connector: its alarms, and `recovered`, the end of one."""
CERTIFICATE_DAYS = (0, 7, 14, 30)
URGENT_DAYS = 7
DEBT_PATIENCE = timedelta(days=3)
ESCROW_GROWTH = 20
"""Escrow that grew by more people than this within a day raises an alarm."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts that alarms are judged by."""

    state: ConnectorState
    lane: Lane
    now: datetime
    first_seen: datetime
    """When alarms were first judged: silence before this moment raises no alarm."""
    silence_after: timedelta
    token_warn_age: timedelta
    connector: str
    staging: bool = False
    trouble: str = ""
    """The error of the last tick, "" where it succeeded."""
    escrow: int = 0
    """People in escrow, without those whose profile isn't created yet."""
    escrow_before: int | None = None
    """The same number a day ago."""
    certificate_ends: datetime | None = None
    sources: tuple[Secondary, ...] = ()
    """The files and queries that the connector reads."""
    drifted: int = 0
    """People whose profile holds another value than was confirmed."""
    drifting: tuple[str, ...] = ()
    """The properties that differ."""
    contested: tuple[str, ...] = ()
    """Properties that somebody or something else writes again and again."""
    unread: str = ""
    """Why profiles can't be read back."""
    stale: str = ""
    """Why the objective of freshness is missed, "" where it is kept or there is none."""
    unproven: tuple[str, ...] = ()
    """Why properties with single writes aren't written; none where all are."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm; each reason is notified once."""

    occasion: Occasion
    reason: str
    """A new reason is notified again."""
    title: str
    detail: str
    todo: str
    run: str = ""
    import_jobs: tuple[str, ...] = ()
    urgent: bool = True
    """False: it can wait; a connector without a worse alarm is healthy."""


def alarms_of(facts: Facts) -> Iterator[Alarm]:
    """Yield the alarms that are raised now, at most one for each occasion."""
    state, now = facts.state, facts.now
    if state.quarantine is not None:
        yield _quarantined(state.quarantine)
    elif state.retry is not None:
        todo = "upa runs; it is tried again"
        yield Alarm("failed", _kind(state.retry.why), "a run failed", state.retry.why, todo, state.last_run)
    elif facts.trouble:
        yield Alarm(
            "failed",
            _kind(facts.trouble),
            "the last tick failed",
            facts.trouble,
            "upa doctor; the next tick tries again",
        )
    elif state.last_outcome == "failed" and facts.escrow:
        detail = f"everybody whom it sent values of is in escrow: {facts.escrow} people"
        yield Alarm("failed", "reached nobody", "a run reached nobody", detail, "upa escrow list", state.last_run)
    elif state.refused:
        names = ", ".join(one.target for one in state.refused)
        reason, title = f"property refused {names}", "a property is refused"
        yield Alarm("failed", reason, title, why_refused(state.refused), CORRECT_MAPPING, state.refused[0].run)
    if state.hold is not None:
        run = state.hold.run.id
        todo = f"upa hold show, then approve or reject {run}"
        yield Alarm("held", run, "a plan is held", state.hold.why, todo, run)
    yield from _growth(facts)
    yield from _drift(facts)
    if facts.stale:
        title = "changes take too long"
        yield Alarm("freshness", "missed", title, facts.stale, "upa freshness", urgent=False)
    yield from _single_writes(facts)
    yield from _certificate(facts)
    mark = state.watermark
    if mark is not None and age_of(mark.issued, now) >= facts.token_warn_age:
        detail = f"the directory hasn't been read since {mark.issued:%Y-%m-%d %H:%M} UTC"
        yield Alarm("token_age", "old", "the watermark grows old", detail, "does the timer run? upa status")
    yield from _silence(facts)
    yield from _stalled(facts)
    yield from _sources(facts)
    oldest = min((debt.since for debt in state.debts), default=now)
    if age_of(oldest, now) >= DEBT_PATIENCE:
        detail = f"{len(state.debts)} files or folders can't be deleted from the library"
        yield Alarm("deletions_unpaid", "old", "deletions are unpaid", detail, "a retention label, a lock, a role?")


def _drift(facts: Facts) -> Iterator[Alarm]:
    parts = []
    if facts.drifting:
        people = f"{facts.drifted} {'person differs' if facts.drifted == 1 else 'people differ'}"
        parts.append(f"{people} in {', '.join(facts.drifting)}")
    if facts.contested:
        parts.append(f"somebody or something else writes {', '.join(facts.contested)} again and again")
    if facts.unread:
        parts.append(facts.unread)
    if parts:
        # Notified again for another property, never for another number of people.
        reason = f"{','.join(facts.drifting)} {','.join(facts.contested)} {_kind(facts.unread)}".strip()
        yield Alarm("drift", reason, "profiles aren't as confirmed", "; ".join(parts), "upa drift", urgent=False)


def _single_writes(facts: Facts) -> Iterator[Alarm]:
    if facts.unproven:
        reason, detail = _kind(" ".join(facts.unproven)), "; ".join(facts.unproven)
        todo = "upa doctor --probe-individual USER"
        yield Alarm("single_writes", reason, "single writes wait", detail, todo, urgent=False)


def _quarantined(one: Quarantine) -> Alarm:
    reason, detail = one.reason.value, f"{one.reason.value}: {one.detail}"
    if one.off_since is not None:
        return Alarm("quarantined", f"{reason}, off", "switched off", detail, "fix it (upa doctor), then upa resume")
    until = f"it leaves by itself when it works, and is switched off after {one.off_after:%Y-%m-%d}"
    todo = "upa hold show, then approve or reject" if one.probe == "decision" else "upa doctor"
    return Alarm("quarantined", reason, "quarantined", detail, f"{todo}; {until}")


def _kind(text: str) -> str:
    """Return an error's text without request ids and numbers: it stays the same when the error comes again."""
    return re.sub(r"\(request [^)]*\)|\d+", "", text).strip()


def _sources(facts: Facts) -> Iterator[Alarm]:
    standings = [
        (standing_of(one, facts.state.source(one.name), facts.now, since=facts.first_seen), one)
        for one in facts.sources
    ]
    detail, reason = troubles(standings)
    if detail:
        yield Alarm("source", reason, "a source is late or waits", detail, "upa source list", urgent=False)


def _growth(facts: Facts) -> Iterator[Alarm]:
    before = facts.escrow_before
    if before is not None and facts.escrow - before >= ESCROW_GROWTH:
        detail = f"{facts.escrow} people in escrow, {before} a day ago"
        yield Alarm("escrow_growing", "growing", "escrow grows", detail, "upa escrow list")


def _certificate(facts: Facts) -> Iterator[Alarm]:
    ends = facts.certificate_ends
    left = None if ends is None else ends - facts.now
    bound = next((days for days in CERTIFICATE_DAYS if left is not None and left < timedelta(days=days)), None)
    if ends is None or bound is None:
        return
    title = "the certificate has expired" if bound == 0 else f"the certificate ends in less than {bound} days"
    reason, detail = f"{ends:%Y-%m-%d} {bound}", f"it ends {ends:%Y-%m-%d %H:%M} UTC"
    yield Alarm("certificate", reason, title, detail, "rotate it", urgent=bound <= URGENT_DAYS)


def last_good(state: ConnectorState) -> datetime | None:
    """Return when all was last well: a run succeeded, nothing was to be done, or the waiting changes arrived.

    A quiet spell is no silence: a change that comes after it waits from the moment at which it was read.
    """
    waiting = [sealed.sealed for sealed in state.sealed]
    waiting += [state.run.started] if state.run is not None else []
    waiting += [state.hold.since] if state.hold is not None else []
    waiting += [state.retry.since] if state.retry is not None and state.retry.since is not None else []
    quiet = min(waiting) if waiting else state.last_pull
    return max((moment for moment in (state.last_success, quiet) if moment is not None), default=None)


def _silence(facts: Facts) -> Iterator[Alarm]:
    state = facts.state
    if state.paused or (facts.staging and not state.released):
        return  # a connector that never went live needs no success yet; a changed one does
    good = max(facts.first_seen, last_good(state) or facts.first_seen)
    if age_of(good, facts.now) >= facts.silence_after:
        detail = f"nothing has succeeded since {good:%Y-%m-%d %H:%M} UTC"
        detail += "; changed mappings wait for upa go" if facts.staging else ""
        yield Alarm("silence", f"{good:%Y%m%dT%H%M%S}", "silence", detail, "upa status")


def _stalled(facts: Facts) -> Iterator[Alarm]:
    flight = facts.lane.in_flight
    if flight is None or flight.connector != facts.connector or age_of(flight.since, facts.now) < STALLED_AFTER:
        return
    detail = f"SharePoint hasn't ended {flight.file} since {flight.since:%Y-%m-%d %H:%M} UTC"
    title, todo = "an import job is stalled", "nothing before 24 h are over"
    yield Alarm("import_job_stalled", flight.file, title, detail, todo, flight.run, flight.jobs)
