"""Read profiles back at each tick: a slice within the share of calls, resumable, by one instance at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, switched_off
from upa_core.domain.drift.choose import due_before, next_part
from upa_core.domain.drift.record import Campaign, DriftIndex, PartTotals
from upa_core.domain.drift.totals import add_up
from upa_core.domain.drift_share import TICK, DriftShare, calls_a_day
from upa_core.domain.errors import AccessDeniedError, ConflictError, RefusedError, ThrottledError, UpaError
from upa_core.domain.health.events import Event, EventName, Fields, Level
from upa_core.domain.pauses import is_early
from upa_core.domain.people.changes import PARTITIONS
from upa_core.domain.people_calls import Part
from upa_core.ports.bundle import Ports
from upa_core.services.drift.judge import Came
from upa_core.services.drift.partition import Partition
from upa_core.services.drift.reader import NoCallsLeftError, Reader
from upa_core.services.drift.unexplained import note_unexplained
from upa_core.state.document import Document, Stored, state_of
from upa_core.state.drift.documents import drift_of

CLAIM_LASTS: Final = timedelta(minutes=10)
"""After this time another worker may claim the reading."""
PATIENCE: Final = 120.0
"""Seconds after which a slice begins no other partition."""
DENIED_PAUSE: Final = timedelta(hours=1)
PAUSE: Final = timedelta(minutes=15)


def read_back(ports: Ports, connector: Connector, *, patience: float = PATIENCE) -> Came:
    """Read as many people as the credit of calls allows, and store the differences; nothing where nobody is due.

    A service that doesn't answer stops it until a later tick; status shows that. Raises `RetryLaterError` and
    `AccessDeniedError` where the storage can't be used, `CorruptStateError` for a damaged people shard.
    """
    document = drift_of(ports.store, connector.name)
    stored, now = document.load(), ports.clock.now()
    index = stored.value
    share = connector.drift or (DriftShare() if index.full is not None else None)
    if share is None or ports.profiles is None or is_early(index.claimed_until, now) or is_early(index.not_before, now):
        return Came()
    state = state_of(ports.store, connector.name).load().value
    if switched_off(state) or not _is_anything_due(index, state, now):
        return Came()
    credit, rhythm = _credit(index, connector, share, now)
    claim = ports.ids.token()
    fresh = replace(
        index, credit=credit, credited=now, rhythm=rhythm, claimed_until=now + CLAIM_LASTS, claim=claim, more=False
    )
    try:
        claimed = document.save(stored, fresh)
    except ConflictError:
        return Came()
    part = Part("drift", share.window_part(full=index.full is not None))
    return _Slice(ports, connector, document, claimed, Reader(ports, connector, ports.profiles, part)).run(patience)


def _is_anything_due(index: DriftIndex, state: ConnectorState, now: datetime) -> bool:
    campaign = index.full.began if index.full is not None else None
    new_run = bool(state.last_run) and state.last_run != index.last_run
    return new_run or next_part(index.parts, due_before(now, campaign)) is not None


def _credit(index: DriftIndex, connector: Connector, share: DriftShare, now: datetime) -> tuple[float, float]:
    """Return how many calls may be made now, at most those of one window, and the observed rhythm of ticks."""
    passed = max(now - index.credited, timedelta(0)) if index.credited is not None else TICK
    rhythm = passed.total_seconds() if index.more else index.rhythm
    full = index.full is not None
    gained = calls_a_day(connector.individual, share, full=full, rhythm=passed) * (passed / timedelta(days=1))
    most = connector.individual.per_window * share.window_part(full=full)
    return min(index.credit + gained, most), rhythm


class _Slice:
    """One claimed slice of reading."""

    def __init__(
        self,
        ports: Ports,
        connector: Connector,
        document: Document[DriftIndex],
        claimed: Stored[DriftIndex],
        reader: Reader,
    ) -> None:
        """Five parameters: the means of a slice."""
        self._ports, self._connector, self._document, self._reader = ports, connector, document, reader
        self._index = claimed.value
        self._parts: dict[str, PartTotals] = {}
        self._came = Came()
        self._order = self._index.date_order
        self._last_run = self._index.last_run

    def run(self, patience: float) -> Came:
        """Read, and store the progress, whatever happens."""
        more = True
        try:
            self._last_run, first = note_unexplained(self._ports, self._connector, self._index)
            for number, people in first.items():
                before = self._index.parts.get(str(number), PartTotals())
                self._parts[str(number)] = replace(before, first=people)
            self._order = self._reader.order() or self._order
            more = self._read(self._ports.clock.monotonic() + patience)
        except UpaError as exc:
            self._came.stopped = exc
        finally:
            self._reader.close()
        self._write_down(more=more)
        self._tell()
        return self._came

    def _read(self, until: float) -> bool:
        """Read partition after partition; return whether somebody is still due."""
        campaign = self._index.full.began if self._index.full is not None else None
        done: set[int] = set()
        while True:
            parts = {**self._index.parts, **self._parts}
            before = due_before(self._ports.clock.now(), campaign)
            number = next_part(parts, before, done)
            if number is None:
                return False
            left = int(self._index.credit) - self._reader.calls
            if left <= 0 or self._came.stopped is not None or self._ports.clock.monotonic() >= until:
                return True
            one = Partition(self._ports, self._connector, number, self._reader, self._order)
            try:
                self._parts[str(number)] = one.read(before, left, campaign)
            finally:
                self._order = one.order
                self._came.add(one.came)
            done.add(number)

    def _write_down(self, *, more: bool) -> None:
        trouble, not_before = self._trouble()
        now, calls = self._ports.clock.now(), self._reader.calls

        def change(index: DriftIndex) -> DriftIndex:
            if index.claim != self._index.claim:
                return index  # taken over: it took too long
            parts = {**index.parts, **self._parts}
            return replace(
                index,
                credit=max(0.0, index.credit - calls),
                claimed_until=None,
                claim="",
                parts=parts,
                date_order=self._order,
                last_run=self._last_run,
                more=more,
                campaign=_campaign(index, parts, now),
                trouble=trouble,
                not_before=not_before,
            )

        self._document.update(change)

    def _trouble(self) -> tuple[str, datetime | None]:
        """Return the error that stopped the slice, in words, and the pause after it."""
        now, stopped = self._ports.clock.now(), self._came.stopped
        if stopped is None or isinstance(stopped, NoCallsLeftError | ConflictError):
            return "", None
        if isinstance(stopped, ThrottledError):
            return "", now + timedelta(seconds=stopped.retry_after or 60.0)
        pause = DENIED_PAUSE if isinstance(stopped, AccessDeniedError | RefusedError) else PAUSE
        return f"profiles can't be read: {stopped}", now + pause

    def _tell(self) -> None:
        came, name = self._came, self._connector.name
        if came.read or came.stopped is not None:
            why = "" if came.stopped is None else str(came.stopped) or "no calls are left"
            fields: Fields = {
                "people": came.read,
                "unreadable": came.unreadable,
                "calls": self._reader.calls,
                "found": came.found,
                "repairs": came.repairs,
                "reason": why,
            }
            self._ports.events.emit(Event(EventName.DRIFT_READ, name, fields=fields))
        if came.found:
            fields = {"properties": came.found, "repairs": came.repairs}
            self._ports.events.emit(Event(EventName.DRIFT_FOUND, name, level=Level.WARNING, fields=fields))
        for target in sorted(came.contested):
            totals = add_up({**self._index.parts, **self._parts}.values()).properties.get(target)
            fields = {"property": target, "people": totals.contested if totals is not None else 1}
            self._ports.events.emit(Event(EventName.DRIFT_CONTESTED, name, level=Level.WARNING, fields=fields))


def _campaign(index: DriftIndex, parts: Mapping[str, PartTotals], now: datetime) -> Campaign | None:
    """Return the campaign; it has ended if everybody was read since it began."""
    one = index.campaign
    if one is None or one.ended is not None or len(parts) < PARTITIONS or any(part.behind for part in parts.values()):
        return one
    return replace(one, ended=now)
