"""Pull the directory: read a round into segments, seal it, move the watermark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from upa_core.domain.connector import Connector
from upa_core.domain.documents.connector_state import ConnectorState, age_of
from upa_core.domain.documents.ids import run_id
from upa_core.domain.documents.rounds import OpenRound, SealedRound, Watermark
from upa_core.domain.documents.storage_layout import segment_key
from upa_core.domain.errors import ConflictError, FatalError, ResyncRequiredError, RetryLaterError, UnavailableError
from upa_core.domain.health.events import Event, EventName, Level
from upa_core.domain.pauses import SOURCE_PAUSE, is_early, resync_pause
from upa_core.domain.people.changes import as_spelled, compile_projection
from upa_core.ports.bundle import Ports
from upa_core.services.health.quarantine import emit_quarantine, pull_refused, pulled
from upa_core.services.pull.begin import begin, is_void
from upa_core.services.pull.keys import KeyBook
from upa_core.services.pull.result import PullResult, PullStatus
from upa_core.services.target_change import refuse_other_tenant
from upa_core.services.wake import wake
from upa_core.state.document import Document, Stored, state_of
from upa_core.state.outbox import with_round
from upa_core.state.rows.segments import SegmentEncoder, write_encoded


def pull_directory(
    ports: Ports, connector: Connector, *, full: bool = False, stored: Stored[ConnectorState] | None = None
) -> PullResult:
    """Begin or continue a round and read it until it is sealed or the time budget ends.

    Each segment is a checkpoint: the next call continues from there. A second writer loses the conditional write,
    stops, and leaves nothing behind. A pause that the source asks for is stored and returned in the result.

    Args:
        full: begin a full round although a watermark is there (an open round continues unchanged).
        stored: the state as it was just read.

    Raises:
        FatalError: an administrator must act (consent, an attribute that can't be tracked…); nothing is lost.
    """
    return _Pull(ports, connector, stored).run(full=full)


class _Pull:
    """One pull: the state that it last read or wrote, and the rows that aren't in a segment yet."""

    def __init__(self, ports: Ports, connector: Connector, stored: Stored[ConnectorState] | None) -> None:
        self._ports = ports
        self._connector = connector
        self._document: Document[ConnectorState] = state_of(ports.store, connector.name)
        self._stored: Stored[ConnectorState] = stored or self._document.load()
        self._rows = SegmentEncoder()
        self._keys = KeyBook(connector)
        self._rows_since = ports.clock.now()
        self._written: OpenRound | None = None
        """The open round in the state: our next write replaces it."""
        self._mark = self._stored.value.watermark
        """The watermark that the round began with; it moves where somebody else seals a round."""
        self._restarted = False

    def run(self, *, full: bool) -> PullResult:
        clock = self._ports.clock
        deadline = clock.now() + self._connector.limits.time_budget
        refuse_other_tenant(self._connector, self._stored.value)
        opened = self._written = self._stored.value.open_round
        if opened is not None and is_early(opened.not_before, clock.now()):
            return self._result("paused", opened, why="the source asked for a pause")
        self._warn_of_age(clock.now())
        if opened is None or is_void(self._connector, opened, clock.now()):
            opened = self._begin(self._stored.value, full=full)
        try:
            return self._follow(opened, deadline)
        except ConflictError as exc:
            return self._result("superseded", opened, why=str(exc))

    def _begin(self, state: ConnectorState, *, full: bool) -> OpenRound:
        opened = begin(self._ports, self._connector, state, self._written, full=full)
        self._emit(EventName.ROUND_STARTED, opened, kind=opened.kind, reason=opened.reason)
        return opened

    def _warn_of_age(self, now: datetime) -> None:
        """Warn about a watermark that will soon be void: no round was sealed for days."""
        mark = self._mark
        expires = self._connector.source.rules.positions_expire
        if mark is not None and expires and age_of(mark.issued, now) > self._connector.limits.token_warn_age:
            hours = round(age_of(mark.issued, now).total_seconds() / 3600, 1)
            event = Event(EventName.WATERMARK_OLD, self._connector.name, "", Level.WARNING, {"age_hours": hours})
            self._ports.events.emit(event)

    def _follow(self, opened: OpenRound, deadline: datetime) -> PullResult:
        limits, clock = self._connector.limits, self._ports.clock
        spelled = opened.inputs
        project = compile_projection(spelled)
        followed = set()
        while True:
            position = opened.position
            try:
                page = self._ports.source.page(position)
                followed.add(hash(position.url))  # links are long
                if page.link.kind == "next" and hash(page.link.url) in followed:
                    raise UnavailableError("the source's next link leads back to a page of this round")
            except ResyncRequiredError as exc:
                opened = self._restart(opened, exc)
                spelled = opened.inputs
                project = compile_projection(spelled)
                if self._restarted:
                    pause = resync_pause(opened.restarts).total_seconds()
                    why = f"the source asked for another resync ({exc.code})"
                    return self._pause(opened, RetryLaterError(why, retry_after=pause))
                self._restarted = True
                followed.clear()
                continue
            except RetryLaterError as exc:
                return self._pause(opened, exc)
            except FatalError as exc:
                pull_refused(self._ports, self._connector, exc)
                raise
            answered = as_spelled(spelled, page.records)
            if answered != spelled:
                spelled, project = answered, compile_projection(answered)
            self._rows.add(map(project, page.records))
            self._keys.add(page.records)
            opened = replace(
                opened,
                position=page.link,
                pages=opened.pages + 1,
                not_before=None,
            )
            if page.link.kind == "delta":
                return self._seal(opened)
            if len(self._rows) >= limits.segment_rows or clock.now() - self._rows_since >= limits.segment_age:
                opened = self._checkpoint(opened)
            if clock.now() >= deadline:
                opened = self._checkpoint(opened)
                self._emit(EventName.ROUND_CONTINUED, opened, pages=opened.pages)
                wake(self._ports, self._ports.waker.continue_pull, self._connector.name, opened.id)
                return self._result("handed_over", opened)

    def _flush(self, opened: OpenRound) -> OpenRound:
        """Write the rows so far as a segment; nobody finds it before the state names it."""
        opened = self._keys.flush(self._ports, opened)
        if not self._rows:
            return opened
        key = segment_key(self._connector.name, opened.id, len(opened.segments) + 1, self._ports.ids.token())
        segment = write_encoded(self._ports.store, key, self._rows)
        self._rows = SegmentEncoder()
        self._rows_since = self._ports.clock.now()
        return replace(opened, segments=(*opened.segments, segment))

    def _checkpoint(self, opened: OpenRound) -> OpenRound:
        opened = self._flush(opened)
        self._write(opened, lambda state: replace(state, open_round=opened))
        self._written = opened
        return opened

    def _write(self, opened: OpenRound, change: Callable[[ConnectorState], ConnectorState]) -> None:
        """Change the state, unless another writer has moved the round that we are pulling."""
        expected = self._written

        def guarded(state: ConnectorState) -> ConnectorState:
            if state.open_round != expected or state.watermark != self._mark:
                raise ConflictError("another instance is pulling this connector")
            met = state.requested is not None and state.requested.id == opened.id
            return change(replace(state, requested=None) if met else state)

        self._stored = self._document.update(guarded, self._stored)

    def _seal(self, opened: OpenRound) -> PullResult:
        opened = self._flush(opened)
        now = self._ports.clock.now()
        sealed = SealedRound(
            id=opened.id,
            kind=opened.kind,
            reason=opened.reason,
            started=opened.started,
            sealed=now,
            inputs=opened.inputs,
            fingerprint=opened.fingerprint,
            segments=opened.segments,
            announced=opened.announced,
            requested=opened.requested,
        )
        worth = opened.kind == "full" or bool(opened.segments) or opened.requested

        before = self._stored.value
        folder = run_id(now, self._ports.ids.token())
        decided = self._connector.decided if self._connector.secondaries else ""

        def change(state: ConnectorState) -> ConnectorState:
            # Shards of a lost state are in the folder without a token, with higher stamps than any new file.
            fresh = (state.last_full, state.sequence, state.people.token) == (None, 0, "")
            return replace(
                pulled(state),
                people=replace(state.people, token=folder) if fresh else state.people,
                watermark=Watermark(opened.position.url, now, opened.fingerprint, decided),
                keys=self._keys.after(state, opened),
                open_round=None,
                sealed=with_round(state, sealed) if worth else state.sealed,
                last_pull=now,
                last_full=now if opened.kind == "full" else state.last_full,
            )

        self._write(opened, change)
        emit_quarantine(self._ports, self._connector.name, before, self._stored.value, opened.id)
        self._emit(EventName.ROUND_SEALED, opened, kind=opened.kind, pages=opened.pages, rows=sealed.rows)
        if worth:
            wake(self._ports, self._ports.waker.export, self._connector.name, opened.id)
        return self._result("sealed", opened)

    def _restart(self, opened: OpenRound, exc: ResyncRequiredError) -> OpenRound:
        """Replace the round by a full one, once; its segments are no longer named."""
        link = self._ports.source.begin(self._connector.select)
        fresh = replace(
            opened,
            kind="full",
            reason=f"the source asked for a resync ({exc.code or 'no code'})",
            position=link,
            segments=(),
            keys=(),
            inputs=self._connector.directory_inputs,
            pages=0,
            restarts=opened.restarts + 1,
        )
        self._rows = SegmentEncoder()
        self._keys.clear()
        self._emit(EventName.ROUND_RESYNC, fresh, level=Level.WARNING, code=exc.code)
        return self._checkpoint(fresh)

    def _pause(self, opened: OpenRound, exc: RetryLaterError) -> PullResult:
        """Keep the pulled rows, and store when to continue."""
        pause = max(exc.retry_after or 0.0, SOURCE_PAUSE.total_seconds())
        resume = self._ports.clock.now() + timedelta(seconds=pause)
        opened = self._checkpoint(replace(opened, not_before=resume))
        self._emit(EventName.PULL_PAUSED, opened, level=Level.WARNING, seconds=pause, reason=str(exc))
        return self._result("paused", opened, why=str(exc))

    def _emit(
        self, name: EventName, opened: OpenRound, level: Level = Level.INFO, **fields: str | int | float | None
    ) -> None:
        self._ports.events.emit(Event(name, self._connector.name, opened.id, level, {"round": opened.id, **fields}))

    @staticmethod
    def _result(status: PullStatus, opened: OpenRound, why: str = "") -> PullResult:
        rows = sum(segment.rows for segment in opened.segments)
        resume = opened.not_before if status == "paused" else None
        return PullResult(status, opened.id, opened.kind, opened.pages, rows, resume, why)
