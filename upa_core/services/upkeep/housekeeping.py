"""Housekeeping: debts, abandoned import jobs, orphans, retention, and the remains of crashes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from types import MappingProxyType

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import age_of
from upa_core.domain.errors import ConflictError, RetryLaterError, UpaError
from upa_core.domain.health.events import Event, EventName, Fields, Level
from upa_core.domain.pauses import HOLD_ALERT_EVERY, PROFILE_PATIENCE
from upa_core.domain.people.escrow_entry import EscrowReason
from upa_core.ports.bundle import Ports
from upa_core.services.deliver.library_debts import pay_debts
from upa_core.services.health.quarantine import hold_expired
from upa_core.services.upkeep.canary_remains import sweep_canary
from upa_core.services.upkeep.sweep_library import sweep_library
from upa_core.services.upkeep.sweep_storage import (
    sweep_drift,
    sweep_files,
    sweep_people,
    sweep_probes,
    sweep_runs,
    sweep_segments,
    sweep_sources,
)
from upa_core.services.upkeep.watch_abandoned import watch_abandoned
from upa_core.state.attempts import ended, may_begin, tell_given_up
from upa_core.state.document import state_of
from upa_core.state.people import People

_STEP = "housekeeping"
Part = Callable[[Ports, Connector], int | None]
"""Returns how much it cleaned, where that is counted; its errors stop no other part."""


@dataclass(frozen=True, slots=True)
class HousekeepingResult:
    """The counts of housekeeping."""

    debts_left: int
    doubted: int
    """People whose values became unknown: an import job that was given up ended later."""
    orphans: int
    """Files and log folders in the library that nobody owed or waited for."""
    blobs: int
    """Blobs deleted from storage."""
    failures: tuple[str, ...] = ()
    """Parts that failed; they are tried again next time."""


def housekeeping(
    ports: Ports, connector: Connector, also: Mapping[str, Part] = MappingProxyType({})
) -> HousekeepingResult:
    """Do all due parts; if one part fails, the others continue.

    Args:
        also: further parts by name.

    Raises:
        Exception: a fault of ours in one part, after each part had its turn: the call fails visibly.
    """
    done: dict[str, int] = {}
    failures: list[str] = []
    faults: list[Exception] = []
    last = ""
    for name, part in {**_PARTS, **also}.items():
        try:
            before, last = last, name
            if not may_begin(ports, connector, _STEP, name, alone=False, after=before):
                failures.append(name)
                tell_given_up(ports, connector, _STEP, name, "it is left out for a week")
                continue
            done[name] = part(ports, connector) or 0
        except Exception as exc:  # noqa: BLE001 - reported here; a fault of ours is raised below
            failures.append(name)
            ours = not isinstance(exc, UpaError)
            faults += [exc] if ours else []
            fields: Fields = {"part": name, "reason": type(exc).__name__ if ours else str(exc)}
            level = Level.ERROR if ours else Level.WARNING
            ports.events.emit(Event(EventName.CLEAN_POSTPONED, connector.name, level=level, fields=fields))
    with suppress(RetryLaterError, ConflictError):  # the next turn knows that a day has passed
        ended(ports, connector, _STEP, last)
    blobs = sum(done.get(name, 0) for name in _STORAGE)
    result = HousekeepingResult(
        done.get("debts", 0), done.get("abandoned import jobs", 0), done.get("library", 0), blobs, tuple(failures)
    )
    fields = {
        "debts": result.debts_left,
        "doubted": result.doubted,
        "orphans": result.orphans,
        "blobs": blobs,
        "failures": len(failures),
    }
    ports.events.emit(Event(EventName.HOUSEKEEPING_DONE, connector.name, fields=fields))
    if faults:
        raise faults[0]
    return result


def _tell_of_old_hold(ports: Ports, connector: Connector) -> None:
    """Emit an event about a hold that nobody decides."""
    document = state_of(ports.store, connector.name)
    hold, now = document.load().value.hold, ports.clock.now()
    if hold is not None and now - (hold.alerted or hold.since) >= HOLD_ALERT_EVERY:
        fields: Fields = {"days": age_of(hold.since, now).days, "why": hold.why}
        ports.events.emit(Event(EventName.HOLD_EXPIRED, connector.name, hold.run.id, Level.WARNING, fields))
        document.update(
            lambda s: replace(s, hold=replace(s.hold, alerted=now)) if s.hold is not None and s.hold == hold else s
        )


def _tell_of_old_escrow(ports: Ports, connector: Connector) -> None:
    """Emit an event about people who wait in escrow for longer than usual."""
    index, now = state_of(ports.store, connector.name).load().value.people, ports.clock.now()
    books = People(ports.store, connector, index).books().values()
    for reason in EscrowReason:
        waiting = [book.reasons[reason.value] for book in books if reason.value in book.reasons]
        oldest = min((one.oldest for one in waiting), default=now)
        if waiting and age_of(oldest, now) >= PROFILE_PATIENCE:
            people = sum(one.people for one in waiting)
            fields: Fields = {"reason": reason.value, "people": people, "days": age_of(oldest, now).days}
            ports.events.emit(Event(EventName.ESCROW_OLD, connector.name, level=Level.WARNING, fields=fields))


_STORAGE: Mapping[str, Part] = {
    "segments": sweep_segments,
    "sources": sweep_sources,
    "people": sweep_people,
    "drift": sweep_drift,
    "runs": sweep_runs,
    "connector files": sweep_files,
    "probes": sweep_probes,
    "canaries": sweep_canary,
}
_PARTS: Mapping[str, Part] = {
    "debts": pay_debts,
    "abandoned import jobs": watch_abandoned,
    "library": sweep_library,
    **_STORAGE,
    "old hold": _tell_of_old_hold,
    "expired hold": hold_expired,
    "old escrow": _tell_of_old_escrow,
}
